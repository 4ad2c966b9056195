"""QAAD training from the product's own parts, in process: from a warmed-up network as in the paper, or from nothing."""

from __future__ import annotations

import copy
import time

import torch
from bench_sets import BenchSet, Cloud
from chamfer_runs import Trained, Watch, ours

from qaadcodec.config import CompressConfig
from qaadcodec.progress import Progress
from qaadcodec.training.host.align import align
from qaadcodec.training.loop import train
from qaadcodec.training.predict import predict
from qaadcodec.training.start import pca_latents


def train_by_assignment(
    clouds: BenchSet, config: CompressConfig, device: torch.device, warm: Trained | None = None
) -> Trained:
    """Assign the clouds, then learn them (paper section 3.4).

    Args:
        config: as `compress` would get it; `training.epochs` counts those after the warm-up.
        warm: the state after the warm-up, which stays as it is; without it the assignment starts from the input cloud,
            and latents from PCA (random ones where the assignment is random, which leaves PCA nothing to find).
    """
    began = time.perf_counter()
    with clouds.copy() as store:
        learner = copy.deepcopy(warm.learner) if warm else ours(clouds, config.network, config.seed, device)

        def prediction(i: int) -> Cloud:
            return predict(learner.network, learner.input_cloud, learner.latents[i])

        q = learner.input_cloud.cpu().numpy()
        for _ in align(store, q, config.assignment, config.seed, predictions=prediction if warm else None):
            pass
        if warm is None:
            latents = torch.from_numpy(pca_latents(store, config.network.latent_size, config.seed))
            if not config.assignment.greedy:
                latents = torch.randn(latents.shape, generator=torch.Generator().manual_seed(config.seed))
            learner.latents = latents.to(device)
        trained, watch = Trained(learner), Watch(clouds, config.training.epochs)
        for event in train(learner, store, config, clouds.variance):
            if isinstance(event, Progress) and watch.due(event.done):
                watch.look(learner.epochs, trained.decode)
    trained.curve, trained.seconds = watch.curve, time.perf_counter() - began - watch.seconds
    return trained
