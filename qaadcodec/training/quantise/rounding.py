"""Learning numbers that will be rounded: straight-through rounding, and the price of their bits.

Minimises E + λ R, where E is the matched error, R the bits of all numbers, and λ the error that a bit is worth
(`sensitivity.chosen_grids`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from qaadcodec.archive.coding.grids import Grids
from qaadcodec.training.exchange import Summed
from qaadcodec.training.learner import Learner

BITS_PER_NAT = 1.0 / math.log(2.0)


class Rounding:
    """Shows rounded numbers to the loss, and adds the gradient of the rate R to that of the loss.

    What the optimiser moves is not rounded. The gradient at the rounded numbers is taken for its own (straight-through
    estimate, Bengio et al. 2013).

    Attributes:
        price: λ, squared normalised units per bit.
    """

    def __init__(self, learner: Learner, grids: Grids, price: float) -> None:
        self.price, device = price, learner.latents.device
        self._learner = learner
        self._weights = [(learner.network[name], grid) for name, grid in grids.weights.items()]
        self._tensors = [*self._weights, (learner.input_cloud, grids.input_cloud)]
        self._latent_grids = torch.from_numpy(grids.latents).to(device)
        self._held = [torch.empty_like(tensor) for tensor, _ in self._tensors]

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Inside, the network and the input cloud are rounded to their grids."""
        with torch.no_grad():
            for (tensor, grid), held in zip(self._tensors, self._held, strict=True):
                held.copy_(tensor)
                tensor.copy_(rounded(tensor, grid))
        try:
            yield
        finally:
            with torch.no_grad():
                for (tensor, _), held in zip(self._tensors, self._held, strict=True):
                    tensor.copy_(held)

    def latents(self, clouds: Tensor) -> Tensor:
        """Rounded latents of some clouds, (B, l)."""
        return rounded(self._learner.latents[clouds], self._latent_grids)

    @torch.no_grad()
    def charge(self) -> None:
        """Add λ dR/dw to the gradients of the network's matrices; its vectors are too short to matter."""
        for weight, grid in self._weights:
            if weight.grad is not None and weight.dim() > 1:
                weight.grad.add_(rate_gradient(weight, grid), alpha=self.price)

    @torch.no_grad()
    def magnitudes(self) -> Tensor:
        """The sum of the magnitudes of the latents in every dimension, (l,)."""
        return self._learner.latents.abs().sum(0)

    @torch.no_grad()
    def charged(self, clouds: Tensor, gradient: Tensor, summed: Summed | None = None) -> Tensor:
        """The gradient of some latents, (B, l), with λ dR/dl added.

        The loss is a mean over the clouds of a step, R a sum over all clouds: so a latent's bits weigh N / B times.

        Args:
            summed: N, B and the sum of `magnitudes` over all ranks; those of this learner and of `clouds` when None.
        """
        table = self._learner.latents
        if summed is None:
            none = torch.zeros(0)
            summed = Summed(len(clouds), len(table), none, self.magnitudes(), none)
        width = summed.more / summed.total + 0.5 * self._latent_grids
        share = self.price * BITS_PER_NAT * summed.total / summed.clouds
        return gradient + torch.sign(table[clouds]) * (share / width)


def rounded(tensor: Tensor, spacing: float | Tensor) -> Tensor:
    """The nearest points of a grid."""
    return torch.round(tensor / spacing) * spacing


def rate_gradient(tensor: Tensor, spacing: float) -> Tensor:
    """dR/dw in bits, R being what the numbers take under a Laplace prior whose width varies by row and by column.

    With b_rc = |w|_r |w|_c / |w|, from the mean magnitudes of a row, of a column and of all, a number takes
    log2(2 b_rc / Δ) + |w| / (b_rc ln 2) bits on a grid of spacing Δ. The derivative at that width is
    sign(w) / (b_rc ln 2). Half a spacing is added to the width: a number that is rounded to zero gets no cheaper by
    being nearer to it.
    """
    size = tensor.abs()
    width = size.mean(-1, keepdim=True) * size.mean(-2, keepdim=True) / size.mean((-1, -2), keepdim=True).add_(1e-30)
    return torch.sign(tensor) * (BITS_PER_NAT / (width + 0.5 * spacing))
