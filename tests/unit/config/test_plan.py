"""A plan: the network that is chosen for a set grows with what is asked for, and keeps what is given."""

from __future__ import annotations

import math
from dataclasses import FrozenInstanceError, replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qaadcodec.assignment.patches import patch_sizes
from qaadcodec.config import PRESETS, CodingConfig, NetworkConfig, Plan, Request, parameters, plan, preset
from qaadcodec.config.plan import (
    DEFAULT_QUALITY,
    INPUT_BITS,
    LATENT_BITS,
    LEAST_PATCH,
    NAME_BYTES,
    OTHER_BYTES,
    WEIGHT_BITS,
    Choice,
    coarser,
)

GIVEN = preset("default").network
LAW = settings(deadline=None, derandomize=True)


def choice(clouds: int, points: int) -> Choice:
    """The networks that qualities choose where nothing of the network was given."""
    return Choice(GIVEN, frozenset(), clouds, points)


@pytest.mark.parametrize("name", PRESETS)
def test_every_number_is_filled_in(name: str) -> None:
    """Only what was not asked for may be missing: a quality, and a size to come to."""
    made = plan(Request(preset=name), 50, 4000, 0.5)
    groups = (made.network, made.assignment, made.training, made.coding)
    assert all(value is not None for group in groups for value in group.to_dict().values())
    recipe = PRESETS[name]
    assert (made.assignment, made.training) == (
        replace(recipe.assignment, registration=name != "paper"),
        recipe.training,
    )
    assert made.quality == PRESETS[name].size.quality
    assert (made.target_bytes, made.request, made.notes, made.warnings) == (None, name, (), ())


def test_the_same_request_makes_the_same_plan() -> None:
    request = Request(preset="fast", target_ratio=30.0, patches=9, settings={"network.film": False})
    assert plan(request, 50, 4000) == plan(replace(request), 50, 4000)
    assert plan(request, 51, 4000) != plan(request, 50, 4000)


def test_a_plan_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        plan(Request(), 50, 4000).quality = 5  # type: ignore[misc]


def test_nothing_is_chosen_where_nothing_is_asked_for() -> None:
    made = plan(Request(patches=7, settings={"size.quality": None}), 50, 4000)
    assert made.network == NetworkConfig(patches=7)
    assert (made.coding, made.quality) == (CodingConfig(), None)
    paper = plan(Request(preset="paper"), 50, 4000)
    assert (paper.network, paper.coding) == (PRESETS["paper"].network, PRESETS["paper"].coding)


def test_a_preset_has_a_quality_and_it_is_the_same_as_asking_for_it() -> None:
    found = plan(Request(), 50, 4000)
    assert found.network != GIVEN
    assert found.quality == 75
    assert found == replace(plan(Request(quality=75), 50, 4000), request="default")
    assert found.network == choice(50, 4000).network(75.0)


def test_rounding_is_coarser_at_low_and_finer_at_high_qualities() -> None:
    losses = [plan(Request(quality=q), 64, 16384).coding.loss for q in (0, 25, 50, 75, 100)]
    assert losses == pytest.approx([2.0, 0.5, 0.5, 0.125, 0.03125])
    halved = Request(quality=75, settings={"coding.loss": 0.25})
    assert plan(halved, 64, 16384).coding.loss == pytest.approx(0.0625)


@pytest.mark.parametrize(
    ("clouds", "latent", "octaves"), [(1, 8, 5), (8, 8, 5), (20, 20, 5), (32, 32, 6), (999, 32, 6)]
)
def test_few_clouds_get_few_latent_numbers_and_an_octave_less(clouds: int, latent: int, octaves: int) -> None:
    found = plan(Request(quality=50), clouds, 16384).network
    assert (found.latent_size, found.fourier_octaves) == (latent, octaves)
    assert plan(Request(quality=50, latent_size=64), clouds, 16384).network.latent_size == 64


@LAW
@given(st.floats(0, 100), st.floats(0, 100), st.integers(1, 10**6), st.integers(2, 10**5))
def test_more_quality_takes_a_network_that_is_no_smaller(a: float, b: float, clouds: int, points: int) -> None:
    here = choice(clouds, points)
    worse, better = (here.network(quality) for quality in sorted((a, b)))
    for less, more in zip(worse.shared_widths, better.shared_widths, strict=True):
        assert 8 <= less <= more
    assert here.expected_bytes(worse) <= here.expected_bytes(better)


