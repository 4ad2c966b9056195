"""How the command speaks on stderr: `qaad: what is wrong`, lower case, no full stop, and a hint where one helps."""

from __future__ import annotations

import contextlib
import sys

import click

from qaadcodec.report.text import printable


def say(text: str, *, quiet: bool = False) -> None:
    """A message for people; results go to stdout instead."""
    if not quiet:
        tell(f"qaad: {printable(text)}")


def complain(text: str, hint: str | None = None) -> None:
    """An error, and what to do about it."""
    tell(f"qaad: error: {printable(text)}" + (f"\nhint: {printable(hint)}" if hint else ""))


def tell(line: str) -> None:
    """Write a whole line at once: the thread that answers Ctrl-C may be writing too. Where that fails, work goes on."""
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()


def in_our_voice(error: click.ClickException) -> tuple[str, str | None]:
    """Message and hint for one of click's own errors: its sentence in lower case and without the full stop."""
    text = " ".join(error.format_message().split()).rstrip(".")
    text = text[:1].lower() + text[1:]
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is None:
        return text, None
    return text, f"{context.command_path} --help shows the usage"
