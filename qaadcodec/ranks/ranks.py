"""The processes that share a piece of work, as that sees them. There is one, unless somebody starts several.

Every process, a rank, does the same in the same order: whenever one asks the others for something, all do. So work has
no branches for the number of processes, but what depends on the file system or on the clock, which may look otherwise
to every process, is decided by one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Ranks(Protocol):
    """The ranks of a run. All methods are called by all of them, in the same order."""

    @property
    def rank(self) -> int:
        """The number of this process, from zero; that of number zero decides, writes and speaks."""

    @property
    def size(self) -> int:
        """How many there are."""

    def decided(self, decide: Callable[[], T]) -> T:
        """What `decide` returns on rank 0, where alone it is called; for all."""

    def gathered(self, own: T) -> list[T]:
        """What every rank has, in their order; for all."""

    def add(self, numbers: Any) -> None:
        """Add up a tensor, of one shape and type on every rank; all have the sum in place of their own."""

    def copy_of_first(self, numbers: Any) -> None:
        """Give a tensor the values that it has on rank 0."""


class Alone:
    """The one rank of a run in one process: what it has is what all have."""

    rank, size = 0, 1

    def decided(self, decide: Callable[[], T]) -> T:
        """What it returns."""
        return decide()

    def gathered(self, own: T) -> list[T]:
        """What there is."""
        return [own]

    def add(self, numbers: Any) -> None:
        """Nothing to add."""

    def copy_of_first(self, numbers: Any) -> None:
        """It is the first."""


ALONE = Alone()
