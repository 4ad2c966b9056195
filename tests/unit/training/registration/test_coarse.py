"""The coarse network on a body that walks: legs are followed on their way, and not taken for each other."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.spatial import cKDTree

from qaadcodec.config import TrainingConfig
from qaadcodec.progress import Run
from qaadcodec.sets.store import TargetStore
from qaadcodec.training.predict import predict
from qaadcodec.training.registration import coarse, joining
from qaadcodec.training.registration.coarse import learn_coarsely

Maker = Callable[[np.ndarray], TargetStore]
FRAMES, POINTS, FIRST = 16, 700, 3
TORSO, LEGS = 0, ((1, -1.0), (2, 1.0))


def walker(phase: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Points of a torso and of two legs, which swing against each other, and the part that each belongs to."""
    part = rng.choice(3, POINTS, p=[0.4, 0.3, 0.3])
    along, around = rng.random(POINTS), rng.random(POINTS) * 2 * np.pi
    radius = np.where(part == TORSO, 0.12, 0.045)
    points = np.stack(
        [radius * np.cos(around), radius * np.sin(around), np.where(part == TORSO, 0.6, -0.9) * along], axis=1
    )
    for leg, side in LEGS:
        rows, angle = part == leg, side * 0.7 * np.sin(phase)
        y, z = points[rows, 1], points[rows, 2]
        points[rows] = np.stack(
            [
                points[rows, 0] + 0.12 * side,
                y * np.cos(angle) - z * np.sin(angle),
                y * np.sin(angle) + z * np.cos(angle),
            ],
            axis=1,
        )
    return points.astype(np.float32), part


def share_on_the_other_leg(store: TargetStore, parts: list[np.ndarray]) -> float:
    """Of all rows on legs, how many end on the other one."""
    learner = learn_coarsely(store, store.positions(FIRST).copy(), FIRST, TrainingConfig(), Run(seed=0))
    shares = []
    for i, part in enumerate(parts):
        places = predict(learner.network, learner.input_cloud, learner.latents[i])
        there = part[cKDTree(store.positions(i)).query(places)[1]]
        shares.append(((there != parts[FIRST]) & (there != TORSO))[parts[FIRST] != TORSO].mean())
    return float(np.mean(shares))


@pytest.mark.long
def test_legs_are_followed_on_their_way(make_store: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Frames of half a walk. Shown all at once, two fifths of the rows on legs change over; one by one, none does."""
    rng = np.random.default_rng(0)
    frames = [walker(phase, rng) for phase in (np.arange(FRAMES) + 0.5) / FRAMES * np.pi - np.pi / 2]
    store, parts = make_store(np.stack([points for points, _ in frames])), [part for _, part in frames]
    monkeypatch.setattr(coarse, "STEPS", 0)
    monkeypatch.setattr(coarse, "PASSES", 50)
    assert share_on_the_other_leg(store, parts) < 0.02
    monkeypatch.setattr(joining, "AT_FIRST", 1.0)
    assert share_on_the_other_leg(store, parts) > 0.2
