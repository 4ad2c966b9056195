"""`qaad eval`: how far decoded clouds are from their originals, or one cloud from another."""

from __future__ import annotations

import click
from click.exceptions import Exit

from qaadcodec.cli.choices import files
from qaadcodec.cli.eval_errors import Errors, Given, measured
from qaadcodec.cli.eval_inputs import hint_at_pipe, is_archive, one_from_stdin
from qaadcodec.cli.eval_metrics import Asked, asked_options
from qaadcodec.cli.eval_plots import Plots, plots_options
from qaadcodec.cli.indices import IndexCommand, Indices, index_option
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
from qaadcodec.cli.processes import check_inputs, launch, processes_option, to_be_launched
from qaadcodec.cli.voice import say
from qaadcodec.errors import CloudError, UsageError
from qaadcodec.ranks.group import is_first, joined
from qaadcodec.remote.urls import Location


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
    processes_option(),
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
    point) and d2_psnr (point to plane) are in dB, relative to what --peak says.

    With --dense, off_rms, off_p99 and off_max are from the decoded points to the surface, cover_rms, cover_p99 and
    cover_max from the surface to the decoded points, in spacings of the original's points; stray is the share of
    decoded points more than 2 spacings off the surface.

    \b
    Example:
      qaad eval scans.qaad scans/ --csv errors.csv --fail-above n_em_kd=0.002
      qaad eval scans.qaad scans/ --dense scans-dense/ --fail-above stray=0.01
      qaad eval scans.qaad scans/ --plots plots/ --beside smaller.qaad
      qaad eval a.ply b.ply --json
      qaad eval scans.qaad scans/ --metrics d1_psnr,d2_psnr --peak 1023
      qaad decode scans.qaad --index 3 -o - | qaad eval - original.ply
    """
    one_from_stdin((*what, *asked.dense))
    check_inputs((*what, *asked.dense), ways.processes)
    if to_be_launched(ways.processes):
        if not is_archive(what[0]):
            raise UsageError("--processes goes with an archive, not with two clouds", hint=hint_at_pipe(what[0]))
        raise Exit(launch(ways.processes))
    given = Given(what, asked, indices, table_file, plots, ways)
    with joined(goes_on=False) as ranks:
        ranks.decided(given.prepare)
        errors = measured(given, ranks)
        if is_first():
            tell(errors, given)
        check(errors, given)


def tell(errors: Errors, given: Given) -> None:
    """Say what was measured, and write what was asked for."""
    from qaadcodec.report.errors import errors_csv, errors_lines, notes_of
    from qaadcodec.report.jsonlines import json_line

    ways = given.ways
    if ways.as_json:
        put([json_line(errors.summary)])
        for note in notes_of(errors.each):
            say(note, quiet=ways.quiet)
    else:
        put(errors_lines(errors.each, errors.summary, width=stdout_columns()))
    if given.table_file is not None:
        write_csv(given.table_file, errors_csv(errors.each), overwrite=ways.force)
    given.plots.write(errors.drawn, overwrite=ways.force)


def check(errors: Errors, given: Given) -> None:
    """Fail where an error is above its limit.

    Raises:
        ThresholdMissed: so it is; CloudError: clouds were not compared, so that nobody knows.
    """
    from qaadcodec.codec.thresholds import check_thresholds

    summary = errors.summary
    every = summary.get("archive_clouds", 0)  # two clouds have no archive
    if given.asked.limits and not given.indices and (missing := every - summary["clouds"]) > 0:
        raise CloudError(
            f"{missing} of {every} clouds have no original, so the limits cannot be checked",
            hint="name all originals, or choose clouds with --index",
        )
    check_thresholds(summary, given.asked.limits)


def write_csv(path: Location, text: str, *, overwrite: bool) -> None:
    """The table as a file, whole or not at all."""
    from qaadcodec.files import atomic_output

    with atomic_output(path, overwrite) as file:
        file.write(text.encode())
