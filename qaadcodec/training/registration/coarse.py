"""The coarse network: a smooth one learns on nearest points, both ways, which part of a cloud is which.

A bijection is a bad guide while shapes are far apart, since mass is conserved and everything shifts a little. Nearest
points are a good one, if the map from Q to the clouds is too smooth to tear (the warm-up of paper section 3.4 has them,
too). So this network has one patch and one octave, and is thrown away afterwards.

And nearest points mislead where a leg has come to lie where the other one was. So clouds join one after the other, and
each begins as the one that is most like it and has been shown for a while: the leg is followed on its way.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from qaadcodec.arrays import Longs, Singles
from qaadcodec.config import NetworkConfig, TrainingConfig
from qaadcodec.config.network import POSITION
from qaadcodec.model.cpu_threads import cloud_threads
from qaadcodec.model.network import FoldingNetwork
from qaadcodec.progress import Clock, Run
from qaadcodec.sets.store import TargetStore
from qaadcodec.training.exchange import Exchange
from qaadcodec.training.learner import Learner
from qaadcodec.training.optim.adam import Adam
from qaadcodec.training.optim.row_adam import RowAdam
from qaadcodec.training.optim.soap import Soap, divided
from qaadcodec.training.passes import Passes
from qaadcodec.training.predict import predict
from qaadcodec.training.pulse import Pulse
from qaadcodec.training.registration.joining import Joining
from qaadcodec.training.registration.meeting import Meeting, Met
from qaadcodec.training.registration.quantile_latents import quantile_latents
from qaadcodec.training.registration.sampled_clouds import SampledClouds
from qaadcodec.training.registration.stretching import edges, stretched
from qaadcodec.training.remembered import Memory, learnt, replicated, together
from qaadcodec.training.schedule import learning_rate_factor
from qaadcodec.training.standing import spent, take_up
from qaadcodec.training.warmup.chamfer import squared_gap
from qaadcodec.work.state import State

NETWORK = NetworkConfig(latent_size=16, patches=1, shared_widths=(128, 64, 64, 64), head_widths=(), fourier_octaves=1)
STEPS = 6000
PASSES = 120  # over the set at least, however large it is, if its share of the time allows them
CHEAPER = 4  # times as cheap as a step of the training, or more
TOGETHER = 2  # clouds per step: many small steps find more than few large ones
ROWS, POINTS = 256, 512  # rows of Q, and points of each cloud, per step
RATE, LATENT_RATE = 4e-3, 4.0  # of the network; of the latents, as a multiple of it
STIFFNESS = 0.6  # for material rows
ENOUGH = 0.5  # share of the steps below which these may miss parts
COVERING = 0.6  # share of the steps in which rows have to cover a cloud first:
LOOSE = 0.1  # weight of the distance from rows to points there, beside 1 for that from points to rows
REPORT_SECONDS = 0.25
STAGE, FOUND = "finding parts", "parts"  # of a checkpoint: while the coarse network is learnt, and after that


def learn_coarsely(
    store: TargetStore, input_cloud: Singles, middle: int, training: TrainingConfig, run: Run, stiffness: float = 0.0
) -> Learner:
    """A smooth network, with latents of its own, that folds Q near every cloud.

    Minimises the mean over clouds of w mean_p̂ min_p |p̂ - p|² + (2 - w) mean_p min_p̂ |p̂ - p|² on samples. Both ways
    count alike (w = 1) at the end. Before, every point of a cloud has to find a row near it, while a row may still lie
    off: the rows of a hand that has come to lie at the hip would else have no reason to leave it. Beside that, lengths
    should be the same in all clouds (`stretching`), where that has a weight.

    Args:
        store: N clouds, normalised, in any row order; only read.
        input_cloud: Q, (M, 3).
        middle: the cloud that Q was taken from.
        training: what follows; the coarse network takes no longer.
        run: the same seed gives the same network, unless a deadline ends it sooner. Once it is stopped, the present
            step is the last. What its checkpoints have of this is taken up.
        stiffness: weight of the stretching of a cloud, beside 2 for its distance.
    """
    clouds = store.part.total
    rng = np.random.default_rng([run.seed, 23])
    network = FoldingNetwork(NETWORK, torch.Generator().manual_seed(run.seed))
    latents = quantile_latents(store, NETWORK.latent_size, run.seed)
    joining = run.ranks.decided(lambda: Joining.of(latents, middle))
    learner = Learner(network, torch.from_numpy(input_cloud), torch.from_numpy(latents))
    if (found := run.checkpoints.take(FOUND)) is not None:
        replicated(learnt(learner)).recall(found)
    else:
        meeting = Meeting(SampledClouds(store, POINTS, run.seed), input_cloud, middle, run.ranks, run.seed)
        clock = Clock(steps_for(clouds, training), run.budget_seconds)
        follow(joining, CoarseSteps(learner, meeting, rng, stiffness), clock, run)
        if stiffness and clock.done < ENOUGH * clock.units and not run.stop:
            done = f"{clock.done} of {clock.units} steps"
            run.warn(
                f"time was short: registration took {done}, and material rows may miss parts; give a longer --budget"
            )
    run.checkpoints.keep(FOUND, replicated(learnt(learner)).state({}, {}, {}))
    return learner


def follow(joining: Joining, steps: CoarseSteps, clock: Clock, run: Run) -> None:
    """Take the steps, while clouds join."""
    passes, count = Passes(steps.rng), joining.joined(0.0)
    pulse = Pulse(run, clock, lambda: run.checkpoints.due)
    reported, limited = time.monotonic(), run.deadline is not None
    if (left := run.checkpoints.take(STAGE)) is not None:
        count = steps.go_on(left, passes, clock)

    def kept() -> State:
        return steps.state(passes, clock, count)

    with run.phase(STAGE, clock.units, "steps", at_most=limited) as phase, cloud_threads():
        while pulse.goes_on:
            if passes.over:
                before, count = count, joining.joined(pulse.fraction)
                if count > before:
                    new = slice(before, count)
                    steps.join(joining.order[:before], joining.order[new], joining.leaders[new], pulse.fraction)
                passes.begin(joining.order[:count], -(-count // TOGETHER))
            weight = 2.0 * LOOSE / (1.0 + LOOSE) if pulse.fraction < COVERING else 1.0
            steps.step(passes.batch(), RATE * learning_rate_factor(pulse.fraction), weight, pulse)
            clock.done += 1
            if time.monotonic() - reported >= REPORT_SECONDS:
                reported = time.monotonic()
                phase.report(clock.done, clock)
            run.checkpoints.offer(STAGE, kept, pulse.wants(0))
        phase.report(clock.done, clock)


def steps_for(clouds: int, training: TrainingConfig) -> int:
    """How many steps the coarse network takes for a set of N clouds, if its time does not end sooner."""
    most = CHEAPER * training.epochs * -(-clouds // training.batch)
    return min(max(STEPS, PASSES * -(-clouds // TOGETHER)), most)


class CoarseSteps:
    """Takes single steps of the coarse network.

    Where several ranks share the set, network and latents, which are few, are replicated, and so is what is drawn. Each
    rank finds the gradients of those clouds of a step that are its own; there are too few for all ranks to have some.
    """

    def __init__(self, learner: Learner, meeting: Meeting, rng: np.random.Generator, stiffness: float) -> None:
        self._learner, self._meeting, self._stiffness, self.rng = learner, meeting, stiffness, rng
        matrices, others = divided(learner.network, "soap")
        self._soap, self._adam = Soap(matrices, learner.latents.device), Adam(others)
        self._latents, self._exchange = RowAdam(learner.latents), Exchange(meeting.clouds.part)

    def join(self, known: Longs, new: Longs, leaders: Longs, fraction: float) -> None:
        """Let new clouds begin as those that lead them, and be shown beside those that are known from now on."""
        learner = self._learner
        for cloud, leader in zip(new, leaders, strict=True):
            learner.latents[cloud] = learner.latents[leader]

        def prediction(cloud: int) -> Singles:
            return predict(learner.network, learner.input_cloud, learner.latents[cloud])[:, :POSITION]

        self._meeting.join(known, new, leaders, fraction, prediction)

    def memory(self) -> Memory:
        """All that a step changes."""
        return together(
            learner=replicated(learnt(self._learner)),
            soap=Memory(self._soap.tensors()),
            adam=Memory(self._adam.memory()),
            latents=Memory(self._latents.tensors()),
        )

    def state(self, passes: Passes, clock: Clock, count: int) -> State:
        """The part of a checkpoint that the coarse network is while it is learnt; so many clouds have joined."""
        numbers = {"passes": passes.numbers(), "joined": count, "soap": self._soap.steps, **spent(clock)}
        return self.memory().state(numbers, {**passes.arrays(), **self._meeting.arrays}, {})

    def go_on(self, state: State, passes: Passes, clock: Clock) -> int:
        """Take up what `state` was made of; how many clouds have joined."""
        self.memory().recall(state)
        self._meeting.go_on(state)
        with state.going_on() as found:
            numbers = found.numbers
            take_up(clock, numbers)
            self._soap.go_on(int(numbers["soap"]))
            passes.go_on(State(numbers["passes"], found.shared, origin=found.origin))
            return int(numbers["joined"])

    def step(self, batch: Longs, rate: float, weight: float, pulse: Pulse | None = None) -> None:
        """One step on these clouds of the set, (B,), with this weight of the distance from rows to points."""
        learner, index = self._learner, torch.from_numpy(batch)
        fraction = pulse.fraction if pulse else 1.0
        rows = torch.from_numpy(self.rng.integers(len(learner.input_cloud), size=ROWS))
        clouds = self._meeting.clouds
        drawn = [clouds.places(self.rng) for _ in batch]  # on all ranks alike
        here = [place for place, cloud in enumerate(batch) if cloud in clouds]
        latents = learner.latents[index].requires_grad_()
        learner.network.zero_grad()
        loss = torch.zeros(())
        if here:
            shown = learner.input_cloud[rows]
            predicted = list(range(len(batch))) if self._stiffness else here  # other ranks' clouds stretch as well
            own = [predicted.index(place) for place in here]
            predictions = learner.network(shown[None], latents[predicted])  # (predicted, ROWS, 3)
            met = [
                self._meeting.meet(int(batch[place]), rows.numpy(), found, drawn[place], fraction)
                for place, found in zip(here, predictions[own].detach().numpy(), strict=True)
            ]
            loss = distance(predictions[own], met, weight)
            if self._stiffness and len(batch) > 1:
                loss = loss + self._stiffness * stretched(predictions, own, edges(shown))
            loss.backward()  # type: ignore[no-untyped-call]
        self._add(latents, len(here), loss.detach(), pulse)
        for group in self._adam.param_groups:
            group["lr"] = rate
        self._adam.step()
        self._soap.step(rate)
        self._soap.turn()
        assert latents.grad is not None
        self._latents.step(index, latents.grad, LATENT_RATE * rate)
        self._exchange.keep_alike(lambda: list(self.memory().shared.values()))

    def _add(self, latents: Tensor, clouds: int, loss: Tensor, pulse: Pulse | None) -> None:
        """Give the network and these latents the gradients of the step of all ranks."""
        tensors = [*self._learner.network.parameters(), latents]
        for tensor in tensors:
            if tensor.grad is None:
                tensor.grad = torch.zeros_like(tensor)
        gradients = [tensor.grad for tensor in tensors if tensor.grad is not None]
        said = torch.tensor(pulse.said() if pulse else [])
        summed = self._exchange.add(gradients, clouds, loss, torch.zeros(0), said)
        if pulse:
            pulse.hear(summed.heard.tolist())


def distance(predictions: Tensor, met: Sequence[Met], weight: float) -> Tensor:
    """The weighted distance of predictions, (B, R, 3), from what they met in the clouds that they stand for."""
    targets, points, rows = (
        torch.from_numpy(np.stack(part)) for part in zip(*((m.targets, m.points, m.rows) for m in met), strict=True)
    )
    back = predictions.gather(1, rows[..., None].expand(-1, -1, POSITION))
    return (weight * squared_gap(predictions, targets) + (2.0 - weight) * squared_gap(back, points)).mean()
