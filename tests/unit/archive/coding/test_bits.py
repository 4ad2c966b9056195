"""Packing of signed integers, against the definition written out bit by bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qaadcodec.archive.coding.bits import pack, packed_size, unpack
from qaadcodec.errors import ArchiveError


def test_most_significant_bit_comes_first() -> None:
    assert pack(np.array([1, -1, 3], dtype=np.int32), 4).hex() == "1f30"
    assert pack(np.array([-4, 2], dtype=np.int32), 3) == bytes([0b10001000])
    assert pack(np.array([-2, 258], dtype=np.int32), 16).hex() == "fffe0102"


@given(st.integers(2, 16), st.data())
def test_unpack_inverts_pack_and_matches_the_definition(bits: int, data: st.DataObject) -> None:
    low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    values = data.draw(st.lists(st.integers(low, high), min_size=1, max_size=40))
    packed = pack(np.array(values, dtype=np.int32), bits)
    stream = "".join(format(v & ((1 << bits) - 1), f"0{bits}b") for v in values)
    stream += "0" * (-len(stream) % 8)
    assert packed == int(stream, 2).to_bytes(len(stream) // 8, "big")
    assert len(packed) == packed_size(len(values), bits)
    assert unpack(packed, len(values), bits).tolist() == values


def test_spare_bits_that_are_set_are_refused() -> None:
    with pytest.raises(ArchiveError, match="the last 4 bits of 3 packed values are not zero"):
        unpack(bytes.fromhex("1f31"), 3, 4)
