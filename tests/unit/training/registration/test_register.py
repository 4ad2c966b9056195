"""Registration of planted ellipsoids: targets on every surface, neighbours stay neighbours, the set is only read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
from fixtures.stores import planted
from fixtures.training import SMALL
from scipy.spatial import cKDTree

from qaadcodec.config import AssignmentConfig, Plan, TrainingConfig
from qaadcodec.model.across import unpacked
from qaadcodec.progress import Notice, PhaseEnded, Run
from qaadcodec.sets.store import TargetStore
from qaadcodec.training.registration.register import register
from qaadcodec.training.start import middle_cloud

Maker = Callable[[np.ndarray], TargetStore]
PLAN: Plan = replace(
    SMALL,
    assignment=AssignmentConfig(registration=True, evening_leaf=128),
    training=TrainingConfig(epochs=20, batch=2),
)
CLOUDS = planted(6, 600, seed=3)
SPACING = 2 * np.mean([cKDTree(c).query(c, k=2)[0][:, 1].mean() for c in CLOUDS])  # of random points


@cache
def registered() -> tuple[np.ndarray, np.ndarray]:
    """The input cloud and the targets that the clouds are registered to; they take seconds, and many look at them."""
    with TargetStore(*CLOUDS.shape[:2]) as store:
        store.points[:] = CLOUDS
        with register(store, PLAN, Run(seed=1)) as found:
            return np.array(found.input_cloud), np.array(found.targets.points)


def test_rows_lie_on_every_surface_and_cover_it() -> None:
    for cloud, places in zip(CLOUDS, registered()[1], strict=True):
        off, bare = cKDTree(cloud).query(places)[0], cKDTree(places).query(cloud)[0]
        assert np.sqrt(np.square(off).mean()) < 0.8 * SPACING
        assert np.sqrt(np.square(bare).mean()) < 0.8 * SPACING


def test_neighbours_in_q_stay_neighbours() -> None:
    """The energy of eq. 17 over nearest rows, beside that of rows in random order."""
    input_cloud, targets = registered()
    near = cKDTree(input_cloud).query(input_cloud, k=7)[1][:, 1:]
    for places in targets:
        edges = np.linalg.norm(places[near] - places[:, None], axis=2)
        assert edges.mean() < 2.5 * SPACING
    shuffled = CLOUDS[0][near] - CLOUDS[0][:, None]
    assert np.linalg.norm(shuffled, axis=2).mean() > 8 * SPACING


def test_targets_have_the_normals_of_the_surface_where_they_lie(make_store: Maker) -> None:
    sphere = np.random.default_rng(0).standard_normal((4, 600, 3)).astype(np.float32)
    sphere /= np.linalg.norm(sphere, axis=2, keepdims=True)
    store = make_store(np.concatenate([sphere, np.zeros((4, 600, 1), np.float32)], 2))
    with register(store, PLAN, Run(seed=1)) as found:
        assert found.targets.normals
        points = torch.from_numpy(np.array(found.targets.points))
        along = torch.nn.functional.cosine_similarity(unpacked(points[..., 3]), points[..., :3], dim=-1).abs()
        assert float(along.median()) > 0.99
        assert float(along.quantile(0.02)) > 0.9


def test_the_set_is_only_read_and_the_same_seed_gives_the_same_places(make_store: Maker) -> None:
    store = make_store(CLOUDS.copy())
    with register(store, PLAN, Run(seed=1)) as found:
        np.testing.assert_array_equal(found.targets.points, registered()[1])
        np.testing.assert_array_equal(found.input_cloud, registered()[0])
    np.testing.assert_array_equal(store.points, CLOUDS)


def test_once_stopped_it_ends_at_once_with_rows_on_every_cloud(make_store: Maker) -> None:
    events: list[object] = []
    run = Run(listener=events.append)
    run.stop.set()
    with register(make_store(CLOUDS.copy()), PLAN, run) as found:
        assert all(cKDTree(c).query(p)[0].mean() < SPACING for c, p in zip(CLOUDS, found.targets.each(), strict=True))
    assert [e.phase for e in events if isinstance(e, PhaseEnded)] == ["finding parts", "registering"]


def test_short_time_is_told(make_store: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Run, "is_late", property(lambda self: True))
    events: list[object] = []
    register(make_store(CLOUDS.copy()), PLAN, Run(listener=events.append).within(1e-3)).targets.close()
    (note,) = [e for e in events if isinstance(e, Notice)]
    assert note.text.endswith("of 6 clouds were evened within small subspaces")


def test_flat_and_coinciding_clouds_are_registered_too(make_store: Maker) -> None:
    clouds = np.zeros((3, 300, 3), np.float32)
    clouds[1, :, 0] = np.linspace(-1, 1, 300)
    clouds[2, :, :2] = np.random.default_rng(0).random((300, 2))
    with register(make_store(clouds), PLAN, Run()) as found:
        assert np.isfinite(found.targets.points).all()


def test_material_rows_stay_where_the_shape_is_and_even_ones_follow_the_points(make_store: Maker) -> None:
    """Ellipsoids that are drawn out, and have five times as many points on one half or on the other."""
    rng, stretches = np.random.default_rng(5), np.linspace(1.0, 1.3, 6)
    spheres = rng.standard_normal((6, 4000, 3))
    spheres /= np.linalg.norm(spheres, axis=2, keepdims=True)
    side = np.where(np.arange(6)[:, None] % 2, spheres[..., 0], -spheres[..., 0])
    chance = rng.random((6, 4000)) - 0.2 * (side > 0)
    kept = np.take_along_axis(spheres, np.argsort(chance)[:, :600, None], axis=1)
    axes = np.stack([[1.0, 0.6, 0.3 * stretch] for stretch in stretches])[:, None]
    clouds = kept * axes

    def drift(rows: str) -> tuple[float, float]:
        """How far a row lies from where it lies in the first cloud, on the sphere; how far off the surface."""
        planned = replace(PLAN, assignment=replace(PLAN.assignment, rows=rows))
        with register(make_store(clouds.astype(np.float32)), planned, Run(seed=1)) as found:
            places = found.targets.points / axes
        lengths = np.linalg.norm(places, axis=2, keepdims=True)
        gaps = np.linalg.norm(places / lengths - (places / lengths)[:1], axis=2)
        return float(gaps[1:].mean()), float(np.abs(lengths - 1.0).mean())

    (even, _), (material, off) = drift("even"), drift("material")
    assert material < 0.6 * even
    assert off < 0.02


def test_material_rows_of_the_cloud_that_q_was_taken_from_lie_where_q_has_them(make_store: Maker) -> None:
    """They would slide along it, in all clouds alike, and lie densely in one place: here where a bump grows."""
    spheres = np.random.default_rng(3).standard_normal((6, 1500, 3))
    spheres /= np.linalg.norm(spheres, axis=2, keepdims=True)
    bump = np.exp(-np.square(spheres - [1.0, 0.0, 0.0]).sum(2, keepdims=True) / 0.3)
    clouds = spheres * [1.0, 0.6, 0.3] * (1.0 + np.linspace(0.0, 1.0, 6)[:, None, None] * bump)
    planned = replace(PLAN, assignment=replace(PLAN.assignment, rows="material"))
    store = make_store(clouds.astype(np.float32))
    with register(store, planned, Run(seed=1)) as found:
        gaps = found.targets.points[middle_cloud(store)] - found.input_cloud
    assert np.sqrt(np.square(gaps).sum(1).mean()) < 0.2 * SPACING


def test_material_rows_that_had_no_time_are_warned_of(make_store: Maker) -> None:
    events: list[object] = []
    planned = replace(PLAN, assignment=replace(PLAN.assignment, rows="material"))
    register(make_store(CLOUDS.copy()), planned, Run(listener=events.append).within(1e-3)).targets.close()
    (note,) = [e for e in events if isinstance(e, Notice)]
    assert note.warning
    assert "material rows may miss parts" in note.text
