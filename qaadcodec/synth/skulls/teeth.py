"""Teeth: the curve of each dental arch, and a closed surface for each crown. Millimetres, axes as in `cranium`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qaadcodec.arrays import Indices
from qaadcodec.synth.modelling.mesh import Mesh

GAP = 0.9
ROUND, TALL = 18, 14


@dataclass(frozen=True, slots=True)
class Tooth:
    """Sizes of a crown: width along the arch, depth across it, height from gum to edge; `cusps` raises the corners."""

    width: float
    depth: float
    height: float
    cusps: float


@dataclass(frozen=True, slots=True)
class Arch:
    """One row of teeth on the parabola z = front - depth (x / half_width)²; `gum` and `edge` are heights y."""

    half_width: float
    depth: float
    front: float
    gum: float
    edge: float
    teeth: tuple[Tooth, ...]

    def path(self, count: int, inset: float = 0.0) -> list[tuple[float, float]]:
        """Places (x, z), evenly spaced along the left half, from the middle to behind the last tooth."""
        length = sum(tooth.width + GAP for tooth in self.teeth) + 2
        return [self._place(s, inset)[:2] for s in np.linspace(0, length, count)]

    def centres(self) -> list[tuple[float, float, float, float]]:
        """For each tooth of the left half: its place (x, z), and the direction (x, z) that points out of the mouth."""
        ends = np.cumsum([tooth.width + GAP for tooth in self.teeth])
        return [self._place(end - (tooth.width + GAP) / 2, 0.0) for end, tooth in zip(ends, self.teeth, strict=True)]

    def _place(self, s: float, inset: float) -> tuple[float, float, float, float]:
        x = np.linspace(0, 1.3 * self.half_width, 400)
        z = self.front - self.depth * (x / self.half_width) ** 2
        along = np.concatenate([[0], np.cumsum(np.hypot(np.diff(x), np.diff(z)))])
        px, pz = float(np.interp(s, along, x)), float(np.interp(s, along, z))
        slope = 2 * self.depth * px / self.half_width**2
        nx, nz = slope / np.hypot(slope, 1), 1 / np.hypot(slope, 1)
        return px - inset * nx, pz - inset * nz, float(nx), float(nz)


# Sizes of adult crowns, estimated by eye, from the middle backwards.
UPPER_ARCH = Arch(
    half_width=28.5,
    depth=47,
    front=91,
    gum=-39,
    edge=-50,
    teeth=(
        Tooth(8.5, 6.4, 10.8, 0.0),
        Tooth(6.6, 5.8, 9.4, 0.0),
        Tooth(7.5, 7.4, 10.6, 0.9),
        Tooth(7.0, 8.8, 8.8, 0.9),
        Tooth(6.9, 8.8, 8.4, 0.9),
        Tooth(10.0, 10.6, 8.0, 0.9),
        Tooth(9.2, 10.4, 7.6, 0.9),
        Tooth(8.4, 9.6, 7.0, 0.8),
    ),
)
LOWER_ARCH = Arch(
    half_width=26.0,
    depth=46,
    front=88.0,
    gum=-60.5,
    edge=-50,
    teeth=(
        Tooth(5.3, 5.6, 9.4, 0.0),
        Tooth(5.9, 5.8, 9.6, 0.0),
        Tooth(6.9, 7.2, 10.8, 0.9),
        Tooth(7.0, 7.8, 9.0, 0.9),
        Tooth(7.2, 8.2, 8.6, 0.9),
        Tooth(10.8, 10.0, 8.0, 0.9),
        Tooth(10.4, 9.8, 7.6, 0.9),
        Tooth(9.6, 9.2, 7.2, 0.8),
    ),
)


def teeth(arch: Arch) -> Mesh:
    """The crowns of both halves, each one closed surface whose neck sits in the gum."""
    up = 1.0 if arch.edge > arch.gum else -1.0
    crowns = []
    for tooth, (x, z, nx, nz) in zip(arch.teeth, arch.centres(), strict=True):
        crown = _crown(tooth)  # its axes: along the arch, towards the edge, out of the mouth
        edge = arch.edge - up * 0.25 * tooth.cusps
        centre = np.array([x, edge - up * tooth.height, z])
        frame = np.array([[nz, 0, -nx], [0, up, 0], [nx, 0, nz]])
        vertices = (centre + crown.vertices @ frame).astype(np.float32)
        turned = crown.triangles if up > 0 else crown.triangles[:, ::-1]
        mirror = vertices * np.array([-1, 1, 1], np.float32)
        crowns += [Mesh(vertices, turned), Mesh(mirror, turned[:, ::-1])]
    return Mesh.join(crowns)


def _crown(tooth: Tooth) -> Mesh:
    """A rounded block from a narrow neck at y = -3, below the gum, to y = height, where it has cusps or a thin edge."""
    v = np.linspace(-1, 1, TALL)  # from the neck to the edge
    angle = np.linspace(0, 2 * np.pi, ROUND, endpoint=False)
    c, s = np.cos(angle), np.sin(angle)
    squareness = 0.62
    bx, bz = np.sign(c) * np.abs(c) ** squareness, np.sign(s) * np.abs(s) ** squareness  # (ROUND,)
    cap = (1 - np.abs(v) ** 6) ** (1 / 3)  # closes both ends
    waist = 0.80 + 0.20 * np.clip((v + 1) / 1.1, 0, 1)
    blade = 1.0 - (0.62 if tooth.cusps == 0 else 0.22) * np.clip((v + 0.4) / 1.4, 0, 1) ** 1.3
    y = -3 + (tooth.height + 3) * (v + 1) / 2
    ring = np.stack(
        [
            tooth.width / 2 * (cap * waist)[:, None] * bx,
            np.broadcast_to(y[:, None], (TALL, ROUND)) + tooth.cusps * ((v + 1) / 2)[:, None] ** 4 * np.abs(bx * bz),
            tooth.depth / 2 * (cap * blade)[:, None] * bz,
        ],
        -1,
    )  # (TALL, ROUND, 3)
    return Mesh(ring.reshape(-1, 3).astype(np.float32), _lattice(TALL, ROUND))


def _lattice(rows: int, columns: int) -> Indices:
    """Triangles of a tube of rings. The first and the last ring are points, which close it."""
    i, j = np.meshgrid(np.arange(rows - 1), np.arange(columns), indexing="ij")
    a, b = i * columns + j, i * columns + (j + 1) % columns
    quads = np.stack([a, b, b + columns, a + columns], -1).reshape(-1, 4)
    return np.concatenate([quads[:, [0, 2, 1]], quads[:, [0, 3, 2]]]).astype(np.intp)
