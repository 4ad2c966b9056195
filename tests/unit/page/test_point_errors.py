"""Errors of points: packed as the viewer unpacks them, worst clouds first, never more than there is room for."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest

from qaadcodec.codec.evaluate import evaluate
from qaadcodec.codec.open import open as open_archive
from qaadcodec.page import point_errors as module
from qaadcodec.page.point_errors import pack, point_errors
from qaadcodec.pictures.distances import distances_to_surface
from qaadcodec.progress import Run


def unpacked(data: bytes, end: float) -> np.ndarray:
    """What `viewer/source/notes.ts` makes of it."""
    pairs = np.frombuffer(zlib.decompress(data), np.uint8)
    return (np.stack([pairs & 15, pairs >> 4], axis=1).ravel() / 15) ** 2 * end


def test_levels() -> None:
    packed = zlib.decompress(pack(np.array([0.0, 4.0, 1.0, 9.0, 1.0 / 225]), 4.0))
    assert packed.hex() == "f0f800"  # 0 15, 8 (of 7.5, to even) 15, 0 (of 0.5, to even)


def test_what_is_packed_is_near_what_was_measured() -> None:
    distances = np.random.default_rng(0).uniform(0, 2, 1001)
    found = unpacked(pack(distances, 2.0), 2.0)[:1001]
    assert np.abs(np.sqrt(found) - np.sqrt(distances)).max() <= np.sqrt(2.0) / 30 + 1e-12


def test_the_points_of_every_cloud(made: Path) -> None:
    with open_archive(made / "scans.qaad") as archive:
        references = [str(made / "scans")]
        errors = list(evaluate(archive, references, metrics=["n_em_kd"]))
        found = point_errors(archive, references, errors, Run())
        assert found is not None
        assert (sorted(found.packed), found.left_out) == ([0, 1, 2, 3], 0)
        original = np.asarray(open_original(made / "scans" / "a.ply"), np.float64)
        wanted = distances_to_surface(archive.points(0).astype(np.float64), original)
        got = unpacked(found.packed[0], found.end)
        assert np.abs(np.sqrt(got) - np.sqrt(np.minimum(wanted, found.end))).max() <= np.sqrt(found.end) / 30 + 1e-6


def open_original(path: Path) -> np.ndarray:
    from qaadcodec.clouds import read_cloud

    return read_cloud(path).points


def test_the_worst_clouds_come_first_where_there_is_no_room(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 120)  # two clouds of 120 points
    with open_archive(made / "scans.qaad") as archive:
        references = [str(made / "scans")]
        errors = list(evaluate(archive, references, metrics=["n_em_kd"]))
        found = point_errors(archive, references, errors, Run())
    worst = sorted(errors, key=lambda each: -(each.n_em_kd or 0))[:2]
    assert found is not None
    assert sorted(found.packed) == sorted(each.index or 0 for each in worst)
    assert found.left_out == 2
