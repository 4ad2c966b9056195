"""Slopes of the density at nodes, against the specification written out node by node in Python's own integers."""

from __future__ import annotations

import numpy as np
import pytest

from qaadcodec.archive.coding.points.neighbours import key
from qaadcodec.archive.coding.points.slopes import Halving, along, halvings
from qaadcodec.archive.coding.points.surroundings import Surroundings
from qaadcodec.arrays import Longs

Cell = tuple[int, ...]
Shape = tuple[int, list[int], list[list[int]]]


def shape(others: list[tuple[int, list[int]]]) -> Shape:
    """formats/qaad-1.md, "Points": weight, m and A of nodes of such weights at such distances."""
    weight = sum(w for w, _ in others)
    divisor = max(weight, 1)
    mean = [16 * sum(w * d[i] for w, d in others) // divisor for i in range(3)]
    a = [
        [3 * sum(w * d[i] * d[k] for w, d in others) // divisor - (3 * mean[i] * mean[k] >> 8) for k in range(3)]
        for i in range(3)
    ]
    return weight, mean, a


def slopes(around: Shape, axis: int, depth: int, half: int) -> list[int]:
    """g and e, before that axis is halved, of a node that is an upper half along x by bit 0 of `half`, y by bit 1."""
    weight, mean, a = around
    mean = [m + (32 - 64 * (half >> i & 1)) * (i < axis) for i, m in enumerate(mean)]
    a = [[a[i][k] + ((4 if i < axis else 16) if i == k else 0) for k in range(3)] for i in range(3)]
    i, k = [other for other in range(3) if other != axis]
    row = {
        axis: a[i][i] * a[k][k] - a[i][k] ** 2,
        i: a[axis][k] * a[i][k] - a[axis][i] * a[k][k],
        k: a[axis][i] * a[i][k] - a[axis][k] * a[i][i],
    }
    determinant = max(sum(row[x] * a[axis][x] for x in row), 1)
    gauss = sum(row[x] * mean[x] for x in row) * 12 // determinant
    return [
        16 * min(max(gauss, -96), 96) if weight >= 24 else 0,
        32 * mean[axis] * 8 >> 6 + 2 * depth if weight else 0,
    ]


def defined(cells: Longs, patches: Longs, counts: Longs, axis: int, depth: int, half: Longs) -> list[list[int]]:
    """g_0, e_0, g_1 and e_1 of every node of an octave that is halved along that axis next."""
    places = [tuple(x >> depth for x in cell) for cell in cells.T.tolist()]
    found = []
    for here in range(len(places)):
        both: list[int] = []
        for own in (False, True):
            others = []
            for j in range(len(places)):
                distance = [abs(x - y) for x, y in zip(places[j], places[here], strict=True)]
                if j != here and max(distance) <= 1 and (not own or patches[j] == patches[here]):
                    away = (8 * (cells[:, j] - cells[:, here])).tolist()
                    others.append((int(counts[j]) * (8 >> sum(distance)), away))
            both += slopes(shape(others), axis, depth, int(half[here]))
        found.append(both)
    return found


def nodes(seed: int, span: int, count: int = 60) -> tuple[Longs, Longs, Longs]:
    """Different nodes at random, patch by patch: cells (3, n), patches (n,), numbers of points (n,)."""
    rng = np.random.default_rng(seed)
    every = np.unique(np.column_stack([rng.integers(0, 3, count), rng.integers(0, span, (count, 3))]), axis=0)
    return every[:, 1:].T.copy(), every[:, 0].copy(), rng.integers(1, 9, len(every))


def check(surroundings: Surroundings, cells: Longs, patches: Longs, counts: Longs, depth: int) -> None:
    """That each of the nodes has the slopes of the specification before each of its halvings."""
    own = np.arange(len(counts))
    for axis in range(3):
        half = np.random.default_rng(axis).integers(0, 1 << axis, len(counts))
        expected = defined(cells, patches, counts, axis, depth, half)
        np.testing.assert_array_equal(surroundings.features(axis, own, half).T, expected)


@pytest.mark.parametrize(("seed", "span"), [(0, 4), (1, 9), (2, 30)])
def test_slopes_are_those_of_the_specification(seed: int, span: int) -> None:
    cells, patches, counts = nodes(seed, span)
    for times in (1, 12345):  # doubles hold what single precision does not
        surroundings = Surroundings(int(counts.sum() * times))
        surroundings.start_octave(key(cells), patches, counts * times, np.arange(len(counts)))
        check(surroundings, cells, patches, counts * times, 0)


def test_places_stay_where_they_are_when_cells_outnumber_points() -> None:
    cells, patches, _ = nodes(3, 12)
    counts, own = np.ones(len(patches), dtype=np.int64), np.arange(len(patches))
    surroundings = Surroundings(len(counts))
    rng = np.random.default_rng(4)
    for depth in (0, 1, 2, 3, 4, 5, 5):  # five octaves later they are as small as they may be
        surroundings.start_octave(key(cells), patches, counts, own)
        check(surroundings, cells, patches, counts, depth)
        cells = 2 * cells + rng.integers(0, 2, cells.shape)


def test_places_get_smaller_while_there_are_at_most_two_to_three_points() -> None:
    for points, depth in ((6, 0), (5, 1)):
        surroundings = Surroundings(points)
        coarse, counts = np.zeros((3, 1), np.int64), np.array([points])
        surroundings.start_octave(key(coarse), np.zeros(1, np.int64), counts, np.zeros(1, np.int64))
        cells = np.array([[0, 0, 1, 1], [0, 1, 0, 1], [0, 0, 0, 1]])  # of four places
        counts = np.array([points - 3, 1, 1, 1])
        surroundings.start_octave(key(cells), np.zeros(4, np.int64), counts, np.zeros(4, np.int64))
        check(surroundings, cells, np.zeros(4, np.int64), counts, depth)


def test_of_many_patches_in_one_place_all_points_count() -> None:
    """Single precision holds what each of them has around it, and not what all have."""
    cells = np.tile(np.array([[0, 1], [0, 1], [0, 1]]), 40)
    patches = np.repeat(np.arange(40), 2)
    counts = np.arange(901, 981)
    surroundings = Surroundings(int(counts.sum()))
    surroundings.start_octave(key(cells), patches, counts, np.arange(80))
    check(surroundings, cells, patches, counts, 0)


def test_halves_have_the_surroundings_of_the_node_that_they_are_halves_of() -> None:
    cells, patches, counts = nodes(4, 5)
    surroundings = Surroundings(int(counts.sum()))
    own, parent = np.arange(len(counts)), np.repeat(np.arange(len(counts)), 2)
    surroundings.start_octave(key(cells), patches, counts, own)
    before = surroundings.features(1, own, np.zeros(len(counts), np.int8))
    after = surroundings.features(1, parent, np.tile(np.array([0, 1], np.int8), len(counts)))
    np.testing.assert_array_equal(after[:, ::2], before)
    np.testing.assert_array_equal(after[[1, 3]], before[[1, 3]][:, parent])  # along y the halves have not moved
    assert (after[:, 1::2] != before).any()


@pytest.mark.parametrize("depth", range(6))
@pytest.mark.parametrize("points", [1, 1 << 17])
def test_the_largest_numbers_are_exact(depth: int, points: int) -> None:
    """Points at the ends of the places around a node, as far from it as may be, and close to a line or a plane."""
    end = 16 * (1 << depth) - 8
    rng = np.random.default_rng(depth)
    every = []
    for spread in ([end, end, end], [end, end, 16], [end, 16, 16], [16, end, end], [8, 8, end]):
        for _ in range(20):
            away = (rng.integers(0, 2, (6, 3)) * 2 - 1) * spread - 8 * rng.integers(0, 2, (6, 3)) * (depth > 0)
            every.append([(int(w) * points, d) for w, d in zip(rng.integers(1, 9, 6), away.tolist(), strict=True)])
    moments = [
        [sum(w for w, _ in others), *(sum(w * d[i] for w, d in others) for i in range(3))]
        + [sum(w * d[i] * d[k] for w, d in others) for i in range(3) for k in range(i, 3)]
        for others in every
    ]
    kind = np.float32 if depth == 0 and points == 1 else np.float64
    found = halvings(np.array(moments, kind).T, depth)
    for axis in range(3):
        for node, others in enumerate(every):
            for half in range(1 << axis):
                of = found[axis]
                dividend = of.gauss[node] - sum(move[node] for i, move in enumerate(of.moves) if half >> i & 1)
                steep = min(max(int(dividend) // int(of.determinant[node]), -96), 96)
                assert [16 * steep, int(of.offset[node])] == slopes(shape(others), axis, depth, half)


@pytest.mark.parametrize(
    ("kind", "determinant"), [(np.int32, 10**7 + 3), (np.float64, 2**48 + 1), (np.int64, 2**58 + 1)]
)
def test_quotients_are_rounded_down_however_large_the_numbers_are(kind: type, determinant: int) -> None:
    """One below five times the determinant, and five times it; doubles would not tell them apart in the last case."""
    dividends = np.array([5 * determinant - 1, 5 * determinant, -1, 0]).astype(kind)
    zero = np.zeros(4, np.float32)
    halving = Halving(dividends, (), np.full(4, determinant, kind), zero)
    slope, _ = along(halving, np.arange(4), [])
    assert slope.tolist() == [16 * 4, 16 * 5, -16, 0]
