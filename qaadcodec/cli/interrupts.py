"""Signals that end a command: how it is cleared up after them, and how long work finishes early instead."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qaadcodec.progress import Listener, StopRequest

FINISHING = "finishing early; press Ctrl-C again to stop"
TOLD_TO_END = "finishing early, as {} asks for; another one stops at once"

# Not every platform has all of them. Batch systems tell of the end of a job by SIGUSR1, SIGUSR2 and SIGXCPU, the last
# of which comes once a second.
ASKING = ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGXCPU")
ENDING = (*ASKING, "SIGQUIT", "SIGALRM", "SIGBREAK")
REPEATED = "SIGXCPU"

# Seconds in which a signal that comes again is the same one, where several processes share a run: a terminal sends it
# to all of them, and whoever has started them passes it on.
ECHO = 2.0

# Seconds. Who presses Ctrl-C five times, or sends SIGHUP and then SIGTERM, means it once: what comes while temporary
# files are being removed would leave some of them.
PATIENCE = 5.0
MOMENT = 0.01

Handler = Callable[[int, FrameType | None], None]


class Ending:
    """Ends the command, once: signals that follow within PATIENCE seconds do nothing."""

    def __init__(self) -> None:
        self._ended = -PATIENCE
        self._raised = self._number = 0

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Raise KeyboardInterrupt for SIGINT, and SystemExit with the usual exit code for any other signal."""
        if time.monotonic() < self._ended + PATIENCE:
            return
        self._ended, self._number = time.monotonic(), number
        error = KeyboardInterrupt() if number == signal.SIGINT else SystemExit(128 + number)
        self._raised = id(error)  # not itself: it would keep what its traceback leads to from being cleared up
        raise error

    def is_lost(self, error: BaseException | None) -> bool:
        """Whether it was this that Python has dropped; the signal then comes again in a moment.

        It drops what is raised where it cannot go on, such as in the callback of a weak reference.
        """
        if not isinstance(error, KeyboardInterrupt | SystemExit) or id(error) != self._raised:
            return False
        self._ended = -PATIENCE
        threading.Timer(MOMENT, _send, (self._number,)).start()
        return True


_end = Ending()


def _send(number: int) -> None:
    """Send a signal to the thread that handles them, so that it does not wait on."""
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, number)
    else:
        signal.raise_signal(number)


@contextmanager
def ending_on_signals() -> Iterator[None]:
    """Let signals that end a process unwind the stack, so that temporary files are removed on the way out."""
    global _end
    _end = Ending()
    before = sys.unraisablehook

    def dropped(what: Any) -> None:
        if not _end.is_lost(what.exc_value):
            before(what)

    sys.unraisablehook = dropped
    try:
        with handled(ENDING, _end):
            yield
    except RuntimeError as error:
        # To Python 3.11 whatever comes while a class names its attributes is an error of that class, signals included.
        if isinstance(error.__cause__, KeyboardInterrupt | SystemExit):
            raise error.__cause__ from None
        raise
    finally:
        sys.unraisablehook = before


@contextmanager
def finishing_on_interrupt(listener: Listener) -> Iterator[StopRequest]:
    """A stop request that the first signal sets, once there is something to finish; the second one ends the command."""
    from qaadcodec.progress import Notice, StopRequest  # late: most commands end at once
    from qaadcodec.ranks.group import several

    stop, echo = StopRequest(), ECHO if several() else 0.0
    asked = -echo

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if stop and time.monotonic() < asked + echo:
            return
        asked = time.monotonic()
        if not stop.has_begun or (stop and signal.Signals(number).name != REPEATED):
            _end(number, frame)
        elif not stop:
            stop.set(to_go_on=number != signal.SIGINT)  # a queue that needs the place, or a terminal that is gone
            said = FINISHING if number == signal.SIGINT else TOLD_TO_END.format(signal.Signals(number).name)
            # From a thread: the handler may have interrupted a write to the very stream that the listener writes to.
            threading.Thread(target=listener, args=(Notice(said),), daemon=True).start()

    with handled(ASKING, interrupt):
        yield stop


@contextmanager
def handled(names: Sequence[str], handler: Handler) -> Iterator[None]:
    """Signals go to a handler within the block, except those that the caller ignores, as nohup does with SIGHUP."""
    if threading.current_thread() is not threading.main_thread():  # which alone may handle signals
        yield
        return
    known = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in known}
    ours = [number for number, was in before.items() if was not in (signal.SIG_IGN, None)]
    try:
        for number in ours:
            signal.signal(number, handler)
        yield
    finally:
        for number in ours:
            signal.signal(number, before[number])
