"""XYZ text: delimiters, comments, titles, digits."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from qaadcodec.clouds import find_clouds, read_cloud, write_cloud

EXPECTED = [[1.5, -2, 3e-3], [500000.123, 5400000.456, 0]]


@pytest.mark.parametrize(
    ("text", "dropped"),
    [
        ("1.5 -2 3e-3\n500000.123 5400000.456 0\n", ()),
        ("1.5\t-2   3e-3\r\n500000.123 5400000.456 +0.0", ()),
        ("\ufeff# a comment\n\n1.5 -2 3e-3\n// another\n500000.123 5400000.456 0\n\n", ()),
        ("x,y,z,intensity\n1.5,-2,3e-3,7\n500000.123,5400000.456,0,8\n", ("intensity",)),
        ('"X";"Y";"Z"\n1.5;-2;3e-3\n500000.123; 5400000.456; 0\n', ()),
        ("//X Y Z R G\n1.5 -2 3e-3 255 0\n500000.123 5400000.456 0 255 0\n", ("r", "g")),
        ("1.5 -2 3e-3 tree\n500000.123 5400000.456 0 car\n", ("column 4",)),
        ("1.5 -2 3e-3\r500000.123 5400000.456 0\r", ()),
    ],
)
def test_ways_to_write_the_same_points(tmp_path: Path, text: str, dropped: tuple[str, ...]) -> None:
    path = tmp_path / "a.xyz"
    path.write_bytes(text.encode())
    cloud = read_cloud(path)
    assert cloud.points.dtype == np.float64
    np.testing.assert_array_equal(cloud.points, EXPECTED)
    assert cloud.dropped == dropped
    assert find_clouds([path])[0].count() == 2


@pytest.mark.parametrize(
    ("last", "points", "doubt"),
    [
        ("4 5 6 7\n", 2, None),
        ("4 5 6 7\r", 2, None),
        ("4 5 6 7", 2, ""),
        ("4 5 6", 1, ": it is left out"),  # of four columns: z may be cut
        ("4 5 6 -", 1, ": it is left out"),
        ("4", 1, ": it is left out"),
        ("# 4 5 6", 1, None),
    ],
)
def test_a_last_line_without_an_end(tmp_path: Path, last: str, points: int, doubt: str | None) -> None:
    path = tmp_path / "a.xyz"
    path.write_text("1 2 3 4\n" + last, newline="")
    cloud = read_cloud(path)
    assert len(cloud) == points
    assert cloud.doubts == (() if doubt is None else (f"ends without a newline, so its last line may be cut{doubt}",))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_written_digits_bring_every_value_back(tmp_path: Path, dtype: type) -> None:
    points = (np.random.default_rng(0).normal(size=(200, 3)) * 10.0 ** np.arange(-3, 6, 3)).astype(dtype)
    points[0] = [np.finfo(dtype).tiny, 1 / 3, 5400000.456]
    write_cloud(tmp_path / "a.xyz", points, "xyz")
    np.testing.assert_array_equal(read_cloud(tmp_path / "a.xyz").points.astype(dtype), points)


def test_the_text_of_a_cloud() -> None:
    stream = io.BytesIO()
    write_cloud(stream, np.array([[1, 0.1, -2e-9]], np.float32), "xyz")
    assert stream.getvalue() == b"1 0.100000001 -1.99999994e-09\n"
