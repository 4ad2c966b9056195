"""`qaad compress`: a set of clouds becomes one archive."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import click
from click.exceptions import Exit

from qaadcodec.cli.choices import files
from qaadcodec.cli.choices import settings as complete_settings
from qaadcodec.cli.options import Ways, bundle, learning_options
from qaadcodec.cli.options import byte_count as parse_bytes
from qaadcodec.cli.options import duration as parse_duration
from qaadcodec.cli.options import limit as parse_limit
from qaadcodec.cli.options import setting as parse_setting
from qaadcodec.cli.output import archive_path, put, stdout_columns
from qaadcodec.cli.processes import RESTARTS, check_inputs, launch, processes_option, to_be_launched
from qaadcodec.cli.running import refuse_useless, running
from qaadcodec.cli.work import work_options
from qaadcodec.config import ALIGNMENTS, PRESETS, ROWS, Recipe, Request
from qaadcodec.errors import UsageError
from qaadcodec.progress import Finished
from qaadcodec.ranks.group import is_first
from qaadcodec.work.asked import Work


def of_presets(setting: Callable[[Recipe], Any]) -> str:
    """The default of a setting that presets decide, for its help: one value, or one per preset."""
    values = {name: setting(recipe) for name, recipe in PRESETS.items()}
    if len(set(values.values())) == 1:
        return f"[default: {next(iter(values.values()))}]"
    return f"[default: the preset's: {', '.join(f'{value} for {name}' for name, value in values.items())}]"


def request_of(given: dict[str, Any]) -> Request:
    """The request that the options make."""
    settings = dict(given.pop("settings"))
    flags = ("--quality", "--target-size", "--target-ratio", "--target-error")
    names = ("quality", "target_bytes", "target_ratio", "target_error")
    check_aims({flag: given[name] for flag, name in zip(flags, names, strict=True)}, settings)
    return Request(**given, settings=settings)


request_options = bundle(
    "request",
    request_of,
    click.option(
        "--preset",
        type=click.Choice(list(PRESETS)),
        default="default",
        help="A named set of all settings.  [default: default]",
    ),
    click.option(
        "--quality",
        type=click.FloatRange(0, 100),
        metavar="Q",
        help="0 (small) to 100 (faithful): chooses the network for the set.  [default: 75; none for the preset paper]",
    ),
    click.option(
        "--target-size",
        "target_bytes",
        type=parse_bytes,
        metavar="BYTES",
        help="What the archive should come to, such as 500K or 2M, instead of a quality.",
    ),
    click.option(
        "--target-ratio",
        type=click.FloatRange(min=0, min_open=True),
        metavar="RATIO",
        help="The same, as bytes of the clouds' float32 positions over bytes of the archive.",
    ),
    click.option(
        "--target-error",
        type=parse_limit,
        metavar="METRIC=VALUE",
        help="em_kd=… or n_em_kd=…: the first of the qualities 20, 45, 70 and 100 that reaches this error.",
    ),
    click.option(
        "--align",
        type=click.Choice(ALIGNMENTS),
        help="Learn the clouds as if all lay alike, and decode each to its own place: they differ by a shift, by a "
        "turn too (rigid), by a scale too (similarity); auto finds out.  [default: auto; none for the preset paper]",
    ),
    click.option(
        "--rows",
        type=click.Choice(ROWS),
        help="What point i of every cloud has in common: material, one place of the shape, for landmarks and smooth "
        "surfaces; even, little error (EM-kD), since points lie as densely as in each original.  [default: even]",
    ),
    click.option(
        "--points", type=int, metavar="M", help="Points per cloud; others are resampled.  [default: the smallest count]"
    ),
    click.option(
        "--latent-size",
        type=int,
        metavar="L",
        help=f"Numbers per cloud.  {of_presets(lambda c: c.network.latent_size)}",
    ),
    click.option(
        "--patches",
        type=int,
        metavar="K",
        help="Patches of the surface.  [default: 64 and fewer for small clouds, 128 for the preset paper]",
    ),
    click.option(
        "--epochs", type=int, metavar="E", help=f"Passes over the set.  {of_presets(lambda c: c.training.epochs)}"
    ),
    click.option(
        "--budget",
        "budget_seconds",
        type=parse_duration,
        metavar="DURATION",
        help="Time for the whole run, such as 90s, 10m or 1h30m.  [default: as long as the epochs take]",
    ),
    click.option(
        "--from",
        "start",
        metavar="OLD.qaad",
        shell_complete=files,
        help="Start from an archive: with its network and input cloud, and with its latents of clouds of the same "
        "names; those of others are fitted first.  [default: start anew]",
    ),
    click.option(
        "--set",
        "settings",
        type=parse_setting,
        multiple=True,
        metavar="KEY=VALUE",
        shell_complete=complete_settings,
        help="Any other setting; repeatable; qaadcodec/config/README.md lists all.  [default: the preset's]",
    ),
)


@click.command("compress")
@click.argument("inputs", metavar="INPUT...", nargs=-1, required=True, shell_complete=files)
@click.option("-o", "--output", required=True, metavar="OUT.qaad", shell_complete=files, help="The archive to write.")
@request_options
@work_options
@processes_option(" If one is lost, all go on from the last checkpoint.")
@learning_options
def command(
    inputs: tuple[str, ...], output: str, request: Request, work: Work, processes: int | None, ways: Ways
) -> None:
    """Compress a set of clouds into one archive.

    INPUT is a folder (searched recursively, in natural order, hidden files ignored), a file (PLY, NPY, NPZ, HDF5,
    XYZ, OFF, OBJ, STL, GLB, 3MF, VTK, VTP, PCD, LAS, E57), a zip of such files, a part of a file (scans.h5::/group,
    scans.zip::a.ply), a URL of these (https://, s3://, gs://, also with *), or - for stdin. All clouds should show one
    kind of shape. Of meshes with unequal numbers of vertices, points are drawn from the surfaces: see --sample.

    Ctrl-C once finishes early with a valid archive, twice stops and leaves none. The summary goes to stdout: clouds,
    points, bytes, ratios, and the error (EM-kD) of a sample of the clouds.

    A run that takes long writes checkpoints to a work folder, which is gone when the archive is there. After a power
    cut, say, the same command with --resume goes on from the last one, and comes to the same archive.

    \b
    Example:
      qaad compress scans/ -o scans.qaad --budget 10m
    """
    target = archive_path(output)
    check_inputs(inputs, processes)
    if to_be_launched(processes):
        raise Exit(launch(processes, RESTARTS))

    from qaadcodec.codec.compress import compress
    from qaadcodec.report.jsonlines import json_line
    from qaadcodec.report.summaries import compress_lines

    with running(ways) as run:
        run = replace(run, work=work)
        summary = compress(inputs, target, request, run=run, overwrite=ways.force, skip_bad=ways.skip_bad)
        run.listener(Finished(summary.to_dict()))
    if not is_first():
        return
    put([json_line(summary.to_dict())] if ways.as_json else compress_lines(summary, width=stdout_columns()))
    refuse_useless(summary.path, summary.findings, ways)


def check_aims(options: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
    """Refuse more than one quality or target of the user's, by options or by --set; the preset's gives way to one.

    Raises:
        UsageError: names those that were given.
    """
    by_setting = {f"--set size.{name}": settings.get(f"size.{name}") for name in ("quality", "bytes", "ratio", "error")}
    given = [flag for flag, aim in {**options, **by_setting}.items() if aim is not None]
    if len(given) > 1:
        *most, last = options
        raise UsageError(f"{' and '.join(given)} exclude each other", hint=f"give one of {', '.join(most)} and {last}")
    metric, error = options["--target-error"] or (None, None)
    if metric and "size.metric" in settings and settings["size.metric"] != metric:
        raise UsageError(
            f"--target-error {metric}={error:g} and --set size.metric={json.dumps(settings['size.metric'])} "
            "exclude each other",
            hint="--target-error names its metric: leave the setting out",
        )
