"""The point-to-plane error where it can be worked out by hand, and beside pc_error's own way, point by point."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest

from qaadcodec.metrics.names import METRICS
from qaadcodec.metrics.nearest import Neighbours, nearest_distances, nearest_neighbours
from qaadcodec.metrics.normals import normals
from qaadcodec.metrics.pair import nearest_errors
from qaadcodec.metrics.point_to_plane import carried_normals, plane_mse
from qaadcodec.metrics.point_tree import Nearest, PointTree

Points = npt.NDArray[np.float64]


def mse(decoded: Points, original: Points) -> float:
    a, b = PointTree.of(decoded), PointTree.of(original)
    return plane_mse(a, b, nearest_neighbours(a, b))


def d2_psnr(decoded: Points, original: Points) -> float:
    return nearest_errors(PointTree.of(decoded), PointTree.of(original), METRICS)["d2_psnr"]


def grid(n: int = 20) -> Points:
    """A square of n by n points in the plane z = 0, one apart."""
    return np.stack(np.meshgrid(np.arange(float(n)), np.arange(float(n)), [0.0]), -1).reshape(-1, 3)


def moved(points: Points, *way: float) -> Points:
    return points + np.array(way)


def sphere(count: int, seed: int) -> Points:
    points = np.random.default_rng(seed).standard_normal((count, 3))
    unit: Points = points / np.linalg.norm(points, axis=1, keepdims=True)
    return unit


def test_a_plane_moved_along_its_normal_by_d_has_the_error_d_squared() -> None:
    assert mse(moved(grid(), 0, 0, 0.25), grid()) == pytest.approx(0.0625)
    peak = math.hypot(19, 19)
    assert d2_psnr(moved(grid(), 0, 0, 0.25), grid()) == pytest.approx(10 * math.log10(3 * peak**2 / 0.0625))


def test_a_plane_moved_along_itself_has_no_error() -> None:
    assert mse(moved(grid(), 0.3, 0.2, 0), grid()) == 0.0
    assert d2_psnr(moved(grid(), 0.3, 0.2, 0), grid()) == math.inf
    both = mse(moved(grid(), 0.3, 0.2, 0.25), grid())  # what happens along the plane does not count
    assert both == pytest.approx(0.0625)


def test_a_sphere_that_grows_has_the_growth_as_its_error() -> None:
    original = sphere(20_000, 0)
    assert mse(1.05 * original, original) == pytest.approx(0.0025, rel=0.01)
    other = sphere(20_000, 1)  # another sampling of the same sphere: nothing but its curvature between the points
    assert mse(other, original) < 1e-3 * nearest_distances(other, original).chamfer


def test_the_worse_direction_counts() -> None:
    outlier = np.array([[10.0, 10, 3]])
    assert mse(np.concatenate([grid(), outlier]), grid()) == pytest.approx(9 / 401)
    # The same the other way round: the outlier is in the original, and the decoded point below it has its mean normal.
    assert mse(grid(), np.concatenate([grid(), outlier])) > 0


def test_a_decoded_point_has_the_mean_of_the_normals_of_the_points_that_it_is_nearest_to() -> None:
    theirs = np.array([[1.0, 0, 0], [0, -1, 0], [-1, 0, 0], [0, 0, 1]])
    there = Nearest(np.zeros(3), np.array([0, 3, 0]))  # nearest original points of three decoded ones
    back = Nearest(np.zeros(4), np.array([0, 0, 0, 1]))  # nearest decoded points of four original ones
    carried = carried_normals(theirs, Neighbours(there, back))
    # (-1, 0, 0) is turned to the side of (1, 0, 0); the mean is not made a unit vector; the last has none of its own.
    assert carried == pytest.approx(np.array([[2 / 3, -1 / 3, 0], [0, 0, 1], [1, 0, 0]]))


def test_of_a_single_such_point_it_is_the_normal_and_not_that_of_its_own_nearest_point() -> None:
    theirs = np.array([[0.0, 0, 1], [0, 0.6, 0.8], [0, 0.6, -0.8]])
    there = Nearest(np.zeros(2), np.array([0, 0]))
    back = Nearest(np.zeros(3), np.array([0, 1, 0]))
    carried = carried_normals(theirs, Neighbours(there, back))
    assert carried == pytest.approx(np.array([[0, -0.3, 0.9], [0, 0.6, 0.8]]))


def test_a_missing_normal_is_missing_where_it_would_be_averaged() -> None:
    theirs = np.array([[1.0, 0, 0], [np.nan] * 3, [0, 0, 1]])
    there = Nearest(np.zeros(3), np.array([0, 1, 2]))
    back = Nearest(np.zeros(3), np.array([0, 0, 1]))
    carried = carried_normals(theirs, Neighbours(there, back))
    assert np.isnan(carried).all(1).tolist() == [True, True, False]


def test_without_normals_the_whole_distance_counts() -> None:
    line = np.outer(np.arange(30.0), [1, 0, 0])
    assert mse(moved(line, 0.25, 0, 0), line) == pytest.approx(0.0625)
    assert mse(moved(line, 0, 0.25, 0), line) == pytest.approx(0.0625)
    place = np.ones((5, 3))
    assert mse(moved(place, 0, 0, 2), place) == pytest.approx(4.0)
    assert d2_psnr(place + 1, place) == -math.inf
    assert d2_psnr(place, place) == math.inf
    assert mse(np.zeros((1, 3)), np.array([[0.0, 3, 4]])) == pytest.approx(25.0)


def test_normals_are_estimated_only_where_they_are_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qaadcodec.metrics.point_to_plane.normals", lambda cloud: pytest.fail("normals"))
    assert "d2_psnr" not in nearest_errors(PointTree.of(grid()), PointTree.of(grid()), ["d1_psnr"])


def slowly(decoded: Points, original: Points, outward: Points) -> float:
    """The loops of pc_error (scaleNormals, then findMetric both ways), for normals that have an outside."""
    there = [int(np.square(original - p).sum(1).argmin()) for p in decoded]
    back = [int(np.square(decoded - p).sum(1).argmin()) for p in original]
    ours = []
    for i in range(len(decoded)):
        nearest_to = [outward[j] for j in range(len(original)) if back[j] == i]
        ours.append(np.mean(nearest_to, axis=0) if nearest_to else outward[there[i]])
    a_to_b = [np.dot(original[j] - decoded[back[j]], ours[back[j]]) ** 2 for j in range(len(original))]
    b_to_a = [np.dot(decoded[i] - original[there[i]], outward[there[i]]) ** 2 for i in range(len(decoded))]
    return float(max(np.mean(a_to_b), np.mean(b_to_a)))


@pytest.mark.parametrize("count", [300, 700, 1500])
def test_it_is_the_error_of_pc_error(count: int) -> None:
    """On a sphere the normals that have been estimated can be turned outward, which is what pc_error would read."""
    original = sphere(700, 2)
    decoded = sphere(count, 3) * np.random.default_rng(4).uniform(0.95, 1.08, (count, 1))
    estimated = normals(PointTree.of(original))
    outward = estimated * np.sign(np.einsum("ij,ij->i", estimated, original))[:, None]
    assert mse(decoded, original) == pytest.approx(slowly(decoded, original, outward), rel=1e-9)
