"""Outputs that appear whole or not at all: a temporary file beside the target, fsync, then rename."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import threading
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from qaadcodec.errors import EnvironmentFailure, QaadError
from qaadcodec.remote.urls import Location, is_url, shown

NEW_FILE = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)

_umask = threading.Lock()

LONGEST_NAME = 255  # bytes of a file's name, on all common file systems


def reason(error: OSError) -> str:
    """What the system says went wrong, in lower case: "no space left on device"."""
    return (os.strerror(error.errno) if error.errno else str(error)).lower()


def preflight(path: Location, overwrite: bool) -> None:
    """Make the checks of `atomic_output` now, before long work whose result could not be written.

    A file is created beside the target and removed again, because only that tells whether it is possible. Targets may
    be URLs, here and below.

    Raises:
        EnvironmentFailure: the target exists and `overwrite` is false, is a folder, or cannot be created; it names the
            path.
    """
    if is_url(path):
        from qaadcodec.remote.writing import check_output

        check_output(path, overwrite)
        return
    target, special = _target(Path(path), overwrite)
    if special:
        return
    with _named(path), private_file(target.parent):
        pass


def protect(inputs: Iterable[Location], output: Location) -> None:
    """Refuse an output that is one of the inputs: those are never touched, whatever was asked for.

    Raises:
        EnvironmentFailure: names both paths.
    """
    if is_url(output):
        if output in inputs:
            raise _protected(output, output)
        return
    if not os.path.exists(output) or _is_special(Path(output)):
        return
    for path in inputs:
        with contextlib.suppress(OSError):
            if os.path.samefile(path, output):
                raise _protected(output, path)


def real_target(path: Location) -> Path | None:
    """The file that writing to `path` really writes, links followed; None where it is a pipe, a device or at a URL.

    Raises:
        EnvironmentFailure: it cannot be written, as for `preflight`.
    """
    if is_url(path):
        return None
    target, special = _target(Path(path), overwrite=True)
    return None if special else target


def hidden_beside(target: Path, suffix: str) -> Path:
    """The hidden companion of a file: `.scans.qaad.work`. Of a name that is too long for that, a digest is taken."""
    name = f".{target.name}{suffix}"
    if len(os.fsencode(name)) > LONGEST_NAME:
        import hashlib

        name = f".{hashlib.sha256(os.fsencode(target.name)).hexdigest()[:32]}{suffix}"
    return target.with_name(name)


def clear_beside(target: Path) -> None:
    """Delete the temporary files that runs which were killed left beside a target; none may be writing to it."""
    for left in target.parent.glob(f".qaad-{_mark(target)}*.tmp"):
        with contextlib.suppress(OSError):
            left.unlink()


def is_temporary(name: str) -> bool:
    """Whether a file or folder of that name is one that a run writes, or that a run which was killed has left."""
    return name.startswith(".qaad-") and name.endswith(".tmp")


@contextlib.contextmanager
def atomic_output(path: Location, overwrite: bool) -> Iterator[BinaryIO]:
    """Open a file for writing (and reading back) that appears under `path` only if the block ends without an exception.

    The bytes go to a hidden file beside the target, which nobody else can read. It is synced to the disk and then takes
    the target's place in one step; any failure, KeyboardInterrupt included, removes it and leaves an older target as it
    was. A new file then gets the permissions that the umask grants, a replaced one keeps its own. Symbolic links are
    written through. What is neither a file nor a folder (a pipe, /dev/null) is written to directly. What goes to a URL
    is put there as a whole.

    Args:
        path: the target.
        overwrite: replace a target that exists.

    Yields:
        a binary stream, seekable unless the target is a pipe or a device.

    Raises:
        EnvironmentFailure: the target exists and `overwrite` is false, is a folder, or cannot be written (no folder, no
            permission, no space); it names the path.
    """
    if is_url(path):
        from qaadcodec.remote.writing import output_at

        with _named(path), output_at(path, overwrite) as stream:
            yield stream
        return
    target, special = _target(Path(path), overwrite)
    if special:
        with _named(path), target.open("wb") as device:
            yield device
        return
    with _named(path), private_file(target.parent, _mark(target)) as (temporary, stream):
        yield stream
        stream.flush()
        if hasattr(os, "fchmod"):
            with contextlib.suppress(OSError):
                os.fchmod(stream.fileno(), granted_mode(target))
        os.fsync(stream.fileno())
        stream.close()
        _put_in_place(temporary, target, path, overwrite)


@contextlib.contextmanager
def private_file(folder: Path, mark: str = "", suffix: str = ".tmp") -> Iterator[tuple[Path, BinaryIO]]:
    """A new hidden file that nobody else can read, open for writing; it is removed behind the block if it is there.

    Its name is made up before the file is, so that it is removed whenever a signal comes.

    Raises:
        OSError: the file cannot be made, or written.
    """
    path = folder / f".qaad-{mark}{os.urandom(8).hex()}{suffix}"
    stream: BinaryIO | None = None
    try:
        stream = os.fdopen(os.open(path, NEW_FILE, 0o600), "w+b")
        yield path, stream
    finally:
        if stream is not None:
            # After a failed write, closing tries to write again and fails again; the first failure is the one to tell.
            with contextlib.suppress(OSError):
                stream.close()
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def _target(path: Path, overwrite: bool) -> tuple[Path, bool]:
    """The file that writing to `path` really writes, links followed, and whether it is a pipe or a device.

    EnvironmentFailure if it must not be written.
    """
    try:
        target = Path(os.path.realpath(path)) if path.is_symlink() else path
        if target.is_dir():
            raise EnvironmentFailure(f"{path} is a folder", hint=f"name a file, for example {path / 'output'}")
        special = _is_special(target)
        if not overwrite and not special and target.exists():
            raise exists(path)
        if not target.parent.is_dir():
            what = "is not a folder" if target.parent.exists() else "does not exist"
            raise EnvironmentFailure(f"cannot write {path}: {target.parent} {what}")
    except OSError as error:
        raise failure(path, error) from error
    return target, special


def _is_special(target: Path) -> bool:
    # Renaming over a pipe or a device would destroy it.
    try:
        mode = target.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def granted_mode(target: Path) -> int:
    """The permissions of a file that there is, or those that the umask grants to a new one."""
    with contextlib.suppress(OSError):
        return stat.S_IMODE(target.stat().st_mode)
    with _umask:  # reading it takes setting it: meanwhile to what lets nobody else in
        mask = os.umask(0o077)
        os.umask(mask)
    return 0o666 & ~mask


def _mark(target: Path) -> str:
    """Eight digits that tell the temporary files of a target from those of others."""
    return f"{zlib.crc32(os.fsencode(target.name)):08x}"


def _put_in_place(temporary: Path, target: Path, path: str | Path, overwrite: bool) -> None:
    if overwrite:
        os.replace(temporary, target)
    else:
        try:
            give_name(temporary, target)
        except FileExistsError:
            raise exists(path) from None
    with contextlib.suppress(OSError):  # the new name reaches the disk too, where folders can be synced
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def give_name(file: Path, name: Path) -> None:
    """Give a file a name that is not taken; FileExistsError where it is. The file may keep its old name as well."""
    try:
        os.link(file, name)  # renaming would overwrite what has taken the name since it was looked for
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if os.path.lexists(name):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(name)) from None
        os.rename(file, name)


@contextlib.contextmanager
def _named(path: str | Path) -> Iterator[None]:
    try:
        yield
    except QaadError:
        raise
    except BrokenPipeError:
        raise
    except OSError as error:
        raise failure(path, error) from error


def _protected(output: Location, path: Location) -> EnvironmentFailure:
    return EnvironmentFailure(
        f"{shown(output)} is the input {shown(path)}, and inputs are never overwritten", hint="name another output"
    )


def exists(path: str | Path) -> EnvironmentFailure:
    """What is said of an output that is there already."""
    return EnvironmentFailure(f"{path} exists already", hint="-f overwrites it")


def failure(path: str | Path, error: OSError) -> EnvironmentFailure:
    """What the system refused about a path that is written."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    return EnvironmentFailure(
        f"cannot write {shown(path)}: {reason(error)}", hint="free some space, or write it elsewhere" if full else None
    )
