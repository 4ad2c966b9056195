"""AtlasNetV2, the paper's baseline (Deprelle et al. 2019): learnt elementary structures, and an MLP that bends each.

As the paper sets it up (section 4.2): four layers of 128 with SELU and one of 3, nothing shared between patches, a
PointNet encoder, trained on the augmented Chamfer distance, and as many patches as its parameters equal those of ours.

There are two kinds of elementary structures (Deprelle et al., section 3.2). Point translation learns every point of a
patch. Patch deformation, which the paper compares with ("the AtlasNetV2 deformation architecture"), learns an MLP for
each patch that takes random points of a square to points in space; its layers of 128, 128 and 3 with tanh are those of
the authors' code, with SELU as all else here and without batch normalisation, which SELU replaces.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from qaadcodec.assignment.patches import patch_offsets

WIDTHS = (128, 128, 128, 128)
DEFORMING_WIDTHS = (128, 128)
SQUARE = 2  # dimensions of what patch deformation starts from
STEPS = (0.7548776662466927, 0.5698402909980532)  # 1 / g and 1 / g², where g³ = g + 1: points that fill a square evenly


@dataclass(frozen=True)
class Shape:
    """What the training loop asks of a network's config."""

    latent_size: int
    patches: int


class Structures(nn.Module):
    """Patch deformation: the MLPs that take points of a square to the elementary structures."""

    def __init__(self, patches: int, generator: torch.Generator) -> None:
        super().__init__()
        sizes = (SQUARE, *DEFORMING_WIDTHS, 3)
        self.weights = nn.ParameterList(
            nn.Parameter(torch.randn(patches, out, width, generator=generator) / math.sqrt(width))
            for width, out in pairwise(sizes)
        )
        self.biases = nn.ParameterList(nn.Parameter(torch.zeros(patches, 1, out)) for out in sizes[1:])

    def forward(self, square: Tensor) -> Tensor:
        """Points of the structures, (K, s, 3), for points of the square, (K, s, 2)."""
        h = square
        for j, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            h = torch.baddbmm(bias, functional.selu(h) if j else h, weight.transpose(1, 2))
        return torch.tanh(h)


class AtlasNetV2(nn.Module):
    """The decoder. Its patch points are kept outside of it, as the input cloud of our network is.

    Attributes:
        structures: what makes patch points of them in patch deformation, where they lie in a square, with z = 0; None
            for point translation, where they are learnt themselves.
    """

    def __init__(self, latent_size: int, patches: int, generator: torch.Generator, *, deforming: bool = False) -> None:
        super().__init__()
        self.config = Shape(latent_size, patches)
        sizes = (3 + latent_size, *WIDTHS, 3)
        self.weights = nn.ParameterList(
            nn.Parameter(torch.randn(patches, out, width, generator=generator) / math.sqrt(width))  # as ours: LeCun
            for width, out in pairwise(sizes)
        )
        self.biases = nn.ParameterList(nn.Parameter(torch.zeros(patches, out)) for out in sizes[1:])
        self.structures = Structures(patches, generator) if deforming else None

    def forward(self, q: Tensor, latents: Tensor) -> Tensor:
        """Deform the same s points of every patch for each of B clouds, all patches in one grouped product.

        Args:
            q: (K, s, 3), points of the patches.
            latents: (B, l).

        Returns:
            P̂, (B, K·s, 3), patch by patch.
        """
        if self.structures is not None:
            q = self.structures(q[..., :SQUARE])
        patches, s, _ = q.shape
        batch = len(latents)
        first = self.weights[0]
        # W (q, l) = W_q q + W_l l: the second part is the same for every point of a cloud.
        of_points = torch.bmm(q, first[:, :, :3].transpose(1, 2))  # (K, s, out)
        of_latents = torch.einsum("kol,bl->kbo", first[:, :, 3:], latents) + self.biases[0][:, None]
        h = functional.selu(of_points[:, None] + of_latents[:, :, None]).reshape(patches, batch * s, -1)
        for j in range(1, len(self.weights)):
            h = torch.baddbmm(self.biases[j][:, None], h, self.weights[j].transpose(1, 2))
            if j + 1 < len(self.weights):
                h = functional.selu(h)
        return h.reshape(patches, batch, s, 3).transpose(0, 1).reshape(batch, patches * s, 3)


def parameters_of_a_patch(latent_size: int) -> int:
    """Weights and biases of one patch's MLP, without what makes its structure: once learnt, that is points too."""
    sizes = (3 + latent_size, *WIDTHS, 3)
    return sum((width + 1) * out for width, out in pairwise(sizes))


def patches_for(parameters: int, latent_size: int) -> int:
    """The patch count whose MLPs together come nearest to so many parameters; at least one."""
    return max(1, round(parameters / parameters_of_a_patch(latent_size)))


def random_patches(points: int, generator: torch.Generator) -> Tensor:
    """Patch points, uniform on the square [-1, 1]² of the plane z = 0 as AtlasNet's are; (M, 3).

    Point translation starts from them. Patch deformation draws them anew for every step.
    """
    square = torch.rand(points, 2, generator=generator) * 2 - 1
    return torch.cat([square, torch.zeros(points, 1)], dim=1)


def even_patches(points: int, patches: int) -> Tensor:
    """Points that fill the square of every patch evenly (Roberts's R2 sequence), (M, 3): what deformation decodes."""
    sizes = np.diff(patch_offsets(points, patches))
    place = np.concatenate([np.arange(1, size + 1) for size in sizes])
    square = np.outer(place, STEPS) % 1.0 * 2 - 1
    return torch.from_numpy(np.column_stack([square, np.zeros(points)]).astype(np.float32))


@torch.no_grad()
def decode(network: AtlasNetV2, input_cloud: Tensor, latent: Tensor) -> npt.NDArray[np.float32]:
    """The image of all M patch points for one latent (l,), (M, 3) float32."""
    offsets = patch_offsets(len(input_cloud), network.config.patches)
    sizes = np.diff(offsets)[:, None]
    column = np.arange(sizes.max())[None]
    rows = torch.from_numpy(offsets[:-1, None] + np.minimum(column, sizes - 1)).to(input_cloud.device)  # (K, S)
    whole = network(input_cloud[rows], latent[None])[0].cpu().numpy()
    kept: npt.NDArray[np.float32] = whole[(column < sizes).ravel()]
    return kept
