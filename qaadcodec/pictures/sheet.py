"""A sheet: pictures of clouds beside their originals and their errors, with names, figures, a scale and a caption."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from qaadcodec.arrays import Doubles
from qaadcodec.pictures.colours import DARK, ERROR, ERRORS, LIGHT, PLAIN, Material, Page, linear
from qaadcodec.pictures.draw import Frame, Sight, look_at, look_at_faces, paint
from qaadcodec.pictures.faces import Faces
from qaadcodec.pictures.frames import Stand
from qaadcodec.pictures.gather import Shown
from qaadcodec.pictures.layout import Layout, arrange
from qaadcodec.pictures.lettering import Anchor, Lettering
from qaadcodec.pictures.libraries import of_the_extra
from qaadcodec.pictures.scale import Scale, figures
from qaadcodec.pictures.shading import srgb
from qaadcodec.pictures.views import View
from qaadcodec.progress import Phase

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

NARROWEST_PAGE = 0.55  # of the width that a sheet may take: there is a caption to read
MOST_FINER = 2_500_000  # finer pixels of one picture, where it is drawn with more than one for each: 0.6 GB


@dataclass(frozen=True, slots=True)
class Looks:
    """How a sheet looks, whatever is on it.

    Attributes:
        stand: where the clouds are seen from; a row of pictures for each view.
        width: of the sheet at most, pixels.
        dark: light text on a dark page.
        shown_as: what the clouds are called: "decoded".
        finer: see `Frame`; less where pictures are large.
    """

    stand: Stand
    width: int = 1200
    dark: bool = False
    shown_as: str = "decoded"
    finer: int = 3

    @property
    def page(self) -> Page:
        """Its colours."""
        return DARK if self.dark else LIGHT


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is on a sheet.

    Attributes:
        clouds: in the order of their cards.
        looks: how it looks.
        caption: sentences below.
        scale: of the error colours; None without originals.
        titles: what the pictures of a row show.
        layout: where they are.
        pixel: the side of a pixel, in the unit of the clouds.
    """

    clouds: Sequence[Shown]
    looks: Looks
    caption: str
    scale: Scale | None
    titles: tuple[str, ...]
    layout: Layout
    pixel: float

    @classmethod
    def of(cls, clouds: Sequence[Shown], looks: Looks, caption: str, scale: Scale | None = None) -> Sheet:
        """The sheet of some clouds, at least one; all with an original, or none."""
        extent = looks.stand.extent(clouds)
        titles = (looks.shown_as,) if scale is None else ("original", looks.shown_as, "error")
        rows = 1 if looks.stand.turning else len(looks.stand.views)
        layout = arrange(looks.width, len(clouds), (len(titles), rows), extent)
        width, height = layout.picture
        finer = max([1, *(each for each in range(2, looks.finer + 1) if each**2 * width * height <= MOST_FINER)])
        looks = replace(looks, finer=finer)
        return cls(clouds, looks, caption, scale, titles, layout, 2 * extent.half_width / layout.picture[0])

    def painted(self, views: Sequence[View], phase: Phase) -> Image:
        """The sheet with a row of pictures for each of these views; the phase hears of each cloud in each of them."""
        page = self.page()
        for number, cloud in enumerate(self.clouds):
            for down, view in enumerate(views):
                for across, picture in enumerate(self.pictures(cloud, view)):
                    page.paste(on_ground(picture, self.looks.page), self.layout.picture_at(number, across, down))
                phase.advance()
        return page

    def pictures(self, cloud: Shown, view: View) -> list[Doubles]:
        """The pictures of a cloud from one side, (h, w, 4) each: itself; or its original, itself and its error."""
        frame = self.looks.stand.frame(cloud, view, self.pixel, self.layout.picture, self.looks.finer)
        if self.scale is None or cloud.original is None or cloud.distances is None:
            return [paint(seen(cloud.points, cloud.faces, frame), PLAIN)]
        sight = seen(cloud.points, cloud.faces, frame, self.scale.values(cloud.distances))
        original = seen(cloud.original, cloud.original_faces, frame)
        return [paint(original, PLAIN), paint(sight, PLAIN), paint(sight, ERROR)]

    def page(self) -> Image:
        """The sheet without its pictures."""
        with of_the_extra():
            from PIL import Image, ImageDraw
        layout, colours = self.layout, self.looks.page
        small = Lettering(layout.text)
        across, down = layout.size
        width = max(across, round(NARROWEST_PAGE * self.looks.width))
        caption = small.broken(self.caption, width - 2 * layout.gap)
        bar = 0 if self.scale is None else round(3.3 * small.line)
        page = Image.new("RGB", (width, down + bar + len(caption) * small.line + 2 * layout.gap), colours.ground)
        canvas = ImageDraw.Draw(page)
        for number, cloud in enumerate(self.clouds):
            self.write_card(canvas, number, cloud)
        if self.scale is not None:
            write_scale(page, self.scale, (layout.gap, down), min(width - 2 * layout.gap, 34 * layout.text), colours)
        for row, line in enumerate(caption):
            small.write(canvas, (layout.gap, down + bar + row * small.line), line, colours.aside)
        return page

    def write_card(self, canvas: ImageDraw, number: int, cloud: Shown) -> None:
        """The name of a cloud, its figures, and above its pictures what they show."""
        layout, colours = self.layout, self.looks.page
        (left, top), room = layout.card_at(number), layout.card[0]
        name, small = Lettering(layout.text, bold=True), Lettering(round(0.88 * layout.text))
        name.write(canvas, (left, top), name.fitting(cloud.title, room), colours.text)
        told = [cloud.about] if cloud.about else []
        if cloud.distances is not None:
            told.append(figures(cloud.distances))
        small.write(canvas, (left, top + name.line), small.fitting(", ".join(told), room), colours.aside)
        if not layout.strip:
            return
        for down in range(layout.down):
            for across, title in enumerate(self.titles):
                at = layout.picture_at(number, across, down)
                view = f", {self.looks.stand.views[down]}" if layout.down > 1 and across == 0 else ""
                text = small.fitting(title + view, layout.picture[0])
                small.write(canvas, (at[0] + layout.picture[0] / 2, at[1] - layout.strip), text, colours.aside, "ma")


