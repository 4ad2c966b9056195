"""What reading one input may take: memory and processor time."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

MEMORY = 512 << 20, 64  # bytes, and bytes for each byte of the input
SECONDS = 10.0, 1e-4  # of a processor, with every branch counted, and for each byte


HANGS = 60.0  # seconds of a processor, after which the process is ended


class TooMuch(Exception):
    """An input took more than it may."""


@contextmanager
def bounded(size: int, *, timed: bool) -> Iterator[None]:
    """Let the block take what an input of so many bytes may; TooMuch where it took more.

    Memory counts where it makes the peak of the process rise, which tells of any large piece once. Windows tells of
    none.
    """
    before, start = peak(), time.process_time()
    yield
    took = time.process_time() - start
    if timed and took > SECONDS[0] + SECONDS[1] * size:
        raise TooMuch(f"{size} bytes took {took:.1f} seconds")
    if (rose := peak() - before) > MEMORY[0] + MEMORY[1] * size:
        raise TooMuch(f"{size} bytes took {rose >> 20} MiB")


@contextmanager
def ended_if_it_hangs(most: float = HANGS) -> Iterator[None]:
    """Let the system end this process if the block takes so many seconds, whatever it is at.

    They are the processor's: a process that others keep waiting does not hang. Windows has no such timer.
    """
    if sys.platform == "win32":
        yield
        return
    signal.setitimer(signal.ITIMER_PROF, most)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def peak() -> int:
    """The most memory that this process had so far, in bytes."""
    if sys.platform == "win32":
        return 0
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
