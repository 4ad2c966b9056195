"""What an archive costs: the two compression ratios by name, and bits per point."""

from __future__ import annotations

from math import prod

from qaadcodec.config import NetworkConfig
from qaadcodec.config.network import FLOAT32_POSITION, POSITION


def raw_bytes(clouds: int, points: int) -> int:
    """Bytes of the clouds as compressed, as float32 positions: N·M·12."""
    return clouds * points * FLOAT32_POSITION


def ratio(clouds: int, points: int, archive_bytes: int) -> float:
    """The headline: bytes of float32 positions over all bytes of the archive."""
    return raw_bytes(clouds, points) / archive_bytes


def bits_per_point(clouds: int, points: int, archive_bytes: int) -> float:
    """All bits of the archive over the N·M points in it."""
    return 8.0 * archive_bytes / (clouds * points)


def ratio_paper(clouds: int, points: int, network: NetworkConfig) -> float:
    """Floats of the set over floats of network and latents, counted as the paper does (section 4.3).

    The paper's figures come out exactly when neither the input cloud nor any bias nor the input point as an input of
    a layer is counted: Skulls 805 306 368 / 243 200 = 3311. For comparison with the paper only.
    """
    counted = clouds * network.latent_size
    for name, shape in network.tensor_shapes().items():
        if not name.endswith("bias"):
            inputs = shape[-1] - (POSITION if name in ("shared.0.weight", "head.0.weight") else 0)
            counted += prod(shape[:-1]) * inputs
    return network.channels * clouds * points / counted
