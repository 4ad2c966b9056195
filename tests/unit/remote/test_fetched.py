"""Whole files from URLs: fetched once, kept as long as they are used."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest
from fixtures.web import Web

from qaadcodec.errors import EnvironmentFailure
from qaadcodec.remote.fetched import FetchedFile, Kept
from qaadcodec.remote.storage import Missing

pytest.importorskip("aiohttp")


def test_a_file_is_fetched_when_it_is_read_and_only_once(web: Web) -> None:
    web.files["/a/scan.ply.gz"] = b"content"
    file = FetchedFile(f"{web.url}/a/scan.ply.gz?sig=1", Kept())
    assert (str(file.path), file.label, web.lines) == ("/a/scan.ply.gz", f"{web.url}/a/scan.ply.gz?…", [])
    assert file.read().read_bytes() == b"content"
    assert file.read().name.endswith(".ply.gz")
    assert web.lines == ["GET /a/scan.ply.gz"]


def test_what_was_fetched_goes_with_the_last_who_uses_it(web: Web) -> None:
    web.files |= {"/a": b"1", "/b": b"2"}
    kept = Kept()
    files = [FetchedFile(f"{web.url}/{name}", kept) for name in "ab"]
    first, second = (file.read() for file in files)
    assert first.parent == second.parent
    del kept, files[0]
    gc.collect()
    assert first.exists()
    files.clear()
    gc.collect()
    assert not first.parent.exists()


def test_what_cannot_be_fetched(web: Web, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    web.status["/broken"] = 500
    with pytest.raises(Missing, match=r"/none: no such file$"):
        FetchedFile(f"{web.url}/none", Kept()).read()
    with pytest.raises(EnvironmentFailure, match=r"/broken: cannot be fetched: the server answers 500$"):
        FetchedFile(f"{web.url}/broken", Kept()).read()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))
    with pytest.raises(EnvironmentFailure, match="no temporary folder: no such file or directory") as told:
        FetchedFile(f"{web.url}/broken", Kept()).read()
    assert "TMPDIR" in (told.value.hint or "")


def test_storage_is_given_a_path_to_fetch_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """s3fs writes to no stream, which others do as well."""

    class PathsAlone:
        def get_file(self, path: str, target: str) -> None:
            Path(os.path.abspath(target)).write_bytes(path.encode())

    monkeypatch.setattr("qaadcodec.remote.fetched.storage", lambda url: (PathsAlone(), "scans/a.ply"))
    assert FetchedFile("s3://scans/a.ply", Kept()).read().read_bytes() == b"scans/a.ply"
