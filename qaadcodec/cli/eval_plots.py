"""`qaad eval --plots DIR`: the errors as pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from qaadcodec.cli.eval_inputs import files_of
from qaadcodec.cli.options import bundle, path_type
from qaadcodec.errors import UsageError
from qaadcodec.metrics.names import HIGHER_IS_BETTER, METRICS

if TYPE_CHECKING:
    from qaadcodec.codec.open import OpenArchive
    from qaadcodec.metrics.pair import CloudErrors
    from qaadcodec.pictures.charts import Spent
    from qaadcodec.pictures.gather import Shown
    from qaadcodec.progress import Run

F = TypeVar("F", bound=Callable[..., Any])

WORST = 6  # clouds on worst.png
PREFERRED = "n_em_kd"
UNITS = {
    "n_em_kd": "%",
    "stray": "%",
    "em_kd": "squared units of the input",
    "chamfer": "squared units of the input",
    "augmented_chamfer": "squared units of the input",
    "em_kd_root": "units of the input",
    "hausdorff": "units of the input",
    "d1_psnr": "dB",
    "d2_psnr": "dB",
}  # of the others: spacings of the original


@dataclass(frozen=True, slots=True)
class Measured:
    """What is drawn: the worst clouds, where they come from, and all archives."""

    metric: str
    worst: list[Shown]
    source: str
    spent: list[Spent]


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
        """The clouds of an archive with the largest errors, and what it and those beside it cost.

        Args:
            what: the path of the archive, and the references.
            errors: of its clouds.
        """
        if self.folder is None or not errors:
            return None
        from qaadcodec.pictures.captions import archive_sentence
        from qaadcodec.pictures.gather import of_archive

        metric = leading(errors)
        worst = sorted(errors, key=lambda each: badness(metric, each), reverse=True)[:WORST]
        chosen = [each.index for each in worst if each.index is not None]
        clouds = [
            replace(cloud, about=told(metric, each))
            for cloud, each in zip(of_archive(archive, chosen, list(what[1:]), run), worst, strict=True)
        ]
        source = f"The worst {len(clouds)} of {len(errors)}, worst first. "
        spent = [self.spent(archive, what[0], metric, errors)] if self.beside else []
        spent += [self.evaluated(path, what[1:], metric, errors, run) for path in self.beside]
        return Measured(metric, clouds, source + archive_sentence(archive, what[0], len(clouds)), spent)

    def of_pair(self, first: str, second: str, errors: Sequence[CloudErrors]) -> Measured | None:
        """Two clouds."""
        if self.folder is None:
            return None
        if self.beside:
            raise UsageError("--beside goes with an archive, not with two clouds")
        from qaadcodec.clouds import read_cloud
        from qaadcodec.pictures.gather import shown

        metric = leading(errors)
        cloud = shown(errors[0].name, read_cloud(first).points, read_cloud(second).points, told(metric, errors[0]))
        return Measured(metric, [cloud], f"{Path(first).name} against {Path(second).name}.", [])

    def evaluated(
        self, path: str, references: Sequence[str], metric: str, errors: Sequence[CloudErrors], run: Run
    ) -> Spent:
        """An archive beside the first one, measured on the clouds of the same names."""
        from qaadcodec.codec.evaluate import evaluate
        from qaadcodec.codec.open import open as open_archive
        from qaadcodec.metrics.names import SURFACE

        if metric in SURFACE:
            raise UsageError(f"--beside compares by errors against the originals, and {metric} is none of them")
        with open_archive(path) as archive:
            chosen = [archive.index_of(each.name) for each in errors]
            found = list(evaluate(archive, list(references), indices=chosen, metrics=[metric], run=run))
            return self.spent(archive, path, metric, found)

    def spent(self, archive: OpenArchive, path: str, metric: str, errors: Sequence[CloudErrors]) -> Spent:
        """What an archive costs, and its mean error."""
        from qaadcodec.pictures.charts import Spent

        mean = sum(value_of(metric, each) for each in errors) / len(errors)
        return Spent(Path(path).name, archive.size_bytes / len(archive), mean)

    def write(self, measured: Measured | None, errors: Sequence[CloudErrors], *, overwrite: bool) -> None:
        """Draw the pictures and write them: all of them or none."""
        if measured is None or self.folder is None:
            return
        from qaadcodec.codec.folder_output import whole_folder

        with whole_folder(self.folder, self.files(), overwrite) as files:
            for place, data in enumerate(self.drawn(measured, errors)):
                with files.opened(place) as file:
                    file.write(data)

    def drawn(self, measured: Measured, errors: Sequence[CloudErrors]) -> list[bytes]:
        """The pictures as PNG, in the order of `files`."""
        import numpy as np

        from qaadcodec.pictures.captions import caption
        from qaadcodec.pictures.charts import histogram, rate_chart
        from qaadcodec.pictures.colours import DARK, LIGHT
        from qaadcodec.pictures.frames import Stand
        from qaadcodec.pictures.saving import png
        from qaadcodec.pictures.scale import scale_of
        from qaadcodec.pictures.sheet import Looks, Sheet
        from qaadcodec.pictures.views import VIEWS
        from qaadcodec.progress import Run

        page = DARK if self.dark else LIGHT
        what = label_of(measured.metric)
        if len(errors) > 1:
            values = np.array([value_of(measured.metric, each) for each in errors])
            spread = histogram(values, what, "clouds", f"How the errors of {len(errors)} clouds spread.", page)
        else:
            distances = measured.worst[0].distances
            assert distances is not None  # there is an original
            title = f"How the errors of {len(distances)} points spread."
            where = "distance to the surface of the original, units of the input"
            spread = histogram(distances, where, "points", title, page)
        stand = Stand((VIEWS["three-quarter"],))
        scale = scale_of(measured.worst, "units of the input")
        text = caption(measured.worst, stand, scale, measured.source)
        sheet = Sheet.of(measured.worst, Looks(stand, dark=self.dark), text, scale)
        with Run().phase("drawing", len(measured.worst), "views") as phase:
            worst = png(sheet.painted(stand.views, phase))
        return [spread, worst, *([rate_chart(measured.spent, what, page)] if self.beside else [])]


def leading(errors: Sequence[CloudErrors]) -> str:
    """The metric that orders clouds: nEM-kD where it was measured, or else the first that was."""
    measured = [metric for metric in METRICS if getattr(errors[0], metric) is not None]
    return PREFERRED if PREFERRED in measured else measured[0]


def value_of(metric: str, errors: CloudErrors) -> float:
    """The value in the unit of UNITS."""
    value = float(getattr(errors, metric))
    return 100 * value if UNITS.get(metric) == "%" else value


def badness(metric: str, errors: CloudErrors) -> float:
    """What is larger the worse a cloud is."""
    value = float(getattr(errors, metric))
    return -value if metric in HIGHER_IS_BETTER else value


def label_of(metric: str) -> str:
    """`nEM-kD, %`."""
    from qaadcodec.report.errors import HEADERS

    return f"{HEADERS[metric]}, {UNITS.get(metric, 'spacings of the original')}"


def told(metric: str, errors: CloudErrors) -> str:
    """`nEM-kD 0.31 %`."""
    from qaadcodec.report.errors import HEADERS, cell

    return f"{HEADERS[metric]} {cell(metric, getattr(errors, metric))}"


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
