"""What `compress` returns, of a set that it has learnt or of an archive that was there already."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from qaadcodec.archive import ArchiveReader, storable_names
from qaadcodec.codec.already import other_names
from qaadcodec.config import Request
from qaadcodec.metrics.rate import bits_per_point, ratio, ratio_paper, raw_bytes
from qaadcodec.progress import Run
from qaadcodec.sets.looks.finding import Finding


@dataclass(frozen=True, slots=True)
class CompressSummary:
    """What a set became. Sizes in bytes; `em_kd` in squared input units, `em_kd_root` in input units.

    `skipped`: path and reason of each cloud that was left out; `points_left_out`: path and number of the points that
    were left out of each cloud that lost any; `files_left_out`: the files of folders and zips that are not read, by
    their paths; `findings`: what was noticed of the set before it was learnt, and of what it became.
    """

    path: str
    clouds: int
    points: int
    bytes_in: int
    bytes_out: int
    ratio: float
    ratio_paper: float
    bits_per_point: float
    em_kd: float
    em_kd_root: float
    n_em_kd: float
    sample: int
    seconds: float
    epochs: int
    interrupted: bool
    skipped: tuple[tuple[str, str], ...]
    points_left_out: tuple[tuple[str, int], ...]
    files_left_out: tuple[str, ...]
    findings: tuple[Finding, ...]

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    @classmethod
    def of_archive(cls, reader: ArchiveReader, path: str, run: Run) -> CompressSummary:
        """What is told of an archive that is whole; its errors have the digits that a header keeps."""
        header, size = reader.header, reader.size_bytes
        clouds, points, errors = header.clouds, header.points, header.errors
        return cls(
            path=path,
            clouds=clouds,
            points=points,
            bytes_in=raw_bytes(clouds, points),
            bytes_out=size,
            ratio=ratio(clouds, points, size),
            ratio_paper=ratio_paper(clouds, points, header.network),
            bits_per_point=bits_per_point(clouds, points, size),
            em_kd=errors["em_kd"],
            em_kd_root=math.sqrt(errors["em_kd"]),
            n_em_kd=errors["n_em_kd"],
            sample=int(errors["sample"]),
            seconds=run.seconds,
            epochs=header.epochs or 0,
            interrupted=False,
            skipped=(),
            points_left_out=(),
            files_left_out=(),
            findings=(),
        )


def difference(
    reader: ArchiveReader, request: Request, names: Sequence[str], seed: int, *, skip_bad: bool
) -> str | None:
    """What in an archive is not as `compress` would make it, as the rest of a sentence; None if nothing is.

    Nothing is known of the points of its clouds, of the device, nor of the archive that it started from.

    Args:
        names: of the clouds of the inputs.
        skip_bad: whether some of them may be missing.
    """
    header, network = reader.header, reader.header.network
    pairs = (
        ("was learnt by", header.preset, str(request)),
        ("was learnt with the seed", header.seed, seed),
        ("has clouds of so many points:", header.points, request.points),
        ("has a latent size of", network.latent_size, request.latent_size),
        ("has so many patches:", network.patches, request.patches),
    )
    for what, has, wanted in pairs:
        if wanted not in (None, has):
            return f"and {what} {has}, where {wanted} is asked for"
    if not {"em_kd", "n_em_kd", "sample"} <= set(header.errors):
        return "and does not tell its error"
    epochs = request.recipe().training.epochs
    if request.budget_seconds is None and (header.epochs or 0) < epochs:
        return f"and was finished early, after {header.epochs or 0} of {epochs} epochs, without a checkpoint"
    return other_names(reader.names, storable_names(names), skip_bad=skip_bad)
