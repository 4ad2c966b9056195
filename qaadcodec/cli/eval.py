"""`qaad eval`: how far decoded clouds are from their originals, or one cloud from another."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qaadcodec.cli.eval_inputs import files_of, hint_at_pipe, is_archive, two_clouds
from qaadcodec.cli.eval_metrics import chosen_metrics
from qaadcodec.cli.options import (
    Ways,
    debug_option,
    force_option,
    json_option,
    path_type,
    quiet_option,
    seed_option,
    ways,
)
from qaadcodec.cli.options import limit as parse_limit
from qaadcodec.cli.output import put
from qaadcodec.cli.voice import say
from qaadcodec.errors import CloudError, UsageError
from qaadcodec.metrics.names import METRICS

if TYPE_CHECKING:
    from qaadcodec.codec.open import OpenArchive
    from qaadcodec.metrics.pair import CloudErrors


@click.command("eval")
@click.argument("what", metavar="ARCHIVE REFERENCE... | DECODED ORIGINAL", nargs=-1, required=True)
@click.option(
    "--metrics",
    multiple=True,
    metavar="NAME,...",
    help=f"Only these of {', '.join(METRICS)}.  [default: all]",
)
@click.option(
    "-i",
    "--index",
    "indices",
    type=int,
    multiple=True,
    metavar="I",
    help="Only the cloud at this place of the archive; repeatable.  [default: all]",
)
@click.option("--csv", "table_file", type=path_type(), metavar="FILE", help="Also write a CSV table, a row per cloud.")
@click.option(
    "--fail-above",
    "limits",
    type=parse_limit,
    multiple=True,
    metavar="METRIC=VALUE",
    help="Exit code 5 when the mean of that metric is above the value (PSNR: below it); repeatable.",
)
@ways(
    seed_option("Seed of the subsample that EM-kD draws from the larger of two unequal clouds."),
    click.option(
        "--device",
        type=click.Choice(("cpu", "cuda")),
        default="cpu",
        help="Where EM-kD is computed: exactly on the CPU, or quickly on a GPU, with a bound.  [default: cpu]",
    ),
    force_option,
    quiet_option,
    json_option("A line for each cloud and one for the summary"),
    debug_option,
)
def command(
    what: tuple[str, ...],
    metrics: tuple[str, ...],
    indices: tuple[int, ...],
    table_file: Path | None,
    limits: tuple[tuple[str, float], ...],
    ways: Ways,
) -> None:
    """Compare decoded clouds with their originals.

    Each cloud of ARCHIVE is compared with the REFERENCE of its name; or one cloud with another, the second being the
    original. REFERENCE is a folder or files, as the INPUT of compress; of two clouds, one may be - for stdin. Distances
    are in the units of the originals: em_kd, chamfer and augmented_chamfer are mean squared distances, em_kd_root is
    the root of em_kd, n_em_kd is em_kd over the variance of the original, hausdorff is a distance; d1_psnr (point to
    point) and d2_psnr (point to plane) are in dB with the diagonal of the original's bounding box as peak.

    \b
    Example:
      qaad eval scans.qaad scans/ --csv errors.csv --fail-above n_em_kd=0.002
      qaad eval a.ply b.ply --json
      qaad decode scans.qaad --index 3 -o - | qaad eval - original.ply
    """
    from qaadcodec.codec.evaluate import evaluate
    from qaadcodec.codec.open import open as open_archive
    from qaadcodec.codec.summarise import summarise
    from qaadcodec.codec.thresholds import check_thresholds
    from qaadcodec.progress import Run
    from qaadcodec.report.errors import errors_csv, errors_lines, notes_of
    from qaadcodec.report.jsonlines import json_line
    from qaadcodec.report.progress.reporting import reporting

    wanted = chosen_metrics(metrics, limits)
    if table_file is not None:
        from qaadcodec.files import preflight, protect

        preflight(table_file, ways.force)
        protect(files_of(what), table_file)

    opened: AbstractContextManager[OpenArchive | None] = nullcontext()
    if is_archive(what[0]):
        if len(what) < 2:
            raise UsageError(f"{what[0]}: nothing to compare it with", hint="name the originals: a folder, or files")
        opened = open_archive(what[0])
    else:
        first, second = two_clouds(what)
        if indices:
            raise UsageError("--index goes with an archive, not with two clouds", hint=hint_at_pipe(first))

    errors: list[CloudErrors] = []
    # Lines of results and a live display would write over each other.
    silent = ways.quiet or (ways.as_json and sys.stdout.isatty())
    with opened as archive, reporting(quiet=silent) as listener:
        results: Iterable[CloudErrors]
        if archive is not None:
            run = Run(listener=listener, seed=ways.seed, device=ways.device)
            results = evaluate(archive, what[1:], indices=indices, metrics=wanted, run=run)
        else:
            results = [compared(first, second, wanted, ways)]
        for each in results:
            errors.append(each)
            if ways.as_json:
                put([json_line(each.to_dict())])
        summary = summarise(errors, archive)
    if ways.as_json:
        put([json_line(summary)])
        for note in notes_of(errors):
            say(note, quiet=ways.quiet)
    else:
        put(errors_lines(errors, summary))
    if table_file is not None:
        write_csv(table_file, errors_csv(errors), overwrite=ways.force)
    if limits and archive is not None and not indices and summary["clouds"] < summary["archive_clouds"]:
        raise CloudError(
            f"{summary['archive_clouds'] - summary['clouds']} of {summary['archive_clouds']} clouds have no original, "
            "so the limits cannot be checked",
            hint="name all originals, or choose clouds with --index",
        )
    check_thresholds(summary, limits)


def compared(first: str, second: str, metrics: tuple[str, ...] | None, ways: Ways) -> CloudErrors:
    """One cloud against another. Where the first is none and comes through a pipe, it may be an archive."""
    from qaadcodec.codec.evaluate import evaluate_pair

    try:
        return evaluate_pair(first, second, metrics=metrics, seed=ways.seed, device=ways.device)
    except CloudError as error:
        unknown = str(error).startswith(f"{'stdin' if first == '-' else first}: is not a cloud")
        if unknown and (hint := hint_at_pipe(first)):
            raise CloudError(str(error), hint=f"{error.hint}; {hint}") from error
        raise


def write_csv(path: Path, text: str, *, overwrite: bool) -> None:
    """The table as a file, whole or not at all."""
    from qaadcodec.files import atomic_output

    with atomic_output(path, overwrite) as file:
        file.write(text.encode())
