"""The page of an archive in a browser without a window: its size, the time to the first cloud, frames while it plays.

    bin/bench page                                       # of a synthetic set that is made for it
    bin/bench page --json tests/bench/results/page.json  # and the numbers, with the hardware named
    bin/bench page scans.qaad scans/                     # or a page that is there already: bin/bench page report.html
    bin/bench page --pictures tests/bench/figures        # and how it looks, with a set that was learnt for longer

Chromium draws with its own software renderer (SwiftShader): a graphics card is faster.
"""

from __future__ import annotations

import argparse
import io
import statistics
import sys
import tempfile
from pathlib import Path

from bench_tools import Row, as_json, print_rows, write_record
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


def measured(browser: Browser, page: Path, rounds: int) -> list[Row]:
    """Open the page a few times, and play it twice the last time."""
    first = []
    for _ in range(rounds):
        tab = browser.open(page.as_uri(), before=WATCH)
        tab.wait("drawn.length > 0")
        first.append(tab.run("drawn[0]"))
    clouds = int(tab.run("document.getElementById('slider').max")) + 1
    tab.run("document.getElementById('speed').value = '25'")
    ends = f"{min(first) / 1000:.2f} to {max(first) / 1000:.2f} s"
    rows = [
        Row("the page", page.stat().st_size / 1e6, "MB", f"{clouds} clouds"),
        Row("opened to first cloud drawn", statistics.median(first) / 1000, "s", f"{rounds} times, {ends}"),
    ]
    for which in ("each decoded for the first time", "decoded before"):
        shown, frames = playing(tab, clouds)
        rows.append(Row(f"playing at 25 clouds a second, {which}", shown, "clouds/s", f"{frames:.3g} frames a second"))
    tab.run("document.getElementById('next').click()")
    tab.run("new Promise((done) => setTimeout(done, 500))")
    if tab.complaints:
        raise SystemExit(f"the page complains: {tab.complaints}")
    return rows


def make(place: Path, budget: str) -> Path:
    """Make a set, its archive and its page."""
    scans, archive, page = (place / name for name in ("bodies/", "bodies.qaad", "report.html"))
    qaad("synth", "bodies", "-n", 48, "-m", 8192, "-o", scans, "-q")
    qaad("compress", scans, "-o", archive, "--budget", budget, "-q")
    qaad("report", archive, scans, "-o", page, "-q")
    return page


def pictures(browser: Browser, page: Path, folder: Path) -> None:
    """Take pictures of the page."""
    for name, width, scheme, colouring in SHOTS:
        tab = browser.open(page.as_uri(), width=width, scheme=scheme)
        tab.wait("view.dataset.cloud === '0'")
        tab.run("slider.value = 17; slider.dispatchEvent(new Event('input'))")
        tab.run(f"colour.value = '{colouring}'; colour.dispatchEvent(new Event('change'))")
        tab.wait("view.dataset.cloud === '17' && view.getAttribute('aria-busy') === 'false'")
        tab.run("new Promise((done) => setTimeout(done, 1500))")
        picture = Image.open(io.BytesIO(tab.picture())).convert("RGB")
        picture.point(lambda value: 3 * round(value / 3)).save(folder / name, optimize=True)  # half the bytes
        tab.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", nargs="?", type=Path, help="or a page; default: one that is made")
    parser.add_argument("references", nargs="*", help="the originals")
    parser.add_argument("--pictures", type=Path, metavar="DIR", help="also take pictures into this folder")
    parser.add_argument("--rounds", type=int, default=5, help="times that the page is opened")
    parser.add_argument("--json", type=Path, help="also write the numbers to this file")
    options = parser.parse_args()
    path = program()
    if path is None:
        parser.error("no browser: install chromium, or name one with QAAD_CHROMIUM=/path/to/chromium")
    with tempfile.TemporaryDirectory() as place:
        if options.archive is None:
            page = make(Path(place), "1m" if options.pictures is None else "5m")
        elif (page := options.archive.resolve()).suffix != ".html":
            page = Path(place) / "report.html"
            qaad("report", options.archive, *options.references, "-o", page, "-q")
        browser = Browser(path, Path(place) / "profile")
        try:
            rows = measured(browser, page, options.rounds)
            if options.pictures is not None:
                pictures(browser, page, options.pictures)
        finally:
            browser.close()
    print_rows(rows)
    if options.json:
        write_record(options.json, rows=as_json(rows))


if __name__ == "__main__":
    main()
