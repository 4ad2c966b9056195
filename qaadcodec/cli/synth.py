"""`qaad synth`: procedural sets of clouds, any size, no downloads."""

from __future__ import annotations

import os
from pathlib import Path

import click

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
from qaadcodec.cli.output import put
from qaadcodec.cli.voice import say
from qaadcodec.errors import EnvironmentFailure
from qaadcodec.files import is_temporary
from qaadcodec.synth import KINDS


@click.command("synth")
@click.argument("kind", type=click.Choice(KINDS), metavar="|".join(KINDS))
@click.option("-n", "--count", type=click.IntRange(min=1), default=64, metavar="N", help="Clouds.  [default: 64]")
@click.option(
    "-m",
    "--points",
    type=click.IntRange(min=1),
    default=16384,
    metavar="M",
    help="Points per cloud.  [default: 16384]",
)
@click.option("-o", "--output", type=path_type(), required=True, metavar="DIR", help="The folder to write.")
@ways(
    seed_option("Seed of the shapes and of their points."),
    force_option,
    quiet_option,
    json_option("What was written"),
    debug_option,
)
def command(kind: str, count: int, points: int, output: Path, ways: Ways) -> None:
    """Make a procedural set of clouds.

    Skulls, or human bodies in motion, in metres, are written as DIR/00000.ply and so on. Skulls have inner and outer
    surfaces, eye sockets and teeth, under a multilinear model of 42 dimensions; bodies are articulated down to the
    fingers. A cloud depends on its number, the points and the seed alone.

    \b
    Example:
      qaad synth skulls -n 64 -m 16384 -o skulls/ --seed 0
    """
    names = [cloud_name(i) for i in range(count)]
    check_folder(output, set(names), overwrite=ways.force)

    from qaadcodec.clouds import write_cloud
    from qaadcodec.codec.folder_output import whole_folder
    from qaadcodec.progress import Run
    from qaadcodec.report.jsonlines import json_line
    from qaadcodec.report.progress.reporting import reporting
    from qaadcodec.report.summaries import clouds_of
    from qaadcodec.synth.make import make_cloud

    with (
        whole_folder(output, [output / name for name in names], overwrite=ways.force) as files,
        reporting(quiet=ways.quiet) as listener,
        Run(listener=listener).phase(f"making {kind}", count, "clouds") as phase,
    ):
        for i in range(count):
            with files.opened(i) as stream:
                write_cloud(stream, make_cloud(kind, i, points, ways.seed), "ply")
            phase.advance()
    if ways.as_json:
        put([json_line({"path": str(output), "kind": kind, "clouds": count, "points": points, "seed": ways.seed})])
    else:
        say(f"wrote {output}: {clouds_of(count, points)}", quiet=ways.quiet)


def cloud_name(number: int) -> str:
    """The file of a cloud in a set."""
    return f"{number:05d}.ply"


def check_folder(folder: Path, names: set[str], *, overwrite: bool) -> None:
    """Refuse a target whose contents would be lost, or would mix with the new set.

    Raises:
        EnvironmentFailure: it is a file, has files in it (with `overwrite`: others than the ones to be written), or
            would lie in a folder that there is not.
    """
    if not os.path.lexists(folder):
        if not folder.parent.is_dir():
            raise EnvironmentFailure(f"cannot write {folder}: {folder.parent} does not exist")
        return
    if not folder.is_dir():
        raise EnvironmentFailure(f"{folder} is a file", hint="name a new folder")
    present = {entry.name for entry in folder.iterdir() if not is_temporary(entry.name)}
    if present and not overwrite:
        raise EnvironmentFailure(f"{folder} exists already", hint="-f overwrites it")
    if others := sorted(present - names):
        raise EnvironmentFailure(
            f"{folder} holds other files, such as {others[0]}", hint="name a new folder, so that sets do not mix"
        )
