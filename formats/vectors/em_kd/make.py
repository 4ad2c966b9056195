"""Writes the EM-kD vectors: python formats/vectors/em_kd/make.py. Clouds that are there stay as they are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from qaadcodec.metrics.em_kd import VERSION, em_kd, emd
from qaadcodec.synth.make import make_cloud

HERE = Path(__file__).parent
LEAVES = (64, 256, 1024)
ABOUT = {
    "skulls": "two skulls of 1500 points",
    "sampling": "two samplings of one skull, 750 points each",
    "bodies": "a body in two poses, 1201 points, which no split halves evenly",
    "ties": "1000 points each on a grid of 12 by 12 by 12: equal coordinates everywhere",
    "rounded": "a skull of 1500 points on a grid of 48 cells along y, sorted by x, y and z, and the same as it was",
}


def clouds(name: str) -> Iterator[np.ndarray]:
    """The two clouds of a pair: of a set, of one shape, with an odd count of points, full of ties, rounded."""
    rng = np.random.default_rng(7)
    if name == "skulls":
        yield from (make_cloud("skulls", i, 1500, 7) for i in (0, 1))
    elif name == "sampling":
        yield from make_cloud("skulls", 0, 1500, 7).reshape(2, 750, 3)
    elif name == "bodies":
        yield from (make_cloud("bodies", i, 1201, 7) for i in (0, 5))
    elif name == "ties":
        yield from rng.integers(0, 12, (2, 1000, 3)).astype(np.float32)
    else:
        skull = np.loadtxt(HERE / "skulls-a.xyz")
        step = np.ptp(skull[:, 1]) / 48
        grid = np.round((skull - skull.min(0)) / step) * step + skull.min(0)
        yield grid[np.lexsort(grid.T[::-1])]
        yield skull


def main() -> None:
    """Write the clouds that are missing, and the values of all."""
    vectors = []
    for name, about in ABOUT.items():
        files = [f"{name}-{side}.xyz" for side in "ab"]
        if not (HERE / files[0]).exists():
            for file, cloud in zip(files, clouds(name), strict=True):
                lines = [" ".join(f"{x:.5g}" for x in point) for point in cloud.tolist()]
                (HERE / file).write_text("\n".join(lines) + "\n", encoding="ascii")
        x, y = (np.loadtxt(HERE / file) for file in files)  # float64, as a reader has them
        values = {str(leaf): em_kd(x, y, leaf) for leaf in LEAVES}
        vectors.append({"name": name, "about": about, "a": files[0], "b": files[1], "em_kd": values, "emd": emd(x, y)})
    text = json.dumps({"em_kd_version": VERSION, "vectors": vectors}, indent=1, ensure_ascii=False) + "\n"
    (HERE / "em_kd.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
