"""The options of the work folder, in which a run keeps what it can go on from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from qaadcodec.cli.options import bundle
from qaadcodec.cli.options import duration as parse_duration
from qaadcodec.ranks.leaving import was_restarted
from qaadcodec.work.asked import Work

NONE = "none"


def work_of(given: dict[str, Any]) -> Work:
    """What the options ask for."""
    folder = given["folder"]
    keep = folder != NONE
    if given["resume"] and not keep:
        raise click.UsageError("--resume goes on from a work folder, and --work none keeps none")
    where = Path(folder) if folder and keep else None
    resume = given["resume"] or (keep and was_restarted())
    return Work(keep=keep, folder=where, resume=resume, every=given["every"])


work_options = bundle(
    "work",
    work_of,
    click.option(
        "--work",
        "folder",
        metavar="DIR",
        help="Where checkpoints go: an empty folder, or one that is made; none for no checkpoints.  [default: hidden "
        "beside the archive, .OUT.qaad.work, after a minute]",
    ),
    click.option(
        "--resume",
        is_flag=True,
        help="Go on from the checkpoint of the same command, if there is one; where it is done, and its archive there, "
        "do nothing.  [default: refuse to overwrite either]",
    ),
    click.option(
        "--checkpoint-every",
        "every",
        type=parse_duration,
        metavar="DURATION",
        help="Time between two checkpoints.  [default: 3m, or more, so that they take at most 1 % of the time]",
    ),
)
