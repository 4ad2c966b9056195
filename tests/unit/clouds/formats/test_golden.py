"""What is read of files that the formats' own libraries write: every point, in the precision of the file."""

from __future__ import annotations

import gzip
import os
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from fixtures.foreign import WRITERS, ball

from qaadcodec.clouds import WRITTEN, find_clouds, read_cloud
from qaadcodec.clouds.formats import TABLE
from qaadcodec.errors import CloudError

POINTS, TRIANGLES = ball()

SINGLE = {".stl", ".glb", ".pcd"}
MESHES = {".obj", ".stl", ".glb", ".3mf", ".vtk", ".vtp"}
NEEDS = {".glb": "trimesh", ".las": "laspy", ".laz": "lazrs", ".e57": "pye57"}
STEP = {".las": 2.0**-21, ".laz": 2.0**-21, ".e57": 1e-6}  # what the file rounds to

every = pytest.mark.parametrize("suffix", WRITERS)


def in_order(points: np.ndarray) -> np.ndarray:
    """Points in the order of their coordinates: STL has no order of vertices."""
    return points[np.lexsort(np.round(points.astype(np.float64), 4).T)]


def test_every_format_that_is_only_read_is_written_here() -> None:
    only_read = {f".{name}" for name in TABLE if name not in WRITTEN}
    assert only_read <= set(WRITERS) | {".e57"}


@every
def test_every_point_is_read(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    WRITERS[suffix](path, POINTS, TRIANGLES)
    cloud = read_cloud(path)
    assert (cloud.name, cloud.points.dtype) == ("a", np.float32 if suffix in SINGLE else np.float64)
    np.testing.assert_allclose(in_order(cloud.points), in_order(POINTS), rtol=0, atol=STEP.get(suffix, 1e-8))
    assert cloud.has_faces == (suffix in MESHES)
    assert cloud.doubts == ()
    assert find_clouds([path])[0].count() == len(POINTS)


@pytest.mark.parametrize("suffix", sorted(MESHES))
def test_the_faces_are_those_of_the_mesh(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    WRITERS[suffix](path, POINTS, TRIANGLES)
    drawn = find_clouds([path])[0].on_surface(500, 7).load()
    assert (len(drawn.points), drawn.drawn, drawn.has_faces) == (500, True, True)
    corners = POINTS[TRIANGLES]  # (T, 3, 3)
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    heights = np.einsum("pti,ti->pt", drawn.points[:, None] - corners[:, 0], normals)
    assert np.abs(heights).min(axis=1).max() < 1e-6  # each lies in the plane of a triangle


@every
def test_it_is_found_in_a_folder_and_read_when_it_is_packed(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    WRITERS[suffix](path, POINTS, TRIANGLES)
    (tmp_path / f"b{suffix}.gz").write_bytes(gzip.compress(path.read_bytes()))
    plain, packed = find_clouds([tmp_path])
    np.testing.assert_array_equal(plain.load().points, packed.load().points)


@every
def test_it_is_known_by_its_bytes(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    WRITERS[suffix](path, POINTS, TRIANGLES)
    path.rename(tmp_path / "unknown")
    found = in_order(read_cloud(tmp_path / "unknown").points)
    np.testing.assert_allclose(found, in_order(POINTS), rtol=0, atol=STEP.get(suffix, 1e-8))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
@every
def test_it_is_read_from_a_pipe(suffix: str, tmp_path: Path) -> None:
    path, pipe = tmp_path / f"a{suffix}", tmp_path / "pipe"
    WRITERS[suffix](path, POINTS, TRIANGLES)
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(path.read_bytes()), daemon=True)
    writer.start()
    np.testing.assert_array_equal(read_cloud(pipe).points, read_cloud(path).points)
    writer.join()


@pytest.mark.parametrize("suffix", sorted(set(NEEDS) & set(WRITERS)))
def test_without_its_library_it_is_said_how_that_is_installed(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"a{suffix}"
    WRITERS[suffix](path, POINTS, TRIANGLES)
    monkeypatch.setitem(sys.modules, NEEDS[suffix], None)
    with pytest.raises(CloudError) as caught:
        read_cloud(path)
    assert str(caught.value) == f"{path}: {NEEDS[suffix]}, which reads such files, is not installed"
    assert str(caught.value.hint).startswith("pip install 'qaadcodec[formats]'")
