"""`qaad encode`: clouds are added to a copy of an archive."""

from __future__ import annotations

from dataclasses import replace

import click

from qaadcodec.cli.choices import files
from qaadcodec.cli.options import Ways, learning_options, location_type
from qaadcodec.cli.options import duration as parse_duration
from qaadcodec.cli.output import archive_path, put, stdout_columns
from qaadcodec.cli.running import refuse_useless, running
from qaadcodec.cli.work import work_options
from qaadcodec.progress import Finished
from qaadcodec.remote.urls import Location
from qaadcodec.work.asked import Work


@click.command("encode")
@click.argument("archive", type=location_type())
@click.argument("inputs", metavar="INPUT...", nargs=-1, required=True, shell_complete=files)
@click.option("-o", "--output", required=True, metavar="OUT.qaad", shell_complete=files, help="The archive to write.")
@click.option(
    "--budget",
    type=parse_duration,
    metavar="DURATION",
    help="Time for the whole run, such as 90s, 10m or 1h30m; clouds get fewer steps each where it is short.  [default: "
    "as long as all steps take]",
)
@work_options
@learning_options
def command(
    archive: Location, inputs: tuple[str, ...], output: str, budget: float | None, work: Work, ways: Ways
) -> None:
    """Add clouds to a copy of an archive.

    Only the latent vectors of the new clouds are learnt; the network and the input cloud stay as they are, so that the
    clouds of ARCHIVE decode exactly as before. The new ones should show the same kind of shape. INPUT is as for
    compress. Ctrl-C once finishes early with the clouds that are done, twice stops and leaves nothing.

    Thousands of clouds take long: from the second minute on, checkpoints are written to a work folder, which is gone
    when the archive is there. When the run was killed, the same command with --resume goes on from the last one, and
    comes to the same archive.

    \b
    Example:
      qaad encode scans.qaad new-scans/ -o more-scans.qaad
    """
    target = archive_path(output)

    from qaadcodec.codec.encode import encode
    from qaadcodec.report.jsonlines import json_line
    from qaadcodec.report.summaries import encode_lines

    with running(ways) as run:
        run = replace(run.within(budget), work=work)
        summary = encode(archive, inputs, target, run=run, overwrite=ways.force, skip_bad=ways.skip_bad)
        run.listener(Finished(summary.to_dict()))
    put([json_line(summary.to_dict())] if ways.as_json else encode_lines(summary, width=stdout_columns()))
    refuse_useless(summary.path, summary.findings, ways)
