"""`qaad eval`: how far decoded clouds are from their originals, or one cloud from another."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

import click

from qaadcodec.cli.choices import files
from qaadcodec.cli.eval_inputs import files_of, hint_at_pipe, is_archive, one_from_stdin, two_clouds
from qaadcodec.cli.eval_metrics import Asked, asked_options
from qaadcodec.cli.eval_plots import Plots, plots_options
from qaadcodec.cli.indices import IndexCommand, Indices, index_option, resolved
from qaadcodec.cli.options import (
    Ways,
    debug_option,
    force_option,
    json_option,
    location_type,
    log_option,
    quiet_option,
    sample_option,
    seed_option,
    ways,
)
from qaadcodec.cli.output import put, stdout_columns
from qaadcodec.cli.running import started_with
from qaadcodec.cli.voice import say
from qaadcodec.errors import CloudError, UsageError
from qaadcodec.remote.urls import Location, shown

if TYPE_CHECKING:
    from qaadcodec.codec.open import OpenArchive
    from qaadcodec.metrics.pair import CloudErrors


@click.command("eval", cls=IndexCommand)
@click.argument(
    "what", metavar="ARCHIVE REFERENCE... | DECODED ORIGINAL", nargs=-1, required=True, shell_complete=files
)
@asked_options
@index_option("Only the clouds at these places of the archive: 0 7 42, or 0,7,42, or 0:8.  [default: all]")
@click.option(
    "--csv", "table_file", type=location_type(), metavar="FILE", help="Also write a CSV table, a row per cloud."
)
@plots_options
@ways(
    seed_option("Seed of what is drawn: points of surfaces, and EM-kD's subsample of the larger of two clouds."),
    click.option(
        "--device",
        type=click.Choice(("cpu", "cuda")),
        default="cpu",
        help="Where EM-kD is computed: exactly on the CPU, or quickly on a GPU, with a bound.  [default: cpu]",
    ),
    sample_option("vertices where originals have as many as the decoded clouds, else surface"),
    force_option,
    quiet_option,
    json_option("A line for each cloud and one for the summary"),
    log_option,
    debug_option,
)
def command(
    what: tuple[str, ...],
    asked: Asked,
    indices: Indices,
    table_file: Location | None,
    plots: Plots,
    ways: Ways,
) -> None:
    """Compare decoded clouds with their originals.

    Each cloud of ARCHIVE is compared with the REFERENCE of its name; or one cloud with another, the second being the
    original. REFERENCE is a folder or files, as the INPUT of compress; of two clouds, one may be - for stdin. Distances
    are in the units of the originals: em_kd, chamfer and augmented_chamfer are mean squared distances, em_kd_root is
    the root of em_kd, n_em_kd is em_kd over the variance of the original, hausdorff is a distance; d1_psnr (point to
    point) and d2_psnr (point to plane) are in dB with the diagonal of the original's bounding box as peak.

    With --dense, off_rms, off_p99 and off_max are from the decoded points to the surface, cover_rms, cover_p99 and
    cover_max from the surface to the decoded points, in spacings of the original's points; stray is the share of
    decoded points more than 2 spacings off the surface.

    \b
    Example:
      qaad eval scans.qaad scans/ --csv errors.csv --fail-above n_em_kd=0.002
      qaad eval scans.qaad scans/ --dense scans-dense/ --fail-above stray=0.01
      qaad eval scans.qaad scans/ --plots plots/ --beside smaller.qaad
      qaad eval a.ply b.ply --json
      qaad decode scans.qaad --index 3 -o - | qaad eval - original.ply
    """
    from qaadcodec.codec.evaluate import evaluate
    from qaadcodec.codec.open import open as open_archive
    from qaadcodec.codec.summarise import summarise
    from qaadcodec.codec.thresholds import check_thresholds
    from qaadcodec.progress import Finished, Run
    from qaadcodec.report.errors import errors_csv, errors_lines, notes_of
    from qaadcodec.report.jsonlines import json_line
    from qaadcodec.report.progress.reporting import reporting

    one_from_stdin((*what, *asked.dense))
    if table_file is not None:
        from qaadcodec.files import preflight, protect

        preflight(table_file, ways.force)
        protect(files_of((*what, *asked.dense)), table_file)
    plots.prepare((*what, *asked.dense), overwrite=ways.force)

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
    with opened as archive, reporting(quiet=silent, log=ways.log, start=started_with()) as listener:
        results: Iterable[CloudErrors]
        run = Run(listener=listener, seed=ways.seed, device=ways.device, sample=ways.sample)
        if archive is not None:
            chosen = resolved(indices, len(archive), what[0])
            results = evaluate(archive, what[1:], dense=asked.dense, indices=chosen, metrics=asked.metrics, run=run)
        else:
            results = [compared(first, second, asked, ways)]
        for each in results:
            errors.append(each)
            if ways.as_json:
                put([json_line(each.to_dict())])
        summary = summarise(errors, archive)
        if archive is not None:
            measured = plots.of_archive(archive, what, errors, run)
        else:
            measured = plots.of_pair(first, second, errors)
        listener(Finished(summary))
    if ways.as_json:
        put([json_line(summary)])
        for note in notes_of(errors):
            say(note, quiet=ways.quiet)
    else:
        put(errors_lines(errors, summary, width=stdout_columns()))
    if table_file is not None:
        write_csv(table_file, errors_csv(errors), overwrite=ways.force)
    plots.write(measured, overwrite=ways.force)
    if asked.limits and archive is not None and not indices and summary["clouds"] < summary["archive_clouds"]:
        raise CloudError(
            f"{summary['archive_clouds'] - summary['clouds']} of {summary['archive_clouds']} clouds have no original, "
            "so the limits cannot be checked",
            hint="name all originals, or choose clouds with --index",
        )
    check_thresholds(summary, asked.limits)


def compared(first: str, second: str, asked: Asked, ways: Ways) -> CloudErrors:
    """One cloud against another. Where the first is none and comes through a pipe, it may be an archive."""
    from qaadcodec.codec.evaluate import evaluate_pair
    from qaadcodec.progress import Run

    if len(asked.dense) > 1:
        raise UsageError(f"two clouds have one dense reference, not {len(asked.dense)}")
    dense = asked.dense[0] if asked.dense else None
    try:
        run = Run(seed=ways.seed, device=ways.device, sample=ways.sample)
        return evaluate_pair(first, second, dense=dense, metrics=asked.metrics, run=run)
    except CloudError as error:
        unknown = str(error).startswith(f"{'stdin' if first == '-' else shown(first)}: is not a cloud")
        if unknown and (hint := hint_at_pipe(first)):
            raise CloudError(str(error), hint=f"{error.hint}; {hint}") from error
        raise


def write_csv(path: Location, text: str, *, overwrite: bool) -> None:
    """The table as a file, whole or not at all."""
    from qaadcodec.files import atomic_output

    with atomic_output(path, overwrite) as file:
        file.write(text.encode())
