"""Encoding archives, and adding clouds to them. The same archive always gives the same bytes."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from qaadcodec.archive.archive import Archive
from qaadcodec.archive.coding.codings import (
    CODINGS,
    DEFLATE_ID,
    ENTROPY_ID,
    POINTS_ID,
    POSES_ID,
    by_name,
    encode_arrays,
)
from qaadcodec.archive.coding.grids import Grids
from qaadcodec.archive.contents import INPUT_CLOUD, LATENTS, NAMES, POSES, WEIGHTS
from qaadcodec.archive.encoded import Encoded
from qaadcodec.archive.frame import Payload
from qaadcodec.archive.header import MAX_CLOUDS, Header
from qaadcodec.archive.reader import ArchiveReader
from qaadcodec.archive.sections.input_cloud import encode_axes, encode_input_cloud
from qaadcodec.archive.sections.latents import assemble_blocks, encode_blocks
from qaadcodec.archive.sections.names import encode_names
from qaadcodec.archive.sections.poses import Poses, encode_poses
from qaadcodec.archive.sections.prior import fit_prior
from qaadcodec.archive.sections.weights import encode_weights
from qaadcodec.arrays import Singles
from qaadcodec.config import CodingConfig
from qaadcodec.config.coding import MAX_CODED
from qaadcodec.errors import UsageError


def encode(archive: Archive, coding: CodingConfig | Grids, *, numbers: str = "uniform") -> Encoded:
    """Encode an archive. If what is decoded of the result is encoded again, it gives the same bytes.

    Args:
        archive: what is encoded.
        coding: the grids of all numbers, or the bits of weights, latents and input cloud. With grids, weights and
            latents are entropy-coded, and the points of the input cloud change places within their patches.
        numbers: with bits, the name of the coding of all three: "uniform", "float16" or "float32". The latter two do
            not use the bits.

    Raises:
        UsageError: a number is not finite or out of the coding's range.
    """
    header = archive.header
    sections = _with_grids(archive, coding) if isinstance(coding, Grids) else _with_bits(archive, coding, numbers)
    names = Payload(NAMES, DEFLATE_ID, encode_names(archive.names, archive.counts, header.points))
    return Encoded(header, (*sections, *_poses(archive.poses), names))


class NewClouds(NamedTuple):
    """Clouds to be added to an archive."""

    latents: Singles
    """(n, l) float32"""
    names: tuple[str, ...]
    """all different, and none of them in the archive"""
    counts: tuple[int, ...]
    """points that each had before it was resampled to M"""
    poses: Poses | None = None
    """where each lies, with the spacing of the old ones, if the archive has poses"""


def extend(reader: ArchiveReader, new: NewClouds) -> Encoded:
    """An archive with more clouds behind the old ones, which decode exactly as before.

    Weights, input cloud and the old blocks of latents are checked and copied byte for byte. The new clouds go into new
    blocks, in the coding of the old ones. Entropy-coded latents stay on the same grids, and numbers that their tables
    do not hold are clipped. Sections that are not known are left out, since they may describe what changes here.

    Args:
        reader: the archive to extend.
        new: what is added.

    Raises:
        UsageError: a name, a count, a shape or the poses do not fit.
        ArchiveError: the old archive is damaged.
    """
    old, latents = reader.header, new.latents
    if latents.ndim != 2 or latents.shape[1] != old.network.latent_size or latents.dtype != np.float32:
        raise UsageError(f"latents are {latents.dtype} {latents.shape}, not float32 (n, {old.network.latent_size})")
    if not len(latents) == len(new.names) == len(new.counts):
        raise UsageError(f"{len(latents)} latents, {len(new.names)} names and {len(new.counts)} counts")
    check_extendable(reader, len(latents))
    poses = reader.poses()
    if (poses is None) != (new.poses is None) or (new.poses is not None and len(new.poses) != len(latents)):
        have = ["none" if which is None else str(len(which)) for which in (poses, new.poses)]
        raise UsageError(f"poses: the archive has {have[0]}, and {len(latents)} new clouds have {have[1]}")
    both = None if poses is None or new.poses is None else poses.followed_by(new.poses)
    kept = [reader.section(tag) for tag in (WEIGHTS, INPUT_CLOUD)]
    names = encode_names(reader.names + new.names, reader.counts + new.counts, old.points)
    return Encoded(
        replace(old, clouds=old.clouds + len(latents)),
        (
            *(Payload(section.tag, section.coding, reader.raw_section(section)) for section in kept),
            Payload(LATENTS, reader.section(LATENTS).coding, _longer(reader, latents)),
            *_poses(both),
            Payload(NAMES, DEFLATE_ID, names),
        ),
    )


def check_extendable(reader: ArchiveReader, more: int) -> None:
    """Check that an archive can hold so many more clouds, before anything is made of them.

    Raises:
        UsageError: it cannot.
    """
    count = reader.header.clouds + more
    if count > MAX_CLOUDS:
        raise UsageError(f"{reader.name}: it would hold {count} clouds, and can hold {MAX_CLOUDS}")
    if reader.blocks.prior is not None:
        _check_count(count, reader.header)


def _longer(reader: ArchiveReader, latents: Singles) -> bytes:
    """The latents section of an archive, with new blocks for these latents (n, l)."""
    old, prior = [reader.raw_block(b) for b in range(len(reader.blocks))], reader.blocks.prior
    if prior is not None:
        return assemble_blocks([*old, *encode_blocks(latents, prior)], prior.to_bytes())
    bits = old[-1][1][0]  # the first byte of a uniform array; the float codings do not use it
    return assemble_blocks([*old, *encode_blocks(latents, CODINGS[reader.section(LATENTS).coding], bits)])


def _poses(poses: Poses | None) -> list[Payload]:
    """The section of the poses, or no section."""
    return [] if poses is None else [Payload(POSES, POSES_ID, encode_poses(poses))]


def _with_bits(archive: Archive, coding: CodingConfig, numbers: str) -> list[Payload]:
    kind = by_name(numbers)
    return [
        Payload(WEIGHTS, kind.id, encode_arrays(_tensors(archive), kind, coding.weight_bits)),
        Payload(INPUT_CLOUD, kind.id, encode_axes(archive.input_cloud, kind, coding.input_bits)),
        Payload(LATENTS, kind.id, assemble_blocks(encode_blocks(archive.latents, kind, coding.latent_bits))),
    ]


def _with_grids(archive: Archive, grids: Grids) -> list[Payload]:
    _check_count(archive.header.clouds, archive.header)
    prior = fit_prior(archive.latents, grids.latents)
    cloud = encode_input_cloud(archive.input_cloud, grids.input_cloud, archive.header.network.patches)
    return [
        Payload(WEIGHTS, ENTROPY_ID, encode_weights(_tensors(archive), grids.weights)),
        Payload(INPUT_CLOUD, POINTS_ID, cloud),
        Payload(LATENTS, ENTROPY_ID, assemble_blocks(encode_blocks(archive.latents, prior), prior.to_bytes())),
    ]


def _tensors(archive: Archive) -> list[tuple[str, Singles]]:
    """The weights in the order of the file."""
    return [(name, archive.weights[name]) for name in archive.header.network.tensor_shapes()]


def _check_count(clouds: int, header: Header) -> None:
    if (count := clouds * header.network.latent_size) > MAX_CODED:
        raise UsageError(f"{count} numbers of latents, and at most {MAX_CODED} can be entropy-coded")
