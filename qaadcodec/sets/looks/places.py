"""Other places: clouds that lie apart, as on the bed of a scanner, and are learnt as they lie."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qaadcodec.arrays import Doubles
from qaadcodec.sets.looks.finding import Finding, named, plural, rounded, some_of

APART = 4.0  # root mean square radii from the middle of the set: two such clouds hardly touch


def places(paths: Sequence[str], centres: Doubles, sizes: Doubles) -> Finding | None:
    """What to say of clouds that lie apart from most; the number of each is how many sizes away it lies.

    Args:
        centres: of the clouds, (N, 3).
        sizes: root mean square radius of each, (N,); clouds of other units are not asked about.
    """
    far = np.sqrt(np.square(centres - np.median(centres, axis=0)).sum(1)) / max(float(np.median(sizes)), 1e-300)
    odd = sorted(np.flatnonzero(far > APART).tolist(), key=lambda i: -far[i])
    if not odd:
        return None
    which = named([paths[i] for i in odd])
    return Finding(
        "places",
        f"{some_of(len(odd), len(paths))} {plural(len(odd), 'lies', 'lie')} apart from where most lie, up to "
        f"{far[odd[0]]:.3g} times the radius of a cloud away: {which}",
        "--align shift learns them as if all lay alike, and decodes each to its own place",
        tuple((paths[i], rounded(far[i])) for i in odd),
    )
