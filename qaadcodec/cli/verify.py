"""`qaad verify`: is the archive whole and undamaged?"""

from __future__ import annotations

import click

from qaadcodec.cli.options import debug_option, json_option, location_type
from qaadcodec.cli.output import put, stdout_columns
from qaadcodec.remote.urls import Location


@click.command("verify")
@click.argument("archive", type=location_type())
@click.option(
    "--decode",
    "also_decode",
    is_flag=True,
    help="Also decode every cloud, and check that all points are there and finite.  [default: off]",
)
@click.option("-q", "--quiet", is_flag=True, help="Only the exit code, and errors.  [default: off]")
@json_option("The checks")
@debug_option
def command(archive: Location, also_decode: bool, quiet: bool, as_json: bool) -> None:
    """Check every checksum of an archive.

    Exit code 4 says that it is damaged, truncated, or of a version that is not known here.

    \b
    Example:
      qaad verify scans.qaad --decode
    """
    from qaadcodec.codec.verify import verify

    verification = verify(archive, decode=also_decode)
    if as_json:
        from qaadcodec.report.jsonlines import json_line

        put([json_line(verification.to_dict())])
    elif not quiet:
        from qaadcodec.report.summaries import verify_lines

        put(verify_lines(verification, width=stdout_columns()))
