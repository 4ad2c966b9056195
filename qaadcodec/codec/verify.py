"""`verify`: whether an archive is whole, and on request whether everything in it decodes."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from qaadcodec.archive import ArchiveReader, Check, checks_of
from qaadcodec.codec.open import OpenArchive
from qaadcodec.remote.urls import Location, shown


@dataclass(frozen=True, slots=True)
class Verification:
    """What was checked: each part with its place, bytes and CRC-32; and how many clouds were decoded, if asked."""

    path: str
    bytes: int
    checks: tuple[Check, ...]
    decoded: int | None

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def verify(archive: Location, *, decode: bool = False) -> Verification:
    """Check every checksum of an archive; with `decode`, also that every cloud decodes to M finite points.

    Raises:
        ArchiveError: it is damaged; the message names the part, its place and the numbers.
    """
    with ArchiveReader(archive) as reader:
        checks = checks_of(reader)
        decoded = sum(1 for _ in OpenArchive(reader)) if decode else None  # what is not finite is refused there
        return Verification(shown(archive), reader.size_bytes, checks, decoded)
