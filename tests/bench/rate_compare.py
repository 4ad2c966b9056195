"""Curves of bytes per cloud against an error: their lower ends, what they cost at equal error, and where they cross."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from typing import Any

import numpy as np

ERRORS = {"nem_kd": "nEM-kD", "augmented_chamfer": "augmented Chamfer / variance per axis"}
Curve = list[tuple[float, float]]
"""bytes per cloud rising, error falling"""


def front(cells: Iterable[dict[str, Any]], error: str) -> Curve:
    """The points that no other point undercuts in both."""
    kept: Curve = []
    for size, value in sorted((cell["bytes_per_cloud"], cell[error]) for cell in cells):
        if value > 0 and (not kept or value < kept[-1][1]):
            kept.append((size, value))
    return kept


def lower_end(cells: Iterable[dict[str, Any]], error: str) -> Curve:
    """What a codec costs at any error that it reaches: the least bytes of all its curves there.

    A curve is what one way of coding gives at several steps, and is taken as straight between two of these in
    logarithms. Between points of two ways nothing is: a line from one to the other would lie above what either costs.
    """
    ways: dict[tuple[str, Any], list[dict[str, Any]]] = {}
    for cell in cells:
        ways.setdefault((cell["column"], cell.get("settings", {}).get("components")), []).append(cell)
    curves = [curve for way in ways.values() if (curve := front(way, error))]
    if not curves:
        return []
    corners = sorted({value for curve in curves for _, value in curve}, reverse=True)
    errors = sorted({*corners, *np.geomspace(corners[0], corners[-1], 65)[1:-1].tolist()}, reverse=True)
    least = [min(size for curve in curves if not math.isnan(size := bytes_below(curve, e))) for e in errors]
    return list(zip(least, errors, strict=True))


def bytes_below(curve: Curve, error: float) -> float:
    """Bytes per cloud for an error no larger than this: those of the curve's first point, where that is smaller."""
    return curve[0][0] if error > curve[0][1] else bytes_at(curve, error)


def outdone(probes: Iterable[dict[str, Any]], columns: Collection[str]) -> set[str]:
    """Of these columns those that have no probe on the front of all of theirs, by neither error."""
    among = [cell for cell in probes if cell["column"] in columns]
    best = {(error, *point) for error in ERRORS for point in front(among, error)}
    kept = {cell["column"] for cell in among for e in ERRORS if (e, cell["bytes_per_cloud"], cell[e]) in best}
    return set(columns) - kept


def bytes_at(curve: Curve, error: float) -> float:
    """Bytes per cloud at this error, between the points of the curve in logarithms; NaN beyond its ends."""
    if not curve or not curve[-1][1] <= error <= curve[0][1]:
        return math.nan
    sizes, errors = np.log(np.array(curve[::-1]).T)
    return float(np.exp(np.interp(math.log(error), errors, sizes)))


def common_range(mine: Curve, other: Curve) -> tuple[float, float] | None:
    """The least and the largest error that both curves reach; None if there are none."""
    if not mine or not other:
        return None
    low, high = max(mine[-1][1], other[-1][1]), min(mine[0][1], other[0][1])
    return (low, high) if low <= high else None


def common_ratio(mine: Curve, other: Curve) -> float:
    """Geometric mean of my bytes over the other's, over the errors that both curves reach; NaN if there are none."""
    ratios = ratios_between(mine, other)
    return math.exp(sum(math.log(ratio) for _, ratio in ratios) / len(ratios)) if ratios else math.nan


def fewer_from(mine: Curve, other: Curve) -> float:
    """The error from which on mine are the fewer bytes, up to all that both reach; NaN if they are not at the largest.

    It is the least that both reach where mine are fewer at all of these.
    """
    found = math.nan
    for error, ratio in reversed(ratios_between(mine, other)):
        if ratio >= 1:
            break
        found = error
    return found


def ratios_between(mine: Curve, other: Curve) -> list[tuple[float, float]]:
    """My bytes over the other's, at errors evenly spread in logarithms over all that both reach, from the least on."""
    common = common_range(mine, other)
    if common is None:
        return []
    low, high = common
    inside = np.clip(np.geomspace(low, high, 65), low, high).tolist()
    return [(error, bytes_at(mine, error) / bytes_at(other, error)) for error in inside]


def crossing(ratios: dict[int, float]) -> str:
    """From which size of a set on the ratio stays below 1, in words; sizes without a ratio are passed over."""
    known = sorted((clouds, ratio) for clouds, ratio in ratios.items() if not math.isnan(ratio))
    if not known:
        return "no such error on both curves"
    if known[-1][1] >= 1:
        return "at none of the sizes measured" if all(ratio >= 1 for _, ratio in known) else "not at the largest size"
    last = max((i for i, (_, ratio) in enumerate(known) if ratio >= 1), default=-1)
    if last < 0:
        return f"from N = {known[0][0]} or fewer, the smallest measured"
    (below, high), (above, low) = known[last], known[last + 1]
    share = math.log(high) / (math.log(high) - math.log(low))
    return f"from N = {math.exp(math.log(below) + share * math.log(above / below)):.0f}, interpolated on log N"
