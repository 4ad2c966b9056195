"""Where results go: lines to stdout, bytes to a pipe but never to a terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import BinaryIO

from qaadcodec.errors import EnvironmentFailure, UsageError
from qaadcodec.remote.urls import Location, located, shown

LEAST_COLUMNS = 20  # on narrower terminals lines are wrapped by these


def put(lines: Iterable[str]) -> None:
    """Write result lines to stdout in one write, and at once: whoever reads a pipe should not have to wait."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


def stdout_columns() -> int | None:
    """Columns of the terminal that results are shown on; None where they go elsewhere."""
    if not sys.stdout.isatty():
        return None
    import shutil  # a pipe does not wait for it

    return max(LEAST_COLUMNS, shutil.get_terminal_size().columns)


def byte_stdout(content: str, *, is_text: bool = False) -> BinaryIO:
    """Stdout for bytes.

    Raises:
        UsageError: stdout is a terminal and the bytes are no text.
    """
    if sys.stdout.isatty() and not is_text:
        raise UsageError(
            f"refusing to write {content} to a terminal",
            hint="send it to a file or a pipe: … -o - > FILE, or -o FILE",
        )
    sys.stdout.flush()
    return sys.stdout.buffer


def archive_path(output: str) -> Location:
    """The path or the URL of an archive to be written.

    Raises:
        UsageError: it is `-`; an archive is written to a temporary file beside its target and renamed.
        EnvironmentFailure: it names a folder.
    """
    if output == "-":
        raise UsageError("an archive cannot be written to stdout", hint="name a file: -o OUT.qaad")
    if output.endswith(("/", os.sep)):
        raise EnvironmentFailure(
            f"{shown(output)} is a folder", hint=f"name a file, for example {shown(output)}scans.qaad"
        )
    return located(output)
