"""What codes the blocks of latents in coding 4: grid, scale and centre of each dimension (formats/qaad-1.md, "LATS").

It stands once, before the directory, for all blocks. So a cloud that is added costs its own bits and nothing else.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from qaadcodec.archive.coding import ans
from qaadcodec.archive.coding.grids import GRID, pack_grid, to_integers, unpack_grid
from qaadcodec.archive.coding.table_choice import TRIED_FAMILIES, scale_costs
from qaadcodec.archive.coding.tables import FAMILIES, MAX_MAGNITUDE, PRECISION, SCALES, largest, table_of
from qaadcodec.arrays import Doubles, Floats, Integers, Longs, Singles
from qaadcodec.errors import ArchiveError, UsageError

# The distribution common to all dimensions is mixed into that of each, and counts as this many clouds: a few clouds
# tell little of those that will be added.
DOUBT = 4


class Prior(NamedTuple):
    """How latents of l numbers are coded: number d of a latent is (q + centres[d]) · grids[d].

    Attributes:
        family: of the tables.
        grids: (l,), each as `storable` gives it.
        scales: of the tables, (l,).
        centres: (l,).
    """

    family: int
    grids: Doubles
    scales: Longs
    centres: Longs

    @property
    def tables(self) -> Integers:
        """The table of each number: (l,) uint16."""
        return (table_of(self.family, 0) + self.scales).astype(np.uint16)

    def to_bytes(self) -> bytes:
        """1 + 5 l bytes: family, grids, scales, centres."""
        grids = b"".join(pack_grid(float(grid)) for grid in self.grids)
        return bytes([self.family]) + grids + self.scales.astype("u1").tobytes() + self.centres.astype("<i2").tobytes()

    def encode(self, latents: Singles) -> bytes:
        """Latents (n, l) as a block. Numbers that the tables do not hold are clipped.

        Raises:
            UsageError: a number is not finite.
        """
        limits = np.array([largest(int(table)) for table in self.tables])
        integers = to_integers("latents", latents, self.grids, 2 * MAX_MAGNITUDE) - self.centres  # (n, l)
        integers = np.clip(integers, -limits, limits)
        return ans.encode([(integers.T.reshape(-1), np.repeat(self.tables, len(latents)))])

    def decode(self, data: bytes, clouds: int) -> Singles:
        """The latents of a block, (clouds, l) float32.

        Raises:
            ArchiveError: the block is damaged.
        """
        decoder = ans.Decoder(data)
        integers = decoder.take(np.repeat(self.tables, clouds)).reshape(-1, clouds)  # (l, n)
        decoder.finish()
        whole = integers.T + self.centres  # (n, l), below 2^16: the product with the 8 bits of a grid is exact
        return whole.astype(np.float32) * self.grids.astype(np.float32)


def prior_size(latent_size: int) -> int:
    """Bytes of a prior."""
    return 1 + (GRID.size + 3) * latent_size


def parse_prior(data: bytes) -> Prior:
    """The prior from its bytes, `prior_size` of them.

    Raises:
        ArchiveError: what is wrong in it.
    """
    size = (len(data) - 1) // (GRID.size + 3)
    grids = [unpack_grid(data[1 + GRID.size * d : 1 + GRID.size * (d + 1)]) for d in range(size)]
    scales = np.frombuffer(data, dtype="u1", count=size, offset=1 + GRID.size * size).astype(np.int64)
    if data[0] >= FAMILIES:
        raise ArchiveError(f"family {data[0]} of tables, and there are {FAMILIES}")
    if scales.max(initial=0) >= SCALES:
        raise ArchiveError(f"scale {scales.max()} of tables, and there are {SCALES}")
    centres = np.frombuffer(data, dtype="<i2", offset=1 + (GRID.size + 1) * size).astype(np.int64)
    return Prior(data[0], np.array(grids), scales, centres)


def fit_prior(latents: Singles, grids: Floats) -> Prior:
    """The prior that codes latents (N, l), and others of their kind, with few bits on these grids (l,).

    Raises:
        UsageError: a number is not finite, or there are not as many grids as numbers in a latent.
    """
    if grids.shape != latents.shape[1:]:
        raise UsageError(f"grids of shape {grids.shape}, and a latent has {latents.shape[1]} numbers")
    exact = grids.astype(np.float64)
    integers = to_integers("latents", latents, exact, MAX_MAGNITUDE)  # (N, l)
    centres = np.rint(integers.sum(axis=0) / (len(latents) + DOUBT)).astype(np.int64)
    magnitudes = np.minimum(np.abs(integers - centres), MAX_MAGNITUDE)
    fits = []
    for family in TRIED_FAMILIES:
        costs = scale_costs(family, int(magnitudes.max(initial=0)))
        own = np.stack([each[magnitudes].sum(axis=0) for each in costs], axis=1)  # (l, 64)
        common = np.stack([np.minimum(each[magnitudes], PRECISION).mean() for each in costs])  # (64,)
        total = own + DOUBT * common
        fits.append((float(total.min(axis=1).sum()), family, total.argmin(axis=1)))
    _, family, scales = min(fits, key=lambda fit: fit[0])
    return Prior(family, exact, scales, centres)
