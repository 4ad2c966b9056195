"""Fitting latents alone: new clouds for a network and an input cloud that stay as they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor

from qaadcodec.arrays import Doubles, Numbers, Singles
from qaadcodec.assignment.kernels.ready import make_ready
from qaadcodec.config import NetworkConfig
from qaadcodec.model.cpu_threads import Threads, cloud_threads
from qaadcodec.model.network import FoldingNetwork
from qaadcodec.progress import Run
from qaadcodec.sets.store import TargetStore
from qaadcodec.training.backend import choose_backend
from qaadcodec.training.fitting_group import Fitted, Fitting, Frozen, Group
from qaadcodec.work.state import State, Table

STAGE = "fitting"  # of a checkpoint
CANDIDATES = 128  # latents of the archive that a new cloud is compared with
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
class Fits:
    """What was found so far, with a row for each cloud of a store: so it is kept by cloud, and any process goes on.

    Attributes:
        latents: (n, l) float32.
        errors: as those of `Fitted`, (n, 1) float64.
        finished: 1 where a cloud was fitted to the end, (n, 1) uint8.
    """

    latents: Singles
    errors: Doubles
    finished: Numbers = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "finished", np.zeros((len(self.latents), 1), np.uint8))

    @classmethod
    def of(cls, clouds: int, size: int, left: State | None) -> Fits:
        """Those of so many clouds and latents of that size: none yet, or what a checkpoint has."""
        fits = cls(np.zeros((clouds, size), np.float32), np.zeros((clouds, 1), np.float64))
        if left is not None:
            for name, table in fits.arrays.items():
                table[:] = left.rows(name, table.shape, table.dtype).whole()
        return fits

    @property
    def arrays(self) -> dict[str, Numbers]:
        """The three of them by name."""
        return {"latents": self.latents, "errors": self.errors, "finished": self.finished}

    def state(self) -> State:
        """For a checkpoint."""
        return State(tables={name: Table.of(array) for name, array in self.arrays.items()})

    def take(self, clouds: Sequence[int], found: Fitted) -> None:
        """Note what was found of some clouds."""
        self.latents[clouds], self.errors[clouds, 0] = found

    def finish(self, clouds: Sequence[int]) -> None:
        """Note that these are fitted to the end."""
        self.finished[clouds] = 1


def fit(
    learnt: Learnt,
    store: TargetStore,
    run: Run,
    fitting: Fitting | None = None,
    clouds: Sequence[int] | None = None,
) -> Fitted:
    """Latents of new clouds, by turns of assignment and descent as in training, with everything else frozen.

    A cloud starts from the known latent that resembles it most. Each round assigns its points to the present
    prediction (Greedy in the first half of the rounds, while the prediction still moves; exact re-solving inside
    small leaves after that), then takes steps of Adam on the latent. The latent with the lowest matched error over
    all points at the end of a round is kept.

    Args:
        store: the new clouds, normalised, in any row order; only read.
        run: where it has a deadline, every group of clouds gets its share of the time that is left: it takes fewer
            steps, and the learning rate comes down in time. Once it is late, clouds start from the mean latent. Its
            checkpoints are written between groups; where they have a fitting, that is taken up. Where several ranks
            share the run, each fits clouds of its own, and all call this.
        clouds: which of the store are new, ascending; all when None.

    Returns:
        latents and errors of those clouds; where the run was stopped, of the first n of them, the last as they are at
        hand.
    """
    new = list(range(len(store))) if clouds is None else list(clouds)
    checkpoints, part = run.checkpoints, store.part
    fits = Fits.of(len(store), learnt.network.latent_size, checkpoints.take(STAGE))
    left = [cloud for cloud in new if not fits.finished[cloud]]
    done = len(new) - len(left)
    if done:
        run.stop.begin()
    run = make_ready(run)
    with run.phase(STAGE, len(new), "clouds") as phase, cloud_threads() as threads:
        frozen = prepared(learnt, fitting or Fitting(), threads, run)
        checkpoints.change(STAGE, fits.state)
        for turn in range(max(part.ranks.gathered(-(-len(left) // TOGETHER)))):
            group = left[turn * TOGETHER : (turn + 1) * TOGETHER]
            if group and not run.stop:
                share = run.within(run.share(len(group) / (len(new) - done)))
                targets = np.stack([store.learnt(cloud) for cloud in group])
                of = replace(frozen, starts=frozen.starts[:1]) if run.is_late else frozen
                run.stop.begin()
                fits.take(group, Group(of, targets, [part.first + cloud for cloud in group]).fitted(share))
                if not run.stop:
                    fits.finish(group)
                done += len(group)
                phase.reach(done)
            checkpoints.offer(STAGE, fits.state)
        checkpoints.change(STAGE, fits.state)
    return Fitted(fits.latents[new[:done]], fits.errors[new[:done], 0])


def prepared(learnt: Learnt, fitting: Fitting, threads: Threads, run: Run) -> Frozen:
    """What is learnt on the device of a run, so that nothing of it changes."""
    backend = choose_backend(run.device)
    network = FoldingNetwork(learnt.network)
    network.load_arrays(learnt.weights)
    network.requires_grad_(False).to(backend.device)
    known = torch.from_numpy(learnt.latents).to(backend.device)
    starts = candidates(known, np.random.default_rng([run.seed, 5]))
    return Frozen(network, torch.from_numpy(learnt.input_cloud).to(backend.device), starts, fitting, threads, backend)


def candidates(known: Tensor, rng: np.random.Generator) -> Tensor:
    """The mean of the known latents, then all of them or a random choice of CANDIDATES; (c, l)."""
    chosen = np.sort(rng.permutation(len(known))[:CANDIDATES])
    return torch.cat([known.mean(0, keepdim=True), known[torch.from_numpy(chosen).to(known.device)]])
