"""Little memory: libraries that are not imported where a limit of the system leaves less than they take.

OpenBLAS ends the process where it gets none, and PyTorch crashes, or tries for minutes: neither can be told of then.
So the room is looked at before. What is asked for was measured on x86-64 with Python 3.11, as the least limit
(`ulimit -v`) under which a library can be imported and used: tests/bench/FAULTS.md.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from typing import NamedTuple

from qaadcodec.errors import EnvironmentFailure
from qaadcodec.parallel import cores


class Need(NamedTuple):
    """MB of addresses that a library takes: by itself, and once more for each core it works on."""

    itself: int
    per_core: int


NEEDS = {
    "numpy": Need(90, 32),  # OpenBLAS has a buffer of 32 MB for each thread that multiplies
    "scipy": Need(130, 0),
    "llvmlite": Need(190, 0),
    "torch": Need(550, 70),
}
NAMES = {"llvmlite": "numba", "torch": "PyTorch"}
MB = 1 << 20


class Checked:
    """A finder of modules that finds none, but looks first whether there is room for what is imported."""

    def __init__(self) -> None:
        self._multiplied = False

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: object = None) -> ModuleSpec | None:
        """None; EnvironmentFailure if a limit leaves too little for the library of that name."""
        if name in NEEDS:
            check(name)
        numpy = sys.modules.get("numpy")
        if not self._multiplied and numpy is not None and not getattr(numpy.__spec__, "_initializing", False):
            self._multiplied = True
            multiply()
        return None


def multiply() -> None:
    """Multiply matrices, for which OpenBLAS takes its buffer: later there may be no room, and old ones try for ever."""
    import numpy as np

    square = np.ones((64, 64), np.float32)
    square @ square


@contextmanager
def checked_imports() -> Iterator[None]:
    """Within the block libraries are imported only where there is room for them; without a limit nothing is checked."""
    finder = Checked()
    if limit() is not None:
        sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        if finder in sys.meta_path:
            sys.meta_path.remove(finder)


def check(library: str) -> None:
    """Raise EnvironmentFailure if the limit leaves less than a library takes; it says how much is missing."""
    most, need = limit(), NEEDS[library]
    if most is None:
        return
    wanted = (need.itself + need.per_core * cores()) * MB
    if (left := max(0, most - taken())) < wanted:
        raise EnvironmentFailure(
            f"out of memory: {NAMES.get(library, library)} takes {wanted // MB} MB of addresses on {cores()} cores, "
            f"and of the {most // MB} MB that a limit allows {left // MB} are left",
            hint=f"raise the limit: ulimit -v {(most - left + wanted) // 1024}, or more",
        )


def memory_hint() -> str:
    """What to do where memory was not enough."""
    most = limit()
    if most is None:
        return "use fewer points (--points), or a machine with more memory"
    return f"{most // MB} MB of addresses are allowed (ulimit -v): raise this limit, or use fewer points (--points)"


def limit() -> int | None:
    """Bytes of addresses that the process may have; None where there is no limit, or no way to know."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    most, _ = resource.getrlimit(resource.RLIMIT_AS)
    return None if most == resource.RLIM_INFINITY else most


def taken() -> int:
    """Bytes of addresses that the process has; 0 where the system does not tell."""
    try:
        with open("/proc/self/statm", "rb") as file:
            pages = int(file.read().split()[0])
    except (OSError, ValueError, IndexError):
        return 0
    import resource

    return pages * resource.getpagesize()
