"""`qaad list`: the clouds of an archive, a line each."""

from __future__ import annotations

import click

from qaadcodec.cli.options import debug_option, json_option, location_type
from qaadcodec.cli.output import put, stdout_columns
from qaadcodec.cli.voice import say
from qaadcodec.remote.urls import Location


@click.command("list")
@click.argument("archive", type=location_type())
@json_option("A line for each cloud")
@debug_option
def command(archive: Location, as_json: bool) -> None:
    """List the clouds of an archive.

    Index, name and original number of points of each; the last line tells their number, and what the archive takes. The
    short form of inspect.

    \b
    Example:
      qaad list scans.qaad
      qaad list scans.qaad --json | jq -r .name
    """
    from qaadcodec.codec.inspect import inspect

    inspection = inspect(archive)
    if as_json:
        from qaadcodec.report.jsonlines import json_line

        clouds = enumerate(zip(inspection.names, inspection.counts, strict=True))
        put(json_line({"index": i, "name": name, "points": count}) for i, (name, count) in clouds)
    else:
        from qaadcodec.report.inspection import listing_lines

        put(listing_lines(inspection, width=stdout_columns()))
    if inspection.remark:
        say(inspection.remark)
