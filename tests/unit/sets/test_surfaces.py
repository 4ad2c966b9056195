"""What meshes of a set are sampled to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import trimesh
from fixtures.small_sets import Heard

from qaadcodec.clouds import find_clouds, write_cloud
from qaadcodec.errors import CloudError, UsageError
from qaadcodec.progress import Run
from qaadcodec.sets.surfaces import sampled, taken
from qaadcodec.sets.survey import survey


def put(folder: Path, sizes: Sequence[int], *, bare: int = 0) -> Path:
    """Meshes of 12, 42, 162, … vertices, and a cloud without faces of `bare` points."""
    folder.mkdir()
    for i, size in enumerate(sizes):
        trimesh.creation.icosphere(subdivisions=size).export(folder / f"{i}.ply")
    if bare:
        write_cloud(folder / "bare.npy", np.random.default_rng(0).normal(size=(bare, 3)), "npy")
    return folder


def taken_of(folder: Path, wanted: int | None, sample: str | None = None) -> tuple[int, list[int], list[str]]:
    """M, the points of each cloud, and what is said."""
    heard = Heard()
    run = Run(listener=heard, sample=sample)
    found = survey(find_clouds([folder]), run, skip_bad=False)
    points = sampled(found, wanted, run, skip_bad=False)
    clouds = [source.load() for source in found.sources]
    for cloud, box in zip(clouds, found.boxes, strict=True):
        np.testing.assert_array_equal(box, [cloud.points.min(0), cloud.points.max(0)])
    return points, [len(cloud) for cloud in clouds], heard.notices


def test_equal_counts_are_taken_as_vertices(tmp_path: Path) -> None:
    folder = put(tmp_path / "a", [1, 1])
    assert taken_of(folder, None) == (
        *(42, [42, 42]),
        ["2 of 2 clouds have faces; all have 42 vertices, which are taken (--sample vertices)"],
    )
    assert taken_of(folder, None, "vertices") == (42, [42, 42], [])
    points, counts, said = taken_of(folder, 100)
    assert (points, counts) == (100, [100, 100])
    assert said == [
        "2 of 2 clouds have faces: 100 points of each are drawn from its surface (they have 42 to 42 vertices; "
        "--sample surface)"
    ]
    assert taken_of(folder, None, "surface")[:2] == (42, [42, 42])


def test_unequal_counts_are_taken_as_surfaces_with_the_median_count(tmp_path: Path) -> None:
    folder = put(tmp_path / "a", [0, 1, 2, 1, 2])
    points, counts, said = taken_of(folder, None)
    assert (points, counts) == (42, [42] * 5)
    assert "they have 12 to 162 vertices" in said[0]
    assert taken_of(folder, None, "vertices") == (12, [12, 42, 162, 42, 162], [])


def test_a_cloud_without_faces_bounds_the_count(tmp_path: Path) -> None:
    folder = put(tmp_path / "a", [1, 2, 2], bare=100)
    points, counts, said = taken_of(folder, None)
    assert (points, counts) == (100, [100, 100, 100, 100])
    assert said[0].startswith("3 of 4 clouds have faces: 100 points of each are drawn")
    folder = put(tmp_path / "b", [], bare=100)
    assert taken_of(folder, None, "surface") == (
        *(100, [100]),
        ["no cloud has faces that points could be drawn from; their own points are taken"],
    )


def test_broken_faces_are_told_with_their_file_or_left_out(tmp_path: Path) -> None:
    folder = put(tmp_path / "a", [1, 2])
    (folder / "1.ply").unlink()
    (folder / "1.off").write_bytes(b"OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1 3\n")
    heard = Heard()
    run = Run(listener=heard)
    sources = find_clouds([folder])
    with pytest.raises(CloudError, match=r"1\.off: face 0 \(line 6\) names vertex 3, and there are 0 to 2$"):
        sampled(survey(sources, run, skip_bad=False), None, run, skip_bad=False)
    left = survey(sources, run, skip_bad=False)
    assert sampled(left, 60, run, skip_bad=True) == 60
    assert len(left) == len(left.counts) == 1
    assert len(left.skipped) == 1


def test_what_a_decoded_cloud_is_compared_with(tmp_path: Path) -> None:
    mesh, bare = find_clouds([put(tmp_path / "a", [1], bare=50)])
    run = Run(seed=3)
    drawn = mesh.on_surface(42, 3).load().points
    assert not taken(mesh, 42, run, equal=True).drawn
    np.testing.assert_array_equal(taken(mesh, 42, run, equal=False).points, drawn)
    np.testing.assert_array_equal(taken(mesh, 42, Run(seed=3, sample="surface"), equal=True).points, drawn)
    assert len(taken(mesh, 60, run, equal=True)) == 60
    assert len(taken(mesh, 60, Run(sample="vertices"), equal=False)) == 42
    assert len(taken(bare, 60, run, equal=False)) == 50


def test_there_is_no_other_sample() -> None:
    with pytest.raises(UsageError, match=r"^sample is 'faces', and must be surface or vertices$"):
        Run(sample="faces")
