"""What the tests of the archive share: a small archive of two patches and three clouds, and grids for it."""

from __future__ import annotations

import numpy as np
import pytest

from qaadcodec.archive import Archive, Grids, Header, storable
from qaadcodec.config import NetworkConfig

NETWORK = NetworkConfig(latent_size=3, patches=2, shared_widths=(5, 4), head_widths=(2,), fourier_octaves=1)


@pytest.fixture
def archive() -> Archive:
    rng = np.random.default_rng(7)
    header = Header(
        clouds=3,
        points=9,
        dtype="float64",
        offset=(5e6, 4e5, 0.125),
        scale=1.5,
        bounds=((4.9e6, 3.9e5, -1.0), (5.1e6, 4.1e5, 1.0)),
        network=NETWORK,
        writer="qaad 0.1.0",
        preset="fast",
        seed=5,
        epochs=40,
        errors={"em_kd": 1.25e-5, "sample": 2},
    )
    return Archive(
        header=header,
        weights={k: rng.normal(size=s).astype(np.float32) for k, s in NETWORK.tensor_shapes().items()},
        input_cloud=rng.uniform(-1, 1, (9, 3)).astype(np.float32),
        latents=rng.normal(size=(3, 3)).astype(np.float32),
        names=("a", "b/c", "点群"),
        counts=(9, 9, 12),
    )


@pytest.fixture
def grids(archive: Archive) -> Grids:
    latents = np.array([storable(x) for x in (0.01, 0.02, 0.04)], dtype=np.float32)
    return Grids({name: storable(0.02) for name in archive.weights}, latents, storable(2.0**-9))
