"""Files at URLs that appear whole or not at all: written to a temporary file here, then put there in one step."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from qaadcodec.errors import EnvironmentFailure, UsageError
from qaadcodec.remote.storage import WRITTEN, storage, telling
from qaadcodec.remote.urls import WEB, scheme_of, shown

# Storage in which what is put appears when all of it is there, and replaces what was there before.
WHOLE = ("s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "oss", "memory")
HERE = "write it to a file, and copy that"


def check_output(url: str, overwrite: bool) -> None:
    """Make the checks of `output_at` now, before long work whose result could not be written.

    An empty file is put beside the target and removed again, because only that tells whether it is possible.

    Raises:
        EnvironmentFailure: the target exists and `overwrite` is false, or nothing can be written there;
        UsageError: this kind of storage is not written to.
    """
    check_outputs([url], overwrite)


def check_outputs(urls: Sequence[str], overwrite: bool) -> None:
    """`check_output` of several files, of which those of one folder are listed together."""
    folders: dict[str, set[str]] = {}
    for url in urls:
        fs, path = _target(url, overwrite=True)  # whether it is there is known from its folder
        with telling(url, WRITTEN):
            folder = fs._parent(path)
            if folder not in folders:
                folders[folder] = set() if overwrite else _names_in(fs, folder)
                trial = f"{folder}/.qaad-{os.urandom(8).hex()}.tmp"
                fs.pipe_file(trial, b"")
                fs.rm_file(trial)
        if path in folders[folder]:
            raise _exists(url)


@contextmanager
def output_at(url: str, overwrite: bool) -> Iterator[BinaryIO]:
    """Open a file for writing (and reading back) that appears at a URL only if the block ends without an exception.

    Raises:
        EnvironmentFailure: the target exists and `overwrite` is false, or cannot be written.
        UsageError: this kind of storage is not written to.
    """
    _target(url, overwrite)
    with tempfile.TemporaryDirectory(prefix="qaad-output-") as folder:
        whole = Path(folder, "output")
        with whole.open("w+b") as stream:
            yield stream
        fs, path = _target(url, overwrite)
        with telling(url, WRITTEN):
            fs.put_file(str(whole), path)


def _target(url: str, overwrite: bool) -> tuple[Any, str]:
    """The file system of a URL that may be written, and its path there."""
    scheme = scheme_of(url)
    if scheme not in WHOLE:
        only = "only read" if scheme in WEB else "not written to, since a file would be there before it is whole"
        raise UsageError(f"{shown(url)}: {scheme}:// is {only}", hint=HERE)
    if url.endswith("/"):
        raise EnvironmentFailure(f"{shown(url)} is a folder", hint=f"name a file, for example {shown(url)}output")
    fs, path = storage(url)
    with telling(url, WRITTEN):
        fs.invalidate_cache()  # what another program has put there since
        taken = not overwrite and fs.exists(path)
    if taken:
        raise _exists(url)
    return fs, path


def _names_in(fs: Any, folder: str) -> set[str]:
    """All files directly in a folder, which need not be there."""
    try:
        return set(fs.ls(folder, detail=False))
    except FileNotFoundError:
        return set()


def _exists(url: str) -> EnvironmentFailure:
    return EnvironmentFailure(f"{shown(url)} exists already", hint="-f overwrites it")
