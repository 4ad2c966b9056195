"""PLY text as a stream of numbers: line breaks mean nothing, and what does not add up is named by its line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from qaadcodec.clouds import read_cloud
from qaadcodec.errors import CloudError

POINTS = np.array([[0.1, -2.5, 3e-7], [1e6, 0.25, -0.0], [7, 8, 9], [-1.5, 2.25, 1 / 3]])
AXES = "property double x\nproperty double y\nproperty double z\n"


@pytest.mark.parametrize(
    "breaks",
    [
        "{x} {y} {z} \n{nx} {ny} {nz} \n{r} {g} {b} \n",  # as RealSense's viewer writes them
        "{x}\n{y}\n\n{z} {nx} {ny} {nz}\t{r} {g} {b}\r\n",
        "{x} {y} {z} {nx} {ny} {nz} {r} {g} {b} ",
        "{x} {y} {z} {nx} {ny} {nz} {r} {g} {b}\n\n",
    ],
)
@pytest.mark.parametrize("faces", ["3 0 1 2 \n4 0 1 2 3 \n", "3\n0 1 2 4 0 1 2 3\n"])
def test_vertices_of_text_may_span_lines(tmp_path: Path, breaks: str, faces: str) -> None:
    header = "ply\nformat ascii 1.0\nelement vertex 4\n"
    for kind, names in (("float", ("x", "y", "z", "nx", "ny", "nz")), ("uchar", ("red", "green", "blue"))):
        header += "".join(f"property {kind} {name}\n" for name in names)
    rows = [breaks.format(x=x, y=y, z=z, nx=0.5, ny=1, nz=0, r=10, g=20, b=30) for x, y, z in POINTS.tolist()]
    header += "element face 2\nproperty list uchar int vertex_indices\nend_header\n"
    (tmp_path / "a.ply").write_text(header + "".join(rows) + faces, newline="")
    cloud = read_cloud(tmp_path / "a.ply", strict=True)
    np.testing.assert_array_equal(cloud.points, POINTS.astype(np.float32))
    assert cloud.points.dtype == np.float32
    assert cloud.dropped == ("normals", "colours", "faces")


def test_what_stands_in_front_of_the_vertices_may_span_lines_too(tmp_path: Path) -> None:
    elements = "element face 2\nproperty list uchar int i\nelement camera 2\nproperty int id\nelement vertex 2\n"
    header = f"ply\nformat ascii 1.0\n{elements}{AXES}end_header\n"
    (tmp_path / "a.ply").write_text(f"{header}3 0\n1 2 0\n7 8 1 2\n3 4\n5 6\n")
    cloud = read_cloud(tmp_path / "a.ply", strict=True)
    np.testing.assert_array_equal(cloud.points, [[1, 2, 3], [4, 5, 6]])


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("1 2\n3 4 5.5\n", "is truncated: it ends after 1 of 2 vertices"),
        ("1 2\n3 4 one 6\n", "vertex 1 (line 9): 'one' is not a number"),
        ("1 2\n\n3 1_0 5 6\n", "vertex 1 (line 10): '1_0' is not a number"),
        ("1 2\n3 4 5 6\n3 0 0 0\n4 5\n", "is truncated: it ends after 1 of 2 faces"),
        ("1 2\n3 4 5 6\n3 0 0 0\n0\n\n9 9\n", "has 2 numbers more than its header declares, from line 15 on"),
        ("1 2 3\n4 5 6\n3 0 0 0\n3 0 0", "is truncated: it ends after 1 of 2 faces"),
    ],
)
def test_what_does_not_add_up(tmp_path: Path, body: str, message: str) -> None:
    faces = "element face 2\nproperty list uchar int i\n" if "0 0" in body else ""
    header = f"ply\nformat ascii 1.0\nelement vertex 2\n{AXES}{faces}end_header\n"
    path = tmp_path / "a.ply"
    path.write_text(header + body)
    with pytest.raises(CloudError) as caught:
        read_cloud(path)
    line = int(message.partition("line ")[2].partition(")")[0].partition(" ")[0]) if "line " in message else 0
    assert str(caught.value) == f"{path}: {message}"
    assert line == 0 or (header + body).split("\n")[line - 1]


def test_a_frame_of_a_depth_camera_is_read_at_once(tmp_path: Path) -> None:
    points = np.random.default_rng(0).normal(size=(50_000, 3))
    rows = "".join(f"{x!r} {y!r} {z!r} \n1 2 3 \n" for x, y, z in points.tolist())
    normals = "property float nx\nproperty float ny\nproperty float nz\n"
    header = f"ply\nformat ascii 1.0\nelement vertex 50000\n{AXES}{normals}end_header\n"
    (tmp_path / "a.ply").write_text(header + rows)
    np.testing.assert_array_equal(read_cloud(tmp_path / "a.ply", strict=True).points, points)
