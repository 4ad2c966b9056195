"""Grids: two bytes, the nearest by ratio, exact products."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qaadcodec.archive import storable
from qaadcodec.archive.coding.grids import pack_grid, parts, to_integers, unpack_grid
from qaadcodec.errors import ArchiveError, UsageError


@given(st.floats(2.0**-90, 2.0**90))
def test_a_grid_is_near_and_comes_back(grid: float) -> None:
    near = storable(grid)
    assert abs(near / grid - 1) <= 2.0**-8
    assert unpack_grid(pack_grid(near)) == near == storable(near)
    for q in (1, -3, 32767, 65535):
        assert float(np.float32(q) * np.float32(near)) == q * near


def test_parts() -> None:
    assert parts(1.0) == (128, -7)
    assert parts(255.9) == (128, 1)
    assert pack_grid(0.75).hex() == "c0f8"


@pytest.mark.parametrize(
    ("grid", "message"),
    [
        (0.0, "a quantiser step is 0, and must be above 0"),
        (float("nan"), "a quantiser step is nan"),
        (1e-40, "a quantiser step of 1e-40 is out of range"),
        (0.1, "a quantiser step of 0.1 cannot be stored as it is: 0.10009765625 can"),
    ],
)
def test_grids_that_cannot_be(grid: float, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        pack_grid(grid)


@pytest.mark.parametrize("data", ["7f00", "0000", "8065", "809b"])
def test_bytes_that_are_no_grid(data: str) -> None:
    with pytest.raises(
        ArchiveError, match=r"a quantiser step is .*: the factor may be 128 to 255, the exponent -100 to"
    ):
        unpack_grid(bytes.fromhex(data))


def test_values_over_their_grid() -> None:
    values = np.array([0.24, 0.26, -9.0, 1e30], dtype=np.float32)
    assert to_integers("x", values, 0.5, 10).tolist() == [0, 1, -10, 10]
    with pytest.raises(UsageError, match="head holds values that are not finite, and cannot be stored"):
        to_integers("head", np.array([np.inf]), 0.5, 10)
