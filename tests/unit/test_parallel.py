"""The threads that share work: they end with the process, whatever meets it."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from qaadcodec.parallel import in_parallel, side_by_side, workers

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


def test_work_side_by_side_is_done_in_this_thread_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qaadcodec.parallel.cores", lambda: 3)
    together = threading.Barrier(3)
    threads: set[int] = set()

    def work(item: int) -> None:
        together.wait(timeout=100)  # all three are at work at the same time
        threads.add(threading.get_ident())

    side_by_side(work, range(3))
    assert len(threads) == 3
    assert threading.get_ident() in threads


@pytest.mark.parametrize("threads", [1, 2])
def test_the_first_error_ends_work_side_by_side(monkeypatch: pytest.MonkeyPatch, threads: int) -> None:
    monkeypatch.setattr("qaadcodec.parallel.cores", lambda: threads)
    done: list[int] = []

    def work(item: int) -> None:
        if item == 3:
            raise ValueError("the third")
        done.append(item)

    with pytest.raises(ValueError, match="the third"):
        side_by_side(work, range(1000))
    assert done[:3] == [0, 1, 2]
    assert threads == 2 or len(done) == 3
    side_by_side(done.append, [])


def test_without_more_threads_this_one_does_all_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("qaadcodec.parallel.cores", lambda: 4)
    monkeypatch.setattr(threading.Thread, "start", start)
    done: list[int] = []
    side_by_side(done.append, range(9))
    assert done == list(range(9))
