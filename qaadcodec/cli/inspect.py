"""`qaad inspect`: what is in an archive, from its header and tables alone."""

from __future__ import annotations

import click

from qaadcodec.cli.options import debug_option, json_option, location_type, verbose_option
from qaadcodec.cli.output import put, stdout_columns
from qaadcodec.cli.voice import say
from qaadcodec.remote.urls import Location


@click.command("inspect")
@click.argument("archive", type=location_type())
@verbose_option("The settings it was learnt with, and all names.")
@json_option("Everything")
@debug_option
def command(archive: Location, verbose: bool, as_json: bool) -> None:
    """Show what is in an archive.

    Version and writer, clouds, points, patches, latent size, layer widths, bytes per section, both ratios, bits per
    point, offset and scale, bounds, how clouds were aligned, seed, preset, names with their original counts, and the
    errors recorded when it was made. Reads the header and the tables only.

    \b
    Example:
      qaad inspect scans.qaad
      qaad inspect scans.qaad --json | jq .ratio
    """
    from qaadcodec.codec.inspect import inspect

    inspection = inspect(archive)
    if as_json:
        from qaadcodec.report.jsonlines import json_line

        put([json_line(inspection.to_dict())])
    else:
        from qaadcodec.report.inspection import inspection_lines

        put(inspection_lines(inspection, verbose=verbose, width=stdout_columns()))
    if inspection.remark:
        say(inspection.remark)
