"""The error of each point of each cloud, packed for a page: half a byte each, deflated.

They colour the clouds, for which sixteen colours of a scale are enough.
"""

from __future__ import annotations

import zlib
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from qaadcodec.arrays import Doubles
from qaadcodec.clouds import find_clouds
from qaadcodec.codec.open import OpenArchive
from qaadcodec.codec.originals import by_name
from qaadcodec.metrics.pair import CloudErrors
from qaadcodec.pictures.distances import distances_to_surface
from qaadcodec.pictures.scale import BELOW, rounded_up
from qaadcodec.progress import Run

LEVELS = 15  # the last of the levels 0 to 15
MOST_BYTES = 4 << 20  # of all packed errors; clouds beyond that have none


@dataclass(frozen=True, slots=True)
class PointErrors:
    """Distances from the points of clouds to the surfaces of their originals.

    Attributes:
        end: the distance of the last level, in units of the input; larger ones count as it.
        packed: of each cloud, by its index: see `pack`.
        left_out: clouds for which there was no room.
    """

    end: float
    packed: dict[int, bytes]
    left_out: int

    def to_dict(self) -> dict[str, Any]:
        """For JSON: the packed bytes as base64."""
        return {
            "end": self.end,
            "levels": LEVELS,
            "clouds": {str(i): b64encode(data).decode() for i, data in self.packed.items()},
        }


def point_errors(
    archive: OpenArchive, references: Sequence[str], errors: Sequence[CloudErrors], run: Run
) -> PointErrors | None:
    """Measure the points of the clouds that have an original; the worst clouds first, while there is room.

    Args:
        errors: of these clouds.

    Returns:
        None where no cloud has an original.
    """
    worst = sorted(errors, key=lambda each: (-(each.n_em_kd or 0.0), each.index or 0))
    room = MOST_BYTES // max(archive.header.points // 2, 1)
    chosen = [each.index for each in worst if each.index is not None][: max(room, 1)]
    found = by_name(archive.names, find_clouds(list(references)))
    distances: dict[int, Doubles] = {}
    with run.phase("measuring points", len(chosen), "clouds") as phase:
        for i in chosen:
            points, original = archive.points(i).astype(np.float64), found[i].load().points.astype(np.float64)
            middle = original.min(axis=0) / 2 + original.max(axis=0) / 2
            distances[i] = distances_to_surface(points - middle, original - middle)
            phase.advance()
    if not distances:
        return None
    end = rounded_up(max(float(np.percentile(each, BELOW)) for each in distances.values()))
    packed = {i: pack(distances[i], end) for i in sorted(distances)}
    return PointErrors(end, packed, len(errors) - len(packed))


def pack(distances: Doubles, end: float) -> bytes:
    """The levels of the distances, two in each byte, the first in its lower half; deflated in a zlib stream.

    The level of a distance d is round(15 √(d / end)), 15 where d is beyond the end. So small distances, which most are,
    are told apart more finely.

    Args:
        distances: (m,), zero or more.
        end: of the scale, in the same unit, above zero.
    """
    levels = np.rint(LEVELS * np.sqrt(np.clip(distances / end, 0, 1))).astype(np.uint8)
    even = np.zeros(len(levels) + len(levels) % 2, np.uint8)
    even[: len(levels)] = levels
    return zlib.compress((even[0::2] | even[1::2] << 4).tobytes(), 9)
