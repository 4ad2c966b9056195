"""LAS, LAZ and E57: precision, poses, invalid points, damage."""

from __future__ import annotations

import io
from pathlib import Path

import laspy
import numpy as np
import pytest
from fixtures.foreign import ball, by_laspy, by_pye57
from fixtures.spoilt import read_spoilt

from qaadcodec.clouds import find_clouds, read_cloud
from qaadcodec.clouds.formats.e57 import cartesian
from qaadcodec.errors import CloudError

POINTS, TRIANGLES = ball()


def refusal(path: str, data: bytes) -> str:
    Path(path).write_bytes(data)
    with pytest.raises(CloudError) as caught:
        read_cloud(path)
    assert str(caught.value).startswith(f"{path}: ")
    return str(caught.value).removeprefix(f"{path}: ")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("suffix", [".las", ".laz"])
@pytest.mark.parametrize(("version", "form"), [("1.2", 0), ("1.4", 7)])
def test_coordinates_of_maps_keep_their_millimetres(version: str, form: int, suffix: str) -> None:
    header = laspy.LasHeader(point_format=form, version=version)
    header.offsets, header.scales = np.array([500_000.0, 5_400_000.0, 0.0]), np.full(3, 0.001)
    header.add_extra_dim(laspy.ExtraBytesParams(name="quality", type=np.float32))
    las = laspy.LasData(header)
    las.X, las.Y, las.Z = np.array([[1, 2, 3], [123_456_789, -1, 0], [7, 8, 9]]).T
    las.write(f"a{suffix}")
    (source,) = find_clouds([f"a{suffix}"])
    cloud = source.load()
    assert source.count() == 3
    np.testing.assert_allclose(
        cloud.points,
        [[500000.001, 5400000.002, 0.003], [623456.789, 5399999.999, 0], [500000.007, 5400000.008, 0.009]],
        rtol=0,
        atol=1e-9,
    )
    colours = ("GPS times", "colours") if form == 7 else ()
    assert cloud.dropped == ("intensity, returns and classes", *colours, "quality")


def test_bad_las() -> None:
    by_laspy(Path("whole.las"), POINTS, TRIANGLES)
    by_laspy(Path("whole.laz"), POINTS, TRIANGLES)
    las, laz = Path("whole.las").read_bytes(), Path("whole.laz").read_bytes()
    assert refusal("a.las", b"") == "is empty (0 bytes)"
    assert refusal("a.las", b"hello") == "is not a whole LAS file: it has no whole header of 227 bytes"
    spoilt = bytearray(las)
    spoilt[100:104] = b"\xff" * 4
    assert refusal("a.las", bytes(spoilt)) == f"is damaged: its header counts 4294967295 records in {len(las)} bytes"
    assert refusal("a.las", las[:-1]) == f"is truncated: 162 points need {len(las)} bytes, and it has {len(las) - 1}"
    assert refusal("a.laz", laz[: len(laz) - 200]).startswith("is truncated or damaged: its chunk table should be ")
    many = bytearray(las)
    many[107:111] = (2**32 - 1).to_bytes(4, "little")  # the number of points
    assert refusal("a.las", bytes(many)).startswith("is truncated: 4294967295 points need 14602888")
    many = bytearray(laz)
    many[107:111] = (2**32 - 1).to_bytes(4, "little")
    assert refusal("a.laz", bytes(many)).startswith("claims 103079215080 bytes in ")
    table = int.from_bytes(laz[(start := int.from_bytes(laz[96:100], "little")) : start + 8], "little")
    many = bytearray(laz)
    many[table + 4 : table + 8] = b"\xff" * 4  # the number of chunks, for which lazrs would take 64 GiB
    assert refusal("a.laz", bytes(many)) == "is damaged: it has 4294967295 chunks for 162 points"
    many[start : start + 8] = (2**60).to_bytes(8, "little")
    assert refusal("a.laz", bytes(many)).startswith("is truncated or damaged: its chunk table should be at byte 11529")
    stream = io.BytesIO()
    laspy.LasData(laspy.LasHeader()).write(stream)
    assert refusal("a.las", stream.getvalue()) == "has no points"


def test_e57_with_invalid_points() -> None:
    pye57 = pytest.importorskip("pye57")
    state = np.zeros(len(POINTS), np.int8)
    state[[3, 5]] = 1, 2
    values = dict(zip(("cartesianX", "cartesianY", "cartesianZ"), POINTS.T, strict=True))
    with pye57.E57("a.e57", mode="w") as file:
        file.write_scan_raw({**values, "cartesianInvalidState": state})
    cloud = read_cloud("a.e57")
    assert (len(cloud.points), cloud.left_out.not_finite) == (160, 2)
    np.testing.assert_allclose(cloud.points, POINTS[state == 0], rtol=0, atol=1e-6)


def test_spherical_coordinates() -> None:
    quarter = np.pi / 2
    found = cartesian(np.array([[2, 0, 0], [2, quarter, 0], [2, 0, quarter], [2, np.pi, np.pi / 6]]))
    np.testing.assert_allclose(found, [[2, 0, 0], [0, 2, 0], [0, 0, 2], [-(3**0.5), 0, 1]], atol=1e-15)


def test_bad_e57() -> None:
    pye57 = pytest.importorskip("pye57")
    by_pye57(Path("whole.e57"), POINTS, TRIANGLES)
    data = Path("whole.e57").read_bytes()
    assert refusal("a.e57", b"") == "is empty (0 bytes)"
    assert refusal("a.e57", b"hello") == "is not an E57 file; it does not begin with 'ASTM-E57'"
    assert refusal("a.e57", data[:-1]).startswith("is not a whole E57 file: ")
    spoilt = bytearray(data)
    spoilt[2000] ^= 1
    assert "checksum mismatch" in refusal("a.e57", bytes(spoilt))
    assert Path("a.e57").read_bytes() == spoilt  # pye57 removes files that it cannot open
    with pye57.E57("b.e57", mode="w"):
        pass
    assert refusal("b.e57", Path("b.e57").read_bytes()) == "has no points"


@pytest.mark.parametrize("suffix", [".las", ".laz", ".e57"])
def test_whatever_is_cut_or_changed_is_a_cloud_or_an_error_with_the_file(suffix: str) -> None:
    if suffix == ".e57":
        pytest.importorskip("pye57")
    (by_pye57 if suffix == ".e57" else by_laspy)(Path(f"whole{suffix}"), POINTS, TRIANGLES)
    data = Path(f"whole{suffix}").read_bytes()
    read_spoilt(Path(f"a{suffix}"), data, read_cloud, head=400)
