"""Reading an archive. Opening it checks the frame and the header; each section is checked when it is read."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from functools import cached_property
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np

from qaadcodec.archive.archive import Archive
from qaadcodec.archive.byte_source import Source
from qaadcodec.archive.caps import check_caps
from qaadcodec.archive.coding.codings import CODINGS, ENTROPY_ID, POINTS_ID, decode_arrays
from qaadcodec.archive.contents import INPUT_CLOUD, LATENTS, NAMES, POSES, WEIGHTS, known_sections
from qaadcodec.archive.faults import check_crc, locating
from qaadcodec.archive.frame import PREAMBLE, Section, read_frame
from qaadcodec.archive.header import Header
from qaadcodec.archive.latent_blocks import LatentBlocks
from qaadcodec.archive.sections.input_cloud import decode_axes, decode_input_cloud
from qaadcodec.archive.sections.names import decode_names
from qaadcodec.archive.sections.poses import GROUP, HEAD, Poses, decode_group, parse_head
from qaadcodec.archive.sections.weights import decode_weights
from qaadcodec.arrays import Integers, Longs, Singles
from qaadcodec.errors import UsageError
from qaadcodec.remote.urls import Location


class ArchiveReader:
    """An archive that is open: its header is read at once, each section when it is asked for. A context manager.

    Attributes:
        name: what messages call the file.
        size_bytes: length of the whole file.
        version: (major, minor) of the format.
        header: what the file says of the set; checked.
        sections: the section table, in the order of the file.
        frame: all that stands outside the sections, with its checksums.

    Raises, in every method:
        ArchiveError: what was read is damaged; the message has the file, the section, the byte and the numbers. What
            was not read may be damaged too: `verify` reads everything.
        EnvironmentFailure: the machine cannot read the file.
    """

    def __init__(self, source: Location | BinaryIO) -> None:
        self._source = Source(source)
        self.name, self.size_bytes = self._source.name, self._source.size
        try:
            self.frame = read_frame(self._source)
            self.version, self.sections = self.frame.version, self.frame.sections
            with locating(self.name, f"header at byte {PREAMBLE.size}"):
                self.header = Header.from_json(self.frame.header)
            self._by_tag = known_sections(self.name, self.sections)
            with locating(self.name, f"header at byte {PREAMBLE.size}"):
                check_caps(self.header, {s.tag: s.coding for s in self.sections}, self.size_bytes)
        except BaseException:
            self.close()
            raise

    def weights(self) -> dict[str, Singles]:
        """All tensors of the network, float32, by name."""
        section, data = self._section(WEIGHTS)
        shapes = list(self.header.network.tensor_shapes().items())
        with locating(self.name, section):
            if section.coding == ENTROPY_ID:
                return decode_weights(data, shapes)
            return decode_arrays(data, shapes, CODINGS[section.coding])

    def input_cloud(self) -> Singles:
        """Q: (M, 3) float32, in normalised coordinates, patch by patch."""
        section, data = self._section(INPUT_CLOUD)
        with locating(self.name, section):
            if section.coding == POINTS_ID:
                return decode_input_cloud(data, self.header.points, self.header.network.patches)
            return decode_axes(data, self.header.points, CODINGS[section.coding])

    def latents(self, indices: Sequence[int] | Integers | None = None) -> Singles:
        """Rows of L, (n, l) float32, in the order of the indices; all of them for None.

        Only the blocks that hold these indices are read.

        Raises:
            UsageError: an index is outside 0 .. N - 1.
        """
        blocks = self.blocks  # checked before there is room for N of anything: the header may say any N
        return blocks.rows(self._wanted(indices))

    def poses(self, indices: Sequence[int] | Integers | None = None) -> Poses | None:
        """Where these clouds lie, in the order of the indices; all of them for None. None where none has a pose.

        Only the groups that hold these indices are read.

        Raises:
            UsageError: an index is outside 0 .. N - 1.
        """
        if POSES not in self._by_tag:
            return None
        section, clouds = self._by_tag[POSES], self.header.clouds
        with locating(self.name, section):
            start = self._source.read(section.offset, min(HEAD.size, section.length))
            head = parse_head(start, section.length, clouds)  # the length then bounds N
        wanted = self._wanted(indices)
        group_of = wanted // GROUP
        groups = sorted(set(group_of.tolist()))
        read = []
        for group in groups:
            at, size = head.place(group, clouds)
            with locating(self.name, f"{section}, group {group}"):
                read.append(decode_group(self._source.read(section.offset + at, size), head))
        if not read:
            return Poses.of(head.kind, [], head.exponent)
        whole = Poses.joined(read)
        return whole.rows(np.searchsorted(groups, group_of) * GROUP + wanted % GROUP)

    @property
    def remark(self) -> str:
        """What there is to tell of the way the file was read; "" where there is nothing."""
        return self._source.remark

    @property
    def names(self) -> tuple[str, ...]:
        """The name of each cloud."""
        return self._names_and_counts[0]

    @property
    def counts(self) -> tuple[int, ...]:
        """Points that each cloud had before it was resampled to M."""
        return self._names_and_counts[1]

    def archive(self) -> Archive:
        """Everything, in memory."""
        return Archive(
            self.header,
            self.weights(),
            self.input_cloud(),
            self.latents(),
            self.names,
            self.counts,
            self.poses(),
        )

    def section(self, tag: str) -> Section:
        """The line of the section table with that tag; those of contents.py that are not optional are always there."""
        return self._by_tag[tag]

    def raw_section(self, section: Section) -> bytes:
        """A section's bytes as they stand in the file, checked against their CRC-32."""
        data = self._source.read(section.offset, section.length, f"section {section.tag}")
        check_crc(self.name, section, zlib.crc32(data), section.crc32)
        return data

    @cached_property
    def blocks(self) -> LatentBlocks:
        """The latents, block by block; their directory is read and checked once."""
        return LatentBlocks(self._source, self._by_tag[LATENTS], self.header)

    def raw_block(self, block: int) -> tuple[int, bytes]:
        """The number of clouds in a block of latents, and its bytes as they stand in the file, checked."""
        return self.blocks.raw(block)

    def close(self) -> None:
        """Close the file, if a path was given."""
        self._source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _wanted(self, indices: Sequence[int] | Integers | None) -> Longs:
        """The indices as an array, all of them for None; UsageError where one is no cloud."""
        wanted = np.arange(self.header.clouds) if indices is None else np.asarray(indices, dtype=np.int64).reshape(-1)
        if np.any(outside := (wanted < 0) | (wanted >= self.header.clouds)):
            index = int(wanted[np.argmax(outside)])
            raise UsageError(f"{self.name}: no cloud {index}: indices are 0 to {self.header.clouds - 1}")
        return wanted

    def _section(self, tag: str) -> tuple[Section, bytes]:
        return self._by_tag[tag], self.raw_section(self._by_tag[tag])

    @cached_property
    def _names_and_counts(self) -> tuple[tuple[str, ...], tuple[int, ...]]:
        section, data = self._section(NAMES)
        with locating(self.name, section):
            return decode_names(data, self.header.clouds, self.header.points)
