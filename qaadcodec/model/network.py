"""The folding network in torch, for training: shared layers modulated by the latent, one head per patch."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from qaadcodec.arrays import Singles
from qaadcodec.config import NetworkConfig
from qaadcodec.config.network import POSITION

Layers = list[tuple[Tensor, Tensor]]


class FoldingNetwork(nn.Module):
    """g(l, Q): folds points of the input cloud into the cloud that a latent stands for (paper section 3.3, eq. 16).

    The same maths as `numpy_decoder`, which is the one that decodes; here it is batched and differentiable.
    """

    def __init__(self, config: NetworkConfig, generator: torch.Generator | None = None) -> None:
        super().__init__()
        self.config = config
        self.tensors = nn.ParameterDict(
            {key(name): nn.Parameter(initial(name, shape, generator)) for name, shape in config.tensor_shapes().items()}
        )
        if config.displacement:  # P̂ = Q at the start, so that Greedy needs no warm-up
            with torch.no_grad():
                self[f"head.{len(config.head_widths)}.weight"].zero_()

    def __getitem__(self, name: str) -> Tensor:
        tensor: Tensor = self.tensors[key(name)]
        return tensor

    def get(self, name: str) -> Tensor | None:
        """The tensor of that name, or None where this architecture has none."""
        return self[name] if key(name) in self.tensors else None

    def arrays(self) -> dict[str, Singles]:
        """All tensors as float32 arrays, by the names of `NetworkConfig.tensor_shapes`."""
        return {name: self[name].detach().float().cpu().numpy().copy() for name in self.config.tensor_shapes()}

    def load_arrays(self, arrays: Mapping[str, Singles]) -> None:
        """Take over the tensors that `arrays` returned, or that an archive holds."""
        with torch.no_grad():
            for name in self.config.tensor_shapes():
                self[name].copy_(torch.from_numpy(np.array(arrays[name], np.float32)))

    def modulated(self, latents: Tensor) -> Layers:
        """The shared layers with the latents folded in, once per cloud and not per point.

        (1 + S l) ⊙ (W h + b) + T l is one product with another W and b. The first layer on the concatenation of
        point and latent (paper section 3.3) is the case without S.

        Args:
            latents: (B, l).

        Returns:
            Per layer the weights (B, out, in) and biases (B, out).
        """
        layers: Layers = []
        for i in range(len(self.config.shared_widths)):
            weight, bias = self[f"shared.{i}.weight"][None], self[f"shared.{i}.bias"][None]
            if (scale := self.get(f"shared.{i}.scale")) is not None:
                factor = 1.0 + latents @ scale.t()
                weight, bias = weight * factor[:, :, None], bias * factor
            if (shift := self.get(f"shared.{i}.shift")) is not None:
                bias = bias + latents @ shift.t()
            layers.append((weight.expand(len(latents), -1, -1), bias.expand(len(latents), -1)))
        return layers

    def heads(self) -> Layers:
        """The patch heads: per layer the weights (K, out, in) and biases (K, out)."""
        count = len(self.config.head_widths) + 1
        return [(self[f"head.{j}.weight"], self[f"head.{j}.bias"]) for j in range(count)]

    def forward(self, q: Tensor, latents: Tensor) -> Tensor:
        """Fold the same s points of every patch for each of B clouds.

        Args:
            q: (K, s, 3), points of the input cloud.
            latents: (B, l).

        Returns:
            P̂, (B, K·s, C), patch by patch.
        """
        return fold(self.config, self.modulated(latents), self.heads(), q)


def fold(config: NetworkConfig, shared: Layers, heads: Layers, q: Tensor) -> Tensor:
    """The network on points (K, s, 3), given its layers as `modulated` and `heads` return them; (B, K·s, C)."""
    patches, s, _ = q.shape
    batch = len(shared[0][0])
    h = encode_input(q.reshape(-1, POSITION), config.fourier_octaves).expand(batch, -1, -1)  # (B, K·s, ·)
    for weight, bias in shared:
        h = functional.selu(torch.baddbmm(bias[:, None, :], h, weight.transpose(1, 2)))
    features = h.reshape(batch, patches, s, -1).transpose(0, 1).reshape(patches, batch * s, -1)
    points = q[:, None].expand(-1, batch, -1, -1).reshape(patches, batch * s, POSITION)
    f = torch.cat([features, points], dim=2)
    for j, (weight, bias) in enumerate(heads):  # one grouped product for all patches
        f = torch.baddbmm(bias[:, None, :], f, weight.transpose(1, 2))
        if j + 1 < len(heads):
            f = functional.selu(f)
    if config.displacement:
        f = f + functional.pad(points, (0, config.channels - POSITION))
    return f.reshape(patches, batch, s, -1).transpose(0, 1).reshape(batch, patches * s, -1)


def encode_input(q: Tensor, octaves: int) -> Tensor:
    """γ(q): the point, then sin(π 2^j q) and cos(π 2^j q) of its coordinates per octave; (m, 3 + 6·octaves)."""
    parts = [q]
    for j in range(octaves):
        half_turns = q * 2.0**j
        angle = (half_turns - 2.0 * (half_turns * 0.5).detach().round()) * math.pi
        parts += [angle.sin(), angle.cos()]
    return torch.cat(parts, dim=-1)


def initial(name: str, shape: tuple[int, ...], generator: torch.Generator | None) -> Tensor:
    """LeCun normal weights, which SELU asks for (Klambauer et al. 2017); biases and FiLM scales start at zero."""
    if name.endswith(("bias", "scale")):
        return torch.zeros(shape)
    return torch.randn(shape, generator=generator) / math.sqrt(shape[-1])


def key(name: str) -> str:
    """The tensor's name in the module, where dots mean nesting."""
    return name.replace(".", "_")
