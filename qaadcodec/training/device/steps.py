"""Single training steps with everything on the device: targets, gradients, assignments (paper section 3.4)."""

from __future__ import annotations

from contextlib import nullcontext
from types import TracebackType
from typing import Self

import numpy as np
import torch
from torch import Tensor

from qaadcodec.arrays import Longs, Singles
from qaadcodec.assignment.device.leaves import rows_of
from qaadcodec.assignment.device.reassignment import pair_swaps
from qaadcodec.assignment.patches import patch_offsets
from qaadcodec.config import Plan
from qaadcodec.config.network import POSITION
from qaadcodec.model.across import squared_gap
from qaadcodec.model.cpu_threads import Threads
from qaadcodec.sets.store import TargetStore
from qaadcodec.training.device.loss import matched_error
from qaadcodec.training.device.resolving import Resolving
from qaadcodec.training.device.targets import targets_on
from qaadcodec.training.exchange import Exchange
from qaadcodec.training.graphs import Replayed
from qaadcodec.training.learner import Learner
from qaadcodec.training.optim.adam import Adam
from qaadcodec.training.optim.row_adam import RowAdam
from qaadcodec.training.optim.soap import Soap, divided
from qaadcodec.training.pulse import Pulse
from qaadcodec.training.quantise.rounding import Rounding
from qaadcodec.training.remembered import Memory, together
from qaadcodec.training.sampling import sample_rows
from qaadcodec.work.state import State, Table


