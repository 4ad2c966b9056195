"""Laws of the distances between clouds: order, symmetry, units, and where the clouds are does not matter."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from qaadcodec.metrics.em_kd import em_kd, emd, variance
from qaadcodec.metrics.nearest import NearestDistances, diagonal, nearest_distances, nearest_neighbours
from qaadcodec.metrics.point_to_plane import plane_mse
from qaadcodec.metrics.point_tree import PointTree

LAW = settings(deadline=None, derandomize=True, max_examples=80)
FAR = np.array([5e6, -4e5, 1e3])


def clouds(count: int) -> st.SearchStrategy[np.ndarray]:
    """Coordinates in eighths: ties are common, and sums with FAR exact."""
    return arrays(np.float64, (count, 3), elements=st.integers(-16, 16).map(lambda i: i / 8))


@st.composite
def pairs(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    count = draw(st.integers(1, 20))
    return draw(clouds(count)), draw(clouds(count))


@st.composite
def unequal(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    return draw(clouds(draw(st.integers(1, 20)))), draw(clouds(draw(st.integers(1, 20))))


Pair = tuple[np.ndarray, np.ndarray]
leaves = st.integers(1, 22)
# x and y are equally wide, 4 summed, and the centroids are not dyadic: rounding must not choose the axis.
EQUALLY_WIDE = (
    np.array([[3.0, 2, 0], [2, 1, 1], [0, 0, 0]]),
    np.array([[1.0, 1, 1], [0, 3, 2], [0, 2, 2]]),
)


@LAW
@given(pairs(), leaves)
def test_em_kd_is_at_least_the_emd_and_that_at_least_the_nearest(pair: Pair, leaf: int) -> None:
    a, b = pair
    exact = emd(a, b)
    assert em_kd(a, b, leaf) >= exact - 1e-12
    assert exact >= nearest_distances(a, b).augmented_chamfer - 1e-12
    assert exact >= float(np.square(a.mean(0) - b.mean(0)).sum()) - 1e-12  # moving the centroid costs that much
    assert exact >= 0.0


@LAW
@given(pairs())
def test_em_kd_with_one_leaf_is_the_emd(pair: Pair) -> None:
    a, b = pair
    assert em_kd(a, b, len(a)) == pytest.approx(emd(a, b), abs=1e-12)


@LAW
@given(pairs(), leaves)
@example(EQUALLY_WIDE, 1)
def test_em_kd_and_emd_are_symmetric(pair: Pair, leaf: int) -> None:
    a, b = pair
    assert em_kd(a, b, leaf) == pytest.approx(em_kd(b, a, leaf), abs=1e-12)
    assert emd(a, b) == pytest.approx(emd(b, a), abs=1e-12)


@LAW
@given(pairs(), leaves, st.sampled_from([0.25, 2.0, 1024.0]))
def test_errors_scale_with_the_square_of_the_unit(pair: Pair, leaf: int, unit: float) -> None:
    a, b = pair
    near, far = nearest_distances(a, b), nearest_distances(unit * a, unit * b)
    for measured, scaled in [
        (em_kd(a, b, leaf), em_kd(unit * a, unit * b, leaf)),
        (emd(a, b), emd(unit * a, unit * b)),
        (variance(a), variance(unit * a)),
        (near.chamfer, far.chamfer),
        (near.augmented_chamfer, far.augmented_chamfer),
        (near.hausdorff**2, far.hausdorff**2),
        (diagonal(a) ** 2, diagonal(unit * a) ** 2),
    ]:
        assert scaled == pytest.approx(unit**2 * measured, rel=1e-12)
    assert far.d1_psnr(unit * 3) == pytest.approx(near.d1_psnr(3))  # a ratio: units cancel


@LAW
@given(pairs(), leaves, st.booleans())
@example(EQUALLY_WIDE, 1, True)
def test_it_does_not_matter_where_the_clouds_are(pair: Pair, leaf: int, utm: bool) -> None:
    a, b = pair
    way = FAR if utm else np.array([0.5, -3.0, 100.0])
    near, far = nearest_distances(a, b), nearest_distances(a + way, b + way)
    for here, there in [
        (em_kd(a, b, leaf), em_kd(a + way, b + way, leaf)),
        (emd(a, b), emd(a + way, b + way)),
        (variance(a), variance(a + way)),
        (near.chamfer, far.chamfer),
        (near.hausdorff, far.hausdorff),
        (diagonal(a), diagonal(a + way)),
    ]:
        assert there == pytest.approx(here, rel=1e-9, abs=1e-12)


@LAW
@given(pairs(), st.randoms(use_true_random=False))
def test_the_order_of_the_points_does_not_matter_to_emd_and_chamfer(pair: Pair, random: object) -> None:
    a, b = pair
    order = random.sample(range(len(a)), len(a))
    assert emd(a[order], b) == pytest.approx(emd(a, b), abs=1e-12)
    assert nearest_distances(a[order], b).chamfer == pytest.approx(nearest_distances(a, b).chamfer, abs=1e-12)
    assert emd(a[order], a) == 0.0


@LAW
@given(st.integers(1, 12).flatmap(lambda n: st.tuples(clouds(n), clouds(n), clouds(n))))
def test_the_root_of_the_emd_obeys_the_triangle(three: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    a, b, c = three
    assert math.sqrt(emd(a, c)) <= math.sqrt(emd(a, b)) + math.sqrt(emd(b, c)) + 1e-9


@LAW
@given(pairs(), leaves)
def test_moving_one_cloud_adds_what_its_centroid_gains(pair: Pair, leaf: int) -> None:
    """|a - b - t|² = |a - b|² - 2 t·(a - b) + |t|²: the best match stays, so the EMD changes by the means alone."""
    a, b = pair
    way = np.array([1.5, -0.25, 2.0])
    change = float(way @ way - 2 * way @ (a.mean(0) - b.mean(0)))
    assert emd(a, b + way) == pytest.approx(emd(a, b) + change, abs=1e-9)
    assert em_kd(a, b + way, leaf) == pytest.approx(em_kd(a, b, leaf) + change, abs=1e-9)  # the trees do not move


@LAW
@given(unequal())
def test_nearest_errors_are_symmetric_and_ordered(pair: Pair) -> None:
    a, b = pair
    there, back = nearest_distances(a, b), nearest_distances(b, a)
    assert there.forward == pytest.approx(back.backward, abs=1e-12)
    assert there.chamfer == pytest.approx(back.chamfer, abs=1e-12)
    assert there.augmented_chamfer <= there.chamfer + 1e-12 <= 2 * there.augmented_chamfer + 2e-12
    assert there.hausdorff**2 >= there.augmented_chamfer - 1e-12


@LAW
@given(unequal())
def test_a_cloud_within_another_has_errors_one_way_only(pair: Pair) -> None:
    a, b = pair
    found = nearest_distances(a, np.concatenate([a, b]))
    assert not found.forward.any()
    assert found.backward == pytest.approx(np.concatenate([np.zeros(len(a)), nearest_distances(b, a).forward]))


@LAW
@given(st.floats(1e-6, 1e6), st.floats(1e-3, 1e3))
def test_ten_times_the_error_is_twenty_decibels_less(peak: float, error: float) -> None:
    def psnr(length: float) -> float:
        return NearestDistances(forward=np.array([length**2]), backward=np.zeros(1)).d1_psnr(peak)

    assert psnr(error) - psnr(10 * error) == pytest.approx(20.0)
    assert psnr(peak) == pytest.approx(10 * math.log10(3))


def to_plane(decoded: np.ndarray, original: np.ndarray) -> float:
    ours, theirs = PointTree.of(decoded), PointTree.of(original)
    return plane_mse(ours, theirs, nearest_neighbours(ours, theirs))


@LAW
@given(unequal())
def test_the_error_to_the_plane_is_at_most_that_to_the_point(pair: Pair) -> None:
    """Whatever the clouds, lines and coinciding points among them; D2 PSNR >= D1 PSNR, therefore."""
    a, b = pair
    assert 0.0 <= to_plane(a, b) <= nearest_distances(a, b).augmented_chamfer + 1e-12


@LAW
@given(st.integers(0, 1000), st.integers(3, 60), st.integers(1, 60), st.sampled_from([0.25, 1.0, 1024.0]))
def test_the_error_to_the_plane_turns_with_the_clouds_and_scales(seed: int, n: int, m: int, unit: float) -> None:
    rng = np.random.default_rng(seed)
    original, decoded = rng.standard_normal((n, 3)), rng.standard_normal((m, 3))
    turn = np.linalg.qr(rng.standard_normal((3, 3)))[0]
    there = to_plane(unit * decoded @ turn + 3.0, unit * original @ turn + 3.0)
    assert there == pytest.approx(unit**2 * to_plane(decoded, original), rel=1e-6, abs=1e-12)
