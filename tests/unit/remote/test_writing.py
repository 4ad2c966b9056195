"""Files at URLs appear whole or not at all, and only where nothing is in the way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qaadcodec.errors import EnvironmentFailure, UsageError
from qaadcodec.files import atomic_output, preflight, protect
from qaadcodec.remote.writing import check_outputs


@pytest.fixture
def memory() -> Iterator[Any]:
    import fsspec

    fs = fsspec.filesystem("memory")
    fs.pipe_file("/writing/there.qaad", b"old")
    yield fs
    fs.rm("/writing", recursive=True)


def test_a_file_appears_when_it_is_whole(memory: Any) -> None:
    with atomic_output("memory://writing/new.qaad", overwrite=False) as stream:
        stream.write(b"0123")
        stream.seek(2)
        stream.write(b"x")
        assert not memory.exists("/writing/new.qaad")
    assert memory.cat_file("/writing/new.qaad") == b"01x3"


def test_a_failure_leaves_what_was_there(memory: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def interrupted() -> None:
        with atomic_output("memory://writing/there.qaad", overwrite=True) as stream:
            stream.write(b"new")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert memory.cat_file("/writing/there.qaad") == b"old"
    assert list(tmp_path.iterdir()) == []


def test_what_exists_is_refused_before_and_after_the_work(memory: Any) -> None:
    refused = r"^memory://writing/there.qaad exists already$"
    with pytest.raises(EnvironmentFailure, match=refused) as told:
        preflight("memory://writing/there.qaad", overwrite=False)
    assert told.value.hint == "-f overwrites it"
    with pytest.raises(EnvironmentFailure, match=refused), atomic_output("memory://writing/there.qaad", False):
        pytest.fail("nothing is to be written")

    def beaten() -> None:
        with atomic_output("memory://writing/late.qaad", overwrite=False) as stream:
            stream.write(b"mine")
            memory.pipe_file("/writing/late.qaad", b"another's")

    with pytest.raises(EnvironmentFailure, match=r"late.qaad exists already"):
        beaten()
    assert memory.cat_file("/writing/late.qaad") == b"another's"
    preflight("memory://writing/there.qaad", overwrite=True)
    assert memory.ls("/writing", detail=False) == ["/writing/late.qaad", "/writing/there.qaad"]  # the trial has gone


def test_several_files_are_checked_together(memory: Any) -> None:
    urls = [f"memory://writing/{name}" for name in ("a.ply", "sub/b.ply", "there.qaad")]
    with pytest.raises(EnvironmentFailure, match=r"there.qaad exists already"):
        check_outputs(urls, overwrite=False)
    check_outputs(urls, overwrite=True)
    check_outputs(urls[:2], overwrite=False)
    assert memory.find("/writing") == ["/writing/there.qaad"]


def test_no_permission_is_told_before_the_work(memory: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object, **__: object) -> None:
        raise PermissionError("AccessDenied: key AKIA123")

    monkeypatch.setattr(type(memory), "pipe_file", denied)
    with pytest.raises(EnvironmentFailure, match=r"^memory://writing/a: cannot be written: access is denied$"):
        preflight("memory://writing/a", overwrite=False)


@pytest.mark.parametrize(
    ("url", "what"),
    [
        ("https://h/a.qaad?sig=secret", r"^https://h/a.qaad\?…: https:// is only read$"),
        ("sftp://h/a.qaad", "sftp:// is not written to, since a file would be there before it is whole$"),
    ],
)
def test_storage_in_which_files_do_not_appear_whole_is_not_written_to(url: str, what: str) -> None:
    with pytest.raises(UsageError, match=what) as told:
        preflight(url, overwrite=True)
    assert told.value.hint == "write it to a file, and copy that"


def test_inputs_are_never_overwritten(tmp_path: Path) -> None:
    protect([tmp_path / "a", "memory://x/b"], "memory://x/a")
    with pytest.raises(EnvironmentFailure, match=r"^memory://x/a is the input memory://x/a, and inputs are never over"):
        protect([tmp_path / "a", "memory://x/a"], "memory://x/a")


def test_a_folder_is_no_file() -> None:
    with pytest.raises(EnvironmentFailure, match=r"^memory://x/ is a folder$"):
        preflight("memory://x/", overwrite=True)