@LAW
@given(st.floats(0, 100), st.integers(1, 10**6), st.integers(1, 10**6), st.integers(2, 10**5))
def test_more_clouds_take_a_network_that_is_no_smaller(quality: float, a: int, b: int, points: int) -> None:
    few, many = (choice(clouds, points).network(quality) for clouds in sorted((a, b)))
    assert parameters(few) <= parameters(many)


def test_the_whole_range_makes_a_difference() -> None:
    here = choice(64, 4096)
    sizes = [here.expected_bytes(here.network(q)) for q in (0, 20, 45, 70, 100)]
    assert sizes == sorted(sizes)
    assert sizes[-1] > 5 * sizes[0]
    assert all(after > 1.2 * before for before, after in pairwise(sizes))


@pytest.mark.parametrize(
    ("points", "patches"), [(2, 1), (10, 1), (100, 1), (127, 1), (128, 2), (1000, 15), (4096, 64), (10**6, 64)]
)
def test_no_patch_has_too_few_points(points: int, patches: int) -> None:
    for request in (Request(), Request(target_bytes=5000), Request(target_ratio=2.0)):
        made = plan(request, 20, points)
        assert made.network.patches == patches
        assert made.notes == ()
        assert patches == 1 or patch_sizes(points, patches).min() >= LEAST_PATCH


@pytest.mark.parametrize(
    "aims",
    [{}, {"quality": 5}, {"target_bytes": 9000}, {"target_ratio": 30.0}, {"target_error": ("em_kd", 1.0)}],
    ids=str,
)
def test_what_is_given_of_the_network_stays(aims: dict[str, Any]) -> None:
    fixed = {"network.head_widths": [20, 10], "network.film": False}
    network = plan(Request(patches=64, latent_size=5, settings=fixed, **aims), 20, 300).network
    assert (network.head_widths, network.film) == ((20, 10), False)
    assert (network.patches, network.latent_size) == (64, 5)
    assert network.shared_widths != GIVEN.shared_widths


def test_widths_that_are_given_are_those_of_every_quality() -> None:
    widths = {"network.shared_widths": [9, 9]}
    found = {plan(Request(quality=q, settings=widths), 20, 300).network for q in (0, 50, 100)}
    assert found == {plan(Request(settings=widths), 20, 300).network}
    assert {network.shared_widths for network in found} == {(9, 9)}


def test_a_ratio_is_a_number_of_bytes() -> None:
    """Of float32 positions: 12 N M."""
    made = plan(Request(target_ratio=37.5), 40, 2500)
    assert made.target_bytes == 32000
    assert made == replace(plan(Request(target_bytes=32000), 40, 2500), request="default size.ratio=37.5")


def test_a_ratio_beyond_everything_is_a_byte() -> None:
    for ratio in (1e30, float("inf")):
        assert plan(Request(target_ratio=ratio), 4, 100).target_bytes == 1


@pytest.mark.parametrize("wanted", [1, 3000, 20_000, 100_000, 10**9])
def test_bytes_choose_the_best_network_that_is_expected_to_fit(wanted: int) -> None:
    here = choice(64, 4096)

    def expected(quality: float) -> int:
        return here.expected_bytes(here.network(quality), -math.log2(coarser(quality)) / 2)

    quality = here.quality_for(wanted)
    size = expected(quality)
    if wanted < 3001:
        assert quality == 0.0  # nothing fits; the least there is
        assert size > wanted
    else:
        assert size <= wanted
        assert quality > 99 or expected(min(quality + 0.5, 100.0)) > wanted
    made = plan(Request(target_bytes=wanted), 64, 4096)
    assert (made.quality, made.target_bytes, made.network) == (quality, wanted, here.network(quality))


def test_an_error_to_reach_begins_at_the_default_quality() -> None:
    """The qualities that it takes are those of `training.search`, which asks for each."""
    made = plan(Request(target_error=("em_kd", 1e-3)), 50, 4000)
    assert made.quality == DEFAULT_QUALITY
    assert (made.network, made.coding) == (plan(Request(), 50, 4000).network, plan(Request(), 50, 4000).coding)


