"""Pictures as files: PNG for a sheet; GIF, APNG or MP4 for what moves."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np

from qaadcodec.pictures.libraries import of_the_extra
from qaadcodec.pictures.video import mp4

if TYPE_CHECKING:
    from PIL.Image import Image

LEVEL = 6  # of PNG: 9 takes five times as long for a file that is 4 % smaller
COLOURS = 256  # that a GIF has
SAMPLES = 6  # frames by which they are chosen


def png(image: Image) -> bytes:
    """The bytes of a PNG file."""
    stream = BytesIO()
    image.save(stream, "PNG", compress_level=LEVEL)
    return stream.getvalue()


def moving(frames: Iterable[Image], suffix: str, milliseconds: int) -> bytes:
    """The bytes of a file that shows frames one after the other, again and again.

    Args:
        frames: at least one, all of one size.
        suffix: .gif, .png or .apng, or .mp4.
        milliseconds: that each is shown; a GIF counts them in tens.

    Raises:
        EnvironmentFailure: there is no ffmpeg, which an MP4 needs.
    """
    if suffix == ".mp4":
        return mp4(frames, milliseconds)
    images, stream = list(frames), BytesIO()
    if suffix == ".gif":
        images = in_common_colours(images)
        images[0].save(
            stream, "GIF", save_all=True, append_images=images[1:], duration=milliseconds, loop=0, optimize=False
        )
    else:
        images[0].save(
            stream, "PNG", save_all=True, append_images=images[1:], duration=milliseconds, loop=0, compress_level=LEVEL
        )
    return stream.getvalue()


def in_common_colours(images: list[Image]) -> list[Image]:
    """The images with one palette for all, so that what does not move does not flicker.

    The ground, which is the colour of the first pixel, stays exactly what it is: a picture has no edge on a page
    of its colour.
    """
    with of_the_extra():
        from PIL import Image
    chosen = images[:: -(-len(images) // SAMPLES)]
    width, height = images[0].size
    together = Image.new("RGB", (width, height * len(chosen)))
    for row, image in enumerate(chosen):
        together.paste(image, (0, row * height))
    palette = together.quantize(COLOURS - 1, method=Image.Quantize.MAXCOVERAGE)
    ground = np.asarray(images[0])[0, 0]
    colours = [*(palette.getpalette() or [])[: 3 * (COLOURS - 1)], *ground.tolist()]
    last = len(colours) // 3 - 1
    indexed = []
    for image in images:
        numbers = np.array(image.quantize(palette=palette, dither=Image.Dither.NONE))
        numbers[(np.asarray(image) == ground).all(axis=-1)] = last
        indexed.append(Image.fromarray(numbers, "L"))
        indexed[-1].putpalette(colours)
    return indexed
