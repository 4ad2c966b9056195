"""Another kind of shape: clouds that lie over none of the others, however they are turned, scaled and shifted.

Shapes that vary must not be taken for another kind: a body that crouches among bodies that stand. So it is asked twice.
Few numbers of every cloud tell which ones are apart from most (`groups.py`). Of these a few are laid over the clouds
that resemble them most (`rigid_fit.py`), and are another kind only where that leaves twice the error of any of eight
pairs of the others, drawn at random. Bodies in other motions than most leave less than that, faces among skulls about 3
times as much as such a pair, bodies among faces 15 times.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from qaadcodec.arrays import Indices, Singles
from qaadcodec.sets.looks.finding import Finding, named, plural, rounded, some_of
from qaadcodec.sets.looks.groups import distances, groups
from qaadcodec.sets.rigid_fit import register
from qaadcodec.sets.sketches import Sketches

FEWEST = 4  # clouds of a set of which it can be told
UNLIKE = 2.0  # times the greatest error of pairs of the others
DRAWN = 8  # such pairs
ASKED, NEAREST = 2, 3  # clouds of a group that are laid over others, and over how many others each
GROUPS = 8  # that are asked, the largest first


@dataclass(frozen=True, slots=True)
class Likeness:
    """How well clouds of a set lie over each other.

    Attributes:
        sketches: of the clouds.
        shapes: `Glimpse.shape` of each, (N, c).
        late: whether there is no time for more.
    """

    sketches: Sketches
    shapes: Singles
    late: Callable[[], bool]

    def error(self, a: int, b: int) -> float:
        """What is left where one cloud is laid over another by a similarity: `Fit.error`."""
        return register(self.sketches[a], self.sketches[b], "similarity").error

    def greatest(self, most: Indices, rng: np.random.Generator) -> float:
        """The greatest error of pairs of these clouds, drawn at random; infinite where there is no time."""
        errors = [0.0]
        for _ in range(DRAWN):
            if self.late():
                return math.inf
            a, b = rng.choice(most, 2, replace=False)
            errors.append(self.error(int(a), int(b)))
        return max(errors)

    def least(self, group: Indices, most: Indices) -> float:
        """The least error of a few clouds of a group over those of the others that resemble them most."""
        errors = []
        for a in group[np.unique([0, len(group) - 1])][:ASKED]:
            near = most[np.argsort(distances(self.shapes[[a]], self.shapes[most])[0], kind="stable")[:NEAREST]]
            errors += [self.error(int(b), int(a)) for b in near]
        return min(errors)


def other_shapes(paths: Sequence[str], likeness: Likeness, seed: int) -> Finding | None:
    """What to say of clouds of another kind of shape; the number of each is its error over that of pairs of others.

    It costs nothing where no cloud is apart from most, and about a second where some are.

    Raises:
        CloudError: a cloud has become unusable since the survey; Interrupted: stopped.
    """
    total = len(likeness.shapes)
    if total < FEWEST:
        return None
    most, *others = groups(likeness.shapes)
    if not others or len(most) < 2:
        return None
    greatest = likeness.greatest(most, np.random.default_rng([seed, 28]))
    odd: list[tuple[int, float]] = []
    for group in others[:GROUPS]:
        if likeness.late():
            break
        times = likeness.least(group, most) / greatest if greatest > 0 else 0.0
        if times > UNLIKE:
            odd += [(int(i), times) for i in group]
    if not odd:
        return None
    odd.sort(key=lambda each: -each[1])
    which = named([paths[i] for i, _ in odd])
    return Finding(
        "shapes",
        f"{some_of(len(odd), total)} {plural(len(odd), 'seems', 'seem')} to be of another kind of shape than the "
        f"others: {which}",
        "compress each kind by itself; a network learns one well",
        tuple((paths[i], rounded(times)) for i, times in odd),
    )
