"""Files at URLs, of which only parts are fetched; and what is said where that does not work."""

from __future__ import annotations

import os
import socket

import pytest
from fixtures.web import Web

from qaadcodec.errors import EnvironmentFailure
from qaadcodec.remote import ranges, storage
from qaadcodec.remote.ranges import AHEAD, RangeFile
from qaadcodec.remote.storage import Missing

pytest.importorskip("aiohttp")
DATA = os.urandom(200_000)


def test_only_what_is_read_is_fetched(web: Web) -> None:
    web.files["/a.qaad"] = DATA
    file = RangeFile(f"{web.url}/a.qaad")
    assert (file.size, file.seek(0, os.SEEK_END), file.whole) == (len(DATA), len(DATA), False)
    for start, length in [(0, 20), (20, 500), (100_000, 12_000), (101_000, 3), (199_990, 10), (195_000, 40)]:
        file.seek(start)
        assert file.read(length) == DATA[start : start + length]
    assert file.read(0) == b""
    assert web.lines[0] == "HEAD /a.qaad"
    assert web.lines[1:] == [
        f"GET /a.qaad bytes=0-{AHEAD - 1}",
        "GET /a.qaad bytes=100000-111999",  # longer than what is kept
        f"GET /a.qaad bytes=101000-{101_000 + AHEAD - 1}",
        f"GET /a.qaad bytes={len(DATA) - AHEAD}-{len(DATA) - 1}",  # and what lies before, where the file ends
    ]
    assert sum(web.sent) == 3 * AHEAD + 12_000


def test_reading_ends_where_the_file_does(web: Web) -> None:
    web.files["/a"] = b"0123456789"
    file = RangeFile(f"{web.url}/a")
    file.seek(8)
    assert (file.read(5), file.read(5), file.tell()) == (b"89", b"", 10)


def test_a_server_without_ranges_gives_the_whole_file(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    web.files["/a"], web.ranges = DATA, False
    file = RangeFile(f"{web.url}/a")
    assert (file.read(4), file.whole) == (DATA[:4], False)  # the first bytes come so, too
    file.seek(150_000)
    assert (file.read(7), file.whole, file.size) == (DATA[150_000:150_007], True, len(DATA))
    asked = len(web.lines)
    file.seek(70_000)
    assert file.read(100) == DATA[70_000:70_100]
    assert len(web.lines) == asked

    monkeypatch.setattr(ranges, "MOST_WHOLE", 100_000)
    file = RangeFile(f"{web.url}/a")
    file.seek(150_000)
    with pytest.raises(EnvironmentFailure, match=r"/a: its server gives no parts of files, and 200000 bytes are too"):
        file.read(7)


def test_errors_say_what_the_server_said(web: Web) -> None:
    web.status |= {"/old": 410, "/mine": 403, "/broken": 503}
    web.moved |= {"/here": "/there", "/there": "/here"}
    for path, what in [
        ("none", "/none: no such file"),
        ("old", "/old: no such file"),
        ("mine", r"/mine: cannot be read: access is denied \(403\)"),
        ("broken", "/broken: cannot be read: the server answers 503"),
        ("here", "/here: cannot be read: its redirects do not end"),
    ]:
        with pytest.raises(EnvironmentFailure, match=f"{what}$") as told:
            RangeFile(f"{web.url}/{path}")
        assert isinstance(told.value, Missing) == ("no such file" in what)


def test_a_redirect_is_followed(web: Web) -> None:
    web.files["/new.qaad"], web.moved["/old.qaad"] = DATA, f"{web.url}/new.qaad"
    file = RangeFile(f"{web.url}/old.qaad")
    file.seek(50_000)
    assert file.read(9) == DATA[50_000:50_009]


def test_a_user_and_a_password_are_used_and_never_shown(web: Web) -> None:
    web.files["/a"], web.login = DATA, "me:secret"
    named = web.url.replace("//", "//me:secret@")
    assert RangeFile(f"{named}/a").read(3) == DATA[:3]
    wrong = web.url.replace("//", "//me:wrong@")
    with pytest.raises(EnvironmentFailure, match=r"access is denied \(401\)") as told:
        RangeFile(f"{wrong}/a?sig=hidden")
    everything = f"{told.value} {told.value.hint} {told.value.__cause__!r}"
    assert [word in everything for word in ("wrong", "hidden", "127.0.0.1")] == [False, False, True]
    assert told.value.__suppress_context__


def test_nobody_there(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(EnvironmentFailure, match=rf"^http://127.0.0.1:{port}/a: cannot be read: connection refused$"):
        RangeFile(f"http://127.0.0.1:{port}/a")


def test_a_server_that_does_not_answer(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    web.files["/a"], web.slow = DATA, True
    monkeypatch.setattr(storage, "TIMEOUT", 0.2)
    with pytest.raises(EnvironmentFailure, match=r"/a: cannot be read: no answer within 0.2 s$"):
        RangeFile(f"{web.url}/a")


def test_storage_that_is_not_of_the_web() -> None:
    import fsspec

    fsspec.filesystem("memory").pipe_file("/ranges/a.qaad", DATA)
    file = RangeFile("memory://ranges/a.qaad")
    file.seek(123_456)
    assert (file.size, file.read(1000)) == (len(DATA), DATA[123_456:124_456])
    with pytest.raises(Missing, match=r"^memory://ranges/none: no such file$"):
        RangeFile("memory://ranges/none")
    with pytest.raises(EnvironmentFailure, match=r"^memory://ranges: is a folder$"):
        RangeFile("memory://ranges")
