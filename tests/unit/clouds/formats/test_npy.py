"""NPY: one cloud or many, either order, from disk without the rest of the file."""

from __future__ import annotations

import io
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from qaadcodec.clouds import find_clouds, read_cloud
from qaadcodec.clouds.formats import npy
from qaadcodec.clouds.formats.npy import NpyFile
from qaadcodec.errors import CloudError


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("order", ["C", "F"])
def test_npy_of_many_clouds(order: str) -> None:
    values = np.arange(11 * 4 * 3, dtype=np.float32).reshape(11, 4, 3)
    np.save("set.npy", np.asarray(values, order=order))
    found = find_clouds(["set.npy"])
    assert [s.name for s in found] == [f"{i:02d}" for i in range(11)]
    assert (found[7].path, found[7].count()) == ("set.npy::[7]", 4)
    np.testing.assert_array_equal(found[7].load().points, values[7])
    np.testing.assert_array_equal(read_cloud("set.npy::[7]").points, values[7])
    np.testing.assert_array_equal(read_cloud("set.npy::[-1]").points, values[10])


def test_a_cloud_in_fortran_order_and_other_types() -> None:
    values = np.arange(12).reshape(4, 3)
    for dtype, kept in [("<f4", "f4"), (">f4", "f4"), ("<f2", "f4"), (">f8", "f8"), ("<i2", "f8"), ("u1", "f8")]:
        np.save("a.npy", np.asarray(values, dtype, order="F"))
        cloud = read_cloud("a.npy")
        assert (cloud.points.dtype, cloud.points.flags.c_contiguous) == (np.dtype(kept), True)
        np.testing.assert_array_equal(cloud.points, values)


@pytest.mark.parametrize("order", ["C", "F"])
def test_of_a_set_on_disk_only_the_slice_takes_memory(order: str) -> None:
    values = np.arange(500 * 1000 * 3, dtype=np.float32).reshape(500, 1000, 3)  # 6 MB
    np.save("set.npy", np.asarray(values, order=order))
    source = find_clouds(["set.npy"])[400]
    tracemalloc.start()
    points = source.load().points
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    np.testing.assert_array_equal(points, values[400])
    assert peak < 200_000  # the slice has 12000 bytes, and numpy parses the header


def test_of_a_huge_set_in_c_order_only_the_slice_is_read() -> None:
    with Path("set.npy").open("wb") as stream:
        header = {"descr": "<f4", "fortran_order": False, "shape": (10**5, 1000, 3)}
        np.lib.format.write_array_header_1_0(stream, header)
        start = stream.tell()
        stream.seek(start + 99_999 * 12_000)
        stream.write(np.full((1000, 3), 7, "<f4").tobytes())  # the rest of the 1.2 GB are a hole
    np.testing.assert_array_equal(read_cloud("set.npy::[-1]").points, np.full((1000, 3), 7))
    np.testing.assert_array_equal(read_cloud("set.npy::[1]").points, np.zeros((1000, 3)))


def test_a_cloud_outlives_its_file() -> None:
    np.save("a.npy", np.ones((4, 3)))
    cloud = read_cloud("a.npy")
    with Path("a.npy").open("r+b") as stream:
        stream.truncate(10)
    np.testing.assert_array_equal(cloud.points, np.ones((4, 3)))


def test_a_file_that_changes_after_it_was_listed() -> None:
    np.save("a.npy", np.ones((4, 3)))
    (source,) = find_clouds(["a.npy"])
    np.save("a.npy", np.array([["long" * 99] * 3], object), allow_pickle=True)
    with pytest.raises(CloudError, match=r"^a\.npy: has changed: it held \(4, 3\) float64, and holds \(1, 3\) object$"):
        source.load()
    np.save("a.npy", np.ones((4, 2)))
    with pytest.raises(CloudError, match=r"^a\.npy: has changed: it held \(4, 3\) float64, and holds \(4, 2\)"):
        source.load()
    np.save("set.npy", np.ones((5, 4, 3)))
    last = find_clouds(["set.npy"])[-1]
    np.save("set.npy", np.ones((3, 4, 3)))
    with pytest.raises(CloudError, match=r"^set\.npy: has changed: it held \(5, 4, 3\) float64, and holds \(3, 4, 3\)"):
        last.load()


