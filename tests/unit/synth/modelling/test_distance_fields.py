"""Distances known in closed form."""

from __future__ import annotations

import numpy as np
import pytest

from qaadcodec.arrays import Singles
from qaadcodec.synth.modelling.distance_fields import Ellipsoid, Prism, Solid, Tube, smooth_minimum


def at(solid: Solid, *places: tuple[float, float, float]) -> Singles:
    x, y, z = np.array(places, np.float32).T
    return solid.distance(x, y, z)


def test_the_distance_to_a_sphere_is_exact_even_at_its_centre_sign() -> None:
    ball = Ellipsoid((1, 2, 3), (2, 2, 2))
    assert at(ball, (1, 2, 8), (1, 2, 4), (3, 2, 3)) == pytest.approx([3, -1, 0], abs=1e-5)
    assert at(ball, (1, 2, 3))[0] < 0


def test_a_pitched_ellipsoid_has_its_front_down_and_lies_in_its_box() -> None:
    solid = Ellipsoid((0, 0, 0), (1, 1, 5), 30)
    c, s = np.cos(np.radians(30)), np.sin(np.radians(30))
    assert at(solid, (0, -5 * s, 5 * c), (0, c, s), (1, 0, 0)) == pytest.approx([0, 0, 0], abs=1e-5)
    lo, hi = solid.bounds()
    assert hi == pytest.approx([1, np.hypot(c, 5 * s), np.hypot(5 * c, s)])
    assert lo == pytest.approx(-hi)


def test_a_tube_measures_from_its_nearest_segment_with_a_radius_that_runs_linearly() -> None:
    tube = Tube([(0, 0, 0), (10, 0, 0), (10, 10, 0)], [1, 3, 3])
    assert at(tube, (5, 4, 0), (-4, 0, 0), (15, 5, 0)) == pytest.approx([2, 3, 2], abs=1e-5)


def test_a_flattened_tube_is_an_ellipse_in_section() -> None:
    tube = Tube([(0, 0, -9), (0, 0, 9)], [4, 4], (0, 2, 0), 2.0)
    on = [(4 * np.cos(t), 2 * np.sin(t), 0.0) for t in np.linspace(0, 6, 9)]
    assert at(tube, *on) == pytest.approx(np.zeros(9), abs=1e-4)


def test_a_prism_is_its_section_between_back_and_front() -> None:
    prism = Prism(Tube([(0, 0, 0), (0, 5, 0)], [2, 2]), 10, 20)
    assert at(prism, (3, 0, 15), (0, 0, 22), (0, 0, 7), (0, 0, 15)) == pytest.approx([1, 2, 3, -2], abs=1e-5)


def test_the_smooth_minimum_sinks_by_a_quarter_of_its_width_where_both_agree() -> None:
    a, b = np.array([0, 0, 0], np.float32), np.array([0, 4, 9], np.float32)
    assert smooth_minimum(a, b, 4) == pytest.approx([-1, 0, 0])
    assert smooth_minimum(a, b, 0).tolist() == [0, 0, 0]
