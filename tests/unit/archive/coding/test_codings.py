"""The table of codings, and arrays one behind another."""

from __future__ import annotations

import numpy as np
import pytest

from qaadcodec.archive.coding.codings import CODINGS, by_name, coding_name, decode_arrays, encode_arrays
from qaadcodec.errors import ArchiveError, UsageError

VALUES = np.array([[0.5, -1.25], [3.0, 1e-3]], dtype=np.float32)


def test_identifiers_are_those_of_the_specification() -> None:
    assert {i: c.name for i, c in CODINGS.items()} == {0: "float32", 1: "float16", 2: "uniform"}
    names = ["float32", "deflate", "entropy", "points", "coding 9"]
    assert [coding_name(i) for i in (0, 3, 4, 5, 9)] == names
    with pytest.raises(UsageError, match="unknown coding 'zip'; codings are float32, float16, uniform"):
        by_name("zip")


@pytest.mark.parametrize(("name", "size", "error"), [("float32", 4, 0.0), ("float16", 2, 1e-6)])
def test_floats_are_plain_little_endian(name: str, size: int, error: float) -> None:
    data = encode_arrays([("v", VALUES)], by_name(name), 8)
    assert data == VALUES.astype(f"<f{size}").tobytes()
    np.testing.assert_allclose(decode_arrays(data, [("v", (2, 2))], by_name(name))["v"], VALUES, rtol=0, atol=error)


def test_arrays_follow_one_another_without_gaps() -> None:
    coding = by_name("uniform")
    data = encode_arrays([("a", VALUES), ("b", VALUES[0])], coding, 16)
    assert len(data) == (1 + 2 + 8) + (1 + 1 + 4)
    arrays = decode_arrays(data, [("a", (2, 2)), ("b", (2,))], coding)
    np.testing.assert_allclose(arrays["a"], VALUES, atol=2.0**-13)
    np.testing.assert_array_equal(arrays["b"], VALUES[0])


def test_what_is_wrong_is_said_with_the_array_and_the_byte() -> None:
    coding = by_name("float16")
    shapes = [("a", (2, 2)), ("b", (2,))]
    with pytest.raises(ArchiveError, match="b, 8 bytes in: 2 values of float16 need 4 bytes, and 3 are left"):
        decode_arrays(bytes(11), shapes, coding)
    with pytest.raises(ArchiveError, match="2 of 14 bytes are left over behind the last array"):
        decode_arrays(bytes(14), shapes, coding)
    with pytest.raises(ArchiveError, match="a, 0 bytes in: value 1 is not finite"):
        decode_arrays(bytes.fromhex("0000007c") + bytes(8), shapes, coding)


def test_what_cannot_be_stored_is_refused() -> None:
    with pytest.raises(UsageError, match="head holds values that are not finite"):
        encode_arrays([("head", np.array([np.nan], dtype=np.float32))], by_name("uniform"), 8)
    with pytest.raises(UsageError, match="70000 is beyond the range of float16"):
        encode_arrays([("head", np.array([7e4], dtype=np.float32))], by_name("float16"), 8)
