"""What a file of so many bytes may ask for."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from qaadcodec.archive import Archive, ArchiveReader, Grids, Header, encode, storable
from qaadcodec.archive.caps import check_caps, claims, least_bytes
from qaadcodec.config import CodingConfig, NetworkConfig
from qaadcodec.config.network import parameters, steps_per_point
from qaadcodec.errors import ArchiveError

CODED = {"WGTS": 4, "INPT": 5, "LATS": 4}
NETWORK = NetworkConfig(latent_size=2, patches=1, shared_widths=(4,), head_widths=(), fourier_octaves=0, film=False)


def header(clouds: int = 1, points: int = 1, network: NetworkConfig = NETWORK) -> Header:
    box = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
    return Header(clouds=clouds, points=points, dtype="float32", offset=box[0], scale=1.0, bounds=box, network=network)


def test_the_steps_of_a_point() -> None:
    assert steps_per_point(NETWORK) == 4 * (3 + 32) + 3 * (4 + 3 + 32)
    assert steps_per_point(replace(NETWORK, patches=7)) == steps_per_point(NETWORK)
    assert steps_per_point(replace(NETWORK, head_widths=(5,))) == 4 * 35 + 5 * (7 + 32) + 3 * (5 + 32)


WIDE = replace(NETWORK, shared_widths=(8192, 100))


@pytest.mark.parametrize(
    ("asking", "least", "message"),
    [
        (header(clouds=(1 << 16) + 500), 500, "66036 clouds, and in 499 bytes there may be 66035"),
        (header(points=(1 << 18) + 6400), 100, "268544 coded points, and in 99 bytes there may be 268480"),
        (
            header(network=WIDE),
            -(-(parameters(WIDE) - (1 << 18)) // 64),
            f"{parameters(WIDE)} entropy-coded weights, and in",
        ),
        (
            header(clouds=1000, network=replace(NETWORK, latent_size=1000)),
            -(-(1_000_000 - (1 << 18)) // 64),
            "1000000 entropy-coded numbers of latents, and in",
        ),
        (
            header(points=1 << 17, network=replace(NETWORK, shared_widths=(2000,))),
            -(-((1 << 17) * (2000 * 35 + 3 * 2035) - (1 << 33)) >> 20),
            f"{(1 << 17) * (2000 * 35 + 3 * 2035)} steps to decode a cloud, and in",
        ),
    ],
)
def test_a_file_of_that_length_is_taken_and_none_that_is_a_byte_shorter(
    asking: Header, least: int, message: str
) -> None:
    assert least_bytes(asking, CODED) == least
    check_caps(asking, CODED, least)
    with pytest.raises(ArchiveError) as caught:
        check_caps(asking, CODED, least - 1)
    assert str(caught.value).startswith(message)


def test_other_codings_are_bounded_by_the_bytes_that_numbers_take() -> None:
    asking = header(points=1 << 20, network=WIDE)
    assert {claim.what for claim in claims(asking, {"WGTS": 2, "INPT": 1, "LATS": 0})} == {
        "clouds",
        "steps to decode a cloud",
    }


def test_a_file_that_would_be_too_short_is_filled_up(archive_of: Callable[..., Archive]) -> None:
    """A network of zeros takes next to nothing, and is written all the same."""
    network = replace(NETWORK, shared_widths=(600, 600))
    zeros = {name: np.zeros(shape, np.float32) for name, shape in network.tensor_shapes().items()}
    archive = archive_of(header(network=network), zeros)
    grids = Grids(dict.fromkeys(zeros, storable(1.0)), np.ones(2, np.float32), storable(1.0))
    file = io.BytesIO()
    written = encode(archive, grids)
    written.write(file)
    assert len(written) == len(file.getvalue())
    with ArchiveReader(io.BytesIO(file.getvalue())) as reader:
        assert reader.size_bytes >= least_bytes(reader.header, CODED) > 1000
        assert [section.tag for section in reader.sections][-1] == "fill"
        assert reader.weights()["shared.1.weight"].shape == (600, 600)
    assert "fill" not in [s.tag for s in encode(archive, CodingConfig()).reader().sections]


@pytest.fixture
def archive_of() -> Callable[..., Archive]:
    def make(header: Header, weights: dict[str, np.ndarray]) -> Archive:  # type: ignore[type-arg]
        cloud, latents = np.zeros((1, 3), np.float32), np.zeros((1, 2), np.float32)
        return Archive(header, weights, cloud, latents, ("a",), (1,))

    return make
