"""What a page tells of an archive: what is in it, and where there are originals, how far its clouds are from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from qaadcodec.codec.evaluate import evaluate
from qaadcodec.codec.inspect import Inspection, inspect
from qaadcodec.codec.open import open as open_archive
from qaadcodec.codec.summarise import summarise
from qaadcodec.codec.verify import verify
from qaadcodec.metrics.pair import CloudErrors
from qaadcodec.page.point_errors import PointErrors, point_errors
from qaadcodec.progress import Run
from qaadcodec.remote.urls import Location, name_of


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of an archive.

    Attributes:
        inspection: what is in it.
        errors: of each of its clouds that has an original, as `qaad eval` gives them.
        summary: their statistics, by metric.
        points: the errors of their points; None without originals.
    """

    inspection: Inspection
    errors: tuple[CloudErrors, ...] = ()
    summary: Mapping[str, Any] = field(default_factory=dict)
    points: PointErrors | None = None


def gather(path: Location, references: Sequence[str], run: Run) -> Told:
    """Look into an archive, and compare its clouds with their originals where these are given.

    Args:
        references: folders or files with the originals, found by name; none for what the archive tells alone.
        run: its listener hears of progress, and of clouds that have no original.

    Raises:
        ArchiveError: it is damaged anywhere; CloudError: an original is unusable, or none has the name of a cloud.
    """
    verify(path)
    inspection = replace(inspect(path), path=name_of(path))  # a page is passed on, and tells nothing of this machine
    if not references:
        return Told(inspection)
    with open_archive(path) as archive:
        errors = tuple(evaluate(archive, list(references), run=run))
        summary = summarise(errors, archive)
        return Told(inspection, errors, summary, point_errors(archive, list(references), errors, run))
