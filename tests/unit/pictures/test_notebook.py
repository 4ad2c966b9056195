"""What archives and clouds show of themselves in a notebook: facts, pictures without a ground, names as they are."""

from __future__ import annotations

import base64
import re
import sys
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from fixtures.documents import ROOT
from fixtures.shapes import sphere
from PIL import Image

import qaadcodec
from qaadcodec import PointCloud, as_html

VECTORS = ROOT / "formats" / "vectors"
PICTURE = re.compile(r'src="data:image/png;base64,([^"]+)"')


class Tags(HTMLParser):
    """Checks that every tag that is opened is closed, and keeps what is asked of elsewhere."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.asked: list[str] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.asked += [value or "" for name, value in attrs if name in ("src", "href")]
        assert tag not in ("script", "link", "style")
        if tag != "img":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def pictures(html: str) -> list[np.ndarray]:
    assert all(asked.startswith("data:") for asked in Tags(html).asked)
    return [np.asarray(Image.open(BytesIO(base64.b64decode(data)))) for data in PICTURE.findall(html)]


def test_a_cloud_shows_itself_from_two_sides() -> None:
    html = PointCloud("scans/<a> & b", sphere(3000).astype(np.float32), dropped=("normals",))._repr_html_()
    first, second = pictures(html)
    assert first.shape == second.shape == (330, 330, 2)
    assert first[0, 0, 1] == 0  # no ground
    assert first[165, 165, 1] == 255
    assert 90 < first[165, 165, 0] < 250
    for text in ("scans/&lt;a&gt; &amp; b", "3 000, float32", "-0.99", "three-quarter", "side", "normals"):
        assert text in html
    assert len(html) < 300_000


def test_an_archive_shows_what_it_takes_and_some_of_its_clouds() -> None:
    with qaadcodec.open(VECTORS / "blocks.qaad") as archive:
        html = archive._repr_html_()
        assert repr(archive) == f"<OpenArchive {VECTORS / 'blocks.qaad'}: 70 clouds of 6 points, 923 bytes>"
    assert len(pictures(html)) == 4
    for text in (
        "<strong>blocks.qaad</strong>",
        "70 clouds of 6 points",
        "923, ratio 5.46",
        "0 · cloud 0",
        "69 · cloud 69",
    ):
        assert text in html
    assert html.count("<li>") == 70


def test_of_many_names_the_first_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qaadcodec.pictures.notebook.NAMES", 20)
    monkeypatch.setattr("qaadcodec.pictures.notebook.MOST_CLOUDS", 1)
    with qaadcodec.open(VECTORS / "blocks.qaad") as archive:
        html = archive._repr_html_()
    assert html.count("<li>") == 21
    assert "and 50 more" in html


def test_without_a_picture_the_facts_remain(monkeypatch: pytest.MonkeyPatch) -> None:
    with qaadcodec.open(VECTORS / "minimal.qaad") as archive:
        monkeypatch.setitem(sys.modules, "PIL", None)
        html = archive._repr_html_()
        assert pictures(html) == []
        assert "no picture: pictures need Pillow" in html
        assert "pip install &#x27;qaadcodec[pictures]&#x27;" in html
    html = archive._repr_html_()  # it is closed
    assert "no picture: " in html
    assert "minimal.qaad" in html


def test_a_cloud_of_an_archive_has_its_name(tmp_path: Path) -> None:
    with qaadcodec.open(VECTORS / "blocks.qaad") as archive:
        cloud = archive.cloud("cloud 7")
        assert cloud.name == archive.cloud(7).name == archive.cloud(-63).name == "cloud 7"
        np.testing.assert_array_equal(cloud.points, archive[7])
        with pytest.raises(qaadcodec.UsageError, match="no cloud is named 'x'"):
            archive.cloud("x")


@pytest.mark.parametrize(
    "points", [np.zeros((1, 3)), np.full((5, 3), 1e90), 1e-90 * sphere(50)], ids=["one", "far", "small"]
)
def test_any_cloud_has_a_picture(points: np.ndarray) -> None:
    assert len(pictures(as_html(PointCloud("a", points)))) == 2


def test_what_is_neither_is_refused() -> None:
    with pytest.raises(TypeError, match="an archive or a cloud shows itself, not int"):
        as_html(3)
