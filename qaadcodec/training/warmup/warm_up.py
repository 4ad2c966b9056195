"""The paper's warm-up (sections 3.4 and 4.2): augmented Chamfer distance, latents from an encoder dropped after."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from qaadcodec.arrays import Longs
from qaadcodec.assignment.patches import patch_offsets
from qaadcodec.config import TrainingConfig
from qaadcodec.config.network import POSITION
from qaadcodec.model.cpu_threads import Threads, cloud_threads
from qaadcodec.progress import Clock, Run
from qaadcodec.sets.store import TargetStore
from qaadcodec.training.backend import Backend
from qaadcodec.training.exchange import Exchange
from qaadcodec.training.graphs import Replayed
from qaadcodec.training.learner import Learner
from qaadcodec.training.optim.adam import Adam
from qaadcodec.training.passes import Passes
from qaadcodec.training.pulse import Pulse
from qaadcodec.training.remembered import Memory, learnt, together
from qaadcodec.training.sampling import sample_rows
from qaadcodec.training.standing import spent, take_up
from qaadcodec.training.warmup.chamfer import augmented_chamfer
from qaadcodec.training.warmup.pointnet import PointNet
from qaadcodec.work.state import State

REPORT_SECONDS = 0.25
STAGE = "warming up"
AT_ONCE = 1024  # points that a thread takes together: fewer and calls cost more than products, more and caches overflow
ENCODED = 16384  # points of each cloud that its final latent is computed from, at most


def warm_up(learner: Learner, store: TargetStore, config: TrainingConfig, run: Run, backend: Backend) -> None:
    """Learn the set with no assignment, min Σ d_aCD(g(f(P), Q), P) on samples of P and Q, and drop the encoder f.

    Each step takes a batch of clouds, `points_per_step` points of each, and as many rows of Q, the same number from
    every patch. Adam moves network and encoder at `learning_rate` throughout, and Q at `input_rate` times that.

    Args:
        learner: network and Q are changed in place; the latent table becomes the encoder's.
        store: targets, their rows in any order; only read.
        config: `warmup_epochs` passes.
        run: the same seed gives the same result, unless a deadline ends it sooner. Once it is stopped, the present
            step is the last. What its checkpoints have of this is taken up.
    """
    rng = np.random.default_rng([run.seed, 7])
    generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
    encoder = PointNet(learner.network.config.latent_size, generator).to(backend.device)
    batches = -(-store.part.total // max(config.batch, run.ranks.size))
    clock = Clock(config.warmup_epochs * batches, run.budget_seconds)
    reported, shown = time.monotonic(), 0
    limited, checkpoints = run.deadline is not None, run.checkpoints
    with (
        run.phase(STAGE, config.warmup_epochs, "epochs", at_most=limited) as phase,
        cloud_threads() as threads,
    ):

        def report() -> None:
            throughput = shown / clock.seconds if shown and clock.seconds > 0 else None
            phase.report(clock.done // batches, clock, throughput=throughput)

        steps, passes = (
            WarmupSteps(learner, encoder, Sampling(store, config, rng), threads, backend),
            Passes(rng, store.part),
        )
        pulse = Pulse(run, clock, lambda: checkpoints.due)

        def kept() -> State:
            numbers = {"passes": passes.numbers(), "shown": shown, **spent(clock)}
            return steps.memory().state(numbers, passes.arrays(), {})

        if (left := checkpoints.take(STAGE)) is not None:
            steps.memory().recall(left)
            with left.going_on() as found:
                shown = int(found.numbers["shown"])
                take_up(clock, found.numbers)
                passes.go_on(State(found.numbers["passes"], found.shared, origin=found.origin))
        checkpoints.change(STAGE, kept)
        while pulse.goes_on:
            if passes.over:
                passes.begin(store.part.total, batches)
            shown += steps.step(passes.batch(), pulse=pulse)
            clock.done += 1
            if time.monotonic() - reported >= REPORT_SECONDS:
                reported = time.monotonic()
                report()
            checkpoints.offer(STAGE, kept, pulse.wants(0))
        steps.close()
        report()
        learner.latents = encoded(encoder, store, rng)


@dataclass(frozen=True, slots=True)
class Sampling:
    """What the steps are shown: a store, the settings of the training, and the generator that draws."""

    store: TargetStore
    config: TrainingConfig
    rng: np.random.Generator

    def rows(self, offsets: Longs) -> Longs:
        """Rows of Q for a step, (K, s)."""
        return sample_rows(offsets, self.config.points_per_step, self.rng)

    def targets(self, batch: Longs) -> Tensor:
        """The coordinates of the same random rows of some clouds, (B, points, 3) float32; all rows of small clouds."""
        rows = drawn(self.store, self.config.points_per_step, self.rng)
        return torch.from_numpy(self.store.points[batch[:, None], rows[None], :POSITION])


class WarmupSteps:
    """Takes single steps of the warm-up.

    On the CPU a thread takes a few small clouds or one large one forward and back, so that features stay in the cache.
    On CUDA a step is one graph.
    """

    def __init__(
        self, learner: Learner, encoder: PointNet, sampling: Sampling, threads: Threads, backend: Backend
    ) -> None:
        self._learner, self._encoder, self._sampling = learner, encoder, sampling
        self._threads, self._backend = threads, backend
        self._offsets = patch_offsets(sampling.store.points.shape[1], learner.network.config.patches)
        self._tensors = [*learner.network.parameters(), *encoder.parameters()]
        device = learner.input_cloud.device
        self._rates = torch.zeros(2, device=device)  # of network and encoder, and of the input cloud
        moved = self._tensors, [learner.input_cloud]
        self._adam = Adam(
            [{"params": params, "lr": rate} for params, rate in zip(moved, self._rates, strict=True)],
            capturable=device.type == "cuda",
        )
        self._exchange = Exchange(sampling.store.part)
        self._advance = Replayed(self.advance, device)

    def memory(self) -> Memory:
        """All that a step changes."""
        tensors: dict[str, Tensor] = {f"encoder.{i}": tensor for i, tensor in enumerate(self._encoder.parameters())}
        learner = learnt(self._learner)
        return together(learner=Memory(learner.shared), encoder=Memory(tensors), adam=Memory(self._adam.memory()))

    def step(self, batch: Longs, factor: float = 1.0, pulse: Pulse | None = None) -> int:
        """One step on these clouds, at this factor of the learning rates; the points that went through the network.

        Where several ranks share the set, these are points of all of them.
        """
        config = self._sampling.config
        rows, targets = self._sampling.rows(self._offsets), self._sampling.targets(batch)  # (K, s), (B, t, 3)
        rates = torch.tensor([1.0, config.input_rate]) * (config.learning_rate * factor)
        told = self._advance(torch.from_numpy(rows), targets, rates, torch.tensor(pulse.said() if pulse else []))
        clouds = self._exchange.heard(told, len(batch), pulse)
        self._exchange.keep_alike(lambda: list(self.memory().shared.values()))
        return clouds * rows.size

    def advance(self, rows: Tensor, targets: Tensor, rates: Tensor, said: Tensor) -> Tensor:
        """The step itself, on tensors of the device alone.

        Args:
            rows: of the input cloud, (K, s) int64.
            targets: (B, t, 3).
            rates: learning rates of network and encoder, and of the input cloud, (2,).
            said: what the ranks tell each other, (m,).

        Returns:
            What `Exchange.heard` takes, (1 + m,).
        """
        input_cloud = self._learner.input_cloud
        q = input_cloud[rows]
        shown = len(targets)
        found = self._gradients(q, targets) if shown else [torch.zeros_like(each) for each in (*self._tensors, q)]
        none = torch.zeros(0, device=q.device)
        summed = self._exchange.add(found, shown, torch.zeros((), device=q.device), none, said)
        *gradients, of_rows = found
        for tensor, gradient in zip(self._tensors, gradients, strict=True):
            tensor.grad = gradient.contiguous()  # fused Adam wants it to lie in memory as the tensor does
        input_cloud.grad = torch.zeros_like(input_cloud)
        input_cloud.grad[rows] = of_rows
        self._rates.copy_(rates)
        self._adam.step()
        return summed.told

    def close(self) -> None:
        """Wait for the last step."""
        self._advance.close()

    def _gradients(self, q: Tensor, targets: Tensor) -> list[Tensor]:
        """Of the loss in network, encoder and q, (K, s, 3); targets are (B, t, 3)."""
        q = q.requires_grad_()

        def of(clouds: Tensor) -> list[Tensor]:
            predictions = self._learner.network(q, self._encoder(clouds))[..., :POSITION]
            loss = augmented_chamfer(predictions, clouds, self._backend.nearest_both_ways)
            return list(torch.autograd.grad(loss * (len(clouds) / len(targets)), [*self._tensors, q]))

        def of_thread(clouds: Tensor) -> list[Tensor]:
            groups = -(-len(clouds) // max(1, AT_ONCE // clouds.shape[1]))
            return summed(map(of, clouds.tensor_split(groups)))

        if targets.device.type != "cpu":
            return of(targets)
        shares = targets.tensor_split(min(self._threads.count, len(targets)))
        return summed(self._threads.pool.map(of_thread, shares))


def summed(parts: Iterator[list[Tensor]]) -> list[Tensor]:
    """The first list, with the tensors of the others added to its own."""
    total = next(parts)
    for other in parts:
        for sums, gradient in zip(total, other, strict=True):
            sums += gradient
    return total


@torch.no_grad()
def encoded(encoder: PointNet, store: TargetStore, rng: np.random.Generator) -> Tensor:
    """The latent of every cloud, from the same rows of each; (N, l) on the encoder's device."""
    device = encoder.weights[0].device
    rows = drawn(store, ENCODED, rng)
    return torch.cat([encoder(torch.from_numpy(cloud[rows, :POSITION])[None].to(device)) for cloud in store.each()])


def drawn(store: TargetStore, points: int, rng: np.random.Generator) -> Longs:
    """Different random rows, ascending."""
    total = store.points.shape[1]
    return np.sort(rng.choice(total, min(points, total), replace=False))
