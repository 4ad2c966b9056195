"""How far apart clouds lie, in spacings: two samplings of one shape, and shapes that were moved."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from qaadcodec.sets.store import TargetStore
from qaadcodec.training.registration.apart import spacings_apart

Maker = Callable[[np.ndarray], TargetStore]


def flat(clouds: int, points: int) -> np.ndarray:
    made = np.zeros((clouds, points, 3), np.float32)
    made[:, :, :2] = np.random.default_rng(0).random((clouds, points, 2))
    return made


def test_samplings_of_one_shape_are_about_half_a_spacing_apart(make_store: Maker) -> None:
    assert spacings_apart(make_store(flat(9, 4000)), 0) == pytest.approx(0.56, abs=0.06)


def test_clouds_above_each_other_are_as_far_apart_as_they_were_lifted(make_store: Maker) -> None:
    clouds = flat(3, 4000)
    spacing = 1 / np.sqrt(4000)
    clouds[:, :, 2] = np.array([-6.0, 0.0, 6.0])[:, None] * spacing
    assert spacings_apart(make_store(clouds), 0) == pytest.approx(6 * np.sqrt(2 / 3), rel=0.1)


def test_clouds_of_one_place_are_not_apart(make_store: Maker) -> None:
    assert spacings_apart(make_store(np.zeros((3, 10, 3), np.float32)), 0) == 0.0
