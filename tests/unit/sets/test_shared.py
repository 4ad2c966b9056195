"""The first look at a set and the search for its poses, shared by several ranks: each has what one process finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh
from fixtures.ranks import shared
from fixtures.small_sets import Heard

import qaadcodec.sets.align as aligning
from qaadcodec.clouds import Similarity, find_clouds, write_cloud
from qaadcodec.errors import CloudError
from qaadcodec.progress import Run
from qaadcodec.ranks.ranks import ALONE, Ranks
from qaadcodec.sets.align import Frame, align, align_with
from qaadcodec.sets.surfaces import sampled
from qaadcodec.sets.survey import Survey, survey

CLOUDS = 7


def as_plain(found: Survey) -> list[Any]:
    """All that a survey holds, in a form that can be compared."""
    glimpses = [
        {**asdict(each), "centre": each.centre.tolist(), "shape": each.shape.tolist()} for each in found.glimpses
    ]
    boxes, paths = np.array(found.boxes).tolist(), [source.path for source in found.sources]
    remarks = found.remarks.points_left_out, found.remarks.doubts, found.remarks.clouds
    kept = found.counts, found.checksums, found.has_faces, found.dropped, found.chosen, found.skipped
    return [paths, boxes, glimpses, *kept, *remarks]


def put(folder: Path, clouds: int, *, bad: int | None = None) -> Path:
    """Clouds of unequal counts, some points of which mean no place; one of them may be no cloud."""
    rng = np.random.default_rng(0)
    for i in range(clouds):
        points = rng.normal(size=(100 + 10 * i, 3))
        points[: i % 3] = np.nan
        write_cloud(folder / f"{i}.ply", points, "ply")
    if bad is not None:
        (folder / f"{bad}.ply").write_bytes(b"ply\nformat ascii 1.0\nend_header\n")
    return folder


@pytest.mark.parametrize(("clouds", "size"), [(7, 2), (7, 3), (7, 7), (2, 4), (1, 3)])
@pytest.mark.parametrize("bad", [None, 1])
def test_every_rank_knows_what_one_process_sees(tmp_path: Path, clouds: int, size: int, bad: int | None) -> None:
    if bad is not None and clouds == 1:
        pytest.skip("none would be left")
    put(tmp_path, clouds, bad=bad)

    def surveyed(ranks: Ranks) -> tuple[list[Any], list[str]]:
        heard = Heard()
        found = survey(find_clouds([tmp_path]), Run(listener=heard, ranks=ranks), skip_bad=True)
        return as_plain(found), heard.notices

    alone = surveyed(ALONE)
    assert len(alone[1]) == (bad is not None)
    assert shared(size, surveyed) == [alone] * size


def test_each_rank_reads_its_part_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, CLOUDS)
    from qaadcodec.sets import survey as module

    usable, read = module.usable, list[str]()
    monkeypatch.setattr(module, "usable", lambda source, **more: (read.append(source.path), usable(source, **more))[1])
    shared(3, lambda ranks: survey(find_clouds([tmp_path]), Run(ranks=ranks), skip_bad=False))
    assert sorted(read) == sorted(map(str, tmp_path.iterdir()))  # each of them once


def test_a_cloud_that_cannot_be_used_ends_all(tmp_path: Path) -> None:
    put(tmp_path, CLOUDS, bad=6)
    with pytest.raises(CloudError, match=r"6\.ply"):
        shared(3, lambda ranks: survey(find_clouds([tmp_path]), Run(ranks=ranks), skip_bad=False))
    for path in tmp_path.iterdir():
        path.write_bytes(b"")
    with pytest.raises(CloudError, match="none of 7 clouds can be used"):
        shared(3, lambda ranks: survey(find_clouds([tmp_path]), Run(ranks=ranks), skip_bad=True))


def test_ranks_that_find_different_clouds_are_told(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        put(tmp_path / name, 4)

    def surveyed(folder: Callable[[int], Path]) -> Callable[[Ranks], Survey]:
        return lambda ranks: survey(find_clouds([folder(ranks.rank)]), Run(ranks=ranks), skip_bad=False)

    with pytest.raises(CloudError, match="process 1 does not find the same clouds as process 0"):
        shared(2, surveyed(lambda rank: tmp_path / "ab"[rank]))

    def longer(rank: int) -> Path:
        if rank == 1:
            with (tmp_path / "a" / "2.ply").open("ab") as file:
                file.write(b" ")
        return tmp_path / "a"

    sizes = [[source.size() for source in find_clouds([longer(rank)])] for rank in range(2)]
    assert sizes[0] != sizes[1]


def test_points_of_surfaces_are_drawn_by_all(tmp_path: Path) -> None:
    for i, size in enumerate([1, 2, 1, 2, 1]):
        trimesh.creation.icosphere(subdivisions=size).export(tmp_path / f"{i}.ply")
    write_cloud(tmp_path / "bare.npy", np.random.default_rng(0).normal(size=(50, 3)), "npy")

    def drawn(ranks: Ranks) -> tuple[int, list[Any]]:
        run = Run(ranks=ranks)
        found = survey(find_clouds([tmp_path]), run, skip_bad=False)
        return sampled(found, None, run, skip_bad=False), as_plain(found)

    alone = drawn(ALONE)
    assert alone[0] == 46  # the median of five counts of meshes and of the bare cloud
    assert shared(4, drawn) == [alone] * 4


def numbers(frame: Frame | None) -> list[Any]:
    """All that a frame holds."""
    assert frame is not None
    poses, norm = frame.poses, frame.normalisation
    tables = (getattr(poses, name).tolist() for name in ("shifts", "turns", "scales"))
    return [norm.offset.tolist(), norm.scale, poses.kind, poses.exponent, *tables]


@pytest.mark.parametrize(("held", "sizes"), [pytest.param(256, (3,), marks=pytest.mark.long), (6, (2, 9))])
def test_poses_are_those_that_one_process_finds(
    tmp_path: Path,
    make_lopsided: Callable[..., Any],
    draw_pose: Callable[..., Similarity],
    monkeypatch: pytest.MonkeyPatch,
    held: int,
    sizes: tuple[int, ...],
) -> None:
    monkeypatch.setattr(aligning, "HELD", held)  # most clouds are laid over hubs one by one
    for i in range(CLOUDS + 4):
        np.save(tmp_path / f"{i}.npy", draw_pose(i).apply(make_lopsided(i)))

    def aligned(ranks: Ranks) -> list[Any]:
        run = Run(ranks=ranks, seed=2)
        return numbers(align(survey(find_clouds([tmp_path]), run, skip_bad=False), "auto", run))

    alone = aligned(ALONE)
    for size in sizes:
        assert shared(size, aligned) == [alone] * size


def test_poses_of_new_clouds_are_those_that_one_process_finds(
    tmp_path: Path, make_lopsided: Callable[..., Any], draw_pose: Callable[..., Similarity]
) -> None:
    for i in range(5):
        np.save(tmp_path / f"{i}.npy", draw_pose(i).apply(make_lopsided(i)))
    first = align(survey(find_clouds([tmp_path]), Run(), skip_bad=False), "rigid", Run())
    assert first is not None
    known = [first.aligned(i, np.load(tmp_path / f"{i}.npy")) for i in (0, 3)]

    def laid(ranks: Ranks) -> list[Any]:
        run = Run(ranks=ranks)
        return numbers(align_with(known, first, survey(find_clouds([tmp_path]), run, skip_bad=False), run))

    alone = laid(ALONE)
    for size in (2, 8):
        assert shared(size, laid) == [alone] * size
