"""An archive as bytes. It is encoded once, and can then be measured, decoded and written."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from typing import BinaryIO, Self

from qaadcodec.archive.archive import Archive
from qaadcodec.archive.caps import least_bytes
from qaadcodec.archive.frame import MAX_HEADER_BYTES, Payload, assemble
from qaadcodec.archive.header import Header
from qaadcodec.archive.reader import ArchiveReader
from qaadcodec.errors import UsageError

FILL = "fill"  # an ancillary section of zeros, where a file would be too short for what it holds
FIXED = ("clouds", "points", "network", "offset", "scale", "dtype")  # the sections are decoded by these


@dataclass(frozen=True, slots=True)
class Encoded:
    """Encoded sections under a header that can still be changed: to encode takes long, to change a header does not.

    Attributes:
        header: what the file will say of the set.
        sections: in the order of the file.
    """

    header: Header
    sections: tuple[Payload, ...]

    def with_header(self, header: Header) -> Encoded:
        """The same sections under a header with other bounds, errors, writer, preset, seed or epochs.

        Raises:
            UsageError: it differs in clouds, points, network, offset, scale or dtype, which the sections depend on.
        """
        for key in FIXED:
            if getattr(header, key) != getattr(self.header, key):
                raise UsageError(f"{key} is {getattr(self.header, key)}, and cannot become {getattr(header, key)}")
        return replace(self, header=header)

    @classmethod
    def of_bytes(cls, data: bytes) -> Self:
        """The archive of a whole file; ArchiveError where it is none."""
        with ArchiveReader(io.BytesIO(data)) as reader:
            sections = (Payload(s.tag, s.coding, reader.raw_section(s)) for s in reader.sections if s.tag != FILL)
            return cls(reader.header, tuple(sections))

    def __bytes__(self) -> bytes:
        """The whole file."""
        return b"".join(self._pieces())

    def __len__(self) -> int:
        """Bytes of the whole file."""
        return sum(len(piece) for piece in self._pieces())

    def reader(self) -> ArchiveReader:
        """A reader of the file that would be written."""
        return ArchiveReader(io.BytesIO(bytes(self)))

    def decoded(self) -> Archive:
        """The archive that a reader of the file gets."""
        with self.reader() as reader:
            return reader.archive()

    def write(self, stream: BinaryIO) -> int:
        """Write the file to a binary stream, which need not be able to seek.

        Returns:
            The bytes that were written.

        Raises:
            UsageError: the header takes more bytes than the format allows.
        """
        pieces = self._pieces()
        for piece in pieces:
            stream.write(piece)
        return sum(len(piece) for piece in pieces)

    def _pieces(self) -> list[bytes]:
        text = self.header.to_json()
        if len(text) > MAX_HEADER_BYTES:
            raise UsageError(f"the header takes {len(text)} bytes, and may take {MAX_HEADER_BYTES}")
        pieces = list(assemble(text, self.sections))
        least = least_bytes(self.header, {section.tag: section.coding for section in self.sections})
        missing = least - sum(len(piece) for piece in pieces)
        if missing <= 0:
            return pieces
        return list(assemble(text, (*self.sections, Payload(FILL, 0, bytes(missing)))))
