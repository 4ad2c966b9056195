"""The decoder of a container as a torch module, for use inside other people's pipelines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from qaadcodec.assignment.patches import patch_offsets
from qaadcodec.config import NetworkConfig
from qaadcodec.model.decoder import chunks
from qaadcodec.model.network import FoldingNetwork, fold


class Decoder(nn.Module):
    """Maps latents to clouds, differentiable in the latents, the weights and the input cloud.

    The weights and the input cloud are parameters, so they can be fine-tuned or frozen with `requires_grad_(False)`;
    offset and scale are float64 buffers.
    """

    offset: Tensor
    scale: Tensor

    def __init__(
        self,
        config: NetworkConfig,
        weights: Mapping[str, npt.NDArray[np.float32]],
        input_cloud: npt.NDArray[np.float32],
        offset: Sequence[float],
        scale: float,
    ) -> None:
        super().__init__()
        self.network = FoldingNetwork(config)
        self.network.load_arrays(weights)
        self.input_cloud = nn.Parameter(torch.from_numpy(np.array(input_cloud, np.float32)))
        self.register_buffer("offset", torch.tensor(list(offset), dtype=torch.float64))
        self.register_buffer("scale", torch.tensor(scale, dtype=torch.float64))

    def forward(self, latents: Tensor) -> Tensor:
        """Decode latents.

        Args:
            latents: (B, l) float32; `archive.latents()` gives those of the archive.

        Returns:
            (B, M, 3) float64 in input units, the rows in the order of the input cloud.
        """
        return self.normalised(latents).double() * self.scale + self.offset

    def normalised(self, latents: Tensor) -> Tensor:
        """The clouds in normalised coordinates, (B, M, 3) float32."""
        network, q = self.network, self.input_cloud
        shared, heads = network.modulated(latents), network.heads()
        places, pieces = [], []
        for patches, positions in chunks(patch_offsets(len(q), network.config.patches)):
            few = torch.from_numpy(patches).to(q.device)
            at = torch.from_numpy(positions).to(q.device)
            pieces.append(fold(network.config, shared, [(w[few], b[few]) for w, b in heads], q[at]))
            places.append(positions.ravel())
        # Patches are evened out by repeated rows; the first place of each row is the one to take.
        first = np.unique(np.concatenate(places), return_index=True)[1]
        return torch.cat(pieces, dim=1)[:, torch.from_numpy(first).to(q.device)]
