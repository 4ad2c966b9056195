"""The numpy decoder: against the maths point by point, on parts of a cloud, and its few formulas one at a time."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from qaadcodec.config import NetworkConfig
from qaadcodec.model.numpy_decoder import CHUNK, chunks, decode_points
from qaadcodec.model.numpy_layers import LOG2_E, SELU_ALPHA, SELU_SCALE, encode_input, modulated_layers, raised_selu

Case = tuple[NetworkConfig, dict[str, np.ndarray], np.ndarray, np.ndarray]  # and its weights, Q, latents
Draw = Callable[[NetworkConfig, int], dict[str, np.ndarray]]
TOLERANCE = 1e-5


def test_latents_change_the_cloud(case: Case) -> None:
    config, weights, cloud, (first, second) = case
    gap = decode_points(config, weights, cloud, first) - decode_points(config, weights, cloud, second)
    assert np.abs(gap).max() > 0.05


def test_some_rows_are_those_rows_of_all(case: Case) -> None:
    config, weights, cloud, latents = case
    whole = decode_points(config, weights, cloud, latents[0])
    for step in (1, 2, 3, len(cloud)):
        rows = np.arange(step - 1, len(cloud), step)
        assert np.abs(decode_points(config, weights, cloud, latents[0], rows) - whole[rows]).max() < 3e-6


@pytest.mark.parametrize(
    "rows",
    [[], [0], [19], [3], [7, 8, 9], [0, 1, 2, 3, 19], [10, 11, 18, 19], [0, 0, 5, 5, 5]],
    ids=["none", "first", "last", "of patch 0", "one patch", "ends", "later patches", "repeated"],
)
def test_patches_without_a_row_are_passed_over(rows: list[int], random_weights: Draw) -> None:
    config = NetworkConfig(latent_size=3, patches=5, shared_widths=(8,), head_widths=(4,))  # 4 rows each
    weights = random_weights(config, 1)
    cloud = np.random.default_rng(2).uniform(-1, 1, (20, 3)).astype(np.float32)
    latent = np.array([0.5, -1, 2], np.float32)
    whole = decode_points(config, weights, cloud, latent)
    part = decode_points(config, weights, cloud, latent, np.array(rows, np.int64))
    assert part.shape == (len(rows), 3)
    assert np.abs(part - whole[rows]).max(initial=0) < 3e-6


def test_patches_larger_than_a_chunk_are_decoded_in_parts(random_weights: Draw) -> None:
    config = NetworkConfig(latent_size=2, patches=2, shared_widths=(6,), head_widths=(), fourier_octaves=1)
    weights = random_weights(config, 3)
    count = 2 * CHUNK + 1205  # the first patch has one row more than the second
    first = count // 2 + 1
    cloud = np.random.default_rng(4).uniform(-1, 1, (count, 3)).astype(np.float32)
    latent = np.array([1, -1], np.float32)
    whole = decode_points(config, weights, cloud, latent)
    # One row per patch at a time: row i of patch 0 beside row i of patch 1.
    for row in (0, CHUNK - 1, CHUNK, first - 2):
        rows = np.array([row, first + row])
        pair = decode_points(config, weights, cloud[rows], latent)
        assert np.abs(whole[rows] - pair).max() < 3e-6
    last = decode_points(config, weights, cloud[first - 1 : first + 1], latent)[0]
    assert np.abs(whole[first - 1] - last).max() < 3e-6


def test_the_same_call_gives_the_same_bytes(case: Case) -> None:
    config, weights, cloud, latents = case
    kept = {name: tensor.copy() for name, tensor in weights.items()}
    first = decode_points(config, weights, cloud, latents[0])
    assert decode_points(config, weights, cloud, latents[0]).tobytes() == first.tobytes()
    assert all(np.array_equal(weights[name], kept[name]) for name in kept)  # selu works in place, not on these


def test_without_film_the_first_layer_is_that_of_the_concatenation(random_weights: Draw) -> None:
    """Paper section 3.3: W (q, l) + b, with W cut into the columns of q and those of l."""
    config = NetworkConfig(latent_size=4, patches=2, shared_widths=(6, 5), fourier_octaves=0, film=False)
    weights = random_weights(config, 5)
    rng = np.random.default_rng(6)
    q, latent = rng.uniform(-1, 1, (10, 3)).astype(np.float32), rng.standard_normal(4).astype(np.float32)
    together = np.hstack([weights["shared.0.weight"], weights["shared.0.shift"]])  # (6, 3 + 4)
    inputs = np.hstack([q, np.tile(latent, (10, 1))])
    (weight, bias), (second, second_bias) = modulated_layers(config, weights, latent)
    assert q @ weight + bias == pytest.approx(inputs @ together.T + weights["shared.0.bias"], abs=1e-6)
    assert second.T.tolist() == weights["shared.1.weight"].tolist()
    assert second_bias.tolist() == weights["shared.1.bias"].tolist()


def test_film_scales_and_shifts_every_layer(random_weights: Draw) -> None:
    config = NetworkConfig(latent_size=4, patches=2, shared_widths=(6, 5), fourier_octaves=2)
    weights = random_weights(config, 7)
    rng = np.random.default_rng(8)
    latent, h = rng.standard_normal(4).astype(np.float32), rng.standard_normal(15).astype(np.float32)
    for i, (weight, bias) in enumerate(modulated_layers(config, weights, latent)):
        plain = weights[f"shared.{i}.weight"] @ h + weights[f"shared.{i}.bias"]
        factor = 1 + weights[f"shared.{i}.scale"] @ latent
        assert h @ weight + bias == pytest.approx(factor * plain + weights[f"shared.{i}.shift"] @ latent, abs=1e-5)
        h = h[:6]


def test_a_zero_latent_leaves_the_layers_alone(random_weights: Draw) -> None:
    config = NetworkConfig(latent_size=4, patches=2, shared_widths=(6, 5))
    weights = random_weights(config, 9)
    for i, (weight, bias) in enumerate(modulated_layers(config, weights, np.zeros(4, np.float32))):
        assert weight.T.tolist() == weights[f"shared.{i}.weight"].tolist()
        assert bias.tolist() == weights[f"shared.{i}.bias"].tolist()


def test_fourier_features_of_known_angles() -> None:
    root, half = math.sqrt(0.5), 0.5
    found = encode_input(np.array([[half, 0.25, -1.0]], np.float32), 2)[0]
    point, sines, cosines = [half, 0.25, -1.0], [1, root, 0], [0, root, -1]
    doubled_sines, doubled_cosines = [0, 1, 0], [-1, 0, 1]
    assert found == pytest.approx([*point, *sines, *cosines, *doubled_sines, *doubled_cosines], abs=3e-7)
    assert encode_input(np.array([[1.0, 2, 3]], np.float32), 0).tolist() == [[1, 2, 3]]


def test_high_octaves_keep_their_digits() -> None:
    q = np.random.default_rng(10).uniform(-1, 1, (200, 3)).astype(np.float32)
    found = encode_input(q, 16)
    for octave in range(16):
        angle = np.pi * 2.0**octave * q.astype(float)
        here = found[:, 3 + 6 * octave : 9 + 6 * octave]
        assert np.abs(here - np.hstack([np.sin(angle), np.cos(angle)])).max() < 4e-7


def selu(x: np.ndarray) -> None:
    """SELU in place, from the function that the weights before and after make it of."""
    x *= LOG2_E
    raised_selu(x, np.empty_like(x), np.zeros_like(x))
    x[:] = SELU_SCALE * (x / LOG2_E - SELU_ALPHA)


def test_selu_at_known_values() -> None:
    x = np.array([0, 1, 2, -1, -100, -1e-3, math.log(0.5)], np.float32)
    selu(x)
    # λ = 1.0507010 and λ α = 1.7580993; e^-1 - 1 = -0.6321206
    expected = [0, 1.0507010, 2.1014020, -1.1113307, -1.7580993, -0.00175722, -0.8790497]
    assert x == pytest.approx(expected, abs=3e-7)


def test_selu_keeps_mean_zero_and_variance_one() -> None:
    """The fixed point that its two constants were made for (Klambauer et al. 2017)."""
    x = np.random.default_rng(11).standard_normal(400_000).astype(np.float32)
    selu(x)
    assert x.mean(dtype=float) == pytest.approx(0.0, abs=0.01)
    assert x.var(dtype=float) == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize(
    "sizes", [[3, 3, 2], [0, 2, 0, 1], [0, 0], [CHUNK + 1, 1], [3 * CHUNK, 0, CHUNK], [1] * (CHUNK + 3), [CHUNK - 1, 2]]
)
def test_chunks_hold_every_position_in_its_patch(sizes: list[int]) -> None:
    bounds = np.concatenate([[0], np.cumsum(sizes)])
    seen = np.zeros(bounds[-1], np.int64)
    for patches, positions in chunks(bounds):
        assert positions.shape[0] == len(patches)
        assert 0 < positions.size <= CHUNK
        assert (positions >= bounds[patches, None]).all()
        assert (positions < bounds[patches + 1, None]).all()
        seen[np.unique(positions)] += 1
    # Short patches are filled up with their last position, in later chunks too; no other is decoded twice.
    assert (seen >= 1).all()
    assert (np.flatnonzero(seen > 1)[:, None] == bounds[1:] - 1).any(1).all()
