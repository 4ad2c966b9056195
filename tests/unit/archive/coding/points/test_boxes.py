"""Nodes in boxes, against nodes that are searched for."""

from __future__ import annotations

import numpy as np
import pytest

from qaadcodec.archive.coding.points.boxes import CELLS_A_NODE, boxes_of
from qaadcodec.archive.coding.points.searched import Searched, SearchedPatches
from qaadcodec.archive.coding.points.sums_around import exact_in_cells
from qaadcodec.arrays import Longs


def nodes(seed: int, span: int, count: int) -> tuple[Longs, Longs, Longs]:
    """Different nodes patch by patch: cells (3, n), patches 1 to 4 that lie elsewhere each, numbers of points (n,)."""
    rng = np.random.default_rng(seed)
    patches = rng.integers(0, 4, count)
    cells = rng.integers(0, span, (count, 3)) + np.array([[0, 3, 1], [2, 0, 5], [9, 9, 9], [0, 0, 0]])[patches]
    every = np.unique(np.column_stack([patches, cells]), axis=0)
    return every[:, 1:].T.copy(), every[:, 0] + 1, rng.integers(1, 9, len(every))


@pytest.mark.parametrize("own", [False, True], ids=["all", "own"])
@pytest.mark.parametrize(("seed", "span", "count"), [(0, 3, 200), (1, 5, 300), (2, 9, 1000), (3, 1, 5)])
@pytest.mark.parametrize("times", [1, 100, 3_333_333], ids=["bytes", "single precision", "double precision"])
def test_boxes_find_what_searching_finds(seed: int, span: int, count: int, own: bool, times: int) -> None:
    cells, patches, counts = nodes(seed, span, count)
    counts = counts * times
    boxes = boxes_of(cells, patches if own else None, counts)
    assert boxes is not None
    searched = Searched(cells, counts)
    if own:
        searched = SearchedPatches(searched, patches, counts)
    assert (boxes.different, boxes.most) == (searched.different, searched.most)
    kind = exact_in_cells(boxes.most)
    found, expected = (np.empty((10, len(counts)), kind) for _ in range(2))
    boxes.sums(found)
    searched.sums(expected)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("own", [False, True], ids=["all", "own"])
def test_groups_of_boxes_are_those_of_searching_in_another_order(own: bool) -> None:
    cells, patches, counts = nodes(4, 6, 400)
    places = cells >> 1  # several nodes of a patch in one place
    boxes, searched = boxes_of(places, patches if own else None, counts), Searched(places, counts)
    if own:
        searched = SearchedPatches(searched, patches, counts)
    assert boxes is not None
    assert boxes.different == searched.different < len(counts)
    (ours, around), (theirs, expected) = boxes.groups(), searched.groups()
    renamed = np.full(boxes.different + 1, boxes.different)
    renamed[ours] = theirs
    np.testing.assert_array_equal(renamed[ours], theirs)
    np.testing.assert_array_equal(renamed[around], expected[:, renamed[:-1]])


def test_cells_that_lie_far_apart_are_not_put_into_boxes() -> None:
    far = np.zeros((3, 2), np.int64)
    far[:, 1] = (1 << 20) - 1
    counts, patches = np.ones(2, np.int64), np.arange(2)
    assert boxes_of(far, None, counts) is None
    assert boxes_of(far, patches, counts) is not None  # each by itself has a box of one cell
    line = np.zeros((3, 40), np.int64)
    line[0] = np.arange(40)
    most = CELLS_A_NODE * 40 // 4  # layers along x: there are four cells in each, with empty ones along y and z
    for last, fits in ((most - 2, True), (most - 1, False)):
        line[0, -1] = last  # and one empty layer behind it
        assert (boxes_of(line, None, np.ones(40, np.int64)) is not None) == fits


def test_a_whole_box_has_no_neighbours_beyond_its_ends() -> None:
    """The cells at the ends of a full cube have fewer neighbours than those within."""
    cells = np.stack(np.meshgrid(*[np.arange(4)] * 3, indexing="ij")).reshape(3, -1)
    boxes = boxes_of(cells, None, np.ones(64, np.int64))
    assert boxes is not None
    sums = np.empty((10, 64), np.float32)
    boxes.sums(sums)
    along = np.array([1.5, 2, 2, 1.5])  # 1 for the cell itself, half for each neighbour along an axis
    expected = 8 * (along[:, None, None] * along[:, None] * along).reshape(-1)
    np.testing.assert_array_equal(sums[0], expected)
