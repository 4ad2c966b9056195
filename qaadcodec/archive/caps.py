"""What a file of so many bytes may ask for (formats/qaad-1.md, "Caps"): small files never make much work.

Entropy-coded numbers may take almost no bytes, so that no length in a file bounds how many there are. The caps grow
with the length of the file, and are far from what a set that was learnt comes to.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from qaadcodec.archive.coding.codings import ENTROPY_ID, POINTS_ID
from qaadcodec.archive.contents import INPUT_CLOUD, LATENTS, WEIGHTS
from qaadcodec.archive.header import Header
from qaadcodec.config.network import parameters, steps_per_point
from qaadcodec.errors import ArchiveError

FREE_CLOUDS, CLOUDS_PER_BYTE = 1 << 16, 1
FREE_NUMBERS, NUMBERS_PER_BYTE = 1 << 18, 64
FREE_STEPS, STEPS_PER_BYTE = 1 << 33, 1 << 20


class Claim(NamedTuple):
    """How many there are of something, and how many there may be in a file of any size and for each of its bytes."""

    asked: int
    what: str
    free: int
    per_byte: int

    @property
    def least_bytes(self) -> int:
        """The length from which on a file may claim this."""
        return max(0, -(-(self.asked - self.free) // self.per_byte))


def claims(header: Header, codings: Mapping[str, int]) -> list[Claim]:
    """What a file asks for, by its header and the coding of each of its sections."""
    network = header.network
    numbers = [
        (WEIGHTS, ENTROPY_ID, parameters(network), "entropy-coded weights"),
        (INPUT_CLOUD, POINTS_ID, header.points, "coded points"),
        (LATENTS, ENTROPY_ID, header.clouds * network.latent_size, "entropy-coded numbers of latents"),
    ]
    return [
        Claim(header.clouds, "clouds", FREE_CLOUDS, CLOUDS_PER_BYTE),
        *(Claim(n, what, FREE_NUMBERS, NUMBERS_PER_BYTE) for tag, id, n, what in numbers if codings.get(tag) == id),
        Claim(header.points * steps_per_point(network), "steps to decode a cloud", FREE_STEPS, STEPS_PER_BYTE),
    ]


def least_bytes(header: Header, codings: Mapping[str, int]) -> int:
    """The length that a file must have for all that it asks for."""
    return max(claim.least_bytes for claim in claims(header, codings))


def check_caps(header: Header, codings: Mapping[str, int], size: int) -> None:
    """Refuse a file of that size that asks for too much.

    Raises:
        ArchiveError: names what, and how much there may be.
    """
    for claim in claims(header, codings):
        if size < claim.least_bytes:
            most = claim.free + claim.per_byte * size
            raise ArchiveError(f"{claim.asked} {claim.what}, and in {size} bytes there may be {most}")
