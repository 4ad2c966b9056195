"""The folding network in plain numpy, for decoding: no torch, any machine, a fixed order of operations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from qaadcodec.assignment.linear import cores
from qaadcodec.assignment.patches import patch_offsets
from qaadcodec.config import NetworkConfig

Array = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]

CHUNK = 2048  # rows decoded together: their features stay in the cache, and the same rows always go together
SELU_SCALE, SELU_ALPHA = np.float32(1.0507009873554805), np.float32(1.6732632423543772)


def decode_points(
    network: NetworkConfig,
    weights: Mapping[str, Array],
    input_cloud: Array,
    latent: Array,
    rows: Rows | None = None,
) -> Array:
    """Decode one cloud, or some rows of it (paper eq. 16 with our additions; `formats/qaad-1.md` gives the maths).

    Args:
        network: the architecture.
        weights: every tensor of `network.tensor_shapes()`, float32.
        input_cloud: Q, (M, 3) float32, patch by patch.
        latent: l, (l,) float32.
        rows: ascending rows of Q to decode, (m,) int64; all of them when None.

    Returns:
        P̂, (m, 3) float32 in normalised coordinates, in the order of `rows`.
    """
    total = len(input_cloud)
    wanted = np.arange(total) if rows is None else rows
    with np.errstate(all="ignore"):  # `verify` looks for what is not finite
        shared = modulated_layers(network, weights, latent)
    heads = [
        (weights[f"head.{j}.weight"].transpose(0, 2, 1), weights[f"head.{j}.bias"][:, None, :])
        for j in range(len(network.head_widths) + 1)
    ]
    out = np.empty((len(wanted), 3), np.float32)

    def decode(block: tuple[Rows, Rows]) -> None:
        with np.errstate(all="ignore"):  # a thread's own
            out[block[1]] = fold(*block)

    def fold(patches: Rows, at: Rows) -> Array:
        q = input_cloud[wanted[at]]  # (k, s, 3)
        k, s, _ = q.shape
        flat = encode_input(q.reshape(k * s, 3), network.fourier_octaves)
        for weight, bias in shared:
            flat = flat @ weight
            flat += bias
            selu(flat)
        features = np.concatenate([flat.reshape(k, s, -1), q], axis=2)
        for j, (weight, bias) in enumerate(heads):
            features = np.matmul(features, weight[patches])
            features += bias[patches]
            if j + 1 < len(heads):
                selu(features)
        return q + features if network.displacement else features

    blocks = list(chunks(np.searchsorted(wanted, patch_offsets(total, network.patches))))
    if len(blocks) == 1:
        decode(blocks[0])
    else:  # numpy gives up the GIL, and what a block gives does not depend on who computes it
        with ThreadPoolExecutor(cores()) as pool:
            list(pool.map(decode, blocks))
    return out


def modulated_layers(network: NetworkConfig, weights: Mapping[str, Array], latent: Array) -> list[tuple[Array, Array]]:
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


def encode_input(q: Array, octaves: int) -> Array:
    """γ(q): the point, then sin(π 2^j q) and cos(π 2^j q) of its coordinates for each octave j; (m, 3 + 6·octaves).

    Whole turns are taken off before the product with π, exactly, so that high octaves keep all their digits.
    """
    parts = [q]
    for j in range(octaves):
        half_turns = q * np.float32(2.0**j)
        half_turns -= np.float32(2.0) * np.rint(half_turns * np.float32(0.5))
        angle = half_turns * np.float32(np.pi)
        parts += [np.sin(angle), np.cos(angle)]
    return np.concatenate(parts, axis=1)


def selu(x: Array) -> None:
    """SELU in place: λ x for x > 0, λ α (e^x - 1) otherwise (Klambauer et al. 2017)."""
    negative = np.minimum(x, np.float32(0.0))
    np.exp(negative, out=negative)
    negative -= np.float32(1.0)
    negative *= SELU_ALPHA
    np.maximum(x, np.float32(0.0), out=x)
    x += negative
    x *= SELU_SCALE


def chunks(bounds: npt.NDArray[np.intp]) -> Iterator[tuple[Rows, Rows]]:
    """Cut patch-ordered positions into blocks (k patches, s positions) of about CHUNK rows.

    Patches of unequal size are evened out by repeating their last position, which decodes it twice to the same value.

    Args:
        bounds: (K + 1,), first position of every patch and the end.

    Yields:
        The patches of the block, (k,) int64, and the positions in it, (k, s) int64.
    """
    sizes = np.diff(bounds)
    filled = np.flatnonzero(sizes)
    together = max(1, CHUNK // int(sizes.max(initial=1)))
    for patches in np.split(filled, range(together, len(filled), together)):
        widest = int(sizes[patches].max(initial=0))
        for start in range(0, widest, CHUNK):
            column = np.arange(start, min(start + CHUNK, widest))
            yield patches, bounds[patches, None] + np.minimum(column, sizes[patches, None] - 1)