def seen(points: Doubles, faces: Faces | None, frame: Frame, values: Doubles | None = None) -> Sight:
    """A cloud by its faces, or else by its points; see `look_at`."""
    return look_at(points, frame, values) if faces is None else look_at_faces(faces, frame, values)


def write_scale(page: Image, scale: Scale, at: tuple[int, int], width: int, colours: Page) -> None:
    """The colours of the errors, with what they mean, numbers, and what is beyond."""
    with of_the_extra():
        from PIL import ImageDraw
    canvas = ImageDraw.Draw(page)
    text = Lettering(round(0.88 * width / 34))
    left, top = at
    meaning = f"error: distance to the surface of the original, {scale.unit}"
    text.write(canvas, (left, top), text.fitting(meaning, width), colours.text)
    ramp = Material(linear(*ERRORS), 0.0).colours(np.linspace(0, 1, width))[None]  # (1, width, 3)
    band = np.repeat(srgb(ramp, np.ones((1, width, 1))), round(0.8 * text.line), axis=0)
    top += text.line
    page.paste(as_image(band), (left, top))
    canvas.rectangle((left, top, left + width - 1, top + len(band) - 1), outline=colours.line)
    for place, number in scale.ticks:
        anchor: Anchor = "la" if place == 0 else "ra" if place == 1 else "ma"
        text.write(canvas, (left + place * (width - 1), top + len(band) + 2), number, colours.aside, anchor)


def on_ground(picture: Doubles, page: Page) -> Image:
    """A picture (h, w, 4) on the ground of a page."""
    ground = np.array([int(page.ground[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return as_image(picture[..., :3] + (1 - picture[..., 3:]) * ground)


def as_image(colours: Doubles) -> Image:
    """Colours (h, w, 3) from 0 to 1 as an image of 8 bits."""
    with of_the_extra():
        from PIL import Image
    return Image.fromarray((255 * colours + 0.5).astype(np.uint8))
