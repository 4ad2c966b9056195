"""What there is at a URL: files, folders and patterns, in storage and on the web."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fixtures.web import Web

from qaadcodec.errors import EnvironmentFailure
from qaadcodec.remote.listing import files_at
from qaadcodec.remote.storage import Missing

NAMES = ("a.ply", "b c.ply", "sub/d.npy", "sub/deep/e.ply", ".hidden.ply", ".git/f.ply", "notes.txt")


@pytest.fixture
def memory() -> Iterator[str]:
    import fsspec

    fs = fsspec.filesystem("memory")
    for name in NAMES:
        fs.pipe_file(f"/listing/set/{name}", name.encode())
    yield "memory://listing/set"
    fs.rm("/listing", recursive=True)


def relative(url: str) -> list[str]:
    found = files_at(url)
    assert found is not None
    return sorted(str(file.relative) for file in found)


def test_a_folder_of_storage(memory: str) -> None:
    assert relative(memory) == ["a.ply", "b c.ply", "notes.txt", "sub/d.npy", "sub/deep/e.ply"]
    assert relative(f"{memory}/") == relative(memory)
    urls = {file.url for file in files_at(memory) or []}
    assert "memory:///listing/set/b c.ply" in urls
    assert files_at(f"{memory}/a.ply") is None
    with pytest.raises(Missing, match=r"^memory://listing/none: no such file$"):
        files_at("memory://listing/none")


def test_a_pattern_names_files_from_its_last_plain_folder_on(memory: str) -> None:
    assert relative(f"{memory}/*.ply") == ["a.ply", "b c.ply"]
    assert relative(f"{memory}/?.ply") == ["a.ply"]
    assert relative(f"{memory}/sub/**/*.ply") == ["deep/e.ply"]
    assert relative(f"{memory}/*/d.*") == ["sub/d.npy"]
    assert relative(f"{memory}/[xy].ply") == []


def test_a_folder_of_the_web_is_a_page_of_links(web: Web) -> None:
    pytest.importorskip("aiohttp")
    for name in NAMES:
        web.files[f"/data/set/{name.replace(' ', '%20')}"] = name.encode()
    web.files["/data/other.ply"] = b"outside"
    assert relative(f"{web.url}/data/set/") == ["a.ply", "b c.ply", "notes.txt", "sub/d.npy", "sub/deep/e.ply"]
    assert relative(f"{web.url}/data/set/*.ply") == ["a.ply", "b c.ply"]
    urls = {file.url for file in files_at(f"{web.url}/data/set/") or []}
    assert f"{web.url}/data/set/b%20c.ply" in urls
    asked = len(web.lines)
    assert files_at(f"{web.url}/data/set/a.ply") is None
    assert len(web.lines) == asked  # only a slash makes a folder there, so nothing has to be asked
    with pytest.raises(EnvironmentFailure, match=r"/none/: no such file$"):
        files_at(f"{web.url}/none/")
