"""Fitting latents alone: new clouds for a network and an input cloud that stay as they are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from qaadcodec.arrays import Doubles, Singles
from qaadcodec.assignment.greedy import greedy
from qaadcodec.assignment.kernels.ready import make_ready
from qaadcodec.assignment.patches import patch_offsets
from qaadcodec.assignment.reassignment import resolve_leaves
from qaadcodec.config import AssignmentConfig, NetworkConfig
from qaadcodec.config.network import POSITION
from qaadcodec.errors import Interrupted
from qaadcodec.metrics.em_kd import variance
from qaadcodec.model.cpu_threads import Threads, cloud_threads
from qaadcodec.model.network import FoldingNetwork
from qaadcodec.progress import Clock, Run
from qaadcodec.sets.store import TargetStore
from qaadcodec.training.backend import Backend, choose_backend
from qaadcodec.training.optim.row_adam import RowAdam
from qaadcodec.training.predict import predict
from qaadcodec.training.sampling import sample_rows
from qaadcodec.training.schedule import learning_rate_factor

CANDIDATES = 128  # latents of the archive that a new cloud is compared with
PROBE = 1024  # points of either cloud in that comparison
TOGETHER = 8  # clouds fitted at a time


@dataclass(frozen=True, slots=True)
class Learnt:
    """What an archive has learnt, as it stays.

    Attributes:
        network: the architecture.
        weights: float32 tensors by name.
        input_cloud: Q, (M, 3) float32.
        latents: L, (N, l) float32.
    """

    network: NetworkConfig
    weights: dict[str, Singles]
    input_cloud: Singles
    latents: Singles


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


def fit(learnt: Learnt, store: TargetStore, run: Run, fitting: Fitting | None = None) -> Fitted:
    """Latents of new clouds, by turns of assignment and descent as in training, with everything else frozen.

    A cloud starts from the known latent that resembles it most. Each round assigns its points to the present
    prediction (Greedy in the first half of the rounds, while the prediction still moves; exact re-solving inside
    small leaves after that), then takes steps of Adam on the latent. The latent with the lowest matched error over
    all points at the end of a round is kept.

    Args:
        store: the new clouds, normalised, in any row order; reordered in place.
        run: where it has a deadline, every group of clouds gets its share of the time that is left: it takes fewer
            steps, and the learning rate comes down in time. Once it is late, clouds start from the mean latent.

    Returns:
        latents and errors of all clouds; where the run was stopped, of the first n, the last of them as they are at
        hand.

    Raises:
        Interrupted: stopped before a cloud was fitted.
    """
    backend = choose_backend(run.device)
    network = FoldingNetwork(learnt.network)
    network.load_arrays(learnt.weights)
    network.requires_grad_(False).to(backend.device)
    q = torch.from_numpy(learnt.input_cloud).to(backend.device)
    rng = np.random.default_rng([run.seed, 5])
    starts = candidates(torch.from_numpy(learnt.latents).to(backend.device), rng)
    found = []
    run = make_ready(run)
    with run.phase("fitting", len(store), "clouds") as phase, cloud_threads() as threads:
        group = Group(network, q, store, fitting or Fitting(), threads, backend)
        for first in range(0, len(store), TOGETHER):
            if run.stop:
                break
            clouds = range(first, min(first + TOGETHER, len(store)))
            share = run.within(run.share(len(clouds) / (len(store) - first)))
            table = group.starts(clouds, starts[:1] if run.is_late else starts, rng)
            run.stop.begin()
            found.append(group.fitted(clouds, table, share, rng))
            phase.reach(clouds.stop)
    if not found:
        raise Interrupted("stopped before a cloud was fitted; nothing was written")
    return Fitted(*(np.concatenate(parts) for parts in zip(*found, strict=True)))


@dataclass(frozen=True, slots=True)
class Group:
    """What clouds that are fitted together need."""

    network: FoldingNetwork
    input_cloud: Tensor
    store: TargetStore
    fitting: Fitting
    threads: Threads
    backend: Backend

    def starts(self, clouds: range, candidates: Tensor, rng: np.random.Generator) -> Tensor:
        """The candidate (c, l) that is most like each of these clouds, (b, l); a thread for each cloud."""
        if len(candidates) == 1:
            return candidates.expand(len(clouds), -1).clone()
        seeds = rng.integers(2**63, size=len(clouds))

        def start(row: int) -> Tensor:
            own = np.random.default_rng(seeds[row])
            return nearest_start(self.network, self.input_cloud, candidates, self.store.points[clouds[row]], own)

        return torch.stack(list(self.threads.pool.map(start, range(len(clouds)))))

    def fitted(self, clouds: range, table: Tensor, run: Run, rng: np.random.Generator) -> Fitted:
        """The best latents of these clouds, from those in `table` (b, l), which moves; fewer rounds once stopped."""
        fitting = self.fitting
        clock = Clock(fitting.rounds * fitting.steps + 1, run.budget_seconds, started=run.started)
        best, lowest = table.clone(), np.full(len(clouds), np.inf)
        adam, every = RowAdam(table), torch.arange(len(clouds), device=table.device)
        for turn in range(fitting.rounds):
            if turn and (run.stop or clock.fraction >= 1.0):
                break
            self.reassign(clouds, table, turn, run.seed, moving=2 * turn < fitting.rounds and clock.fraction < 0.5)
            for _ in range(fitting.steps):
                clock.done += 1
                if clock.fraction >= 1.0:
                    break
                gradient = self.gradient(clouds, table, rng)
                adam.step(every, gradient, fitting.learning_rate * learning_rate_factor(clock.fraction))
            for row, i in enumerate(clouds):
                prediction = predict(self.network, self.input_cloud, table[row])
                error = float(np.square(prediction - self.store.points[i]).sum(1).mean())
                if error < lowest[row]:
                    lowest[row], best[row] = error, table[row]
        spreads = np.array([variance(self.store.positions(i)) for i in clouds])
        return Fitted(best.cpu().numpy(), np.where(spreads > 0, lowest / np.maximum(spreads, 1e-300), 0.0))

    def gradient(self, clouds: range, table: Tensor, rng: np.random.Generator) -> Tensor:
        """Gradient of the matched error in the latents, (b, l), on points drawn anew."""
        offsets = patch_offsets(len(self.input_cloud), self.network.config.patches)
        rows = sample_rows(offsets, self.fitting.points_per_step, rng)  # (K, s)
        latents = table.clone().requires_grad_()
        targets = torch.from_numpy(self.store.points[clouds.start : clouds.stop, rows.ravel()]).to(table.device)
        q = self.input_cloud[torch.from_numpy(rows).to(table.device)]
        loss, _ = self.backend.matched_error(self.network, q, latents, targets, self.threads)
        (gradient,) = torch.autograd.grad(loss, latents)
        return gradient

    def reassign(self, clouds: range, table: Tensor, turn: int, seed: int, *, moving: bool) -> None:
        """Assign the points of each cloud anew to its present prediction, which may be moving still."""
        config = self.fitting.assignment

        def work(row: int) -> None:
            targets, positions = self.store.points[clouds[row]], self.store.positions(clouds[row])
            prediction = predict(self.network, self.input_cloud, table[row])[:, :POSITION]
            rng = np.random.default_rng([seed, 6, clouds[row], turn])
            if moving:
                targets[:] = targets[greedy(prediction, positions, config.greedy_leaf, rng)]
            targets[:] = targets[resolve_leaves(prediction, positions, config.leaf, rng)]

        list(self.threads.pool.map(work, range(len(clouds))))


def candidates(known: Tensor, rng: np.random.Generator) -> Tensor:
    """The mean of the known latents, then all of them or a random choice of CANDIDATES; (c, l)."""
    chosen = np.sort(rng.permutation(len(known))[:CANDIDATES])
    return torch.cat([known.mean(0, keepdim=True), known[torch.from_numpy(chosen).to(known.device)]])


def nearest_start(
    network: FoldingNetwork, input_cloud: Tensor, starts: Tensor, cloud: Singles, rng: np.random.Generator
) -> Tensor:
    """The candidate that decodes to the lowest augmented Chamfer distance from a cloud, on PROBE points of each."""
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
