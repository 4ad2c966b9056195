"""The latents of an open archive: blocks by themselves, and a directory that cannot lie about N."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from qaadcodec.archive import Archive, ArchiveReader, Grids, encode, latent_blocks
from qaadcodec.archive.sections import latents
from qaadcodec.config import CodingConfig
from qaadcodec.errors import ArchiveError


def test_a_block_is_read_raw_decoded_and_by_rows(archive: Archive) -> None:
    with encode(archive, CodingConfig(), numbers="float32").reader() as reader:
        blocks = reader.blocks
        assert (len(blocks), blocks.prior) == (1, None)
        assert blocks.raw(0) == reader.raw_block(0) == (3, archive.latents.tobytes())
        np.testing.assert_array_equal(blocks.decoded(0), archive.latents)
        np.testing.assert_array_equal(blocks.rows(np.array([2, 0, 2])), archive.latents[[2, 0, 2]])


def test_entropy_coded_blocks_have_a_prior(archive: Archive, grids: Grids) -> None:
    with encode(archive, grids).reader() as reader:
        assert reader.blocks.prior is not None
        np.testing.assert_array_equal(reader.blocks.prior.grids, grids.latents.astype(np.float64))
        np.testing.assert_array_equal(reader.blocks.decoded(0), reader.latents())


def test_so_many_coded_numbers_and_no_more(archive: Archive, grids: Grids, monkeypatch: pytest.MonkeyPatch) -> None:
    encoded, most = encode(archive, grids), archive.latents.size
    monkeypatch.setattr(latent_blocks, "MAX_CODED", most)
    with encoded.reader() as reader:
        assert reader.blocks.prior is not None
    monkeypatch.setattr(latent_blocks, "MAX_CODED", most - 1)
    with (
        encoded.reader() as reader,
        pytest.raises(ArchiveError, match=f"{most} entropy-coded numbers, and there may be {most - 1}"),
    ):
        _ = reader.blocks


def test_a_header_that_says_too_many_clouds_is_refused(archive: Archive) -> None:
    encoded = encode(archive, CodingConfig())
    lying = replace(encoded, header=replace(archive.header, clouds=1 << 24))
    stream = io.BytesIO()
    lying.write(stream)
    with (
        ArchiveReader(stream) as reader,
        pytest.raises(ArchiveError, match="1 blocks hold 3 clouds, and the header says 16777216"),
    ):
        reader.latents()


def test_a_block_is_decoded_once_for_clouds_that_are_asked_for_one_by_one(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a small file of one large block would make work without end."""
    decoded: list[int] = []
    real = latents.decode_block

    def counted(data: bytes, clouds: int, *others: Any) -> Any:
        decoded.append(clouds)
        return real(data, clouds, *others)

    monkeypatch.setattr(latents, "decode_block", counted)
    with encode(archive, CodingConfig(), numbers="float32").reader() as reader:
        for i in range(archive.header.clouds):
            np.testing.assert_array_equal(reader.latents([i])[0], archive.latents[i])
    assert decoded == [archive.header.clouds]
