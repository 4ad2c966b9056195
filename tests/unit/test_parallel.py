"""The threads that share work: they end with the process, whatever meets it."""

from __future__ import annotations

import subprocess
import sys

from qaadcodec.parallel import in_parallel, workers

INTERRUPTED = """
import threading
from qaadcodec.parallel import workers

start = threading.Thread.start

def interrupted(thread):
    start(thread)
    if threading.current_thread() is threading.main_thread() and thread.name.startswith("qaad"):
        raise KeyboardInterrupt

threading.Thread.start = interrupted
wait = threading.Event()
try:
    for _ in range(2):
        workers().submit(wait.wait)
except KeyboardInterrupt:
    print("interrupted")
wait.set()
"""


def test_work_is_done() -> None:
    done: list[int] = []
    in_parallel(done.append, range(100))
    assert sorted(done) == list(range(100))
    assert workers() is workers()


def test_a_thread_whose_start_is_interrupted_does_not_keep_the_process() -> None:
    done = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, timeout=100, check=False)
    assert (done.returncode, done.stderr) == (0, "")
