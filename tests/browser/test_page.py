"""The page in a real browser: it decodes what qaad decodes, every control works, and nothing leaves it.

Skipped where no browser is found; tests/fixtures/chromium.py says which are looked for.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from fixtures.chromium import Browser, Tab
from fixtures.viewer import KEEP_WHAT_IS_SAVED, SMALL, Viewer, points_of, within, write_page

from qaadcodec.clouds import Normalisation
from qaadcodec.codec.open import open as open_archive
from qaadcodec.model.numpy_decoder import decode_points

Look = Callable[..., Tab]


@pytest.fixture(scope="module")
def address(made: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A page of four clouds with their originals, as a file."""
    return write_page(tmp_path_factory.mktemp("page") / "report.html", made / "scans.qaad", [str(made / "scans")])


@pytest.fixture(scope="module")
def tab(browser: Browser, address: str) -> Iterator[Tab]:
    """The page in a tab that many tests share."""
    opened = browser.open(address, before=KEEP_WHAT_IS_SAVED, **SMALL)
    yield opened
    opened.close()


@pytest.fixture
def viewer(tab: Tab) -> Iterator[Viewer]:
    """Its viewer, as it was at first. Nothing may go wrong in it, and nothing may leave the page."""
    viewer = Viewer(tab)
    yield viewer
    assert tab.complaints == []
    assert [url for url in tab.requests if not url.startswith(("file:", "blob:", "data:"))] == []
    viewer.put("search", "")
    viewer.put("colour", "clay")
    viewer.put("up", "y")
    viewer.put("slider", 0)
    viewer.settled(0)


def test_clouds_are_those_that_qaad_decodes(viewer: Viewer, archive: Path) -> None:
    with open_archive(archive) as opened:
        for i, name in enumerate(("a", "b", "c", "d")):
            viewer.put("slider", i)
            viewer.settled(i)
            called, data = viewer.saved("save-cloud")
            assert called == f"{name}.ply"
            assert data.startswith(b"ply\nformat binary_little_endian 1.0\nelement vertex 120\nproperty float x\n")
            assert np.abs(points_of(data) - opened.points(i)).max() <= within(opened)
        latents = opened.latents([0, 2])
        viewer.put("slider", 0)
        viewer.put("other", 2)
        viewer.put("share", 25)
        viewer.tab.wait("told.innerText.includes('→')")
        called, data = viewer.saved("save-cloud")
        assert called == "a-c-25.ply"
        header = opened.header
        mixed = (0.75 * latents[0] + 0.25 * latents[1]).astype(np.float32)
        expected = decode_points(header.network, opened.weights, opened.input_cloud, mixed)
        between = Normalisation(np.array(header.offset), header.scale).invert(expected)
        assert np.abs(points_of(data) - between).max() <= within(opened)
        assert np.abs(points_of(data) - opened.points(0)).max() > within(opened)


def test_going_through_the_clouds(viewer: Viewer) -> None:
    assert viewer.text("told").splitlines()[0] == "a"
    assert "120 points" in viewer.text("told").replace("\u00a0", " ")
    for act, cloud in (
        (lambda: viewer.click("next"), 1),
        (lambda: viewer.click("previous"), 0),
        (lambda: viewer.click("previous"), 3),
        (lambda: viewer.press("n"), 0),
        (lambda: viewer.press("p"), 3),
        (lambda: viewer.press("Home"), 0),
        (lambda: viewer.press("End"), 3),
        (lambda: viewer.tab.run("document.querySelector('#list [data-index=\"2\"]').click()"), 2),
        (lambda: viewer.tab.run("document.querySelector('main a[href=\"#cloud=1\"]').click()"), 1),
    ):
        act()
        viewer.settled(cloud)
        assert viewer.tab.run("slider.value") == str(cloud)
        assert viewer.text("place") == f"{cloud} / 3"
        assert viewer.tab.run("document.querySelector('#list [aria-selected=\"true\"]').dataset.index") == str(cloud)
    assert viewer.tab.run("slider.getAttribute('aria-valuetext')") == "1, b"


