"""Pieces of work in turns: all ranks get all results, in order, whatever their number."""

from __future__ import annotations

import threading

import pytest
from fixtures.ranks import shared

from qaadcodec.ranks.ranks import ALONE
from qaadcodec.ranks.turns import in_turns


@pytest.mark.parametrize("each", [1, 3])
@pytest.mark.parametrize(("items", "size"), [(0, 2), (1, 3), (2, 3), (3, 3), (10, 3), (24, 4)])
def test_results_come_in_order_and_each_is_made_once(items: int, size: int, each: int) -> None:
    made, lock = list[int](), threading.Lock()

    def square(item: int) -> int:
        with lock:
            made.append(item)
        return item**2

    expected = [item**2 for item in range(items)]
    assert shared(size, lambda ranks: list(in_turns(range(items), square, ranks, each))) == [expected] * size
    assert sorted(made) == list(range(items))


def test_alone_each_is_made_when_its_turn_comes() -> None:
    made: list[int] = []
    turns = in_turns(range(10), lambda item: made.append(item) or item, ALONE, 4)
    assert [next(turns), next(turns)] == [0, 1]
    assert made == [0, 1]


def test_the_error_of_one_rank_ends_all() -> None:
    def fails(item: int) -> int:
        if item == 5:
            raise ValueError("the fifth")
        return item

    with pytest.raises(ValueError, match="the fifth"):
        shared(3, lambda ranks: list(in_turns(range(9), fails, ranks)))
