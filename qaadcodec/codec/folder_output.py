"""Many files into a folder, all of them or none: they are written beside their places, and then put there."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from qaadcodec.errors import EnvironmentFailure
from qaadcodec.files import NEW_FILE, exists, failure, give_name, granted_mode
from qaadcodec.ranks.ranks import ALONE, Ranks


class FolderOutput:
    """The files of one folder that are being written."""

    def __init__(self, folder: Path, targets: Sequence[Path], overwrite: bool, name: str) -> None:
        self._folder, self._targets, self._overwrite = folder, targets, overwrite
        self._staging = folder / f".qaad-{name}.tmp"
        self._old = self._staging / "old"

    @contextlib.contextmanager
    def opened(self, place: int) -> Iterator[BinaryIO]:
        """A stream to the file that will be at `targets[place]`; private until it is there."""
        with (
            _named(self._targets[place]),
            os.fdopen(os.open(self._staging / str(place), NEW_FILE, 0o600), "w+b") as stream,
        ):
            yield stream

    def begin(self) -> None:
        """Make the folder of what is not yet in place."""
        with _named(self._folder):
            self._staging.mkdir(mode=0o700)
            self._old.mkdir(mode=0o700)

    def put_in_place(self) -> None:
        """Bring all files to the disk and then to their places; where one fails, all are as they were."""
        for place, target in enumerate(self._targets):  # all are on their way to the disk: the first takes the time
            with _named(target):
                _sync(self._staging / str(place), granted_mode(target))
        done: list[int] = []
        try:
            for place, target in enumerate(self._targets):
                done.append(place)
                with _named(target):
                    self._put(self._staging / str(place), target, self._old / str(place))
        except BaseException:
            for place in reversed(done):
                self._put_back(place)
            raise

    def clear(self) -> None:
        """Remove what is not in place."""
        shutil.rmtree(self._staging, ignore_errors=True)

    def _put(self, new: Path, target: Path, old: Path) -> None:
        """Bring a file to its place. What was there is kept as `old`, and is there until the new one is."""
        if not self._overwrite or not os.path.lexists(target):
            give_name(new, target)
            return
        if target.is_symlink():
            os.rename(target, old)
        else:
            give_name(target, old)
        os.replace(new, target)

    def _put_back(self, place: int) -> None:
        target, old, new = self._targets[place], self._old / str(place), self._staging / str(place)
        with contextlib.suppress(OSError):
            if os.path.lexists(old):
                os.replace(old, target)
            elif not new.exists() or (os.path.lexists(target) and os.path.samestat(new.lstat(), target.lstat())):
                target.unlink()  # it was put there


@contextlib.contextmanager
def whole_folder(
    folder: Path, targets: Sequence[Path], overwrite: bool, ranks: Ranks = ALONE
) -> Iterator[FolderOutput]:
    """Write files that appear only if the block ends without an exception, all together; or leave all as it was.

    They are private until then, and lie in a hidden folder within `folder`. Folders that have to be made are removed
    again if it fails.

    Args:
        folder: which may have to be made.
        targets: files in it, all different.
        overwrite: replace those that exist.
        ranks: who share the writing, each some of the files; the first makes folders, and puts all in place once all
            are through with the block.

    Raises:
        EnvironmentFailure: a folder or file cannot be written, a target is no file, or a link leads out of the folder.
    """
    output = FolderOutput(folder, targets, overwrite, ranks.decided(lambda: os.urandom(8).hex()))
    made: list[Path] = []

    def begin() -> None:
        made.extend(make_folders(folder, targets))
        output.begin()

    try:
        ranks.decided(begin)
        yield output
        ranks.gathered(None)
        ranks.decided(output.put_in_place)
    except BaseException:
        if ranks.rank == 0:
            output.clear()
            remove(made)
        raise
    if ranks.rank == 0:
        output.clear()


def make_folders(folder: Path, targets: Sequence[Path]) -> list[Path]:
    """Make the folders of the targets, and refuse what is in the way; the folders that were made, in order."""
    if folder.exists() and not folder.is_dir():
        raise EnvironmentFailure(f"{folder} is a file, not a folder", hint="name another folder")
    made: list[Path] = []
    try:
        for parent in sorted({folder, *(target.parent for target in targets)}):
            for path in reversed([parent, *parent.parents]):
                if not path.is_dir():
                    made.append(path)  # before: a signal may come while it is made
                    with _named(path):
                        path.mkdir()
            if not Path(os.path.realpath(parent)).is_relative_to(os.path.realpath(folder)):
                raise EnvironmentFailure(f"{parent} leads out of {folder}", hint="it is a link: remove it")
        for target in targets:
            with _named(target):
                kind = stat.S_IFMT(os.lstat(target).st_mode) if os.path.lexists(target) else stat.S_IFREG
            if kind not in (stat.S_IFREG, stat.S_IFLNK):
                raise EnvironmentFailure(f"{target} is in the way, and is no file", hint="name another folder")
    except BaseException:
        remove(made)
        raise
    return made


def remove(folders: Sequence[Path]) -> None:
    """Remove folders that are empty, the last one first."""
    for path in reversed(folders):
        with contextlib.suppress(OSError):
            path.rmdir()


def _sync(path: Path, mode: int) -> None:
    """Give a file its mode, and bring it to the disk."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        if hasattr(os, "fchmod"):
            with contextlib.suppress(OSError):
                os.fchmod(descriptor, mode)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _named(path: Path) -> Iterator[None]:
    """What the system refuses in the block, as an EnvironmentFailure that names the path."""
    try:
        yield
    except FileExistsError:  # somebody else has made it meanwhile
        raise exists(path) from None
    except OSError as error:
        raise failure(path, error) from error
