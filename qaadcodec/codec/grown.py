"""What `encode` returns, of an archive to which it has added clouds or of one that was there already."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from qaadcodec.archive import ArchiveReader, storable_names
from qaadcodec.archive.contents import INPUT_CLOUD, WEIGHTS
from qaadcodec.codec.already import other_names
from qaadcodec.metrics.names import ADDED
from qaadcodec.metrics.sampled import SAMPLE
from qaadcodec.progress import Run
from qaadcodec.sets.looks.finding import Finding

KEPT = (WEIGHTS, INPUT_CLOUD)  # sections that stay as they are


@dataclass(frozen=True, slots=True)
class EncodeSummary:
    """What was added. Sizes in bytes; `em_kd` in squared input units, `em_kd_root` in input units, of a sample.

    `n_em_kd` is None of an archive that was there already: its header does not have that of added clouds.

    `interrupted`: it was stopped before all of the new clouds were fitted, and `unfitted` of them were left out;
    `skipped`, `points_left_out`, `files_left_out` and `findings` are as for `compress`.
    """

    path: str
    added: int
    clouds: int
    points: int
    bytes_out: int
    bytes_added: int
    em_kd: float
    em_kd_root: float
    n_em_kd: float | None
    sample: int
    seconds: float
    interrupted: bool
    unfitted: int
    skipped: tuple[tuple[str, str], ...]
    points_left_out: tuple[tuple[str, int], ...]
    files_left_out: tuple[str, ...]
    findings: tuple[Finding, ...]

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    @classmethod
    def of_archives(cls, before: ArchiveReader, grown: ArchiveReader, path: str, run: Run) -> EncodeSummary:
        """What is told of an archive that is whole, and of which another one is the beginning."""
        header, error = grown.header, grown.header.errors[ADDED]
        added = header.clouds - before.header.clouds
        return cls(
            path=path,
            added=added,
            clouds=header.clouds,
            points=header.points,
            bytes_out=grown.size_bytes,
            bytes_added=grown.size_bytes - before.size_bytes,
            em_kd=error,
            em_kd_root=math.sqrt(error),
            n_em_kd=None,
            sample=min(SAMPLE, added),
            seconds=run.seconds,
            interrupted=False,
            unfitted=0,
            skipped=(),
            points_left_out=(),
            files_left_out=(),
            findings=(),
        )


def difference(before: ArchiveReader, grown: ArchiveReader, names: Sequence[str], *, skip_bad: bool) -> str | None:
    """What in an archive is not as `encode` would make it of another, as the rest of a sentence; None if nothing is.

    Args:
        before: the archive that clouds are added to.
        names: of the clouds of the inputs.
        skip_bad: whether some of them may be missing.
    """
    old, new = before.header, grown.header
    if old.network != new.network or any(before.section(tag).crc32 != grown.section(tag).crc32 for tag in KEPT):
        return f"and has another network or input cloud than {before.name}"
    if grown.names[: old.clouds] != before.names or ADDED not in new.errors:
        return f"and is not {before.name} with clouds added"
    wanted = storable_names([*before.names, *names])[old.clouds :]
    return other_names(grown.names[old.clouds :], wanted, skip_bad=skip_bad)
