"""Reading an archive: opening checks its frame, and each part is checked when it is read."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np
import numpy.typing as npt

from qaadcodec.archive.archive import Archive
from qaadcodec.archive.byte_source import Source
from qaadcodec.archive.coding.codings import (
    CODINGS,
    DEFLATE_ID,
    ENTROPY_ID,
    POINTS_ID,
    Array,
    coding_name,
    decode_arrays,
)
from qaadcodec.archive.frame import DAMAGED, PREAMBLE, Section, check_crc, read_frame
from qaadcodec.archive.header import Header
from qaadcodec.archive.sections import latents as blocks
from qaadcodec.archive.sections.input_cloud import decode_input_cloud
from qaadcodec.archive.sections.names import decode_names
from qaadcodec.archive.sections.prior import Prior, parse_prior, prior_size
from qaadcodec.archive.sections.weights import decode_weights
from qaadcodec.config.coding import MAX_CODED
from qaadcodec.errors import ArchiveError, UsageError

WEIGHTS, INPUT_CLOUD, LATENTS, NAMES = "WGTS", "INPT", "LATS", "NAME"
CONTENTS = {WEIGHTS: "weights", INPUT_CLOUD: "input cloud", LATENTS: "latents", NAMES: "names"}
KNOWN_CODINGS = {
    WEIGHTS: {*CODINGS, ENTROPY_ID},
    INPUT_CLOUD: {*CODINGS, POINTS_ID},
    LATENTS: {*CODINGS, ENTROPY_ID},
    NAMES: {DEFLATE_ID},
}


class ArchiveReader:
    """An archive, opened: header at once, sections on demand. A context manager.

    Attributes:
        name: what messages call the file.
        size_bytes: length of the whole file.
        version: (major, minor) of the format.
        header: checked header.
        sections: the section table, in file order.
        frame: all that stands outside the sections, with its checksums.

    Every method raises ArchiveError for what is damaged, naming file, section, byte and numbers; one that was not
    asked for may be damaged still, `verify` reads them all. EnvironmentFailure where the machine will not read.
    """

    def __init__(self, source: str | Path | BinaryIO) -> None:
        self._source = Source(source)
        self.name, self.size_bytes = self._source.name, self._source.size
        self._names: tuple[tuple[str, ...], tuple[int, ...]] | None = None
        self._directory: blocks.Directory | None = None
        self._prior: Prior | None = None
        try:
            self.frame = read_frame(self._source)
            self.version, self.sections = self.frame.version, self.frame.sections
            with self._locating(f"header at byte {PREAMBLE.size}"):
                self.header = Header.from_json(self.frame.header)
            self._by_tag = self._known_sections()
        except BaseException:
            self.close()
            raise

    def weights(self) -> dict[str, Array]:
        """All tensors of the network, float32, by name."""
        section, data = self._section(WEIGHTS)
        shapes = list(self.header.network.tensor_shapes().items())
        with self._locating(section):
            if section.coding == ENTROPY_ID:
                return decode_weights(data, shapes)
            return decode_arrays(data, shapes, CODINGS[section.coding])

    def input_cloud(self) -> Array:
        """Q: (M, 3) float32, normalised coordinates."""
        section, data = self._section(INPUT_CLOUD)
        with self._locating(section):
            if section.coding == POINTS_ID:
                return decode_input_cloud(data, self.header.points, self.header.network.patches)
            axes = decode_arrays(data, [("input cloud", (3, self.header.points))], CODINGS[section.coding])
        return np.ascontiguousarray(axes["input cloud"].T)

    def latents(self, indices: Sequence[int] | npt.NDArray[np.integer] | None = None) -> Array:
        """Rows of L: (n, l) float32, in the order of the indices, all of them for None.

        Only the blocks that hold the indices are read. Raises UsageError, naming the range, for an index outside it.
        """
        directory = self.directory  # before there is room for N of anything: the header may lie
        wanted = np.arange(self.header.clouds) if indices is None else np.asarray(indices, dtype=np.int64).reshape(-1)
        if np.any(outside := (wanted < 0) | (wanted >= self.header.clouds)):
            index = int(wanted[np.argmax(outside)])
            raise UsageError(f"{self.name}: no cloud {index}: indices are 0 to {self.header.clouds - 1}")
        block_of = np.searchsorted(directory.first, wanted, side="right") - 1
        rows = np.empty((len(wanted), self.header.network.latent_size), dtype=np.float32)
        for block in sorted(set(block_of.tolist())):
            here = block_of == block
            rows[here] = self._decoded_block(block)[wanted[here] - directory.first[block]]
        return rows

    @property
    def names(self) -> tuple[str, ...]:
        """Name of each cloud."""
        return self._names_and_counts()[0]

    @property
    def counts(self) -> tuple[int, ...]:
        """Points that each cloud had before it was resampled to M."""
        return self._names_and_counts()[1]

    def archive(self) -> Archive:
        """Everything, in memory."""
        return Archive(self.header, self.weights(), self.input_cloud(), self.latents(), self.names, self.counts)

    def section(self, tag: str) -> Section:
        """The line of the section table for one of the four known tags."""
        return self._by_tag[tag]

    def raw_section(self, section: Section) -> bytes:
        """A section's bytes as they stand in the file, checked."""
        data = self._source.read(section.offset, section.length, f"section {section.tag}")
        check_crc(self._source, str(section), zlib.crc32(data), section.crc32)
        return data

    @property
    def directory(self) -> blocks.Directory:
        """Where the blocks of latents are."""
        if self._directory is None:
            section, latent_size = self._by_tag[LATENTS], self.header.network.latent_size
            with self._locating(section):
                before = prior_size(latent_size) if section.coding == ENTROPY_ID else 0
                if section.length < before + blocks.BLOCK_COUNT.size + blocks.CRC.size:
                    raise ArchiveError("too short for a directory")
                start = self._source.read(section.offset, before + blocks.BLOCK_COUNT.size)
                data = self._source.read(section.offset, blocks.directory_size(start, section.length))
                directory = blocks.parse_directory(data, section.length, self.header.clouds, before)
                if section.coding == ENTROPY_ID:
                    if (count := self.header.clouds * latent_size) > MAX_CODED:
                        raise ArchiveError(f"{count} entropy-coded numbers, and there may be {MAX_CODED}")
                    self._prior = parse_prior(data[:before])
                else:
                    blocks.check_lengths(directory, latent_size, CODINGS[section.coding])
                self._directory = directory
        return self._directory

    @property
    def prior(self) -> Prior | None:
        """What codes the blocks of latents in coding 4; None in other codings."""
        return self._prior if self.directory else None

    def raw_block(self, block: int) -> tuple[int, bytes]:
        """The number of clouds in a block of latents, and its bytes as they stand in the file, checked."""
        directory, section = self.directory, self._by_tag[LATENTS]
        start, end = int(directory.offsets[block]), int(directory.offsets[block + 1])
        data = self._source.read(section.offset + start, end - start, f"block {block} of latents")
        where = f"section {LATENTS}, block {block} at byte {section.offset + start}, {end - start} bytes"
        check_crc(self._source, where, zlib.crc32(data), int(directory.crc32[block]))
        return int(directory.first[block + 1] - directory.first[block]), data

    def close(self) -> None:
        """Close the file, if a path was given."""
        self._source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _known_sections(self) -> dict[str, Section]:
        found = {section.tag: section for section in self.sections}
        for section in self.sections:
            if section.critical and section.tag not in CONTENTS:
                raise ArchiveError(
                    f"{self.name}: {section} is unknown, and needed to decode", hint="a newer qaad may read it"
                )
        for tag, content in CONTENTS.items():
            if tag not in found:
                raise ArchiveError(f"{self.name}: has no section {tag} ({content})", hint=DAMAGED)
            known = KNOWN_CODINGS[tag]
            if found[tag].coding not in known:
                raise ArchiveError(
                    f"{self.name}: {found[tag]} has {coding_name(found[tag].coding)}; "
                    f"this reader knows {', '.join(coding_name(i) for i in sorted(known))} there",
                    hint="a newer qaad may read it",
                )
        return found

    def _section(self, tag: str) -> tuple[Section, bytes]:
        return self._by_tag[tag], self.raw_section(self._by_tag[tag])

    def _decoded_block(self, block: int) -> Array:
        clouds, data = self.raw_block(block)
        section = self._by_tag[LATENTS]
        with self._locating(f"{section}, block {block}"):
            coding = self.prior or CODINGS[section.coding]
            return blocks.decode_block(data, clouds, self.header.network.latent_size, coding)

    def _names_and_counts(self) -> tuple[tuple[str, ...], tuple[int, ...]]:
        if self._names is None:
            section, data = self._section(NAMES)
            with self._locating(section):
                self._names = decode_names(data, self.header.clouds, self.header.points)
        return self._names

    @contextmanager
    def _locating(self, place: object) -> Iterator[None]:
        """Put file and place before the message of what is read here."""
        try:
            yield
        except ArchiveError as error:
            if str(error).startswith(f"{self.name}: "):
                raise
            raise ArchiveError(f"{self.name}: {place}: {error}", hint=error.hint or DAMAGED) from error
