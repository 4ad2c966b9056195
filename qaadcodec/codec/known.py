"""Poses of new clouds of an archive, by some clouds that it has and that are unlike each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qaadcodec.archive import ArchiveReader
from qaadcodec.arrays import Singles
from qaadcodec.clouds import Normalisation
from qaadcodec.codec.open import OpenArchive
from qaadcodec.model.numpy_decoder import decode_points
from qaadcodec.progress import Run
from qaadcodec.sets.align import Frame, align_with
from qaadcodec.sets.hubs import HUBS
from qaadcodec.sets.survey import Survey


def frame_of(reader: ArchiveReader, known: Sequence[Singles], found: Survey, run: Run) -> Frame | None:
    """Poses of the new clouds, found by these that the archive has; None where those have no poses."""
    poses, header = reader.poses(), reader.header
    if poses is None:
        return None
    return align_with(known, Frame(Normalisation(np.array(header.offset), header.scale), poses), found, run)


def unlike_clouds(source: OpenArchive) -> list[Singles]:
    """Up to HUBS clouds of an archive that are unlike each other, normalised and aligned, (M, 3)."""
    header, latents = source.header, source.latents()
    return [decode_points(header.network, source.weights, source.input_cloud, latents[i]) for i in unlike(latents)]


def unlike(latents: Singles) -> list[int]:
    """Up to HUBS clouds by their latents (N, l): the one nearest the mean, then each the farthest from those before."""
    chosen = [int(np.square(latents - latents.mean(0)).sum(1).argmin())]
    gaps = np.square(latents - latents[chosen[0]]).sum(1)
    while len(chosen) < min(HUBS, len(latents)):
        chosen.append(int(gaps.argmax()))
        gaps = np.minimum(gaps, np.square(latents - latents[chosen[-1]]).sum(1))
    return chosen
