"""What completion offers for values that are no files: settings, names of clouds, formats. Nothing here ever fails."""

from __future__ import annotations

import contextlib
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from qaadcodec.remote.urls import is_url

MOST = 1000  # names of clouds


def files(ctx: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Files and folders: the shell finds them itself."""
    return [CompletionItem(begun, type="file")]


def settings(ctx: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Names of settings, with the `=` that follows."""
    from qaadcodec.config import preset

    names = (f"{group}.{key}=" for group, values in preset("default").to_dict().items() for key in values)
    return [CompletionItem(name) for name in names if name.startswith(begun)]


def metrics(ctx: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Metrics, the last one of a list with commas."""
    from qaadcodec.metrics.names import METRICS

    before, comma, last = begun.rpartition(",")
    return [CompletionItem(before + comma + name) for name in METRICS if name.startswith(last)]


def cloud_names(ctx: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Names of the clouds of the archive on the line; none where it cannot be read, or is at a URL."""
    words = [ctx.params.get("archive"), *ctx.args]  # click takes nothing in where the last option has no value yet
    archive = next((word for word in words if isinstance(word, str | Path)), None)
    if archive is None or is_url(archive):
        return []
    from qaadcodec.archive import ArchiveReader
    from qaadcodec.errors import QaadError

    with contextlib.suppress(QaadError, OSError), ArchiveReader(archive) as reader:
        return [CompletionItem(name) for name in reader.names if name.startswith(begun)][:MOST]
    return []
