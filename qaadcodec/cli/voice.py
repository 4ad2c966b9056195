"""How the command speaks on stderr: `qaad: what is wrong`, lower case, no full stop, and a hint where one helps."""

from __future__ import annotations

import contextlib
import sys

import click

from qaadcodec.cli.near import did_you_mean
from qaadcodec.remote.urls import clean
from qaadcodec.report.text import printable


def say(text: str, *, quiet: bool = False) -> None:
    """A message for people; results go to stdout instead. What URLs have of secrets is left out, here and below."""
    if not quiet:
        tell(f"qaad: {printable(clean(text))}")


def complain(text: str, hint: str | None = None) -> None:
    """An error, and what to do about it."""
    tell(f"qaad: error: {printable(clean(text))}" + (f"\nhint: {printable(clean(hint))}" if hint else ""))


def tell(line: str) -> None:
    """Write a whole line at once: the thread that answers Ctrl-C may be writing too. Where that fails, work goes on."""
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()


def in_our_voice(error: click.ClickException) -> tuple[str, str | None]:
    """Message and hint for one of click's own errors: its sentence in lower case and without the full stop.

    Where a word is no command or option, the hint has those that are near it.
    """
    known = getattr(error, "possibilities", None) or ()
    word = getattr(error, "option_name", None) or getattr(error, "name", None)
    text = getattr(error, "message", "") if known else error.format_message()
    if isinstance(error, click.NoSuchOption):  # which versions of click say differently
        text = f"no such option {error.option_name!r}"
    text = " ".join(text.split()).rstrip(".")
    text = text[:1].lower() + text[1:]
    near = did_you_mean(word, known) if word else None
    context = error.ctx if isinstance(error, click.UsageError) else None
    usage = None if context is None else f"{context.command_path} --help shows the usage"
    return text, " ".join(part for part in (near, usage) if part) or None
