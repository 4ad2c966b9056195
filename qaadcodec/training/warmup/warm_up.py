"""The paper's warm-up (sections 3.4 and 4.2): augmented Chamfer distance, latents from an encoder dropped after."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from qaadcodec.assignment.patches import patch_offsets
from qaadcodec.config import TrainingConfig
from qaadcodec.model.cpu_threads import Threads, threads
from qaadcodec.progress import Clock, PhaseEnded, PhaseStarted, Progress, StopRequest
from qaadcodec.sets.store import TargetStore
from qaadcodec.training.learner import Learner
from qaadcodec.training.sampling import sample_rows
from qaadcodec.training.warmup.chamfer import augmented_chamfer
from qaadcodec.training.warmup.pointnet import PointNet

REPORT_SECONDS = 0.25
ENCODED = 16384  # points of each cloud that its final latent is computed from, at most


def warm_up(
    learner: Learner,
    store: TargetStore,
    config: TrainingConfig,
    seed: int,
    *,
    budget_seconds: float | None = None,
    stop: StopRequest | None = None,
) -> Iterator[PhaseStarted | Progress | PhaseEnded]:
    """Learn the set with no assignment, min Σ d_aCD(g(f(P), Q), P) on samples of P and Q, and drop the encoder f.

    Each step takes a batch of clouds, `points_per_step` points of each, and as many rows of Q, the same number from
    every patch. Adam moves network and encoder at `learning_rate` throughout, and Q at `input_rate` times that.

    Args:
        learner: network and Q are changed in place; the latent table becomes the encoder's.
        store: targets, their rows in any order; only read.
        config: `warmup_epochs` passes.
        seed: of everything random. The same gives the same result, unless a budget ends it sooner.
        budget_seconds: end by then.
        stop: ends after the present step.

    Yields:
        The phase's start, progress a few times a second, and its end.
    """
    yield PhaseStarted("warming up", config.warmup_epochs, "epochs")
    rng = np.random.default_rng([seed, 7])
    generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
    encoder = PointNet(learner.network.config.latent_size, generator).to(learner.latents.device)
    batches = -(-len(store) // config.batch)
    clock = Clock(config.warmup_epochs * batches, budget_seconds)
    reported, shown = time.monotonic(), 0

    def progress() -> Progress:
        pace = shown / clock.seconds if shown and clock.seconds > 0 else None
        epochs = clock.done // batches
        return Progress("warming up", epochs, clock.fraction, points_per_second=pace, eta_seconds=clock.eta_seconds)

    with threads() as run:
        steps = WarmupSteps(learner, encoder, store, config, run, rng)
        while clock.fraction < 1.0 and not stop:
            for batch in np.array_split(rng.permutation(len(store)), batches):
                if clock.fraction >= 1.0 or stop:
                    break
                shown += steps.step(np.sort(batch))
                clock.done += 1
                if time.monotonic() - reported >= REPORT_SECONDS:
                    reported = time.monotonic()
                    yield progress()
        yield progress()
        learner.latents = encoded(encoder, store, rng)
    yield PhaseEnded("warming up", clock.seconds)


class WarmupSteps:
    """Takes single steps of the warm-up.

    On the CPU a thread takes one cloud at a time forward and back, so that its features stay in the cache.
    """

    def __init__(
        self,
        learner: Learner,
        encoder: PointNet,
        store: TargetStore,
        config: TrainingConfig,
        run: Threads,
        rng: np.random.Generator,
    ) -> None:
        self._learner, self._encoder, self._store, self._run, self._rng = learner, encoder, store, run, rng
        self._points = config.points_per_step
        self._offsets = patch_offsets(store.points.shape[1], learner.network.config.patches)
        self._tensors = [*learner.network.parameters(), *encoder.parameters()]
        groups = [
            {"params": self._tensors, "lr": config.learning_rate},
            {"params": [learner.input_cloud], "lr": config.learning_rate * config.input_rate},
        ]
        self._adam = torch.optim.Adam(groups, fused=True)
        self._rates = [group["lr"] for group in self._adam.param_groups]

    def scale_rates(self, factor: float) -> None:
        """Go on at this share of the configured learning rates."""
        for group, rate in zip(self._adam.param_groups, self._rates, strict=True):
            group["lr"] = rate * factor

    def step(self, batch: npt.NDArray[np.int64]) -> int:
        """One step on these clouds; the points that went through the network."""
        input_cloud = self._learner.input_cloud
        rows = sample_rows(self._offsets, self._points, self._rng)  # (K, s)
        index = torch.from_numpy(rows).to(input_cloud.device)
        targets = sample(self._store, batch, self._points, self._rng).to(input_cloud.device)
        *gradients, of_rows = self._gradients(input_cloud[index], targets)
        for tensor, gradient in zip(self._tensors, gradients, strict=True):
            tensor.grad = gradient.contiguous()  # fused Adam takes for granted that it lies as the tensor does
        input_cloud.grad = torch.zeros_like(input_cloud)
        input_cloud.grad[index] = of_rows
        self._adam.step()
        return len(batch) * rows.size

    def _gradients(self, q: Tensor, targets: Tensor) -> list[Tensor]:
        """Of the loss in network, encoder and q, (K, s, 3); targets are (B, t, 3)."""
        q = q.requires_grad_()

        def of(clouds: Tensor) -> list[Tensor]:
            loss = augmented_chamfer(self._learner.network(q, self._encoder(clouds)), clouds)
            return list(torch.autograd.grad(loss * (len(clouds) / len(targets)), [*self._tensors, q]))

        def summed(clouds: Tensor) -> list[Tensor]:
            total = of(clouds[:1])
            for cloud in clouds[1:]:
                for sums, gradient in zip(total, of(cloud[None]), strict=True):
                    sums += gradient
            return total

        if targets.device.type != "cpu":
            return of(targets)
        first, *others = self._run.pool.map(summed, targets.tensor_split(min(self._run.count, len(targets))))
        for other in others:
            for sums, gradient in zip(first, other, strict=True):
                sums += gradient
        return first


@torch.no_grad()
def encoded(encoder: PointNet, store: TargetStore, rng: np.random.Generator) -> Tensor:
    """The latent of every cloud, from the same rows of each; (N, l) on the encoder's device."""
    device = encoder.weights[0].device
    rows = drawn(store, ENCODED, rng)
    return torch.cat([encoder(torch.from_numpy(cloud[rows])[None].to(device)) for cloud in store.each()])


def sample(store: TargetStore, batch: npt.NDArray[np.int64], points: int, rng: np.random.Generator) -> Tensor:
    """The same random rows of some clouds, (B, points, 3) float32, or all rows where there are no more."""
    rows = drawn(store, points, rng)
    store.touched(len(batch), len(rows))
    return torch.from_numpy(store.points[batch[:, None], rows[None]])


def drawn(store: TargetStore, points: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Different random rows, ascending."""
    total = store.points.shape[1]
    return np.sort(rng.choice(total, min(points, total), replace=False))
