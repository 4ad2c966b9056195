"""The picture of the front page: synthetic skulls and bodies, as they were, as they decode, and the error as colour.

bin/bench picture --picture tests/bench/figures/front.png --budget 4m
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from PIL import Image

from qaadcodec.cli.main import run

SHOWN = {"skulls": (5, 40), "bodies": (4, 37)}


def qaad(*arguments: object) -> None:
    """Run a command as a user would."""
    words = [str(argument) for argument in arguments]
    print("$ qaad", *words, flush=True)
    if code := run(words):
        raise SystemExit(code)


def sheet_of(kind: str, shown: tuple[int, ...], folder: str, options: argparse.Namespace) -> Image.Image:
    """Make a set, compress it, and draw some of its clouds."""
    clouds, archive, picture = (f"{folder}/{kind}{ending}" for ending in ("/", ".qaad", ".png"))
    qaad("synth", kind, "-n", options.clouds, "-m", options.points, "-o", clouds, "-q")
    qaad("compress", clouds, "-o", archive, "--budget", options.budget, "-q")
    looks = ("--view", "front", "--unit", "m", "-q")
    qaad("render", archive, "--index", *shown, "--reference", clouds, *looks, "-o", picture)
    return Image.open(picture)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--picture", type=Path, default=Path("front.png"), help="the picture to write")
    parser.add_argument("--clouds", type=int, default=64)
    parser.add_argument("--points", type=int, default=16384)
    parser.add_argument("--budget", default="4m", help="time for each set")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sheets = [sheet_of(kind, shown, folder, options) for kind, shown in SHOWN.items()]
        front = Image.new("RGB", (max(sheet.width for sheet in sheets), sum(sheet.height for sheet in sheets)), "white")
        for number, sheet in enumerate(sheets):
            front.paste(sheet, (0, sum(above.height for above in sheets[:number])))
        front.save(options.picture)


if __name__ == "__main__":
    main()
