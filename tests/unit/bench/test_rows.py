"""What a second scan of the same shapes would have: nothing where it meets the same points, the sampling elsewhere."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from rows import carry, scanned_again


def saved(folder: Path, cloud: np.ndarray) -> None:
    folder.mkdir()
    np.save(folder / "a.npy", cloud.astype(np.float32))


def test_the_same_points_in_another_order_are_no_farther_off(tmp_path: Path) -> None:
    cloud = np.random.default_rng(0).standard_normal((300, 3))
    saved(tmp_path / "set", cloud)
    saved(tmp_path / "set-dense", cloud[::-1])
    assert scanned_again(tmp_path / "set") == {"n_em_kd": 0.0, "cover_rms": 0.0}


def test_points_of_a_square_are_as_far_off_as_chance_puts_them(tmp_path: Path) -> None:
    """Of n points on an area a the exact distance is about a ln n / (2 π n) (Ambrosio et al. 2019), and EM-kD above."""
    square = np.random.default_rng(1).random((41_000, 3)) * [1, 1, 0]
    saved(tmp_path / "set", square[:1000])
    saved(tmp_path / "set-dense", square[1000:])
    found = scanned_again(tmp_path / "set")
    exact = np.log(1000) / (2 * np.pi * 1000)
    assert exact < found["n_em_kd"] / 6 < 3 * exact  # over the variance, which is a sixth
    assert found["cover_rms"] == pytest.approx(1 / np.sqrt(np.pi), rel=0.1)  # of the nearest of a random sample


def test_a_landmark_is_carried_by_its_row() -> None:
    rng = np.random.default_rng(2)
    shape = rng.random((50, 3))
    clouds = [shape, shape + 5.0]
    landmarks = np.stack([shape[:7], shape[:7] + 5.0])
    assert carry(clouds, landmarks).max() < 1e-12
    assert carry([shape, np.roll(shape, 1, axis=0) + 5.0], landmarks).mean() > 0.1
