"""Text on pictures: one font in two weights, lines that are cut or broken where they would be too long."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal, TypeAlias

from qaadcodec.pictures.libraries import font_file, of_the_extra
from qaadcodec.report.text import printable

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

Anchor: TypeAlias = Literal["la", "ma", "ra"]
"""Text to the right of a place, around it, or to the left of it; below it in any case"""
CUT = "…"


@cache
def font(size: int, bold: bool) -> FreeTypeFont:
    """The font at a size, pixels."""
    with of_the_extra():
        from PIL import ImageFont
    # The basic layout gives the same letters in the same places whether or not the machine has Raqm.
    return ImageFont.truetype(str(font_file(bold=bold)), size, layout_engine=ImageFont.Layout.BASIC)


@dataclass(frozen=True, slots=True)
class Lettering:
    """A size of text, pixels, and its weight."""

    size: int
    bold: bool = False

    @property
    def line(self) -> int:
        """Height of a line, pixels."""
        return round(1.45 * self.size)

    def width(self, text: str) -> float:
        """Pixels that a line takes."""
        return font(self.size, self.bold).getlength(text)

    def fitting(self, text: str, room: float) -> str:
        """The text on one line, printable, without its middle where there is no room for it: `scan_0…_front`."""
        text = printable(text)
        if self.width(text) <= room:
            return text
        for kept in range(min(len(text) - 1, 400), 0, -1):
            shorter = text[: (kept + 1) // 2] + CUT + text[len(text) - kept // 2 :]
            if self.width(shorter) <= room:
                return shorter
        return CUT

    def broken(self, text: str, room: float) -> list[str]:
        """The text as lines, broken at its blanks; a word that is longer than a line is cut."""
        lines: list[str] = []
        for word in (self.fitting(word, room) for word in text.split(" ")):
            longer = f"{lines[-1]} {word}" if lines else word
            if lines and self.width(longer) <= room:
                lines[-1] = longer
            else:
                lines.append(word)
        return lines

    def write(self, canvas: ImageDraw, at: tuple[float, float], text: str, colour: str, anchor: Anchor = "la") -> None:
        """Write a line."""
        canvas.text(at, text, fill=colour, font=font(self.size, self.bold), anchor=anchor)
