"""qaadcodec.files: an output is there whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from qaadcodec.errors import CloudError, EnvironmentFailure
from qaadcodec.files import atomic_output, preflight


def left_in(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def write_and_fail(path: Path, data: bytes, failure: BaseException) -> None:
    with atomic_output(path, True) as stream:
        stream.write(data)
        raise failure


def write_when_somebody_else_has(path: Path) -> None:
    with atomic_output(path, False) as stream:
        stream.write(b"mine")
        path.write_bytes(b"theirs")


def write(path: Path, data: bytes, overwrite: bool = False) -> None:
    with atomic_output(path, overwrite) as stream:
        stream.write(data)


def test_the_target_appears_only_at_the_end(tmp_path: Path) -> None:
    target = tmp_path / "a.qaad"
    with atomic_output(target, False) as stream:
        stream.write(b"abc")
        stream.flush()
        assert not target.exists()
        assert [name for name in left_in(tmp_path) if not name.startswith(".qaad-")] == []
    assert target.read_bytes() == b"abc"
    assert left_in(tmp_path) == ["a.qaad"]


def test_the_stream_can_be_sought_and_read_back(tmp_path: Path) -> None:
    with atomic_output(tmp_path / "a", False) as stream:
        stream.write(b"----tail")
        stream.seek(0)
        stream.write(b"head")
        stream.seek(2)
        assert stream.read() == b"adtail"
    assert (tmp_path / "a").read_bytes() == b"headtail"


@pytest.mark.parametrize("failure", [RuntimeError("bug"), KeyboardInterrupt(), CloudError("a.ply: bad")])
def test_a_failure_leaves_nothing_and_goes_on_as_it_is(tmp_path: Path, failure: BaseException) -> None:
    with pytest.raises(type(failure)) as caught:
        write_and_fail(tmp_path / "a", b"half", failure)
    assert caught.value is failure
    assert left_in(tmp_path) == []


def test_a_failure_keeps_the_older_target(tmp_path: Path) -> None:
    target = tmp_path / "a"
    target.write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt):
        write_and_fail(target, b"new", KeyboardInterrupt())
    assert target.read_bytes() == b"old"
    assert left_in(tmp_path) == ["a"]


@pytest.mark.parametrize("check", [preflight, lambda path, overwrite: write(path, b"", overwrite)])
def test_targets_that_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, check) -> None:
    monkeypatch.chdir(tmp_path)
    Path("old").write_bytes(b"old")
    Path("folder").mkdir()
    Path("link").symlink_to("old")
    refused = [
        ("old", False, "old exists already", "-f overwrites it"),
        ("link", False, "link exists already", "-f overwrites it"),
        ("folder", False, "folder is a folder", "name a file, for example folder/output"),
        ("folder", True, "folder is a folder", "name a file, for example folder/output"),
        ("gone/a", False, "cannot write gone/a: gone does not exist", None),
        ("old/a", True, "cannot write old/a: old is not a folder", None),
        ("a" * 300, True, f"cannot write {'a' * 300}: file name too long", None),
    ]
    for path, overwrite, message, hint in refused:
        with pytest.raises(EnvironmentFailure) as caught:
            check(Path(path), overwrite)
        assert (str(caught.value), caught.value.hint, caught.value.exit_code) == (message, hint, 1)
    assert Path("old").read_bytes() == b"old"
    assert left_in(tmp_path) == ["folder", "link", "old"]


def test_preflight_leaves_no_trace(tmp_path: Path) -> None:
    (tmp_path / "old").write_bytes(b"old")
    preflight(tmp_path / "new", False)
    preflight(tmp_path / "old", True)
    assert left_in(tmp_path) == ["old"]
    assert (tmp_path / "old").read_bytes() == b"old"


def test_a_target_that_appears_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    target = tmp_path / "a"
    with pytest.raises(EnvironmentFailure, match=r"a exists already$"):
        write_when_somebody_else_has(target)
    assert target.read_bytes() == b"theirs"
    assert left_in(tmp_path) == ["a"]


def test_a_file_system_without_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def link(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", link)
    write(tmp_path / "a", b"abc")
    assert (tmp_path / "a").read_bytes() == b"abc"
    with pytest.raises(EnvironmentFailure, match="b exists already"):
        write_when_somebody_else_has(tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == b"theirs"
    assert left_in(tmp_path) == ["a", "b"]


def test_permissions_follow_the_umask_and_an_older_target(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write(tmp_path / "new", b"")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640
    (tmp_path / "new").chmod(0o604)
    write(tmp_path / "new", b"again", overwrite=True)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o604


def test_links_are_written_through(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real/a")
    write(tmp_path / "link", b"first")
    write(tmp_path / "link", b"second", overwrite=True)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "a").read_bytes() == b"second"
    assert left_in(tmp_path / "real") == ["a"]


def test_devices_and_pipes_are_written_to_and_stay(tmp_path: Path) -> None:
    write(Path("/dev/null"), b"abc")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write(pipe, b"abc")
    assert os.read(reader, 10) == b"abc"
    os.close(reader)
    assert left_in(tmp_path) == ["pipe"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_full_device() -> None:
    with pytest.raises(EnvironmentFailure) as caught:
        write(Path("/dev/full"), b"abc")
    assert str(caught.value) == "cannot write /dev/full: no space left on device"
    assert caught.value.hint == "free some space, or write it elsewhere"


@pytest.mark.parametrize("size", [10_001, 5_000_000])  # fails when flushed, fails when written
def test_a_disk_that_fills_up(tmp_path: Path, size: int) -> None:
    code = f"""
import resource
from qaadcodec.errors import EnvironmentFailure
from qaadcodec.files import atomic_output
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
try:
    with atomic_output("out.qaad", True) as stream:
        stream.write(bytes({size}))
except EnvironmentFailure as error:
    print(error)
"""
    (tmp_path / "out.qaad").write_bytes(b"old")
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("cannot write out.qaad: file too large\n", "")
    assert (tmp_path / "out.qaad").read_bytes() == b"old"
    assert left_in(tmp_path) == ["out.qaad"]


@pytest.mark.parametrize("check", [preflight, lambda path, overwrite: write(path, b"", overwrite)])
def test_a_folder_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, check) -> None:
    # The system's answer is put in its mouth, because to root it says yes to everything.
    def denied(*_: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "open", denied)
    with pytest.raises(EnvironmentFailure) as caught:
        check(tmp_path / "a", False)
    assert str(caught.value) == f"cannot write {tmp_path / 'a'}: permission denied"
    assert left_in(tmp_path) == []


def test_a_reader_that_went_away_is_no_failure_of_the_output(tmp_path: Path) -> None:
    with pytest.raises(BrokenPipeError), atomic_output(tmp_path / "a", False):
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")
