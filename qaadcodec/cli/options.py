"""Options that several commands share, as decorators, and the types of their values."""

from __future__ import annotations

import functools
import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

import click

from qaadcodec.config.run import DEVICES, LARGEST_SEED, PEAKS, SAMPLES
from qaadcodec.remote.urls import is_url, located, shown

F = TypeVar("F", bound=Callable[..., Any])

PARAMETERS = "__click_params__"  # where click keeps the options of a function that is to become a command


@dataclass(slots=True)
class Invocation:
    """What one run of the command was asked for as a whole."""

    debug: bool = False
    arguments: tuple[str, ...] = ()


DURATION = re.compile(r"(?=[\d.])(?:(\d*\.?\d+)h)?(?:(\d*\.?\d+)m)?(?:(\d*\.?\d+)s?)?")
BYTES = re.compile(r"(\d{0,12}\.?\d{1,12})([kmg]?)b?")
FACTORS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9}


def duration(value: str | float) -> float:
    """Seconds of a time such as `10m`, `90s`, `1h30m`, `1.5h`, or a bare number of seconds."""
    if isinstance(value, (int, float)):
        return float(value)
    match = DURATION.fullmatch(value.strip().lower())
    if match is None:
        raise click.BadParameter(f"{value!r} is not a duration such as 10m, 90s or 1h30m")
    hours, minutes, seconds = (float(part or 0) for part in match.groups())
    total = 3600 * hours + 60 * minutes + seconds
    if total <= 0:
        raise click.BadParameter(f"{value!r} is no time at all")
    return total


def byte_count(value: str | int) -> int:
    """Bytes of a size such as `500K`, `1.5M` or a bare number of bytes; K is 1000."""
    if isinstance(value, int):
        return value
    match = BYTES.fullmatch(value.strip().lower())
    count = round(float(match[1]) * FACTORS[match[2]]) if match else 0
    if count < 1:
        raise click.BadParameter(f"{value!r} is not a size such as 500K, 1.5M or 120000")
    return count


def limit(value: str | tuple[str, float]) -> tuple[str, float]:
    """`METRIC=VALUE`, as a pair."""
    if isinstance(value, tuple):
        return value
    metric, _, number = value.partition("=")
    try:
        threshold = float(number)
    except ValueError:
        threshold = math.nan
    if math.isnan(threshold):
        raise click.BadParameter(f"{value!r} is not of the form METRIC=VALUE, such as em_kd=0.001")
    return metric.strip(), threshold


def peak(value: str | float) -> str | float:
    """`box`, `spacing`, or a length above zero."""
    if value in PEAKS or isinstance(value, float):
        return value
    try:
        length = float(value)
    except ValueError:
        length = math.nan
    if not 0 < length < math.inf:
        raise click.BadParameter(f"{value!r} is neither {' nor '.join(PEAKS)} nor a length above zero, such as 1023")
    return length


def setting(value: str | tuple[str, Any]) -> tuple[str, Any]:
    """`KEY=VALUE`, as a pair; the value is read as JSON (true, 0.5, [64, 64]), and as text where it is none."""
    if isinstance(value, tuple):
        return value
    key, _, text = value.partition("=")
    if not text:
        raise click.BadParameter(f"{value!r} is not of the form KEY=VALUE, such as assignment.pair_swaps=false")
    try:
        return key.strip(), json.loads(text)
    except json.JSONDecodeError:
        return key.strip(), text


def seed_number(value: str | int) -> int:
    """A seed: a whole number that fits 63 bits."""
    try:
        seed = int(value)
    except ValueError:
        seed = -1
    if not 0 <= seed <= LARGEST_SEED:
        raise click.BadParameter(f"{value!r} is not a whole number from 0 to 2^63 - 1")
    return seed


class LocationType(click.Path):
    """A path that click does not check: a missing file has an exit code of its own, which only its reader knows.

    Args:
        far: it may be a URL, which stays text.
    """

    def __init__(self, far: bool) -> None:
        super().__init__(path_type=Path)
        self._far = far

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not is_url(value):
            return super().convert(value, param, ctx)
        place = located(value)
        if not self._far and is_url(place):
            self.fail(f"{shown(value)} is a URL, and this has to be on this machine", param, ctx)
        return place


def path_type() -> LocationType:
    """A path."""
    return LocationType(far=False)


def location_type() -> LocationType:
    """A path or a URL."""
    return LocationType(far=True)


