"""The latents of an archive that is open: the directory is read once, and any block can then be read by itself."""

from __future__ import annotations

import zlib

import numpy as np

from qaadcodec.archive.byte_source import Source
from qaadcodec.archive.coding.codings import CODINGS, ENTROPY_ID
from qaadcodec.archive.faults import check_crc, locating
from qaadcodec.archive.frame import Section
from qaadcodec.archive.header import Header
from qaadcodec.archive.sections import latents
from qaadcodec.archive.sections.latents import Directory
from qaadcodec.archive.sections.prior import Prior, parse_prior, prior_size
from qaadcodec.arrays import Longs, Singles
from qaadcodec.config.coding import MAX_CODED
from qaadcodec.errors import ArchiveError


class LatentBlocks:
    """The latents section, block by block.

    Attributes:
        directory: where the blocks are.
        prior: what codes them in coding 4; None in other codings.

    Raises, in every method:
        ArchiveError: the directory or a block is damaged, or the section cannot hold N l numbers.
    """

    def __init__(self, source: Source, section: Section, header: Header) -> None:
        self._source, self._section = source, section
        self._latent_size = header.network.latent_size
        self.prior: Prior | None = None
        self._last: tuple[int, Singles] | None = None
        with locating(source.name, section):
            before = prior_size(self._latent_size) if section.coding == ENTROPY_ID else 0
            if section.length < before + latents.BLOCK_COUNT.size + latents.CRC.size:
                raise ArchiveError("too short for a directory")
            start = source.read(section.offset, before + latents.BLOCK_COUNT.size)
            data = source.read(section.offset, latents.directory_size(start, section.length))
            self.directory: Directory = latents.parse_directory(data, section.length, header.clouds, before)
            if section.coding == ENTROPY_ID:
                if (count := header.clouds * self._latent_size) > MAX_CODED:
                    raise ArchiveError(f"{count} entropy-coded numbers, and there may be {MAX_CODED}")
                self.prior = parse_prior(data[:before])
            else:
                latents.check_lengths(self.directory, self._latent_size, CODINGS[section.coding])

    def __len__(self) -> int:
        """The number of blocks."""
        return len(self.directory)

    def raw(self, block: int) -> tuple[int, bytes]:
        """The number of clouds in a block, and its bytes as they stand in the file, checked against their CRC-32."""
        first, offsets = self.directory.first, self.directory.offsets
        start, size = self._section.offset + int(offsets[block]), int(offsets[block + 1] - offsets[block])
        data = self._source.read(start, size, f"block {block} of latents")
        place = f"section {self._section.tag}, block {block} at byte {start}, {size} bytes"
        check_crc(self._source.name, place, zlib.crc32(data), int(self.directory.crc32[block]))
        return int(first[block + 1] - first[block]), data

    def decoded(self, block: int) -> Singles:
        """The latents of a block, (n, l) float32, which are kept: clouds are asked for one by one."""
        if (last := self._last) and last[0] == block:
            return last[1]
        clouds, data = self.raw(block)
        with locating(self._source.name, f"{self._section}, block {block}"):
            coding = self.prior or CODINGS[self._section.coding]
            values = latents.decode_block(data, clouds, self._latent_size, coding)
        self._last = block, values
        return values

    def rows(self, indices: Longs) -> Singles:
        """The latents of these clouds, (n, l) float32; each index is from 0 to N - 1."""
        block_of = np.searchsorted(self.directory.first, indices, side="right") - 1
        rows = np.empty((len(indices), self._latent_size), dtype=np.float32)
        order = np.argsort(block_of, kind="stable")  # block by block, so that the time is linear
        changes = np.flatnonzero(np.diff(block_of[order])) + 1
        for here in np.split(order, changes) if len(order) else []:
            block = int(block_of[here[0]])
            rows[here] = self.decoded(block)[indices[here] - self.directory.first[block]]
        return rows
