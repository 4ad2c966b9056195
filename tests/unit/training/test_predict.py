"""P̂ of whole clouds in training is what a reader of the archive decodes."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from qaadcodec.config import NetworkConfig
from qaadcodec.model.network import FoldingNetwork
from qaadcodec.model.numpy_decoder import decode_points
from qaadcodec.training.predict import predict

CASES = {
    "ours": NetworkConfig(latent_size=4, patches=5, shared_widths=(16, 8), head_widths=(6,), fourier_octaves=3),
    "the paper's": NetworkConfig(
        latent_size=4,
        patches=3,
        shared_widths=(16, 8),
        head_widths=(8, 8),
        fourier_octaves=0,
        film=False,
        displacement=False,
    ),
    "a patch per point": NetworkConfig(latent_size=2, patches=101, shared_widths=(8,), head_widths=()),
    "one patch": NetworkConfig(latent_size=2, patches=1, shared_widths=(8,), head_widths=(4,)),
}


@pytest.mark.parametrize("config", CASES.values(), ids=CASES.keys())
@pytest.mark.parametrize("points", [101, 9001])  # within one chunk, and over several, with patches of unequal size
def test_it_is_the_numpy_decoder(config: NetworkConfig, points: int) -> None:
    generator = torch.Generator().manual_seed(0)
    network = FoldingNetwork(config, generator)
    with torch.no_grad():
        for tensor in network.parameters():
            tensor += 0.2 * torch.randn(tensor.shape, generator=generator)
    q = torch.rand(points, 3, generator=generator) * 2 - 1
    latent = torch.randn(config.latent_size, generator=generator)
    found = predict(network, q.requires_grad_(), latent)
    expected = decode_points(config, network.arrays(), q.detach().numpy(), latent.numpy())
    assert found.dtype == np.float32
    assert np.abs(expected - q.detach().numpy()).max() > 0.01
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-5 * np.abs(expected).max())
