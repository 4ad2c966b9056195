"""Whole files at URLs, fetched when they are first read and kept in a temporary folder as long as anyone has them."""

from __future__ import annotations

import shutil
import tempfile
import threading
import weakref
from pathlib import Path, PurePosixPath

from qaadcodec.errors import EnvironmentFailure
from qaadcodec.remote.storage import storage, telling
from qaadcodec.remote.urls import Location, path_of, shown


class Kept:
    """A temporary folder for what is fetched. It disappears with the last file that is kept in it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._folder: str | None = None
        self._files = 0

    def place(self, suffix: str) -> Path:
        """A path for one more file."""
        with self._lock:
            try:
                if self._folder is None:
                    self._folder = tempfile.mkdtemp(prefix="qaad-fetched-")
                    weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
            except OSError as error:
                raise EnvironmentFailure(
                    f"no temporary folder: {(error.strerror or str(error)).lower()}", hint=ELSEWHERE
                ) from error
            self._files += 1
            return Path(self._folder, f"{self._files}{suffix}")


ELSEWHERE = "what is fetched is kept there as long as it is used; TMPDIR names another folder"


class FetchedFile:
    """A file at a URL, which is fetched once, when it is first read.

    Attributes:
        url: where it is.
        path: its path there, by which it is called.
        outer: the URL once more, as of a file that is in no other.
        label: what messages call it.
    """

    def __init__(self, url: str, kept: Kept) -> None:
        self.url, self.path, self.label = url, path_of(url), shown(url)
        self.outer: Location | None = url
        self._kept, self._lock = kept, threading.Lock()
        self._file: Path | None = None

    def read(self) -> Path:
        """The file on this machine.

        Raises:
            Missing: there is none; EnvironmentFailure: it cannot be fetched, or there is no room for it.
        """
        with self._lock:
            if self._file is None:
                self._file = self._fetch(self._kept.place(_suffix(self.path)))
            return self._file

    def _fetch(self, target: Path) -> Path:
        fs, path = storage(self.url)
        try:
            target.touch()
        except OSError as error:
            raise EnvironmentFailure(f"{target}: {(error.strerror or str(error)).lower()}", hint=ELSEWHERE) from error
        with telling(self.url, "be fetched"):
            fs.get_file(path, str(target))  # s3fs takes a path alone, no stream
        return target


def _suffix(path: PurePosixPath) -> str:
    """The suffixes of a file as far as they are harmless in a name."""
    return "".join(suffix for suffix in path.suffixes[-2:] if suffix[1:].isalnum() and len(suffix) < 10)
