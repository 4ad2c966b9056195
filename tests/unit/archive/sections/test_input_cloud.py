"""The input cloud section; how points are coded is tested in coding/points."""

from __future__ import annotations

import numpy as np
import pytest

from qaadcodec.archive.coding.codings import FLOAT32, UNIFORM
from qaadcodec.archive.coding.grids import pack_grid
from qaadcodec.archive.sections.input_cloud import (
    decode_axes,
    decode_input_cloud,
    encode_axes,
    encode_input_cloud,
    patch_sizes,
)
from qaadcodec.errors import ArchiveError, UsageError

GRID = 2.0**-10


def test_the_first_patches_have_a_point_more() -> None:
    assert patch_sizes(11, 4).tolist() == [3, 3, 3, 2]
    assert patch_sizes(8, 4).tolist() == [2, 2, 2, 2]


def test_an_array_holds_all_x_then_all_y_then_all_z() -> None:
    cloud = np.random.default_rng(1).uniform(-1, 1, (10, 3)).astype(np.float32) * np.float32([1, 8, 64])
    data = encode_axes(cloud, FLOAT32, 12)
    assert data == cloud.T.tobytes()
    np.testing.assert_array_equal(decode_axes(data, 10, FLOAT32), cloud)
    data = encode_axes(cloud, UNIFORM, 12)
    assert len(data) == 1 + 3 + 3 * 10 * 12 // 8  # an exponent for each axis
    assert (np.abs(decode_axes(data, 10, UNIFORM) - cloud) <= 2.0**-11 * np.float32([1, 8, 64])).all()


def test_points_come_back_patch_by_patch_and_do_so_again() -> None:
    cloud = np.random.default_rng(0).uniform(-1, 1, (500, 3)).astype(np.float32)
    data = encode_input_cloud(cloud, GRID, 7)
    assert data[:2] == pack_grid(GRID)
    read = decode_input_cloud(data, 500, 7)
    assert (read.dtype, read.shape) == (np.float32, (500, 3))
    assert encode_input_cloud(read, GRID, 7) == data
    for start, end in zip([0, *np.cumsum(patch_sizes(500, 7))], np.cumsum(patch_sizes(500, 7)), strict=False):
        expected = np.rint(cloud[start:end] / GRID) * GRID
        assert sorted(map(tuple, read[start:end].tolist())) == sorted(map(tuple, expected.tolist()))


def test_what_is_wrong_is_said() -> None:
    cloud = np.zeros((4, 3), np.float32)
    with pytest.raises(UsageError, match="input cloud holds values that are not finite"):
        encode_input_cloud(cloud + np.nan, GRID, 2)
    data = encode_input_cloud(cloud, GRID, 2)
    with pytest.raises(ArchiveError, match="1 bytes, and the step alone takes 2"):
        decode_input_cloud(data[:1], 4, 2)
    with pytest.raises(ArchiveError, match="a quantiser step is 5"):
        decode_input_cloud(b"\5" + data[1:], 4, 2)
