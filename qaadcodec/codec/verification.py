"""`verify`: whether a container is whole, and on request whether everything in it decodes."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from qaadcodec.codec.archive import open as open_archive
from qaadcodec.container import Check
from qaadcodec.container import verify as verify_checksums
from qaadcodec.errors import ContainerError


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
    checks = verify_checksums(archive)
    with open_archive(archive) as source:
        size = source.size_bytes
        if decode:
            for i, cloud in enumerate(source):
                if cloud.shape != (source.header.points, 3) or not np.isfinite(cloud).all():
                    bad = int((~np.isfinite(cloud)).any(axis=1).sum())
                    raise ContainerError(
                        f"{archive}: cloud {i} ({source.names[i]}) decodes to {len(cloud)} points, {bad} not finite"
                    )
        return Verification(str(archive), size, checks, len(source) if decode else None)
