"""Points that mean no place: which are left out, which clouds keep them, and which clouds are refused."""

from __future__ import annotations

import numpy as np
import pytest

from qaadcodec.clouds.cloud import POINT, LeftOut
from qaadcodec.clouds.meaningless import Labels, meaningful
from qaadcodec.errors import CloudError

LABELS = Labels("a.ply", POINT, lambda row: f"point {row}")
NAN, INF = np.nan, np.inf


def cloud(count: int = 20) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(count, 3))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_cloud_of_places_is_handed_on_as_it_is(dtype: type) -> None:
    points = cloud().astype(dtype)
    points[3] = 0  # one point at the origin is a place
    kept, left_out = meaningful(points, LABELS, strict=True)
    assert kept is points
    assert left_out == LeftOut()


@pytest.mark.parametrize("value", [NAN, INF, -INF])
def test_points_that_are_not_finite_are_left_out_and_counted(value: float) -> None:
    points = cloud()
    points[[2, 5, 7], [0, 1, 2]] = value
    kept, left_out = meaningful(points, LABELS, strict=False)
    np.testing.assert_array_equal(kept, np.delete(cloud(), [2, 5, 7], axis=0))
    assert left_out == LeftOut(not_finite=3)
    assert str(left_out) == "3 not finite"


def test_the_origin_many_times_is_nothing_seen() -> None:
    points = cloud()
    points[[0, 4, 19]] = [0.0, -0.0, 0.0]
    points[1, 1] = NAN
    kept, left_out = meaningful(points, LABELS, strict=False)
    np.testing.assert_array_equal(kept, np.delete(cloud(), [0, 1, 4, 19], axis=0))
    assert left_out == LeftOut(1, 3)
    assert str(left_out) == "1 not finite, 3 at exactly (0, 0, 0)"


def test_where_other_points_are_repeated_as_often_the_origin_is_a_vertex() -> None:
    corners = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0]], np.float32)
    triangles = corners[[0, 1, 2, 2, 1, 3, 0, 2, 1, 3, 2, 1]]  # as meshes that do not share vertices write them
    assert meaningful(triangles, LABELS, strict=True)[0] is triangles
    everywhere = np.zeros((9, 3))
    assert meaningful(everywhere, LABELS, strict=True)[0] is everywhere
    on_a_plane = cloud()
    on_a_plane[:, 0] = 0
    assert meaningful(on_a_plane, LABELS, strict=True)[0] is on_a_plane


def test_a_cloud_of_which_less_than_half_is_left_is_bad() -> None:
    points = cloud()
    points[:10, 1] = NAN
    assert len(meaningful(points, LABELS, strict=False)[0]) == 10
    points[10:12] = 0
    with pytest.raises(CloudError) as caught:
        meaningful(points, LABELS, strict=False)
    assert str(caught.value) == (
        "a.ply: less than half of it is left: 8 of 20 points (10 not finite, 2 at exactly (0, 0, 0))"
    )
    with pytest.raises(CloudError, match=r"^a\.ply: less than half of it is left: 0 of 20 points \(20 not finite\)$"):
        meaningful(np.full((20, 3), NAN), LABELS, strict=False)


@pytest.mark.parametrize(
    ("value", "message", "hint"),
    [
        (NAN, "point 17 has a NaN coordinate", "1 of 20 points cannot be used; without --strict "),
        (-INF, "point 17 has an infinite coordinate", "1 of 20 points cannot be used; without --strict "),
        (0, "point 17 is one of 2 points at exactly (0, 0, 0)", "sensors write this where they saw nothing; "),
    ],
)
def test_strict_refuses_what_would_be_left_out(value: float, message: str, hint: str) -> None:
    points = cloud()
    points[17] = value
    if value == 0:
        points[18] = 0
    with pytest.raises(CloudError) as caught:
        meaningful(points, LABELS, strict=True)
    assert str(caught.value) == f"a.ply: {message}"
    assert caught.value.hint is not None
    assert caught.value.hint.startswith(hint)


def test_the_first_of_several_origins_is_named_by_its_row_in_the_file() -> None:
    points = cloud()
    points[[6, 8]] = 0
    with pytest.raises(CloudError, match=r"^a\.ply: point 6 is one of 2 points at"):
        meaningful(points, LABELS, strict=True)


def test_finite_coordinates_that_are_far_too_large_are_no_measurement_at_all() -> None:
    points = cloud()
    points[3, 0], points[5, 2] = NAN, -1e200
    for strict, row in ((False, 5), (True, 3)):
        with pytest.raises(CloudError, match=rf"^a\.ply: point {row} has a"):
            meaningful(points, LABELS, strict=strict)
