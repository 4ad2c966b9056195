"""Whom predictions meet: the nearest, unless a cloud joins far from all others; then first what is alike."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from qaadcodec.ranks.ranks import ALONE
from qaadcodec.sets.store import TargetStore
from qaadcodec.training.registration import meeting
from qaadcodec.training.registration.meeting import Meeting
from qaadcodec.training.registration.sampled_clouds import SampledClouds
from qaadcodec.work.state import State

Maker = Callable[[np.ndarray], TargetStore]
MIDDLE, NEAR, FAR = 0, 1, 2
FARTHER = 0.95  # from the middle of the trunk


def trunk_and_arm(seed: int, rise: float) -> np.ndarray:
    """A ball of 300 points, and an arm of 100 that leads aside, and up or down; what is FARTHER is its fist."""
    rng = np.random.default_rng(seed)
    ball = rng.standard_normal((300, 3))
    ball *= 0.5 / np.linalg.norm(ball, axis=1, keepdims=True)
    along, around = 0.9 * rng.random(100), 2 * np.pi * rng.random(100)
    arm = [0.45 + 0.6 * along, 0.05 * np.cos(around), rise * along + 0.05 * np.sin(around)]
    return np.concatenate([ball, np.stack(arm, axis=1)]).astype(np.float32)


@pytest.fixture
def met(make_store: Maker) -> Meeting:
    """Clouds whose arm hangs, and, in the one that is far, is raised."""
    clouds = np.stack([trunk_and_arm(seed, rise) for seed, rise in ((0, -0.8), (1, -0.8), (2, 0.8))])
    return Meeting(SampledClouds(make_store(clouds), 200, 0), clouds[MIDDLE], MIDDLE, ALONE, 0)


def joined(met: Meeting) -> None:
    """Both join, each as what the middle cloud is."""
    met.join(np.array([MIDDLE]), np.array([NEAR, FAR]), np.array([MIDDLE, MIDDLE]), 0.5, lambda _: as_middle(met))


def as_middle(met: Meeting) -> np.ndarray:
    return met.clouds.points(MIDDLE).copy()


def shares_of_fists(met: Meeting, cloud: int, fraction: float) -> tuple[float, float]:
    """Of the rows of the fist, how many meet points of a fist; of such points, how many meet rows of it."""
    input_cloud = as_middle(met)
    rows = np.arange(len(input_cloud))
    found = met.meet(cloud, rows, input_cloud, np.arange(len(input_cloud)), fraction)
    fist = np.linalg.norm(input_cloud, axis=1) > FARTHER
    there = np.linalg.norm(found.targets, axis=1) > FARTHER
    points = np.linalg.norm(found.points, axis=1) > FARTHER
    return float(there[fist].mean()), float(fist[found.rows[points]].mean())


def test_a_fist_finds_the_fist_of_a_far_cloud_at_first_and_what_is_nearest_later(met: Meeting) -> None:
    joined(met)
    assert min(shares_of_fists(met, FAR, 0.5)) > 0.5
    assert max(shares_of_fists(met, FAR, 1.0)) < 0.2


def test_a_cloud_that_joins_next_to_others_meets_what_is_nearest(met: Meeting) -> None:
    joined(met)
    assert met.arrays["strength"][[MIDDLE, NEAR]].tolist() == [0.0, 0.0]
    assert met.arrays["strength"][FAR] > 0.0
    assert min(shares_of_fists(met, NEAR, 0.5)) > 0.9


def test_what_is_led_by_a_far_cloud_needs_what_that_needs(met: Meeting) -> None:
    """It lies where the one that leads it does, so that its own gap is no larger."""
    joined(met)
    met.join(np.array([MIDDLE, FAR]), np.array([NEAR]), np.array([FAR]), 0.6, lambda _: as_middle(met))
    assert met.arrays["strength"][NEAR] == pytest.approx(met.arrays["strength"][FAR] * 10 ** -(0.1 / meeting.FADING))


def test_nothing_is_alike_where_the_network_has_not_learnt_yet(met: Meeting) -> None:
    """The leader is as far from its own prediction as the new cloud is."""
    met.join(np.array([MIDDLE]), np.array([FAR]), np.array([MIDDLE]), 0.1, lambda _: as_middle(met) + 3.0)
    assert met.arrays["strength"][FAR] == 0.0


def test_parts_that_touch_in_few_witnesses_are_forgiven(met: Meeting, monkeypatch: pytest.MonkeyPatch) -> None:
    """Touching shortens ways: in one cloud of three it does not count."""
    values = {MIDDLE: 1.0, NEAR: 0.2, FAR: 1.0}
    count, width = met.arrays["alike"].shape
    monkeypatch.setattr(SampledClouds, "intrinsic", lambda self, i: np.full((count, width), values[i], np.float32))
    joined(met)
    met.join(np.arange(3), np.array([FAR]), np.array([MIDDLE]), 0.6, lambda _: as_middle(met))
    assert (met.arrays["alike"] == 1.0).all()


def test_who_goes_on_from_a_checkpoint_meets_the_same(met: Meeting, make_store: Maker) -> None:
    joined(met)
    kept = State(shared={name: array.copy() for name, array in met.arrays.items()})
    other = Meeting(met.clouds, as_middle(met), MIDDLE, ALONE, 0)
    assert shares_of_fists(other, FAR, 0.5) != shares_of_fists(met, FAR, 0.5)
    other.go_on(kept)
    assert shares_of_fists(other, FAR, 0.5) == shares_of_fists(met, FAR, 0.5)


def test_few_weights_are_told_apart(met: Meeting) -> None:
    """A tree is made for every weight: from the largest to none there are some thirty."""
    joined(met)
    weights = {met._weight(FAR, fraction) for fraction in np.linspace(0.5, 1.0, 200)}
    ratios = np.diff(np.log(sorted(weights - {0.0})))
    assert len(weights) < 30
    assert ratios == pytest.approx(np.log(meeting.LEVEL), abs=1e-6)
