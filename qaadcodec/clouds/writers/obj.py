"""OBJ text: a line `v x y z` for each point, and a point element `p i` of each, of which VTK makes its cells."""

from __future__ import annotations

from typing import BinaryIO

from qaadcodec.clouds.cloud import Points
from qaadcodec.clouds.formats.rows import write_rows


def write_one(stream: BinaryIO, points: Points) -> None:
    """Write (M, 3) points with as many digits as bring every float32 or float64 back exactly."""
    write_rows(stream, points, before="v ")
    stream.write("".join(f"p {i}\n" for i in range(1, len(points) + 1)).encode("ascii"))
