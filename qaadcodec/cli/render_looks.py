"""What pictures are to look like: the options of `qaad render` that say it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from qaadcodec.cli.options import bundle
from qaadcodec.errors import UsageError

if TYPE_CHECKING:
    from qaadcodec.pictures.frames import Stand
    from qaadcodec.pictures.sheet import Looks
    from qaadcodec.pictures.views import View

F = TypeVar("F", bound=Callable[..., Any])

# Written out, so that `qaad --help` need not wait for numpy; a test holds them against `pictures.views`.
VIEWS = ("front", "three-quarter", "side", "back", "top")
UPS = ("x", "y", "z", "-x", "-y", "-z")
USUAL = "three-quarter"
UNIT = "units of the input"
WIDTH, SPIN_WIDTH = 1200, 640


@dataclass(frozen=True, slots=True)
class Asked:
    """What the options say: see there."""

    views: tuple[str, ...]
    azimuth: float | None
    elevation: float | None
    up: str
    end: float | None
    unit: str
    width: int | None
    dark: bool
    frames: int

    def chosen_views(self) -> tuple[View, ...]:
        """Where clouds are seen from."""
        from qaadcodec.pictures import views

        if self.azimuth is None and self.elevation is None:
            return tuple(views.VIEWS[name] for name in self.views or (USUAL,))
        usual = views.VIEWS[USUAL]
        azimuth, elevation = (
            other if given is None else given
            for given, other in ((self.azimuth, usual.azimuth), (self.elevation, usual.elevation))
        )
        return (views.View(azimuth, elevation),)

    def sheet(self, shown_as: str) -> Looks:
        """The looks of a sheet."""
        from qaadcodec.pictures.frames import Stand

        return self._looks(Stand(self.chosen_views(), self.up), WIDTH, shown_as, 3)

    def spin(self, shown_as: str) -> Looks:
        """The looks of clouds that turn, beginning with the view that was chosen.

        UsageError where several were.
        """
        from qaadcodec.pictures.frames import Stand

        first, *others = self.chosen_views()
        if others:
            raise UsageError("--spin begins with one --view, not with several")
        turns = tuple(first.turned(-360 * turn / self.frames) for turn in range(self.frames))
        return self._looks(Stand(turns, self.up, turning=True), SPIN_WIDTH, shown_as, 2)

    def _looks(self, stand: Stand, width: int, shown_as: str, finer: int) -> Looks:
        from qaadcodec.pictures.sheet import Looks

        return Looks(stand, self.width or width, self.dark, shown_as, finer)


def asked_for(given: dict[str, Any]) -> Asked:
    """What the options ask for; UsageError where they exclude each other."""
    if given["views"] and (given["azimuth"] is not None or given["elevation"] is not None):
        raise UsageError(
            "--view excludes --azimuth and --elevation", hint="a view has both angles: give either it or them"
        )
    return Asked(**given)


def look_options(command: F) -> F:
    """The options, which reach the command as its argument `asked`."""
    return bundle(
        "asked",
        asked_for,
        click.option(
            "--view",
            "views",
            type=click.Choice(VIEWS),
            multiple=True,
            help=f"Where clouds are seen from; repeatable, a row of pictures each.  [default: {USUAL}]",
        ),
        click.option(
            "--azimuth",
            type=click.FloatRange(-360, 360),
            metavar="DEG",
            help="Degrees that the eye has gone round from the front; 90 is the side.  [default: 35]",
        ),
        click.option(
            "--elevation",
            type=click.FloatRange(-90, 90),
            metavar="DEG",
            help="Degrees that the eye has gone up.  [default: 12]",
        ),
        click.option(
            "--up",
            type=click.Choice(UPS),
            default="y",
            help="Which axis of the clouds is up; scans of places often have z.  [default: y]",
        ),
        click.option(
            "--scale",
            "end",
            type=click.FloatRange(min=0, max=1e100, min_open=True),
            metavar="X",
            help="Error at the end of the colours, in units of the input.  [default: what 99 % are below, rounded up]",
        ),
        click.option(
            "--unit",
            default=UNIT,
            metavar="TEXT",
            help=f"What the coordinates are in, for the labels.  [default: {UNIT}]",
        ),
        click.option(
            "--width",
            type=click.IntRange(200, 3000),
            metavar="PX",
            help=f"Width of a picture at most.  [default: {WIDTH}, and {SPIN_WIDTH} for --spin]",
        ),
        click.option("--dark", is_flag=True, help="Light text on a dark page.  [default: dark text on a white page]"),
        click.option(
            "--frames", type=click.IntRange(2, 360), default=36, metavar="N", help="Frames of --spin.  [default: 36]"
        ),
    )(command)
