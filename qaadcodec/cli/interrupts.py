"""Ctrl-C during long work, SIGTERM, or a terminal that closes: once means finish early, twice means stop."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from qaadcodec.progress import Listener, Notice, StopRequest

FINISHING = "finishing early; press Ctrl-C again to stop"
TOLD_TO_END = "finishing early, as {} asks for; another one stops at once"
SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")  # not every platform has all of them


@contextmanager
def finishing_on_interrupt(listener: Listener) -> Iterator[StopRequest]:
    """A stop request that the first signal sets; the second one raises KeyboardInterrupt, or SystemExit.

    Where the caller ignores a signal (Ctrl-C in a job in the background, SIGHUP under nohup), it stays ignored.
    """
    stop = StopRequest()

    def interrupt(number: int, frame: FrameType | None) -> None:
        if stop:
            raise KeyboardInterrupt if number == signal.SIGINT else SystemExit(128 + number)
        stop.set(to_go_on=number != signal.SIGINT)  # a queue that needs the place, or a terminal that is gone
        said = FINISHING if number == signal.SIGINT else TOLD_TO_END.format(signal.Signals(number).name)
        # From a thread: the handler may have interrupted a write to the very stream that the listener writes to.
        threading.Thread(target=listener, args=(Notice(said),), daemon=True).start()

    if threading.current_thread() is not threading.main_thread():  # which alone may handle signals
        yield stop
        return
    known = [getattr(signal, name) for name in SIGNALS if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in known}
    ours = [number for number, handler in before.items() if handler not in (signal.SIG_IGN, None)]
    for number in ours:
        signal.signal(number, interrupt)
    try:
        yield stop
    finally:
        for number in ours:
            signal.signal(number, before[number])
