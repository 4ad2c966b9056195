"""The sizes at which the paper's experiments are run: to see that they run, on two cores in hours, and the paper's."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """The sizes of an experiment.

    Attributes:
        patches, latents: K and l by set.
        per_step: points per step, by set, of what is not tuned.
        tuned: the numbers of points per step that columns are tuned over.
        warmup, epochs: on the augmented Chamfer distance, and after it (section 4.2).
        convergence: epochs after the warm-up for the last column of the paper.
        atlasnet: epochs of the baseline.
        measured: clouds of each set that EM-kD is measured on, at most.
    """

    name: str
    clouds: dict[str, int]
    points: dict[str, int]
    patches: dict[str, int]
    latents: dict[str, int]
    per_step: dict[str, int]
    tuned: tuple[int, ...]
    batch: int
    warmup: int
    epochs: int
    convergence: int
    atlasnet: int
    measured: int


def by_set(skulls: int, others: int) -> dict[str, int]:
    return {"skulls": skulls, "bodies": others, "faces": others}


SCALES = {
    "tiny": Scale(  # to see in a minute that everything runs
        *("tiny", by_set(6, 6), by_set(512, 512), by_set(4, 4), by_set(4, 4), by_set(256, 256)),
        *((64, 128, 256), 3, 6, 12, 24, 8, 2),
    ),
    "small": Scale(
        *("small", by_set(24, 24), by_set(4096, 4096), by_set(16, 16), by_set(10, 32), by_set(1024, 1024)),
        *((128, 256, 512, 1024, 2048), 4, 400, 450, 1200, 400, 24),
    ),
    "paper": Scale(
        *("paper", by_set(4096, 13744) | {"faces": 6576}, {"skulls": 65536, "bodies": 131072, "faces": 110592}),
        *(by_set(16, 128), by_set(10, 256), by_set(2048, 4096), (1024, 2048, 4096), 16, 150, 450, 2400, 150, 64),
    ),
}
