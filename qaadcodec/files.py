"""Outputs that appear whole or not at all: a temporary file beside the target, fsync, then rename."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from qaadcodec.errors import EnvironmentFailure, QaadError
from qaadcodec.remote.urls import Location, is_url, shown


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
    try:
        descriptor, temporary = _create_beside(target)
        os.close(descriptor)
        temporary.unlink()
    except OSError as error:
        raise _failure(path, error) from error


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


@contextlib.contextmanager
def atomic_output(path: Location, overwrite: bool) -> Iterator[BinaryIO]:
    """Open a file for writing (and reading back) that appears under `path` only if the block ends without an exception.

    The bytes go to a hidden file beside the target, which is synced to the disk and then takes the target's place in
    one step; any failure, KeyboardInterrupt included, removes it and leaves an older target as it was. A new file gets
    the permissions that the umask grants, a replaced one keeps its own. Symbolic links are written through. What is
    neither a file nor a folder (a pipe, /dev/null) is written to directly. What goes to a URL is put there as a whole.

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
    with _named(path):
        descriptor, temporary = _create_beside(target)
        stream = os.fdopen(descriptor, "w+b")
        try:
            yield stream
            stream.flush()
            _keep_mode(stream, target)
            os.fsync(stream.fileno())
            stream.close()
            _put_in_place(temporary, target, path, overwrite)
        finally:
            # After a failed write, closing tries to write again and fails again; the first failure is the one to tell.
            with contextlib.suppress(OSError):
                stream.close()
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)


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
            raise _exists(path)
        if not target.parent.is_dir():
            what = "is not a folder" if target.parent.exists() else "does not exist"
            raise EnvironmentFailure(f"cannot write {path}: {target.parent} {what}")
    except OSError as error:
        raise _failure(path, error) from error
    return target, special


def _is_special(target: Path) -> bool:
    # Renaming over a pipe or a device would destroy it.
    try:
        mode = target.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def _create_beside(target: Path) -> tuple[int, Path]:
    # Not tempfile.mkstemp: its files are private, and the umask is to decide. The name is short whatever the target's.
    temporary = target.parent / f".qaad-{os.urandom(8).hex()}.tmp"
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    return os.open(temporary, flags, 0o666), temporary


def _keep_mode(stream: BinaryIO, target: Path) -> None:
    if hasattr(os, "fchmod"):
        with contextlib.suppress(OSError):
            os.fchmod(stream.fileno(), stat.S_IMODE(target.stat().st_mode))


def _put_in_place(temporary: Path, target: Path, path: str | Path, overwrite: bool) -> None:
    if overwrite:
        os.replace(temporary, target)
    else:
        try:
            # Linking fails where the name has been taken since the check; renaming would overwrite it.
            os.link(temporary, target)
        except FileExistsError:
            raise _exists(path) from None
        except OSError:  # a file system without links
            if target.exists():
                raise _exists(path) from None
            os.rename(temporary, target)
    with contextlib.suppress(OSError):  # the new name reaches the disk too, where folders can be synced
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@contextlib.contextmanager
def _named(path: str | Path) -> Iterator[None]:
    try:
        yield
    except QaadError:
        raise
    except BrokenPipeError:
        raise
    except OSError as error:
        raise _failure(path, error) from error


def _protected(output: Location, path: Location) -> EnvironmentFailure:
    return EnvironmentFailure(
        f"{shown(output)} is the input {shown(path)}, and inputs are never overwritten", hint="name another output"
    )


def _exists(path: str | Path) -> EnvironmentFailure:
    return EnvironmentFailure(f"{path} exists already", hint="-f overwrites it")


def _failure(path: str | Path, error: OSError) -> EnvironmentFailure:
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    return EnvironmentFailure(
        f"cannot write {shown(path)}: {reason(error)}", hint="free some space, or write it elsewhere" if full else None
    )