def debug_option(command: F) -> F:
    """`--debug`, before or after the name of the subcommand."""

    def remember(ctx: click.Context, param: click.Parameter, value: bool) -> None:
        if value:
            ctx.ensure_object(Invocation).debug = True

    return click.option(
        "--debug",
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=remember,
        help="Show tracebacks (also: QAAD_DEBUG=1).  [default: off]",
    )(command)


def quiet_option(command: F) -> F:
    """`-q`."""
    return click.option("-q", "--quiet", is_flag=True, help="Nothing on stderr but errors.  [default: off]")(command)


def verbose_option(what: str) -> Callable[[F], F]:
    """`-v`, which shows more of `what`."""
    return click.option("-v", "--verbose", is_flag=True, help=f"{what}  [default: off]")


def json_option(what: str) -> Callable[[F], F]:
    """`--json`."""
    return click.option("--json", "as_json", is_flag=True, help=f"{what} as JSON on stdout.  [default: off]")


def log_option(command: F) -> F:
    """`--log`."""
    return click.option(
        "--log",
        type=path_type(),
        metavar="FILE.jsonl",
        help="Append every event to this file, a JSON object a line.  [default: none]",
    )(command)


def force_option(command: F) -> F:
    """`-f`."""
    return click.option("-f", "--force", is_flag=True, help="Overwrite what exists already.  [default: refuse]")(
        command
    )


def seed_option(what: str) -> Callable[[F], F]:
    """`--seed`."""
    return click.option(
        "--seed",
        type=seed_number,
        default=0,
        metavar="S",
        help=f"{what}  [default: 0]",
    )


def sample_option(otherwise: str) -> Callable[[F], F]:
    """`--sample`, and what is done without it."""
    return click.option(
        "--sample",
        type=click.Choice(SAMPLES),
        help="What is taken of clouds with faces: points drawn from their surface, uniformly by area, or their "
        f"vertices.  [default: {otherwise}]",
    )


def bundle(argument: str, make: Callable[[dict[str, Any]], Any], *options: Callable[[F], F]) -> Callable[[F], F]:
    """Options of a command that reach it as one argument.

    Args:
        argument: its name.
        make: makes it from the values of the options by name.
        options: in the order of the help.
    """

    def decorate(command: F) -> F:
        @functools.wraps(command)
        def call(**values: Any) -> Any:
            given = {name: values.pop(name) for name in names}
            return command(**values, **{argument: make(given)})

        before = len(getattr(command, PARAMETERS, ()))
        for option in reversed(options):
            call = option(call)
        parameters = reversed(getattr(call, PARAMETERS)[before:])  # click keeps the last one first
        names = [parameter.name for parameter in parameters if parameter.expose_value]
        return cast(F, call)

    return decorate


class Ways(NamedTuple):
    """How a command goes about its work, as far as it has options for it."""

    seed: int = 0
    device: str = "auto"
    skip_bad: bool = False
    strict: bool = False
    sample: str | None = None
    force: bool = False
    quiet: bool = False
    verbose: bool = False
    as_json: bool = False
    log: Path | None = None
    processes: int | None = None


def ways(*options: Callable[[F], F]) -> Callable[[F], F]:
    """Options that reach the command as its argument `ways`."""
    return bundle("ways", lambda given: Ways(**given), *options)


def learning_options(command: F) -> F:
    """What `compress` and `encode` have in common: both learn from clouds, for long."""
    return ways(
        seed_option("Seed of everything random."),
        click.option(
            "--device",
            type=click.Choice(DEVICES),
            default="auto",
            help="Where to train; auto takes CUDA where there is one.  [default: auto]",
        ),
        click.option(
            "--skip-bad",
            is_flag=True,
            help="Leave out clouds that cannot be used, and list them.  [default: stop at the first, exit code 3]",
        ),
        click.option(
            "--strict",
            is_flag=True,
            help="Count clouds among those that cannot be used if points of them would be left out, or if they may be "
            "cut. Make errors of warnings about the set, before it is learnt (exit code 3), and about what it became, "
            "once that is written (exit code 5).  [default: leave such points out, go on, and say so]",
        ),
        sample_option("vertices where all have as many as --points, else surface"),
        force_option,
        quiet_option,
        verbose_option("More lines of progress, and how long each phase took."),
        json_option("The summary"),
        log_option,
        debug_option,
    )(command)
