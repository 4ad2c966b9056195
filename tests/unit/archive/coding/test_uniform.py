"""Uniform coding: exact values, the best exponent, what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from qaadcodec.archive.coding.uniform import decode, encode, nearest
from qaadcodec.errors import ArchiveError, UsageError


def test_the_example_of_the_specification() -> None:
    values, used = decode(memoryview(bytes.fromhex("08fe03fd")), (2,))
    assert values.tolist() == [0.75, -0.75]
    assert used == 4


def test_representable_rows_come_back_exactly_each_with_its_own_exponent() -> None:
    rows = np.array([[127, -128, 5], [0, 0, 0], [2.0**-40, 3 * 2.0**-40, -(2.0**-40)]], dtype=np.float32)
    data = encode(rows, 8)
    values, used = decode(memoryview(data), (3, 3))
    assert used == len(data) == 1 + 3 + 9
    np.testing.assert_array_equal(values, rows)


def test_the_exponent_is_the_best_of_all() -> None:
    rows = np.random.default_rng(0).standard_t(3, (200, 12))
    for bits in (2, 3, 4, 8, 12):
        integers, exponents = nearest(rows, bits)
        errors = np.square(integers * 2.0 ** exponents[:, None] - rows).sum(axis=1)
        top = 2 ** (bits - 1)
        for e in range(int(exponents.min()) - 4, int(exponents.max()) + 4):
            clipped = np.clip(np.rint(rows / 2.0**e), -top, top - 1) * 2.0**e
            everywhere = np.square(clipped - rows).sum(axis=1)
            within = np.abs(np.log2(np.abs(rows).max(axis=1) / (top - 1)) - e) <= 1  # the exponents that are tried
            assert (errors[within] <= everywhere[within] * (1 + 1e-12)).all()


def test_no_more_than_three_exponents_are_tried() -> None:
    """At 2^0 all but the first would be exact, and three below the covering exponent, 2^3, is one too many."""
    integers, exponents = nearest(np.array([[24.0, *[1.0] * 2000]]), 3)
    assert exponents.tolist() == [3]
    assert integers[0, :2].tolist() == [3, 0]


def test_of_equals_the_largest_exponent_is_taken() -> None:
    rows = np.array([[0.0, 0.0], [64.0, 0.0]])  # exact at 2^0 and 2^-1, whose integers reach 127 and -128
    assert nearest(rows, 8)[1].tolist() == [0, 0]


def test_rounding_is_within_half_a_unit_of_a_covering_exponent() -> None:
    rows = np.random.default_rng(1).uniform(-1, 1, (3, 5000))
    integers, exponents = nearest(rows, 12)
    assert np.abs(integers * 2.0 ** exponents[:, None] - rows).mean() < 2.0**-12  # units of 2^-10 or 2^-11
    assert exponents.tolist() == [-11, -11, -11]


def test_coding_what_was_decoded_changes_nothing() -> None:
    rows = np.random.default_rng(2).normal(size=(50, 9)).astype(np.float32)
    for bits in range(2, 17):
        once, _ = decode(memoryview(encode(rows, bits)), rows.shape)
        twice, _ = decode(memoryview(encode(once, bits)), rows.shape)
        np.testing.assert_array_equal(once, twice)


def test_what_cannot_be_stored_is_refused() -> None:
    with pytest.raises(UsageError, match=r"1\.26765e\+30 is beyond 2\^100"):
        encode(np.array([2.0**100], dtype=np.float32), 8)


@pytest.mark.parametrize(
    ("data", "shape", "message"),
    [
        ("", (2,), "0 bits a value, and there may be 2 to 16"),
        ("01", (2,), "1 bits a value"),
        ("08fe03", (2,), "2 values of 8 bits in 1 rows need 4 bytes, and 3 are left"),
        ("086503fd", (2,), "an exponent is 101, and may be -100 to 100"),
        (
            "0280",
            (1 << 40, 1 << 40),
            "1208925819614629174706176 values of 2 bits in 1099511627776 rows need .* bytes, and 2 are left",
        ),
    ],
)
def test_damage_is_named(data: str, shape: tuple[int, ...], message: str) -> None:
    with pytest.raises(ArchiveError, match=message):
        decode(memoryview(bytes.fromhex(data)), shape)
