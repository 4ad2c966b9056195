"""The decoder of an archive as a torch module, for other people's programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from qaadcodec.arrays import Singles
from qaadcodec.assignment.patches import patch_offsets
from qaadcodec.config import NetworkConfig
from qaadcodec.config.network import POSITION
from qaadcodec.model.brought import brought
from qaadcodec.model.network import FoldingNetwork, Layers, fold
from qaadcodec.model.numpy_decoder import CHUNK, chunks

DEVICE_CHUNK = 1 << 18  # points folded together on a GPU, whose launches cost more than its cache saves


class Decoder(nn.Module):
    """Maps latents to clouds, differentiable in the latents, the weights and the input cloud.

    The weights and the input cloud are parameters: they can be fine-tuned, or frozen by `requires_grad_(False)`. Offset
    and scale are plain numbers, applied in float64, or in float32 on devices without it.
    """

    def __init__(
        self,
        config: NetworkConfig,
        weights: Mapping[str, Singles],
        input_cloud: Singles,
        offset: Sequence[float],
        scale: float,
    ) -> None:
        super().__init__()
        self.network = FoldingNetwork(config)
        self.network.load_arrays(weights)
        self.input_cloud = nn.Parameter(torch.from_numpy(np.array(input_cloud, np.float32)))
        self.offset, self.scale = list(offset), scale

    def get_extra_state(self) -> Tensor:
        """Offset and scale, for `state_dict`."""
        return torch.tensor([*self.offset, self.scale], dtype=torch.float64)

    def set_extra_state(self, state: Tensor) -> None:
        """Offset and scale, from a `state_dict`."""
        *self.offset, self.scale = state.tolist()

    def forward(self, latents: Tensor, poses: Tensor | None = None) -> Tensor:
        """Decode latents.

        Args:
            latents: (B, l) float32; `archive.latents()` gives those of the archive.
            poses: (B, 3, 4), each [scale · R | shift] in normalised coordinates; `archive.poses()` gives those of the
                archive. Without them, clouds that were aligned before they were learnt stay so.

        Returns:
            (B, M, C) float64, the coordinates in input units, the rows in the order of the input cloud.
        """
        clouds = self.normalised(latents)
        dtype = torch.float32 if clouds.device.type == "mps" else torch.float64
        others = self.network.config.channels - POSITION  # have no units of length
        clouds = clouds.to(dtype)
        if poses is not None:
            moves = poses.to(clouds)
            placed = clouds[..., :POSITION] @ moves[:, :, :POSITION].transpose(1, 2) + moves[:, None, :, POSITION]
            clouds = torch.cat([placed, clouds[..., POSITION:]], dim=-1)
        scale = torch.tensor([self.scale] * POSITION + [1.0] * others, dtype=dtype, device=clouds.device)
        offset = torch.tensor([*self.offset, *[0.0] * others], dtype=dtype, device=clouds.device)
        return clouds * scale + offset

    def normalised(self, latents: Tensor) -> Tensor:
        """The clouds in normalised coordinates, (B, M, C) float32."""
        return fold_cloud(self.network, self.input_cloud, latents)


def fold_cloud(network: FoldingNetwork, input_cloud: Tensor, latents: Tensor) -> Tensor:
    """The whole input cloud folded for each latent, patch after patch in pieces that suit the device.

    Args:
        input_cloud: Q, (M, 3).
        latents: (B, l), on the same device.

    Returns:
        P̂, (B, M, C), in row order.
    """
    return fold_pieces(network.config, network.modulated(latents), network.heads(), input_cloud)


def fold_pieces(config: NetworkConfig, shared: Layers, heads: Layers, input_cloud: Tensor) -> Tensor:
    """`fold_cloud`, given the layers as `modulated` and `heads` return them."""
    device, batch = input_cloud.device, len(shared[0][0])
    size = CHUNK if device.type == "cpu" else max(CHUNK, DEVICE_CHUNK // batch)
    kept, pieces = [], []
    for patches, positions in chunks(patch_offsets(len(input_cloud), config.patches), size):
        few, at = brought(torch.from_numpy(patches), device), brought(torch.from_numpy(positions), device)
        pieces.append(fold(config, shared, [(w[few], b[few]) for w, b in heads], input_cloud[at]))
        kept.append(np.diff(positions, prepend=-1).ravel() > 0)  # patches are evened out by repeated rows
    whole = torch.cat(pieces, dim=1)
    wanted = np.flatnonzero(np.concatenate(kept))
    return whole if len(wanted) == whole.shape[1] else whole[:, brought(torch.from_numpy(wanted), device)]
