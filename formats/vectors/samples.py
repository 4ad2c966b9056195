"""Small archives that the vectors are made of, and ways to write them."""

from __future__ import annotations

import io
import math
from dataclasses import replace
from typing import Any

import numpy as np

from qaadcodec.archive import (
    Archive,
    ArchiveReader,
    Grids,
    Header,
    NewClouds,
    Poses,
    PoseValues,
    encode,
    extend,
    storable,
)
from qaadcodec.config import CodingConfig, NetworkConfig

NETWORK = NetworkConfig(latent_size=2, patches=2, shared_widths=(4,), head_widths=(3,), fourier_octaves=1)


def small_archive(network: NetworkConfig = NETWORK, *, clouds: int = 2, points: int = 6, **header: Any) -> Archive:
    """An archive with a network that was never trained; the size of its weights suits its widths."""
    rng = np.random.default_rng(1)
    weights = {
        name: rng.normal(0, 1 / math.sqrt(shape[-1]), shape).astype(np.float32)
        for name, shape in network.tensor_shapes().items()
    }
    facts: dict[str, Any] = {"dtype": "float32", "offset": (1.0, -2.0, 0.5), "scale": 2.0, "writer": "make.py"} | header
    return Archive(
        header=Header(clouds=clouds, points=points, bounds=((-1, -4, -1), (3, 0, 2)), network=network, **facts),
        weights=weights,
        input_cloud=rng.uniform(-1, 1, (points, 3)).astype(np.float32),
        latents=rng.normal(0, 1, (clouds, network.latent_size)).astype(np.float32),
        names=tuple(f"cloud {i}" for i in range(clouds)),
        counts=(points,) * clouds,
    )


def posed(archive: Archive, kind: str = "similarity", far: float = 1.0) -> Archive:
    """The archive with poses; the first is no turn, the second half a turn.

    Args:
        far: how far the clouds lie apart, in normalised units.
    """
    rng = np.random.default_rng(3)
    turns = rng.uniform(-1.5, 1.5, (archive.header.clouds, 3))
    turns[:2] = [[0, 0, 0], [0, 0, math.pi]][: len(turns)]
    values = [PoseValues(2.0 ** rng.uniform(-1, 1), turn, far * rng.uniform(-1, 1, 3)) for turn in turns]
    return replace(archive, poses=Poses.of(kind, values))


def written(archive: Archive, numbers: str = "uniform", **bits: int) -> bytes:
    """The archive as a file."""
    stream = io.BytesIO()
    encode(archive, CodingConfig(**bits), numbers=numbers).write(stream)
    return stream.getvalue()


def coded(archive: Archive) -> bytes:
    """The archive as an entropy-coded file."""
    weights = {name: storable(0.1 / math.sqrt(tensor.shape[-1])) for name, tensor in archive.weights.items()}
    latents = np.array([storable(0.02 * (d + 1)) for d in range(archive.latents.shape[1])], dtype=np.float32)
    stream = io.BytesIO()
    encode(archive, Grids(weights, latents, storable(0.005))).write(stream)
    return stream.getvalue()


def uneven_scales(archive: Archive) -> Archive:
    """The archive with tensors whose rows and columns differ in scale, so that offsets save more than they cost."""
    rng = np.random.default_rng(2)
    weights = {
        name: tensor
        if tensor.ndim == 1
        else (
            tensor * 2.0 ** (rng.integers(-4, 5, (*tensor.shape[:-1], 1)) / 2 + rng.integers(-3, 4, tensor.shape[-1]))
        )
        for name, tensor in archive.weights.items()
    }
    return replace(archive, weights={name: tensor.astype(np.float32) for name, tensor in weights.items()})


def extended(data: bytes) -> bytes:
    """The file with two more clouds, in a block of their own."""
    stream = io.BytesIO()
    with ArchiveReader(io.BytesIO(data)) as reader:
        latents = np.array([[0.5, -1.0], [2.0, 0.25]], dtype=np.float32)
        poses = None
        if (old := reader.poses()) is not None:
            values = [PoseValues(0.5, np.array([0.5, 0.0, -1.0]), np.array([100.0, -1.0, 0.0])), old.values(0)]
            poses = Poses.of(old.kind, values, old.exponent)
        extend(reader, NewClouds(latents, ("Zürich", "点群"), (6, 70000), poses)).write(stream)
    return stream.getvalue()
