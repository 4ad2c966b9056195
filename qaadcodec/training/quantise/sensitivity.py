"""How fine the grid of each tensor has to be, so that rounding costs the same error per number everywhere.

Rounding to a grid of spacing Δ adds noise of variance Δ² / 12, and so c Δ² to the error per number; bits fall by
log2 Δ. E + λ R is least where c Δ² = λ / (2 ln 2) for every number. That is one constant, so tensors that matter more
get finer grids.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from qaadcodec.archive.coding.grids import Grids, storable
from qaadcodec.arrays import Doubles
from qaadcodec.assignment.patches import patch_offsets
from qaadcodec.training.learner import Learner
from qaadcodec.training.sampling import sample_rows

PROBED_CLOUDS, PROBED_POINTS = 4, 4096  # that the displacement of predictions is measured on
NUDGE = 0.02  # width of the noise in a tensor for that, over the root mean square of its values
COARSEST = 4.0  # spacing of a grid, over the root mean square of what it rounds: a tensor of zeros asks for none
LEAST_ERROR = 1e-9  # squared normalised units: clouds that are all alike would ask for ever more bits
PRICE_PER_NUMBER = 2.0 * math.log(2.0)  # λ over the error that rounding costs per number


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """c per number: squared displacement of the predictions, a mean over clouds and points, over the squared spacing.

    Attributes:
        weights: of each tensor by name.
        latents: of each dimension, (l,) float64.
        input_cloud: of a coordinate.
    """

    weights: dict[str, float]
    latents: Doubles
    input_cloud: float


@torch.no_grad()
def sensitivity(learner: Learner, seed: int) -> Sensitivity:
    """Measure it, by uniform noise in one tensor at a time. The learner is unchanged afterwards.

    The displacement is squared before the mean is taken, so the slope of the error plays no part; it is nearly zero.
    """
    network, q, latents = learner.network, learner.input_cloud, learner.latents
    device, rng = latents.device, np.random.default_rng([seed, 12])
    generator = torch.Generator().manual_seed(seed)
    offsets = patch_offsets(len(q), network.config.patches)
    rows = torch.from_numpy(sample_rows(offsets, PROBED_POINTS, rng)).to(device)
    clouds = torch.from_numpy(rng.permutation(len(latents))[:PROBED_CLOUDS]).to(device)
    before = network(q[rows], latents[clouds])

    def moved(tensor: Tensor, part: Tensor) -> float:
        """c of the numbers in a part (a view) of a tensor."""
        width = NUDGE * max(root_mean_square(part), 1e-3)
        held = tensor.clone()
        part.add_((torch.rand(part.shape, generator=generator).to(device) - 0.5) * width)
        gap = torch.square(network(q[rows], latents[clouds]) - before).sum(-1).mean()
        tensor.copy_(held)
        return float(gap) / (width * width * part.numel())

    weights = {name: moved(network[name].data, network[name].data) for name in network.config.tensor_shapes()}
    columns = [moved(latents, latents[:, j]) for j in range(latents.shape[1])]
    return Sensitivity(weights, np.array(columns), moved(q.data, q.data))


def chosen_grids(learner: Learner, error: float, seed: int) -> tuple[Grids, float]:
    """Grids that cost so much error in all, and the price of a bit that goes with them.

    Args:
        error: a mean over points, in squared normalised units, before learning makes up for it.

    Returns:
        The grids, and λ in squared normalised units per bit.
    """
    found, network, latents = sensitivity(learner, seed), learner.network, learner.latents
    numbers = sum(weight.numel() for weight in network.parameters()) + learner.input_cloud.numel() + latents.numel()
    each = max(error, LEAST_ERROR) / numbers

    def spacing(c: float, values: Tensor) -> float:
        coarsest = COARSEST * max(root_mean_square(values), 1e-6)
        return storable(min(math.sqrt(each / c), coarsest) if c > 0 else coarsest)

    grids = Grids(
        weights={name: spacing(c, network[name]) for name, c in found.weights.items()},
        latents=np.array([spacing(c, latents[:, j]) for j, c in enumerate(found.latents)], np.float32),
        input_cloud=spacing(found.input_cloud, learner.input_cloud),
    )
    return grids, PRICE_PER_NUMBER * each


def root_mean_square(values: Tensor) -> float:
    """The root mean square of all values."""
    return float(values.detach().square().mean().sqrt())