def test_what_is_expected_of_every_part() -> None:
    """Weights by their number, latents by N l, the input cloud by M, a name per cloud."""
    network = NetworkConfig(latent_size=5, patches=3, shared_widths=(10,), head_widths=(), fourier_octaves=0)
    bits = WEIGHT_BITS * parameters(network) + LATENT_BITS * 7 * 5 + INPUT_BITS * 400
    assert choice(7, 400).expected_bytes(network) == round(bits / 8) + OTHER_BYTES + 7 * NAME_BYTES


@pytest.mark.parametrize(
    ("request_", "patches", "notes"),
    [
        (Request(patches=50, quality=10), 30, ("30 patches instead of 50: there are no more points",)),
        (Request(settings={"network.patches": 31}), 30, ("30 patches instead of 31: there are no more points",)),
        (Request(preset="paper"), 30, ("30 patches instead of the 128 of preset paper: there are no more points",)),
        (Request(patches=30, quality=10), 30, ()),
        (Request(quality=10), 1, ()),  # patches that are chosen are never more than points
    ],
    ids=str,
)
def test_more_patches_than_points_are_told(request_: Request, patches: int, notes: tuple[str, ...]) -> None:
    made = plan(request_, 4, 30)
    assert made.network.patches == patches
    assert made.notes == notes


def test_more_numbers_than_are_entropy_coded_are_warned_of() -> None:
    """They get uniform bits, and come to no wanted size."""
    most = 1 << 24
    request = Request(target_bytes=5000, latent_size=4096)
    made = plan(request, most // 4096 + 1, 100)
    assert made.warnings == (f"{most + 4096} numbers of one kind: more than {most} are not entropy-coded",)
    assert (made.coding.numbers, made.target_bytes) == ("uniform", None)
    assert made.network == replace(plan(request, most // 4096, 100).network, shared_widths=made.network.shared_widths)
    fits = plan(request, most // 4096, 100)
    assert (fits.warnings, fits.coding.numbers, fits.target_bytes) == ((), "entropy", 5000)
    uniform = plan(Request(preset="paper", latent_size=4096), most, 100)
    assert (uniform.warnings, uniform.coding) == ((), CodingConfig(numbers="uniform"))


def test_groups_can_be_given_directly() -> None:
    """As tests of the training do: what is left out is as it is by default, and nothing is chosen."""
    made = Plan(network=NetworkConfig(patches=3))
    assert (made.request, made.quality, made.target_bytes, made.notes) == ("", None, None, ())
    assert (made.network.patches, made.network.latent_size, made.coding) == (3, 32, CodingConfig())


@pytest.mark.parametrize(
    ("changed", "clouds", "points", "registered"),
    [
        ({}, 50, 4000, True),
        ({}, 15, 4000, False),
        ({}, 16, 4000, True),
        ({}, 50, 255, False),
        ({"assignment.greedy": False}, 50, 4000, False),
        ({"training.warmup_epochs": 3}, 50, 4000, False),
        ({"assignment.registration": False}, 50, 4000, False),
        ({"assignment.registration": True, "training.warmup_epochs": 3}, 50, 10, True),
    ],
)
def test_registration_is_chosen_for_clouds_that_lie_far_apart_where_nothing_else_comes_first(
    changed: dict[str, Any], clouds: int, points: int, registered: bool
) -> None:
    assert plan(Request(settings=changed), clouds, points, 0.5).assignment.registration is registered


@pytest.mark.parametrize(("apart", "registered"), [(0.0, False), (0.08, False), (0.09, True), (None, None)])
def test_registration_stays_open_as_long_as_nobody_knows_how_far_apart_clouds_lie(
    apart: float | None, registered: bool | None
) -> None:
    assert plan(Request(), 50, 4000, apart).assignment.registration is registered


def test_material_rows_are_registered_whatever_the_set_and_never_matched_again() -> None:
    made = plan(Request(rows="material"), 2, 10, 0.0)
    assert made.assignment.registration
    assert not made.assignment.pair_swaps
    assert not made.assignment.leaf_resolving
    assert any("EM-kD" in note for note in made.notes)
    assert not any("EM-kD" in note for note in plan(Request(), 2, 10, 0.0).notes)
