"""The columns of Table 1 (paper section 4.3) and our additions after them: what each one trains, at two scales."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any

import torch
from atlasnet_v2 import WIDTHS, patches_for
from bench_record import Record
from bench_sets import BenchSet, measure
from chamfer_runs import STAGES, Trained, atlasnet, ours, train_by_chamfer
from qaad_runs import changed, plan_of, train_by_assignment

from qaadcodec.config import Plan, TrainingConfig, parameters, preset

MSE, ATLASNET, WIDE, ARCHITECTURE = "MSE", "AtlasNetV2", "AtlasNetV2 wide", "architecture"
GREEDY, REASSIGNMENT, CONVERGENCE = "+ Greedy", "+ Reassignment", "convergence"
PAPER_COLUMNS = (MSE, ATLASNET, ARCHITECTURE, GREEDY, REASSIGNMENT, CONVERGENCE)

# Each adds its settings to those of the one before. None of them is in the paper.
ADDITIONS: dict[str, dict[str, Any]] = {
    "+ displacement and PCA": {"network.displacement": True, "training.warmup_epochs": 0},
    "+ Fourier": {"network.fourier_octaves": 4},
    "+ FiLM": {"network.film": True},
    "+ leaf re-solving": {"assignment.leaf_resolving": True},
    "+ higher rates": {"training.learning_rate": 2e-3, "training.latent_rate": 5.0},
    "+ more and thinner heads": {"network.patches": 64, "network.head_widths": [16]},
    "+ SOAP": {
        "training.optimiser": "soap",
        "training.learning_rate": 3e-3,
        "training.latent_rate": 3.3,
        "training.input_rate": 0.7,
    },
}
DEFAULT = "default preset"


@dataclass(frozen=True)
class Scale:
    """The sizes of an experiment.

    Attributes:
        patches, latents, per_step: K, l and points per step by set.
        warmup, epochs: on the augmented Chamfer distance, and after it (section 4.2).
        convergence: epochs after the warm-up for the last column of the paper.
        atlasnet: epochs of the baseline.
        measured: clouds of each set that EM-kD is measured on, at most.
        additions: whether the columns after the paper's are trained.
    """

    name: str
    clouds: dict[str, int]
    points: dict[str, int]
    patches: dict[str, int]
    latents: dict[str, int]
    per_step: dict[str, int]
    batch: int
    warmup: int
    epochs: int
    convergence: int
    atlasnet: int
    measured: int
    additions: bool


def by_set(skulls: int, others: int) -> dict[str, int]:
    return {"skulls": skulls, "bodies": others, "faces": others}


SCALES = {
    "tiny": Scale(  # to see in a minute that everything runs
        *("tiny", by_set(6, 6), by_set(512, 512), by_set(4, 4), by_set(4, 4), by_set(256, 256)),
        *(3, 6, 12, 24, 8, 2, True),
    ),
    "small": Scale(
        *("small", by_set(24, 24), by_set(4096, 4096), by_set(16, 16), by_set(10, 32), by_set(1024, 1024)),
        *(4, 400, 450, 1200, 400, 24, True),
    ),
    "paper": Scale(
        *("paper", by_set(4096, 13744) | {"faces": 6576}, {"skulls": 65536, "bodies": 131072, "faces": 110592}),
        *(by_set(16, 128), by_set(10, 256), by_set(2048, 4096), 16, 150, 450, 2400, 150, 64, False),
    ),
}


@dataclass
class Runs:
    """The trainings of one set, with what they share.

    Attributes:
        atlasnet_rate, warm_rate: learning rates on the augmented Chamfer distance, of the baseline and of ours.
    """

    clouds: BenchSet
    scale: Scale
    seed: int
    device: torch.device
    atlasnet_rate: float
    warm_rate: float
    tried: dict[tuple[str, float], Trained] = field(default_factory=dict)
    """what was trained here already, by column and rate"""

    @property
    def name(self) -> str:
        return self.clouds.name

    @property
    def plan(self) -> Plan:
        """The paper's recipe for this set, all of it."""
        scale, name, paper = self.scale, self.name, preset("paper")
        sizes = {"latent_size": scale.latents[name], "patches": scale.patches[name]}
        training = {"batch": scale.batch, "points_per_step": scale.per_step[name], "warmup_epochs": scale.warmup}
        # A last step at a constant rate would measure its noise; the others' rates fall too.
        training["schedule"] = "cosine"
        return replace(
            plan_of(paper),
            network=replace(paper.network, **sizes),
            training=replace(paper.training, epochs=scale.epochs, **training),
        )

    @cached_property
    def warm(self) -> Trained:
        """The architecture alone; Greedy starts from it."""
        return self.tried.get((ARCHITECTURE, self.warm_rate)) or self.architecture(self.warm_rate)

    @property
    def baseline(self) -> Trained:
        """AtlasNetV2."""
        return self.tried.get((ATLASNET, self.atlasnet_rate)) or self.atlasnet(self.atlasnet_rate)

    def architecture(self, rate: float) -> Trained:
        """Our network on the augmented Chamfer distance."""
        training = replace(self.plan.training, learning_rate=rate)
        learner = ours(self.clouds, self.plan.network, self.seed, self.device)
        return train_by_chamfer(self.clouds, learner, training, training.warmup_epochs, self.seed)

    def atlasnet(self, rate: float, wide: bool = False) -> Trained:
        """The baseline, with as many parameters as our network, or with as many patches."""
        training = replace(self.plan.training, learning_rate=rate)
        patches = self.plan.network.patches if wide else self.atlasnet_patches
        learner = atlasnet(self.clouds, self.plan.network.latent_size, patches, self.seed, self.device)
        return train_by_chamfer(self.clouds, learner, training, self.scale.atlasnet, self.seed)

    @property
    def atlasnet_patches(self) -> int:
        """So many that its parameters come nearest to those of our network."""
        return patches_for(parameters(self.plan.network), self.plan.network.latent_size)

    def changed(self, **settings: Any) -> Plan:
        """The paper's recipe with single settings changed, "assignment__greedy" standing for "assignment.greedy"."""
        return changed(self.plan, {key.replace("__", "."): value for key, value in settings.items()})

    def columns(self) -> dict[str, tuple[dict[str, Any], Callable[[], Trained]]]:
        """By name: the settings that decide the result, for the record and to resume by, and the training."""
        scale, learn = self.scale, train_by_assignment
        whole = self.plan.training.epochs + self.plan.training.warmup_epochs
        common = {"source": self.clouds.source, "seed": self.seed, "device": self.device.type}
        common |= {"clouds": len(self.clouds.store), "points": scale.points[self.name]}
        shared = {**common, **brief(self.plan.training), "stages": STAGES}
        baseline = shared | {"latent_size": self.plan.network.latent_size, "widths": WIDTHS, "epochs": scale.atlasnet}
        baseline |= {"warmup_epochs": 0, "learning_rate": self.atlasnet_rate}

        def qaad(plan: Plan, warm: bool) -> tuple[dict[str, Any], Callable[[], Trained]]:
            said = {**common, "network": asdict(plan.network), "assignment": asdict(plan.assignment)}
            said |= {"training": asdict(plan.training)} | ({"warm_rate": self.warm_rate} if warm else {})
            return said, lambda: learn(self.clouds, plan, self.seed, self.device, self.warm if warm else None)

        random = self.changed(
            assignment__greedy=False, assignment__pair_swaps=False, training__epochs=whole, training__warmup_epochs=0
        )
        table = {
            MSE: qaad(random, False),
            ATLASNET: (baseline | {"patches": self.atlasnet_patches}, lambda: self.baseline),
            WIDE: (
                baseline | {"patches": self.plan.network.patches},
                lambda: self.atlasnet(self.atlasnet_rate, wide=True),
            ),
            ARCHITECTURE: (
                shared | {"network": asdict(self.plan.network), "learning_rate": self.warm_rate},
                lambda: self.warm,
            ),
            GREEDY: qaad(self.changed(assignment__pair_swaps=False), True),
            REASSIGNMENT: qaad(self.plan, True),
            CONVERGENCE: qaad(self.changed(training__epochs=scale.convergence), True),
        }
        plan = self.changed(training__epochs=whole)
        for name, settings in ADDITIONS.items():
            plan = changed(plan, settings)
            table[name] = qaad(plan, False)
        settings = {"network.latent_size": self.plan.network.latent_size}
        settings["coding.numbers"] = "uniform"  # as trained, like the other columns
        if scale.name == "tiny":
            settings["training.epochs"] = 20
        table[DEFAULT] = qaad(changed(plan_of(preset("default")), settings), False)
        left_out = () if scale.additions else (WIDE, *ADDITIONS, DEFAULT)
        return {name: column for name, column in table.items() if name not in left_out}


def add_cell(
    record: Record, runs: Runs, column: str, settings: dict[str, Any], train: Callable[[], Trained]
) -> Trained:
    """Train and measure one cell, and take it down."""
    trained = train()
    began = time.perf_counter()
    errors = measure(runs.clouds, trained.decode, runs.scale.measured)
    cell = {"set": runs.name, "column": column, **errors, "parameters": trained.parameters}
    cell |= {"training_seconds": round(trained.seconds, 1), "measuring_seconds": round(time.perf_counter() - began, 1)}
    record.add({**cell, "curve": trained.curve, "settings": settings})
    line = f"{runs.name:<7} {column:<22} nEM-kD {100 * errors['nem_kd']:.3f} %, {trained.seconds:.0f} s"
    print(line, file=sys.stderr, flush=True)
    return trained


def brief(training: TrainingConfig) -> dict[str, Any]:
    """The settings of it that training on the Chamfer distance looks at."""
    names = ("batch", "points_per_step", "learning_rate", "input_rate", "warmup_epochs")
    return {name: getattr(training, name) for name in names}
