"""What speaks against adding clouds to an archive: other units, another place, another kind of shape."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

from qaadcodec.archive import Header
from qaadcodec.arrays import Doubles, Singles
from qaadcodec.clouds import Normalisation
from qaadcodec.errors import CloudError
from qaadcodec.sets.gather import FLOAT32_MOST, Gathered
from qaadcodec.sets.looks.finding import Finding, named, plural, rounded
from qaadcodec.sets.looks.flying import flying
from qaadcodec.sets.looks.glimpse import Glimpse
from qaadcodec.sets.looks.repeats import repeats
from qaadcodec.sets.looks.units import ODD, units
from qaadcodec.sets.survey import Survey

OUTSIDE = 1.25  # normalised coordinates of a new cloud beyond which it does not look like one of the set
FARTHEST = 1e9  # of the normalised coordinates of a new cloud: sums of their squares stay within float32
FAR_OFF = 10  # times the error of the set, beyond which a new cloud does not look like it
ALIKE = "are they of the same kind, units and position?"

Errors: TypeAlias = tuple[Doubles, Callable[[int], float]]
"""The matched error of each new cloud over its variance, and its nEM-kD, which is less and takes longer."""


def check_reach(dtype: str, norm: Normalisation, found: Survey) -> None:
    """Refuse a new cloud whose coordinates the archive cannot give back, or which cannot be computed with."""
    for source, box in zip(found.sources, found.boxes, strict=True):
        if (reach := reach_of(norm, box)) > FARTHEST:
            raise CloudError(f"{source.path}: reaches {reach:.3g} times as far from the centre as the set", hint=ALIKE)
        if dtype == "float32" and (farthest := float(np.abs(box).max())) > FLOAT32_MOST:
            what = f"{source.path}: has a coordinate of {farthest:.3g}, and the archive gives clouds back as float32"
            raise CloudError(what, hint=ALIKE)


def reach_of(norm: Normalisation, box: Doubles) -> float:
    """How far from the centre of the set a box (2, 3) reaches, over how far the set did."""
    return float(np.abs((box - norm.offset) / norm.scale).max())


def look_at_new(found: Survey, gathered: Gathered, known: Sequence[Singles]) -> list[Finding]:
    """What is to be said of new clouds before they are fitted, a finding of each kind at most. Nothing is told yet.

    Args:
        found, gathered: the new clouds.
        known: some clouds of the archive, normalised and aligned, (M, 3).
    """
    paths = [source.path for source in found.sources]
    own = [Glimpse.of(cloud, np.random.default_rng(27)).size for cloud in known]
    sizes = np.array([glimpse.size for glimpse in found.glimpses]) / gathered.normalisation.scale
    usual = float(np.median(own))
    each = sizes / usual if usual > 0 else np.ones(len(sizes))
    each = np.where((each > ODD) | ((each < 1 / ODD) & (each > 0)), each, 1.0)
    scaled = gathered.poses is not None and gathered.poses.kind == "similarity"
    way = "scaled as this set is, all come back as given" if scaled else "the archive does not scale clouds"
    findings = [
        units(paths, each, "those of the archive", way),
        flying(paths, [glimpse.flying for glimpse in found.glimpses]),
        repeats(paths, found.counts, [glimpse.digest for glimpse in found.glimpses], gathered.boxes),
        outside(paths, np.where(each == 1.0, reaches(gathered), 0.0)),
    ]
    return [finding for finding in findings if finding is not None]


def reaches(gathered: Gathered) -> Doubles:
    """How far from the centre of the set each new cloud reaches, over how far the set did, (n,)."""
    if gathered.frame is None:
        return np.array([reach_of(gathered.normalisation, box) for box in gathered.boxes])
    return np.array([float(np.abs(cloud).max()) for cloud in gathered.store.each()])


def outside(paths: Sequence[str], each: Doubles) -> Finding | None:
    """What to say of new clouds that reach far outside the set; the number of each is how far."""
    odd = sorted(np.flatnonzero(each > OUTSIDE).tolist(), key=lambda i: -each[i])
    if not odd:
        return None
    text = (
        f"{of_new(len(odd), len(each))} {plural(len(odd), 'reaches', 'reach')} {each[odd[0]]:.2f} times as far from "
        f"the centre as those of the set did: {named([paths[i] for i in odd])}"
    )
    return Finding("outside", text, ALIKE, tuple((paths[i], rounded(each[i])) for i in odd))


def far_off(header: Header, paths: Sequence[str], errors: Errors, told: Sequence[Finding]) -> Finding | None:
    """What to say of new clouds that come back much worse than those of the set.

    Args:
        header: of the archive, which tells the error of the set.
        told: what was said of them before; clouds of another size or place are not named again.
        errors: of those that were fitted; the nEM-kD is the number of each.
    """
    known = header.errors.get("n_em_kd", 0.0)
    explained = {path for finding in told if finding.kind in ("units", "outside") for path, _ in finding.clouds}
    matched, exact = errors
    suspect = np.flatnonzero((matched > FAR_OFF * known) & (known > 0)).tolist()
    each = {i: error for i in suspect if paths[i] not in explained and (error := exact(i)) > FAR_OFF * known}
    if not each:
        return None
    odd = sorted(each, key=lambda i: -each[i])
    text = (
        f"{of_new(len(odd), len(matched))} {plural(len(odd), 'comes', 'come')} back with an nEM-kD of "
        f"{100 * each[odd[0]]:.3g} %, those of the set with {100 * known:.3g} %: {named([paths[i] for i in odd])}"
    )
    return Finding("worst", text, ALIKE, tuple((paths[i], rounded(each[i])) for i in odd))


def of_new(odd: int, total: int) -> str:
    """`1 of 2 new clouds`, the subject of a sentence."""
    return f"{odd} of {total} new cloud{'s' * (total > 1)}"