class Steps:
    """Takes single training steps, as `host.steps.Steps` does, while the host never waits for a value.

    The host chooses the clouds and draws the rows; everything else of a step is one CUDA graph. The targets are in the
    store again at the end of the `with` block, not before.
    """

    def __init__(
        self,
        learner: Learner,
        store: TargetStore,
        plan: Plan,
        threads: Threads,
        rng: np.random.Generator,
        seed: int,
    ) -> None:
        self._learner, self._threads, self._rng, device = learner, threads, rng, learner.latents.device
        self._training, self._assignment = plan.training, plan.assignment
        self._offsets = patch_offsets(store.points.shape[1], plan.network.patches)
        self._targets, self._shape = targets_on(store, device), store.points.shape
        self._weights = list(learner.network.parameters())
        self._rates = torch.zeros(3, device=device)  # of the network, the input cloud and the latents
        matrices, others = divided(learner.network, plan.training.optimiser)
        self._soap = Soap(matrices, device)
        moved = [others, [learner.input_cloud]] if plan.training.input_rate > 0 else [others]
        self._adam = Adam(
            [{"params": params, "lr": rate} for params, rate in zip(moved, self._rates, strict=False)],
            capturable=device.type == "cuda",
        )
        self._latents = RowAdam(learner.latents)
        self._rounding: Rounding | None = None
        self._advance = Replayed(self.advance, device)
        self._resolving = Resolving(learner, self._targets, plan.assignment, seed, store.part)
        self._exchange = Exchange(store.part)

    def step(self, batch: Longs, factor: float, pulse: Pulse | None = None) -> tuple[Tensor, int]:
        """One step on these clouds, at this factor of the learning rate.

        Returns:
            The error before it, a scalar on the device that may still have to be computed, and the points shown.
        """
        training = self._training
        rows = sample_rows(self._offsets, training.points_per_step, self._rng)  # (K, s)
        flat = rows.ravel()
        rates = training.learning_rate * factor * np.array([1.0, training.input_rate, training.latent_rate])
        self._targets.bring(batch, flat)
        said = np.array(pulse.said() if pulse else [], np.float32)
        told = self._advance(*map(torch.from_numpy, (batch, rows, rates.astype(np.float32), said)))
        clouds = self._exchange.heard(told[1:], len(batch), pulse)
        self._soap.turn()
        self._exchange.keep_alike(self._replicated)
        if self._assignment.pair_swaps:
            self._targets.take_back(batch, flat)
        if self._assignment.leaf_resolving:
            self._resolving.shown(batch)
        return told[0], clouds * len(flat)

    def advance(self, batch: Tensor, rows: Tensor, rates: Tensor, said: Tensor) -> Tensor:
        """The step itself, on tensors of the device alone: this is what a CUDA graph holds.

        Args:
            batch: (B,) int64, clouds.
            rows: (K, s) int64, rows of the input cloud.
            rates: (3,) float32, learning rates of the network, the input cloud and the latents.
            said: (m,) float32, what the ranks tell each other.

        Returns:
            The error before the step, and what `Exchange.heard` takes; (2 + m,).
        """
        learner, flat, moving = self._learner, rows.reshape(-1), self._training.input_rate > 0
        targets = self._targets.shown(batch, flat)  # (B, K·s, C), or one more with normals
        rounding = self._rounding
        with rounding.applied() if rounding else nullcontext():
            latents = (rounding.latents(batch) if rounding else learner.latents[batch]).requires_grad_()
            q = learner.input_cloud[rows].requires_grad_(moving)
            inputs = [latents, *self._weights, *([q] if moving else [])]
            if len(batch):
                loss, predictions = matched_error(
                    learner.network, q, latents, targets, self._threads, self._training.across
                )
                of_latents, *found = torch.autograd.grad(loss, inputs)
                found = [gradient.contiguous() for gradient in found]  # fused optimisers want what lies as the weight
                weighed = self._shape[2] > predictions.shape[2]
                error = squared_gap(predictions, targets) if weighed else loss.detach()
            else:  # a rank that has shown all its clouds in this pass
                error, predictions = torch.zeros((), device=flat.device), targets
                of_latents, *found = (torch.zeros_like(each) for each in inputs)
        more = rounding.magnitudes() if rounding else torch.zeros(0, device=flat.device)
        summed = self._exchange.add(found, len(batch), error, more, said)
        of_latents = of_latents * (len(batch) / summed.clouds)
        for weight, gradient in zip(self._weights, found, strict=False):
            weight.grad = gradient
        if moving:  # no row comes twice, so writing is adding
            learner.input_cloud.grad = torch.zeros_like(learner.input_cloud)
            learner.input_cloud.grad[rows] = found[-1]
        if rounding:
            rounding.charge()
            of_latents = rounding.charged(batch, of_latents, summed)
        self._rates.copy_(rates)
        self._adam.step()
        self._soap.step(self._rates[0])
        self._latents.step(batch, of_latents, self._rates[2])
        if self._assignment.pair_swaps:
            self._targets.put(
                batch, flat, rows_of(targets, pair_swaps(predictions[..., :POSITION], targets[..., :POSITION]))
            )
        return torch.cat([summed.loss.reshape(1), summed.told])

    def _replicated(self) -> list[Tensor]:
        """What is alike on all ranks, or should be."""
        held = (*self._soap.tensors().values(), *self._adam.memory().values())
        return [*self._weights, self._learner.input_cloud, *held]

    def round_to(self, rounding: Rounding) -> None:
        """From now on what is learnt is rounded for every gradient."""
        self._rounding = rounding
        self._advance.close()  # what was recorded does not round

    def drop_waiting(self) -> None:
        """Nothing to do: clouds that wait to be re-solved are left as they are at the end."""

    def memory(self) -> Memory:
        """What the steps remember besides the learner; clouds that wait to be re-solved go on waiting."""
        parts = {
            "soap": Memory(self._soap.tensors(), numbers={"steps": self._soap.steps}),
            "adam": Memory(self._adam.memory()),
            "latents": Memory(rows=self._latents.tensors()),
            "resolving": Memory(numbers={"waiting": self._resolving.waiting()}),
        }
        return together(**parts)

    def targets(self) -> Table:
        """The targets as they are now, from the device where they are there."""

        def block(first: int, last: int) -> Singles:
            return self._targets.clouds(range(first, last)).cpu().numpy()

        return Table(self._shape, np.float32, block)

    def go_on(self, state: State) -> None:
        """Go on from a checkpoint."""
        together(steps=self.memory()).recall(state)
        with state.going_on() as found:
            self._soap.go_on(int(found.numbers["steps.soap.steps"]))
            self._resolving.go_on(found.numbers["steps.resolving.waiting"])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write the targets to the store and leave the learner as a plain set of tensors."""
        self._advance.close()
        if kind is None:
            self._targets.finish()
        for tensor in (*self._weights, self._learner.input_cloud):
            tensor.grad = None
