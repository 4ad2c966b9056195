"""PointNet, the encoder of the paper's warm-up: from a sample of a cloud to its latent (paper section 4.2)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

WIDTHS = (64, 128, 1024)


class PointNet(nn.Module):
    """f(P) = W max_p MLP(p) + b (Qi et al. 2017), a function of the set of points and not of their order.

    The MLP is 3-64-128-1024 with ReLU between its layers. The largest value of each feature over the points follows,
    then one linear layer. As in AtlasNet, the transforms of input and features of Qi et al. are left out. So are the
    hidden layer after the maximum and the batch norm of AtlasNet's encoder: with batch norm it learnt slower when we
    tried, and a latent should not depend on the other clouds of its batch.
    """

    def __init__(self, latent_size: int, generator: torch.Generator | None = None) -> None:
        """Make an encoder with random weights.

        Args:
            latent_size: l, numbers per cloud.
        """
        super().__init__()
        self.latent_size = latent_size
        sizes = (3, *WIDTHS, latent_size)
        self.weights = nn.ParameterList(
            nn.Parameter(torch.randn(out, width, generator=generator) * math.sqrt(gain / width))
            for width, out, gain in zip(sizes, sizes[1:], (2.0, 2.0, 2.0, 1.0), strict=False)  # He et al. 2015
        )
        self.biases = nn.ParameterList(nn.Parameter(torch.zeros(out)) for out in sizes[1:])

    def forward(self, points: Tensor) -> Tensor:
        """Encode clouds.

        The gradient of a maximum goes to the point that has it. These points are found without gradients, so no
        (B, s, 1024) features have to be kept until backward, and only their rows go through the last layer again.

        Args:
            points: (B, s, 3), normalised.

        Returns:
            Latents, (B, l).
        """
        weight, bias = self.weights[2], self.biases[2]
        hidden = self._hidden(points)
        with torch.no_grad():
            # The values of a feature lie side by side: argmax along the other axis takes longer than the product.
            winners = torch.stack([argmax(weight @ h.t()) for h in hidden])  # (B, 1024)
            winners += torch.arange(len(points), device=points.device)[:, None] * points.shape[1]
        chosen = hidden.flatten(0, 1).index_select(0, winners.flatten())  # by whole rows: quicker back than gather
        features = (chosen.reshape(*winners.shape, -1) * weight).sum(2) + bias
        return functional.linear(features, self.weights[3], self.biases[3])

    def _hidden(self, points: Tensor) -> Tensor:
        """The first two layers, (…, s, 3) to (…, s, 128)."""
        for weight, bias in zip(self.weights[:2], self.biases[:2], strict=True):
            points = functional.relu(functional.linear(points, weight, bias))
        return points


def argmax(values: Tensor) -> Tensor:
    """The column of the largest value of each row, int64; by numpy on the CPU, where torch is slow."""
    if values.device.type == "cpu":
        return torch.from_numpy(values.numpy().argmax(1))
    return values.argmax(1)
