"""The shape of the network: every tensor of it, and how many numbers those are."""

from __future__ import annotations

from qaadcodec.config import NetworkConfig, parameters


def test_every_tensor_of_the_network() -> None:
    config = NetworkConfig(latent_size=5, patches=7, shared_widths=(11, 13), head_widths=(4,), fourier_octaves=2)
    assert config.encoded_width == 15
    assert list(config.tensor_shapes().items()) == [
        ("shared.0.weight", (11, 15)),
        ("shared.0.bias", (11,)),
        ("shared.0.scale", (11, 5)),
        ("shared.0.shift", (11, 5)),
        ("shared.1.weight", (13, 11)),
        ("shared.1.bias", (13,)),
        ("shared.1.scale", (13, 5)),
        ("shared.1.shift", (13, 5)),
        ("head.0.weight", (7, 4, 16)),
        ("head.0.bias", (7, 4)),
        ("head.1.weight", (7, 3, 4)),
        ("head.1.bias", (7, 3)),
    ]


def test_the_papers_network_shifts_the_first_layer_alone() -> None:
    config = NetworkConfig(
        latent_size=10,
        patches=16,
        shared_widths=(256, 128, 128, 128),
        head_widths=(64,),
        fourier_octaves=0,
        film=False,
        displacement=False,
    )
    shapes = config.tensor_shapes()
    assert [name for name in shapes if name.endswith(("scale", "shift"))] == ["shared.0.shift"]
    assert shapes["shared.0.weight"] == (256, 3)
    assert shapes["head.0.weight"] == (16, 64, 131)
    assert list(NetworkConfig(head_widths=()).tensor_shapes())[-2:] == ["head.0.weight", "head.0.bias"]


def test_its_parameters_are_the_numbers_of_all_tensors() -> None:
    config = NetworkConfig(latent_size=5, patches=3, shared_widths=(10,), head_widths=(), fourier_octaves=0)
    assert parameters(config) == 10 * 3 + 10 + 2 * 10 * 5 + 3 * (3 * 13 + 3)
