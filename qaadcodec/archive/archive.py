"""Everything that an archive holds, as one value in memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qaadcodec.archive.header import Header
from qaadcodec.archive.sections.names import check_names
from qaadcodec.archive.sections.poses import Poses
from qaadcodec.arrays import Singles
from qaadcodec.errors import UsageError


@dataclass(frozen=True, slots=True)
class Archive:
    """A compressed set: header, weights, input cloud Q, latent table L, and the names and counts of the clouds.

    Attributes:
        header: N, M, normalisation, network, and how the set was learnt.
        weights: float32 tensors by name, of the shapes of `header.network.tensor_shapes()`.
        input_cloud: Q, (M, 3) float32, in normalised coordinates, patch by patch.
        latents: L, (N, l) float32.
        names: the name of each cloud; all of them differ.
        counts: points that each cloud had before it was resampled to M.
        poses: where each cloud lies; None for a set that was learnt as it lay.

    Raises:
        UsageError: a shape, a name or a count does not fit the header.
    """

    header: Header
    weights: dict[str, Singles]
    input_cloud: Singles
    latents: Singles
    names: tuple[str, ...]
    counts: tuple[int, ...]
    poses: Poses | None = None

    def __post_init__(self) -> None:
        header = self.header
        expected = header.network.tensor_shapes()
        if set(self.weights) != set(expected):
            raise UsageError(
                f"tensors at odds with the network: {', '.join(sorted(set(self.weights) ^ set(expected)))}"
            )
        for name, shape in expected.items():
            _check_shape(name, self.weights[name], shape)
        _check_shape("input cloud", self.input_cloud, (header.points, 3))
        _check_shape("latents", self.latents, (header.clouds, header.network.latent_size))
        if len(self.names) != header.clouds:
            raise UsageError(f"{len(self.names)} names for {header.clouds} clouds")
        check_names(self.names, self.counts)
        if self.poses is not None and len(self.poses) != header.clouds:
            raise UsageError(f"{len(self.poses)} poses for {header.clouds} clouds")


def _check_shape(name: str, array: Singles, shape: tuple[int, ...]) -> None:
    if array.shape != shape or array.dtype != np.float32:
        raise UsageError(f"{name} is {array.dtype} {array.shape}, and has to be float32 {shape}")
