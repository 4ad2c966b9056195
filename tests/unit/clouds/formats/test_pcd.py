"""PCD files: encodings, fields, organised clouds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fixtures.foreign import ball, by_pypcd4
from fixtures.spoilt import read_spoilt

from qaadcodec.clouds import find_clouds, read_cloud
from qaadcodec.clouds.formats.lzf import unpacked
from qaadcodec.errors import CloudError

POINTS, TRIANGLES = ball()


@pytest.mark.parametrize("encoding", ["ascii", "binary", "binary_compressed"])
def test_what_pypcd4_writes(encoding: str, tmp_path: Path) -> None:
    by_pypcd4(tmp_path / "a.pcd", POINTS, TRIANGLES, encoding)
    cloud = read_cloud(tmp_path / "a.pcd")
    assert (cloud.points.dtype, cloud.dropped, cloud.doubts) == (np.float32, ("intensity",), ())
    np.testing.assert_allclose(cloud.points, POINTS, rtol=0, atol=1e-6)
    assert find_clouds([tmp_path / "a.pcd"])[0].count() == len(POINTS)


def test_long_repetitions_are_unpacked(tmp_path: Path) -> None:
    points = np.zeros((5000, 3))
    points[:3] = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    points[3:, 0] = 2.5
    by_pypcd4(tmp_path / "a.pcd", points, TRIANGLES)
    np.testing.assert_array_equal(read_cloud(tmp_path / "a.pcd").points, points)


@pytest.mark.parametrize("seed", range(4))
def test_lzf_against_its_own_library(seed: int) -> None:
    import lzf

    rng = np.random.default_rng(seed)
    data = rng.integers(0, [2, 5, 40, 200][seed], size=20_000).astype(np.uint8).tobytes()
    packed = lzf.compress(data, 2 * len(data))
    assert unpacked(packed, len(data), "a") == data


def test_fields_in_any_order_with_padding_and_doubles(tmp_path: Path) -> None:
    header = (
        "# .PCD v0.7 - Point Cloud Data file\nVERSION 0.7\nFIELDS rgb Z _ x fpfh y normal_x\nSIZE 4 8 1 8 4 8 4\n"
        "TYPE U F U F F F F\nCOUNT 1 1 3 1 2 1 1\nWIDTH 2\nHEIGHT 2\nVIEWPOINT 0 0 0 1 0 0 0\nPOINTS 4\nDATA "
    )
    record = np.dtype(
        [("rgb", "<u4"), ("z", "<f8"), ("_", "u1", 3), ("x", "<f8"), ("f", "<f4", 2), ("y", "<f8"), ("n", "<f4")]
    )
    values = np.zeros(4, record)
    values["x"], values["y"], values["z"] = [1, 2, np.nan, 4], [5, 6, 7, 8], [9, 10, 11, 5e6 + 0.125]
    (tmp_path / "a.pcd").write_bytes(f"{header}binary\n".encode() + values.tobytes() + bytes(4096))
    rows = [f"0 {z} 0 0 0 {x} 0 0 {y} 0\n" for x, y, z in zip(values["x"], values["y"], values["z"], strict=True)]
    (tmp_path / "b.pcd").write_text(f"{header}ascii\n{''.join(rows)}")
    for name in ("a.pcd", "b.pcd"):
        cloud = read_cloud(tmp_path / name)
        assert cloud.points.dtype == np.float64
        assert cloud.points.tolist() == [[1, 5, 9], [2, 6, 10], [4, 8, 5e6 + 0.125]]
        assert cloud.left_out.not_finite == 1
        assert cloud.dropped == ("colours", "fpfh", "normals")


def test_old_headers_without_counts_and_points(tmp_path: Path) -> None:
    text = "VERSION .5\nCOLUMNS x y z\nSIZE 4 4 4\nTYPE F F F\nWIDTH 2\nDATA ascii\n0 0 1\n1 2 3\n"
    (tmp_path / "unknown").write_text(text)
    assert read_cloud(tmp_path / "unknown").points.tolist() == [[0, 0, 1], [1, 2, 3]]


HEADER = "VERSION 0.7\nFIELDS x y z\nSIZE 4 4 4\nTYPE F F F\nCOUNT 1 1 1\nWIDTH 3\nHEIGHT 1\nPOINTS 3\nDATA ascii\n"
ROWS = "0 0 0\n1 0 0\n0 1 0\n"
COMPRESSED = HEADER.replace("ascii", "binary_compressed")
BAD: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is empty (0 bytes)"),
    "other": (b"hello\n", "line 1 of its header is not understood: 'hello'"),
    "cut header": (HEADER[:40].encode(), "is truncated in its header"),
    "endless header": (b"# \n" * 40_000, "is not a PCD file: it has no line DATA in its first 64 KiB"),
    "encoding": (HEADER.replace("ascii", "zip").encode(), "its data is 'zip', and is one of ascii, binary, "),
    "counts": (HEADER.replace("SIZE 4", "SIZE").encode(), "names 3 fields, 2 sizes, 3 types, 3 counts"),
    "type": (HEADER.replace("SIZE 4", "SIZE 2").encode(), "its field 'x' has the type F, the size 2, the count 1"),
    "axes": (HEADER.replace("x y z", "u v z").encode(), "has no field x, y (fields: u, v, z)"),
    "product": (HEADER.replace("HEIGHT 1", "HEIGHT 2").encode(), "declares 3 points, and is 3 wide and 2 high"),
    "number": (HEADER.replace("WIDTH 3", "WIDTH -3").encode(), "WIDTH should be a number: '-3'"),
    "none": (HEADER.replace(" 3\n", " 0\n").encode(), "has no points"),
    "bomb": (
        HEADER.replace(" 3\n", " 900000000000\n").encode() + ROWS.encode(),
        "is truncated: 900000000000 points need at least 5399999999999 bytes after the header, and there are 18",
    ),
    "binary bomb": (
        HEADER.replace(" 3\n", " 900000000000\n").replace("ascii", "binary").encode(),
        "is truncated: 900000000000 points need 10800000000000 bytes after the header, and there are 0",
    ),
    "packed bomb": (
        COMPRESSED.replace(" 3\n", " 900000000000\n").encode(),
        "is truncated: 900000000000 points need at least 8 bytes after the header, and there are 0",
    ),
    "packed beyond the end": (
        COMPRESSED.replace(" 3\n", " 900000000000\n").encode() + bytes(8),
        "claims 10800000000000 bytes in 0, and may claim 16777216",
    ),
    "cut": ((HEADER + ROWS[:-7] + "       \n").encode(), "is truncated: it ends after 2 of 3 points"),
    "more": ((HEADER + ROWS + ROWS[:6]).encode(), "has 1 lines more than its 3 points"),
    "word": ((HEADER + ROWS.replace("1 0 0", "1 o 0")).encode(), "point 1 (line 11): 'o' is not a number"),
    "binary more": (
        HEADER.replace("ascii", "binary").encode() + bytes(36) + b"1234",
        "has 4 bytes more than its header declares",
    ),
    "packed sizes": (
        COMPRESSED.encode() + b"\5\0\0\0\x40\0\0\0" + bytes(5),
        "unpacks to 64 bytes, and its 3 points need 36",
    ),
    "packed cut": (
        COMPRESSED.encode() + b"\x09\0\0\0\x24\0\0\0" + bytes(5),
        "is truncated: its packed data has 9 bytes, ",
    ),
    "packed back": (
        COMPRESSED.encode() + b"\2\0\0\0\x24\0\0\0\x20\5",
        "is damaged: packed byte 1 repeats what is not there",
    ),
    "packed short": (
        COMPRESSED.encode() + b"\3\0\0\0\x24\0\0\0\1ab",
        "is damaged: it unpacks to 2 bytes, and should to 36",
    ),
    "packed torn": (
        COMPRESSED.encode() + b"\3\0\0\0\x24\0\0\0\0a\xe0",
        "is truncated: its packed data ends within a repetition",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_files(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    data, message = BAD[case]
    Path("a.pcd").write_bytes(data)
    with pytest.raises(CloudError) as caught:
        read_cloud("a.pcd")
    assert str(caught.value).startswith(f"a.pcd: {message}")


@pytest.mark.parametrize("encoding", ["ascii", "binary", "binary_compressed"])
def test_whatever_is_cut_or_changed_is_a_cloud_or_an_error_with_the_file(encoding: str, tmp_path: Path) -> None:
    by_pypcd4(tmp_path / "whole.pcd", POINTS, TRIANGLES, encoding)
    data = (tmp_path / "whole.pcd").read_bytes()
    read_spoilt(tmp_path / "a.pcd", data, read_cloud)
