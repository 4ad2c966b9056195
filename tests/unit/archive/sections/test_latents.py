"""Latents in blocks: shapes, exponents, the directory."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest

from qaadcodec.archive.coding.codings import FLOAT16, FLOAT32, UNIFORM, Coding
from qaadcodec.archive.sections.latents import (
    assemble_blocks,
    block_shape,
    check_lengths,
    decode_block,
    directory_size,
    encode_blocks,
    parse_directory,
)
from qaadcodec.archive.sections.prior import fit_prior
from qaadcodec.errors import ArchiveError


def test_blocks_have_64_clouds_and_the_last_one_the_rest() -> None:
    latents = np.random.default_rng(0).normal(size=(130, 4)).astype(np.float32)
    blocks = encode_blocks(latents, FLOAT32, 8)
    assert [clouds for clouds, _ in blocks] == [64, 64, 2]
    decoded = np.concatenate([decode_block(data, clouds, 4, FLOAT32) for clouds, data in blocks])
    np.testing.assert_array_equal(decoded, latents)


def test_each_dimension_has_its_own_exponent_in_a_full_block_and_each_cloud_in_a_small_one() -> None:
    scales = np.array([1e-6, 1.0, 1e6], dtype=np.float32)
    latents = np.random.default_rng(1).uniform(0.5, 1, (64, 3)).astype(np.float32) * scales
    ((_, full),) = encode_blocks(latents, UNIFORM, 8)
    assert np.abs(decode_block(full, 64, 3, UNIFORM) / latents - 1).max() < 2.0**-6
    assert len(full) == 1 + 3 + 3 * 64
    ((_, small),) = encode_blocks(latents[:1], UNIFORM, 8)
    assert len(small) == 1 + 1 + 3
    assert (block_shape(8, 3), block_shape(7, 3)) == ((3, 8), (7, 3))


def test_the_directory_comes_back() -> None:
    section = assemble_blocks([(64, b"abc"), (2, b"defgh")])
    size = directory_size(section[:4], len(section))
    assert size == 4 + 2 * 10 + 4
    directory = parse_directory(section[:size], len(section), 66)
    assert directory.first.tolist() == [0, 64, 66]
    assert directory.offsets.tolist() == [28, 31, 36]
    assert directory.crc32.tolist() == [zlib.crc32(b"abc"), zlib.crc32(b"defgh")]


def test_damage_is_named() -> None:
    section = assemble_blocks([(64, b"abc"), (2, b"defgh")])
    with pytest.raises(ArchiveError, match="2 blocks hold 66 clouds, and the header says 65"):
        parse_directory(section[:28], len(section), 65)
    with pytest.raises(ArchiveError, match="its blocks end at byte 36 of 37"):
        parse_directory(section[:28], len(section) + 1, 66)
    for i in range(28):
        flipped = bytearray(section[:28])
        flipped[i] ^= 0x10
        with pytest.raises(ArchiveError, match="CRC-32 of the directory is"):
            parse_directory(bytes(flipped), len(section), 66)
    with pytest.raises(ArchiveError, match="a directory of 4 blocks takes 48 bytes, and the section has 36"):
        directory_size(struct.pack("<I", 4), len(section))
    empty = assemble_blocks([(2, b"ab"), (0, b"")])
    with pytest.raises(ArchiveError, match="2 blocks hold 2 clouds"):
        parse_directory(empty[:28], len(empty), 2)


@pytest.mark.parametrize(("coding", "least"), [(FLOAT32, (768, 36)), (FLOAT16, (384, 18)), (UNIFORM, (52, 7))])
def test_blocks_take_their_least_bytes_and_no_fewer(coding: Coding, least: tuple[int, int]) -> None:
    latents = np.zeros((67, 3), dtype=np.float32)
    blocks = encode_blocks(latents, coding, 2)
    assert tuple(len(data) for _, data in blocks) == least
    for cut in (0, 1):
        section = assemble_blocks([blocks[0], (3, blocks[1][1][cut:])])
        directory = parse_directory(section[:28], len(section), 67)
        if not cut:
            check_lengths(directory, 3, coding)
            continue
        message = (
            f"block 1 of 3 clouds has {least[1] - 1} bytes, and 9 values of {coding.name} take at least {least[1]}"
        )
        with pytest.raises(ArchiveError, match=message):
            check_lengths(directory, 3, coding)


def test_a_prior_stands_before_the_directory_and_is_checked_with_it() -> None:
    section = assemble_blocks([(64, b"abc"), (2, b"defgh")], b"prior")
    assert section.startswith(b"prior\2\0\0\0")
    size = directory_size(section[:9], len(section))
    assert size == 5 + 4 + 2 * 10 + 4
    directory = parse_directory(section[:size], len(section), 66, 5)
    assert directory.offsets.tolist() == [33, 36, 41]
    with pytest.raises(ArchiveError, match="CRC-32 of the directory is"):
        parse_directory(b"P" + section[1:size], len(section), 66, 5)


def test_blocks_of_a_prior() -> None:
    latents = np.random.default_rng(2).normal(size=(130, 4)).astype(np.float32)
    prior = fit_prior(latents, np.full(4, 2.0**-4))
    blocks = encode_blocks(latents, prior)
    assert [clouds for clouds, _ in blocks] == [64, 64, 2]
    decoded = np.concatenate([decode_block(data, clouds, 4, prior) for clouds, data in blocks])
    assert np.abs(decoded - latents).max() <= 2.0**-5
