"""All forms of the folding network give the same points: those that the formulas of the format's specification give."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias

import numpy as np
import pytest
import torch

from qaadcodec.arrays import Rows, Singles
from qaadcodec.assignment.patches import patch_offsets
from qaadcodec.config import NetworkConfig
from qaadcodec.model.cpu_pass import cloud_by_cloud
from qaadcodec.model.cpu_threads import Threads
from qaadcodec.model.network import FoldingNetwork
from qaadcodec.model.numpy_decoder import Decoding, decode_points
from qaadcodec.model.torch_decoder import Decoder, fold_cloud

Weights: TypeAlias = dict[str, Singles]
Form: TypeAlias = Callable[[NetworkConfig, Weights, Singles, Singles, Rows], Singles]
TOLERANCE = 1e-5
OFFSET, SCALE = (5e6, -3.0, 0.25), 1.5


def network_of(config: NetworkConfig, weights: Weights) -> FoldingNetwork:
    network = FoldingNetwork(config)
    network.load_arrays(weights)
    return network.requires_grad_(False)


def in_torch(config: NetworkConfig, weights: Weights, q: Singles, latents: Singles, rows: Rows) -> Singles:
    """The network of the training on a device: the same rows of every patch, all clouds at once."""
    return network_of(config, weights)(torch.from_numpy(q[rows]), torch.from_numpy(latents)).numpy()


def on_the_cpu(config: NetworkConfig, weights: Weights, q: Singles, latents: Singles, rows: Rows) -> Singles:
    """The fast pass of the training on the CPU: one cloud after the other, forward and back."""
    targets = torch.zeros(len(latents), rows.size, config.channels)
    with ThreadPoolExecutor(2) as pool:
        threads = Threads(pool, 2, torch.float32)
        network = network_of(config, weights)
        return cloud_by_cloud(network, torch.from_numpy(q[rows]), torch.from_numpy(latents), targets, threads)[
            1
        ].numpy()


def whole_clouds(config: NetworkConfig, weights: Weights, q: Singles, latents: Singles, rows: Rows) -> Singles:
    """Predictions of whole clouds in training, patch after patch."""
    folded = fold_cloud(network_of(config, weights), torch.from_numpy(q), torch.from_numpy(latents))
    return folded.numpy()[:, rows.ravel()]


def decoded(config: NetworkConfig, weights: Weights, q: Singles, latents: Singles, rows: Rows) -> Singles:
    """The decoder in numpy, with what clouds share kept from one to the next."""
    decoding = Decoding(config, weights, q)
    return np.stack([decoding.points(latent)[rows.ravel()] for latent in latents])


def some_rows_decoded(config: NetworkConfig, weights: Weights, q: Singles, latents: Singles, rows: Rows) -> Singles:
    """The decoder in numpy, of these rows alone."""
    return np.stack([decode_points(config, weights, q, latent, rows.ravel()) for latent in latents])


def as_a_module(config: NetworkConfig, weights: Weights, q: Singles, latents: Singles, rows: Rows) -> Singles:
    """The module for other programs, in input units, whose offset and scale are taken off again."""
    clouds = Decoder(config, weights, q, OFFSET, SCALE)(torch.from_numpy(latents)).detach().numpy()[:, rows.ravel()]
    clouds[..., :3] = (clouds[..., :3] - OFFSET) / SCALE
    return clouds


OF_STEPS: list[Form] = [in_torch, on_the_cpu]  # want the same number of rows from every patch
OF_CLOUDS: list[Form] = [whole_clouds, decoded, some_rows_decoded, as_a_module]


@pytest.mark.parametrize("form", OF_STEPS + OF_CLOUDS, ids=lambda form: form.__name__)
def test_every_form_gives_what_the_formulas_say(
    form: Form, case: tuple[NetworkConfig, Weights, Singles, Singles], reference: Callable[..., np.ndarray]
) -> None:
    config, weights, q, latents = case
    rows = np.arange(len(q))[None]
    if form in OF_STEPS:
        offsets = patch_offsets(len(q), config.patches)
        rows = offsets[:-1, None] + np.arange(np.diff(offsets).min())  # (K, s)
        if rows.size == 0:
            pytest.skip("patches without points: there are no steps on them")
    found = form(config, weights, q, latents, rows)
    wanted = np.stack([reference(config, weights, q, latent)[rows.ravel()] for latent in latents])
    assert found.shape == (len(latents), rows.size, config.channels)
    assert np.abs(found - wanted).max() < TOLERANCE
