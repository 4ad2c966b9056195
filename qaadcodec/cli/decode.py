"""`qaad decode`: clouds come back out of an archive."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

import click
from click.exceptions import Exit
from click.shell_completion import CompletionItem

from qaadcodec.cli.choices import cloud_names, files
from qaadcodec.cli.indices import IndexCommand, index_option
from qaadcodec.cli.indices import span as parse_span
from qaadcodec.cli.options import (
    Ways,
    bundle,
    debug_option,
    force_option,
    json_option,
    location_type,
    quiet_option,
    ways,
)
from qaadcodec.cli.output import byte_stdout, put
from qaadcodec.cli.processes import check_inputs, launch, processes_option, to_be_launched
from qaadcodec.cli.voice import say
from qaadcodec.errors import UsageError
from qaadcodec.ranks.group import is_first, joined
from qaadcodec.remote.urls import Location

if TYPE_CHECKING:
    from qaadcodec.codec.decode import DecodeSummary, Which


class FormatName(click.ParamType):  # type: ignore[type-arg]
    """The name of a cloud format. The table of formats is asked late: `qaad --help` should not wait for numpy."""

    name = "format"

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        from qaadcodec.clouds import WRITTEN

        return f"[{'|'.join(WRITTEN)}]"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from qaadcodec.clouds import WRITTEN

        if value not in WRITTEN:
            self.fail(f"{value!r} is not one of {', '.join(map(repr, WRITTEN))}.", param, ctx)
        return value

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from qaadcodec.clouds import FORMATS

        return [CompletionItem(name) for name in FORMATS if name.startswith(incomplete)]


def which_of(given: dict[str, Any]) -> Which:
    """The clouds that the options choose: by exactly one of them."""
    chosen = {
        flag: value for flag, value in zip(CHOICES, given.values(), strict=True) if value not in ((), None, False)
    }
    if len(chosen) != 1:
        raise UsageError(
            f"{' and '.join(chosen)} exclude each other" if chosen else "no cloud was chosen",
            hint="give one of --index I, --range A:B, --name NAME and --all",
        )
    ((flag, value),) = chosen.items()
    return None if flag == "--all" else value


CHOICES = ("--index", "--range", "--name", "--all")
which_options = bundle(
    "which",
    which_of,
    index_option("Clouds by their places: 0 7 42, or 0,7,42, or 0:8."),
    click.option(
        "--range",
        "spans",
        type=parse_span,
        multiple=True,
        metavar="A:B[:STEP]",
        help="The clouds from A up to and without B, or every STEP-th of them; repeatable.",
    ),
    click.option(
        "--name",
        "names",
        multiple=True,
        metavar="NAME",
        shell_complete=cloud_names,
        help="The cloud of this name, or all whose names match a pattern such as 'walk/*'; repeatable.",
    ),
    click.option("-a", "--all", "everything", is_flag=True, help="All clouds."),
)


@click.command("decode", cls=IndexCommand)
@click.argument("archive", type=location_type())
@which_options
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="PATH",
    shell_complete=files,
    help="A file, a folder for one file per cloud (DIR/), a URL of these, or - for stdout.",
)
@click.option(
    "--format",
    "form",
    type=FormatName(),
    help="How clouds are written.  [default: by the suffix of PATH; ply for a folder and for stdout]",
)
@click.option(
    "--points",
    type=click.IntRange(min=1),
    metavar="M",
    help="So many points of each cloud, evenly spread, at proportional cost.  [default: all]",
)
@ways(processes_option(), force_option, quiet_option, json_option("What was written"), debug_option)
def command(archive: Location, which: Which, output: str, form: str | None, points: int | None, ways: Ways) -> None:
    """Get clouds back out of an archive.

    ARCHIVE may be a URL (https://, s3://, gs://), of which only those parts are fetched that are needed. Which ones is
    said by one of --index, --range, --name and --all. Indices start at 0; negative ones count from the
    end. In a pattern of names * stands for any text, ? for a character, and [ab] for one of these. PLY is written
    binary, little-endian, VTP and OBJ with a vertex cell for each point, which ParaView and 3D Slicer show. Several
    clouds go into one NPY, NPZ or HDF5 file, or into a folder (-o DIR/) under their names.

    \b
    Example:
      qaad decode scans.qaad --index 42 -o out.ply
      qaad decode scans.qaad --index 0 7 -1 -o three/
      qaad decode scans.qaad --name 'walk/*' --name run/0007 -o some/
      qaad decode scans.qaad --all -o decoded/
      qaad decode scans.qaad --range 0:8 --format npy -o - | python analyse.py
    """
    to_stdout = output == "-"
    if to_stdout and ways.as_json:
        raise UsageError("-o - and --json would both write to stdout", hint="name a file with -o")
    check_inputs([str(archive)], ways.processes)
    if to_be_launched(ways.processes):
        raise Exit(launch(ways.processes))
    target: str | BinaryIO = output
    if to_stdout:
        from qaadcodec.clouds.written import WRITABLE

        form = form or "ply"
        target = byte_stdout(f"{form} data", is_text=WRITABLE[form].is_text)

    from qaadcodec.codec.decode import Form, decode_by_all

    with joined(goes_on=False) as ranks:
        summary = decode_by_all(archive, target, which, Form(form, points, ways.force), ranks)
        if is_first():
            tell(summary, ways, to_stdout=to_stdout)


def tell(summary: DecodeSummary, ways: Ways, *, to_stdout: bool) -> None:
    """Say what was written."""
    if ways.as_json:
        from qaadcodec.report.jsonlines import json_line

        put([json_line({"paths": list(summary.paths), "clouds": summary.clouds, "points": summary.points})])
    else:
        from qaadcodec.report.summaries import decode_line

        say(decode_line(summary), quiet=ways.quiet or to_stdout)
    if summary.remark:
        say(summary.remark, quiet=ways.quiet)
