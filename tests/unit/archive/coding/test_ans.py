"""The stack of coded integers: the specification's example, round trips, damage."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qaadcodec.archive.coding.ans import Decoder, encode
from qaadcodec.archive.coding.tables import bits, largest
from qaadcodec.errors import ArchiveError

EXAMPLE = bytes.fromhex("2780ab75")


def decoded(data: bytes, *tables: list[int]) -> list[list[int]]:
    decoder = Decoder(data)
    parts = [decoder.take(np.array(part, dtype=np.uint16)).tolist() for part in tables]
    decoder.finish()
    return parts


def test_the_example_of_the_specification() -> None:
    assert encode([(np.array([3, -1, 0]), np.array([12, 917, 12]))]) == EXAMPLE
    assert decoded(EXAMPLE, [12, 917, 12]) == [[3, -1, 0]]


@pytest.mark.parametrize("lowest", [0, 1, 2])
def test_any_table_may_be_the_lowest(lowest: int) -> None:
    tables = [lowest, 5, lowest]
    assert decoded(encode([(np.array([1, 2, -1]), np.array(tables))]), tables) == [[1, 2, -1]]


@settings(deadline=None)
@given(st.data())
def test_whatever_goes_in_comes_out_again(data: st.DataObject) -> None:
    parts = []
    for _ in range(data.draw(st.integers(1, 3))):
        tables = data.draw(st.lists(st.sampled_from([0, 5, 63, 300, 916, 917, 1023]), max_size=30))
        values = [data.draw(st.integers(-largest(t), largest(t))) for t in tables]
        parts.append((np.array(values, dtype=np.int64), np.array(tables, dtype=np.uint16)))
    data_bytes = encode(parts)
    assert data_bytes
    assert data_bytes[-1] != 0
    assert decoded(data_bytes, *(tables.tolist() for _, tables in parts)) == [v.tolist() for v, _ in parts]


def test_a_stream_costs_little_more_than_its_values() -> None:
    """The first value costs up to 24 bits, coded while the state is small; the others cost what they should."""
    rng = np.random.default_rng(0)
    for n in (1, 4, 20, 1000):
        values = np.rint(rng.normal(0, 5, n)).astype(int)
        ideal = bits(916)[np.abs(values)].sum() / 8
        assert ideal < len(encode([(values, np.full(n, 916))])) < ideal + 4


def test_nothing_is_one_byte() -> None:
    assert encode([(np.empty(0, dtype=int), np.empty(0, dtype=int))]) == b"\1"
    assert decoded(b"\1") == []


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "a coded stream of 0 bytes is empty, or ends in a zero byte"),
        (EXAMPLE + b"\0", "a coded stream of 5 bytes is empty, or ends in a zero byte"),
        (EXAMPLE[1:], "a coded stream of 3 bytes does not end with its 3 values: 9 bits are left, and 1 bit should be"),
        (b"abcd" + EXAMPLE, "does not end with its 3 values: 41 bits are left"),
    ],
)
def test_damage_is_named(data: bytes, message: str) -> None:
    with pytest.raises(ArchiveError, match=message):
        decoded(data, [12, 917, 12])


def test_no_shorter_stream_is_taken_for_a_whole_one() -> None:
    values, tables = np.arange(-20, 20), np.full(40, 920)
    whole = encode([(values, tables)])
    for cut in range(1, len(whole)):
        for part in (whole[cut:], whole[:-cut]):
            with pytest.raises(ArchiveError):
                decoded(part, tables.tolist())
