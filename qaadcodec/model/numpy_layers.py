"""The layers of the folding network in numpy: how a latent modulates them, and an activation that is quick in numpy."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from qaadcodec.arrays import Singles
from qaadcodec.config import NetworkConfig

Layers = list[tuple[Singles, Singles]]

SELU_SCALE, SELU_ALPHA = np.float32(1.0507009873554805), np.float32(1.6732632423543772)
LOG2_E = np.float32(1.4426950408889634)


def modulated_layers(network: NetworkConfig, weights: Mapping[str, Singles], latent: Singles) -> Layers:
    """The shared layers with the latent folded in: (1 + S l) ⊙ (W h + b) + T l is one product with other W and b.

    Returns:
        A pair per layer: weight (in, out) and bias (out,), float32.
    """
    layers = []
    for i in range(len(network.shared_widths)):
        weight, bias = weights[f"shared.{i}.weight"], weights[f"shared.{i}.bias"]
        if (scale := weights.get(f"shared.{i}.scale")) is not None:
            factor = np.float32(1.0) + scale @ latent
            weight, bias = weight * factor[:, None], bias * factor
        if (shift := weights.get(f"shared.{i}.shift")) is not None:
            bias = bias + shift @ latent
        layers.append((np.ascontiguousarray(weight.T), bias))
    return layers


def encode_input(q: Singles, octaves: int, out: Singles | None = None) -> Singles:
    """γ(q): the point, then sin(π 2^j q) and cos(π 2^j q) of its coordinates for each octave j; (m, 3 + 6·octaves).

    Whole turns are subtracted, exactly, before the product with π, so that high octaves keep all their digits.

    Args:
        q: (m, 3).
        octaves: how many.
        out: the result goes here.
    """
    parts = [q]
    for j in range(octaves):
        half_turns = q * np.float32(2.0**j)
        half_turns -= np.float32(2.0) * np.rint(half_turns * np.float32(0.5))
        angle = half_turns * np.float32(np.pi)
        parts += [np.sin(angle), np.cos(angle)]
    return np.concatenate(parts, axis=1, out=out)


def raised_selu(x: Singles, room: Singles, zeros: Singles) -> None:
    """SELU (Klambauer et al. 2017) of x / log2 e, raised and in another unit, in place.

    For x = z log2 e this gives log2 e (max(z, 0) + α e^min(z, 0)) = log2 e (SELU(z) / λ + α). 2^x takes numpy half the
    time of e^x, and the difference costs nothing when it is put into the weights before and after
    (`before_activation`, `after_activation`).

    Args:
        room: an array of the shape of x to work in.
        zeros: one for each column; numpy takes several times as long to compare with a single number.
    """
    np.minimum(x, zeros, out=room)
    np.exp2(room, out=room)
    room *= SELU_ALPHA * LOG2_E
    np.maximum(x, zeros, out=x)
    x += room


def before_activation(weight: Singles, bias: Singles) -> tuple[Singles, Singles]:
    """The layer, for a result that goes into `raised_selu` instead of SELU."""
    return weight * LOG2_E, bias * LOG2_E


def after_activation(weight: Singles, bias: Singles, activated: int) -> tuple[Singles, Singles]:
    """The layer, for inputs that come from `raised_selu` instead of SELU: W λ / log2 e, and b - λ α Σ W.

    Args:
        weight: (…, in, out).
        bias: (…, out).
        activated: how many of the inputs, from the first on, come from an activation.
    """
    scaled = weight.copy()
    scaled[..., :activated, :] *= SELU_SCALE / LOG2_E
    return scaled, bias - SELU_ALPHA * SELU_SCALE * weight[..., :activated, :].sum(-2)
