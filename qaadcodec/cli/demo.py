"""`qaad demo`: the whole tour on a small synthetic set."""

from __future__ import annotations

import itertools
import os
import shlex
import subprocess
import sys
from pathlib import Path
from types import FrameType

import click

from qaadcodec.cli.interrupts import ENDING, handled
from qaadcodec.cli.options import debug_option, force_option, path_type, quiet_option
from qaadcodec.cli.options import duration as parse_duration
from qaadcodec.cli.output import put
from qaadcodec.cli.synth import check_folder, cloud_name
from qaadcodec.errors import EnvironmentFailure
from qaadcodec.files import reason

FROM_KEYS = ("SIGINT", "SIGQUIT")  # which a terminal sends to all processes in it


@click.command("demo")
@click.argument("folder", metavar="[DIR]", type=path_type(), default="qaad-demo")
@click.option("-n", "--count", type=click.IntRange(min=1), default=64, metavar="N", help="Clouds.  [default: 64]")
@click.option(
    "-m", "--points", type=click.IntRange(min=2), default=8192, metavar="M", help="Points per cloud.  [default: 8192]"
)
@click.option(
    "--budget", type=parse_duration, default=75.0, metavar="DURATION", help="Time for compressing.  [default: 75s]"
)
@force_option
@quiet_option
@debug_option
def command(folder: Path, count: int, points: int, budget: float, force: bool, quiet: bool) -> None:
    """Show the whole tour on a small set.

    Makes a set, compresses it, looks into the archive, decodes, and compares with the originals. Takes about two
    minutes on two cores. Each command is shown as one would type it, and leaves its files in DIR (default: qaad-demo).

    \b
    Example:
      qaad demo
      qaad demo elsewhere/ -f
    """
    clouds, archive = folder / "skulls", folder / "skulls.qaad"
    prepare(folder, count, overwrite=force)
    last = count - 1
    force_flag = ["-f"] if force else []
    quiet_flag = ["-q"] if quiet else []
    tour = (
        ("A set of clouds of one kind:", [
            "synth", "skulls", "-n", str(count), "-m", str(points), "-o", f"{clouds}/", *force_flag, *quiet_flag,
        ]),
        ("One archive of all of them:", [
            "compress", f"{clouds}/", "-o", str(archive), "--budget", f"{budget:g}s",
            *force_flag, *quiet_flag,
        ]),
        ("What is in it:", ["inspect", str(archive)]),
        ("Any cloud comes back by its index:", [
            "decode", str(archive), "--index", str(last), "-o", str(folder / "last.ply"), *force_flag, *quiet_flag,
        ]),
        ("Or all of them:", [
            "decode", str(archive), "--all", "-o", f"{folder / 'decoded'}/", *force_flag, *quiet_flag,
        ]),
        ("How far they are from the originals:", ["eval", str(archive), f"{clouds}/", *quiet_flag]),
    )  # fmt: skip
    for title, arguments in tour:
        put([f"# {title}", f"$ {shlex.join([program(), *arguments])}"])
        if code := run_command(arguments):
            raise click.exceptions.Exit(code)
        put([""])
    put([
        f"The set is in {clouds}/, the archive is {archive}, and what came back is in {folder / 'decoded'}/.",
        f"Next: {program()} compress YOUR-SCANS/ -o scans.qaad",
    ])  # fmt: skip


def prepare(folder: Path, count: int, *, overwrite: bool) -> None:
    """Make the folder of the tour; in an existing one, remove the clouds of an earlier tour that had more of them.

    Raises:
        EnvironmentFailure: it has files in it and `overwrite` is false, there are other files in the folder of its set,
            or it cannot be made; nothing has been removed then.
    """
    try:
        folder.mkdir(exist_ok=True)
        if any(folder.iterdir()) and not overwrite:
            raise EnvironmentFailure(f"{folder} exists already", hint="-f overwrites it; or name another folder")
        earlier, decoded = clouds_in(folder / "skulls"), clouds_in(folder / "decoded")
        ours = {cloud_name(i) for i in range(max(count, len(earlier)))}
        check_folder(folder / "skulls", ours, overwrite=overwrite)
        for file in (*earlier[count:], *decoded[count:]):
            file.unlink()
    except OSError as error:
        raise EnvironmentFailure(f"cannot write {folder}: {reason(error)}") from error


def clouds_in(folder: Path) -> list[Path]:
    """The clouds that a tour has left in a folder: 00000.ply and on without a gap. All other files are not ours."""
    files = (folder / cloud_name(i) for i in itertools.count())
    return list(itertools.takewhile(Path.is_file, files))


def program() -> str:
    """The command as the user has typed it: `bin/qaad` says how it was called, otherwise it is `qaad`."""
    return os.environ.get("QAAD_PROGRAM", "qaad")


def run_command(arguments: list[str]) -> int:
    """Run one command as a process of its own, and return its exit code.

    Ctrl-C reaches that process directly, and it decides what to do; this one only waits for it. Other signals that end
    a process are passed on, so that it clears up, and then this one ends, too.
    """
    process: subprocess.Popen[bytes] | None = None
    passed: list[int] = []

    def pass_on(number: int, frame: FrameType | None) -> None:
        passed.append(number)
        if process is not None:
            process.send_signal(number)

    flags = ["-P"] if sys.flags.safe_path else []
    others = [name for name in ENDING if name not in FROM_KEYS]
    with handled(FROM_KEYS, lambda *_: None), handled(others, pass_on):
        process = subprocess.Popen([sys.executable, *flags, "-m", "qaadcodec", *arguments])
        for number in passed:  # before there was a process
            process.send_signal(number)
        code = process.wait()
    if passed:
        return 128 + passed[0]
    return code if code >= 0 else 128 - code  # killed by a signal: the number that a shell would show
