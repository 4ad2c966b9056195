"""Samples of clouds: what is near is found, and only so many trees are held."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from qaadcodec.sets.store import TargetStore
from qaadcodec.training.registration import sampled_clouds
from qaadcodec.training.registration.sampled_clouds import SampledClouds

Maker = Callable[[np.ndarray], TargetStore]
CLOUDS = np.random.default_rng(0).random((5, 100, 3)).astype(np.float32)


def test_every_point_of_a_small_cloud_is_known(make_store: Maker) -> None:
    clouds = SampledClouds(make_store(CLOUDS.copy()), 7, 0)
    np.testing.assert_array_equal(clouds.points(3)[clouds.nearest(3, CLOUDS[3])], CLOUDS[3])


def test_drawn_points_are_points_of_the_cloud(make_store: Maker) -> None:
    clouds = SampledClouds(make_store(CLOUDS.copy()), 40, 0)
    drawn = clouds.points(2)[clouds.places(np.random.default_rng(1))]
    assert drawn.shape == (40, 3)
    assert {tuple(p) for p in drawn} <= {tuple(p) for p in CLOUDS[2]}


def test_no_more_trees_are_held_than_there_is_room_for(make_store: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampled_clouds, "HELD", 200)
    clouds = SampledClouds(make_store(CLOUDS.copy()), 7, 0)
    for i in (0, 1, 2, 3, 0):
        np.testing.assert_array_equal(clouds.points(i)[clouds.nearest(i, CLOUDS[i])], CLOUDS[i])
        assert len(clouds._held) <= 2


def test_what_is_alike_is_nearer_the_more_that_weighs(make_store: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    clouds = SampledClouds(make_store(CLOUDS.copy()), 7, 0)
    values = np.linspace(0, 1, 100, dtype=np.float32)[:, None]
    monkeypatch.setattr(SampledClouds, "intrinsic", lambda self, cloud: values)
    backwards = values[::-1].copy()
    np.testing.assert_array_equal(clouds.nearest_alike(1, CLOUDS[1], backwards, 1e-6), np.arange(100))
    np.testing.assert_array_equal(clouds.nearest_alike(1, CLOUDS[1], backwards, 1e6), np.arange(100)[::-1])
    np.testing.assert_array_equal(clouds.nearest_alike(1, CLOUDS[1], backwards, 1e-6), np.arange(100))
