"""The part of a set that a process has: a run of its clouds, and which part every other process has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Self, TypeVar

import numpy as np

from qaadcodec.arrays import Longs, Numbers
from qaadcodec.errors import UsageError
from qaadcodec.ranks.ranks import ALONE, Ranks

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Part:
    """The clouds that are this rank's own. The parts of all ranks make up the set, and none overlap.

    Clouds have a number in the set, and one in their part, which is less by `first`. A part is a run of clouds, since
    they then lie beside each other in files, and in the tables of checkpoints.

    Attributes:
        total: clouds of the set, N.
        ranks: whose parts they are.
        first: number of the first own cloud in the set.
        end: that behind the last one.
    """

    total: int
    ranks: Ranks = ALONE
    first: int = field(init=False)
    end: int = field(init=False)

    def __post_init__(self) -> None:
        bounds = self.bounds()
        object.__setattr__(self, "first", bounds[self.ranks.rank])
        object.__setattr__(self, "end", bounds[self.ranks.rank + 1])

    @classmethod
    def of(cls, total: int, ranks: Ranks) -> Self:
        """The part of a set of so many clouds.

        Raises:
            UsageError: there are fewer clouds than ranks.
        """
        if total < ranks.size:
            raise UsageError(
                f"{ranks.size} processes share {total} clouds, and each needs one", hint="start fewer processes"
            )
        return cls(total, ranks)

    def __len__(self) -> int:
        return self.end - self.first

    def bounds(self) -> list[int]:
        """Where the part of each rank begins, and the end of the last one; the first ones are longer by one cloud."""
        size, longer = divmod(self.total, self.ranks.size)
        return [rank * size + min(rank, longer) for rank in range(self.ranks.size + 1)]

    def own(self, clouds: Longs) -> Longs:
        """Those of some clouds of the set that are its own, as they are numbered in the part, in the same order."""
        return clouds[(clouds >= self.first) & (clouds < self.end)] - self.first

    def dealt(self, clouds: Longs) -> list[Longs]:
        """Some clouds of the set, in the same order, those of each rank by themselves."""
        bounds = self.bounds()
        return [clouds[(clouds >= a) & (clouds < b)] for a, b in pairwise(bounds)]

    def rows(self, table: Numbers) -> Numbers:
        """Of a table with a row for each cloud of the set, those of its own clouds."""
        return table[self.first : self.end]

    def whole(self, own: Numbers) -> Numbers:
        """The table with a row for each cloud of the set, from the rows that each rank has of its own; for all.

        Where there is one rank, it is the table that was given, and no copy: it may take as much memory as all else.
        """
        tables = self.ranks.gathered(own)
        return tables[0] if len(tables) == 1 else np.concatenate(tables)

    def of_cloud(self, cloud: int, read: Callable[[int], T]) -> T:
        """What the rank that has a cloud of the set reads of it, by its number in the part; for all."""
        mine = self.first <= cloud < self.end
        found = self.ranks.gathered(read(cloud - self.first) if mine else None)
        return next(each for each in found if each is not None)

    def reached(self, done: int) -> int:
        """About how many clouds of the set are done where this rank has done so many of its own."""
        return done * self.total // max(len(self), 1)
