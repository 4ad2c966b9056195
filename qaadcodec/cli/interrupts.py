"""Ctrl-C during long work: once means finish early with what there is, twice means stop."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from qaadcodec.progress import Listener, Notice, StopRequest

FINISHING = "finishing early; press Ctrl-C again to stop"


@contextmanager
def finishing_on_interrupt(listener: Listener) -> Iterator[StopRequest]:
    """A stop request that the first Ctrl-C sets; the second one raises KeyboardInterrupt.

    Where the caller ignores Ctrl-C (a job in the background), it stays ignored.
    """
    stop = StopRequest()

    def interrupt(number: int, frame: FrameType | None) -> None:
        if stop:
            raise KeyboardInterrupt
        stop.set()
        # From a thread: the handler may have interrupted a write to the very stream that the listener writes to.
        threading.Thread(target=listener, args=(Notice(FINISHING),), daemon=True).start()

    previous = signal.getsignal(signal.SIGINT)
    if previous in (signal.SIG_IGN, None) or threading.current_thread() is not threading.main_thread():
        yield stop
        return
    signal.signal(signal.SIGINT, interrupt)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, previous)
