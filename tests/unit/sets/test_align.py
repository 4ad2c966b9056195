"""Whole sets are brought into one frame where that helps, and left alone elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qaadcodec.sets.align as aligning
from qaadcodec.clouds import Similarity, find_clouds
from qaadcodec.errors import Interrupted
from qaadcodec.progress import Progress, Run, StopRequest
from qaadcodec.sets.align import HELPFUL, Frame, align
from qaadcodec.sets.gather import gather
from qaadcodec.sets.survey import Survey, survey
from qaadcodec.synth.make import make_cloud

CLOUDS = 7


def surveyed(folder: Path, clouds: list[np.ndarray]) -> Survey:
    for i, cloud in enumerate(clouds):
        np.save(folder / f"{i}.npy", cloud)
    return survey(find_clouds([folder]), Run(), skip_bad=False)


def aligned_points(frame: Frame, clouds: list[np.ndarray]) -> list[np.ndarray]:
    return [frame.aligned(i, cloud) for i, cloud in enumerate(clouds)]


def residual_turns(frame: Frame, truth: list[Similarity]) -> list[float]:
    """Angles in degrees between what was found and the truth, which may differ by one turn of all."""
    turns = [true.rotation.T @ frame.pose(i).rotation for i, true in enumerate(truth)]
    u, _, vt = np.linalg.svd(sum(turns))
    return [np.degrees(Similarity(1.0, turn @ (u @ vt).T, np.zeros(3)).angle) for turn in turns]


def test_posed_clouds_are_brought_together(
    tmp_path: Path, make_lopsided: Callable[..., Any], draw_pose: Callable[..., Similarity], heard: Any
) -> None:
    truth = [draw_pose(i) for i in range(CLOUDS)]
    clouds = [pose.apply(make_lopsided(i)) for i, pose in enumerate(truth)]
    frame = align(surveyed(tmp_path, clouds), "auto", Run(listener=heard))
    assert frame is not None
    assert frame.poses.kind == "similarity"
    assert max(residual_turns(frame, truth)) < 4
    sizes = np.array([frame.pose(i).scale / true.scale for i, true in enumerate(truth)])
    np.testing.assert_allclose(sizes / sizes.mean(), 1, atol=0.04)
    assert len(heard.notices) == 1
    assert heard.notices[0].startswith(f"aligned {CLOUDS} clouds (similarity: turned by up to ")
    assert [e.done for e in heard.events if isinstance(e, Progress) and e.phase == "aligning poses"] == [CLOUDS]


def test_aligned_clouds_fill_the_normalised_cube(
    tmp_path: Path, make_lopsided: Callable[..., Any], draw_pose: Callable[..., Similarity]
) -> None:
    clouds = [draw_pose(i, shift=50.0).apply(make_lopsided(i)) for i in range(CLOUDS)]
    frame = align(surveyed(tmp_path, clouds), "similarity", Run())
    assert frame is not None
    reach = np.abs(np.concatenate(aligned_points(frame, clouds))).max()
    assert reach == pytest.approx(1, abs=0.01)
    assert frame.normalisation.scale < 2  # the clouds lie within 100 of each other, and have a size of 2


def test_points_that_mean_no_place_have_no_part_in_poses(
    make_lopsided: Callable[..., Any], draw_pose: Callable[..., Similarity]
) -> None:
    """Clouds are read three times, for the survey, for their poses and to be learnt, and lose the same points."""
    clouds = [draw_pose(i).apply(make_lopsided(i)) for i in range(CLOUDS)]
    spoilt = [np.concatenate([np.full((i, 3), np.nan), cloud, np.zeros((3, 3))]) for i, cloud in enumerate(clouds)]
    stored, poses = [], []
    for given in (clouds, spoilt):
        found = survey(find_clouds(given), Run(), skip_bad=False)
        frame = align(found, "similarity", Run())
        assert frame is not None
        with gather(found, min(found.counts), Run(), frame=frame) as gathered:
            stored.append(gathered.store.points[:].copy())
        poses.append(np.array([np.concatenate([*map(np.ravel, frame.pose(i).numbers())]) for i in range(CLOUDS)]))
    np.testing.assert_array_equal(stored[0], stored[1])
    np.testing.assert_array_equal(poses[0], poses[1])


def test_the_poses_are_those_that_the_archive_gives_back(
    tmp_path: Path, make_lopsided: Callable[..., Any], draw_pose: Callable[..., Similarity]
) -> None:
    """What rounding does to them is in what is learnt, so that it costs nothing."""
    clouds = [draw_pose(i).apply(make_lopsided(i)) for i in range(3)]
    frame = align(surveyed(tmp_path, clouds), "similarity", Run())
    assert frame is not None
    norm = frame.normalisation
    for i, (cloud, points) in enumerate(zip(clouds, aligned_points(frame, clouds), strict=True)):
        back = norm.invert(frame.pose(i).apply(points))
        np.testing.assert_allclose(back, cloud, atol=1e-6)


def test_shifts_are_enough_on_the_bed_of_a_scanner(tmp_path: Path, make_lopsided: Callable[..., Any]) -> None:
    rng = np.random.default_rng(1)
    clouds = [make_lopsided(i) + rng.uniform(-100, 100, 3) for i in range(CLOUDS)]
    frame = align(surveyed(tmp_path, clouds), "auto", Run())
    assert frame is not None
    assert frame.poses.kind == "shift"
    assert frame.normalisation.scale < 2


def test_coordinates_of_maps_keep_their_digits(tmp_path: Path, make_lopsided: Callable[..., Any]) -> None:
    rng = np.random.default_rng(1)
    clouds = [make_lopsided(i) + (rng.uniform(-1000, 1000, 3) + np.array([5e6, 4e5, 300.0])) for i in range(CLOUDS)]
    frame = align(surveyed(tmp_path, clouds), "auto", Run())
    assert frame is not None
    for i, points in enumerate(aligned_points(frame, clouds)):
        back = frame.normalisation.invert(frame.pose(i).apply(points))
        np.testing.assert_allclose(back, clouds[i], rtol=0, atol=1e-6)


def test_millimetres_among_metres_are_scaled(tmp_path: Path, make_lopsided: Callable[..., Any]) -> None:
    clouds = [make_lopsided(i) * (1000.0 if i == 3 else 1.0) for i in range(CLOUDS)]
    frame = align(surveyed(tmp_path, clouds), "auto", Run())
    assert frame is not None
    assert frame.pose(3).scale / frame.pose(0).scale == pytest.approx(1000, rel=0.05)


@pytest.mark.parametrize("shape", ["skulls", "bodies"])
def test_procedural_sets_are_left_as_they_are_made(tmp_path: Path, shape: str, heard: Any) -> None:
    clouds = [make_cloud(shape, i, 600, 0) for i in range(10)]
    assert align(surveyed(tmp_path, clouds), "auto", Run(listener=heard)) is None
    assert heard.notices == []


def test_bodies_in_motion_are_not_turned_by_accident(tmp_path: Path) -> None:
    clouds = [make_cloud("bodies", i, 800, 0) for i in range(12)]
    frame = align(surveyed(tmp_path, clouds), "similarity", Run())
    assert frame is not None
    assert np.median(residual_turns(frame, [Similarity.identity()] * 12)) < 15


def test_less_that_is_gained_is_clear_where_less_is_asked_for(
    tmp_path: Path, make_lopsided: Callable[..., Any]
) -> None:
    angles = np.radians(11.0 * np.arange(CLOUDS))
    turns = [np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]]) for a in angles]
    found = surveyed(tmp_path, [make_lopsided(i) @ turn for i, turn in enumerate(turns)])
    assert align(found, "auto", Run()) is None
    frame = align(found, "auto", Run(), clear=HELPFUL)
    assert frame is not None
    assert frame.poses.kind == "similarity"


@pytest.mark.parametrize("how", ["none", "auto"])
def test_sets_that_lie_alike_have_no_poses(tmp_path: Path, how: str, make_lopsided: Callable[..., Any]) -> None:
    assert align(surveyed(tmp_path, [make_lopsided(i) for i in range(4)]), how, Run()) is None


@pytest.mark.parametrize("how", ["auto", "similarity"])
def test_one_cloud_has_no_pose(tmp_path: Path, how: str, make_lopsided: Callable[..., Any]) -> None:
    assert align(surveyed(tmp_path, [make_lopsided()]), how, Run()) is None


def test_clouds_of_few_points_are_left_alone_unless_asked_for(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    found = surveyed(tmp_path, [rng.uniform(size=(40, 3)) + i for i in range(4)])
    assert align(found, "auto", Run()) is None
    assert align(found, "shift", Run()) is not None


def test_the_same_seed_gives_the_same_poses_however_many_threads(
    tmp_path: Path, make_lopsided: Callable[..., Any], draw_pose: Callable[..., Similarity]
) -> None:
    found = surveyed(tmp_path, [draw_pose(i).apply(make_lopsided(i)) for i in range(CLOUDS)])
    first, second = (align(found, "similarity", Run(seed=3)) for _ in range(2))
    assert first is not None
    assert second is not None
    np.testing.assert_array_equal(first.poses.shifts, second.poses.shifts)
    np.testing.assert_array_equal(first.poses.turns, second.poses.turns)
    assert first.normalisation.scale == second.normalisation.scale


def test_clouds_beyond_those_that_are_held_are_placed_too(
    tmp_path: Path,
    make_lopsided: Callable[..., Any],
    draw_pose: Callable[..., Similarity],
    monkeypatch: pytest.MonkeyPatch,
    heard: Any,
) -> None:
    monkeypatch.setattr(aligning, "HELD", 6)
    truth = [draw_pose(i) for i in range(10)]
    found = surveyed(tmp_path, [pose.apply(make_lopsided(i)) for i, pose in enumerate(truth)])
    frame = align(found, "similarity", Run(listener=heard))
    assert frame is not None
    assert max(residual_turns(frame, truth)) < 5


def test_without_time_less_is_done_and_that_is_said(
    tmp_path: Path,
    make_lopsided: Callable[..., Any],
    draw_pose: Callable[..., Similarity],
    monkeypatch: pytest.MonkeyPatch,
    heard: Any,
) -> None:
    monkeypatch.setattr(aligning, "HELD", 6)
    found = surveyed(tmp_path, [draw_pose(i).apply(make_lopsided(i)) for i in range(12)])
    over = replace(Run(listener=heard), deadline=time.monotonic() - 1)
    assert align(found, "similarity", over) is not None
    assert heard.notices[0] == "there was little time to align the clouds: each was compared with 1 other"


@pytest.mark.parametrize("phase", ["comparing poses", "aligning poses"])
def test_a_stop_ends_it_between_two_clouds(
    tmp_path: Path, phase: str, make_lopsided: Callable[..., Any], draw_pose: Callable[..., Similarity]
) -> None:
    stop = StopRequest()

    def listen(event: Any) -> None:
        if getattr(event, "phase", "") == phase:
            stop.set()

    found = surveyed(tmp_path, [draw_pose(i).apply(make_lopsided(i)) for i in range(4)])
    with pytest.raises(Interrupted, match="stopped while reading; nothing was written"):
        align(found, "auto", Run(listener=listen, stop=stop))
