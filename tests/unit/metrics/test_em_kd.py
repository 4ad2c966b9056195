"""EM-kD and the exact EMD on clouds whose distance is known: permuted, moved, stretched, on lines, collapsed."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from qaadcodec.errors import UsageError
from qaadcodec.metrics.em_kd import SUBSPACE, VERSION, em_kd, emd, mean_squared, variance

FAR = np.array([5e6, 4e5, -3e3])


def gaussian(count: int, seed: int) -> np.ndarray:
    """Normal points, whitened: the mean is 0 and the covariance the unit matrix, up to rounding."""
    points = np.random.default_rng(seed).standard_normal((count, 3))
    points -= points.mean(0)
    return points @ np.linalg.inv(np.linalg.cholesky(points.T @ points / count)).T


def shuffled(cloud: np.ndarray, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).permutation(cloud)


def test_subspaces_are_those_of_the_paper() -> None:
    assert SUBSPACE == 1024


def test_another_number_is_another_version() -> None:
    """Numbers are comparable where their version is the same: one that changes them is a new one."""
    a, b = np.random.default_rng(5).integers(0, 7, (2, 200, 3)).astype(float)  # with many ties
    assert em_kd(a, b, 16) == pytest.approx({2: 1.465}[VERSION], rel=1e-12)


@pytest.mark.parametrize("leaf", [1, 10, 1024])
def test_a_shuffled_cloud_is_at_no_distance(leaf: int) -> None:
    cloud = gaussian(300, 1)
    assert em_kd(cloud, shuffled(cloud), leaf) == 0.0
    assert emd(cloud, shuffled(cloud)) == 0.0


@pytest.mark.parametrize("leaf", [1, 10, 1024])
def test_a_translated_cloud_is_at_the_squared_length_of_the_way(leaf: int) -> None:
    cloud = gaussian(300, 2)
    moved = shuffled(cloud + np.array([1.0, -2.0, 0.5]))
    assert em_kd(cloud, moved, leaf) == pytest.approx(5.25, rel=1e-12)
    assert emd(cloud, moved) == pytest.approx(5.25, rel=1e-12)


@pytest.mark.parametrize("leaf", [8, 1024])
def test_stretched_gaussians_are_at_the_bures_distance(leaf: int) -> None:
    """x → A x + m with a positive A is optimal; for mean 0, covariance 1: |m|² + tr (A - 1)², 3² + 1² + 0.5² + 0²."""
    cloud = gaussian(400, 3)
    stretched = shuffled(cloud * [2.0, 0.5, 1.0] + [0.0, 3.0, 0.0])
    assert emd(cloud, stretched) == pytest.approx(10.25, rel=1e-12)
    # Ranks along the axes survive the stretching, so the canonical subspaces lose nothing here.
    assert em_kd(cloud, stretched, leaf) == pytest.approx(10.25, rel=1e-12)


def test_a_sheared_gaussian_is_at_the_bures_distance() -> None:
    cloud = gaussian(200, 4)
    shear = np.array([[1.5, 0.5, 0.0], [0.5, 1.0, 0.2], [0.0, 0.2, 2.0]])  # symmetric, positive definite
    exact = float(np.square(shear - np.eye(3)).sum())
    assert emd(cloud, shuffled(cloud @ shear)) == pytest.approx(exact, rel=1e-12)
    assert em_kd(cloud, shuffled(cloud @ shear), 25) >= exact


@pytest.mark.parametrize("leaf", [1, 7, 1024])
def test_clouds_on_a_line_are_matched_in_their_order(leaf: int) -> None:
    a, b = np.random.default_rng(5).standard_normal((2, 100))
    exact = float(np.square(np.sort(a) - np.sort(b)).mean())
    assert em_kd(np.outer(a, [0, 1, 0]), np.outer(b, [0, 1, 0]), leaf) == pytest.approx(exact, rel=1e-12)


def test_a_grid_moved_by_half_a_cell() -> None:
    grid = np.stack(np.meshgrid(*[np.arange(6.0)] * 3, indexing="ij"), -1).reshape(-1, 3)
    assert em_kd(grid, grid + 0.5, 27) == pytest.approx(0.75, rel=1e-12)
    assert emd(grid, shuffled(grid) + 0.5) == pytest.approx(0.75, rel=1e-12)


def rounded_sheet(cells: int) -> tuple[np.ndarray, np.ndarray]:
    """Points of a bent sheet, and the same on a grid in sorted order, as codecs give them back."""
    x, y = np.random.default_rng(9).random((2, 2000))
    sheet = np.stack([x, y, 0.3 * np.sin(3 * x + 2 * y)], 1)
    grid = np.round(sheet * cells) / cells
    return sheet, grid[np.lexsort(grid.T)]


@pytest.mark.parametrize("leaf", [16, 250, 1024])
def test_the_order_of_rows_does_not_matter_where_points_are_tied(leaf: int) -> None:
    sheet, grid = rounded_sheet(32)
    expected = em_kd(grid, sheet, leaf)
    for seed in range(3):
        assert em_kd(shuffled(grid, seed), shuffled(sheet, seed + 9), leaf) == pytest.approx(expected, rel=1e-12)
    assert expected >= emd(grid, sheet) * (1 - 1e-12)


def test_a_plane_of_tied_points_is_halved_evenly() -> None:
    """It is 1.35 times the EMD; 2.8 times if the plane is halved from one side, 3.6 times if by row."""
    sheet, grid = rounded_sheet(32)
    assert em_kd(grid, sheet, 250) < 1.5 * emd(grid, sheet)


def test_points_that_coincide_may_stand_in_any_order() -> None:
    cloud = gaussian(40, 10)
    threefold = np.repeat(cloud, 3, axis=0)
    other = gaussian(120, 11)
    expected = em_kd(threefold, other, 7)
    assert em_kd(shuffled(threefold), shuffled(other), 7) == pytest.approx(expected, rel=1e-12)
    assert expected >= emd(threefold, other) * (1 - 1e-12)
    assert em_kd(threefold, shuffled(threefold), 7) == 0.0


def test_two_diracs_are_at_the_squared_distance_of_their_places() -> None:
    a, b = np.zeros((50, 3)), np.full((50, 3), 2.0)
    assert em_kd(a, b, 8) == emd(a, b) == 12.0


def test_a_collapsed_cloud_is_at_the_variance_of_the_other() -> None:
    """What a network that answers with the mean gets: EM-kD is the variance and nEM-kD is 1 (paper, MSE column)."""
    cloud = gaussian(300, 6) * [1.0, 2.0, 3.0] + [4.0, 0.0, 0.0]
    mean = np.broadcast_to(cloud.mean(0), cloud.shape)
    assert em_kd(mean, cloud, 32) / variance(cloud) == pytest.approx(1.0, rel=1e-12)
    assert em_kd(np.zeros_like(cloud), cloud, 32) == pytest.approx(14.0 + 16.0, rel=1e-12)


def test_the_emd_of_six_points_is_the_least_of_all_permutations() -> None:
    a, b = np.random.default_rng(7).standard_normal((2, 6, 3))
    least = min(np.square(a - b[list(order)]).sum(1).mean() for order in permutations(range(6)))
    assert emd(a, b) == pytest.approx(least, rel=1e-12)


def test_canonical_subspaces_can_cost_more_than_the_best_match() -> None:
    a = np.array([[0.0, 0, 0], [1, 0.9, 0.9]])
    b = np.array([[0.0, 0.9, 0.9], [1, 0, 0]])
    assert emd(a, b) == pytest.approx(1.0)  # both ways along x
    assert em_kd(a, b, 1) == pytest.approx(2 * 0.81)  # x is widest, so the lower of a meets the lower of b


def test_millimetres_survive_at_utm_coordinates() -> None:
    cloud = FAR + np.round(gaussian(200, 8) * 512) / 512
    way = np.array([0.0, 0.0, 2.0**-9])
    assert emd(cloud, shuffled(cloud) + way) == pytest.approx(2.0**-18, rel=1e-9)
    assert variance(cloud) == pytest.approx(3.0, rel=1e-2)
    assert em_kd(cloud, cloud + way, 16) == pytest.approx(2.0**-18, rel=1e-9)


def test_float32_clouds_are_measured_in_float64() -> None:
    a = np.full((2, 3), 4096.0, np.float32)
    b = a + np.float32(2.0**-10)  # the square of 2^-10 would vanish beside 4096² in float32
    assert emd(a, b) == 3 * 2.0**-20
    assert mean_squared(a, b) == 3 * 2.0**-20


def test_variance_of_a_cube() -> None:
    corners = np.stack(np.meshgrid(*[[-1.0, 1.0]] * 3), -1).reshape(-1, 3)
    assert variance(corners) == 3.0
    assert variance((corners + FAR).astype(np.float64)) == pytest.approx(3.0, rel=1e-9)
    assert variance(np.ones((1, 3))) == 0.0


def test_mean_squared_goes_row_by_row() -> None:
    a = np.array([[0.0, 0, 0], [1, 2, 3]])
    assert mean_squared(a, a[::-1]) == 14.0
    assert mean_squared(a, a + np.array([[3, 4, 0], [0, 0, 1]])) == 13.0


def test_clouds_of_unequal_size_are_refused() -> None:
    with pytest.raises(UsageError, match=r"^the EMD needs clouds of equal size, not 3 and 4 points$"):
        emd(np.zeros((3, 3)), np.zeros((4, 3)))
    with pytest.raises(UsageError, match=r"equal size, not 3 and 4 points$"):
        em_kd(np.zeros((3, 3)), np.zeros((4, 3)))
