"""The writer's choice of tables: near the entropy, offsets where they pay and nowhere else."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from qaadcodec.archive.coding import ans
from qaadcodec.archive.coding.table_choice import OFFSET_FAMILY, TRIED_FAMILIES, TableChoice, choose, value_tables
from qaadcodec.archive.coding.tables import bits, largest, table_of


def coded_bits(values: npt.NDArray[np.int64], choice: TableChoice) -> int:
    """Of the stream that the choice leads to."""
    parts = [(values.reshape(-1), value_tables(choice.family, choice.base, choice.rows, choice.columns))]
    for lines, scale in ((choice.rows, choice.row_scale), (choice.columns, choice.column_scale)):
        if scale:
            parts.append((lines, np.full(len(lines), table_of(OFFSET_FAMILY, scale))))
    return 8 * len(ans.encode(parts))


def normal(deviations: npt.NDArray[np.floating]) -> npt.NDArray[np.int64]:
    return np.rint(np.random.default_rng(4).normal(size=deviations.shape) * deviations).astype(np.int64)


def test_one_scale_for_all_where_all_have_one() -> None:
    values = normal(np.full((60, 80), 6.0))
    choice = choose(values)
    assert (choice.row_scale, choice.column_scale) == (0, 0)
    entropy = np.log2(6 * np.sqrt(2 * np.pi * np.e)) * values.size
    assert abs(coded_bits(values, choice) / entropy - 1) < 0.01
    assert coded_bits(values, choice) == pytest.approx(choice.cost, abs=40)


@pytest.mark.parametrize("which", ["rows", "columns", "both"])
def test_offsets_where_lines_differ(which: str) -> None:
    rng = np.random.default_rng(5)
    rows, columns = 2.0 ** rng.uniform(-2, 2, (100, 1)), 2.0 ** rng.uniform(-2, 2, 90)
    values = normal(6 * (rows if which != "columns" else 1) * (columns if which != "rows" else 1) * np.ones((100, 90)))
    choice = choose(values)
    assert (choice.row_scale > 0, choice.column_scale > 0) == (which != "columns", which != "rows")
    deviations = 6 * (rows if which != "columns" else 1) * (columns if which != "rows" else 1) * np.ones((100, 90))
    entropy = np.log2(deviations * np.sqrt(2 * np.pi * np.e)).sum()
    assert coded_bits(values, choice) < 1.03 * entropy + 900  # some of the values are below 1
    assert coded_bits(values, choice) == pytest.approx(choice.cost, abs=40)


def test_of_nothing_but_zeros_the_narrowest_scale_is_taken() -> None:
    assert choose(np.zeros((3, 4), dtype=np.int64)).base == 0


@pytest.mark.parametrize("family", TRIED_FAMILIES)
def test_values_as_a_table_has_them_are_coded_by_that_table(family: int) -> None:
    """No other costs as little (Gibbs' inequality): so each family that is tried has its use."""
    counts = np.rint(2_000 * 2.0 ** -bits(table_of(family, 8))).astype(int)
    magnitudes = np.repeat(np.arange(len(counts)), counts)
    choice = choose(np.concatenate([magnitudes, -magnitudes[magnitudes > 0]])[None])
    assert (choice.family, choice.base) == (family, 8)


@pytest.mark.parametrize(
    "values",
    [
        np.zeros((3, 4), dtype=np.int64),
        np.array([[32767]]),
        np.array([[0, 0, -32767, 0]]),
        np.array([[1], [0], [500]]),
        np.diag([3000, 0, 0, 1, 0]),
    ],
)
def test_odd_arrays(values: npt.NDArray[np.int64]) -> None:
    choice = choose(values)
    tables = value_tables(choice.family, choice.base, choice.rows, choice.columns)
    assert (np.abs(values.reshape(-1)) <= [largest(int(t)) for t in tables]).all()
    assert coded_bits(values, choice) <= choice.cost + 40


def test_zeros_cost_next_to_nothing() -> None:
    assert choose(np.zeros((100, 100), dtype=np.int64)).cost < 2
