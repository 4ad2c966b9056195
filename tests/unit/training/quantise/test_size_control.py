"""Grids that bring an archive to a wanted size: while it is learnt, and after."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qaadcodec.archive.coding.grids import Grids, storable
from qaadcodec.archive.sections.prior import fit_prior
from qaadcodec.config import NetworkConfig
from qaadcodec.training.learner import Learner
from qaadcodec.training.quantise.rounding import Rounding
from qaadcodec.training.quantise.size_control import EVERY, FACTOR, SETTLED, SizeControl, fitted, scaled

MakeLoud = Callable[..., Learner]
LAW = settings(deadline=None, derandomize=True)

SMALL = NetworkConfig(latent_size=3, patches=2, shared_widths=(16, 12), head_widths=(5,), fourier_octaves=1)


def even_grids(grid: float) -> Grids:
    return Grids(dict.fromkeys(SMALL.tensor_shapes(), grid), np.full(3, grid, np.float32), grid)


def learner_with(make_loud: MakeLoud, grid: float) -> Learner:
    learner = make_loud(SMALL, 300, 20)
    learner.grids = even_grids(grid)
    return learner


def coded(learner: Learner) -> bytes:
    """The latents, coded for real: what takes long with the weights tells nothing more."""
    assert learner.grids is not None
    latents = learner.latents.numpy()
    return fit_prior(latents, learner.grids.latents).encode(latents)


@LAW
@given(st.floats(1e-6, 1e3), st.floats(0.1, 10.0))
def test_all_steps_are_multiplied(grid: float, factor: float) -> None:
    near = storable(grid)
    found = scaled(Grids({"a": near, "b": 2.0 * near}, np.array([near, 4.0 * near], np.float32), 8.0 * near), factor)
    assert found.weights["a"] == pytest.approx(near * factor, rel=2.0**-8)
    assert found.weights["b"] == 2.0 * found.weights["a"]
    assert found.latents.tolist() == [found.weights["a"], 4.0 * found.weights["a"]]
    assert found.input_cloud == 8.0 * found.weights["a"]


def test_doubling_and_halving_are_exact() -> None:
    grids = Grids({"a": storable(0.3)}, np.array([storable(0.7)], np.float32), storable(1e-5))
    again = scaled(scaled(grids, 2.0), 0.5)
    assert (again.weights, again.input_cloud) == (grids.weights, grids.input_cloud)
    assert again.latents.tolist() == grids.latents.tolist()


@pytest.mark.parametrize("share", [0.6, 0.8, 1.2, 1.4])
def test_a_size_is_reached_by_coarser_or_finer_steps(make_loud: MakeLoud, share: float) -> None:
    learner = learner_with(make_loud, 2.0**-5)
    target = round(share * len(coded(learner)))
    encoded = fitted(learner, target, coded, 0.03)
    assert encoded == coded(learner)
    assert len(encoded) == pytest.approx(target, rel=0.03)
    assert learner.grids is not None
    factor = learner.grids.input_cloud * 2.0**5
    assert (factor > 1) == (share < 1)
    assert set(learner.grids.weights.values()) == {learner.grids.input_cloud, *learner.grids.latents.tolist()}


@pytest.mark.parametrize("off", [0.98, 1.0, 1.02])
def test_what_is_near_already_is_left_alone(make_loud: MakeLoud, off: float) -> None:
    learner = learner_with(make_loud, 2.0**-5)
    grids, encoded = learner.grids, coded(learner)
    assert fitted(learner, round(len(encoded) / off), coded, 0.03) == encoded
    assert learner.grids is grids


@pytest.mark.parametrize(("target", "factor"), [(1, 8.0), (10**9, 0.125)])
def test_a_size_out_of_reach_ends_at_steps_of_eight_times_or_an_eighth(
    make_loud: MakeLoud, target: int, factor: float
) -> None:
    learner, looks = learner_with(make_loud, 2.0**-5), []

    def look(learner: Learner) -> bytes:
        looks.append(learner.grids)
        return coded(learner)

    assert fitted(learner, target, look, 0.03) == coded(learner)
    assert learner.grids is not None
    assert learner.grids.input_cloud * 2.0**5 == pytest.approx(factor, rel=0.02)
    assert len(looks) < 15


@pytest.mark.parametrize(
    ("size", "factor"),
    [(1000, 1.0), (1100, 1.21), (900, 0.81), (5000, FACTOR), (10, 1.0 / FACTOR)],
)
def test_too_large_takes_coarser_steps_and_a_higher_price(make_loud: MakeLoud, size: int, factor: float) -> None:
    """By the square of size over target, within bounds; the price as the square of the grids."""
    learner = learner_with(make_loud, 0.25)
    assert learner.grids is not None
    rounding = SizeControl(1000, lambda _: size).adjusted(learner, Rounding(learner, learner.grids, 3.0), 0.7)
    assert learner.grids.input_cloud == pytest.approx(0.25 * factor, rel=2.0**-8)
    assert learner.grids.weights["shared.0.weight"] == learner.grids.input_cloud
    assert rounding.price == pytest.approx(3.0 * factor * factor)
    with rounding.applied():  # it rounds to the new grids
        whole = learner.input_cloud.double() / learner.grids.input_cloud
        np.testing.assert_array_equal(whole, whole.round())


def test_it_is_due_at_its_interval_and_not_at_the_end(make_loud: MakeLoud) -> None:
    learner = learner_with(make_loud, 0.25)
    assert learner.grids is not None
    control, rounding = SizeControl(1000, lambda _: 1000), Rounding(learner, learner.grids, 1.0)
    looks, fraction = [], 0.6
    while fraction <= 1.0:
        if control.due(fraction):
            looks.append(fraction)
            rounding = control.adjusted(learner, rounding, fraction)
        fraction += 0.001
    assert looks[0] == 0.6
    assert np.diff(looks) == pytest.approx(EVERY, abs=0.0011)
    assert SETTLED - EVERY - 0.001 < looks[-1] < SETTLED
    assert not control.due(SETTLED)
    assert not control.due(1.0)


def test_looking_again_and_again_settles_at_the_target(make_loud: MakeLoud) -> None:
    learner = learner_with(make_loud, 2.0**-5)
    assert learner.grids is not None
    target = round(0.6 * len(coded(learner)))
    control, rounding = SizeControl(target, lambda learner: len(coded(learner))), Rounding(learner, learner.grids, 1.0)
    for turn in range(10):
        rounding = control.adjusted(learner, rounding, 0.6 + 0.02 * turn)
    assert len(coded(learner)) == pytest.approx(target, rel=0.03)
    assert rounding.price == pytest.approx((learner.grids.input_cloud * 2.0**5) ** 2, rel=0.1)
    assert math.isfinite(rounding.price)
