"""Grids that bring an archive to a wanted size: while it is learnt, and after."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qaadcodec.archive.coding.grids import Grids, storable
from qaadcodec.archive.sections.prior import fit_prior
from qaadcodec.config import NetworkConfig
from qaadcodec.errors import EnvironmentFailure
from qaadcodec.training.learner import Learner
from qaadcodec.training.quantise import size_control
from qaadcodec.training.quantise.rounding import Rounding
from qaadcodec.training.quantise.size_control import SizeControl, fitted, scaled
from qaadcodec.work.state import State

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
    assert found.latents.dtype == np.float32  # as latents are, which they round
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


@pytest.mark.parametrize(("sign", "target"), [(1, 1), (-1, 10**9)])
def test_the_first_try_is_a_quarter_of_a_doubling_and_then_what_is_left_is_halved(sign: int, target: int) -> None:
    """Each look encodes the whole archive, so there are few."""
    learner: Any = SimpleNamespace(grids=even_grids(1.0))
    tried: list[float] = []

    def look(learner: Learner) -> bytes:
        assert learner.grids is not None
        tried.append(math.log2(learner.grids.input_cloud))
        return bytes(1000)

    fitted(learner, target, look, 0.03)
    left = 2.75 * 0.5 ** np.arange(10)  # from a quarter to three, in halves until no hundredth is left
    assert tried == pytest.approx([0.0, *(sign * (3.0 - left))], abs=0.006)


def test_a_difference_of_just_the_tolerance_is_left_alone() -> None:
    learner: Any = SimpleNamespace(grids=even_grids(1.0))
    looks: list[int] = []

    def look(learner: Learner) -> bytes:
        looks.append(0)
        return bytes(1030)

    fitted(learner, 1000, look, 0.03)
    assert len(looks) == 1
    fitted(learner, 1000, look, 0.0299)
    assert len(looks) > 2


@pytest.mark.parametrize(
    ("size", "factor"),
    [(1000, 1.0), (1100, 1.21), (900, 0.81), (5000, 1.6), (10, 1.0 / 1.6)],
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
    assert np.diff(looks) == pytest.approx(0.05, abs=0.0011)
    assert 0.95 - 0.05 - 0.001 < looks[-1] < 0.95
    assert SizeControl(1000, lambda _: 1000).due(0.9499)
    assert not control.due(0.95)
    assert not control.due(1.0)


def test_it_goes_on_from_what_it_said_of_itself(make_loud: MakeLoud) -> None:
    learner = learner_with(make_loud, 0.25)
    assert learner.grids is not None
    control = SizeControl(1000, lambda _: 1234)
    assert control.due(0.0)
    assert control.numbers() == {"seen": None, "next": 0.0}
    control.adjusted(learner, Rounding(learner, learner.grids, 1.0), 0.5)
    assert control.numbers() == {"seen": 1234, "next": pytest.approx(0.55)}
    other = SizeControl(1000, lambda _: 0)
    other.go_on(State(control.numbers()))
    assert other.numbers() == control.numbers()
    assert not other.due(0.5499)
    assert other.due(other.numbers()["next"])
    with pytest.raises(EnvironmentFailure, match=r"^here: the checkpoint is damaged: next is missing$"):
        other.go_on(State({"seen": 1}, origin="here"))


def test_without_a_target_looking_takes_a_hundredth_of_the_time(
    make_loud: MakeLoud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look of half a second, and another at once when 50 have gone by; nothing is changed by them."""
    learner, clock = learner_with(make_loud, 0.25), [0.0]
    grids = learner.grids
    monkeypatch.setattr(size_control, "now", lambda: clock[0])

    def measure(learner: Learner) -> int:
        clock[0] += 0.5
        return 77

    control = SizeControl(None, measure)
    assert control.wants_glance
    clock[0] = 1000.0
    control.glance(learner)
    assert control.seen == 77
    assert learner.grids is grids
    clock[0] = 1050.4375
    assert not control.wants_glance
    clock[0] = 1050.5
    assert control.wants_glance
    assert not control.due(0.5)


def test_with_a_target_nobody_looks_for_the_sake_of_it() -> None:
    assert not SizeControl(1000, lambda _: 1000).wants_glance


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
