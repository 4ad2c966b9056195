"""The parts of all ranks make up the set."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from fixtures.ranks import shared

from qaadcodec.errors import UsageError
from qaadcodec.ranks.part import Part


def parts(total: int, size: int) -> list[Part]:
    ranks: list[Any] = [SimpleNamespace(rank=rank, size=size) for rank in range(size)]
    return [Part.of(total, each) for each in ranks]


@pytest.mark.parametrize(("total", "size"), [(1, 1), (7, 1), (7, 2), (7, 3), (7, 7), (64, 5), (1000, 64)])
def test_the_parts_are_the_set_and_differ_by_one_cloud_at_most(total: int, size: int) -> None:
    found = parts(total, size)
    np.testing.assert_array_equal(np.concatenate([np.arange(p.first, p.end) for p in found]), np.arange(total))
    sizes = [len(part) for part in found]
    assert max(sizes) - min(sizes) <= 1
    assert max(sizes) == sizes[0]
    for part in found:
        np.testing.assert_array_equal(part.rows(np.arange(total)), np.arange(part.first, part.end))
        assert part.reached(len(part)) == total
        assert part.reached(0) == 0


def test_more_processes_than_clouds_are_refused() -> None:
    with pytest.raises(UsageError, match="4 processes share 3 clouds, and each needs one"):
        parts(3, 4)


def test_clouds_are_dealt_to_those_who_have_them_in_their_order() -> None:
    clouds = np.random.default_rng(0).permutation(10)
    for part in parts(10, 3):
        dealt = part.dealt(clouds)
        assert sorted(np.concatenate(dealt).tolist()) == list(range(10))
        own = dealt[part.ranks.rank]
        assert own.tolist() == [cloud for cloud in clouds.tolist() if part.first <= cloud < part.end]
        assert part.own(clouds).tolist() == (own - part.first).tolist()


def test_a_table_and_a_cloud_come_to_all() -> None:
    table = np.arange(14).reshape(7, 2)

    def work(ranks: Any) -> tuple[Any, int]:
        part = Part.of(7, ranks)
        own = part.rows(table)
        return part.whole(own), part.of_cloud(5, lambda place: int(own[place, 0]))

    for whole, number in shared(3, work):
        np.testing.assert_array_equal(whole, table)
        assert number == 10
