"""Many small pieces of work, each done by one rank, whose results all ranks have in their order as they come."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from qaadcodec.ranks.ranks import Ranks

T = TypeVar("T")
R = TypeVar("R")


def in_turns(items: Sequence[T], work: Callable[[T], R], ranks: Ranks, each: int = 1) -> Iterator[R]:
    """What `work` makes of every item.

    Memory: that of the results of one round, in which every rank has its turn. Every rank goes through all results, and
    only then do the others go on; so none may stop before the end, unless it ends the run.

    Args:
        items: the same on all ranks; they may be fewer than the ranks.
        each: items of a rank in a round: more where they take unequally long.
    """
    if ranks.size == 1:
        yield from map(work, items)
        return
    for start in range(0, len(items), each * ranks.size):
        few = items[start : start + each * ranks.size]
        made = ranks.gathered([work(item) for item in few[ranks.rank :: ranks.size]])
        for place in range(len(few)):
            yield made[place % ranks.size][place // ranks.size]
