"""New clouds as they come back, and what the header of the grown archive says of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from qaadcodec.archive import Header
from qaadcodec.arrays import Doubles, Singles
from qaadcodec.codec.open import OpenArchive
from qaadcodec.metrics.em_kd import em_kd, variance
from qaadcodec.metrics.names import ADDED
from qaadcodec.metrics.sampled import SAMPLE, SampledError, sample_error
from qaadcodec.model.numpy_decoder import decode_points
from qaadcodec.progress import Run
from qaadcodec.sets.gather import Gathered, outer_box
from qaadcodec.version import __version__


@dataclass(frozen=True, slots=True)
class Measured:
    """New clouds as they will decode from their latents.

    Attributes:
        source: the archive.
        gathered: the clouds as they were given.
        stored: their latents as they will be read, (n, l).
    """

    source: OpenArchive
    gathered: Gathered
    stored: Singles

    def original(self, cloud: int) -> Singles:
        """Normalised points, turned as they were given, (M, 3)."""
        return self.gathered.turned(cloud, self.gathered.store.points[cloud])

    def decoded(self, cloud: int) -> Singles:
        """The same of what will be decoded."""
        source = self.source
        points = decode_points(source.header.network, source.weights, source.input_cloud, self.stored[cloud])
        return self.gathered.turned(cloud, points)

    def n_em_kd(self, cloud: int) -> float:
        """EM-kD over the variance of a cloud."""
        spread = variance(truth := self.original(cloud))
        return em_kd(self.decoded(cloud), truth) / spread if spread > 0 else 0.0

    def of_sample(self, run: Run) -> SampledError:
        """The error of a sample of the clouds."""
        count = len(self.stored)
        with run.phase("measuring", min(SAMPLE, count), "clouds") as phase:
            return sample_error(count, self.original, self.decoded, self.source.header.scale, run, phase)


def widened(header: Header, boxes: Doubles, error: SampledError) -> Header:
    """The header with the new clouds in its bounds, and with the error of those that were added last.

    Only their EM-kD is kept: each number in a header takes more bytes than a latent of 32 numbers.
    """
    low, high = outer_box(np.concatenate([np.array(header.bounds)[None], boxes]))
    added = {ADDED: error.to_header()["em_kd"]}
    return replace(
        header,
        bounds=(tuple(low.tolist()), tuple(high.tolist())),
        errors=header.errors | added,
        writer=f"qaad {__version__}",
    )
