"""Clouds that are fitted together: their latents go down, by turns of assignment and descent, all else is frozen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from qaadcodec.arrays import Doubles, Longs, Singles
from qaadcodec.assignment.greedy import greedy
from qaadcodec.assignment.patches import patch_offsets
from qaadcodec.assignment.reassignment import resolve_leaves
from qaadcodec.config import AssignmentConfig
from qaadcodec.config.network import POSITION
from qaadcodec.metrics.em_kd import variance
from qaadcodec.model.cpu_threads import Threads
from qaadcodec.model.network import FoldingNetwork
from qaadcodec.progress import Clock, Run
from qaadcodec.training.backend import Backend
from qaadcodec.training.graphs import Replayed
from qaadcodec.training.optim.row_adam import RowAdam
from qaadcodec.training.predict import predict
from qaadcodec.training.sampling import sample_rows
from qaadcodec.training.schedule import learning_rate_factor

PROBE = 1024  # points of either cloud where a new one is compared with a known latent


@dataclass(frozen=True, slots=True)
class Fitting:
    """How long and how fast latents are fitted.

    Attributes:
        rounds, steps: rounds of assignment and descent, and steps in each.
        points_per_step: of each cloud, the same number from every patch. A latent is few numbers: 2048 come to the same
            error in twice the time.
        learning_rate: of the first round; it falls as in training.
        assignment: of the points to the predictions.
    """

    rounds: int = 10
    steps: int = 40
    points_per_step: int = 512
    learning_rate: float = 0.03
    assignment: AssignmentConfig = field(default_factory=AssignmentConfig)


class Fitted(NamedTuple):
    """Latents that were fitted.

    Attributes:
        latents: (n, l) float32.
        errors: matched error of each over the variance of its cloud, (n,); zero for a cloud without one.
    """

    latents: Singles
    errors: Doubles


@dataclass(frozen=True, slots=True)
class Frozen:
    """What all groups have in common.

    Attributes:
        network, input_cloud: of the archive; Q is (M, 3).
        starts: latents that new clouds may begin from, (c, l); the first one is in the middle of the known ones.
        fitting: how long and how fast.
        threads, backend: what computes.
    """

    network: FoldingNetwork
    input_cloud: Tensor
    starts: Tensor
    fitting: Fitting
    threads: Threads
    backend: Backend


class Descent:
    """Takes a table of latents down the matched error, row by row; on CUDA a step is one graph."""

    def __init__(self, of: Frozen, table: Tensor) -> None:
        """Move a table (b, l), in place."""
        self._of, self._adam = of, RowAdam(table)
        self._every = torch.arange(len(table), device=table.device)
        self._advance = Replayed(self.advance, table.device)

    def step(self, rows: Longs, targets: Singles, rate: float) -> None:
        """One step at a learning rate, by these rows of Q (K, s) and the points of each cloud for them, (b, K·s, C)."""
        self._advance(torch.from_numpy(rows), torch.from_numpy(targets), torch.tensor(rate))

    def advance(self, rows: Tensor, targets: Tensor, rate: Tensor) -> Tensor:
        """The step itself, on tensors of the device alone; the gradient, (b, l)."""
        latents = self._adam.table.clone().requires_grad_()
        of = self._of
        loss, _ = of.backend.matched_error(of.network, of.input_cloud[rows], latents, targets, of.threads)
        (gradient,) = torch.autograd.grad(loss, latents)
        self._adam.step(self._every, gradient, rate)
        return gradient

    def close(self) -> None:
        """Wait for the last step."""
        self._advance.close()


@dataclass(frozen=True, slots=True)
class Group:
    """Some new clouds.

    Attributes:
        of: what it has in common with others.
        targets: the points of its clouds, (b, M, C) float32, its own copy: the assignments reorder them.
        numbers: of its clouds in the set, (b,). All that is random depends on them, and on nothing that came before.
    """

    of: Frozen
    targets: Singles
    numbers: Sequence[int]

    def fitted(self, run: Run) -> Fitted:
        """The best latents that are found; fewer rounds once the run is stopped or late."""
        fitting = self.of.fitting
        clock = Clock(fitting.rounds * fitting.steps + 1, run.budget_seconds, started=run.started)
        rng = np.random.default_rng([run.seed, 30, self.numbers[0]])
        table = self.starts(rng)
        best, lowest = table.clone(), np.full(len(table), np.inf)
        descent = Descent(self.of, table)
        offsets = patch_offsets(len(self.of.input_cloud), self.of.network.config.patches)
        for turn in range(fitting.rounds):
            if turn and (run.stop or clock.fraction >= 1.0):
                break
            self.reassign(table, turn, run.seed, moving=2 * turn < fitting.rounds and clock.fraction < 0.5)
            for _ in range(fitting.steps):
                clock.done += 1
                if clock.fraction >= 1.0:
                    break
                rows = sample_rows(offsets, fitting.points_per_step, rng)  # (K, s)
                rate = fitting.learning_rate * learning_rate_factor(clock.fraction)
                descent.step(rows, self.targets[:, rows.ravel()], rate)
            for row, target in enumerate(self.targets):
                prediction = predict(self.of.network, self.of.input_cloud, table[row])
                error = float(np.square(prediction - target).sum(1).mean())
                if error < lowest[row]:
                    lowest[row], best[row] = error, table[row]
        descent.close()
        spreads = np.array([variance(target[:, :POSITION]) for target in self.targets])
        return Fitted(best.cpu().numpy(), np.where(spreads > 0, lowest / np.maximum(spreads, 1e-300), 0.0))

    def starts(self, rng: np.random.Generator) -> Tensor:
        """The start that is most like each of the clouds, (b, l); a thread for each cloud."""
        starts = self.of.starts
        if len(starts) == 1:
            return starts.expand(len(self.targets), -1).clone()
        seeds = rng.integers(2**63, size=len(self.targets))

        def start(row: int) -> Tensor:
            own = np.random.default_rng(seeds[row])
            return nearest_start(self.of.network, self.of.input_cloud, starts, self.targets[row], own)

        return torch.stack(list(self.of.threads.pool.map(start, range(len(self.targets)))))

    def reassign(self, table: Tensor, turn: int, seed: int, *, moving: bool) -> None:
        """Assign the points of each cloud anew to its present prediction, which may be moving still."""
        config = self.of.fitting.assignment

        def work(row: int) -> None:
            targets, positions = self.targets[row], self.targets[row, :, :POSITION]
            prediction = predict(self.of.network, self.of.input_cloud, table[row])[:, :POSITION]
            rng = np.random.default_rng([seed, 6, self.numbers[row], turn])
            if moving:
                targets[:] = targets[greedy(prediction, positions, config.greedy_leaf, rng)]
            targets[:] = targets[resolve_leaves(prediction, positions, config.leaf, rng)]

        list(self.of.threads.pool.map(work, range(len(self.targets))))


def nearest_start(
    network: FoldingNetwork, input_cloud: Tensor, starts: Tensor, cloud: Singles, rng: np.random.Generator
) -> Tensor:
    """The start that decodes to the lowest augmented Chamfer distance from a cloud, on PROBE points of each."""
    from scipy.spatial import cKDTree

    sample = cloud[:, :POSITION][rng.permutation(len(cloud))[:PROBE]]
    tree = cKDTree(sample)
    rows = sample_rows(patch_offsets(len(input_cloud), network.config.patches), PROBE, rng)
    q = input_cloud[torch.from_numpy(rows).to(input_cloud.device)]
    with torch.no_grad():
        decoded = torch.cat([network(q, start[None]) for start in starts])[..., :POSITION].cpu().numpy()

    def error(prediction: Singles) -> float:
        there = np.square(tree.query(prediction)[0]).mean()
        return float(max(there, np.square(cKDTree(prediction).query(sample)[0]).mean()))

    return starts[int(np.argmin([error(prediction) for prediction in decoded]))]
