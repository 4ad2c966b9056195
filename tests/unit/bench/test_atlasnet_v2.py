"""AtlasNetV2, both kinds: sizes, what patch deformation does with its squares, and that it learns them."""

from __future__ import annotations

import numpy as np
import torch
from atlasnet_v2 import AtlasNetV2, decode, even_patches, patches_for, random_patches


def network(*, deforming: bool, patches: int = 2, latent_size: int = 4) -> AtlasNetV2:
    return AtlasNetV2(latent_size, patches, torch.Generator().manual_seed(0), deforming=deforming)


def test_patches_are_counted_by_what_folds_them() -> None:
    folding = sum(tensor.numel() for tensor in network(deforming=False).parameters())
    assert folding == 2 * ((3 + 4 + 1) * 128 + 3 * 129 * 128 + 129 * 3)
    assert patches_for(folding, 4) == 2
    both = sum(tensor.numel() for tensor in network(deforming=True).parameters())
    assert both - folding == 2 * (3 * 128 + 129 * 128 + 129 * 3)


def test_the_kinds_fold_alike() -> None:
    """The same seed gives both the same folding, so that nothing but the structures differs."""
    plain, deforming = network(deforming=False), network(deforming=True)
    for mine, other in zip(plain.weights, deforming.weights, strict=True):
        assert torch.equal(mine, other)


def test_deformation_looks_at_two_coordinates_and_stays_in_the_cube() -> None:
    deforming = network(deforming=True)
    q = random_patches(40, torch.Generator().manual_seed(1)).reshape(2, 20, 3)
    moved = q + torch.tensor([0.0, 0.0, 5.0])
    latents = torch.ones(3, 4)
    assert torch.equal(deforming(q, latents), deforming(moved, latents))
    assert deforming(q, latents).shape == (3, 40, 3)
    assert deforming.structures is not None
    assert float(deforming.structures(100 * q[..., :2]).detach().abs().max()) <= 1.0


def test_what_makes_the_structures_is_learnt() -> None:
    deforming = network(deforming=True)
    q = random_patches(40, torch.Generator().manual_seed(1)).reshape(2, 20, 3)
    deforming(q, torch.ones(1, 4)).square().sum().backward()
    assert deforming.structures is not None
    assert all(float(tensor.grad.abs().sum()) > 0 for tensor in deforming.structures.parameters())


def test_even_points_fill_the_square_of_every_patch() -> None:
    points = even_patches(515, 2).numpy()
    assert points.shape == (515, 3)
    assert (points[:, 2] == 0).all()
    for patch in (points[:258], points[258:]):
        cells = np.floor((patch[:, :2] + 1) * 4).astype(int)  # 8 by 8
        counts = np.bincount(cells[:, 0] * 8 + cells[:, 1], minlength=64)
        assert counts.min() >= 2
        assert counts.max() <= 7


def test_decoding_keeps_every_point_of_uneven_patches() -> None:
    for deforming in (False, True):
        assert decode(network(deforming=deforming), even_patches(41, 2), torch.ones(4)).shape == (41, 3)
