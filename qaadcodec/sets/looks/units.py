"""Other units: clouds whose size is a power of ten, or an inch, away from that of most."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from qaadcodec.arrays import Doubles
from qaadcodec.sets.looks.finding import Finding, named, plural, rounded, some_of

ODD = 5.0  # times as large or as small as the middle of most: no set of one kind of shape varies so much
APART = 2.5  # times as large as the next smaller one: sizes that vary have no such gap among them
NEAR = 1.6  # a size is explained by a unit up to that factor

# Factors between units, and what they are if a cloud is so many times as large as the others.
UNITS = {
    1000.0: "millimetres among metres",
    100.0: "centimetres among metres",
    25.4: "millimetres among inches",
    10.0: "millimetres among centimetres",
    1 / 10: "centimetres among millimetres",
    1 / 25.4: "inches among millimetres",
    1 / 100: "metres among centimetres",
    1 / 1000: "metres among millimetres",
}


def ratios(sizes: Doubles) -> Doubles:
    """Size of each cloud over the middle size of most, or 1 for those that vary as clouds of one kind do; (N,).

    Sizes that follow each other without a gap of APART are one group. The largest group is most clouds, or, of equal
    ones, that in which the first cloud is.
    """
    logs = np.log(np.maximum(sizes, np.finfo(float).tiny))
    order = np.argsort(logs, kind="stable")
    group = np.empty(len(sizes), np.int64)
    group[order] = np.concatenate([[0], np.cumsum(np.diff(logs[order]) > math.log(APART))])
    counts = np.bincount(group)
    most = group[0] if counts[group[0]] == counts.max() else counts.argmax()
    found = logs - np.median(logs[group == most])
    odd = (group != most) & (np.abs(found) > math.log(ODD)) & (sizes > 0)
    return np.exp(np.where(odd, found, 0.0))


def unit_of(ratio: float) -> float | None:
    """The factor of UNITS that explains a ratio; None where none does."""
    nearest = min(UNITS, key=lambda unit: abs(math.log(ratio / unit)))
    return nearest if abs(math.log(ratio / nearest)) <= math.log(NEAR) else None


def units(paths: Sequence[str], each: Doubles, others: str, way: str) -> Finding | None:
    """What to say of clouds of other sizes; the number of each is how many times as large it is.

    Args:
        each: the `ratios` of the clouds.
        others: what they are compared with: "the others".
        way: what else there is to do than to scale them, or what is done with them.
    """
    odd = sorted(np.flatnonzero(each != 1.0).tolist(), key=lambda i: -abs(math.log(each[i])))
    if not odd:
        return None
    kinds = {unit_of(each[i]) for i in odd}
    unit = kinds.pop() if len(kinds) == 1 else None
    if unit is not None:
        what = f"{times(each[odd[0]])} as {others}, like {UNITS[unit]}: {named([paths[i] for i in odd])}"
    else:
        what = f"not of the size of {others}: {named([f'{paths[i]} ({times(each[i])})' for i in odd])}"
    return Finding(
        "units",
        f"{some_of(len(odd), len(paths))} {plural(len(odd), 'is', 'are')} {what}",
        f"scale {plural(len(odd), 'it', 'them')} if the units are not the same; {way}",
        tuple((paths[i], rounded(each[i])) for i in odd),
    )


def times(ratio: float) -> str:
    """`about 1000 times as large`, `about 1/25.4 as large`; `180 times as large` where no unit explains it."""
    unit = unit_of(ratio)
    if unit is None:
        return f"{ratio:.3g} times as large"
    return f"about {unit:g} times as large" if unit > 1 else f"about 1/{1 / unit:g} as large"
