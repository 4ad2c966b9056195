"""`verify`: every checksum, and with `decode` every cloud."""

from __future__ import annotations

import json
import os
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from qaadcodec.archive import ArchiveReader, encode
from qaadcodec.codec.verify import verify
from qaadcodec.config import CodingConfig
from qaadcodec.errors import ArchiveError, EnvironmentFailure


def test_the_checks_cover_every_byte_but_the_frame(archive: Path) -> None:
    found = verify(archive)
    data = archive.read_bytes()
    assert (found.path, found.bytes, found.decoded) == (str(archive), len(data), None)
    assert [check.content for check in found.checks] == [
        "header",
        "section table",
        "weights",
        "input cloud",
        "latents",
        "latents: directory",
        "latents: block 0",
        "names",
    ]
    for check in found.checks:
        if check.content in ("weights", "input cloud", "latents", "latents: block 0", "names"):
            assert zlib.crc32(data[check.offset : check.offset + check.bytes]) == check.crc32
    covered = sum(check.bytes for check in found.checks if not check.content.startswith("latents: "))
    assert len(data) - 64 < covered < len(data)
    assert json.loads(json.dumps(found.to_dict()))["checks"][0]["content"] == "header"


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="needs /dev/fd")
def test_a_pipe_is_read_once(archive: Path) -> None:
    reader, writer = os.pipe()
    os.write(writer, archive.read_bytes())
    os.close(writer)
    try:
        found = verify(f"/dev/fd/{reader}", decode=True)
    finally:
        os.close(reader)
    assert found == replace(verify(archive, decode=True), path=f"/dev/fd/{reader}")


def test_what_is_no_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailure, match=r"nothing\.qaad: no such file$"):
        verify(tmp_path / "nothing.qaad")
    with pytest.raises(ArchiveError, match=r"a folder, not a \.qaad archive$"):
        verify(tmp_path)


def test_with_decode_it_counts_the_clouds(archive: Path) -> None:
    assert verify(archive, decode=True).decoded == 4


@pytest.mark.parametrize("place", [0, 20, 0.3, 0.6, 0.9, -1])
def test_a_changed_byte_is_found_and_named(archive: Path, tmp_path: Path, place: float) -> None:
    data = bytearray(archive.read_bytes())
    data[int(place * len(data)) if isinstance(place, float) else place] ^= 0x10
    (tmp_path / "damaged.qaad").write_bytes(data)
    with pytest.raises(ArchiveError, match=r"damaged\.qaad: "):
        verify(tmp_path / "damaged.qaad")


def overflowing(archive: Path, target: Path) -> Path:
    """Undamaged by every checksum, yet its weights are so large that the network's numbers leave float32."""
    with ArchiveReader(archive) as reader:
        whole = reader.archive()
    weights = {name: tensor * np.float32(2.0**90) for name, tensor in whole.weights.items()}
    with target.open("wb") as stream:
        encode(replace(whole, weights=weights), CodingConfig()).write(stream)
    return target


@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid")  # told apart below
def test_clouds_that_are_not_finite_are_found_by_decoding(archive: Path, tmp_path: Path) -> None:
    bad = overflowing(archive, tmp_path / "bad.qaad")
    assert verify(bad).decoded is None
    with pytest.raises(ArchiveError) as caught:
        verify(bad, decode=True)
    assert str(caught.value) == f"{bad}: cloud 0 (a) decodes to 120 points, 120 not finite"


def test_clouds_that_are_not_finite_are_found_without_numpys_warnings(archive: Path, tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="not finite"):
        verify(overflowing(archive, tmp_path / "bad.qaad"), decode=True)
