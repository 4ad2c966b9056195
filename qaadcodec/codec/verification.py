"""`verify`: whether a container is whole, and on request whether everything in it decodes."""

from __future__ import annotations

import io
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from qaadcodec.codec.archive import open as open_archive
from qaadcodec.container import Check
from qaadcodec.container import verify as verify_checksums
from qaadcodec.container.source import Source


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


def verify(archive: str | Path, *, decode: bool = False) -> Verification:
    """Check every checksum of a container; with `decode`, also that every cloud decodes to M finite points.

    Raises:
        ContainerError: it is damaged; the message names the part, its place and the numbers.
    """
    whole = archive if os.path.isfile(archive) else Piped(archive)
    checks = verify_checksums(whole)
    with open_archive(whole) as source:
        decoded = sum(1 for _ in source) if decode else None  # one that is not finite is refused where it is decoded
        return Verification(str(archive), source.size_bytes, checks, decoded)


class Piped(io.BytesIO):
    """All that comes through a pipe, under its name: it can be read once, and is needed for the checks and to decode.

    Raises:
        ContainerError: there is nothing of that name, or it is a folder; EnvironmentFailure: it cannot be read.
    """

    def __init__(self, path: str | Path) -> None:
        source = Source(path)
        super().__init__(source.read(0, source.size))
        source.close()
        self.name = source.name
