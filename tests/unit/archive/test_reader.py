"""Opening, and reading parts by themselves."""

from __future__ import annotations

import gc
import io
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from qaadcodec.archive import Archive, ArchiveReader, encode
from qaadcodec.config import CodingConfig
from qaadcodec.errors import ArchiveError, UsageError


def file_of(archive: Archive, numbers: str = "float32") -> bytes:
    stream = io.BytesIO()
    encode(archive, CodingConfig(), numbers=numbers).write(stream)
    return stream.getvalue()


@pytest.fixture
def many(archive: Archive) -> Archive:
    """150 clouds: blocks of 64, 64 and 22."""
    rng = np.random.default_rng(3)
    return replace(
        archive,
        header=replace(archive.header, clouds=150),
        latents=rng.normal(size=(150, 3)).astype(np.float32),
        names=tuple(map(str, range(150))),
        counts=(9,) * 150,
    )


def test_everything_comes_back(archive: Archive, tmp_path: Path) -> None:
    path = tmp_path / "x.qaad"
    path.write_bytes(file_of(archive))
    with ArchiveReader(path) as reader:
        assert reader.header == archive.header
        assert (reader.names, reader.counts) == (archive.names, archive.counts)
        assert (reader.version, reader.size_bytes) == ((1, 0), path.stat().st_size)
        assert [(s.tag, s.coding) for s in reader.sections] == [("WGTS", 0), ("INPT", 0), ("LATS", 0), ("NAME", 3)]
        for name, tensor in reader.weights().items():
            np.testing.assert_array_equal(tensor, archive.weights[name])
        assert list(reader.weights()) == list(archive.header.network.tensor_shapes())
        np.testing.assert_array_equal(reader.input_cloud(), archive.input_cloud)
        np.testing.assert_array_equal(reader.latents(), archive.latents)


def test_latents_come_in_the_order_asked_for(many: Archive) -> None:
    with ArchiveReader(io.BytesIO(file_of(many))) as reader:
        wanted = [149, 0, 64, 63, 64, 128]
        np.testing.assert_array_equal(reader.latents(wanted), many.latents[wanted])
        assert reader.latents([]).shape == (0, 3)
        for index in (-1, 150):
            with pytest.raises(UsageError, match=f"stream: no cloud {index}: indices are 0 to 149"):
                reader.latents([3, index])


def test_one_cloud_needs_no_block_but_its_own(many: Archive) -> None:
    data = bytearray(file_of(many))
    with ArchiveReader(io.BytesIO(data)) as reader:
        start = reader.section("LATS").offset + int(reader.blocks.directory.offsets[1])
    data[start + 5] ^= 1
    with ArchiveReader(io.BytesIO(data)) as reader:
        np.testing.assert_array_equal(reader.latents([0, 149]), many.latents[[0, 149]])
        with pytest.raises(ArchiveError, match=f"block 1 at byte {start}, 768 bytes: CRC-32 is .*, stored is"):
            reader.latents([64])


def test_a_failed_opening_leaves_no_file_open(archive: Archive, tmp_path: Path) -> None:
    path = tmp_path / "x.qaad"
    path.write_bytes(file_of(archive)[:-1])
    with pytest.raises(ArchiveError, match=r"x.qaad: .*: 1 are missing"):
        ArchiveReader(path)
    gc.collect()  # a file left open would warn now, and warnings fail tests


def test_messages_name_the_file_and_the_hint_says_what_to_do(archive: Archive, tmp_path: Path) -> None:
    data = bytearray(file_of(archive))
    with ArchiveReader(io.BytesIO(data)) as reader:
        section = reader.section("INPT")
    data[section.offset] ^= 1
    path = tmp_path / "x.qaad"
    path.write_bytes(data)
    with ArchiveReader(path) as reader, pytest.raises(ArchiveError) as caught:
        reader.input_cloud()
    assert str(caught.value).startswith(f"{path}: section INPT at byte {section.offset}, 108 bytes: CRC-32 is ")
    assert "fetch it again" in str(caught.value.hint)


def test_importing_needs_numpy_at_the_most() -> None:
    code = "import sys, qaadcodec.archive; print([m for m in ('torch', 'scipy', 'h5py', 'rich') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