def test_searching(viewer: Viewer) -> None:
    viewer.press("/")
    assert viewer.tab.run("document.activeElement.id") == "search"
    viewer.put("search", "SUB d")
    assert viewer.tab.run("[...list.children].map((each) => each.querySelector('.name').innerText)") == ["sub/d"]
    assert viewer.text("found").replace("\u00a0", " ") == "1 of 4 clouds"
    viewer.tab.press("Enter")
    viewer.settled(3)
    viewer.put("search", "nowhere")
    assert viewer.tab.run("list.children.length") == 0
    viewer.put("search", "")
    viewer.tab.run("list.focus()")
    viewer.tab.press("ArrowUp")
    viewer.settled(2)
    viewer.tab.press("Home")
    viewer.settled(0)


def test_playing(viewer: Viewer) -> None:
    viewer.put("speed", 25)
    viewer.press(" ")
    assert viewer.tab.run("play.getAttribute('aria-label')") == "Pause"
    for cloud in (2, 3, 0, 1):  # round and on
        viewer.tab.wait(f"view.dataset.cloud === '{cloud}'")
    viewer.press(" ")
    assert viewer.tab.run("play.getAttribute('aria-pressed')") == "false"
    at = viewer.tab.run("slider.value")
    viewer.tab.run("new Promise((done) => setTimeout(done, 150))")
    assert viewer.tab.run("slider.value") == at


def test_morphing(viewer: Viewer, archive: Path) -> None:
    before = viewer.drawn()
    viewer.put("other", 3)
    for _ in range(10):
        viewer.press("m")
    viewer.tab.wait("shared.innerText.startsWith('100 %') && told.innerText.includes('100 %')")
    assert viewer.drawn() != before
    with open_archive(archive) as opened:
        assert np.abs(viewer.cloud() - opened.points(3)).max() <= within(opened)
    for _ in range(10):
        viewer.press("b")
    viewer.settled(0)
    viewer.tab.wait("!told.innerText.includes('→')")
    assert viewer.drawn() == before
    viewer.put("other", 99)
    assert viewer.tab.run("other.value") == "3"


def test_colours(viewer: Viewer) -> None:
    pictures, legends = [], []
    for _ in range(4):
        pictures.append(viewer.drawn())
        legends.append(viewer.text("legend"))
        viewer.press("c")
    assert len(set(pictures)) == 4
    assert viewer.tab.run("colour.value") == "clay"
    assert legends[0] == ""
    assert "4 patches" in legends[1].replace("\u00a0", " ")
    assert "points of one colour correspond" in legends[2]
    assert "distance to the original's surface" in legends[3]
    viewer.put("colour", "error")
    viewer.put("share", 50)
    viewer.tab.wait("legend.innerText.includes('no original')")


def test_looking_from_elsewhere(viewer: Viewer) -> None:
    first = viewer.drawn()
    for key in ("ArrowLeft", "ArrowUp", "+"):
        viewer.press(key)
        viewer.press(key)
    assert viewer.drawn() != first
    viewer.press("0")
    assert viewer.drawn() == first
    box = viewer.tab.run("(({x, y, width, height}) => [x + width / 2, y + height / 2])(view.getBoundingClientRect())")
    viewer.tab.mouse("mousePressed", *box, button="left", clickCount=1)
    viewer.tab.mouse("mouseMoved", box[0] + 90, box[1] + 20, button="left", buttons=1)
    viewer.tab.mouse("mouseReleased", box[0] + 90, box[1] + 20, button="left")
    turned = viewer.drawn()
    assert turned != first
    viewer.tab.mouse("mouseWheel", *box, deltaX=0, deltaY=-240)
    assert viewer.drawn() != turned
    viewer.click("reset")
    assert viewer.drawn() == first
    viewer.put("up", "z")
    assert viewer.drawn() != first


def test_the_archive_is_saved_as_it_is(viewer: Viewer, archive: Path) -> None:
    assert viewer.saved("save-archive") == ("scans.qaad", archive.read_bytes())


