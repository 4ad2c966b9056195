"""`qaad synth`: procedural sets of clouds, any size, no downloads."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator
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
from qaadcodec.files import reason
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
    from qaadcodec.progress import Run
    from qaadcodec.report.jsonlines import json_line
    from qaadcodec.report.progress.reporting import reporting
    from qaadcodec.report.summaries import clouds_of
    from qaadcodec.synth.make import make_cloud

    with (
        new_folder(output) as folder,
        reporting(quiet=ways.quiet) as listener,
        Run(listener=listener).phase(f"making {kind}", count, "clouds") as phase,
    ):
        for i, name in enumerate(names):
            write_cloud(folder / name, make_cloud(kind, i, points, ways.seed), "ply")
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
        EnvironmentFailure: it is a file, or has files in it (with `overwrite`: others than the ones to be written).
    """
    if not os.path.lexists(folder):
        return
    if not folder.is_dir():
        raise EnvironmentFailure(f"{folder} is a file", hint="name a new folder")
    present = {entry.name for entry in folder.iterdir()}
    if present and not overwrite:
        raise EnvironmentFailure(f"{folder} exists already", hint="-f overwrites it")
    if others := sorted(present - names):
        raise EnvironmentFailure(
            f"{folder} holds other files, such as {others[0]}", hint="name a new folder, so that sets do not mix"
        )


@contextlib.contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """A folder that appears at its place when the block ends well, and not at all otherwise.

    It is filled beside the target. Where the target is there already, its files are then replaced one by one.
    """
    target = target.resolve()
    temporary = target.parent / f".{target.name[:200]}.{secrets.token_hex(4)}.tmp"
    try:
        temporary.mkdir()
    except OSError as error:
        raise EnvironmentFailure(f"cannot write {target}: {reason(error)}") from error
    try:
        yield temporary
        if target.is_dir():
            for file in sorted(temporary.iterdir()):
                os.replace(file, target / file.name)
        else:
            temporary.rename(target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
