"""`qaad compress`: a set of clouds becomes one archive."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from qaadcodec.cli.interrupts import finishing_on_interrupt
from qaadcodec.cli.options import duration as parse_duration
from qaadcodec.cli.options import fitting_options, seed_option
from qaadcodec.cli.options import setting as parse_setting
from qaadcodec.cli.output import archive_path, put
from qaadcodec.config import PRESETS, CompressConfig, preset, with_settings


def of_presets(setting: Callable[[CompressConfig], Any]) -> str:
    """The default of a setting that presets decide, for its help: one value, or one per preset."""
    values = {name: setting(config) for name, config in PRESETS.items()}
    if len(set(values.values())) == 1:
        return f"[default: {next(iter(values.values()))}]"
    return f"[default: the preset's: {', '.join(f'{value} for {name}' for name, value in values.items())}]"


@click.command("compress")
@click.argument("inputs", metavar="INPUT...", nargs=-1, required=True)
@click.option("-o", "--output", required=True, metavar="OUT.qaad", help="The archive to write.")
@click.option(
    "--preset",
    "preset_name",
    type=click.Choice(list(PRESETS)),
    default="default",
    help="A named set of all settings.  [default: default]",
)
@click.option(
    "--points", type=int, metavar="M", help="Points per cloud; others are resampled.  [default: the smallest count]"
)
@click.option(
    "--latent-size",
    type=int,
    metavar="L",
    help=f"Numbers per cloud.  {of_presets(lambda c: c.network.latent_size)}",
)
@click.option(
    "--patches", type=int, metavar="K", help=f"Patches of the surface.  {of_presets(lambda c: c.network.patches)}"
)
@click.option(
    "--epochs", type=int, metavar="E", help=f"Passes over the set.  {of_presets(lambda c: c.training.epochs)}"
)
@click.option(
    "--budget",
    type=parse_duration,
    metavar="DURATION",
    help="Time for the whole run, such as 90s, 10m or 1h30m.  [default: as long as the epochs take]",
)
@click.option(
    "--set",
    "settings",
    type=parse_setting,
    multiple=True,
    metavar="KEY=VALUE",
    help="Any other setting, for experts and ablations (README, Settings); repeatable.  [default: the preset's]",
)
@seed_option("Seed of everything random.")
@fitting_options
def command(
    inputs: tuple[str, ...],
    output: str,
    preset_name: str,
    points: int | None,
    latent_size: int | None,
    patches: int | None,
    epochs: int | None,
    budget: float | None,
    settings: tuple[tuple[str, Any], ...],
    seed: int,
    device: str,
    skip_bad: bool,
    force: bool,
    quiet: bool,
    verbose: bool,
    as_json: bool,
) -> None:
    """Compress a set of clouds into one archive.

    INPUT is a folder (searched recursively, in natural order, hidden files ignored), a file (PLY, NPY, NPZ, HDF5,
    XYZ), a part of an HDF5 file (scans.h5::/group), or - for stdin. All clouds should show one kind of shape.

    Ctrl-C once finishes early with a valid archive, twice stops and leaves none. The summary goes to stdout: clouds,
    points, bytes, ratios, and the error (EM-kD) of a sample of the clouds.

    \b
    Example:
      qaad compress scans/ -o scans.qaad --budget 10m
    """
    config = with_settings(preset(preset_name), dict(settings)).with_overrides(
        points=points, latent_size=latent_size, patches=patches, epochs=epochs, seed=seed, budget_seconds=budget
    )
    target = archive_path(output)

    from qaadcodec.codec import compress
    from qaadcodec.report.jsonlines import json_line
    from qaadcodec.report.progress import reporting
    from qaadcodec.report.summaries import compress_lines

    with reporting(quiet=quiet, verbose=verbose) as listener, finishing_on_interrupt(listener) as stop:
        summary = compress(
            inputs,
            target,
            config=config,
            overwrite=force,
            skip_bad=skip_bad,
            device=device,
            on_event=listener,
            stop=stop,
        )
    put([json_line(summary.to_dict())] if as_json else compress_lines(summary))
