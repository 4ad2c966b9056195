"""Ratios and bits per point, and the paper's own compression ratios from its own architectures."""

from __future__ import annotations

import math

import pytest

from qaadcodec.config import NetworkConfig
from qaadcodec.config.network import parameters
from qaadcodec.metrics.rate import bits_per_point, ratio, ratio_paper, raw_bytes


def of_the_paper(latent_size: int, patches: int) -> NetworkConfig:
    """Layers 256-128-128-128-64-3, the latent an input of the first, no additions of ours (paper section 4.2)."""
    return NetworkConfig(
        latent_size=latent_size,
        patches=patches,
        shared_widths=(256, 128, 128, 128),
        head_widths=(64,),
        fourier_octaves=0,
        film=False,
        displacement=False,
    )


def test_skulls_are_compressed_3311_to_1() -> None:
    found = ratio_paper(4096, 65536, of_the_paper(10, 16))
    assert found == 805_306_368 / 243_200
    assert math.floor(found) == 3311


def test_d_faust_is_compressed_1144_to_1() -> None:
    found = ratio_paper(13744, 131072, of_the_paper(256, 128))
    assert found == 5_404_360_704 / 4_722_688
    assert math.floor(found) == 1144


def test_coma_is_compressed_748_to_1() -> None:
    """The paper gives no M here: of its 110 000 points, the 107 whole subspaces of 1024 give its figure."""
    found = ratio_paper(6576, 110_000 // 1024 * 1024, of_the_paper(256, 128))
    assert found == 3 * 6576 * 109_568 / (6576 * 256 + 1_204_224)
    assert math.floor(found) == 748


def test_additions_of_ours_are_counted() -> None:
    plain = NetworkConfig(latent_size=2, patches=3, shared_widths=(4, 5), head_widths=(), fourier_octaves=0, film=False)
    # shift 4·2, layer 5·4, heads 3·3·5, and 7 latents of 2
    assert ratio_paper(7, 11, plain) == 3 * 7 * 11 / (8 + 20 + 45 + 14)
    more = NetworkConfig(latent_size=2, patches=3, shared_widths=(4, 5), head_widths=(6,), fourier_octaves=1, film=True)
    # beside these: 6 Fourier features into 4, scale 4·2, scale and shift 2·5·2, and heads of 6·5 and 3·6
    assert ratio_paper(7, 11, more) == 3 * 7 * 11 / (8 + 20 + 24 + 8 + 20 + 3 * (30 + 18) + 14)


def test_the_ratio_is_that_of_the_bytes() -> None:
    assert raw_bytes(64, 16384) == 12_582_912
    assert ratio(64, 16384, 233_016) == pytest.approx(54.0002060)
    assert ratio(1, 1, 12) == 1.0


def test_bits_per_point_counts_all_bytes() -> None:
    assert bits_per_point(64, 16384, 262_144) == 2.0
    assert bits_per_point(1, 2, 3) == 12.0


def test_every_weight_and_bias_is_a_parameter() -> None:
    config = NetworkConfig(
        latent_size=2, patches=3, shared_widths=(4, 5), head_widths=(6,), fourier_octaves=1, film=True
    )
    shared = (9 * 4 + 4 + 2 * 2 * 4) + (4 * 5 + 5 + 2 * 2 * 5)
    heads = 3 * ((8 * 6 + 6) + (6 * 3 + 3))
    assert parameters(config) == shared + heads == 326


def test_known_networks_have_their_known_sizes() -> None:
    ours = NetworkConfig(
        latent_size=32,
        patches=64,
        shared_widths=(256, 128, 128, 128),
        head_widths=(16,),
        fourier_octaves=4,
        film=True,
    )
    assert parameters(ours) == 23_552 + 41_088 + 2 * 24_704 + 64 * 2_163 == 252_480
    # What the paper counts of Skulls without its latents, then q into the first layers, then the biases
    counted = 243_200 - 40_960
    assert parameters(of_the_paper(10, 16)) == counted + 3 * (256 + 16 * 64) + (256 + 3 * 128 + 16 * (64 + 3))
