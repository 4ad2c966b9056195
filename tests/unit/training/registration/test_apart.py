"""How far apart clouds lie: two samplings of one shape, and shapes that were moved."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from qaadcodec.sets.store import TargetStore
from qaadcodec.training.registration.apart import how_far_apart

Maker = Callable[[np.ndarray], TargetStore]


def flat(clouds: int, points: int) -> np.ndarray:
    """Unit squares, whose root mean square size is 1 / √6."""
    made = np.zeros((clouds, points, 3), np.float32)
    made[:, :, :2] = np.random.default_rng(0).random((clouds, points, 2))
    return made


@pytest.mark.parametrize("points", [500, 4000])
def test_samplings_of_one_shape_are_not_apart(make_store: Maker, points: int) -> None:
    assert how_far_apart(make_store(flat(9, points)), 0) < 0.5 / np.sqrt(points) * np.sqrt(6)


def test_clouds_above_each_other_are_as_far_apart_as_they_were_lifted(make_store: Maker) -> None:
    clouds = flat(3, 4000)
    clouds[:, :, 2] = np.array([-0.2, 0.0, 0.2])[:, None]
    assert how_far_apart(make_store(clouds), 0) == pytest.approx(0.2 * np.sqrt(2 / 3) * np.sqrt(6), rel=0.02)


def test_size_does_not_matter(make_store: Maker) -> None:
    clouds = flat(3, 1000) + np.linspace(0, 0.3, 3, dtype=np.float32)[:, None, None]
    assert how_far_apart(make_store(8 * clouds), 0) == pytest.approx(how_far_apart(make_store(clouds), 0), rel=1e-4)


def test_clouds_of_one_place_are_not_apart(make_store: Maker) -> None:
    assert how_far_apart(make_store(np.zeros((3, 10, 3), np.float32)), 0) == 0.0
