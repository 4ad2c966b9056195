"""Where bytes come from: paths, streams and pipes."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from qaadcodec.archive import byte_source as source_module
from qaadcodec.archive.byte_source import MAGIC, Source
from qaadcodec.errors import ArchiveError, EnvironmentFailure


def test_reads_at_any_place_and_never_past_the_end(tmp_path: Path) -> None:
    (tmp_path / "a.qaad").write_bytes(b"0123456789")
    source = Source(tmp_path / "a.qaad")
    assert (source.size, source.read(7, 3), source.read(0, 2)) == (10, b"789", b"01")
    with pytest.raises(ArchiveError, match=r"a.qaad: header at byte 7 needs 4 bytes, and the file ends at byte 10"):
        source.read(7, 4, "header")
    source.close()


def test_a_file_that_shrinks_meanwhile(tmp_path: Path) -> None:
    path = tmp_path / "a.qaad"
    path.write_bytes(b"0123456789")
    source = Source(path)
    os.truncate(path, 4)
    with pytest.raises(ArchiveError, match=r"a.qaad: table at byte 2: 2 of 8 bytes came; the file shrank meanwhile"):
        source.read(2, 8, "table")
    source.close()


def test_a_given_stream_stays_open() -> None:
    stream = io.BytesIO(b"abc")
    Source(stream).close()
    assert stream.read() == b""
    assert not stream.closed


def test_a_pipe_is_read_into_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    for limit, fits in ((10, True), (9, False)):
        monkeypatch.setattr(source_module, "MAX_PIPED_BYTES", limit)
        out, into = os.pipe()
        os.write(into, MAGIC + b"89")
        os.close(into)
        with open(out, "rb") as pipe:
            if fits:
                assert Source(pipe).read(8, 2) == b"89"
            else:
                with pytest.raises(ArchiveError, match="a pipe of more than 9 bytes"):
                    Source(pipe)
            assert not pipe.closed


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs /dev/zero")
def test_a_device_is_no_archive() -> None:
    for device in ("/dev/zero", "/dev/null"):
        with pytest.raises(ArchiveError, match=f"^{device}: is a device, and archives are read from files and pipes$"):
            Source(device)


def test_a_pipe_that_brings_no_archive_is_not_read_to_its_end() -> None:
    out, into = os.pipe()
    os.write(into, b"0123456789")
    with open(out, "rb", buffering=0) as pipe, open(into, "wb"):  # the writer stays, and says no more
        assert Source(pipe).size == 8


def test_what_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailure, match=r"no.qaad: no such file"):
        Source(tmp_path / "no.qaad")
    with pytest.raises(ArchiveError, match=r"a folder, not a .qaad archive"):
        Source(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(EnvironmentFailure, match=r"file/x.qaad: cannot be read: Not a directory"):
        Source(tmp_path / "file" / "x.qaad")
