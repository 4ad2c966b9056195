"""What the kernels are given: copies in one of two dtypes, and never a coordinate that is no number."""

from __future__ import annotations

import numpy as np
import pytest

from qaadcodec.assignment.coordinates import coordinates
from qaadcodec.assignment.linear import assign, assign_in_subspaces
from qaadcodec.assignment.subspaces import paired_subspaces, subspaces
from qaadcodec.errors import UsageError


@pytest.mark.parametrize(
    ("dtype", "other", "expected"),
    [
        (np.float32, np.float32, np.float32),
        (np.float64, np.float64, np.float64),
        (np.float32, np.float64, np.float64),
        (np.float16, np.float16, np.float64),
        (np.float32, np.int16, np.float64),
        (np.uint8, np.bool_, np.float64),
        (">f4", ">f4", np.float64),
        (np.longdouble, np.float32, np.float64),
    ],
)
def test_float32_stays_and_all_else_becomes_float64(dtype: object, other: object, expected: type) -> None:
    values = np.array([[0, 1, 0], [1, 1, 1]])
    found = coordinates(values.astype(dtype), values.astype(other))
    assert [cloud.dtype for cloud in found] == [expected, expected]
    assert [cloud.tolist() for cloud in found] == [values.tolist(), values.tolist()]


def test_copies_are_contiguous_and_leave_the_cloud_alone() -> None:
    cloud = np.arange(24.0).reshape(3, 8).T[::2]
    cloud.setflags(write=False)
    (copy,) = coordinates(cloud)
    copy[0] = -1.0
    assert (copy.flags.c_contiguous, copy.flags.writeable) == (True, True)
    assert cloud[0].tolist() == [0.0, 8.0, 16.0]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (np.nan, r"^row 4 of a cloud is \(0\.5, nan, 2\), and coordinates must be finite$"),
        (np.inf, r"^row 4 of a cloud is \(0\.5, inf, 2\), and coordinates must be finite$"),
        (-np.inf, r"^row 4 of a cloud is \(0\.5, -inf, 2\), and coordinates must be finite$"),
    ],
)
def test_a_coordinate_that_is_not_finite_is_named_by_whoever_meets_it(dtype: type, bad: float, message: str) -> None:
    good = np.full((9, 3), (0.5, 1.0, 2.0), dtype)
    cloud = good.copy()
    cloud[4, 1] = cloud[7, 2] = bad
    rows = [(np.arange(9), np.arange(9))]
    with pytest.raises(UsageError, match=message):
        subspaces(cloud, 3)
    for a, b in ((cloud, good), (good, cloud)):
        with pytest.raises(UsageError, match=message):
            paired_subspaces(a, b, 3)
        with pytest.raises(UsageError, match=message):
            assign(a, b)
        with pytest.raises(UsageError, match=message):
            assign_in_subspaces(a, b, rows)


@pytest.mark.parametrize("shape", [(5,), (5, 2), (5, 4), (5, 3, 1)])
def test_a_cloud_without_three_columns_is_refused(shape: tuple[int, ...]) -> None:
    expected = str(shape).replace("(", r"\(").replace(")", r"\)")
    with pytest.raises(UsageError, match=rf"^a cloud needs three coordinates a point, shape \(M, 3\), not {expected}$"):
        subspaces(np.zeros(shape), 2)
