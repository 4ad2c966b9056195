"""Anchoring: where the coarse network is asked for the rows, so that those of the middle cloud lie where Q has them.

Q is the middle cloud, but nothing holds its rows while the coarse network learns on nearest points: they slide along
the surface, in all clouds alike, and lie densely in one place and thinly in another. Asked elsewhere, for the places
that have come to be those of Q, the same network has rows as evenly spread as the middle cloud's points.
"""

from __future__ import annotations

import torch
from torch import Tensor

from qaadcodec.assignment.registration.nearest import k_nearest
from qaadcodec.config.network import POSITION
from qaadcodec.training.learner import Learner
from qaadcodec.training.predict import predict

STEPS = 8


def anchored(coarse: Learner, middle: int) -> Learner:
    """The same network and latents, with the input cloud that they fold to Q for the middle cloud.

    Solves f(x, z) = q for every row q of Q by x ← x + q - f(x, z), which converges where f hardly stretches, from the
    row that comes nearest to q. Where it does not, as between two layers that the network has laid on each other, the
    best x on the way is kept.

    Args:
        coarse: with Q for its input cloud, (M, 3), on the CPU.
        middle: the cloud that Q was taken from.
    """
    from scipy.spatial import cKDTree

    q, latent = coarse.input_cloud, coarse.latents[middle]

    def folded(cloud: Tensor) -> Tensor:
        return torch.from_numpy(predict(coarse.network, cloud, latent)[:, :POSITION])

    nearest = k_nearest(cKDTree(folded(q).numpy()), q.numpy(), 1)[1][:, 0]
    asked = best = q[torch.from_numpy(nearest)]
    least = torch.full((len(q), 1), torch.inf)
    for _ in range(STEPS):
        gap = q - folded(asked)
        size = gap.square().sum(1, keepdim=True)
        best, least = torch.where(size < least, asked, best), torch.minimum(size, least)
        asked = asked + gap
    return Learner(coarse.network, best, coarse.latents)
