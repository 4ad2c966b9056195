"""The page of an archive in a browser without a window: its size, the time to the first cloud, frames while it plays.

bin/bench page scans.qaad scans/  # or a page that is there already: bin/bench page report.html
bin/bench page --pictures tests/bench/figures  # instead: how it looks, with a synthetic set that is made for it

Chromium draws with its own software renderer (SwiftShader): a graphics card is faster.
"""

from __future__ import annotations

import argparse
import io
import statistics
import sys
import tempfile
from pathlib import Path

from bench_tools import hardware
from PIL import Image

from qaadcodec.cli.main import run

sys.path.insert(0, str(Path(__file__).parents[1]))
from fixtures.chromium import Browser, Tab, program

# When each cloud has been drawn, by the page's own clock, which begins when it is opened; and every frame.
WATCH = """
  window.drawn = [];
  window.frames = [];
  const count = (now) => { frames.push(now); requestAnimationFrame(count); };
  addEventListener("DOMContentLoaded", () => {
    const look = () => requestAnimationFrame(() => drawn.push(performance.now()));
    new MutationObserver(look).observe(document.getElementById("view"), {attributeFilter: ["data-cloud"]});
    requestAnimationFrame(count);
  });
"""
SHOTS = (
    ("page-light.png", 1280, "light", "clay"),
    ("page-dark.png", 1280, "dark", "row"),
    ("page-phone-light.png", 390, "light", "error"),
    ("page-phone-dark.png", 390, "dark", "clay"),
)


def qaad(*arguments: object) -> None:
    """Run a command as a user would."""
    words = [str(argument) for argument in arguments]
    print("$ qaad", *words, flush=True)
    if code := run(words):
        raise SystemExit(code)


def playing(tab: Tab, clouds: int) -> tuple[float, float]:
    """Clouds and frames in a second, while all clouds are played once at 25 a second."""
    tab.run("drawn.length = 0")
    tab.run("document.getElementById('play').click()")
    tab.wait(f"drawn.length >= {clouds}")
    tab.run("document.getElementById('play').click()")
    drawn = tab.run(f"drawn.slice(0, {clouds})")
    seconds = (drawn[-1] - drawn[0]) / 1000
    frames = [now for now in tab.run("frames") if drawn[0] <= now <= drawn[-1]]
    return (len(drawn) - 1) / seconds, (len(frames) - 1) / seconds


def measured(browser: Browser, page: Path, rounds: int) -> None:
    """Open the page a few times, and play it twice the last time."""
    first = []
    for _ in range(rounds):
        tab = browser.open(page.as_uri(), before=WATCH)
        tab.wait("drawn.length > 0")
        first.append(tab.run("drawn[0]"))
        told = tab.run("document.getElementById('told').innerText")
    clouds = int(tab.run("document.getElementById('slider').max")) + 1
    print(f"page {page.stat().st_size:,} bytes")
    print(f"first cloud after {statistics.median(first):.0f} ms (of {rounds}: {min(first):.0f} to {max(first):.0f})")
    print(" ".join(told.split()))
    tab.run("document.getElementById('speed').value = '25'")
    for which in ("decoding", "decoded before"):
        shown, frames = playing(tab, clouds)
        print(f"playing, {which}: {shown:.1f} clouds and {frames:.1f} frames a second")
    tab.run("document.getElementById('next').click()")
    tab.run("new Promise((done) => setTimeout(done, 500))")
    print(f"complaints: {tab.complaints or 'none'}")


def pictures(browser: Browser, folder: Path) -> None:
    """Make a set, its archive and its page, and take pictures of it."""
    with tempfile.TemporaryDirectory() as place:
        scans, archive, page = (f"{place}/{name}" for name in ("bodies/", "bodies.qaad", "report.html"))
        qaad("synth", "bodies", "-n", 48, "-m", 8192, "-o", scans, "-q")
        qaad("compress", scans, "-o", archive, "--budget", "5m", "-q")
        qaad("report", archive, scans, "-o", page, "-q")
        for name, width, scheme, colouring in SHOTS:
            tab = browser.open(Path(page).as_uri(), width=width, scheme=scheme)
            tab.wait("view.dataset.cloud === '0'")
            tab.run("slider.value = 17; slider.dispatchEvent(new Event('input'))")
            tab.run(f"colour.value = '{colouring}'; colour.dispatchEvent(new Event('change'))")
            tab.wait("view.dataset.cloud === '17' && view.getAttribute('aria-busy') === 'false'")
            tab.run("new Promise((done) => setTimeout(done, 1500))")
            picture = Image.open(io.BytesIO(tab.picture())).convert("RGB")
            picture.point(lambda value: 3 * round(value / 3)).save(folder / name, optimize=True)  # half the bytes
            tab.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archive", nargs="?", type=Path, help="or a page")
    parser.add_argument("references", nargs="*", help="the originals")
    parser.add_argument("--pictures", type=Path, metavar="DIR", help="take pictures into this folder instead")
    parser.add_argument("--rounds", type=int, default=5, help="times that the page is opened")
    options = parser.parse_args()
    path = program()
    if path is None:
        parser.error("no browser: install chromium, or name one with QAAD_CHROMIUM=/path/to/chromium")
    with tempfile.TemporaryDirectory() as place:
        browser = Browser(path, Path(place) / "profile")
        try:
            if options.pictures is not None:
                pictures(browser, options.pictures)
                return
            if options.archive is None:
                parser.error("name an archive")
            page = options.archive.resolve()
            if page.suffix != ".html":
                page = Path(place) / "report.html"
                qaad("report", options.archive, *options.references, "-o", page, "-q")
            print(hardware())
            measured(browser, page, options.rounds)
        finally:
            browser.close()


if __name__ == "__main__":
    main()
