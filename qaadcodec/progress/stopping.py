"""The request to finish early, which whoever handles signals sets, and long work looks at."""

from __future__ import annotations

import threading


class StopRequest:
    """Asks long work to finish early with what it has. A signal handler or another thread sets it.

    Attributes:
        has_begun: whether the work would have a result, so that asking makes sense; until then it may just be ended.
        to_go_on: whether it should be possible to go on later, where there are checkpoints.
    """

    __slots__ = ("_flag", "has_begun", "to_go_on")

    def __init__(self) -> None:
        self._flag = threading.Event()
        self.has_begun = self.to_go_on = False

    def begin(self) -> None:
        """Say that from now on the work has a result when it finishes early."""
        self.has_begun = True

    def set(self, *, to_go_on: bool = False) -> None:
        """Ask for the end. The work goes on until it can stop with a valid result."""
        self.to_go_on = to_go_on
        self._flag.set()

    def __bool__(self) -> bool:
        return self._flag.is_set()
