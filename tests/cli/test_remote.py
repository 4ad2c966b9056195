"""The command and URLs: what it says, its exit codes, and what it does not say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fixtures.web import Web

pytest.importorskip("aiohttp")
Shell = Callable[..., Any]


@pytest.fixture
def served(web: Web, place: Path) -> Web:
    web.has(place)
    return web


def test_a_cloud_comes_out_of_an_archive_at_a_url(served: Web, place: Path, shell: Shell) -> None:
    done = shell(
        f"qaad decode {served.url}/tiny.qaad -i 2 -o far.ply && qaad decode tiny.qaad -i 2 -o near.ply -q", place
    )
    assert (done.code, done.stderr) == (0, "qaad: wrote far.ply: 1 cloud of 256 points\n")
    assert (place / "far.ply").read_bytes() == (place / "near.ply").read_bytes()
    listed = shell(f"qaad list {served.url}/tiny.qaad", place)
    assert listed == shell("qaad list tiny.qaad", place)


def test_that_a_server_gives_no_parts_is_said(served: Web, place: Path, shell: Shell) -> None:
    served.files["/tiny.qaad"] += b""
    served.ranges = False
    done = shell(f"qaad inspect {served.url}/tiny.qaad --json | head -c 1", place)
    assert done.stdout == "{"
    size = (place / "tiny.qaad").stat().st_size
    if size > 8192:
        told = f"its server gives no parts of files, so all {size} bytes were read"
        assert done.stderr == f"qaad: {served.url}/tiny.qaad: {told}\n"


@pytest.mark.parametrize(
    ("line", "code", "told"),
    [
        ("decode {}/none.qaad -i 0 -o o.ply", 1, "qaad: error: {}/none.qaad: no such file\n"),
        ("compress {}/set/none.ply -o o.qaad -q", 3, "qaad: error: {}/set/none.ply: no such file\n"),
        (
            "compress set/ -o {}/o.qaad -q",
            2,
            "qaad: error: {}/o.qaad: http:// is only read\nhint: write it to a file, and copy that\n",
        ),
        (
            "inspect nosuch://bucket/a.qaad",
            2,
            "qaad: error: nosuch://bucket/a.qaad: nosuch:// is no kind of storage that fsspec knows\n",
        ),
        (
            "compress set/ -o o.qaad --log {}/log.jsonl -q",
            2,
            "qaad: error: invalid value for '--log': {}/log.jsonl is a URL, and this has to be on this machine\n"
            "hint: qaad compress --help shows the usage\n",
        ),
    ],
)
def test_errors(served: Web, place: Path, shell: Shell, line: str, code: int, told: str) -> None:
    done = shell(f"qaad {line.format(served.url)}", place)
    assert (done.code, done.stdout, done.stderr) == (code, "", told.format(*[served.url] * told.count("{}")))
    assert not (place / "o.qaad").exists()


def test_credentials_are_in_no_message_and_in_no_log(served: Web, place: Path, shell: Shell) -> None:
    served.login = "me:secret"
    named = served.url.replace("//", "//me:secret@")
    request = "--epochs 1 --points 64 --latent-size 4 --patches 4 --device cpu"
    done = shell(f"qaad compress '{named}/set/?sig=hidden' -o far.qaad --log log.jsonl {request}", place)
    assert done.code == 0, done.stderr
    wrong = served.url.replace("//", "//me:wrong@")
    refused = shell(f"qaad --debug decode '{wrong}/tiny.qaad?sig=hidden' -i 0 -o o.ply", place)
    assert refused.code == 1
    assert f"qaad: error: {served.url}/tiny.qaad?…: cannot be read: access is denied (401)\n" in refused.stderr
    said = done.stdout + done.stderr + refused.stderr + (place / "log.jsonl").read_text()
    assert [word in said for word in ("secret", "wrong", "hidden")] == [False] * 3
