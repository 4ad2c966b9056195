"""Coded points: the same sets come back, in canonical order; damage is refused; surfaces take few bits."""

from __future__ import annotations

import numpy as np
import pytest

from qaadcodec.archive.coding.points.point_sets import HEADER, decode_points, encode_points
from qaadcodec.archive.coding.points.tree import canonical_order
from qaadcodec.arrays import Ints, Longs
from qaadcodec.errors import ArchiveError, UsageError


def patch_sizes(points: int, patches: int) -> Longs:
    return np.array([points // patches + (k < points % patches) for k in range(patches)], dtype=np.int64)


def uniform(points: int, span: int, seed: int = 0) -> Ints:
    return np.random.default_rng(seed).integers(-span, span + 1, (points, 3)).astype(np.int32)


def sphere(points: int, levels: int, radius: float) -> tuple[Ints, Longs]:
    """Points of a sphere in the 2^levels cells of a k-d tree, and the sizes of these cells."""
    directions = np.random.default_rng(0).normal(size=(points, 3))
    cloud = np.rint(radius * directions / np.linalg.norm(directions, axis=1)[:, None]).astype(np.int32)
    cells = [np.arange(points)]
    for level in range(levels):
        order = [cell[np.argsort(cloud[cell, level % 3], kind="stable")] for cell in cells]
        cells = [half for cell in order for half in np.array_split(cell, 2)]
    return cloud[np.concatenate(cells)], np.array([len(cell) for cell in cells])


def check(points: Ints, sizes: Longs) -> bytes:
    """Encode the points, and check that the same sets come back and are coded the same way again."""
    data = encode_points(points, sizes)
    decoded = decode_points(memoryview(data), sizes)
    order = canonical_order(points, sizes)
    assert decoded.dtype == np.int32
    np.testing.assert_array_equal(decoded, points[order])
    patch = np.repeat(np.arange(len(sizes)), sizes)
    np.testing.assert_array_equal(patch[order], patch)  # no point leaves its patch
    np.testing.assert_array_equal(np.sort(order), np.arange(len(points)))
    assert encode_points(decoded, sizes) == data  # one set, one coding
    return data


@pytest.mark.parametrize(
    ("count", "patches", "span"),
    [
        (1, 1, 1000),
        (2, 1, 3),
        (2, 2, 3),
        (50, 1, 0),
        (3000, 4, 2),  # many duplicates
        (300, 300, 20),
        (1000, 7, 100),
        (900, 1, 65_536),
        (517, 3, (1 << 19) - 1),
    ],
)
def test_points_come_back(count: int, patches: int, span: int) -> None:
    check(uniform(count, span), patch_sizes(count, patches))


def test_equal_points_cost_next_to_nothing() -> None:
    assert len(check(np.full((1000, 3), -7, dtype=np.int32), patch_sizes(1000, 3))) == HEADER.size + 1


def test_axes_of_different_extents_and_the_ends_of_int32() -> None:
    points = uniform(400, 100)
    points[:, 1] = 5
    points[:, 2] //= 60
    check(points, patch_sizes(400, 3))
    check((points.astype(np.int64) - points.min(axis=0) - 2**31).astype(np.int32), patch_sizes(400, 3))
    check((points.astype(np.int64) - points.max(axis=0) + 2**31 - 1).astype(np.int32), patch_sizes(400, 3))


def test_the_order_within_a_patch_does_not_matter() -> None:
    points, sizes = uniform(500, 40), patch_sizes(500, 4)
    shuffled = np.concatenate([np.random.default_rng(1).permutation(part) for part in np.split(points, 4)])
    assert encode_points(points, sizes) == encode_points(shuffled, sizes)


def test_a_surface_takes_few_bits() -> None:
    points, sizes = sphere(8192, 5, 150.0)
    data = check(points, sizes)
    assert len(data) * 8 / len(points) < 9.4  # raw they take 27, and their places on the surface alone 6.6


def test_a_patch_far_from_the_others() -> None:
    points, sizes = sphere(2048, 3, 60.0)
    points[-256:] += 100_000
    check(points, sizes)


def test_spans_beyond_20_bits_are_refused() -> None:
    points = np.array([[0, 0, -(1 << 19)], [0, 0, 1 << 19]], dtype=np.int32)
    for function in (encode_points, canonical_order):
        with pytest.raises(UsageError, match="span 1048576 steps, and may span 1048575"):
            function(points, patch_sizes(2, 1))


def test_truncation_at_every_length_is_refused() -> None:
    sizes = patch_sizes(60, 3)
    data = encode_points(uniform(60, 30), sizes)
    for length in range(len(data)):
        with pytest.raises(ArchiveError):
            decode_points(data[:length], sizes)


def test_bytes_left_over_are_refused() -> None:
    sizes = patch_sizes(150, 3)
    data = encode_points(uniform(150, 30), sizes)
    for extra in (b"\0", b"\1", b"\1\2\3\4", bytes(8)):
        with pytest.raises(ArchiveError):
            decode_points(data + extra, sizes)


def test_bit_flips_are_refused_or_give_as_many_points() -> None:
    sizes = patch_sizes(60, 3)
    data = encode_points(uniform(60, 12), sizes)
    refused, flips = 0, range(0, 8 * len(data), 5)
    for bit in flips:
        damaged = bytearray(data)
        damaged[bit // 8] ^= 1 << bit % 8
        try:
            assert decode_points(bytes(damaged), sizes).shape == (60, 3)
        except ArchiveError:
            refused += 1
    assert refused > len(flips) // 2


def test_noise_is_refused() -> None:
    sizes = patch_sizes(5000, 16)
    noise = np.random.default_rng(2).integers(1, 256, 20_000).astype(np.uint8).tobytes()
    for bits in (1, 8, 20):
        with pytest.raises(ArchiveError, match=r"do not end with the last point|more points into half"):
            decode_points(bytes([bits] * 3) + bytes(12) + noise, sizes)


def test_parameters_out_of_range_are_refused() -> None:
    sizes = patch_sizes(40, 2)
    data = encode_points(uniform(40, 30), sizes)
    with pytest.raises(ArchiveError, match="21 bits an axis, and may have 20"):
        decode_points(bytes([21]) + data[1:], sizes)
    beyond = data[:3] + (2**31 - 10).to_bytes(4, "little") + data[7:]
    with pytest.raises(ArchiveError, match="beyond 32 bits"):
        decode_points(beyond, sizes)
