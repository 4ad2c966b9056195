"""`evaluate`: decoded clouds against their originals, or any two clouds."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from qaadcodec.arrays import Floats, Numbers
from qaadcodec.clouds import CloudSource, find_clouds, read_cloud, resample
from qaadcodec.codec.open import OpenArchive
from qaadcodec.codec.open import open as open_archive
from qaadcodec.errors import CloudError, ThresholdMissed, UsageError
from qaadcodec.metrics.em_kd import em_kd
from qaadcodec.metrics.names import HIGHER_IS_BETTER, MATCHED, METRICS, NEAREST
from qaadcodec.metrics.pair import CloudErrors, asks_for, matched_errors, nearest_errors
from qaadcodec.metrics.rate import bits_per_point, ratio, ratio_paper, raw_bytes
from qaadcodec.progress import Run

Solver: TypeAlias = Callable[[Floats, Floats], tuple[float, float]]
"""EM-kD of two clouds of equal size, and by how much at most it is too high"""


def evaluate(
    archive: str | Path | OpenArchive,
    references: Sequence[str | Path],
    *,
    indices: Sequence[int] = (),
    metrics: Sequence[str] | None = None,
    run: Run | None = None,
) -> Iterator[CloudErrors]:
    """Compare the clouds of an archive with their originals, found by name.

    Args:
        archive: the .qaad file, or one that is open, which stays so.
        references: folders or files with the originals, as for `compress`.
        indices: only these clouds; all for which there is an original when empty.
        metrics: names out of METRICS; all when None.
        run: its listener hears of progress, and of clouds that have no original; its seed draws the subsample that
            EM-kD takes of the larger cloud where counts differ. On its device "cuda", EM-kD is an upper bound, and the
            note of each cloud says by how much at most; on all others it is exact.

    Raises:
        CloudError: an original is missing or unusable; ArchiveError; UsageError for an unknown metric or index.
    """
    wanted, run = chosen_metrics(metrics), run or Run()
    solve = solver(run.device) if asks_for(wanted, MATCHED) else exactly
    with reading(archive) as source:
        found = by_name(source, find_clouds(references))
        if not indices and len(found) < len(source):
            missing = [name for i, name in enumerate(source.names) if i not in found]
            what = f"{len(missing)} of {len(source)} clouds have no original among the references, such as {missing[0]}"
            run.warn(what)
        chosen = [source.absolute_index(i) for i in indices] or sorted(found)
        with run.phase("comparing", len(chosen), "clouds") as phase:
            for i in chosen:
                if i not in found:
                    raise CloudError(
                        f"no original for cloud {i} ({source.names[i]}) among the references",
                        hint="originals are found by name, relative to the folder given",
                    )
                original = found[i].load().points
                yield replace(
                    compare(source.points(i), original, wanted, run.seed, solve), index=i, name=source.names[i]
                )
                phase.advance()


def evaluate_pair(
    a: str | Path, b: str | Path, *, metrics: Sequence[str] | None = None, seed: int = 0, device: str = "cpu"
) -> CloudErrors:
    """Compare two clouds, the second being the original; "-" is stdin. `evaluate` describes seed and device."""
    wanted = chosen_metrics(metrics)
    solve = solver(device) if asks_for(wanted, MATCHED) else exactly
    first, second = read_cloud(a), read_cloud(b)
    return replace(compare(first.points, second.points, wanted, seed, solve), name=first.name)


def reading(archive: str | Path | OpenArchive) -> AbstractContextManager[OpenArchive]:
    """An archive to read from; one that was given open is not closed."""
    return nullcontext(archive) if isinstance(archive, OpenArchive) else open_archive(archive)


def chosen_metrics(metrics: Sequence[str] | None) -> tuple[str, ...]:
    """The metrics asked for, in the order of METRICS; UsageError names an unknown one and lists them all."""
    unknown = [name for name in metrics or () if name not in METRICS]
    if unknown:
        raise UsageError(f"unknown metrics: {', '.join(unknown)}", hint=f"metrics are {', '.join(METRICS)}")
    return METRICS if metrics is None else tuple(name for name in METRICS if name in metrics)


def by_name(source: OpenArchive, references: Sequence[CloudSource]) -> dict[int, CloudSource]:
    """The original of each cloud: the reference of its name, or else of its last part, if only those two have it.

    Raises:
        CloudError: none of the references has the name of a cloud.
    """
    exact = {reference.name: reference for reference in references}
    last: dict[str, list[CloudSource]] = {}
    for reference in references:
        last.setdefault(reference.name.rsplit("/", 1)[-1], []).append(reference)
    found = {i: exact[name] for i, name in enumerate(source.names) if name in exact}
    known, ends = set(source.names), Counter(name.rsplit("/", 1)[-1] for name in source.names)
    for i, name in enumerate(source.names):
        end = name.rsplit("/", 1)[-1]
        candidates = [reference for reference in last.get(end, []) if reference.name not in known]
        if i not in found and len(candidates) == 1 and ends[end] == 1:
            found[i] = candidates[0]
    if not found:
        raise CloudError(
            f"none of {len(references)} references has the name of a cloud: they are named like "
            f"{references[0].name!r}, the clouds like {source.names[0]!r}",
            hint="give the folder that was compressed",
        )
    return found


def exactly(a: Floats, b: Floats) -> tuple[float, float]:
    """EM-kD of two clouds, (M, 3) each, and zero, by which it may be too high."""
    return em_kd(a, b), 0.0


def solver(device: str) -> Solver:
    """How EM-kD is found: exactly on the host, by the auction on a CUDA device.

    Raises:
        EnvironmentFailure: there is no such device; UsageError: it has no float64.
    """
    if device in ("auto", "cpu"):
        return exactly
    if device != "cuda":
        raise UsageError(f"EM-kD is not computed on {device}", hint="--device cpu is exact, --device cuda is quick")
    from qaadcodec.metrics.em_kd_bounds import em_kd_within
    from qaadcodec.training.backend import choose_device

    return partial(em_kd_within, device=choose_device(device))


def compare(decoded: Numbers, original: Numbers, metrics: Sequence[str], seed: int, solve: Solver) -> CloudErrors:
    """The errors of a cloud, which has no name yet, against its original: (m, 3) and (n, 3).

    Where counts differ, EM-kD takes a subsample of the larger cloud; the note says so.
    """
    values: dict[str, float] = {}
    notes = []
    if asks_for(metrics, MATCHED):
        few = min(len(decoded), len(original))
        if len(decoded) != len(original):
            notes.append(f"{len(decoded)} and {len(original)} points: EM-kD on {few}, drawn with seed {seed}")
        matched, gap = solve(resample(decoded, few, seed), resample(original, few, seed))
        if gap > 0:
            notes.append(f"EM-kD may be up to {math.ceil(1000 * gap / matched) / 10} % too high")
        values |= matched_errors(matched, original)
    if asks_for(metrics, NEAREST):
        values |= nearest_errors(decoded, original)
    asked = {key: value for key, value in values.items() if key in metrics}
    return CloudErrors(index=None, name="", points=len(original), note="; ".join(notes) or None, **asked)


def summarise(errors: Sequence[CloudErrors], archive: str | Path | OpenArchive | None) -> dict[str, Any]:
    """Mean, median, p95 and max of every metric over the clouds, and what the archive costs.

    Args:
        errors: of the clouds compared.
        archive: its sizes and ratios are added; the open one that was evaluated, where it came through a pipe; None
            for two clouds.

    Returns:
        The last JSON line of `qaad eval --json`. Statistics may be infinite or NaN, for which JSON has only null.
    """
    summary: dict[str, Any] = {"summary": True, "clouds": len(errors)}
    for name in METRICS:
        values = np.array([v for e in errors if (v := getattr(e, name)) is not None])
        if len(values):
            with np.errstate(invalid="ignore"):  # the mean of infinite values: two equal clouds have infinite PSNR
                statistics = {
                    "mean": values.mean(),
                    "median": np.median(values),
                    "p95": np.percentile(values, 95),
                    "max": values.max(),
                }
            summary[name] = {key: float(value) for key, value in statistics.items()}
    summary["peak"] = "diagonal of the original's bounding box"
    if archive is not None:
        with reading(archive) as source:
            clouds, points, size = len(source), source.header.points, source.size_bytes
            summary |= {
                "archive_clouds": clouds,
                "bytes": size,
                "raw_bytes": raw_bytes(clouds, points),
                "ratio": ratio(clouds, points, size),
                "ratio_paper": ratio_paper(clouds, points, source.header.network),
                "bits_per_point": bits_per_point(clouds, points, size),
            }
    return summary


def check_thresholds(summary: Mapping[str, Any], limits: Mapping[str, float] | Iterable[tuple[str, float]]) -> None:
    """Compare the means of a summary with limits; for d1_psnr, where more is better, the limit is the least.

    Args:
        summary: by `summarise`.
        limits: by metric, or pairs of metric and limit; of several limits of one metric, each has to be kept.

    Raises:
        ThresholdMissed: names every limit that was missed and its metric, with both numbers.
        UsageError: a metric is unknown or was not measured.
    """
    pairs = list(dict.fromkeys(limits.items() if isinstance(limits, Mapping) else limits))
    chosen_metrics([name for name, _ in pairs])
    missed = []
    for name, limit in pairs:
        if name not in summary:
            raise UsageError(f"{name} was not measured, so its limit cannot be checked", hint="add it to --metrics")
        value = summary[name]["mean"]
        if not (value >= limit if name in HIGHER_IS_BETTER else value <= limit):  # NaN misses every limit
            word = "below" if name in HIGHER_IS_BETTER else "above"
            missed.append(f"mean {name} is {value:.6g}, {word} the limit {limit:.6g}")
    if missed:
        raise ThresholdMissed("; ".join(missed))
