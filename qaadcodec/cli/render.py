"""`qaad render`: pictures of clouds, of their originals and of the error between them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qaadcodec.cli.eval_inputs import files_of, is_archive, one_from_stdin
from qaadcodec.cli.indices import IndexCommand, Indices, index_option, resolved
from qaadcodec.cli.options import Ways, bundle, debug_option, force_option, json_option, quiet_option, ways
from qaadcodec.cli.output import byte_stdout, put
from qaadcodec.cli.render_looks import Asked, look_options
from qaadcodec.cli.voice import say
from qaadcodec.errors import UsageError
from qaadcodec.remote.urls import name_of, shown

if TYPE_CHECKING:
    from qaadcodec.pictures.gather import Shown
    from qaadcodec.pictures.sheet import Looks, Sheet
    from qaadcodec.progress import Run

MOST_CLOUDS = 256  # on one sheet
FRAME_MILLISECONDS = 80
MOST_PIXELS = 300_000_000  # of all frames that move: they are in memory together, 3 bytes each


@dataclass(frozen=True, slots=True)
class Targets:
    """The files that are written, as the user names them."""

    output: str | None
    spin: str | None

    def named(self) -> list[str]:
        """Those that are no stdout."""
        return [path for path in (self.output, self.spin) if path not in (None, "-")]


def targets_of(given: dict[str, Any]) -> Targets:
    """The files; UsageError where there are none, both are one, or one has a suffix that says another format."""
    targets = Targets(**given)
    if targets.output is None and targets.spin is None:
        raise UsageError("nothing to write", hint="name a picture: -o sheet.png, or --spin turning.gif")
    if targets.output == targets.spin:
        raise UsageError(f"-o and --spin both name {targets.output}")
    for path, suffixes, what in (
        (targets.output, (".png",), "a sheet"),
        (targets.spin, (".gif", ".png", ".apng", ".mp4"), "a turntable"),
    ):
        if path is not None and (path != "-" or what == "a turntable") and Path(path).suffix.lower() not in suffixes:
            *most, last = suffixes
            known = f"{', '.join(most)} or {last}" if most else last
            raise UsageError(f"{path}: {what} is written as {known}", hint=f"name a file that ends in {suffixes[0]}")
    return targets


target_options = bundle(
    "targets",
    targets_of,
    click.option("-o", "--output", metavar="FILE.png", help="The sheet, or - for stdout.  [default: none]"),
    click.option(
        "--spin",
        metavar="FILE.gif",
        help="The clouds turning, as .gif, .png (APNG), or .mp4 by ffmpeg.  [default: none]",
    ),
)


@click.command("render", cls=IndexCommand)
@click.argument("what", metavar="ARCHIVE | INPUT...", nargs=-1, required=True)
@index_option("Clouds by their places: 0 7 42, or 0,7,42, or 0:8.  [default: up to 6, evenly spread]")
@click.option(
    "--reference",
    "references",
    multiple=True,
    metavar="DIR",
    help="The originals, found by name: a folder, or a file; repeatable.  [default: none]",
)
@target_options
@look_options
@ways(force_option, quiet_option, json_option("What was drawn"), debug_option)
def command(
    what: tuple[str, ...],
    indices: Indices,
    references: tuple[str, ...],
    targets: Targets,
    asked: Asked,
    ways: Ways,
) -> None:
    """Draw clouds as shaded surfaces.

    The clouds are those of an archive, decoded, or those of files and folders, as the INPUT of compress. Meshes are
    drawn by their faces, all else as the surface through its points. With --reference, each stands beside its original,
    and beside its error as colour: the distance from each point to the surface of the original, with a scale in the
    units of the input. All clouds of a picture are drawn to one scale, with their names and figures, and a caption. No
    screen and no GPU is needed; Pillow and matplotlib are, which bin/qaad installs, and pip install
    'qaadcodec[pictures]'.

    \b
    Example:
      qaad render scans.qaad --index 0 7 42 --reference scans/ -o sheet.png
      qaad render scans.qaad -i 3 --view front --view side --dark -o cloud.png
      qaad render a.ply b.ply --up z --unit mm --spin turning.gif
      qaad render scans.qaad -i 3 --spin turning.mp4
    """
    from qaadcodec.files import preflight, protect
    from qaadcodec.pictures.libraries import font_file
    from qaadcodec.pictures.video import ffmpeg
    from qaadcodec.progress import Run
    from qaadcodec.report.jsonlines import json_line
    from qaadcodec.report.progress.reporting import reporting

    one_from_stdin((*what, *references))
    if targets.output == "-":
        if ways.as_json:
            raise UsageError("-o - and --json would both write to stdout", hint="name a file with -o")
        byte_stdout("PNG data")
    for path in targets.named():
        preflight(path, ways.force)
        protect(files_of((*what, *references)), path)
    font_file()  # what is not installed is told before the clouds are read
    if targets.spin is not None and Path(targets.spin).suffix.lower() == ".mp4":
        ffmpeg()

    to_stdout = targets.output == "-"
    with reporting(quiet=ways.quiet) as listener:
        run = Run(listener=listener)
        clouds, source, shown_as = gathered(what, indices, references, run)
        made = drawn(clouds, source, asked, targets, shown_as, run)
        for path, data in made:
            write(path, data, overwrite=ways.force)
    if ways.as_json:
        put([json_line({"paths": list(map(shown, targets.named())), "clouds": [cloud.title for cloud in clouds]})])
    else:
        for path in targets.named():
            say(f"wrote {shown(path)}: {len(clouds)} cloud{'s' * (len(clouds) > 1)}", quiet=ways.quiet or to_stdout)


def gathered(
    what: Sequence[str], indices: Indices, references: Sequence[str], run: Run
) -> tuple[list[Shown], str, str]:
    """The clouds, a sentence on where they come from, and what they are called."""
    from qaadcodec.pictures import captions, gather

    if is_archive(what[0]):
        from qaadcodec.codec.open import open as open_archive

        if len(what) > 1:
            raise UsageError(
                f"{what[0]} is an archive, and {what[1]} is drawn with nothing of it",
                hint=f"--reference {what[1]} names the originals",
            )
        with open_archive(what[0]) as archive:
            chosen = chosen_of(len(archive), indices, what[0])
            clouds = gather.of_archive(archive, chosen, list(references) or None, run)
            return clouds, captions.archive_sentence(archive, what[0], len(clouds)), "decoded"

    from qaadcodec.clouds import find_clouds

    sources = find_clouds(list(what))
    kept = [sources[i] for i in chosen_of(len(sources), indices)]
    clouds = gather.of_files(kept, list(references) or None, run)
    name = "stdin" if what[0] == "-" else name_of(what[0]) or what[0]
    label = name if len(what) == 1 else f"{name} and {len(what) - 1} more"
    return clouds, captions.files_sentence(len(clouds), len(sources), label), "cloud"


def chosen_of(count: int, indices: Indices, label: str = "") -> list[int]:
    """The clouds that are drawn; UsageError where they are too many."""
    from qaadcodec.pictures.gather import spread

    chosen = resolved(indices, count, label) if indices else spread(count)
    if len(chosen) > MOST_CLOUDS:
        raise UsageError(f"{len(chosen)} clouds were asked for, and a sheet holds {MOST_CLOUDS}")
    return chosen


def drawn(
    clouds: list[Shown], source: str, asked: Asked, targets: Targets, shown_as: str, run: Run
) -> Iterable[tuple[str, bytes]]:
    """The files that are asked for, with their bytes."""
    from qaadcodec.pictures.captions import caption
    from qaadcodec.pictures.saving import moving, png
    from qaadcodec.pictures.scale import scale_of
    from qaadcodec.pictures.sheet import Sheet

    scale = scale_of(clouds, asked.unit, asked.end)

    def sheet(looks: Looks) -> Sheet:
        return Sheet.of(clouds, looks, caption(clouds, looks.stand, scale, source), scale)

    still = sheet(asked.sheet(shown_as)) if targets.output is not None else None
    spin = sheet(asked.spin(shown_as)) if targets.spin is not None else None
    if spin is not None:
        check_size(spin)
    count = len(clouds) * sum(len(each.looks.stand.views) for each in (still, spin) if each is not None)
    made = []
    with run.phase("drawing", count, "views") as phase:
        if still is not None:
            made.append((str(targets.output), png(still.painted(still.looks.stand.views, phase))))
        if spin is not None:
            frames = (spin.painted([view], phase) for view in spin.looks.stand.views)
            made.append((str(targets.spin), moving(frames, Path(str(targets.spin)).suffix.lower(), FRAME_MILLISECONDS)))
    return made


def check_size(spin: Sheet) -> None:
    """UsageError where frames that move are too large, or too many."""
    width, height = spin.layout.size
    pixels = len(spin.looks.stand.views) * width * height
    if pixels > MOST_PIXELS:
        raise UsageError(
            f"{len(spin.looks.stand.views)} frames of {width} by {height} pixels are {pixels} pixels, and "
            f"--spin takes {MOST_PIXELS} at most",
            hint="choose fewer --frames, or a smaller --width",
        )


def write(path: str, data: bytes, *, overwrite: bool) -> None:
    """A picture as a file, whole or not at all; or to stdout."""
    if path == "-":
        byte_stdout("PNG data").write(data)
        return
    from qaadcodec.files import atomic_output

    with atomic_output(path, overwrite) as file:
        file.write(data)
