"""The one child process of this process that reads HDF5 files: started when it is needed, and again if it died."""

from __future__ import annotations

import atexit
import itertools
import os
import threading
from pathlib import Path
from typing import Any

from qaadcodec.clouds.formats.hdf5_process import Answer, Child, Died, Refusal


class Keeper:
    """Keeps the one child process of this one, which the open files share, and starts it again if it died."""

    def __init__(self) -> None:
        self.lock = threading.Lock()  # one request at a time; not reentrant, so that `let_go` never comes in between
        self.child: Child | None = None
        self.left: list[int] = []  # files to be closed

    def running(self) -> Child:
        """The process, which may have to be started; with the lock held."""
        self.close_left()
        if self.child is None:
            self.child = Child()
        return self.child

    def let_go(self, number: int) -> None:
        """Close a file: at once, or with the next request if one is being answered."""
        self.left.append(number)
        if self.lock.acquire(blocking=False):
            try:
                self.close_left()
            finally:
                self.lock.release()

    def close_left(self) -> None:
        """Close what is to be closed; with the lock held."""
        while self.left:
            number = self.left.pop()
            if self.child is not None and number in self.child.opened:
                self.child.opened.discard(number)
                try:
                    self.child.ask(["close", number])
                except Refusal:
                    pass
                except BaseException as error:
                    self.child = None
                    if not isinstance(error, Died):
                        raise

    def stop(self) -> None:
        """End the process, if there is one."""
        if self.child is not None:
            self.child.stop()
            self.child = None

    def forked(self) -> None:
        """In a fork: the process belongs to the one that this is a fork of."""
        if self.child is not None:
            self.child.forget()
        self.__init__()  # type: ignore[misc]


KEEPER = Keeper()
_numbers = itertools.count()
atexit.register(KEEPER.stop)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=KEEPER.forked)


class OpenFile:
    """A file that is open in the child process, and opened again in the next one if that has died.

    If the process dies over a request, and has had other files before, one of these may have spoilt it: the request is
    made once more, in a new process. So a file is blamed only for what it does alone.
    """

    def __init__(self, file: Path | bytes) -> None:
        self._path = os.path.abspath(file) if isinstance(file, Path) else None
        self._data = file if isinstance(file, bytes) else None
        self._number = next(_numbers)

    def ask(self, what: str, *rest: Any) -> Answer:
        """The answer to a request of `hdf5_child.serve`.

        Raises:
            Refusal: it cannot be read; Died: it, and nothing else, made the process end.
        """
        with KEEPER.lock:
            while True:
                child = KEEPER.running()
                try:
                    if self._number not in child.opened:
                        child.served.add(self._number)
                        child.ask(["open", self._number, self._path], self._data)
                        child.opened.add(self._number)
                    return child.ask([what, self._number, *rest])
                except Refusal:
                    raise
                except BaseException as error:
                    KEEPER.child = None
                    others = child.served - {self._number}
                    if not (isinstance(error, Died) and others and not child.was_idle):
                        raise

    def close(self) -> None:
        """Let go of the file."""
        KEEPER.let_go(self._number)
