"""Slopes of the density at nodes, against the specification written out node by node in Python's own integers."""

from __future__ import annotations

import numpy as np
import pytest

from qaadcodec.archive.coding.points.surroundings import Surroundings
from qaadcodec.arrays import Longs

Cell = tuple[int, ...]


def defined(cells: list[Cell], patches: list[int], counts: list[int], axis: int, depth: int) -> list[list[int]]:
    """formats/qaad-1.md, "Points": g_0, e_0, g_1 and e_1 of every node at the start of an octave (widths of 8)."""
    places = [tuple(x >> depth for x in cell) for cell in cells]
    found = []
    for here in range(len(cells)):
        slopes: list[int] = []
        for own in (False, True):
            others = []
            for j in range(len(cells)):
                distance = [abs(x - y) for x, y in zip(places[j], places[here], strict=True)]
                if j != here and max(distance) <= 1 and (not own or patches[j] == patches[here]):
                    away = [8 * (x - y) for x, y in zip(cells[j], cells[here], strict=True)]
                    others.append((counts[j] * (8 >> sum(distance)), away))
            weight = sum(w for w, _ in others)
            divisor = max(weight, 1)
            mean = [16 * sum(w * d[i] for w, d in others) // divisor for i in range(3)]
            a = [
                [
                    3 * sum(w * d[i] * d[k] for w, d in others) // divisor
                    - (3 * mean[i] * mean[k] >> 8)
                    + (16 if i == k else 0)
                    for k in range(3)
                ]
                for i in range(3)
            ]
            i, k = [other for other in range(3) if other != axis]
            row = {
                axis: a[i][i] * a[k][k] - a[i][k] ** 2,
                i: a[axis][k] * a[i][k] - a[axis][i] * a[k][k],
                k: a[axis][i] * a[i][k] - a[axis][k] * a[i][i],
            }
            determinant = max(sum(row[x] * a[axis][x] for x in row), 1)
            gauss = sum(row[x] * mean[x] for x in row) * 12 // determinant
            slopes += [16 * min(max(gauss, -96), 96) if weight >= 24 else 0]
            slopes += [32 * mean[axis] * 8 >> 6 + 2 * depth if weight else 0]
        found.append(slopes)
    return found


def nodes(seed: int, span: int, count: int = 60) -> tuple[Longs, Longs, Longs]:
    """Different nodes at random: cells (3, n), patches (n,), numbers of points (n,)."""
    rng = np.random.default_rng(seed)
    every = np.unique(np.column_stack([rng.integers(0, span, (count, 3)), rng.integers(0, 3, count)]), axis=0)
    return every[:, :3].T.copy(), every[:, 3].copy(), rng.integers(1, 9, len(every))


@pytest.mark.parametrize(("seed", "span"), [(0, 4), (1, 9), (2, 30)])
def test_slopes_are_those_of_the_specification(seed: int, span: int) -> None:
    cells, patches, counts = nodes(seed, span)
    surroundings = Surroundings(int(counts.sum()))
    surroundings.start_octave(cells, patches, counts)
    for axis in range(3):
        expected = defined(list(map(tuple, cells.T.tolist())), patches.tolist(), counts.tolist(), axis, 0)
        np.testing.assert_array_equal(surroundings.features(axis).T, expected)


def test_places_stay_where_they_are_when_cells_outnumber_points() -> None:
    cells, patches, _ = nodes(3, 12)
    counts = np.ones(len(patches), dtype=np.int64)
    surroundings = Surroundings(len(counts))
    for depth in range(3):
        surroundings.start_octave(cells, patches, counts)
        expected = defined(list(map(tuple, cells.T.tolist())), patches.tolist(), counts.tolist(), 1, depth)
        np.testing.assert_array_equal(surroundings.features(1).T, expected)
        for axis in range(3):
            surroundings.skip(axis)
        cells = cells * 2


def test_halves_inherit_their_surroundings_and_move() -> None:
    cells, patches, counts = nodes(4, 5)
    surroundings = Surroundings(int(counts.sum()))
    surroundings.start_octave(cells, patches, counts)
    before = surroundings.features(2)
    parent = np.repeat(np.arange(len(counts)), 2)
    surroundings.split(0, parent, np.tile([0, 1], len(counts)))
    after = surroundings.features(2)
    np.testing.assert_array_equal(after[[1, 3]], before[[1, 3]][:, parent])  # along z the halves have not moved
    along_x = surroundings.features(0)[1].reshape(-1, 2)
    assert (along_x[:, 0] >= along_x[:, 1]).all()  # a lower half has more of its surroundings above it
