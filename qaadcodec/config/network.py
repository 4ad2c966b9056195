"""The shape of the folding network."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import ClassVar

from qaadcodec.config.checks import Settings, require

POSITION = 3  # coordinates of a point, the first of its channels
FLOAT32_POSITION = 4 * POSITION  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkConfig(Settings):
    """The folding network (paper sections 3.3 and 4.2): what has to be known to build it, and to decode.

    Attributes:
        latent_size: l, numbers per cloud (`--latent-size`).
        patches: K, each with heads of its own (`--patches`); at most M.
        shared_widths: output widths of the layers that all patches share.
        head_widths: hidden widths of the patch heads; a last layer of one number per channel follows.
        fourier_octaves: octaves of sine and cosine that the network sees of an input point, besides the point; 0 for
            none, as in the paper.
        film: the latent scales and shifts every shared layer; if false, it shifts the first only, as in the paper.
        displacement: the network's output is added to the input point; if false, it is the point, as in the paper.
        channels: C, numbers per point of a cloud; its coordinates are the first three.
    """

    derived: ClassVar[tuple[str, ...]] = ("channels",)

    latent_size: int = 32
    patches: int = 64
    shared_widths: tuple[int, ...] = (256, 128, 128, 128)
    head_widths: tuple[int, ...] = (16,)
    fourier_octaves: int = 4
    film: bool = True
    displacement: bool = True
    channels: int = POSITION

    def __post_init__(self) -> None:
        require(1 <= self.latent_size <= 4096, "latent size", self.latent_size, "from 1 to 4096")
        require(1 <= self.patches <= 65536, "patches", self.patches, "from 1 to 65536")
        for name, widths, fewest in (("shared widths", self.shared_widths, 1), ("head widths", self.head_widths, 0)):
            require(fewest <= len(widths) <= 16, name, widths, f"a list of {fewest} to 16 widths")
            require(all(1 <= w <= 8192 for w in widths), name, widths, "widths from 1 to 8192")
        require(0 <= self.fourier_octaves <= 16, "fourier octaves", self.fourier_octaves, "from 0 to 16")
        require(POSITION <= self.channels <= 64, "channels", self.channels, "from 3 to 64")

    @property
    def encoded_width(self) -> int:
        """Width of the encoded input point: its coordinates, and a sine and cosine of each per octave."""
        return POSITION * (1 + 2 * self.fourier_octaves)

    def tensor_shapes(self) -> dict[str, tuple[int, ...]]:
        """Name and shape of every tensor of the network, in the one order used everywhere.

        `shared.I.weight` is (out, in), `head.J.weight` (K, out, in); `scale` and `shift` are (out, l) and act on the
        latent. Heads see the last shared features, then the input point.
        """
        shapes: dict[str, tuple[int, ...]] = {}
        width = self.encoded_width
        for i, out in enumerate(self.shared_widths):
            shapes[f"shared.{i}.weight"] = (out, width)
            shapes[f"shared.{i}.bias"] = (out,)
            if self.film:
                shapes[f"shared.{i}.scale"] = (out, self.latent_size)
            if self.film or i == 0:
                shapes[f"shared.{i}.shift"] = (out, self.latent_size)
            width = out
        width += POSITION
        for j, out in enumerate((*self.head_widths, self.channels)):
            shapes[f"head.{j}.weight"] = (self.patches, out, width)
            shapes[f"head.{j}.bias"] = (self.patches, out)
            width = out
        return shapes


def steps_per_point(network: NetworkConfig) -> int:
    """Steps that decoding a point takes: its products of a weight and a number, and 32 for each number of a layer.

    32 stands for what an activation costs besides.
    """
    shapes = network.tensor_shapes().items()
    layers = [shape[-2:] for name, shape in shapes if name.endswith(".weight")]
    return sum(out * (width + 32) for out, width in layers)


def parameters(network: NetworkConfig) -> int:
    """Numbers in the network: weights and biases, the input cloud and the latents not among them."""
    return sum(prod(shape) for shape in network.tensor_shapes().values())
