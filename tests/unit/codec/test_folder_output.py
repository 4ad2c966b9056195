"""Many files into a folder: all of them appear, or none does and nothing else has changed."""

from __future__ import annotations

import os
import stat
from functools import partial
from pathlib import Path

import pytest

from qaadcodec.codec.folder_output import whole_folder
from qaadcodec.errors import EnvironmentFailure

NAMES = ("a", "sub/b", "sub/deep/c")


def tree(folder: Path) -> dict[str, bytes | None]:
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def write(folder: Path, fail: BaseException | None = None, overwrite: bool = False) -> None:
    with whole_folder(folder, [folder / name for name in NAMES], overwrite) as files:
        for place, name in enumerate(NAMES):
            with files.opened(place) as stream:
                stream.write(name.encode())
            if fail and place == 1:
                raise fail


def test_all_files_appear_at_the_end_with_what_the_umask_grants(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "out"
    write(folder)
    assert tree(folder) == {"a": b"a", "sub": None, "sub/b": b"sub/b", "sub/deep": None, "sub/deep/c": b"sub/deep/c"}
    os.umask(mask := os.umask(0o077))
    assert stat.S_IMODE((folder / "a").stat().st_mode) == 0o666 & ~mask


def test_nobody_else_reads_what_is_being_written(tmp_path: Path) -> None:
    with whole_folder(tmp_path, [tmp_path / "a"], False) as files, files.opened(0) as stream:
        (staging,) = tmp_path.iterdir()
        assert stat.S_IMODE(staging.stat().st_mode) == 0o700
        assert stat.S_IMODE(os.fstat(stream.fileno()).st_mode) == 0o600


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(143), EnvironmentFailure("full")])
def test_a_failure_leaves_nothing(tmp_path: Path, error: BaseException) -> None:
    with pytest.raises(type(error)):
        write(tmp_path / "new" / "out", error)
    assert tree(tmp_path) == {}
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a").write_bytes(b"old")
    with pytest.raises(type(error)):
        write(tmp_path / "out", error, overwrite=True)
    assert tree(tmp_path) == {"out": None, "out/a": b"old"}


@pytest.mark.parametrize("step", range(5))
def test_a_failure_while_files_are_put_in_place_puts_them_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """Four steps: two files are new, and one replaces another, which is kept before."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b").write_bytes(b"old")
    (tmp_path / "sub" / "b").chmod(0o640)
    before, real, left = tree(tmp_path), (os.link, os.replace, os.rename), [step]

    def failing(name: str, source: Path, target: Path) -> None:
        """The step fails; what does instead of linking, where there are no links, does not count."""
        left[0] -= name != "rename"
        if left[0] == -1:
            left[0] -= name != "link"
            raise OSError(28, "No space left on device")
        {each.__name__: each for each in real}[name](source, target)

    for name in ("link", "replace", "rename"):
        monkeypatch.setattr(os, name, partial(failing, name))
    if step == 4:
        write(tmp_path, overwrite=True)
        assert tree(tmp_path)["sub/b"] == b"sub/b"
        assert stat.S_IMODE((tmp_path / "sub" / "b").stat().st_mode) == 0o640
        return
    with pytest.raises(EnvironmentFailure, match=r"^cannot write .*: no space left on device$"):
        write(tmp_path, overwrite=True)
    assert tree(tmp_path) == before


def test_what_was_there_is_there_until_the_new_one_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path)
    real, seen = os.replace, []

    def replace(source: Path, target: Path) -> None:
        seen.append(target.read_bytes())
        real(source, target)

    monkeypatch.setattr(os, "replace", replace)
    write(tmp_path, overwrite=True)
    assert seen == [name.encode() for name in NAMES]


def test_links_are_not_followed_out_of_the_folder(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "out"
    outside.mkdir()
    folder.mkdir()
    (outside / "a").write_bytes(b"not this one")
    (folder / "sub").symlink_to(outside)
    with pytest.raises(EnvironmentFailure, match=r"out/sub leads out of .*out$"):
        write(folder)
    (folder / "sub").unlink()
    (folder / "a").symlink_to(outside / "a")
    write(folder, overwrite=True)
    assert (outside / "a").read_bytes() == b"not this one"
    assert not (folder / "a").is_symlink()
    assert (folder / "a").read_bytes() == b"a"


def test_what_is_no_file_is_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a")
    with pytest.raises(EnvironmentFailure, match=r"a is in the way, and is no file$"):
        write(tmp_path, overwrite=True)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(EnvironmentFailure, match=r"file is a file, not a folder$"):
        write(tmp_path / "file")


def test_a_file_that_somebody_else_made_meanwhile_stays(tmp_path: Path) -> None:
    def make() -> None:
        with whole_folder(tmp_path, [tmp_path / "a"], False) as files:
            with files.opened(0) as stream:
                stream.write(b"mine")
            (tmp_path / "a").write_bytes(b"theirs")

    with pytest.raises(EnvironmentFailure, match=r"a exists already$"):
        make()
    assert tree(tmp_path) == {"a": b"theirs"}