def test_the_browser_holds_the_page_to_its_policy(viewer: Viewer) -> None:
    tab = viewer.tab
    sent = "fetch('https://example.org/').then(() => 'sent', () => 'refused')"
    assert tab.run(sent) == "refused"
    assert any("Content Security Policy" in each for each in tab.complaints)
    tab.complaints.clear()
    tab.requests.clear()


def test_colours_of_the_page(viewer: Viewer) -> None:
    tab = viewer.tab
    tab.prefer("dark")

    def ground() -> object:
        return tab.run("getComputedStyle(document.body).backgroundColor")

    assert ground() == "rgb(20, 22, 26)"
    viewer.click("scheme")
    assert (ground(), viewer.text("scheme")) == ("rgb(255, 255, 255)", "Scheme: light")
    tab.prefer("light")
    viewer.click("scheme")
    assert (ground(), viewer.text("scheme")) == ("rgb(20, 22, 26)", "Scheme: dark")
    viewer.click("scheme")
    assert (ground(), viewer.text("scheme")) == ("rgb(255, 255, 255)", "Scheme: system")


def test_on_a_phone(look: Look, address: str) -> None:
    tab = look(address, width=390)
    Viewer(tab)
    assert tab.run("document.documentElement.scrollWidth") <= 390
    small = (
        "[...document.querySelectorAll('button, select')].filter((each) => each.offsetHeight && each.offsetHeight < 40)"
    )
    assert tab.run(f"{small}.map((each) => each.id)") == []
    assert tab.run("view.offsetHeight < innerHeight")


def test_everything_has_a_name(viewer: Viewer) -> None:
    named = viewer.tab.named()
    assert len(named) > 20
    assert [role for role, name in named if not name and role != "RootWebArea"] == []


def test_without_webgl_and_without_workers(look: Look, address: str, archive: Path) -> None:
    off = """
      HTMLCanvasElement.prototype.getContext = () => null;
      Worker = class { constructor() { throw new Error("refused"); } };
    """
    viewer = Viewer(look(address, before=KEEP_WHAT_IS_SAVED + off))
    assert viewer.text("message") == (
        "The clouds cannot be drawn: this browser has no WebGL2, or it is switched off. They can be saved all the same."
    )
    viewer.click("next")
    viewer.settled(1)
    with open_archive(archive) as opened:
        assert np.abs(viewer.cloud() - opened.points(1)).max() <= within(opened)


def test_a_damaged_archive(look: Look, made: Path, tmp_path: Path) -> None:
    write_page(tmp_path / "report.html", made / "scans.qaad", [])
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    data = bytearray((made / "scans.qaad").read_bytes())
    good = base64.b64encode(data).decode()
    data[-40] ^= 1
    (tmp_path / "bad.html").write_text(text.replace(good, base64.b64encode(data).decode()), encoding="utf-8")
    tab = look((tmp_path / "bad.html").as_uri())
    tab.wait("!message.hidden")
    assert str(tab.run("message.innerText")).startswith("The archive in this page cannot be read: ")
    assert tab.run("controls.disabled")


def test_clouds_that_lie_elsewhere(look: Look, tmp_path: Path) -> None:
    archive = Path(__file__).parents[2] / "formats" / "vectors" / "poses.qaad"
    with open_archive(archive) as opened:
        viewer = Viewer(look(write_page(tmp_path / "report.html", archive, [])), points=opened.header.points)
        assert viewer.tab.run("document.getElementById('aligned-label').hidden") is False
        aligned = viewer.drawn()
        viewer.tab.run("aligned.click()")
        assert viewer.drawn() != aligned
        assert np.abs(viewer.cloud() - opened.points(0)).max() <= 2 * within(opened)
        viewer.tab.run("aligned.click()")
        assert viewer.drawn() == aligned
        assert np.abs(viewer.cloud() - opened.points(0)).max() <= 2 * within(opened)  # where it lies all the same
