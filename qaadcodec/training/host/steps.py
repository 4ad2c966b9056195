"""Single training steps on the host: on sampled points, with reassignment while they go on (paper section 3.4)."""

from __future__ import annotations

from concurrent.futures import Future, wait
from contextlib import nullcontext
from types import TracebackType
from typing import Self

import numpy as np
import torch
from torch import Tensor

from qaadcodec.arrays import Longs, Singles
from qaadcodec.assignment.patches import patch_offsets
from qaadcodec.assignment.reassignment import pair_swaps
from qaadcodec.config import Plan
from qaadcodec.config.network import POSITION
from qaadcodec.model.across import squared_gap
from qaadcodec.model.cpu_threads import Threads
from qaadcodec.sets.store import TargetStore
from qaadcodec.training.exchange import Exchange, Summed
from qaadcodec.training.host.loss import matched_error
from qaadcodec.training.host.resolving import Resolving
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
    """Takes single training steps: gradients are computed on the learner's device, and all else on the host.

    Swaps run in the threads while the optimisers move and the next rows are drawn. Re-solving runs in threads of its
    own while other clouds are shown. Both are waited for before the clouds that they change are read again.
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
        self._learner, self._store, self._threads, self._rng = learner, store, threads, rng
        self._training, self._assignment = plan.training, plan.assignment
        self._offsets = patch_offsets(store.points.shape[1], plan.network.patches)
        learner.input_cloud.requires_grad_(plan.training.input_rate > 0)
        matrices, others = divided(learner.network, plan.training.optimiser)
        self._soap = Soap(matrices, learner.latents.device)
        groups = [{"params": others, "share": 1.0}]
        if plan.training.input_rate > 0:
            groups.append({"params": [learner.input_cloud], "share": plan.training.input_rate})
        self._adam = Adam(groups, lr=plan.training.learning_rate)
        self._latents = RowAdam(learner.latents)
        self._resolving = Resolving(learner, store, plan.assignment, seed)
        self._swaps: list[Future[None]] = []
        self._rounding: Rounding | None = None
        self._exchange = Exchange(store.part)

    def step(self, batch: Longs, factor: float, pulse: Pulse | None = None) -> tuple[float, int]:
        """One step on these clouds, at this factor of the learning rate; the error before it, and the points shown."""
        learner, rate = self._learner, self._training.learning_rate * factor
        device = learner.latents.device
        rows = sample_rows(self._offsets, self._training.points_per_step, self._rng)  # (K, s)
        flat = rows.ravel()
        places = torch.from_numpy(rows).to(device)
        index = torch.from_numpy(batch).to(device)
        rounding = self._rounding
        self._settle(batch)
        targets = self._store.points[batch[:, None], flat[None]]  # (B, K·s, C), or one more with normals
        shown = torch.from_numpy(targets).to(device)
        learner.network.zero_grad()
        learner.input_cloud.grad = None
        with rounding.applied() if rounding else nullcontext():
            latents = (rounding.latents(index) if rounding else learner.latents[index]).requires_grad_()
            q = learner.input_cloud[places]
            if len(batch):
                across = self._training.across
                loss, predictions = matched_error(learner.network, q, latents, shown, self._threads, across)
                if self._assignment.pair_swaps:
                    self._swap(batch, flat, predictions.cpu().numpy(), targets)
                loss.backward()  # type: ignore[no-untyped-call]
                error = squared_gap(predictions, shown) if self._store.normals else loss.detach()
            else:  # a rank that has shown all its clouds in this pass
                error = torch.zeros((), device=device)
        summed = self._added(places, len(batch), error, pulse)
        clouds = int(summed.clouds)
        if rounding:
            rounding.charge()
        for group in self._adam.param_groups:
            group["lr"] = group["share"] * rate
        self._adam.step()
        self._soap.step(rate)
        self._soap.turn()
        if latents.grad is not None:
            gradient = latents.grad * (len(batch) / clouds)
            gradient = rounding.charged(index, gradient, summed) if rounding else gradient
            self._latents.step(index, gradient, self._training.latent_rate * rate)
        self._exchange.keep_alike(self._replicated)
        if self._assignment.leaf_resolving:
            self._resolving.shown(batch, self._swaps)
        return float(summed.loss), clouds * targets.shape[1]

    def round_to(self, rounding: Rounding) -> None:
        """From now on what is learnt is rounded for every gradient."""
        self._rounding = rounding

    def drop_waiting(self) -> None:
        """Leave out re-solving that has not begun."""
        self._resolving.drop_waiting()

    def memory(self) -> Memory:
        """What the steps remember besides the learner; waits until nothing that is under way changes the targets."""
        self._settle(np.arange(len(self._store)))
        parts = {
            "soap": Memory(self._soap.tensors(), numbers={"steps": self._soap.steps}),
            "adam": Memory(self._adam.memory()),
            "latents": Memory(rows=self._latents.tensors()),
        }
        return together(**parts)

    def targets(self) -> Table:
        """The targets as they are now."""
        return self._store.table()

    def go_on(self, state: State) -> None:
        """Go on from a checkpoint."""
        together(steps=self.memory()).recall(state)
        with state.going_on() as found:
            self._soap.go_on(int(found.numbers["steps.soap.steps"]))

    def __enter__(self) -> Self:
        self._resolving.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for what is under way, and leave the learner as a plain set of tensors."""
        self._learner.input_cloud.requires_grad_(False)
        wait(self._swaps)
        self._resolving.__exit__(kind, error, trace)
        if kind is None:
            self._settle(np.empty(0, np.int64))

    def _added(self, rows: Tensor, clouds: int, loss: Tensor, pulse: Pulse | None) -> Summed:
        """Give all that is replicated the gradients of the step of all ranks; of Q, only the rows shown have one."""
        learner, rounding = self._learner, self._rounding
        moving = self._training.input_rate > 0
        tensors = [*learner.network.parameters(), *([learner.input_cloud] if moving else [])]
        for tensor in tensors:
            if tensor.grad is None:
                tensor.grad = torch.zeros_like(tensor)
        gradients = [tensor.grad for tensor in learner.network.parameters() if tensor.grad is not None]
        of_q = learner.input_cloud.grad
        if of_q is not None:
            gradients.append(of_q[rows])
        more = rounding.magnitudes() if rounding else torch.zeros(0, device=loss.device)
        said = torch.tensor(pulse.said() if pulse else [], device=loss.device)
        summed = self._exchange.add(gradients, clouds, loss, more, said)
        if pulse:
            pulse.hear(summed.heard.tolist())
        if of_q is not None:
            of_q[rows] = gradients[-1]
        return summed

    def _replicated(self) -> list[Tensor]:
        """What is alike on all ranks, or should be."""
        learner = self._learner
        held = (*self._soap.tensors().values(), *self._adam.memory().values())
        return [*learner.network.parameters(), learner.input_cloud, *held]

    def _settle(self, batch: Longs) -> None:
        """Wait until the targets of these clouds are at rest."""
        swaps, self._swaps = self._swaps, []
        for swap in swaps:
            swap.result()
        self._resolving.settle(batch.tolist())

    def _swap(
        self,
        batch: Longs,
        rows: Longs,
        predictions: Singles,
        targets: Singles,
    ) -> None:
        """Start QAAD-Reassignment among the points of this step, with a thread for each cloud."""

        def swap(b: int) -> None:
            order = pair_swaps(predictions[b, :, :POSITION], targets[b, :, :POSITION])
            self._store.reorder(int(batch[b]), rows, order)

        self._swaps = [self._threads.pool.submit(swap, b) for b in range(len(batch))]
