"""Learning a gathered set: where it starts, how long it may take, and what it became."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from qaadcodec.arrays import Singles
from qaadcodec.assignment.kernels.ready import make_ready
from qaadcodec.config import Plan
from qaadcodec.config.network import POSITION
from qaadcodec.progress import Planned, Run
from qaadcodec.sets.gather import Gathered
from qaadcodec.sets.store import TargetStore
from qaadcodec.training.backend import Backend, choose_backend
from qaadcodec.training.finish import Learned, encoded_now, finish
from qaadcodec.training.learner import Learner, new_learner, of_all
from qaadcodec.training.loop import STAGE as TRAINING
from qaadcodec.training.loop import train
from qaadcodec.training.predict import Prediction, predict
from qaadcodec.training.quantise.size_control import SizeControl
from qaadcodec.training.registration.register import Registered, register
from qaadcodec.training.remembered import learnt
from qaadcodec.training.start import initial_input_cloud, pca_latents
from qaadcodec.training.warm_start import WarmStart
from qaadcodec.training.warmup.warm_up import warm_up
from qaadcodec.work.identity import check_plan
from qaadcodec.work.state import State

START = "start"  # what a checkpoint calls what the first assignment goes by
ASSIGNING_SHARE = 0.4  # of the time left when it begins: Greedy makes do with smaller leaves then
FINISHING_SHARE, FINISHING_SECONDS = 0.03, 2.0  # of a budget, kept for quantising, measuring and writing


def learn(
    gathered: Gathered, plan: Plan, run: Run, registered: Registered | None = None, start: WarmStart | None = None
) -> Learned:
    """Learn the set by a plan.

    Args:
        registered: where the rows of Q lie in the clouds, for a plan with registration; it is found here when None.
        start: what to start from, for a plan without registration.

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
    targets = gathered.store if registered is None else registered.targets
    if (left := run.checkpoints.look(TRAINING)) is not None:
        learner = begin_again(left, targets, None if registered is None else registered.input_cloud, plan, backend)
    elif start is not None:
        learner = begin_from(start, targets, plan, run, backend)
    elif registered is None:
        learner = begin(targets, plan, run, backend)
    else:
        learner = begin_registered(registered, plan, run, backend)

    def size(learner: Learner) -> int:
        whole = of_all(learner, run.ranks)
        return run.ranks.decided(lambda: len(encoded_now(whole, gathered, plan, run.seed)))

    control = SizeControl(plan.target_bytes, size)
    course = train(learner, replace(gathered, store=targets), plan, time_for_training(run), backend, control)
    return replace(finish(learner, targets, gathered, plan, run), course=course)


def begin_again(
    left: State, targets: TargetStore, input_cloud: Singles | None, plan: Plan, backend: Backend
) -> Learner:
    """A learner that `train` will give all that it had learnt; the targets are as they were left.

    Args:
        left: the training in a checkpoint.
        input_cloud: Q, (M, 3), of a registered set, which stays that of the learner too; a new one when None.

    Raises:
        EnvironmentFailure: the checkpoint is damaged; UsageError: it was made by another plan.
    """
    check_plan(left, plan.to_dict())
    targets.fill(left, "targets")
    clouds, points, _ = targets.points.shape
    q = np.zeros((points, POSITION), np.float32) if input_cloud is None else input_cloud
    return new_learner(plan, q, torch.zeros(clouds, plan.network.latent_size), 0, backend)


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
    with run.phase("assigning", store.part.total, "clouds") as phase:
        if (left := run.checkpoints.take(START)) is not None:  # the row order that it was taken from is gone
            input_cloud = left.array("input_cloud", np.empty((store.points.shape[1], POSITION), np.float32))
        else:
            input_cloud = initial_input_cloud(store, plan.network.patches)
        run.checkpoints.keep(START, State(shared={"input_cloud": input_cloud}))
        hurried = run.within(run.share(ASSIGNING_SHARE))
        backend.assign(store, lambda _: input_cloud, plan.assignment, hurried, phase)
        latents = torch.from_numpy(pca_latents(store, plan.network.latent_size, run.seed))
    run.checkpoints.drop(START)
    return new_learner(plan, input_cloud, latents, run.seed, backend)


def begin_warm(store: TargetStore, plan: Plan, run: Run, backend: Backend) -> Learner:
    """`begin` with the paper's warm-up (section 3.4)."""
    training = plan.training
    latents = torch.zeros(len(store), plan.network.latent_size)
    learner = new_learner(plan, initial_input_cloud(store, plan.network.patches), latents, run.seed, backend)
    part = training.warmup_epochs / (training.warmup_epochs + training.epochs)
    if (left := run.checkpoints.take(START)) is not None:
        learnt(learner).recall(left)
    else:
        warm_up(learner, store, training, run.within(run.share(part)), backend)
    assign_to_predictions(learner, store, plan, run, backend)
    return learner


def begin_from(start: WarmStart, store: TargetStore, plan: Plan, run: Run, backend: Backend) -> Learner:
    """Network, Q and latents of an archive; Greedy starts from what the network makes of these."""
    if (left := run.checkpoints.take(START)) is not None:
        latents = torch.zeros(len(store), plan.network.latent_size)
        learner = new_learner(plan, np.zeros((store.points.shape[1], POSITION), np.float32), latents, 0, backend)
        learnt(learner).recall(left)
    else:
        learner = start.learner(store, plan, run, backend)
    assign_to_predictions(learner, store, plan, run, backend)
    return learner


def assign_to_predictions(learner: Learner, store: TargetStore, plan: Plan, run: Run, backend: Backend) -> None:
    """Bring every cloud into the row order of what the network makes of its latent."""
    run.checkpoints.keep(START, learnt(learner).state({}, {}, {}))
    with run.phase("assigning", store.part.total, "clouds") as phase:
        hurried = run.within(run.share(ASSIGNING_SHARE))
        backend.assign(store, predictions_of(learner), plan.assignment, hurried, phase)
    run.checkpoints.drop(START)


def predictions_of(learner: Learner) -> Prediction:
    """What the learner makes of each of its clouds now."""

    def prediction(cloud: int) -> Singles:
        return predict(learner.network, learner.input_cloud, learner.latents[cloud])

    return prediction


def time_for_training(run: Run) -> Run:
    """The run with what time is left for training once the end is provided for."""
    left, budget = run.seconds_left, run.budget_seconds
    if left is None or budget is None:
        return run
    return run.within(left - FINISHING_SECONDS - FINISHING_SHARE * budget)
