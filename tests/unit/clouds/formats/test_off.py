"""OFF files: keywords, counts, comments, digits."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from qaadcodec.clouds import find_clouds, read_cloud, write_cloud
from qaadcodec.clouds.formats.off import sniff

TRIANGLE = [[0.5, -1, 2e-3], [500000.123, 5400000.456, 0], [1, 2, 3]]
ROWS = "0.5 -1 2e-3\n500000.123 5400000.456 0\n1 2 3\n"


@pytest.mark.parametrize(
    ("text", "dropped"),
    [
        (f"OFF\n3 1 0\n{ROWS}3 0 1 2\n", ("faces",)),
        (f"OFF 3 0 0\n{ROWS}", ()),
        (f"OFF3 1 0\n{ROWS}3 0 1 2\n", ("faces",)),  # as files of ModelNet have it
        (f"OFF\n3 0\n{ROWS}", ()),
        (f"# made by hand\n\nOFF # a triangle\n\n3 1 3 # and its counts\n{ROWS}3 0 1 2", ("faces",)),
        ("OFF\r\n3 0 0\r\n0.5 -1 2e-3\r\n\r\n500000.123 5400000.456 0 # far\r\n 1\t2 3", ()),
        ("OFF\r3 0 0\r0.5 -1 2e-3\r500000.123 5400000.456 0\r1 2 3\r", ()),
        ("COFF\n3 0 0\n0.5 -1 2e-3 255 0 0 255\n500000.123 5400000.456 0 0 0 0 255\n1 2 3 1 1 1 1\n", ("colours",)),
        (
            "STCNOFF\n3 1 0\n0.5 -1 2e-3 0 0 1 1 1 1 1 0 0\n500000.123 5400000.456 0 0 0 1 1 1 1 1 0 0\n"
            "1 2 3 0 0 1 1 1 1 1 0 0\n3 0 1 2",
            ("texture coordinates", "colours", "normals", "faces"),
        ),
    ],
)
def test_ways_to_write_the_same_vertices(tmp_path: Path, text: str, dropped: tuple[str, ...]) -> None:
    path = tmp_path / "a.off"
    path.write_bytes(text.encode())
    cloud = read_cloud(path)
    assert cloud.points.dtype == np.float64
    np.testing.assert_array_equal(cloud.points, TRIANGLE)
    assert cloud.dropped == dropped
    assert find_clouds([path])[0].count() == 3
    assert sniff(text.encode())


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_written_digits_bring_every_value_back(tmp_path: Path, dtype: type) -> None:
    points = (np.random.default_rng(0).normal(size=(200, 3)) * 10.0 ** np.arange(-3, 6, 3)).astype(dtype)
    write_cloud(tmp_path / "a.off", points, "off")
    np.testing.assert_array_equal(read_cloud(tmp_path / "a.off").points.astype(dtype), points)


def test_the_text_of_a_cloud() -> None:
    stream = io.BytesIO()
    write_cloud(stream, np.array([[1, 0.1, -2e-9]], np.float32), "off")
    assert stream.getvalue() == b"OFF\n1 0 0\n1 0.100000001 -1.99999994e-09\n"


@pytest.mark.parametrize("start", [b"", b"# OFF\n", b"OFFICE\n", b"offset 3\n", b"1 2 3\nOFF\n", b"\x89HDF\r\n"])
def test_what_begins_otherwise_is_no_off(start: bytes) -> None:
    assert not sniff(start)
