"""How the command's process ends: at once, but as Python would for all that others can see."""

from __future__ import annotations

import os
import subprocess
import sys

LEAVES = """
import atexit, sys, threading, time
from qaadcodec.__main__ import leave

def later():
    time.sleep(0.1)
    print("thread")

atexit.register(print, "asked to be called")
threading.Thread(target=later).start()
sys.stdout.write("written; ")
leave(3)
"""

PROFILED = """
import sys
from qaadcodec.__main__ import leave

sys.setprofile(lambda *event: None)
try:
    leave(3)
except SystemExit as left:
    print("left to Python:", left.code)
"""

CLOSED = """
import os, sys
from qaadcodec.__main__ import leave

sys.stdout.write("lost")
os.close(1)
leave(0)
"""


def run(*command: str) -> subprocess.CompletedProcess[str]:
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, timeout=100, check=False, env=buffered
    )


def test_threads_and_callbacks_are_waited_for() -> None:
    done = run("-c", LEAVES)
    assert (done.returncode, done.stdout, done.stderr) == (3, "written; thread\nasked to be called\n", "")


def test_a_process_that_is_looked_at_is_left_to_python() -> None:
    assert run("-c", PROFILED).stdout == "left to Python: 3\n"
    assert "function calls" in run("-m", "cProfile", "-m", "qaadcodec", "--version").stdout


def test_output_that_cannot_be_written_at_the_end_shows_in_the_exit_code() -> None:
    assert run("-c", CLOSED).returncode == 120
