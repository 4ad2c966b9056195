"""The columns of Table 1 (paper section 4.3) and our additions after them: what each one trains, and how it is told."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import torch
from atlasnet_v2 import WIDTHS, patches_for
from bench_record import Record
from bench_scales import Scale
from bench_sets import BenchSet, measure
from bench_tools import hardware
from bench_tuning import Choice
from chamfer_runs import STAGES, Trained, atlasnet, ours, train_by_chamfer
from qaad_runs import changed, plan_of, train_by_assignment
from table_cells import ARCHITECTURE, GREEDY

from qaadcodec.config import Plan, TrainingConfig, parameters, preset

MSE, ATLASNET, DEFORMING, WIDE = "MSE", "AtlasNetV2", "AtlasNetV2, patch deformation", "AtlasNetV2 wide"
REASSIGNMENT, CONVERGENCE = "+ Reassignment", "convergence"
PAPER_COLUMNS = (MSE, ATLASNET, DEFORMING, ARCHITECTURE, GREEDY, REASSIGNMENT, CONVERGENCE)
BY_CHAMFER = (ATLASNET, DEFORMING, WIDE, ARCHITECTURE)
WARM = (GREEDY, REASSIGNMENT, CONVERGENCE)  # they go on from the architecture alone

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


@dataclass
class Runs:
    """The trainings of one set from one seed, with what they share.

    Attributes:
        warm_choice: points per step and rate of the architecture alone, from which the columns in WARM go on.
        kept: the architecture alone, as far as it was trained here from this seed.
    """

    clouds: BenchSet
    scale: Scale
    seed: int
    device: torch.device
    warm_choice: Choice
    kept: dict[Choice, Trained] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.clouds.name

    def plan(self, choice: Choice) -> Plan:
        """The paper's recipe for this set, all of it."""
        scale, name, paper = self.scale, self.name, preset("paper")
        sizes = {"latent_size": scale.latents[name], "patches": scale.patches[name]}
        training = {"batch": scale.batch, "points_per_step": choice.points, "warmup_epochs": scale.warmup}
        # A last step at a constant rate would measure its noise; the others' rates fall too.
        training |= {"schedule": "cosine", "learning_rate": choice.rate}
        return replace(
            plan_of(paper),
            network=replace(paper.network, **sizes),
            training=replace(paper.training, epochs=scale.epochs, **training),
        )

    def architecture(self, choice: Choice) -> Trained:
        """Our network on the augmented Chamfer distance; trained once."""
        if choice not in self.kept:
            plan = self.plan(choice)
            learner = ours(self.clouds, plan.network, self.seed, self.device)
            epochs = plan.training.warmup_epochs
            self.kept[choice] = train_by_chamfer(self.clouds, learner, plan.training, epochs, self.seed)
        return self.kept[choice]

    def atlasnet(self, choice: Choice, patches: int, *, deforming: bool) -> Trained:
        """The baseline."""
        plan = self.plan(choice)
        size = plan.network.latent_size
        learner = atlasnet(self.clouds, size, patches, self.seed, self.device, deforming=deforming)
        return train_by_chamfer(self.clouds, learner, plan.training, self.scale.atlasnet, self.seed)

    def columns(self, choice: Choice) -> dict[str, tuple[dict[str, Any], Callable[[], Trained]]]:
        """By name: the settings that decide the result, for the record and to resume by, and the training.

        Args:
            choice: of the column; the default preset has points and rate of its own, and late additions a rate.
        """
        scale, plan = self.scale, self.plan(choice)
        whole = plan.training.epochs + plan.training.warmup_epochs
        common = {"scale": scale.name, "source": self.clouds.source, "seed": self.seed, "device": self.device.type}
        common |= {"clouds": len(self.clouds.store), "points": scale.points[self.name]}
        shared = {**common, **brief(plan.training), "stages": STAGES}
        size = plan.network.latent_size
        baseline = shared | {"latent_size": size, "widths": WIDTHS, "epochs": scale.atlasnet, "warmup_epochs": 0}
        few, many = patches_for(parameters(plan.network), size), plan.network.patches

        def qaad(made: Plan, *, warm: bool) -> tuple[dict[str, Any], Callable[[], Trained]]:
            said = {**common, "network": asdict(made.network), "assignment": asdict(made.assignment)}
            said["training"] = asdict(made.training)
            if warm:
                said |= {"warm_points": self.warm_choice.points, "warm_rate": self.warm_choice.rate}

            def train() -> Trained:
                start = self.architecture(self.warm_choice) if warm else None
                return train_by_assignment(self.clouds, made, self.seed, self.device, start)

            return said, train

        def of(**settings: Any) -> Plan:
            return changed(plan, {key.replace("__", "."): value for key, value in settings.items()})

        random = {"assignment__greedy": False, "assignment__pair_swaps": False, "training__warmup_epochs": 0}
        table = {
            MSE: qaad(of(**random, training__epochs=whole), warm=False),
            ATLASNET: (baseline | {"patches": few}, lambda: self.atlasnet(choice, few, deforming=False)),
            DEFORMING: (
                baseline | {"patches": few, "deforming": True},
                lambda: self.atlasnet(choice, few, deforming=True),
            ),
            WIDE: (baseline | {"patches": many}, lambda: self.atlasnet(choice, many, deforming=False)),
            ARCHITECTURE: (shared | {"network": asdict(plan.network)}, lambda: self.architecture(choice)),
            GREEDY: qaad(of(assignment__pair_swaps=False), warm=True),
            REASSIGNMENT: qaad(plan, warm=True),
            CONVERGENCE: qaad(of(training__epochs=scale.convergence), warm=True),
        }
        added = of(training__epochs=whole)
        for name, settings in ADDITIONS.items():
            added = changed(added, settings)
            table[name] = qaad(added, warm=False)
        settings = {"network.latent_size": size, "coding.numbers": "uniform"}  # as trained, like the other columns
        if scale.name == "tiny":
            settings["training.epochs"] = 20
        table[DEFAULT] = qaad(changed(plan_of(preset("default")), settings), warm=False)
        return table


def add_cell(record: Record, runs: Runs, column: str, choice: Choice) -> Trained:
    """Train and measure one cell, and take it down."""
    settings, train = runs.columns(choice)[column]
    trained = train()
    began = time.perf_counter()
    errors = measure(runs.clouds, trained.decode, runs.scale.measured)
    cell = {"set": runs.name, "column": column, **errors, "parameters": trained.parameters}
    cell |= {"training_seconds": round(trained.seconds, 1), "processor_seconds": round(trained.processor_seconds, 1)}
    cell |= {"measuring_seconds": round(time.perf_counter() - began, 1), "stretch": trained.stretch}
    cell |= {"hardware": hardware(), "curve": trained.curve}
    record.add({**cell, "settings": settings})
    line = f"{runs.name:<7} {column:<30} {choice!s:<25} seed {runs.seed}: nEM-kD {100 * errors['nem_kd']:.3f} %"
    print(f"{line}, {trained.seconds:.0f} s", file=sys.stderr, flush=True)
    return trained


def brief(training: TrainingConfig) -> dict[str, Any]:
    """The settings of it that training on the Chamfer distance looks at."""
    names = ("batch", "points_per_step", "learning_rate", "input_rate", "warmup_epochs")
    return {name: getattr(training, name) for name in names}
