"""`evaluate`: decoded clouds against their originals, or any two clouds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from qaadcodec.assignment.kernels.ready import make_ready
from qaadcodec.clouds import Array, Inputs, PointCloud, find_clouds, one_cloud, read_cloud
from qaadcodec.codec.compare import compare, exactly, solver
from qaadcodec.codec.dense import dense_references, read_surface
from qaadcodec.codec.open import OpenArchive, reading
from qaadcodec.codec.originals import by_name
from qaadcodec.errors import CloudError
from qaadcodec.metrics.names import MATCHED, asks_for, chosen_metrics
from qaadcodec.metrics.pair import CloudErrors
from qaadcodec.progress import Run
from qaadcodec.ranks.turns import in_turns
from qaadcodec.remote.urls import Location, shown
from qaadcodec.sets.remarks import Noticed, Remarks
from qaadcodec.sets.surfaces import taken
from qaadcodec.sets.survey import check_alike

TOGETHER = 4  # clouds that each of several ranks compares before all hear of them; some take longer than others


class Compared(NamedTuple):
    """A cloud that was compared."""

    errors: CloudErrors
    noticed: list[tuple[str, Noticed]]
    """what there is to say of the files that were read, and their paths"""
    drawn: bool
    """whether points were drawn from the surface of the original"""


def evaluate(
    archive: Location | OpenArchive,
    references: Inputs,
    *,
    dense: Sequence[Location] = (),
    indices: Sequence[int] = (),
    metrics: Sequence[str] | None = None,
    run: Run | None = None,
) -> Iterator[CloudErrors]:
    """Compare the clouds of an archive with their originals, found by name.

    Of several ranks, each compares some, and all get all the errors; each has to go through them to the end.

    Args:
        archive: the .qaad file, or one that is open, which stays so.
        references: folders, files or arrays with the originals, as for `compress`.
        dense: folders or files with dense samplings of the same surfaces, found by name as the originals are; of
            every cloud that is compared there has to be one. The errors in SURFACE are measured with them alone.
        indices: only these clouds; all for which there is an original when empty.
        metrics: names out of METRICS; all when None, those in SURFACE only where there are dense references.
        run: its listener hears of progress, and of clouds that have no original; its seed draws the subsample that
            EM-kD takes of the larger cloud where counts differ; its peak is that of PSNRs. On its device "cuda", EM-kD
            is an upper bound, and the note of each cloud says by how much at most; on all others it is exact. As its
            `sample` says, originals with faces are taken as vertices or as points drawn from their surface with its
            seed, the same points that `compress` learns; if it does not say, as in `compress`.

    Raises:
        CloudError: an original or dense reference is missing or unusable; ArchiveError; UsageError for an unknown
            metric or index, and for metrics that do not go with `dense`.
    """
    wanted, run = chosen_metrics(metrics, dense=bool(dense)), run or Run()
    solve = solver(run.device) if asks_for(wanted, MATCHED) else exactly
    with reading(archive) as source:
        originals = find_clouds(references, run.note)
        check_alike(originals, run.ranks)
        found = by_name(source.names, originals)
        if not indices and len(found) < len(source):
            missing = [name for i, name in enumerate(source.names) if i not in found]
            what = f"{len(missing)} of {len(source)} clouds have no original among the references, such as {missing[0]}"
            run.warn(what)
        chosen = [source.absolute_index(i) for i in indices] or sorted(found)
        surfaces = dense_references(source, dense, chosen, run)
        remarks, drawn, many = Remarks(), 0, source.header.points
        equal = all(count == many for count in source.counts)
        if solve is exactly and asks_for(wanted, MATCHED):
            make_ready(run)

        def compared(i: int) -> Compared:
            if i not in found:
                raise CloudError(
                    f"no original for cloud {i} ({source.names[i]}) among the references",
                    hint="originals are found by name, relative to the folder given",
                )
            original = taken(found[i], many, run, equal=equal)
            noticed = [(found[i].path, Noticed.of(original))]
            surface = read_surface(surfaces[i], len(original), noticed) if surfaces else None
            errors = compare(source.points(i), original.points, surface, wanted, run, solve)
            return Compared(replace(errors, index=i, name=source.names[i]), noticed, original.drawn)

        with run.phase("comparing", len(chosen), "clouds") as phase:
            for each in in_turns(chosen, compared, run.ranks, TOGETHER):
                drawn += each.drawn
                for path, noticed in each.noticed:
                    remarks.take(path, noticed)
                yield each.errors
                phase.advance()
        remarks.tell(run)
        if drawn:
            run.note(f"originals with faces: {many} points of each of {drawn} are drawn from its surface")


def evaluate_pair(
    a: Location | Array,
    b: Location | Array,
    *,
    dense: Location | None = None,
    metrics: Sequence[str] | None = None,
    run: Run | None = None,
) -> CloudErrors:
    """Compare two clouds, files or arrays (M, 3), the second being the original; "-" is stdin.

    Args:
        dense: a dense sampling of the surface; `evaluate` describes metrics, and what counts of the run.
    """
    wanted, run = chosen_metrics(metrics, dense=dense is not None), run or Run()
    solve = solver(run.device) if asks_for(wanted, MATCHED) else exactly
    first = read_cloud(a)
    second = taken(one_cloud(b), len(first), run, equal=True)
    surface = None if dense is None else read_surface(dense, len(second))
    errors = compare(first.points, second.points, surface, wanted, run, solve)
    notes = [
        *_notes(_label(a, "the first cloud"), first),
        *_notes(_label(b, "the second cloud"), second),
        *([errors.note] if errors.note else []),
    ]
    return replace(errors, name=first.name, note="; ".join(notes) or None)


def _label(given: Location | Array, otherwise: str) -> str:
    """What notes call a cloud: its path, or something else if it is an array."""
    return shown(given) if isinstance(given, str | Path) else otherwise


def _notes(label: str, cloud: PointCloud) -> list[str]:
    """What a reader of the numbers has to know of where a cloud comes from."""
    lost = [f"left out of {label}: {cloud.left_out}"] if any(cloud.left_out) else []
    drawn = [f"{len(cloud)} points drawn from the surface of {label}"] if cloud.drawn else []
    return [*drawn, *lost, *(f"{label}: {doubt}" for doubt in cloud.doubts)]
