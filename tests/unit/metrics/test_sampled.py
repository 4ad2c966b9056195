"""The sample of clouds that an archive records its error of."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from fixtures.ranks import shared

from qaadcodec.metrics.em_kd import variance
from qaadcodec.metrics.sampled import SAMPLE, SampledError, sample_error
from qaadcodec.progress import Progress, Run
from qaadcodec.ranks.part import Part
from qaadcodec.ranks.ranks import Ranks

Decoded = Callable[[int], np.ndarray]


def measured(clouds: int, original: Decoded, decoded: Decoded, scale: float, run: Run) -> SampledError:
    with run.phase("measuring", min(clouds, SAMPLE), "clouds") as phase:
        return sample_error(clouds, original, decoded, scale, run, phase)


def test_it_is_the_mean_over_an_even_sample_in_input_units() -> None:
    rng = np.random.default_rng(0)
    cloud = rng.uniform(-0.5, 0.5, (40, 3)).astype(np.float32)
    asked: list[int] = []

    def decoded(i: int) -> np.ndarray:
        asked.append(i)
        return cloud + np.array([1e-3 * i, 0, 0], np.float32)

    error = measured(50, lambda i: cloud, decoded, 10.0, Run())
    assert asked == [0, 7, 14, 21, 28, 35, 42, 49]
    wanted = np.mean([(1e-3 * i) ** 2 for i in asked])
    assert error.sample == 8
    assert error.em_kd == pytest.approx(100 * wanted, rel=1e-3)
    assert error.n_em_kd == pytest.approx(wanted / variance(cloud), rel=1e-3)
    rounded = {"em_kd": float(f"{error.em_kd:.4g}"), "n_em_kd": float(f"{error.n_em_kd:.4g}")}
    assert error.to_header() == {**rounded, "sample": 8}


@pytest.mark.parametrize("clouds", [1, 2, 8])
def test_small_sets_are_measured_whole_and_every_cloud_is_told(clouds: int, heard: Any) -> None:
    cloud = np.eye(3, dtype=np.float32)
    asked: list[int] = []
    error = measured(clouds, lambda i: cloud, lambda i: (asked.append(i), cloud)[1], 1.0, Run(listener=heard))
    assert asked == list(range(clouds))
    assert (error.em_kd, error.n_em_kd, error.sample) == (0.0, 0.0, clouds)
    told = [event for event in heard.events if isinstance(event, Progress)]
    assert [(event.done, event.fraction) for event in told] == [(i, i / clouds) for i in range(1, clouds + 1)]


def test_a_set_of_clouds_of_one_place_has_no_relative_error() -> None:
    """Their variance is 0, as that of a set of single points is."""
    place = np.ones((3, 3), np.float32)
    error = measured(2, lambda i: place, lambda i: place + np.float32(1), 0.5, Run())
    assert error == SampledError(em_kd=0.75, n_em_kd=0.0, sample=2)


def test_processes_measure_the_clouds_that_they_have_and_all_have_the_mean() -> None:
    """Of 20 clouds on 3 ranks: each measures those of the sample in its part, which one process would measure alone."""
    cloud = np.eye(3, dtype=np.float32)
    asked: dict[int, list[int]] = {0: [], 1: [], 2: []}

    def of_rank(ranks: Ranks) -> SampledError:
        def decoded(i: int) -> np.ndarray:
            asked[ranks.rank].append(i)
            return cloud + np.float32(i)

        with Run().phase("measuring", SAMPLE, "clouds") as phase:
            return sample_error(Part(20, ranks), lambda i: cloud, decoded, 1.0, Run(), phase)

    found = shared(3, of_rank)
    assert asked == {0: [0, 3, 5], 1: [8, 11], 2: [14, 16, 19]}
    assert found[0] == found[1] == found[2]
    assert found[0].sample == SAMPLE
    assert found[0].em_kd == pytest.approx(3 * np.mean(np.square([0, 3, 5, 8, 11, 14, 16, 19])))


def test_after_the_deadline_one_cloud_is_enough() -> None:
    cloud = np.eye(3, dtype=np.float32)
    late = Run(deadline=time.monotonic() - 1)
    assert measured(20, lambda i: cloud, lambda i: cloud, 1.0, late).sample == 1
