"""Learning a gathered set: where it starts, how long it may take, and what it became."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from qaadcodec.arrays import Singles
from qaadcodec.assignment.kernels.ready import make_ready
from qaadcodec.config import Plan
from qaadcodec.model.network import FoldingNetwork
from qaadcodec.progress import Planned, Run
from qaadcodec.sets.gather import Gathered
from qaadcodec.sets.store import TargetStore
from qaadcodec.training.backend import Backend, choose_backend
from qaadcodec.training.finish import Learned, encoded_now, finish
from qaadcodec.training.learner import Learner
from qaadcodec.training.loop import train
from qaadcodec.training.predict import Prediction, predict
from qaadcodec.training.quantise.size_control import SizeControl
from qaadcodec.training.registration.register import Registered, register
from qaadcodec.training.start import initial_input_cloud, pca_latents
from qaadcodec.training.warmup.warm_up import warm_up

ASSIGNING_SHARE = 0.4  # of the time left when it begins: Greedy makes do with smaller leaves then
FINISHING_SHARE, FINISHING_SECONDS = 0.03, 2.0  # of a budget, kept for quantising, measuring and writing


def learn(gathered: Gathered, plan: Plan, run: Run, registered: Registered | None = None) -> Learned:
    """Learn the set by a plan.

    Args:
        registered: where the rows of Q lie in the clouds, for a plan with registration; it is found here when None.

    Raises:
        EnvironmentFailure: no such device, or no room for working data.
    """
    if plan.assignment.registration and registered is None:
        run = make_ready(run)
        with register(gathered.store, plan, run) as found:
            return learn(gathered, plan, run, found)
    run.listener(Planned(plan))
    for text in plan.notes:
        run.note(text)
    for text in plan.warnings:
        run.warn(text)
    backend = choose_backend(run.device)
    run = make_ready(run)
    if registered is None:
        learner, targets = begin(gathered.store, plan, run, backend), gathered.store
    else:
        learner, targets = begin_registered(registered, plan, run, backend), registered.targets
    control = SizeControl(plan.target_bytes, lambda learner: len(encoded_now(learner, gathered, plan, run.seed)))
    course = train(learner, replace(gathered, store=targets), plan, time_for_training(run), backend, control)
    return replace(finish(learner, targets, gathered, plan, run), course=course)


def begin_registered(registered: Registered, plan: Plan, run: Run, backend: Backend) -> Learner:
    """An untrained network; its latents are a PCA of where the rows lie in the clouds."""
    latents = torch.from_numpy(pca_latents(registered.targets, plan.network.latent_size, run.seed))
    return new_learner(plan, registered.input_cloud, latents, run.seed, backend)


def begin(store: TargetStore, plan: Plan, run: Run, backend: Backend) -> Learner:
    """Input cloud, first assignment and first latents. The store is in the row order of Q afterwards.

    With a warm-up, the latents are its encoder's, and Greedy starts from what the network makes of them. Without one,
    Greedy starts from Q and the latents are a PCA of what it found.
    """
    if plan.training.warmup_epochs:
        return begin_warm(store, plan, run, backend)
    with run.phase("assigning", len(store), "clouds") as phase:
        input_cloud = initial_input_cloud(store, plan.network.patches)
        hurried = run.within(run.share(ASSIGNING_SHARE))
        backend.assign(store, lambda _: input_cloud, plan.assignment, hurried, phase)
        latents = torch.from_numpy(pca_latents(store, plan.network.latent_size, run.seed))
    return new_learner(plan, input_cloud, latents, run.seed, backend)


def begin_warm(store: TargetStore, plan: Plan, run: Run, backend: Backend) -> Learner:
    """`begin` with the paper's warm-up (section 3.4)."""
    training = plan.training
    latents = torch.zeros(len(store), plan.network.latent_size)
    learner = new_learner(plan, initial_input_cloud(store, plan.network.patches), latents, run.seed, backend)
    part = training.warmup_epochs / (training.warmup_epochs + training.epochs)
    warm_up(learner, store, training, run.within(run.share(part)), backend)
    with run.phase("assigning", len(store), "clouds") as phase:
        hurried = run.within(run.share(ASSIGNING_SHARE))
        backend.assign(store, predictions_of(learner), plan.assignment, hurried, phase)
    return learner


def predictions_of(learner: Learner) -> Prediction:
    """What the learner makes of each cloud now."""

    def prediction(cloud: int) -> Singles:
        return predict(learner.network, learner.input_cloud, learner.latents[cloud])

    return prediction


def new_learner(plan: Plan, input_cloud: Singles, latents: Tensor, seed: int, backend: Backend) -> Learner:
    """An untrained network with this input cloud and these latents."""
    generator = torch.Generator().manual_seed(seed)
    return Learner(
        FoldingNetwork(plan.network, generator).to(backend.device),
        torch.from_numpy(input_cloud).to(backend.device),
        latents.to(backend.device),
    )


def time_for_training(run: Run) -> Run:
    """The run with what time is left for training once the end is provided for."""
    left, budget = run.seconds_left, run.budget_seconds
    if left is None or budget is None:
        return run
    return run.within(left - FINISHING_SECONDS - FINISHING_SHARE * budget)
