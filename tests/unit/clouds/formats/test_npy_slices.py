"""Parts of arrays in files, as numpy would index them."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qaadcodec.clouds import find_clouds
from qaadcodec.clouds.formats import npy, npy_slices
from qaadcodec.clouds.formats.npy_slices import read_slices
from qaadcodec.errors import CloudError


@pytest.mark.parametrize("fortran", [False, True])
@pytest.mark.parametrize(("block", "short"), [(1 << 16, 1 << 15), (100, 0), (1, 0), (100, 64)])
def test_any_part(fortran: bool, block: int, short: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(npy_slices, "_BLOCK", block)
    monkeypatch.setattr(npy_slices, "_SHORT_ROW", short)
    rng = np.random.default_rng(0)
    for _ in range(200):
        shape = tuple(int(n) for n in rng.integers(1, (12, 5, 40)[: rng.integers(1, 4)]))
        whole = rng.normal(size=shape).astype(">f4" if rng.integers(2) else "<f8")
        index = tuple(slice(*sorted(rng.integers(0, n + 1, size=2))) for n in shape[: rng.integers(len(shape) + 1)])
        stream = io.BytesIO(b"head" + whole.tobytes("F" if fortran else "C") + b"more")
        stream.seek(4)
        part = read_slices(stream, shape, whole.dtype, fortran, index)
        assert part.flags.c_contiguous
        np.testing.assert_array_equal(part, whole[index], strict=True)


def test_little_is_read_where_little_is_wanted() -> None:
    whole = np.zeros((10, 100_000), "<f4")
    stream = Counting(whole.tobytes())
    read_slices(stream, whole.shape, whole.dtype, False, (slice(2, 9), slice(70, 90)))
    assert stream.taken == 7 * 20 * 4


class Counting(io.BytesIO):
    """Counts the bytes that are read."""

    taken = 0

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self.taken += buffer.nbytes
        return super().readinto(buffer)


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_file_that_shrinks_while_it_is_read(order: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mapped one would end the process with SIGBUS."""
    path = tmp_path / "a.npy"
    np.save(path, np.asarray(np.zeros((3, 9000, 3)), order=order))  # type: ignore[call-overload]
    found = find_clouds([path])

    def shrunk(*given: Any) -> object:
        os.truncate(path, 5000)
        return read_slices(*given)

    monkeypatch.setattr(npy, "read_slices", shrunk)
    with pytest.raises(CloudError, match=r"a\.npy.*: ends after [0-9]+ of [0-9]+ bytes$"):
        found[2].load()
