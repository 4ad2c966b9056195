"""Writes the EM-kD vectors: python formats/vectors/em_kd/make.py. Run once; the files are kept as they are."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from qaadcodec.metrics.em_kd import em_kd, emd
from qaadcodec.synth.make import make_cloud

HERE = Path(__file__).parent
LEAVES = (64, 256, 1024)


def main() -> None:
    """Two clouds of a set, two samplings of a shape, an odd count of points, and one full of ties."""
    skull, other = (make_cloud("skulls", i, 1500, 7) for i in (0, 1))
    body, later = (make_cloud("bodies", i, 1201, 7) for i in (0, 5))
    rng = np.random.default_rng(7)
    grid = rng.integers(0, 12, (2, 1000, 3)).astype(np.float32)
    pairs = {
        "skulls": (skull, other, "two skulls of 1500 points"),
        "sampling": (skull[:750], skull[750:], "two samplings of one skull, 750 points each"),
        "bodies": (body, later, "a body in two poses, 1201 points, which no split halves evenly"),
        "ties": (grid[0], grid[1], "1000 points each on a grid of 12 by 12 by 12: equal coordinates everywhere"),
    }
    records = []
    for name, (a, b, about) in pairs.items():
        files = []
        for side, cloud in (("a", a), ("b", b)):
            files.append(f"{name}-{side}.xyz")
            lines = [" ".join(f"{x:.5g}" for x in point) for point in cloud.tolist()]
            (HERE / files[-1]).write_text("\n".join(lines) + "\n", encoding="ascii")
        x, y = (np.loadtxt(HERE / file) for file in files)  # float64, as a reader has them
        values = {str(leaf): em_kd(x, y, leaf) for leaf in LEAVES}
        records.append({"name": name, "about": about, "a": files[0], "b": files[1], "em_kd": values, "emd": emd(x, y)})
    text = json.dumps(records, indent=1, ensure_ascii=False) + "\n"
    (HERE / "em_kd.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
