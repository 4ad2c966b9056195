"""`qaad plot`: the curves of trainings, from their logs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qaadcodec.cli.choices import files
from qaadcodec.cli.options import Ways, debug_option, force_option, json_option, path_type, quiet_option, ways
from qaadcodec.cli.output import byte_stdout, put
from qaadcodec.cli.voice import say
from qaadcodec.errors import EnvironmentFailure, UsageError

if TYPE_CHECKING:
    from qaadcodec.pictures.curves import Curve
    from qaadcodec.report.progress.past_runs import PastRun

MOST_RUNS = 20  # in one picture: as many as colours and kinds of lines tell apart


@click.command("plot")
@click.argument("logs", metavar="LOG.jsonl...", nargs=-1, required=True, type=path_type(), shell_complete=files)
@click.option("-o", "--output", required=True, metavar="FILE.png", help="The picture, or - for stdout.")
@click.option(
    "--over",
    type=click.Choice(("time", "epochs")),
    default="time",
    help="What curves are drawn over: the time since each run began, or the epochs of its training.  [default: time]",
)
@click.option("--dark", is_flag=True, help="Light text on a dark page.  [default: dark text on a white page]")
@ways(force_option, quiet_option, json_option("Where every run ended"), debug_option)
def command(logs: tuple[Path, ...], output: str, over: str, dark: bool, ways: Ways) -> None:
    """Draw how errors fell while sets were learnt.

    Each LOG is a file that compress --log wrote, or - for stdin; every run in it that learnt is a curve. Above is the
    matched error, below what the archive would have taken, once that was known. The log of a run that still goes on can
    be drawn, too. Needs matplotlib, which bin/qaad installs, and pip install 'qaadcodec[pictures]'.

    \b
    Example:
      qaad compress scans/ -o scans.qaad --log run.jsonl
      qaad plot run.jsonl -o curve.png
      qaad plot fast.jsonl default.jsonl --over epochs --dark -o curves.png
    """
    from qaadcodec.files import preflight, protect
    from qaadcodec.pictures.colours import DARK, LIGHT
    from qaadcodec.pictures.curves import curves_chart

    to_stdout = output == "-"
    if to_stdout:
        if ways.as_json:
            raise UsageError("-o - and --json would both write to stdout", hint="name a file with -o")
        byte_stdout("PNG data")
    elif Path(output).suffix.lower() != ".png":
        raise UsageError(f"{output}: curves are written as .png", hint="name a file that ends in .png")
    else:
        preflight(Path(output), ways.force)
        protect(logs, Path(output))
    curves = curves_of(learnt_in(logs, quiet=ways.quiet))
    data = curves_chart(curves, DARK if dark else LIGHT, by_epochs=over == "epochs")
    if to_stdout:
        byte_stdout("PNG data").write(data)
        return
    from qaadcodec.files import atomic_output

    with atomic_output(Path(output), ways.force) as file:
        file.write(data)
    if ways.as_json:
        from qaadcodec.report.jsonlines import json_line

        put(json_line(ending(curve)) for curve in curves)
    else:
        say(f"wrote {output}: {len(curves)} curve{'s' * (len(curves) > 1)}", quiet=ways.quiet)


def learnt_in(logs: Sequence[Path], *, quiet: bool) -> list[PastRun]:
    """The runs of these logs that learnt something.

    Raises:
        EnvironmentFailure: a log cannot be read or is none, or there is no such run; UsageError: there are too many.
    """
    from qaadcodec.report.progress.past_runs import read_log
    from qaadcodec.report.text import count_of

    found: list[PastRun] = []
    for path in dict.fromkeys(logs):
        runs, unreadable = read_log(path)
        learnt = [run for run in runs if run.trainings]
        label = runs[0].log if runs else path
        if unreadable:
            say(f"note: {label}: {count_of(unreadable, 'line')} cannot be read and left out", quiet=quiet)
        if without := len(runs) - len(learnt):
            say(f"note: {label}: {without} of {count_of(len(runs), 'run')} learnt nothing", quiet=quiet)
        found += learnt
    if not found:
        raise EnvironmentFailure(
            "there is no training in " + ", ".join(map(str, logs)), hint="qaad compress … --log RUN.jsonl writes one"
        )
    if len(found) > MOST_RUNS:
        raise UsageError(f"these logs hold {len(found)} runs, and a picture holds {MOST_RUNS}", hint="name fewer logs")
    return found


def curves_of(runs: Sequence[PastRun]) -> list[Curve]:
    """What is drawn of each run: named by its log, and by its number where there are several of that log."""
    import numpy as np

    from qaadcodec.pictures.curves import Curve

    logs = [run.log for run in runs]
    names = {path.name for path in logs}
    alike = len(names) < len(set(logs))  # logs of one name in several folders
    curves = []
    for run in runs:
        name = str(run.log) if alike else run.log.name
        seconds, epochs, errors, sizes = np.array(run.reports, np.float64).T  # None becomes NaN
        starts = np.cumsum([0, *map(len, run.trainings[:-1])])
        curves.append(
            Curve(
                f"{name}, run {run.number}" if logs.count(run.log) > 1 else name,
                seconds,
                epochs,
                errors,
                sizes,
                tuple(int(start) for start in starts),
            )
        )
    return curves


def ending(curve: Curve) -> dict[str, Any]:
    """A run as a line of JSON: its name, and what its last report said."""
    return {
        "run": curve.name,
        "trainings": len(curve.starts),
        "seconds": float(curve.seconds[-1]),
        "epochs": int(curve.epochs[-1]),
        "matched_error": float(curve.errors[-1]),
        "archive_bytes": int(curve.sizes[-1]) if curve.sizes[-1] == curve.sizes[-1] else None,
    }
