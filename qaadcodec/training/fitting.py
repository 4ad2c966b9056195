"""Fitting latents alone: new clouds for a network and an input cloud that stay as they are."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from qaadcodec.assignment.greedy import greedy
from qaadcodec.assignment.patches import patch_offsets
from qaadcodec.assignment.reassignment import resolve_leaves
from qaadcodec.config import AssignmentConfig
from qaadcodec.model.cpu_threads import Threads, threads
from qaadcodec.model.network import FoldingNetwork
from qaadcodec.progress import StopRequest
from qaadcodec.sets.store import TargetStore
from qaadcodec.training.host.loss import matched_error
from qaadcodec.training.optim.row_adam import RowAdam
from qaadcodec.training.predict import predict
from qaadcodec.training.sampling import sample_rows
from qaadcodec.training.schedule import learning_rate_factor

Array = npt.NDArray[np.float32]

CANDIDATES = 128  # latents of the archive that a new cloud is compared with
PROBE = 1024  # points of either cloud in that comparison
TOGETHER = 8  # clouds fitted at a time


def fit_latents(
    network: FoldingNetwork,
    input_cloud: Tensor,
    known: Tensor,
    store: TargetStore,
    config: AssignmentConfig,
    *,
    rounds: int = 10,
    steps: int = 40,
    points_per_step: int = 2048,
    learning_rate: float = 0.03,
    seed: int = 0,
    stop: StopRequest | None = None,
) -> Iterator[tuple[int, Array]]:
    """Latents of new clouds, by turns of assignment and descent as in training, with everything else frozen.

    A cloud starts from the known latent that resembles it most. Each round assigns its points to the present
    prediction (Greedy in the first half of the rounds, while the prediction still moves; exact re-solving inside
    small leaves after that), then takes steps of Adam on the latent. The latent with the lowest matched error over
    all points at the end of a round is kept.

    Args:
        network, input_cloud: frozen; Q is (M, 3).
        known: latents to start from, (n, l).
        store: the new clouds, normalised, in any row order; reordered in place.
        rounds, steps: rounds, and steps in each.
        learning_rate: of the first round; falls as in training.

    Yields:
        How many clouds are done, and the latents of those that were finished since, (b, l); once stopped, those at
        hand as they are.
    """
    rng = np.random.default_rng([seed, 5])
    starts = candidates(known, rng)
    offsets = patch_offsets(len(input_cloud), network.config.patches)
    with threads() as run:
        for first in range(0, len(store), TOGETHER):
            if stop:
                return
            here = range(first, min(first + TOGETHER, len(store)))
            table = torch.stack([nearest_start(network, input_cloud, starts, store.points[i], rng) for i in here])
            best, lowest = table.clone(), np.full(len(here), np.inf)
            adam = RowAdam(table)
            every = torch.arange(len(here), device=table.device)
            for turn in range(rounds):
                if stop and turn:
                    break
                reassign(network, input_cloud, table, store, here, config, turn, 2 * turn < rounds, seed, run)
                for step in range(steps):
                    rows = sample_rows(offsets, points_per_step, rng)
                    latents = table.clone().requires_grad_()
                    targets = torch.from_numpy(store.points[here.start : here.stop, rows.ravel()]).to(table.device)
                    q = input_cloud[torch.from_numpy(rows).to(table.device)]
                    loss, _ = matched_error(network, q, latents, targets, run)
                    (gradient,) = torch.autograd.grad(loss, latents)
                    done = (turn * steps + step + 1) / (rounds * steps + 1)
                    adam.step(every, gradient, learning_rate * learning_rate_factor(done))
                for row, i in enumerate(here):
                    error = float(np.square(predict(network, input_cloud, table[row]) - store.points[i]).sum(1).mean())
                    if error < lowest[row]:
                        lowest[row], best[row] = error, table[row]
            store.touched(len(here))
            yield here.stop, best.cpu().numpy()


def candidates(known: Tensor, rng: np.random.Generator) -> Tensor:
    """The mean of the known latents, then all of them or a random choice of CANDIDATES; (c, l)."""
    chosen = np.sort(rng.permutation(len(known))[:CANDIDATES])
    return torch.cat([known.mean(0, keepdim=True), known[torch.from_numpy(chosen).to(known.device)]])


def nearest_start(
    network: FoldingNetwork, input_cloud: Tensor, starts: Tensor, cloud: Array, rng: np.random.Generator
) -> Tensor:
    """The candidate that decodes to the lowest augmented Chamfer distance from a cloud, on PROBE points of each."""
    from scipy.spatial import cKDTree

    sample = cloud[rng.permutation(len(cloud))[:PROBE]]
    tree = cKDTree(sample)
    rows = sample_rows(patch_offsets(len(input_cloud), network.config.patches), PROBE, rng)
    q = input_cloud[torch.from_numpy(rows).to(input_cloud.device)]
    with torch.no_grad():
        decoded = torch.cat([network(q, start[None]) for start in starts]).cpu().numpy()

    def error(prediction: Array) -> float:
        there = np.square(tree.query(prediction)[0]).mean()
        return float(max(there, np.square(cKDTree(prediction).query(sample)[0]).mean()))

    return starts[int(np.argmin([error(prediction) for prediction in decoded]))]


def reassign(
    network: FoldingNetwork,
    input_cloud: Tensor,
    table: Tensor,
    store: TargetStore,
    clouds: range,
    config: AssignmentConfig,
    turn: int,
    moving: bool,
    seed: int,
    run: Threads,
) -> None:
    """Assign the points of each cloud anew to its present prediction."""

    def work(row: int) -> None:
        targets = store.points[clouds[row]]
        prediction = predict(network, input_cloud, table[row])
        rng = np.random.default_rng([seed, 6, clouds[row], turn])
        if moving:
            targets[:] = targets[greedy(prediction, targets, config.greedy_leaf, rng)]
        targets[:] = targets[resolve_leaves(prediction, targets, config.leaf, rng)]

    list(run.pool.map(work, range(len(clouds))))
