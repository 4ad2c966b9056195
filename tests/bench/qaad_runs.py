"""QAAD training from the product's own parts, in process: from a warmed-up network as in the paper, or from nothing."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch
from bench_energies import energies
from bench_sets import BenchSet, Cloud
from bench_tools import assign_all
from chamfer_runs import Trained, Watch, ours

from qaadcodec.config import Plan, Recipe
from qaadcodec.progress import Event, Progress, Run
from qaadcodec.training.backend import choose_backend
from qaadcodec.training.loop import train
from qaadcodec.training.predict import predict
from qaadcodec.training.start import pca_latents


def plan_of(recipe: Recipe) -> Plan:
    """The settings of a recipe as they are, with nothing chosen for a set."""
    return Plan(network=recipe.network, assignment=recipe.assignment, training=recipe.training, coding=recipe.coding)


def changed(plan: Plan, settings: Mapping[str, Any]) -> Plan:
    """The plan with single settings changed, by dotted names such as "assignment.pair_swaps"."""
    recipe = Recipe(network=plan.network, assignment=plan.assignment, training=plan.training, coding=plan.coding)
    other = recipe.with_settings(settings)
    return replace(
        plan, network=other.network, assignment=other.assignment, training=other.training, coding=other.coding
    )


def train_by_assignment(
    clouds: BenchSet, plan: Plan, seed: int, device: torch.device, warm: Trained | None = None
) -> Trained:
    """Assign the clouds, then learn them (paper section 3.4).

    Args:
        plan: as `learn` would get it; `training.epochs` counts those after the warm-up.
        warm: the state after the warm-up, which stays as it is; without it the assignment starts from the input cloud,
            and latents from PCA (random ones where the assignment is random, which leaves PCA nothing to find).
    """
    watch, backend = Watch(clouds, plan.training.epochs), choose_backend(device.type)
    with clouds.copy() as store:
        learner = copy.deepcopy(warm.learner) if warm else ours(clouds, plan.network, seed, device)

        def prediction(i: int) -> Cloud:
            return predict(learner.network, learner.input_cloud, learner.latents[i])

        q = learner.input_cloud.cpu().numpy()
        assign_all(store, prediction if warm else lambda _: q, plan.assignment, seed, backend)
        if warm is None:
            latents = torch.from_numpy(pca_latents(store, plan.network.latent_size, seed))
            if not plan.assignment.greedy:
                latents = torch.randn(latents.shape, generator=torch.Generator().manual_seed(seed))
            learner.latents = latents.to(device)
        trained = Trained(learner)

        def look(event: Event) -> None:
            if isinstance(event, Progress) and watch.due(event.done):
                with watch.apart():
                    watch.look(learner.epochs, trained.decode)

        train(learner, clouds.gathered(store), plan, Run(listener=look, seed=seed), backend)
        watch.tell(trained)
        trained.stretch, _ = energies(learner.input_cloud.detach().cpu().numpy(), store)
    return trained
