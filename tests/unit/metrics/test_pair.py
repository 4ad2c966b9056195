"""The errors of two clouds under their names: which there are, what they are of clouds of one place, and as JSON."""

from __future__ import annotations

import math

import numpy as np
import pytest

from qaadcodec.metrics.names import METRICS
from qaadcodec.metrics.pair import CloudErrors, matched_errors, nearest_errors
from qaadcodec.metrics.point_tree import PointTree

SQUARE = np.array([[0.0, 0, 0], [0, 4, 0], [3, 0, 0], [3, 4, 0]])  # variance 1.5² + 2² = 6.25, diagonal 5


def test_matched_errors_are_the_distance_its_root_and_its_share_of_the_variance() -> None:
    assert matched_errors(0.25, SQUARE) == {"em_kd": 0.25, "em_kd_root": 0.5, "n_em_kd": 0.04}
    assert matched_errors(0.25, 0.1 * SQUARE)["n_em_kd"] == pytest.approx(4.0)


def test_beside_a_cloud_of_one_place_any_error_is_infinitely_large() -> None:
    assert matched_errors(0.25, SQUARE[:1]) == {"em_kd": 0.25, "em_kd_root": 0.5, "n_em_kd": math.inf}
    assert matched_errors(0.0, SQUARE[:1]) == {"em_kd": 0.0, "em_kd_root": 0.0, "n_em_kd": 0.0}


def test_nearest_errors_are_those_asked_for() -> None:
    """Moved by 1/2 across the plane: squared distances of 1/4 both ways."""
    original, decoded = PointTree.of(SQUARE), PointTree.of(SQUARE + np.array([0, 0, 0.5]))
    always = {"chamfer": 0.5, "augmented_chamfer": 0.25, "hausdorff": 0.5}
    decibels = pytest.approx(10 * math.log10(3 * 25 * 4))
    assert nearest_errors(decoded, original, ["chamfer"]) == always
    assert nearest_errors(decoded, original, ["d1_psnr"]) == {**always, "psnr_peak": 5.0, "d1_psnr": decibels}
    assert nearest_errors(decoded, original, ["d2_psnr"]) == {**always, "psnr_peak": 5.0, "d2_psnr": decibels}


def test_errors_as_json_have_every_metric_and_null_for_what_json_cannot_say() -> None:
    errors = CloudErrors(2, "a/b", 4, em_kd=0.0, n_em_kd=math.inf, d1_psnr=-math.inf, chamfer=0.5, psnr_peak=5.0)
    told = errors.to_dict()
    assert list(told) == ["index", "name", "points", *METRICS, "psnr_peak"]
    assert {name: value for name, value in told.items() if value is not None} == {
        "index": 2,
        "name": "a/b",
        "points": 4,
        "em_kd": 0.0,
        "chamfer": 0.5,
        "psnr_peak": 5.0,
    }
