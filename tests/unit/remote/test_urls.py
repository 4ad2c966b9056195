"""What is a URL, what is shown of it, and what is called how."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from qaadcodec.errors import UsageError
from qaadcodec.remote.urls import below, clean, is_url, located, name_of, path_of, scheme_of, shown

SIGNED = "https://me:secret@example.org:8443/a%20b/scans.qaad?X-Amz-Signature=0123#top"


@pytest.mark.parametrize("text", ["s3://bucket/a.ply", "HTTPS://h/a", "memory://x", "file:///a", "a+b.c-d://x"])
def test_urls(text: str) -> None:
    assert is_url(text)


@pytest.mark.parametrize(
    "text", ["a.ply", "C://scans", "scans.h5::/group", "http:/one-slash", "", "-", "a b://c", Path("s3://b")]
)
def test_no_urls(text: object) -> None:
    assert not is_url(text)


def test_a_file_url_is_a_path() -> None:
    assert located("file:///data/a%20b.ply") == Path("/data/a b.ply")
    assert located("file://localhost/data/a.ply") == Path("/data/a.ply")
    assert located("file:///C:/a.ply") == Path("C:/a.ply")
    assert located("a.ply") == Path("a.ply")
    assert located("s3://b/a.ply") == "s3://b/a.ply"
    with pytest.raises(UsageError, match=r"file://server/a.ply: a file:// URL names a file of this machine"):
        located("file://server/a.ply")


def test_nothing_secret_is_shown() -> None:
    assert shown(SIGNED) == "https://example.org:8443/a%20b/scans.qaad?…"
    assert shown("s3://key:secret@bucket/a") == "s3://bucket/a"
    assert shown("plain?name@here") == "plain?name@here"
    assert clean(f"got '{SIGNED}' and s3://k:s@b/x, twice") == (
        "got 'https://example.org:8443/a%20b/scans.qaad?…' and s3://b/x, twice"
    )


def test_names_and_paths() -> None:
    assert path_of(SIGNED) == PurePosixPath("/a b/scans.qaad")
    assert path_of("s3://bucket/50%20?#.ply") == PurePosixPath("/50%20?#.ply")  # letters of the name
    assert (name_of(SIGNED), name_of(Path("x/y.qaad")), scheme_of("S3://b")) == ("scans.qaad", "y.qaad", "s3")
    assert below("s3://b/out/", PurePosixPath("a/b.ply")) == "s3://b/out/a/b.ply"
    assert below(Path("out"), PurePosixPath("a.ply")) == Path("out/a.ply")
