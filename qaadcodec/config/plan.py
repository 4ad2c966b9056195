"""The plan of a compression: a request and the size of a set become every number that training goes by.

It is made once, before training, and nothing changes it afterwards.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

from qaadcodec.config.clouds import CloudsConfig
from qaadcodec.config.coding import MAX_CODED, CodingConfig
from qaadcodec.config.network import FLOAT32_POSITION, POSITION, NetworkConfig, parameters
from qaadcodec.config.recipe import Recipe
from qaadcodec.config.request import Request
from qaadcodec.config.training import AssignmentConfig, TrainingConfig

# Bits that a number took, measured (tests/bench/README.md): only the first guess at a wanted size rests on them.
WEIGHT_BITS, LATENT_BITS, INPUT_BITS, OTHER_BYTES, NAME_BYTES = 2.7, 4.3, 6.2, 900, 1

NARROWEST, WIDEST = 24.0, 192.0  # width of the shared layers at quality 0 and 100, for REFERENCE clouds
REFERENCE, GROWTH = 64, 0.2  # widths grow by this power of the number of clouds
# Rounding: below the quality COARSE and above FINE its error changes, by this factor in 25 of quality.
COARSE, FINE, FACTOR = 25.0, 50.0, 4.0
DEFAULT_QUALITY = 75.0
LEAST_PATCH = 64  # points
LEAST_LATENT = 8  # numbers; beyond that, a latent needs no more numbers than there are clouds
FEW_CLOUDS = 32  # fewer get an octave less: more octaves ask for a finer Q, which is half of their file
LEAST_SURFACE = 256  # points of a cloud that tell what its surface is like
LEAST_SET = 16  # of fewer clouds the network learns every point by heart, and a bijection leaves less error (EM-kD)
# Of the root mean square size of a cloud: farther apart, Greedy matches rows with points of other parts. Bodies in
# several motions are 0.23 apart, the frames of one walk 0.12, faces and skulls 0.06.
FAR_APART = 1 / 12
GROUPS = ("clouds", "network", "assignment", "training", "coding")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All numbers that a training goes by.

    Attributes:
        request: the text of the request that it was made from, which the header of the archive keeps.
        quality: chose network and coding; None where these are as they were set.
        target_bytes: the size that the archive should have; None for any.
        clouds, network, assignment, training, coding: every setting, filled in.
        notes: where it differs from what was asked for, and why.
        warnings: the same, where the archive gets worse by it.
    """

    request: str = ""
    quality: float | None = None
    target_bytes: int | None = None
    clouds: CloudsConfig = field(default_factory=CloudsConfig)
    network: NetworkConfig = field(default_factory=NetworkConfig)
    assignment: AssignmentConfig = field(default_factory=AssignmentConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    coding: CodingConfig = field(default_factory=CodingConfig)
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """For JSON: quality, target, and every setting by its group. Notes and warnings are left out."""
        groups = {name: getattr(self, name).to_dict() for name in GROUPS}
        return {"quality": self.quality, "target_bytes": self.target_bytes} | groups


def plan(request: Request, clouds: int, points: int, apart: float | None = None) -> Plan:
    """Decide everything that the request leaves open.

    Args:
        clouds, points: N and M.
        apart: how far apart the clouds lie, over their size; None where that is not known, and then whether they are
            registered stays open.
    """
    recipe, fixed, notes, warnings = request.recipe(), request.fixed, [], []
    size, network, coding = recipe.size, recipe.network, recipe.coding
    if recipe.assignment.material:
        notes.append("material rows: EM-kD also counts that points are spread otherwise than in the originals")
    if network.patches > points and (not size.chooses or "patches" in fixed):
        asked = str(network.patches) if "patches" in fixed else f"the {network.patches} of preset {request.preset}"
        notes.append(f"{points} patches instead of {asked}: there are no more points")
    network = replace(network, patches=min(network.patches, points))
    quality, wanted = None, None
    if size.chooses:
        wanted = size.bytes if size.ratio is None else max(1, round(FLOAT32_POSITION * clouds * points / size.ratio))
        choice = Choice(network, fixed, clouds, points)
        quality = DEFAULT_QUALITY if size.quality is None else size.quality
        if wanted is not None:
            quality = choice.quality_for(wanted)
        network, coding = choice.network(quality), replace(coding, loss=coding.loss * coarser(quality))
    most = max(clouds * network.latent_size, parameters(network))
    if coding.numbers == "entropy" and most > MAX_CODED:
        warnings.append(f"{most} numbers of one kind: more than {MAX_CODED} are not entropy-coded")
        coding, wanted = replace(coding, numbers="uniform"), None
    return Plan(
        request=str(request),
        quality=quality,
        target_bytes=wanted,
        clouds=recipe.clouds,
        network=network,
        assignment=chosen_assignment(recipe, clouds, points, apart),
        training=recipe.training,
        coding=coding,
        notes=tuple(notes),
        warnings=tuple(warnings),
    )


def chosen_assignment(recipe: Recipe, clouds: int, points: int, apart: float | None) -> AssignmentConfig:
    """With registration where enough clouds lie FAR_APART, have points enough, and nothing else comes before Greedy.

    Where they lie nearer, Greedy finds the way from Q as well, and its bijections leave less error (EM-kD) in faces.
    Material rows are what registration finds, and stay there.
    """
    assignment = recipe.assignment
    if assignment.material:
        return replace(assignment, registration=True, pair_swaps=False, leaf_resolving=False)
    if assignment.registration is not None:
        return assignment
    instead = recipe.training.warmup_epochs > 0 or not assignment.greedy
    if clouds < LEAST_SET or points < LEAST_SURFACE or instead:
        return replace(assignment, registration=False)
    return replace(assignment, registration=None if apart is None else apart >= FAR_APART)


def coarser(quality: float) -> float:
    """How many times as much error rounding may cost: more below COARSE, where little is left of the width, and less
    above FINE, where what rounding costs would hide what a wider network gains.
    """
    return float(FACTOR ** (max(0.0, 1.0 - quality / COARSE) - max(0.0, quality - FINE) / COARSE))


@dataclass(frozen=True, slots=True)
class Choice:
    """The networks that qualities choose for a set.

    Attributes:
        given: the network without a quality.
        fixed: names of its settings that no quality changes.
        clouds, points: N and M.
    """

    given: NetworkConfig
    fixed: frozenset[str]
    clouds: int
    points: int

    def network(self, quality: float) -> NetworkConfig:
        """The network of a quality.

        Heads of one layer on many patches, and shared layers of one width behind a first of twice that, gave less
        error for the same bytes than any other division that was tried (`bin/bench gains`); the width is what grows.
        """
        width = NARROWEST * (WIDEST / NARROWEST) ** (quality / 100.0) * (self.clouds / REFERENCE) ** GROWTH
        even = max(8, 8 * round(width / 8))
        chosen: dict[str, Any] = {
            "shared_widths": (2 * even, even, even, even),
            "head_widths": (),
            "fourier_octaves": 5 if self.clouds < FEW_CLOUDS else 6,
            "latent_size": min(self.given.latent_size, max(LEAST_LATENT, self.clouds)),
            "patches": max(1, min(64, self.points // LEAST_PATCH)),
        }
        return replace(self.given, **{name: value for name, value in chosen.items() if name not in self.fixed})

    def quality_for(self, wanted: int) -> float:
        """The highest quality whose network is expected to come to so many bytes; 0 where none is."""
        low, high = 0.0, 100.0
        while high - low > 0.5:
            middle = (low + high) / 2
            if self.expected_bytes(self.network(middle), -math.log2(coarser(middle)) / 2) <= wanted:
                low = middle
            else:
                high = middle
        return low

    def expected_bytes(self, network: NetworkConfig, finer: float = 0.0) -> int:
        """What the archive of the set will come to, from the bits that numbers took in others.

        Args:
            finer: bits that each number takes more because its grid is finer.
        """
        weights, latents = parameters(network), self.clouds * network.latent_size
        bits = WEIGHT_BITS * weights + LATENT_BITS * latents + INPUT_BITS * self.points
        bits += finer * (weights + latents + POSITION * self.points)
        return round(max(bits, 0.0) / 8) + OTHER_BYTES + NAME_BYTES * self.clouds
