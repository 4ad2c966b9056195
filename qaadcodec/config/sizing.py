"""The right network for a set: chosen from its size and the wanted quality, or from a wanted number of bytes."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from qaadcodec.config import CompressConfig, NetworkConfig
from qaadcodec.config.network import parameters

# Bits that a number took, measured (README, "Quality"): only the first guess at a wanted size rests on them.
WEIGHT_BITS, LATENT_BITS, INPUT_BITS, OTHER_BYTES, NAME_BYTES = 2.7, 4.3, 6.2, 900, 1

NARROWEST, WIDEST = 24.0, 192.0  # of the shared layers at quality 0 and 100, for REFERENCE clouds
REFERENCE, GROWTH = 64, 0.2  # widths grow by this power of the number of clouds
COARSE, FINE, FACTOR = 25.0, 50.0, 4.0  # rounding: qualities where it changes, and its error in 25 of them
LEAST_PATCH = 64  # points
LEAST_LATENT = 8  # numbers: a set of fewer clouds than numbers has no use for the others
FEW_CLOUDS = 32  # fewer than these go with an octave less: Q, which is finer for it, is half of their file


def sized(config: CompressConfig, clouds: int, points: int) -> CompressConfig:
    """The configuration with the network chosen, as its `size` asks for; as it is where that asks for nothing.

    Args:
        clouds, points: N and M.
    """
    size = config.size
    if not size.chosen:
        return config
    wanted = size.bytes if size.ratio is None else max(1, round(12 * clouds * points / size.ratio))
    if wanted is not None:
        config = replace(config, size=replace(size, bytes=wanted, ratio=None))
        quality = quality_for(config, clouds, points, wanted)
    else:
        quality = 75.0 if size.quality is None else size.quality
    coding = replace(config.coding, loss=config.coding.loss * coarser(quality))
    return replace(config, network=chosen_network(config, clouds, points, quality), coding=coding)


def coarser(quality: float) -> float:
    """How many times as much error rounding may cost: more below COARSE, where little is left of the width, and less
    above FINE, where what rounding costs would hide what a wider network gains.
    """
    return float(FACTOR ** (max(0.0, 1.0 - quality / COARSE) - max(0.0, quality - FINE) / COARSE))


def chosen_network(config: CompressConfig, clouds: int, points: int, quality: float) -> NetworkConfig:
    """The network of a quality, with what was given left as it is.

    Heads of one layer on many patches, and shared layers of one width behind a first of twice that, gave less error
    for the same bytes than any other division that was tried (`bin/bench gains`); the width is what grows.
    """
    width = NARROWEST * (WIDEST / NARROWEST) ** (quality / 100.0) * (clouds / REFERENCE) ** GROWTH
    even = max(8, 8 * round(width / 8))
    chosen: dict[str, Any] = {
        "shared_widths": (2 * even, even, even, even),
        "head_widths": (),
        "fourier_octaves": 5 if clouds < FEW_CLOUDS else 6,
        "latent_size": min(config.network.latent_size, max(LEAST_LATENT, clouds)),
        "patches": max(1, min(64, points // LEAST_PATCH)),
    }
    return replace(config.network, **{name: value for name, value in chosen.items() if name not in config.size.given})


def quality_for(config: CompressConfig, clouds: int, points: int, wanted: int) -> float:
    """The highest quality whose network is expected to come to so many bytes; 0 where none is."""
    low, high = 0.0, 100.0
    while high - low > 0.5:
        middle = (low + high) / 2
        network = chosen_network(config, clouds, points, middle)
        if expected_bytes(network, clouds, points, -math.log2(coarser(middle)) / 2) <= wanted:
            low = middle
        else:
            high = middle
    return low


def expected_bytes(network: NetworkConfig, clouds: int, points: int, finer: float = 0.0) -> int:
    """What the archive of a set will come to, from the bits that numbers took in others.

    Args:
        finer: bits that each number takes more because its steps are finer.
    """
    weights, latents = parameters(network), clouds * network.latent_size
    bits = WEIGHT_BITS * weights + LATENT_BITS * latents + INPUT_BITS * points
    bits += finer * (weights + latents + 3 * points)
    return round(max(bits, 0.0) / 8) + OTHER_BYTES + NAME_BYTES * clouds
