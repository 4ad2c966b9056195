"""Anchoring: rows that have slid are taken back to where Q has them, and other clouds go with them."""

from __future__ import annotations

import copy
from functools import cache

import numpy as np
import torch
from fixtures.stores import planted

from qaadcodec.config import TrainingConfig
from qaadcodec.progress import Run
from qaadcodec.sets.store import TargetStore
from qaadcodec.training.learner import Learner
from qaadcodec.training.predict import predict
from qaadcodec.training.registration.anchoring import anchored
from qaadcodec.training.registration.coarse import learn_coarsely

MIDDLE, OTHER = 2, 4
CLOUDS = planted(6, 600, seed=3)


def folded(learner: Learner, cloud: int) -> np.ndarray:
    return predict(learner.network, learner.input_cloud, learner.latents[cloud])


def rms(gaps: np.ndarray) -> float:
    return float(np.sqrt(np.square(gaps).sum(1).mean()))


@cache
def learnt(epochs: int) -> Learner:
    """The coarse network of the clouds, learnt for so long."""
    with TargetStore(*CLOUDS.shape[:2]) as store:
        store.points[:] = CLOUDS
        return learn_coarsely(store, CLOUDS[MIDDLE], MIDDLE, TrainingConfig(epochs=epochs, batch=2), Run(seed=1))


def test_rows_of_the_middle_cloud_lie_where_q_has_them() -> None:
    coarse = learnt(20)
    slid = rms(folded(coarse, MIDDLE) - CLOUDS[MIDDLE])
    assert slid > 0.01
    assert rms(folded(anchored(coarse, MIDDLE), MIDDLE) - CLOUDS[MIDDLE]) < 0.05 * slid


def test_what_was_asked_elsewhere_before_is_found_again() -> None:
    """The same network with Q moved to where it folds it to: every cloud then comes out as it did."""
    coarse = learnt(20)
    moved = Learner(coarse.network, torch.from_numpy(folded(coarse, MIDDLE)), coarse.latents)
    again = anchored(moved, MIDDLE)
    for cloud in (MIDDLE, OTHER):
        np.testing.assert_allclose(folded(again, cloud), folded(coarse, cloud), atol=2e-3)


def test_where_nothing_leads_back_the_nearest_is_kept() -> None:
    """A network that folds all rows to one place has no way back, and rows stay where something was known of them."""
    coarse = copy.deepcopy(learnt(1))
    with torch.no_grad():
        for weight in coarse.network.parameters():
            weight.zero_()
    found = anchored(coarse, MIDDLE)
    assert torch.isfinite(found.input_cloud).all()
    assert rms(folded(found, MIDDLE) - CLOUDS[MIDDLE]) <= rms(folded(coarse, MIDDLE) - CLOUDS[MIDDLE]) + 1e-6
