"""What `rate` compares: for every codec the points of its curve, and for each its bytes and how it is decoded."""

from __future__ import annotations

import re
import shlex
import subprocess
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import DracoPy
import numpy as np
from bench_sets import BenchSet, Cloud
from bench_tools import COMMAND
from rate_pca import GREEDY, KD, REGISTERED, RESOLVED, AlignedPca

import qaadcodec
from qaadcodec.clouds.write import write_cloud
from qaadcodec.metrics.em_kd import VERSION

QAAD, DRACO, FLOAT16 = "qaad", "Draco", "float16, zipped"
PCA = {order: f"PCA, {order}" for order in (KD, GREEDY, REGISTERED, RESOLVED)}
CODECS = {"qaad": (QAAD,), "draco": (DRACO,), "pca": tuple(PCA.values()), "float16": (FLOAT16,)}

BITS = (4, 5, 6, 7, 8)
COMPONENTS = (8, 16, 32, 64, 128)  # and all N - 1 of them
COARSENESS = (1.0, 2.0, 4.0, 8.0, 16.0)  # steps over the spread of the last component, where all are kept,
FEWER_COARSENESS = (0.25, 0.5, 1.0, 2.0, 4.0)  # and where fewer are
LEAF, ALIGNED_ROWS = 1024, 1 << 16  # of Greedy, and leaves times clouds where that would take too long

# MPEG G-PCC (TMC13) on these sets, measured elsewhere once, 64 clouds of 16 384 points: position scale, bytes per
# cloud, nEM-kD, augmented Chamfer distance over the variance per axis. How far to trust them shows in
# Draco's from the same source, beside ours at equal bits: Chamfer distances 3 to 8 % lower, those of bodies 3.2 times
# lower, as if over the whole variance; nEM-kD 6 to 34 % higher, as of points in an order of their own (`add_point`).
GPCC = {
    "faces": (("1/128", 1926, 0.00445, 0.00678), ("1/64", 4282, 0.00158, 0.00171), ("1/32", 8638, 0.00055, 0.00043)),
    "bodies": (("1/128", 962, 0.00507, 0.00262), ("1/64", 2396, 0.00124, 0.00067), ("1/32", 4990, 0.00036, 0.00017)),
    "skulls": (("1/128", 2895, 0.00261, 0.00441), ("1/64", 6669, 0.00091, 0.00111), ("1/32", 12481, 0.00043, 0.00028)),
}
GPCC_POINTS = 16384

Coded = tuple[int, Callable[[int], Cloud]]
"""bytes of the whole set, and what decodes a cloud of it"""


@dataclass(frozen=True)
class Setting:
    """A point of a codec's curve.

    Attributes:
        column: the codec, as the record calls it.
        label: what tells it from the other points.
        settings: for the record.
        code: the set, a folder for files that stays until the errors are measured, and a seed; to what it became.
        probe: whether it tells if the rest of its column is worth measuring (`outdone`).
    """

    column: str
    label: str
    settings: dict[str, Any]
    code: Callable[[BenchSet, Path, int], Coded]
    probe: bool = True


def curve_settings(clouds: int, options: list[str]) -> Iterator[Setting]:
    """Every point of every curve, for a set of so many clouds; `options` are those of `qaad compress`."""
    tied = {"em_kd_version": VERSION}  # that of clouds without ties has not changed
    for text in options:
        yield Setting(QAAD, text, {"options": text}, lambda s, folder, seed, text=text: qaad(s, folder, seed, text))
    for bits in BITS:
        yield Setting(DRACO, f"{bits} bits", {"bits": bits, **tied}, lambda s, folder, seed, bits=bits: draco(s, bits))
    leaf = max(128, min(LEAF, ALIGNED_ROWS // clouds))
    for order, column in PCA.items():
        said: dict[str, Any] = {"scores": "predicted"} | ({"leaf": leaf} if order in (GREEDY, RESOLVED) else {})
        for components, coarseness, probe in pca_points(clouds - 1):
            yield Setting(
                column,
                f"{components} components, step × {coarseness:g}",
                {"components": components, "coarseness": coarseness, **said},
                lambda s, folder, seed, at=(order, components, coarseness): pca(s, leaf, seed, *at),
                probe,
            )
    yield Setting(FLOAT16, "level 9", tied, lambda s, folder, seed: float16(s))


def qaad_options(given: list[str], qualities: list[str], also: str, clouds: int) -> list[str]:
    """What `qaad compress` is called with, one text per point of its curve.

    Args:
        given: "OPTIONS" or "N:OPTIONS", which is for sets of N clouds only; in place of the qualities.
        also: added to each.
    """
    split = [re.fullmatch(r"(?:(\d+):)?\s*(.*)", text) for text in given]
    mine = [match[2] for match in split if match and match[1] in (None, str(clouds))]
    chosen = mine if given else [f"--quality {quality}" for quality in qualities]
    return [f"{text} {also}".strip() for text in chosen]


def pca_points(most: int) -> list[tuple[int, float, bool]]:
    """Components, coarseness of the step, and whether it is a probe: all of them, and fewer, in coarse and fine steps.

    The middle step of each number of components is the probe.
    """
    fewer = [count for count in COMPONENTS if count < most] or [most // 2]
    steps = [(most, COARSENESS), *((count, FEWER_COARSENESS) for count in fewer)]
    return [(count, step, step == tried[len(tried) // 2]) for count, tried in steps for step in tried]


def qaad(clouds: BenchSet, folder: Path, seed: int, options: str) -> Coded:
    """The product's command line on PLY files of the set; the whole file counts."""
    inputs, archive = folder / "clouds", folder / "set.qaad"
    if not inputs.exists():
        inputs.mkdir()
        for i, cloud in enumerate(clouds.store.each()):
            write_cloud(inputs / f"{i:05d}.ply", np.array(cloud), "ply")
    call = [str(COMMAND), "compress", str(inputs), "-o", str(archive), "-f", "-q", f"--seed={seed}"]
    subprocess.run([*call, *shlex.split(options)], check=True, stdout=subprocess.DEVNULL)

    def decode(i: int) -> Cloud:
        with qaadcodec.open(archive) as source:
            return np.asarray(source[i], np.float32)

    return archive.stat().st_size, decode


def draco(clouds: BenchSet, bits: int) -> Coded:
    """Every cloud its own buffer, at whichever level makes it smallest."""

    def buffer(cloud: Cloud) -> bytes:
        tried = (DracoPy.encode(cloud, quantization_bits=bits, compression_level=level) for level in (2, 4, 10))
        return min(tried, key=len)

    buffers = [buffer(np.array(cloud)) for cloud in clouds.store.each()]
    return sum(map(len, buffers)), lambda i: np.asarray(DracoPy.decode(buffers[i]).points, np.float32)


def float16(clouds: BenchSet) -> Coded:
    """Positions of half precision, deflated cloud by cloud."""
    size = sum(len(zlib.compress(cloud.astype("<f2").tobytes(), 9)) for cloud in clouds.store.each())
    return size, lambda i: clouds.store.points[i].astype("<f2").astype(np.float32)


def pca(clouds: BenchSet, leaf: int, seed: int, order: str, components: int, coarseness: float) -> Coded:
    """The leading components of the set, in one row order."""
    return aligned(clouds, order, leaf, seed).encode(components, coarseness)


@cache
def aligned(clouds: BenchSet, order: str, leaf: int, seed: int) -> AlignedPca:
    """The components of a set, found once."""
    return AlignedPca(clouds, order, leaf, seed)
