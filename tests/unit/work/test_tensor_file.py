"""Files of arrays: what was written comes back, other programs read it, and damage is told."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from qaadcodec.arrays import Numbers
from qaadcodec.errors import EnvironmentFailure
from qaadcodec.work import state as state_module
from qaadcodec.work.state import Table
from qaadcodec.work.tensor_file import TensorFile, Written, write_tensors

ARRAYS: dict[str, Numbers] = {
    "a/singles": np.arange(12, dtype=np.float32).reshape(3, 2, 2),
    "doubles": np.array([np.pi, -0.0, np.inf]),
    "longs": np.array([[-1], [2**62]]),
    "bytes": np.frombuffer(b"qaad", np.uint8),
    "none": np.empty((0, 3), np.float32),
}


def whole(arrays: dict[str, Numbers]) -> dict[str, tuple[Table, int, int]]:
    return {name: (Table.of(array), 0, len(array)) for name, array in arrays.items()}


def test_arrays_come_back(tmp_path: Path) -> None:
    written = write_tensors(tmp_path / "x", whole(ARRAYS))
    assert written.size == (tmp_path / "x").stat().st_size
    with TensorFile(tmp_path / "x", written) as file:
        assert list(file.tables) == list(ARRAYS)
        for name, array in ARRAYS.items():
            found = file.tables[name].whole()
            assert found.dtype == array.dtype
            np.testing.assert_array_equal(found, array)


def test_rows_are_written_and_read_in_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_module, "BLOCK_BYTES", 24)  # two rows
    array = np.arange(30, dtype=np.float32).reshape(10, 3)
    asked: list[tuple[int, int]] = []

    def block(first: int, last: int) -> Numbers:
        asked.append((first, last))
        return array[first:last]

    written = write_tensors(tmp_path / "x", {"rows": (Table(array.shape, array.dtype, block), 2, 9)})
    assert asked == [(2, 4), (4, 6), (6, 8), (8, 9)]
    with TensorFile(tmp_path / "x", written) as file:
        np.testing.assert_array_equal(file.tables["rows"].block(1, 3), array[3:5])
        assert [first for first, _ in file.tables["rows"].blocks(0, 7)] == [0, 2, 4, 6]


def test_the_package_of_the_format_reads_it(tmp_path: Path) -> None:
    numpy_of = pytest.importorskip("safetensors.numpy")
    write_tensors(tmp_path / "x", whole(ARRAYS))
    found = numpy_of.load_file(tmp_path / "x")
    assert set(found) == set(ARRAYS)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(found[name], array)


def file_of(header: bytes, data: bytes = b"", length: int | None = None) -> bytes:
    return struct.pack("<Q", len(header) if length is None else length) + header + data


def entry(dtype: str = "F32", shape: object = (1,), offsets: object = (0, 4)) -> bytes:
    return json.dumps({"a": {"dtype": dtype, "shape": shape, "data_offsets": offsets}}).encode()


BAD: dict[str, bytes] = {
    "no length": b"\x01\x02",
    "a long header": file_of(b"{}", length=1 << 40),
    "no JSON": file_of(b"nothing!"),
    "a list": file_of(b"[1]"),
    "deep nesting": file_of(b"[" * 100_000),
    "another type": file_of(entry("BF16"), bytes(4)),
    "no shape": file_of(b'{"a":{"dtype":"F32","data_offsets":[0,4]}}', bytes(4)),
    "a shape of text": file_of(entry(shape="12"), bytes(4)),
    "a negative shape": file_of(entry(shape=[-1]), bytes(4)),
    "a shape of nothing": file_of(entry(shape=[]), bytes(4)),
    "a shape too large": file_of(entry(shape=[1 << 70]), bytes(4)),
    "a hole": file_of(entry(offsets=[4, 8]), bytes(8)),
    "an array behind the end": file_of(entry(offsets=[0, 4]), bytes(2)),
    "bytes behind the last array": file_of(entry(), bytes(5)),
    "three offsets": file_of(entry(offsets=[0, 4, 8]), bytes(4)),
    "an entry of text": file_of(b'{"a":"b"}'),
}


@pytest.mark.parametrize("data", BAD.values(), ids=BAD)
def test_a_header_that_makes_no_sense_is_told(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x").write_bytes(data)
    with pytest.raises(EnvironmentFailure, match=r"x: the checkpoint is damaged: its header ") as failure:
        TensorFile(tmp_path / "x", Written(len(data), zlib.crc32(data)))
    assert failure.value.hint == "delete the folder, and start again without --resume"


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda data: data[:-1], "it has 199 bytes, and 200 were written"),
        (lambda data: data + b"x", "it has 201 bytes, and 200 were written"),
        (lambda data: data[:-1] + b"x", "its CRC-32 is .*, and .* was written"),
        (lambda data: b"x" + data[1:], "its CRC-32 is .*, and .* was written"),
    ],
)
def test_what_is_not_what_was_written_is_told(tmp_path: Path, harm: Callable[[bytes], bytes], said: str) -> None:
    array = np.arange(32, dtype=np.float32)
    written = write_tensors(tmp_path / "x", whole({"values": array}))
    assert written.size == 200
    (tmp_path / "x").write_bytes(harm((tmp_path / "x").read_bytes()))
    with pytest.raises(EnvironmentFailure, match=f"x: the checkpoint is damaged: {said}"):
        TensorFile(tmp_path / "x", written)
