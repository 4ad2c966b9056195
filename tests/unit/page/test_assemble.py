"""The page as a whole: the archive byte for byte, names as text, nothing from outside, and the policy for that."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest

from qaadcodec.errors import ArchiveError, UsageError
from qaadcodec.page.assemble import MOST_EMBEDDED, Looks, check, page
from qaadcodec.page.gather import Told, gather
from qaadcodec.progress import Run

NASTY = "</script><img src=x onerror=alert(1)>{{archive}}"
MOST_OF_A_SCRIPT = re.compile(r'<script[^>]*id="([\w-]+)"[^>]*>(.*?)</script>', re.DOTALL)


@pytest.fixture(scope="module")
def told(made: Path) -> Told:
    return gather(made / "scans.qaad", [str(made / "scans")], Run(device="cpu"))


def text_of(path: Path, told: Told, looks: Looks | None = None) -> str:
    return b"".join(page(path, told, looks or Looks())).decode()


def scripts(text: str) -> dict[str, str]:
    return dict(MOST_OF_A_SCRIPT.findall(text))


def test_the_archive_is_in_it_byte_for_byte(archive: Path, told: Told) -> None:
    assert base64.b64decode(scripts(text_of(archive, told))["archive"], validate=True) == archive.read_bytes()


def test_a_large_archive_is_whole_too(tmp_path: Path, told: Told) -> None:
    large = tmp_path / "large.qaad"
    large.write_bytes(bytes(range(256)) * 7001)  # 1.8 MB: more than two pieces, and no multiple of 3
    assert base64.b64decode(scripts(text_of(large, told))["archive"], validate=True) == large.read_bytes()


def test_names_are_text_everywhere(archive: Path, told: Told) -> None:
    names = (NASTY, *told.inspection.names[1:])
    errors = (replace(told.errors[0], name=NASTY, note=NASTY), *told.errors[1:])
    nasty = replace(told, inspection=replace(told.inspection, names=names), errors=errors)
    text = text_of(archive, nasty)
    assert "<img" not in text
    assert set(scripts(text)) == {"notes", "archive", "viewer-script"}
    escaped = "&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;{{archive}}"
    assert text.count(escaped) == 4  # in chart and table, and twice in the note
    assert text.count(base64.b64encode(archive.read_bytes()).decode()) == 1


def test_the_file_name_is_text_and_its_folder_is_not_told(tmp_path: Path, archive: Path) -> None:
    path = tmp_path / "secret"
    path.mkdir()
    path /= "a&b <i>.qaad"
    path.write_bytes(archive.read_bytes())
    text = text_of(path, gather(path, [], Run()))
    assert "<title>a&amp;b &lt;i&gt;.qaad</title>" in text
    assert "<i>" not in text
    assert "secret" not in text
    assert json.loads(scripts(text)["notes"])["file"] == "a&b <i>.qaad"


def test_nothing_comes_from_outside(archive: Path, told: Told) -> None:
    text = text_of(archive, told)
    markup = text
    for content in scripts(text).values():
        markup = markup.replace(content, "")
    assert re.findall(r"https?:|//[a-z]", markup) == []
    assert re.findall(r"<(?:link|img|iframe|object|embed|base)\b| src=|@import|url\(", markup) == []
    assert "connect-src 'none'" in policy_of(text)


def policy_of(text: str) -> str:
    found = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert found
    return unescape(found[1])


def test_the_policy_names_script_and_style(archive: Path, told: Told) -> None:
    text = text_of(archive, told)
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert style
    for kind, content in (("script-src", scripts(text)["viewer-script"]), ("style-src", style[1])):
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{kind} 'sha256-{digest}'" in policy_of(text)
    assert "unsafe-inline" not in policy_of(text)
    assert re.findall(r'<[^>]* (?:style|on\w+)="', text.replace(scripts(text)["viewer-script"], "")) == []


@pytest.mark.parametrize(
    ("link", "allowed"),
    [
        ("https://example.org/a.qaad", "connect-src https:"),
        ("http://localhost:8000/a.qaad", "connect-src http: https:"),
        ("archives/a.qaad", "connect-src 'self'"),
    ],
)
def test_a_linked_archive_is_not_in_it(archive: Path, told: Told, link: str, allowed: str) -> None:
    text = text_of(archive, told, Looks(link=link))
    assert scripts(text)["archive"] == ""
    assert json.loads(scripts(text)["notes"])["link"] == link
    assert allowed in policy_of(text).split("; ")
    assert f"The viewer reads the archive from {link}" in text


@pytest.mark.parametrize("link", ["javascript:alert(1)", "file:///a.qaad", "//host/a.qaad", "/", "", "ftp://a/b"])
def test_what_is_no_address(link: str) -> None:
    with pytest.raises(UsageError, match="is no address that a page can read an archive from"):
        check(1000, Looks(link=link))


def test_an_archive_that_no_browser_would_take() -> None:
    with pytest.raises(UsageError, match="268435457 bytes is too large for a page, which takes 268435456 at most"):
        check(MOST_EMBEDDED + 1, Looks())
    check(MOST_EMBEDDED + 1, Looks(link="https://example.org/a.qaad"))


def test_the_errors_are_those_of_eval(archive: Path, told: Told) -> None:
    notes = json.loads(scripts(text_of(archive, told))["notes"])
    assert notes["errors"] == {str(each.index): each.n_em_kd for each in told.errors}
    assert told.points is not None
    assert sorted(notes["points"]["clouds"]) == ["0", "1", "2", "3"]
    assert len(zlib.decompress(base64.b64decode(notes["points"]["clouds"]["0"]))) == 60


def test_without_originals_it_says_how_to_see_errors(archive: Path) -> None:
    text = text_of(archive, gather(archive, [], Run()))
    assert "qaad report ARCHIVE ORIGINALS" in text
    assert json.loads(scripts(text)["notes"])["points"] is None


def test_a_damaged_archive_has_no_page(archive: Path, tmp_path: Path) -> None:
    data = bytearray(archive.read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "bad.qaad").write_bytes(data)
    with pytest.raises(ArchiveError):
        gather(tmp_path / "bad.qaad", [], Run())


def test_large_sets_have_a_table_of_the_first_clouds(
    archive: Path, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qaadcodec.page.parts.MOST_ROWS", 2)
    text = text_of(archive, told)
    assert "The first 2 of 4 clouds; qaad list shows all." in text
    assert text.count('<th scope="row" class="number">') == 2
