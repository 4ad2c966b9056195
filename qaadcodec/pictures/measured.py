"""What is drawn of measured errors: the worst clouds beside their originals, and what archives cost for theirs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from qaadcodec.clouds import one_cloud
from qaadcodec.codec.evaluate import evaluate
from qaadcodec.codec.open import OpenArchive
from qaadcodec.codec.open import open as open_archive
from qaadcodec.errors import UsageError
from qaadcodec.metrics.names import SURFACE
from qaadcodec.metrics.pair import CloudErrors
from qaadcodec.pictures.captions import archive_sentence
from qaadcodec.pictures.charts import Spent
from qaadcodec.pictures.gather import Shown, given, of_archive, shown
from qaadcodec.pictures.ranking import leading, told, value_of, worst_first
from qaadcodec.progress import Run
from qaadcodec.remote.urls import name_of

WORST = 6  # clouds that are drawn


@dataclass(frozen=True, slots=True)
class Measured:
    """Errors, and what is drawn of them.

    Attributes:
        errors: of all clouds, at least one.
        metric: that orders them.
        worst: the worst clouds, worst first.
        source: a sentence on where they come from.
        spent: what archives cost, and their mean errors; empty for two clouds.
    """

    errors: Sequence[CloudErrors]
    metric: str
    worst: list[Shown]
    source: str
    spent: list[Spent]


def measured_of_archive(
    archive: OpenArchive, what: Sequence[str], errors: Sequence[CloudErrors], beside: Sequence[str], run: Run
) -> Measured:
    """The errors of clouds of an archive.

    Args:
        what: the path of the archive, and the references.
        errors: of its clouds, at least one.
        beside: other archives of the same clouds, which are measured here.

    Raises:
        ArchiveError, CloudError, UsageError: another archive does not have these clouds, or cannot be measured so.
    """
    metric = leading(errors)
    worst = worst_first(metric, errors)[:WORST]
    chosen = [each.index for each in worst if each.index is not None]
    clouds = [
        replace(cloud, about=told(metric, each))
        for cloud, each in zip(of_archive(archive, chosen, list(what[1:]), run), worst, strict=True)
    ]
    source = f"The worst {len(clouds)} of {len(errors)}, worst first. {archive_sentence(archive, what[0], len(clouds))}"
    spent = [spent_by(archive, what[0], metric, errors)]
    spent += [spent_beside(path, what[1:], metric, errors, run) for path in beside]
    return Measured(errors, metric, clouds, source, spent)


def measured_of_pair(first: str, second: str, errors: Sequence[CloudErrors]) -> Measured:
    """The error of one cloud against another, by their paths."""
    metric = leading(errors)
    decoded, original = (given(one_cloud(path)) for path in (first, second))
    cloud = shown(errors[0].name, decoded, original, told(metric, errors[0]))
    return Measured(errors, metric, [cloud], f"{name_of(first)} against {name_of(second)}.", [])


def spent_beside(path: str, references: Sequence[str], metric: str, errors: Sequence[CloudErrors], run: Run) -> Spent:
    """What another archive costs, measured on the clouds of the same names."""
    if metric in SURFACE:
        raise UsageError(f"--beside compares by errors against the originals, and {metric} is none of them")
    with open_archive(path) as archive:
        chosen = [archive.index_of(each.name) for each in errors]
        found = list(evaluate(archive, list(references), indices=chosen, metrics=[metric], run=run))
        return spent_by(archive, path, metric, found)


def spent_by(archive: OpenArchive, path: str, metric: str, errors: Sequence[CloudErrors]) -> Spent:
    """What an archive costs, and its mean error."""
    mean = sum(value_of(metric, each) for each in errors) / len(errors)
    return Spent(name_of(path), archive.size_bytes / len(archive), mean)
