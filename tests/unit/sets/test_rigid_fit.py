"""Known poses are found; what cannot be known stays as it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from qaadcodec.clouds import PoseNumbers, Similarity
from qaadcodec.sets.rigid_fit import Pair, axes_onto_axes, register, turns_of_a_cube
from qaadcodec.sets.sketch import PROBES, SKETCH, Sketch


def sketch(points: np.ndarray, seed: int = 0) -> Sketch:
    return Sketch(points, np.random.default_rng(seed))


def found(x: Sketch, y: Sketch, kind: str) -> Similarity:
    return Pair(x, y, kind).improved(register(x, y, kind).pose).pose


def turned(degrees: float, axis: int = 1) -> Similarity:
    return Similarity.of_numbers(PoseNumbers(1.0, np.radians(degrees) * np.eye(3)[axis], np.zeros(3)))


@pytest.mark.parametrize("seed", range(5))
def test_a_known_pose_of_the_same_points_is_found(
    seed: int, make_lopsided: Callable[..., Any], draw_pose: Callable[..., Similarity]
) -> None:
    points, pose = make_lopsided(), draw_pose(seed)
    back = found(sketch(points, 1), sketch(pose.apply(points), 2), "similarity")
    np.testing.assert_allclose(back.apply(points), pose.apply(points), atol=1e-3)


@pytest.mark.parametrize("degrees", [75, 120, 180])
def test_what_lies_overturned_is_turned_back(degrees: float, make_lopsided: Callable[..., Any]) -> None:
    points, pose = make_lopsided(points=1500), turned(degrees)
    back = found(sketch(points, 1), sketch(pose.apply(points), 2), "rigid")
    np.testing.assert_allclose(back.apply(points), pose.apply(points), atol=1e-3)


def test_another_sampling_of_the_shape_is_found_to_within_a_degree(
    make_lopsided: Callable[..., Any], draw_pose: Callable[..., Similarity]
) -> None:
    dense, pose = make_lopsided(points=4000), draw_pose(7)
    back = found(sketch(dense[:2000]), sketch(pose.apply(dense[2000:])), "similarity")
    assert np.degrees(back.after(pose.inverse()).angle) < 1
    assert back.scale / pose.scale == pytest.approx(1, abs=0.01)


def test_uneven_density_does_not_pull(make_lopsided: Callable[..., Any], draw_pose: Callable[..., Similarity]) -> None:
    dense, pose = make_lopsided(points=8000), draw_pose(3)
    kept = np.random.default_rng(1).random(4000) < np.exp(-1.5 * dense[4000:, 0].clip(0))
    back = found(sketch(dense[:4000]), sketch(pose.apply(dense[4000:][kept])), "similarity")
    off = np.linalg.norm(back.apply(dense) - pose.apply(dense), axis=1)
    assert np.sqrt(np.square(off).mean()) < 0.02


def test_each_kind_changes_only_what_it_says(make_lopsided: Callable[..., Any], draw_pose: Callable[..., Any]) -> None:
    x, y = sketch(make_lopsided()), sketch(draw_pose(2).apply(make_lopsided(1)))
    shift, rigid = found(x, y, "shift"), found(x, y, "rigid")
    np.testing.assert_allclose(shift.rotation, np.eye(3), atol=1e-14)
    assert shift.scale == rigid.scale == 1.0
    assert rigid.angle > 0.05


def test_outliers_do_not_count(make_lopsided: Callable[..., Any]) -> None:
    points = make_lopsided()
    spoilt = np.concatenate([points, [[1e6, 0.0, 0.0], [0.0, -1e5, 0.0]]])
    back = found(sketch(points), sketch(spoilt), "similarity")
    np.testing.assert_allclose(back.apply(points), points, atol=0.02)


@pytest.mark.parametrize("factor", [1000.0, 0.001])
def test_other_units_are_found(factor: float, make_lopsided: Callable[..., Any]) -> None:
    points = make_lopsided()
    back = found(sketch(points), sketch(factor * points), "similarity")
    assert back.scale == pytest.approx(factor, rel=1e-3)


@pytest.mark.parametrize(
    "points",
    [
        pytest.param(np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0]]), id="two points"),
        pytest.param(np.linspace(0, 1, 50)[:, None] * [1.0, 2.0, 3.0], id="a line"),
        pytest.param(np.random.default_rng(0).uniform(size=(200, 3)) * [1.0, 1.0, 0.0], id="a plane"),
        pytest.param(np.repeat([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0]], [99, 1], axis=0), id="coinciding points"),
    ],
)
@pytest.mark.parametrize("kind", ["shift", "rigid", "similarity"])
def test_degenerate_clouds_are_laid_over_each_other(points: np.ndarray, kind: str) -> None:
    elsewhere = points + np.array([0.0, 0.0, 2.0])
    back = found(sketch(points), sketch(elsewhere), kind)
    np.testing.assert_allclose(back.apply(points), elsewhere, atol=0.02)


def test_a_ball_is_not_turned_over() -> None:
    rng = np.random.default_rng(0)
    a, b = (points / np.linalg.norm(points, axis=1, keepdims=True) for points in rng.standard_normal((2, 800, 3)))
    assert np.degrees(found(sketch(a), sketch(b), "rigid").angle) < 15


def test_the_turns_of_a_cube() -> None:
    turns = turns_of_a_cube()
    assert len({turn.tobytes() for turn in turns}) == 24
    assert all(np.linalg.det(turn) == pytest.approx(1) for turn in turns)


def test_axes_are_turned_and_never_mirrored(make_lopsided: Callable[..., Any]) -> None:
    for rotation in axes_onto_axes(sketch(make_lopsided()), sketch(make_lopsided(1))):
        np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
        assert np.linalg.det(rotation) == pytest.approx(1)


def test_probes_are_spread_evenly_and_nothing_is_drawn_twice() -> None:
    rng = np.random.default_rng(2)
    dense = rng.uniform(0, 1, (9000, 3)) * [0.1, 1.0, 1.0]
    sparse = rng.uniform(0, 1, (1000, 3)) * [0.1, 1.0, 1.0] + [0.9, 0.0, 0.0]
    made = sketch(np.concatenate([dense, sparse]))
    assert len(np.unique(made.points, axis=0)) == len(made.points) == SKETCH
    assert 0.25 < (made.probes[:, 0] > 0.5).mean() < 0.6  # a tenth of all points
    assert len(made.probes) == PROBES
    np.testing.assert_allclose(np.linalg.norm(made.normals, axis=1), 1)
