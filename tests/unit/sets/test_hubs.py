"""Hubs: one for a set of one shape, several for several, and the way from cloud to cloud."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from qaadcodec.clouds import Similarity
from qaadcodec.sets.hubs import HUBS, Hubs, place
from qaadcodec.sets.sketch import Sketch


def sketches(clouds: list[np.ndarray]) -> list[Sketch]:
    return [Sketch(cloud, np.random.default_rng(i)) for i, cloud in enumerate(clouds)]


def off(pose: Similarity, other: Similarity, points: np.ndarray) -> float:
    return float(np.sqrt(np.square(pose.apply(points) - other.apply(points)).sum(1).mean()))


def test_one_shape_has_one_hub(make_lopsided: Callable[..., Any]) -> None:
    found = Hubs.of(sketches([make_lopsided(0) for _ in range(5)]), 2, "similarity")
    assert found.chosen == [2]
    assert not any(found.tumbled)


def test_two_shapes_have_two_hubs_at_least(make_lopsided: Callable[..., Any]) -> None:
    flat = [make_lopsided(i) * [1.0, 1.0, 0.2] for i in range(2)]
    found = Hubs.of(sketches([*(make_lopsided(i) for i in range(5)), *flat]), 0, "rigid")
    assert len(found.chosen) >= 2
    assert found.chosen[1] >= 5
    assert len(found.chosen) <= HUBS


def test_no_time_no_second_hub(make_lopsided: Callable[..., Any]) -> None:
    flat = make_lopsided(9) * [1.0, 1.0, 0.2]
    found = Hubs.of(sketches([*(make_lopsided(i) for i in range(4)), flat]), 0, "rigid", lambda: True)
    assert found.chosen == [0]


def test_every_cloud_is_placed_in_one_frame(
    make_lopsided: Callable[..., Any], draw_pose: Callable[..., Similarity]
) -> None:
    points, truth = make_lopsided(), [draw_pose(i) for i in range(6)]
    placed = Hubs.of(sketches([pose.apply(points) for pose in truth]), 0, "similarity").placed()
    common = placed[0].pose.inverse().after(truth[0])
    for cloud, pose in zip(placed, truth, strict=True):
        assert off(cloud.pose.after(common), pose, points) < 1e-2
    new = draw_pose(9)
    (sketch,) = sketches([new.apply(points)])
    assert off(place(placed[:2], sketch, "similarity").after(common), new, points) < 1e-2


def test_identical_clouds_cost_nothing_and_are_still_reached(make_lopsided: Callable[..., Any]) -> None:
    same = [Sketch(make_lopsided(), np.random.default_rng(0)) for _ in range(4)]
    placed = Hubs.of(same, 1, "similarity").placed()
    assert len(placed) == 4
    for cloud in placed:
        np.testing.assert_allclose(cloud.pose.apply(make_lopsided()), make_lopsided(), atol=1e-9)
