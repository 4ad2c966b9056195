"""Random networks, and the network's maths written out point by point to hold the two implementations against."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
import pytest

from qaadcodec.config import NetworkConfig

Weights = dict[str, np.ndarray]


def draw(config: NetworkConfig, seed: int) -> Weights:
    """Every tensor drawn at random, biases and scales too, at sizes that keep outputs around 1."""
    rng = np.random.default_rng(seed)
    weights = {}
    for name, shape in config.tensor_shapes().items():
        size = 0.3 if name.endswith("bias") else 1.0 / math.sqrt(shape[-1])
        weights[name] = (size * rng.standard_normal(shape)).astype(np.float32)
    return weights


def selu(x: float) -> float:
    return 1.0507009873554805 * (x if x > 0 else 1.6732632423543772 * (math.exp(x) - 1.0))


def one_point(
    config: NetworkConfig, weights: Mapping[str, np.ndarray], q: np.ndarray, z: np.ndarray, patch: int
) -> list:
    """p̂ of one point of the input cloud, in double precision, by the formulas of the format's specification."""
    h = [*q]
    for octave in range(config.fourier_octaves):
        h += [math.sin(math.pi * 2**octave * c) for c in q] + [math.cos(math.pi * 2**octave * c) for c in q]
    for i in range(len(config.shared_widths)):
        x = weights[f"shared.{i}.weight"].astype(float) @ h + weights[f"shared.{i}.bias"]
        if f"shared.{i}.scale" in weights:
            x = (1.0 + weights[f"shared.{i}.scale"].astype(float) @ z) * x
        if f"shared.{i}.shift" in weights:
            x = x + weights[f"shared.{i}.shift"].astype(float) @ z
        h = [selu(v) for v in x]
    f = [*h, *q]
    for j in range(len(config.head_widths) + 1):
        f = weights[f"head.{j}.weight"][patch].astype(float) @ f + weights[f"head.{j}.bias"][patch]
        if j < len(config.head_widths):
            f = [selu(v) for v in f]
    return [a + b for a, b in zip(q, f, strict=True)] if config.displacement else [*f]


def by_the_book(
    config: NetworkConfig, weights: Mapping[str, np.ndarray], cloud: np.ndarray, z: np.ndarray
) -> np.ndarray:
    """A whole cloud, (M, 3) float64; with M = K·S' + r the first r patches have S' + 1 rows."""
    small, extra = divmod(len(cloud), config.patches)
    patch_of_row = [k for k in range(config.patches) for _ in range(small + (k < extra))]
    rows = zip(cloud.astype(float), patch_of_row, strict=True)
    return np.array([one_point(config, weights, q, z.astype(float), patch) for q, patch in rows])


@pytest.fixture
def random_weights() -> Callable[[NetworkConfig, int], Weights]:
    return draw


@pytest.fixture
def reference() -> Callable[..., np.ndarray]:
    return by_the_book


# Name: patches, points, what differs from a small network with everything on.
CASES: dict[str, tuple[int, int, dict[str, object]]] = {
    "everything on, K divides M": (4, 32, {}),
    "K does not divide M": (4, 35, {}),
    "K = M": (9, 9, {}),
    "one patch": (1, 17, {}),
    "more patches than points": (7, 5, {}),
    "no FiLM": (3, 20, {"film": False}),
    "no Fourier features": (3, 20, {"fourier_octaves": 0}),
    "no displacement": (3, 20, {"displacement": False}),
    "no hidden head layer": (3, 20, {"head_widths": ()}),
    "two hidden head layers": (3, 20, {"head_widths": (8, 8)}),
    "one shared layer": (3, 20, {"shared_widths": (12,)}),
    "one number per cloud": (3, 20, {"latent_size": 1}),
    "the paper's": (
        3,
        20,
        {"film": False, "fourier_octaves": 0, "displacement": False, "shared_widths": (16, 8, 8, 8)},
    ),
}


@pytest.fixture(params=CASES.items(), ids=lambda case: case[0])
def case(request: pytest.FixtureRequest) -> tuple[NetworkConfig, Weights, np.ndarray, np.ndarray]:
    """A configuration, its weights, an input cloud (M, 3) and two latents (2, l)."""
    name, (patches, points, changes) = request.param
    settings: dict = {"latent_size": 5, "shared_widths": (16, 12), "head_widths": (16,), "fourier_octaves": 4}
    config = NetworkConfig(**{**settings, "patches": patches, **changes})
    rng = np.random.default_rng(list(name.encode()))
    cloud = rng.uniform(-1, 1, (points, 3)).astype(np.float32)
    return config, draw(config, 17), cloud, rng.standard_normal((2, config.latent_size)).astype(np.float32)
