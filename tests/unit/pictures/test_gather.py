"""What is shown: which clouds, their originals, and how many of their points."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fixtures.shapes import box, sphere

from qaadcodec.clouds import Mesh, find_clouds, one_cloud, write_cloud
from qaadcodec.errors import CloudError
from qaadcodec.pictures import gather
from qaadcodec.pictures.gather import Given
from qaadcodec.progress import Run


def test_a_cloud_far_away_keeps_its_shape() -> None:
    """UTM coordinates, in metres."""
    far = sphere(400, at=(512_345.5, 5_403_210.25, 300.0))
    cloud = gather.shown("scan", Given(far + np.array([0, 0, 0.125])), Given(far))
    assert cloud.original is not None
    assert cloud.distances is not None
    assert np.abs(cloud.original).max() == pytest.approx(1, abs=0.01)
    np.testing.assert_allclose(cloud.points - cloud.original, [[0, 0, 0.125]] * 400, atol=1e-9)
    assert 0.1 < cloud.distances.max() < 0.13


def test_a_large_cloud_is_thinned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gather, "MOST_POINTS", 100)
    cloud = gather.shown("large", Given(sphere(1000)), Given(sphere(80)))
    assert (len(cloud.points), cloud.thinned) == (100, True)
    np.testing.assert_array_equal(cloud.points, gather.shown("large", Given(sphere(1000)), Given(sphere(80))).points)
    assert not gather.shown("small", Given(sphere(100))).thinned


@pytest.mark.parametrize(
    ("count", "chosen"), [(1, [0]), (6, [0, 1, 2, 3, 4, 5]), (7, [0, 1, 2, 4, 5, 6]), (64, [0, 13, 25, 38, 50, 63])]
)
def test_some_of_many(count: int, chosen: list[int]) -> None:
    assert gather.spread(count) == chosen


def test_originals_are_found_by_name_or_are_the_only_ones(tmp_path: Path) -> None:
    for folder, names in (("now", "ab"), ("before", "bc"), ("alone", "z")):
        (tmp_path / folder).mkdir()
        for name in names:
            write_cloud(tmp_path / folder / f"{name}.ply", sphere(50, radius=ord(name)).astype(np.float32), "ply")
    now = find_clouds([tmp_path / "now"])
    with pytest.raises(CloudError, match="no original for a among the references"):
        gather.of_files(now, [tmp_path / "before"], Run())
    (b,) = gather.of_files(now[1:], [tmp_path / "before"], Run())
    assert b.distances is not None
    assert b.distances.max() == 0
    (a,) = gather.of_files(now[:1], [tmp_path / "alone"], Run())
    assert a.distances is not None
    assert a.distances.min() > 20
    assert gather.of_files(now, None, Run())[0].original is None


def off_file(path: Path, mesh: Mesh) -> Path:
    rows = [" ".join(map(str, vertex)) for vertex in mesh.vertices.tolist()]
    rows += [f"3 {a} {b} {c}" for a, b, c in mesh.triangles.tolist()]
    path.write_text("\n".join([f"OFF\n{len(mesh.vertices)} {len(mesh.triangles)} 0", *rows, ""]), encoding="utf-8")
    return path


def test_an_original_with_faces_is_what_they_are(tmp_path: Path) -> None:
    """Points in the middle of the faces of a cube lie on it, however far its corners are."""
    original = gather.given(one_cloud(off_file(tmp_path / "box.off", box())))
    points = np.array([[1.0, 0, 0], [0, -1, 0.3], [0, 0, 1.25]])
    cloud = gather.shown("box", Given(points), original)
    assert cloud.original_faces is not None
    assert (cloud.faces, cloud.thinned) == (None, False)
    np.testing.assert_allclose(cloud.distances, [0, 0, 0.25], atol=1e-12)
    assert cloud.original is not None
    assert len(cloud.original) == 8


def test_a_mesh_is_drawn_by_its_faces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gather, "MOST_POINTS", 4)
    (cloud,) = gather.of_files(find_clouds([off_file(tmp_path / "box.off", box())]), None, Run())
    assert cloud.faces is not None
    assert (len(cloud.points), cloud.thinned) == (8, False)
    write_cloud(tmp_path / "points.ply", box().vertices, "ply")
    assert gather.given(one_cloud(tmp_path / "points.ply")).mesh is None


def test_faces_without_area_are_none(tmp_path: Path) -> None:
    mesh = Mesh(box().vertices, np.array([[0, 0, 1], [2, 2, 2]]))
    assert gather.given(one_cloud(off_file(tmp_path / "flat.off", mesh))).mesh is None
