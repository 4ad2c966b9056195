"""A result that cannot be written where it should be is not lost."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

import pytest

from qaadcodec.errors import EnvironmentFailure
from qaadcodec.work.rescue import write_or_rescue


def write(stream: BinaryIO) -> int:
    return stream.write(b"what was learnt")


def test_it_is_written_where_it_should_be(tmp_path: Path) -> None:
    assert write_or_rescue(write, tmp_path / "a.qaad", False, None) == 15
    assert [path.name for path in tmp_path.iterdir()] == ["a.qaad"]


def test_where_the_folder_is_gone_it_goes_to_the_work_folder(tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    target = tmp_path / "gone" / "a.qaad"
    with pytest.raises(EnvironmentFailure, match=r"gone does not exist; what was learnt is saved as ") as failure:
        write_or_rescue(write, target, False, work)
    (saved,) = work.iterdir()
    assert str(failure.value).endswith(str(saved))
    assert failure.value.hint == f"move it to where it should be: mv {saved} {target}"
    assert saved.read_bytes() == b"what was learnt"


def test_or_else_to_the_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "a.qaad").write_bytes(b"what another run wrote")
    with pytest.raises(EnvironmentFailure, match=r"a\.qaad exists already; what was learnt is saved as ") as failure:
        write_or_rescue(write, tmp_path / "a.qaad", False, tmp_path / "gone")
    (saved,) = tmp_path.glob("rescued-*.qaad")
    assert failure.value.hint == f"it can be moved to a name that is free; {tmp_path / 'a.qaad'} is as it was"
    assert saved.read_bytes() == b"what was learnt"
    assert (tmp_path / "a.qaad").read_bytes() == b"what another run wrote"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_whose_reader_has_left_keeps_its_name(tmp_path: Path) -> None:
    os.mkfifo(pipe := tmp_path / "a pipe")
    readers = [os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)]

    def fail(stream: BinaryIO) -> int:
        if readers:
            os.close(readers.pop())
        return write(stream)

    with pytest.raises(EnvironmentFailure, match=r": broken pipe; what was learnt is saved as ") as failure:
        write_or_rescue(fail, pipe, True, tmp_path)
    (saved,) = tmp_path.glob("rescued-*.qaad")
    assert failure.value.hint == f"copy it to where it should be: cp {saved} '{pipe}'"
    assert saved.read_bytes() == b"what was learnt"


def test_where_nothing_can_be_written_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "no"))
    monkeypatch.setattr("pathlib.Path.home", lambda: tmp_path / "none")
    with pytest.raises(EnvironmentFailure, match=r"^cannot write .*gone does not exist$"):
        write_or_rescue(write, tmp_path / "gone" / "a.qaad", False, None)
