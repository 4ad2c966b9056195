"""Writing an archive: the same archive always gives the same bytes."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import BinaryIO

import numpy as np

from qaadcodec.archive.archive import Archive
from qaadcodec.archive.coding.codings import CODINGS, DEFLATE_ID, ENTROPY_ID, POINTS_ID, Array, by_name, encode_arrays
from qaadcodec.archive.coding.grids import Grids
from qaadcodec.archive.frame import MAX_HEADER_BYTES, assemble
from qaadcodec.archive.header import MAX_CLOUDS, Header
from qaadcodec.archive.reader import INPUT_CLOUD, LATENTS, NAMES, WEIGHTS, ArchiveReader
from qaadcodec.archive.sections.input_cloud import encode_input_cloud
from qaadcodec.archive.sections.latents import assemble_blocks, encode_blocks
from qaadcodec.archive.sections.names import encode_names
from qaadcodec.archive.sections.prior import fit_prior
from qaadcodec.archive.sections.weights import encode_weights
from qaadcodec.config import CodingConfig
from qaadcodec.config.coding import MAX_CODED
from qaadcodec.errors import UsageError


def write_archive(archive: Archive, coding: CodingConfig | Grids, stream: BinaryIO, *, numbers: str = "uniform") -> int:
    """Write an archive to a binary stream, which need not seek.

    Args:
        archive: what is written.
        coding: bits of weights, latents and input cloud, or the grids of them all. With grids weights and latents are
            entropy-coded, and the points of the input cloud change places within their patches.
        stream: takes the bytes, about the size of the file in memory at a time.
        numbers: with bits, name of the coding of all three, "uniform", "float16" or "float32"; the latter two ignore
            the bits.

    Returns:
        Bytes written.

    Raises:
        UsageError: a number is not finite or out of the coding's range.
    """
    header = archive.header
    sections = _with_grids(archive, coding) if isinstance(coding, Grids) else _with_bits(archive, coding, numbers)
    names = (NAMES, DEFLATE_ID, encode_names(archive.names, archive.counts, header.points))
    return _write(stream, header, [*sections, names])


def quantise(archive: Archive, coding: CodingConfig | Grids, *, numbers: str = "uniform") -> Archive:
    """The archive that a reader will get of this one. Quantising twice is quantising once."""
    stream = io.BytesIO()
    write_archive(archive, coding, stream, numbers=numbers)
    with ArchiveReader(stream) as reader:
        return reader.archive()


def extend_archive(
    reader: ArchiveReader,
    latents: Array,
    names: tuple[str, ...],
    counts: tuple[int, ...],
    stream: BinaryIO,
    *,
    header: Header | None = None,
) -> int:
    """Write a copy of an archive with more clouds behind the old ones, which decode exactly as before.

    Weights, input cloud and old blocks of latents are copied byte for byte, each checked; the new clouds go into new
    blocks, coded as the last old one: with the same grids where latents are entropy-coded, and what these cannot hold
    clipped. Sections that are not known are dropped: they may tell of what changes here.

    Args:
        reader: the archive to extend.
        latents: (n, l) float32, rows of the new clouds.
        names, counts: theirs; no name may be there already.
        stream: takes the bytes.
        header: says other things of the set (bounds, errors, writer); its clouds, points, network, offset, scale and
            dtype are those of the old one, with n clouds more. Default: the old one, with n clouds more.

    Returns:
        Bytes written.

    Raises:
        UsageError: a name, count, shape or header does not fit; ArchiveError: the old archive is damaged.
    """
    old = reader.header
    if latents.ndim != 2 or latents.shape[1] != old.network.latent_size or latents.dtype != np.float32:
        raise UsageError(f"latents are {latents.dtype} {latents.shape}, not float32 (n, {old.network.latent_size})")
    if not len(latents) == len(names) == len(counts):
        raise UsageError(f"{len(latents)} latents, {len(names)} names and {len(counts)} counts")
    new = replace(header or old, clouds=old.clouds + len(latents))
    for key in ("points", "network", "offset", "scale", "dtype"):
        if getattr(new, key) != getattr(old, key):
            raise UsageError(f"{reader.name}: {key} is {getattr(old, key)}, and cannot become {getattr(new, key)}")
    check_extendable(reader, len(latents))
    blocks = [reader.raw_block(b) for b in range(len(reader.directory))]
    prior = reader.prior
    if prior is None:
        bits = blocks[-1][1][0]  # the first byte of a uniform array; the float codings ignore it
        blocks += encode_blocks(latents, CODINGS[reader.section(LATENTS).coding], bits)
    else:
        blocks += encode_blocks(latents, prior)
    return _write(
        stream,
        new,
        [
            *(
                (tag, reader.section(tag).coding, reader.raw_section(reader.section(tag)))
                for tag in (WEIGHTS, INPUT_CLOUD)
            ),
            (LATENTS, reader.section(LATENTS).coding, assemble_blocks(blocks, prior.to_bytes() if prior else b"")),
            (NAMES, DEFLATE_ID, encode_names(reader.names + names, reader.counts + counts, new.points)),
        ],
    )


def check_extendable(reader: ArchiveReader, more: int) -> None:
    """UsageError if an archive cannot hold so many clouds more; known before anything is made of them."""
    count = reader.header.clouds + more
    if count > MAX_CLOUDS:
        raise UsageError(f"{reader.name}: it would hold {count} clouds, and can hold {MAX_CLOUDS}")
    if reader.prior is not None:
        _check_count(count, reader.header)


def _with_bits(archive: Archive, coding: CodingConfig, numbers: str) -> list[tuple[str, int, bytes]]:
    kind = by_name(numbers)
    axes = np.ascontiguousarray(archive.input_cloud.T)  # (3, M): one exponent per axis
    return [
        (WEIGHTS, kind.id, encode_arrays(_tensors(archive), kind, coding.weight_bits)),
        (INPUT_CLOUD, kind.id, encode_arrays([("input cloud", axes)], kind, coding.input_bits)),
        (LATENTS, kind.id, assemble_blocks(encode_blocks(archive.latents, kind, coding.latent_bits))),
    ]


def _with_grids(archive: Archive, grids: Grids) -> list[tuple[str, int, bytes]]:
    _check_count(archive.header.clouds, archive.header)
    prior = fit_prior(archive.latents, grids.latents)
    cloud = encode_input_cloud(archive.input_cloud, grids.input_cloud, archive.header.network.patches)
    return [
        (WEIGHTS, ENTROPY_ID, encode_weights(_tensors(archive), grids.weights)),
        (INPUT_CLOUD, POINTS_ID, cloud),
        (LATENTS, ENTROPY_ID, assemble_blocks(encode_blocks(archive.latents, prior), prior.to_bytes())),
    ]


def _tensors(archive: Archive) -> list[tuple[str, Array]]:
    return [(name, archive.weights[name]) for name in archive.header.network.tensor_shapes()]


def _check_count(clouds: int, header: Header) -> None:
    if (count := clouds * header.network.latent_size) > MAX_CODED:
        raise UsageError(f"{count} numbers of latents, and at most {MAX_CODED} can be entropy-coded")


def _write(stream: BinaryIO, header: Header, sections: list[tuple[str, int, bytes]]) -> int:
    text = header.to_json()
    if len(text) > MAX_HEADER_BYTES:
        raise UsageError(f"the header takes {len(text)} bytes, and may take {MAX_HEADER_BYTES}")
    size = 0
    for piece in assemble(text, sections):
        stream.write(piece)
        size += len(piece)
    return size
