"""`qaad eval --plots DIR`: the errors as pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from qaadcodec.cli.eval_inputs import files_of
from qaadcodec.cli.options import bundle, path_type
from qaadcodec.errors import UsageError

if TYPE_CHECKING:
    from qaadcodec.codec.open import OpenArchive
    from qaadcodec.metrics.pair import CloudErrors
    from qaadcodec.pictures.measured import Measured
    from qaadcodec.progress import Run

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Plots:
    """What the options ask for: a folder for the pictures, archives beside the one that is evaluated, a dark page."""

    folder: Path | None
    beside: tuple[str, ...]
    dark: bool

    def files(self) -> list[Path]:
        """What is written."""
        if self.folder is None:
            return []
        names = ("histogram.png", "worst.png", *(("rate.png",) if self.beside else ()))
        return [self.folder / name for name in names]

    def prepare(self, inputs: Sequence[str], *, overwrite: bool) -> None:
        """Find out before the work whether the pictures can be made and written.

        Raises:
            UsageError: an input can be read only once; EnvironmentFailure: something is missing or in the way.
        """
        if self.folder is None:
            return
        from qaadcodec.codec.folder_output import make_folders, remove
        from qaadcodec.files import preflight, protect
        from qaadcodec.pictures.libraries import font_file

        if "-" in inputs:
            raise UsageError("--plots reads clouds twice, so none of them can come from stdin")
        font_file()
        made = make_folders(self.folder, self.files())
        try:
            for path in self.files():
                preflight(path, overwrite)
                protect(files_of((*inputs, *self.beside)), path)
        finally:
            remove(made)

    def of_archive(
        self, archive: OpenArchive, what: Sequence[str], errors: Sequence[CloudErrors], run: Run
    ) -> Measured | None:
        """What is drawn of an archive; `what` is its path, and the references. None where nothing is to be drawn."""
        if self.folder is None or not errors:
            return None
        from qaadcodec.pictures.measured import measured_of_archive

        return measured_of_archive(archive, what, errors, self.beside, run)

    def of_pair(self, first: str, second: str, errors: Sequence[CloudErrors]) -> Measured | None:
        """What is drawn of two clouds."""
        if self.folder is None:
            return None
        if self.beside:
            raise UsageError("--beside goes with an archive, not with two clouds")
        from qaadcodec.pictures.measured import measured_of_pair

        return measured_of_pair(first, second, errors)

    def write(self, measured: Measured | None, *, overwrite: bool) -> None:
        """Draw the pictures and write them: all of them or none."""
        if measured is None or self.folder is None:
            return
        from qaadcodec.codec.folder_output import whole_folder
        from qaadcodec.pictures.error_plots import rate_plot, spread_plot, worst_sheet

        made = [draw(measured, dark=self.dark) for draw in (spread_plot, worst_sheet)]
        made += [rate_plot(measured, dark=self.dark)] if self.beside else []
        with whole_folder(self.folder, self.files(), overwrite) as files:
            for place, data in enumerate(made):
                with files.opened(place) as file:
                    file.write(data)


def plots_of(given: Mapping[str, Any]) -> Plots:
    """The options; UsageError where those that go with --plots are given without it."""
    plots = Plots(**given)
    if plots.folder is None and (plots.beside or plots.dark):
        raise UsageError(f"{'--beside' if plots.beside else '--dark'} needs --plots DIR")
    return plots


def plots_options(command: F) -> F:
    """`--plots`, `--beside` and `--dark`, which reach the command as its argument `plots`."""
    return bundle(
        "plots",
        plots_of,
        click.option(
            "--plots",
            "folder",
            type=path_type(),
            metavar="DIR",
            help="Also draw the errors into this folder: histogram.png, and worst.png with the worst clouds beside "
            "their originals.  [default: none]",
        ),
        click.option(
            "--beside",
            multiple=True,
            metavar="ARCHIVE",
            help="With --plots: another archive of the same clouds, for rate.png, which shows bytes against error; "
            "repeatable.  [default: none]",
        ),
        click.option(
            "--dark",
            is_flag=True,
            help="With --plots: light text on a dark page.  [default: dark text on a white page]",
        ),
    )(command)
