"""How like clouds are to what was learnt of them: known where the learner made them itself, and bounded in time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from qaadcodec.config import NetworkConfig
from qaadcodec.progress import Run
from qaadcodec.training.likeness import likeness
from qaadcodec.training.predict import predict

CONFIG = NetworkConfig(latent_size=3, patches=4, shared_widths=(16, 12), head_widths=(8,), fourier_octaves=1)


@pytest.fixture
def learner(make_loud: Callable[..., Any]) -> Any:
    return make_loud(CONFIG, 5, 120)


def its_own(learner: Any) -> np.ndarray:
    """Clouds that it decodes to without an error."""
    return np.stack([predict(learner.network, learner.input_cloud, latent) for latent in learner.latents])


def test_clouds_of_its_own(learner: Any, make_store: Callable[..., Any]) -> None:
    found = likeness(learner, make_store(its_own(learner)), Run())
    np.testing.assert_allclose(found.own, np.zeros(5), atol=1e-9)
    assert (found.mean > 1e-4).all()
    assert found.gained == pytest.approx(0, abs=1e-6)


def test_a_known_error(learner: Any, make_store: Callable[..., Any]) -> None:
    clouds = its_own(learner)
    shifted = clouds + np.float32([0.3, 0, 0])
    found = likeness(learner, make_store(shifted), Run())
    spread = np.square(clouds - clouds.mean(1, keepdims=True)).sum(2).mean(1)
    np.testing.assert_allclose(found.own, 0.09 / spread, rtol=1e-4)


def test_latents_that_tell_nothing(learner: Any, make_store: Callable[..., Any]) -> None:
    clouds = its_own(learner) + 0.1
    learner.latents[:] = learner.latents.mean(0, keepdim=True)
    assert likeness(learner, make_store(clouds), Run()).gained == pytest.approx(1)


def test_without_time_there_is_none(learner: Any, make_store: Callable[..., Any]) -> None:
    over = replace(Run(), deadline=time.monotonic() - 1)
    found = likeness(learner, make_store(its_own(learner)), over)
    assert len(found.own) == 0
    assert found.gained is None
