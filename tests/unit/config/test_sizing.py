"""The network that is chosen for a set: it grows with what is asked for, and keeps what is given."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qaadcodec.config.sizing import (
    INPUT_BITS,
    LATENT_BITS,
    LEAST_PATCH,
    NAME_BYTES,
    OTHER_BYTES,
    WEIGHT_BITS,
    chosen_network,
    coarser,
    expected_bytes,
    quality_for,
    sized,
)

from qaadcodec.assignment.patches import patch_sizes
from qaadcodec.config import CompressConfig, NetworkConfig, SizeConfig, aimed, preset, with_settings

DEFAULT = preset("default")
LAW = settings(deadline=None, derandomize=True)


def numbers(network: NetworkConfig) -> int:
    return sum(math.prod(shape) for shape in network.tensor_shapes().values())


def test_nothing_is_chosen_where_nothing_is_asked_for() -> None:
    config = CompressConfig(network=NetworkConfig(patches=7))
    assert sized(config, 50, 4000) is config
    paper = preset("paper")
    assert sized(paper, 50, 4000) is paper


def test_a_preset_has_a_quality_and_it_is_the_same_as_asking_for_it() -> None:
    found = sized(DEFAULT, 50, 4000)
    assert found.network != DEFAULT.network
    assert found.network == sized(aimed(DEFAULT, quality=75), 50, 4000).network
    assert found.network == chosen_network(DEFAULT, 50, 4000, 75.0)
    assert replace(found, network=DEFAULT.network, coding=DEFAULT.coding) == DEFAULT


def test_rounding_is_coarser_at_low_and_finer_at_high_qualities() -> None:
    losses = [sized(aimed(DEFAULT, quality=q), 64, 16384).coding.loss for q in (0, 25, 50, 75, 100)]
    assert losses == pytest.approx([2.0, 0.5, 0.5, 0.125, 0.03125])
    halved = with_settings(DEFAULT, {"coding.loss": 0.25})
    assert sized(aimed(halved, quality=75), 64, 16384).coding.loss == pytest.approx(0.0625)


@pytest.mark.parametrize(
    ("clouds", "latent", "octaves"), [(1, 8, 5), (8, 8, 5), (20, 20, 5), (32, 32, 6), (999, 32, 6)]
)
def test_few_clouds_get_few_latent_numbers_and_an_octave_less(clouds: int, latent: int, octaves: int) -> None:
    found = chosen_network(DEFAULT, clouds, 16384, 50.0)
    assert (found.latent_size, found.fourier_octaves) == (latent, octaves)
    asked = DEFAULT.with_overrides(latent_size=64)
    assert chosen_network(asked, clouds, 16384, 50.0).latent_size == 64


@LAW
@given(st.floats(0, 100), st.floats(0, 100), st.integers(1, 10**6), st.integers(2, 10**5))
def test_more_quality_takes_a_network_that_is_no_smaller(a: float, b: float, clouds: int, points: int) -> None:
    worse, better = (chosen_network(DEFAULT, clouds, points, quality) for quality in sorted((a, b)))
    for less, more in zip(worse.shared_widths, better.shared_widths, strict=True):
        assert 8 <= less <= more
    assert expected_bytes(worse, clouds, points) <= expected_bytes(better, clouds, points)


@LAW
@given(st.floats(0, 100), st.integers(1, 10**6), st.integers(1, 10**6), st.integers(2, 10**5))
def test_more_clouds_take_a_network_that_is_no_smaller(quality: float, a: int, b: int, points: int) -> None:
    few, many = (chosen_network(DEFAULT, clouds, points, quality) for clouds in sorted((a, b)))
    assert numbers(few) <= numbers(many)


def test_the_whole_range_makes_a_difference() -> None:
    sizes = [expected_bytes(chosen_network(DEFAULT, 64, 4096, q), 64, 4096) for q in (0, 20, 45, 70, 100)]
    assert sizes == sorted(sizes)
    assert sizes[-1] > 5 * sizes[0]
    assert all(after > 1.2 * before for before, after in pairwise(sizes))


@pytest.mark.parametrize(
    ("points", "patches"), [(2, 1), (10, 1), (100, 1), (127, 1), (128, 2), (1000, 15), (4096, 64), (10**6, 64)]
)
def test_no_patch_has_too_few_points(points: int, patches: int) -> None:
    for config in (DEFAULT, aimed(DEFAULT, bytes=5000), aimed(DEFAULT, ratio=2.0)):
        network = sized(config, 20, points).network
        assert network.patches == patches
        assert patches == 1 or patch_sizes(points, patches).min() >= LEAST_PATCH


def test_what_is_given_stays() -> None:
    base = with_settings(DEFAULT, {"network.head_widths": [20, 10], "network.film": False})
    base = base.with_overrides(patches=64, latent_size=5)
    for config in (base, aimed(base, quality=5), aimed(base, bytes=9000), aimed(base, ratio=30.0)):
        network = sized(config, 20, 300).network
        assert (network.head_widths, network.film) == ((20, 10), False)
        assert (network.patches, network.latent_size) == (64, 5)
        assert network.shared_widths != base.network.shared_widths
    widths = with_settings(DEFAULT, {"network.shared_widths": [9, 9]})
    assert {sized(aimed(widths, quality=q), 20, 300).network for q in (0, 50, 100)} == {sized(widths, 20, 300).network}
    assert sized(widths, 20, 300).network.shared_widths == (9, 9)


def test_a_ratio_is_a_number_of_bytes() -> None:
    """Of float32 positions: 12 N M."""
    config = sized(aimed(DEFAULT, ratio=37.5), 40, 2500)
    assert config.size == SizeConfig(bytes=32000)
    assert config == sized(aimed(DEFAULT, bytes=32000), 40, 2500)


def test_a_ratio_beyond_everything_is_a_byte() -> None:
    for ratio in (1e30, float("inf")):
        assert sized(aimed(DEFAULT, ratio=ratio), 4, 100).size.bytes == 1


@pytest.mark.parametrize("wanted", [1, 3000, 20_000, 100_000, 10**9])
def test_bytes_choose_the_best_network_that_is_expected_to_fit(wanted: int) -> None:
    clouds, points = 64, 4096

    def expected(quality: float) -> int:
        network = chosen_network(DEFAULT, clouds, points, quality)
        return expected_bytes(network, clouds, points, -math.log2(coarser(quality)) / 2)

    quality = quality_for(DEFAULT, clouds, points, wanted)
    size = expected(quality)
    if wanted < 3001:
        assert quality == 0.0  # nothing fits; the least there is
        assert size > wanted
    else:
        assert size <= wanted
        assert quality > 99 or expected(min(quality + 0.5, 100.0)) > wanted
    assert sized(aimed(DEFAULT, bytes=wanted), clouds, points).network == chosen_network(
        DEFAULT, clouds, points, quality
    )


def test_what_is_expected_of_every_part() -> None:
    """Weights by their number, latents by N l, the input cloud by M, a name per cloud."""
    network = NetworkConfig(latent_size=5, patches=3, shared_widths=(10,), head_widths=(), fourier_octaves=0)
    weights = 10 * 3 + 10 + 2 * 10 * 5 + 3 * (3 * 13 + 3)
    assert numbers(network) == weights
    bits = WEIGHT_BITS * weights + LATENT_BITS * 7 * 5 + INPUT_BITS * 400
    assert expected_bytes(network, 7, 400) == round(bits / 8) + OTHER_BYTES + 7 * NAME_BYTES
