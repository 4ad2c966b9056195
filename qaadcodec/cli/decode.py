"""`qaad decode`: clouds come back out of an archive."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import click

from qaadcodec.cli.options import debug_option, force_option, json_option, path_type, quiet_option
from qaadcodec.cli.options import span as parse_span
from qaadcodec.cli.output import byte_stdout, put
from qaadcodec.cli.voice import say
from qaadcodec.errors import UsageError


class FormatChoice(click.Choice):  # type: ignore[type-arg]
    """A choice of the cloud formats. It asks for them late, because `qaad --help` does without numpy."""

    case_sensitive = True

    def __init__(self) -> None:
        """Not click's own, which asks for the choices at once."""

    @property
    def choices(self) -> tuple[str, ...]:  # type: ignore[override]
        from qaadcodec.clouds import FORMATS

        return FORMATS


@click.command("decode")
@click.argument("archive", type=path_type())
@click.option(
    "-i", "--index", "indices", type=int, multiple=True, metavar="I", help="The cloud at this place; repeatable."
)
@click.option("--range", "span", type=parse_span, metavar="A:B", help="The clouds from A up to and without B.")
@click.option("--name", metavar="NAME", help="The cloud of this name.")
@click.option("-a", "--all", "everything", is_flag=True, help="All clouds.")
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="PATH",
    help="A file, a folder for one file per cloud (DIR/), or - for stdout.",
)
@click.option(
    "--format",
    "form",
    type=FormatChoice(),
    help="How clouds are written.  [default: by the suffix of PATH; ply for a folder and for stdout]",
)
@click.option(
    "--points",
    type=click.IntRange(min=1),
    metavar="M",
    help="So many points of each cloud, evenly spread, at proportional cost.  [default: all]",
)
@force_option
@quiet_option
@json_option("What was written")
@debug_option
def command(
    archive: Path,
    indices: tuple[int, ...],
    span: slice | None,
    name: str | None,
    everything: bool,
    output: str,
    form: str | None,
    points: int | None,
    force: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Get clouds back out of an archive.

    Which ones is said by one of --index, --range, --name and --all. Indices start at 0; negative ones count from the
    end. PLY is written binary, little-endian. Several clouds go into one NPY, NPZ or HDF5 file, or into a folder
    (-o DIR/) under their names.

    \b
    Example:
      qaad decode scans.qaad --index 42 -o out.ply
      qaad decode scans.qaad --all -o decoded/
      qaad decode scans.qaad --range 0:8 --format npy -o - | python analyse.py
    """
    chosen = [flag for flag, given in choices(indices, span, name, everything).items() if given]
    if len(chosen) != 1:
        raise UsageError(
            f"{' and '.join(chosen)} exclude each other" if chosen else "no cloud was chosen",
            hint="give one of --index I, --range A:B, --name NAME and --all",
        )
    to_stdout = output == "-"
    if to_stdout and as_json:
        raise UsageError("-o - and --json would both write to stdout", hint="name a file with -o")
    target: str | BinaryIO = output
    if to_stdout:
        from qaadcodec.clouds.formats import TABLE

        form = form or "ply"
        target = byte_stdout(f"{form} data", is_text=TABLE[form].is_text)

    from qaadcodec.codec.decode import decode

    summary = decode(
        archive,
        target,
        indices=indices,
        span=span,
        name=name,
        everything=everything,
        format=form,
        points=points,
        overwrite=force,
    )
    if as_json:
        from qaadcodec.report.jsonlines import json_line

        put([json_line({"paths": list(summary.paths), "clouds": summary.clouds, "points": summary.points})])
    else:
        from qaadcodec.report.summaries import decode_line

        say(decode_line(summary), quiet=quiet or to_stdout)


def choices(indices: tuple[int, ...], span: slice | None, name: str | None, everything: bool) -> dict[str, bool]:
    """The ways of choosing clouds, and which of them were used."""
    return {
        "--index": bool(indices),
        "--range": span is not None,
        "--name": name is not None,
        "--all": everything,
    }
