"""The registration of a set: coarse network, settling, and evening where rows are even; its targets are learnt."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from qaadcodec.arrays import Singles
from qaadcodec.assignment.registration.evening import evened
from qaadcodec.assignment.registration.nearest import k_nearest
from qaadcodec.assignment.registration.neighbours import Neighbours
from qaadcodec.assignment.registration.settling import Settling
from qaadcodec.assignment.registration.surface import Surface
from qaadcodec.config import AssignmentConfig, Plan
from qaadcodec.config.network import POSITION
from qaadcodec.parallel import cores, in_parallel
from qaadcodec.progress import Phase, Run
from qaadcodec.sets.store import TargetStore
from qaadcodec.training.assigned import Progress
from qaadcodec.training.learner import Learner
from qaadcodec.training.loop import STAGE as TRAINING
from qaadcodec.training.predict import predict
from qaadcodec.training.registration.anchoring import anchored
from qaadcodec.training.registration.coarse import FOUND as PARTS
from qaadcodec.training.registration.coarse import STIFFNESS, learn_coarsely
from qaadcodec.training.start import middle_cloud, patch_by_patch
from qaadcodec.work.state import State

COARSE_SHARE, PLACING_SHARE = 0.2, 0.2  # of the time left when each begins
MATERIAL_SHARE = 0.4  # instead of the first one, where no bijection mends what the coarse network has missed
HASTY = 32  # points in a leaf of Greedy when there is no time
STAGE, FOUND = "registering", "registered"  # of a checkpoint: while clouds are placed, and after that


@dataclass(frozen=True, slots=True)
class Registered:
    """The targets of the rows of Q in every cloud. A context manager that closes the store.

    Attributes:
        input_cloud: Q, (M, 3), patch by patch.
        targets: N clouds of M points, most of them those of the set, in the row order of Q.
    """

    input_cloud: Singles
    targets: TargetStore

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.targets.close()


def register(store: TargetStore, plan: Plan, run: Run) -> Registered:
    """Find a target for every row of Q in every cloud: on the surface, and next to those of its neighbours.

    Paper eq. 17 asks for a bijection that keeps neighbours together. Here a smooth map comes first, and a bijection
    starts from where it leads, so that rows are evenly spread. Where its matches tear, they are replaced by places on
    the surface (`evening`). Material rows need no bijection: their targets are places on the surface, all of them. The
    time grows with N and with M log M, the memory with neither but for the store.

    Args:
        store: N clouds, normalised, in any row order; only read.
        run: the same seed gives the same places, unless a deadline ends the search sooner.

    Raises:
        EnvironmentFailure: no room for the working data.
    """
    checkpoints = run.checkpoints
    before = checkpoints.take(FOUND)
    if before is not None and checkpoints.has(TRAINING):  # which has the targets as they are now
        input_cloud = before.array("input_cloud", np.empty((store.points.shape[1], POSITION), np.float32))
        found = Registered(input_cloud, targets_like(store, checkpoints.scratch))
    else:
        middle = middle_cloud(store)
        input_cloud = patch_by_patch(store, middle, plan.network.patches)
        stiffness, share = (STIFFNESS, MATERIAL_SHARE) if plan.assignment.material else (0.0, COARSE_SHARE)
        coarse = learn_coarsely(store, input_cloud, middle, plan.training, run.within(run.share(share)), stiffness)
        found = Registered(input_cloud, targets_like(store, checkpoints.scratch))
        try:
            with run.phase(STAGE, store.part.total, "clouds") as phase:
                coarse = anchored(coarse, middle)
                Placing(store, found, coarse, plan.assignment, run.within(run.share(PLACING_SHARE))).place_all(phase)
        except BaseException:
            found.targets.close()
            raise
        checkpoints.drop(PARTS)
    checkpoints.keep(FOUND, State(shared={"input_cloud": found.input_cloud}))
    return found


def targets_like(store: TargetStore, folder: Path | None) -> TargetStore:
    """Room for the targets of as many rows in as many clouds as a store has, with normals if it has them."""
    return TargetStore(store.part, store.points.shape[1], folder=folder, normals=store.normals)


class Placing:
    """Finds the targets in cloud after cloud."""

    def __init__(
        self, store: TargetStore, found: Registered, coarse: Learner, config: AssignmentConfig, run: Run
    ) -> None:
        self._store, self._targets, self._coarse = store, found.targets, coarse
        self._config, self._run = config, run
        self._settling = Settling.of(found.input_cloud, run.seed)
        self._neighbours = None if config.material else Neighbours.of(found.input_cloud)

    def place_all(self, phase: Phase) -> None:
        """Every cloud, in threads; from where the time does not suffice, density is compared less exactly.

        Args:
            phase: hears of every cloud.
        """
        hasty, leaf, part = 0, self._config.evening_leaf, self._store.part
        progress = Progress.of(STAGE, self._targets, self._run, phase)
        for group in progress.groups(cores()):
            if group and not self._config.material and self._late(*progress.so_far):
                leaf, hasty = HASTY, hasty + len(group)
            in_parallel(partial(self._place, leaf=leaf), group)
        hasty = sum(part.ranks.gathered(hasty))
        if hasty and not self._run.stop:
            self._run.note(f"time was short: {hasty} of {part.total} clouds were evened within small subspaces")

    def _late(self, done: int, total: int) -> bool:
        """Whether the time does not suffice at the pace so far."""
        left = self._run.seconds_left
        return bool(self._run.stop) or (
            left is not None and done > 0 and self._run.seconds * (total - done) > left * done
        )

    def _place(self, i: int, leaf: int) -> None:
        rng = np.random.default_rng([self._run.seed, 25, self._store.part.first + i])
        surface = Surface.of(self._store.positions(i))
        coarse = self._coarse
        latent = coarse.latents[self._store.part.first + i]
        guess = predict(coarse.network, coarse.input_cloud, latent)[:, :POSITION]
        settled = self._settling.settled(guess, surface, rng)
        if self._neighbours is None:
            targets = surface.nearest_place(settled)
        else:
            targets = evened(settled, surface, self._neighbours, self._config.evening, leaf)
        self._targets.positions(i)[:] = targets
        if self._targets.normals:
            self._targets.face(i, surface.normals[k_nearest(surface.tree, targets, 1)[1][:, 0]])
