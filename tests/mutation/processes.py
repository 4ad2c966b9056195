"""A process of its own for each mutant, which it may spoil, or keep for ever: a copy of one that has imported much."""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Callable, Iterator

import pytest

KILLED, SURVIVED, TIMED_OUT = "killed", "survived", "timed out"
FAILED, CANNOT = 1, 99  # exit codes: a test failed; the mutant could not be put in its place
LEAST_SECONDS, TIMES = 2, 6  # of a processor that a test may take with a mutant, and how often what it takes without
LONGEST = 1200  # seconds after which a process is taken to wait for ever; others may want the processors, too
MEMORY = 4 << 30  # bytes that a mutant may take


def in_a_process(run: Callable[[], int]) -> int | None:
    """The exit code of what is done in a process of its own.

    None means that it ran out of time. What ended otherwise by a signal counts as FAILED.
    """
    child = os.fork()
    if child == 0:
        code = FAILED
        try:
            code = run()
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return None if os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGALRM) else FAILED
    return os.WEXITSTATUS(status)


class Limits:
    """A plugin of pytest that limits the time of each test to a multiple of what it takes without a mutant.

    Args:
        seconds: that tests take.
    """

    def __init__(self, seconds: dict[str, float]) -> None:
        self._seconds = seconds

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave all other tests out, and run these in the order in which they are given."""
        place = {test: i for i, test in enumerate(self._seconds)}
        items[:] = sorted((item for item in items if item.nodeid in place), key=lambda item: place[item.nodeid])

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Around a test."""
        used = sum(os.times()[:2])
        most = int(used + max(LEAST_SECONDS, TIMES * self._seconds[item.nodeid])) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (most, resource.getrlimit(resource.RLIMIT_CPU)[1]))
        return (yield)


def confine() -> None:
    """Let this process take little memory, and end it if it waits for ever."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(LONGEST)
    with open("/proc/self/statm", encoding="ascii") as file:
        size = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY, resource.RLIM_INFINITY))
