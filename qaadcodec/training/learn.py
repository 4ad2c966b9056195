"""Learning a gathered set: where it starts, how long it may take, and the archive at the end."""

from __future__ import annotations

import time
from functools import partial

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from qaadcodec.config import CompressConfig
from qaadcodec.model.network import FoldingNetwork
from qaadcodec.progress import Clock, Listener, Notice, PhaseEnded, PhaseStarted, Progress, StopRequest
from qaadcodec.sets.gather import Gathered
from qaadcodec.sets.store import TargetStore
from qaadcodec.training.backend import choose_device
from qaadcodec.training.device.align import align_on_device
from qaadcodec.training.finish import Learned, finish, size_of
from qaadcodec.training.host.align import align
from qaadcodec.training.learner import Learner
from qaadcodec.training.loop import train
from qaadcodec.training.predict import predict
from qaadcodec.training.quantise.size_control import SizeControl
from qaadcodec.training.start import initial_input_cloud, pca_latents
from qaadcodec.training.warmup.warm_up import warm_up

ASSIGNING_SHARE = 0.4  # of the time left of a budget when it begins: Greedy makes do with smaller leaves then
FINISHING_SHARE, FINISHING_SECONDS = 0.03, 2.0  # of a budget, kept for quantising, measuring and writing


def learn(
    gathered: Gathered,
    config: CompressConfig,
    device: str,
    deadline: float | None,
    on_event: Listener,
    stop: StopRequest | None,
) -> Learned:
    """Learn the set.

    Args:
        config: with M filled in.
        deadline: time.monotonic() at which everything should be over.

    Raises:
        EnvironmentFailure: no such device.
    """
    learner = begin(gathered, config, choose_device(device), deadline, on_event, stop)
    budget, control = training_budget(config, deadline), None
    if config.size.bytes is not None:
        control = SizeControl(config.size.bytes, lambda learner: size_of(learner, gathered, config))
    for event in train(learner, gathered.store, config, gathered.variance, control, budget_seconds=budget, stop=stop):
        on_event(event)
    if learner.epochs == 0:
        what = "it was stopped" if stop else "the budget ended"
        on_event(Notice(f"{what} before every cloud was shown once; the clouds will look much alike", warning=True))
    return finish(learner, gathered, config, deadline, on_event)


def begin(
    gathered: Gathered,
    config: CompressConfig,
    device: torch.device,
    deadline: float | None,
    on_event: Listener,
    stop: StopRequest | None,
) -> Learner:
    """Input cloud, first assignment and first latents; the store is in the row order of Q afterwards.

    With a warm-up, the latents are its encoder's, and Greedy starts from what the network makes of them; without one,
    Greedy starts from Q and the latents are a PCA of what it found.
    """
    store = gathered.store
    if config.training.warmup_epochs:
        return begin_warm(store, config, device, deadline, on_event, stop)
    clock = Clock(len(store), None)
    on_event(PhaseStarted("assigning", len(store), "clouds"))
    input_cloud = initial_input_cloud(store, config.network.patches)
    bring = partial(align_on_device, device=device) if device.type == "cuda" else align
    seconds = share(ASSIGNING_SHARE, deadline)
    for clock.done in bring(store, input_cloud, config.assignment, config.seed, seconds=seconds, stop=stop):
        on_event(Progress("assigning", clock.done, clock.fraction, eta_seconds=clock.eta_seconds))
    latents = torch.from_numpy(pca_latents(store, config.network.latent_size, config.seed))
    on_event(PhaseEnded("assigning", clock.seconds))
    return new_learner(config, input_cloud, latents, device)


def begin_warm(
    store: TargetStore,
    config: CompressConfig,
    device: torch.device,
    deadline: float | None,
    on_event: Listener,
    stop: StopRequest | None,
) -> Learner:
    """`begin` with the paper's warm-up (section 3.4)."""
    training, assignment = config.training, config.assignment
    latents = torch.zeros(len(store), config.network.latent_size)
    learner = new_learner(config, initial_input_cloud(store, config.network.patches), latents, device)
    budget = share(training.warmup_epochs / (training.warmup_epochs + training.epochs), deadline)
    for event in warm_up(learner, store, training, config.seed, budget_seconds=budget, stop=stop):
        on_event(event)

    def prediction(cloud: int) -> npt.NDArray[np.float32]:
        return predict(learner.network, learner.input_cloud, learner.latents[cloud])

    clock, seconds = Clock(len(store), None), share(ASSIGNING_SHARE, deadline)
    q = learner.input_cloud.cpu().numpy()
    on_event(PhaseStarted("assigning", len(store), "clouds"))
    for clock.done in align(store, q, assignment, config.seed, predictions=prediction, seconds=seconds, stop=stop):
        on_event(Progress("assigning", clock.done, clock.fraction, eta_seconds=clock.eta_seconds))
    on_event(PhaseEnded("assigning", clock.seconds))
    return learner


def share(part: float, deadline: float | None) -> float | None:
    """That part of the seconds left until the deadline, and never zero; None without one."""
    return None if deadline is None else max(part * (deadline - time.monotonic()), 1e-3)


def new_learner(
    config: CompressConfig, input_cloud: npt.NDArray[np.float32], latents: Tensor, device: torch.device
) -> Learner:
    """An untrained network with this input cloud and these latents."""
    generator = torch.Generator().manual_seed(config.seed)
    return Learner(
        FoldingNetwork(config.network, generator).to(device),
        torch.from_numpy(input_cloud).to(device),
        latents.to(device),
    )


def training_budget(config: CompressConfig, deadline: float | None) -> float | None:
    """Seconds left for training once the end is provided for; None without a budget."""
    if deadline is None or config.budget_seconds is None:
        return None
    reserve = FINISHING_SECONDS + FINISHING_SHARE * config.budget_seconds
    return max(deadline - reserve - time.monotonic(), 1e-3)
