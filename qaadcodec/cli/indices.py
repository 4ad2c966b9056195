"""Places of clouds on the command line: `--index 0 7 42` of numbers and ranges, with blanks or commas between them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

import click

from qaadcodec.errors import UsageError

F = TypeVar("F", bound=Callable[..., Any])
Indices: TypeAlias = tuple[int | slice, ...]
"""what `--index` gives, however often it was given"""

FLAGS = ("-i", "--index")
NUMBER = r"-?\d{1,18}"
SPAN = re.compile(rf"({NUMBER})?:({NUMBER})?(?::({NUMBER})?)?")


class IndexCommand(click.Command):
    """A command whose `--index` takes all indices that follow it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Give each of the indices an `--index` of its own, then parse as usual."""
        spelt: list[str] = []
        taking = False  # whether an --index with a value stands before
        for place, argument in enumerate(args):
            if argument == "--":
                return super().parse_args(ctx, spelt + args[place:])
            value_due = bool(spelt) and spelt[-1] in FLAGS
            if taking and not value_due and is_indices(argument):
                spelt.append(FLAGS[-1])
            elif not value_due:
                taking = argument in FLAGS
            spelt.append(argument)
        return super().parse_args(ctx, spelt)


def is_indices(text: str) -> bool:
    """Whether a text is indices: `7`, `-1`, `0:8`, `0:100:10`, `0,7,42`."""
    parts = [part.strip() for part in text.split(",")]
    return all(re.fullmatch(NUMBER, part) or SPAN.fullmatch(part) for part in parts)


def indices_of(value: str | Indices) -> Indices:
    """The numbers and ranges in `0,7,42` or `-1` or `0:8`."""
    if not isinstance(value, str):
        return value
    if not is_indices(value):
        raise click.BadParameter(f"{value!r} is not an index, a range such as 0:8, or several such as 0,7,42")
    return tuple(span(part) if ":" in part else int(part) for part in value.split(","))


def span(value: str | slice) -> slice:
    """`A:B` or `A:B:STEP`, the clouds from A up to and without B, as in Python; any part may be left out."""
    if isinstance(value, slice):
        return value
    match = SPAN.fullmatch(value.strip())
    if match is None:
        raise click.BadParameter(f"{value!r} is not a range such as 10:20, :8, -4: or 0:100:10")
    first, last, step = (None if part is None else int(part) for part in match.groups())
    if step == 0:
        raise click.BadParameter(f"{value!r} has a step of zero")
    return slice(first, last, step)


def joined(ctx: click.Context, param: click.Parameter, groups: tuple[Indices, ...]) -> Indices:
    """What an option gives that was given several times, as its callback."""
    return tuple(item for group in groups for item in group)


def index_option(what: str) -> Callable[[F], F]:
    """`-i`, which reaches an `IndexCommand` as its argument `indices`."""
    return click.option(*FLAGS, "indices", type=indices_of, multiple=True, callback=joined, metavar="I...", help=what)


def resolved(given: Indices, clouds: int, label: str = "") -> list[int]:
    """The indices that were asked for, each once, in their order; negative ones count from the end.

    Args:
        given: numbers and ranges.
        clouds: how many there are.
        label: what these are of, for messages.

    Raises:
        UsageError: one is out of range, or a range is empty.
    """
    chosen: dict[int, None] = {}
    of = f"{label}: " if label else ""
    for item in given:
        if isinstance(item, slice):
            found = range(clouds)[item]
            if not found:
                raise UsageError(f"{of}the range {_text(item)} holds no cloud: indices go from 0 to {clouds - 1}")
            chosen.update(dict.fromkeys(found))
        elif -clouds <= item < clouds:
            chosen[item % clouds] = None
        else:
            raise UsageError(f"{of}no cloud {item}: indices go from 0 to {clouds - 1}, or from -{clouds} to -1")
    return list(chosen)


def _text(item: slice) -> str:
    ends = ["" if end is None else str(end) for end in (item.start, item.stop)]
    return ":".join(ends if item.step is None else [*ends, str(item.step)])
