"""`evaluate`: decoded clouds against their originals, or any two clouds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from qaadcodec.assignment.kernels.ready import make_ready
from qaadcodec.clouds import Array, Inputs, PointCloud, find_clouds, read_cloud
from qaadcodec.codec.compare import compare, exactly, solver
from qaadcodec.codec.dense import dense_references, read_surface
from qaadcodec.codec.open import OpenArchive, reading
from qaadcodec.codec.originals import by_name
from qaadcodec.errors import CloudError
from qaadcodec.metrics.names import MATCHED, asks_for, chosen_metrics
from qaadcodec.metrics.pair import CloudErrors
from qaadcodec.progress import Run
from qaadcodec.sets.remarks import Remarks


def evaluate(
    archive: str | Path | OpenArchive,
    references: Inputs,
    *,
    dense: Sequence[str | Path] = (),
    indices: Sequence[int] = (),
    metrics: Sequence[str] | None = None,
    run: Run | None = None,
) -> Iterator[CloudErrors]:
    """Compare the clouds of an archive with their originals, found by name.

    Args:
        archive: the .qaad file, or one that is open, which stays so.
        references: folders, files or arrays with the originals, as for `compress`.
        dense: folders or files with dense samplings of the same surfaces, found by name as the originals are; of
            every cloud that is compared there has to be one. The errors in SURFACE are measured with them alone.
        indices: only these clouds; all for which there is an original when empty.
        metrics: names out of METRICS; all when None, those in SURFACE only where there are dense references.
        run: its listener hears of progress, and of clouds that have no original; its seed draws the subsample that
            EM-kD takes of the larger cloud where counts differ. On its device "cuda", EM-kD is an upper bound, and the
            note of each cloud says by how much at most; on all others it is exact.

    Raises:
        CloudError: an original or dense reference is missing or unusable; ArchiveError; UsageError for an unknown
            metric or index, and for metrics that do not go with `dense`.
    """
    wanted, run = chosen_metrics(metrics, dense=bool(dense)), run or Run()
    solve = solver(run.device) if asks_for(wanted, MATCHED) else exactly
    with reading(archive) as source:
        found = by_name(source, find_clouds(references))
        if not indices and len(found) < len(source):
            missing = [name for i, name in enumerate(source.names) if i not in found]
            what = f"{len(missing)} of {len(source)} clouds have no original among the references, such as {missing[0]}"
            run.warn(what)
        chosen = [source.absolute_index(i) for i in indices] or sorted(found)
        surfaces = dense_references(source, dense, chosen)
        remarks = Remarks()
        if solve is exactly and asks_for(wanted, MATCHED):
            make_ready(run)
        with run.phase("comparing", len(chosen), "clouds") as phase:
            for i in chosen:
                if i not in found:
                    raise CloudError(
                        f"no original for cloud {i} ({source.names[i]}) among the references",
                        hint="originals are found by name, relative to the folder given",
                    )
                original = found[i].load()
                remarks.take(found[i].path, original)
                surface = read_surface(surfaces[i], len(original), remarks) if surfaces else None
                errors = compare(source.points(i), original.points, surface, wanted, run.seed, solve)
                yield replace(errors, index=i, name=source.names[i])
                phase.advance()
        remarks.tell(run)


def evaluate_pair(
    a: str | Path | Array,
    b: str | Path | Array,
    *,
    dense: str | Path | None = None,
    metrics: Sequence[str] | None = None,
    seed: int = 0,
    device: str = "cpu",
) -> CloudErrors:
    """Compare two clouds, files or arrays (M, 3), the second being the original; "-" is stdin.

    Args:
        dense: a dense sampling of the surface; `evaluate` describes metrics, seed and device.
    """
    wanted = chosen_metrics(metrics, dense=dense is not None)
    solve = solver(device) if asks_for(wanted, MATCHED) else exactly
    first, second = read_cloud(a), read_cloud(b)
    surface = None if dense is None else read_surface(dense, len(second))
    errors = compare(first.points, second.points, surface, wanted, seed, solve)
    notes = [
        *_notes(_label(a, "the first cloud"), first),
        *_notes(_label(b, "the second cloud"), second),
        *([errors.note] if errors.note else []),
    ]
    return replace(errors, name=first.name, note="; ".join(notes) or None)


def _label(given: str | Path | Array, otherwise: str) -> str:
    """What notes call a cloud: its path, or something else if it is an array."""
    return str(given) if isinstance(given, str | Path) else otherwise


def _notes(label: str, cloud: PointCloud) -> list[str]:
    """What a reader of the numbers has to know of where a cloud comes from."""
    lost = [f"left out of {label}: {cloud.left_out}"] if any(cloud.left_out) else []
    return [*lost, *(f"{label}: {doubt}" for doubt in cloud.doubts)]
