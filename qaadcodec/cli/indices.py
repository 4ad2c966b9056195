"""`--index 0 7 42`: an option of several numbers and ranges, with blanks or commas between them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, TypeVar

import click

from qaadcodec.cli.options import span
from qaadcodec.errors import UsageError

F = TypeVar("F", bound=Callable[..., Any])
Indices: TypeAlias = tuple[int | slice, ...]
"""what one `--index` gives"""

FLAGS = ("-i", "--index")
ITEM = re.compile(r"-?\d{1,18}|(?:-?\d{1,18})?:(?:-?\d{1,18})?")


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
    """Whether a text is indices: `7`, `-1`, `0:8`, `0,7,42`."""
    return all(ITEM.fullmatch(part.strip()) for part in text.split(","))


def indices_of(value: str | Indices) -> Indices:
    """The numbers and ranges in `0,7,42` or `-1` or `0:8`."""
    if not isinstance(value, str):
        return value
    if not is_indices(value):
        raise click.BadParameter(f"{value!r} is not an index, a range such as 0:8, or several such as 0,7,42")
    return tuple(span(part) if ":" in part else int(part) for part in value.split(","))


def index_option(what: str) -> Callable[[F], F]:
    """`-i`, which reaches the command as `indices`, a tuple for each time it was given."""
    return click.option(*FLAGS, "indices", type=indices_of, multiple=True, metavar="I...", help=what)


def resolved(given: Sequence[Indices], clouds: int) -> list[int]:
    """The indices that were asked for, each once, in their order; negative ones count from the end.

    Args:
        given: numbers and ranges, as `index_option` gives them.
        clouds: how many there are.

    Raises:
        UsageError: one is out of range, or a range is empty.
    """
    chosen: dict[int, None] = {}
    for item in (item for group in given for item in group):
        if isinstance(item, slice):
            found = range(clouds)[item]
            if not found:
                raise UsageError(f"the range {_text(item)} holds no cloud: indices go from 0 to {clouds - 1}")
            chosen.update(dict.fromkeys(found))
        elif -clouds <= item < clouds:
            chosen[item % clouds] = None
        else:
            raise UsageError(f"no cloud {item}: indices go from 0 to {clouds - 1}, or from -{clouds} to -1")
    return list(chosen)


def _text(item: slice) -> str:
    return ":".join("" if end is None else str(end) for end in (item.start, item.stop))