def test_a_set_in_fortran_order_is_read_in_one_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.arange(90 * 4 * 3, dtype=np.float32).reshape(90, 4, 3)
    np.save("set.npy", np.asfortranarray(values))
    asked = []
    read = NpyFile.read

    def counted(self: NpyFile, key: str, index: tuple[slice, ...]) -> object:
        asked.append(index)
        return read(self, key, index)

    monkeypatch.setattr(NpyFile, "read", counted)
    np.testing.assert_array_equal([source.load().points for source in find_clouds(["set.npy"])], values)
    assert asked == [(slice(0, 90),)]
    monkeypatch.setattr(npy, "_PASS_BYTES", 40 * 48)  # memory for 40 clouds of 48 bytes
    asked.clear()
    np.testing.assert_array_equal([source.load().points for source in find_clouds(["set.npy"])], values)
    assert asked == [(slice(0, 40),), (slice(40, 80),), (slice(80, 120),)]


@pytest.mark.parametrize("order", ["C", "F"])
def test_records_with_the_fields_x_y_z(order: str) -> None:
    values = np.arange(2 * 5 * 3, dtype=np.float32).reshape(2, 5, 3)
    records = np.zeros((2, 5), [("intensity", "u1"), ("Z", "f4"), ("X", "f8"), ("Y", "f4")])
    for i, axis in enumerate("XYZ"):
        records[axis] = values[..., i]
    np.save("one.npy", np.asarray(records[0], order=order))
    cloud = read_cloud("one.npy")
    assert (cloud.points.dtype, cloud.dropped) == (np.float64, ("intensity",))
    np.testing.assert_array_equal(cloud.points, values[0])
    np.save("set.npy", np.asarray(records, order=order))
    np.testing.assert_array_equal([source.load().points for source in find_clouds(["set.npy"])], values)
    assert find_clouds(["set.npy"])[1].count() == 5


def test_a_pipe_that_lies_about_its_shape_costs_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": "<f4", "fortran_order": False, "shape": (10**9, 3)})
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stream.getvalue() + bytes(24)), encoding="utf-8"))
    tracemalloc.start()
    with pytest.raises(CloudError) as caught:
        read_cloud("-")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert str(caught.value) == (
        "stdin: is truncated: its shape (1000000000, 3) of float32 needs 12000000000 bytes, and there are 24"
    )
    assert peak < 1_000_000


def test_headers_are_parsed_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python 3.11 counts the depth of all threads together, and called good headers damaged: "AST constructor…"."""
    np.save("a.npy", np.zeros((2, 3)))
    parse, held = np.lib.format.read_array_header_1_0, list[bool]()
    monkeypatch.setattr(
        np.lib.format, "read_array_header_1_0", lambda stream: held.append(npy._PARSING.locked()) or parse(stream)
    )
    read_cloud("a.npy")
    assert set(held) == {True}
    assert not npy._PARSING.locked()


def write_with_header(header: str, length: int) -> np.ndarray:
    """An NPY file of two points whose header is padded to that length; the points."""
    values = np.arange(6, dtype="<f4").reshape(2, 3)
    data = header.ljust(length - 1).encode() + b"\n"
    Path("a.npy").write_bytes(b"\x93NUMPY\x01\x00" + length.to_bytes(2, "little") + data + values.tobytes())
    return values


@pytest.mark.filterwarnings("ignore:Reading .*NPY:UserWarning")
def test_headers_of_python_2_are_read_while_they_are_short() -> None:
    """numpy rewrites them in a time that grows with the square of their length: 8 kB took 13 seconds."""
    plain, old = (f"{{'descr': '<f4', 'fortran_order': False, 'shape': (2{suffix}, 3), }}" for suffix in ("", "L"))
    for header, length in ((plain, 118), (plain, 9000), (old, 118), (old, 512)):
        values = write_with_header(header, length)
        np.testing.assert_array_equal(read_cloud("a.npy").points, values)
    write_with_header(old, 513)
    with pytest.raises(CloudError, match=r"a\.npy: is not a whole NPY file: its header of 513 bytes is no dictionary"):
        read_cloud("a.npy")
