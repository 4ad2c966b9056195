"""The folding network in plain numpy, for decoding: without torch, on any machine, in a fixed order of operations."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np

from qaadcodec.arrays import Indices, Rows, Singles
from qaadcodec.assignment.patches import patch_offsets
from qaadcodec.config import NetworkConfig
from qaadcodec.config.network import POSITION
from qaadcodec.model.numpy_layers import (
    Layers,
    after_activation,
    before_activation,
    encode_input,
    modulated_layers,
    raised_selu,
)
from qaadcodec.parallel import side_by_side

CHUNK = 2048  # rows decoded together: their features stay in the cache, and the same rows always go together
NUMBERS = 1 << 20  # of a layer of such rows, at most: fewer rows go together where layers are wide
LONG = 64  # rows of a layer that numpy takes as one where all columns are treated alike: long rows are quick
KEPT = 1 << 26  # most bytes of encoded points that are kept from one cloud to the next


def decode_points(
    network: NetworkConfig,
    weights: Mapping[str, Singles],
    input_cloud: Singles,
    latent: Singles,
    rows: Rows | None = None,
) -> Singles:
    """Decode one cloud, or some rows of it (paper eq. 16 with our additions; `formats/qaad-1.md` gives the maths).

    Args:
        network: the architecture.
        weights: every tensor of `network.tensor_shapes()`, float32.
        input_cloud: Q, (M, 3) float32, patch by patch.
        latent: l, (l,) float32.
        rows: ascending rows of Q to decode, (m,) int64; all of them when None.

    Returns:
        P̂, (m, C) float32 in normalised coordinates, in the order of `rows`.
    """
    return Decoding(network, weights, input_cloud, rows, keep=False).points(latent)


class Decoding:
    """Decodes the clouds of one archive. What is the same for all of them is computed once.

    Memory: 4 (4 + 6 octaves) bytes per row for the encoded points, if they are kept, and for each thread 20 bytes times
    CHUNK times the width of the widest layer, at most 20 NUMBERS.
    """

    def __init__(
        self,
        network: NetworkConfig,
        weights: Mapping[str, Singles],
        input_cloud: Singles,
        rows: Rows | None = None,
        *,
        keep: bool = True,
    ) -> None:
        """Prepare to decode. The other arguments are those of `decode_points`.

        Args:
            keep: keep the encoded points from the second cloud on, if they take no more than KEPT bytes.
        """
        self._network, self._weights, self._input_cloud = network, weights, input_cloud
        self._wanted = np.arange(len(input_cloud)) if rows is None else rows
        bounds = np.searchsorted(self._wanted, patch_offsets(len(input_cloud), network.patches))
        widest = max(*network.shared_widths, *network.head_widths, network.encoded_width)
        self._blocks = list(chunks(bounds, min(CHUNK, NUMBERS // widest)))
        self._keep = keep and len(self._wanted) * network.encoded_width * 4 <= KEPT
        self._clouds = 0
        self._encoded: list[Singles | None] | None = None
        self._rooms: list[Room] = []
        features = network.shared_widths[-1]
        self._heads: Layers = []
        with np.errstate(all="ignore"):  # what is not finite is found when the cloud is decoded
            for j in range(len(network.head_widths) + 1):
                weight, bias = weights[f"head.{j}.weight"].transpose(0, 2, 1), weights[f"head.{j}.bias"]
                layer = after_activation(weight, bias, features if j == 0 else weight.shape[1])
                self._heads.append(before_activation(*layer) if j < len(network.head_widths) else layer)

    def points(self, latent: Singles) -> Singles:
        """P̂, (m, C) float32 in normalised coordinates, of one latent (l,) float32."""
        self._clouds += 1
        if self._clouds == 2 and self._keep:  # of one cloud alone nothing is kept
            self._encoded = [None] * len(self._blocks)
        with np.errstate(all="ignore"):
            first, *others = modulated_layers(self._network, self._weights, latent)
            layers = [first, *(after_activation(weight, bias, len(weight)) for weight, bias in others)]
            shared = [before_activation(weight, bias) for weight, bias in layers]
            shared[0] = np.concatenate([shared[0][0], shared[0][1][None]]), shared[0][1]
            shared = [(weight, np.tile(bias, LONG)) for weight, bias in shared]
        out = np.empty((len(self._wanted), self._network.channels), np.float32)

        def decode(block: int) -> None:
            with np.errstate(all="ignore"):  # each thread has its own state of this
                out[self._blocks[block][1]] = self._fold(block, shared)

        # numpy gives up the GIL, and the result of a block does not depend on the thread.
        side_by_side(decode, range(len(self._blocks)))
        return out

    def _fold(self, block: int, shared: Layers) -> Singles:
        """The points of one block, (k, s, C)."""
        patches, at = self._blocks[block]
        q = self._input_cloud[self._wanted[at]]  # (k, s, 3)
        k, s, _ = q.shape
        try:
            room = self._rooms.pop()
        except IndexError:
            room = Room(k * s, self._network)
        flat = self._encode(block, q.reshape(k * s, POSITION), room)
        long = math.gcd(k * s, LONG)
        for i, (weight, biases) in enumerate(shared):
            width = weight.shape[1]
            flat = np.matmul(flat, weight, out=room.take(i % 2, k * s, width))
            rows = flat.reshape(-1, long * width)
            if i > 0:  # the first layer's bias is a row of its weight, as its input has a column of ones
                rows += biases[: long * width]
            raised_selu(rows, room.take(2, *rows.shape), np.zeros(long * width, np.float32))
        features = room.take(3, k * s, flat.shape[1] + POSITION).reshape(k, s, -1)
        np.concatenate([flat.reshape(k, s, -1), q], axis=2, out=features)
        for j, (weight, bias) in enumerate(self._heads):
            features = np.matmul(features, weight[patches])
            features += bias[patches][:, None]
            if j + 1 < len(self._heads):
                raised_selu(features, np.empty_like(features), np.zeros(features.shape[-1], np.float32))
        self._rooms.append(room)
        if self._network.displacement:
            features[..., :POSITION] += q
        return features

    def _encode(self, block: int, q: Singles, room: Room) -> Singles:
        """γ of the points of a block and a column of ones; from the last cloud, if it was kept."""
        kept = self._encoded[block] if self._encoded is not None else None
        if kept is None:
            shape = len(q), self._network.encoded_width + 1
            kept = room.take(4, *shape) if self._encoded is None else np.empty(shape, np.float32)
            encode_input(q, self._network.fourier_octaves, kept[:, :-1])
            kept[:, -1] = 1
            if self._encoded is not None:
                self._encoded[block] = kept
        return kept


class Room:
    """Arrays to work in. Fresh memory pages for every product would cost as much as the product."""

    def __init__(self, rows: int, network: NetworkConfig) -> None:
        widest = max(network.shared_widths)
        widths = widest, widest, widest, network.shared_widths[-1] + POSITION, network.encoded_width + 1
        self._arrays = [np.empty(rows * width, np.float32) for width in widths]

    def take(self, which: int, rows: int, width: int) -> Singles:
        """One of them as (rows, width): three for layers, one for what the heads take, one for encoded points."""
        if rows * width > len(self._arrays[which]):
            return np.empty((rows, width), np.float32)
        return self._arrays[which][: rows * width].reshape(rows, width)


def chunks(bounds: Indices, size: int = CHUNK) -> Iterator[tuple[Rows, Rows]]:
    """Cut positions in the order of the patches into blocks (k patches, s positions) of about `size` rows.

    Smaller patches repeat their last position, which decodes to the same value twice.

    Args:
        bounds: (K + 1,), first position of every patch and the end.

    Yields:
        The patches of the block, (k,) int64, and the positions in it, (k, s) int64.
    """
    sizes = np.diff(bounds)
    filled = np.flatnonzero(sizes)
    together = max(1, size // int(sizes.max(initial=1)))
    for patches in np.split(filled, range(together, len(filled), together)):
        widest = int(sizes[patches].max(initial=0))
        for start in range(0, widest, size):
            column = np.arange(start, min(start + size, widest))
            yield patches, bounds[patches, None] + np.minimum(column, sizes[patches, None] - 1)
