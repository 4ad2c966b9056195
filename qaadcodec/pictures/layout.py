"""Where everything on a sheet goes: cards of clouds in columns, each with its pictures side by side."""

from __future__ import annotations

from dataclasses import dataclass

from qaadcodec.pictures.frames import Extent

TEXT = 74  # widths of the letters' height to a sheet's width
GAP = 0.75  # between pictures and cards, in heights of text
TALLEST = 1.2  # height of all cards over the width of the sheet, where there is a choice
LARGEST = 0.62  # height of a picture over the width of the sheet
SMALLEST = 56  # width of a picture, pixels


@dataclass(frozen=True, slots=True)
class Layout:
    """A sheet, in pixels.

    Attributes:
        text: height of letters.
        columns: of cards.
        across, down: pictures of a card.
        picture: width and height of each.
        strip: height of the line above each row of pictures, which tells what they show; 0 where there is none.
        header: height of the lines above a card.
        cards: how many there are.
    """

    text: int
    columns: int
    across: int
    down: int
    picture: tuple[int, int]
    strip: int
    header: int
    cards: int

    @property
    def gap(self) -> int:
        """Between pictures, and around everything."""
        return round(GAP * self.text)

    @property
    def card(self) -> tuple[int, int]:
        """Width and height of a card, without the gap that follows."""
        width = self.across * self.picture[0] + (self.across - 1) * self.gap
        return width, self.header + self.down * (self.strip + self.picture[1])

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of all cards, with the gaps around them."""
        width, height = self.card
        rows = -(-self.cards // self.columns)
        return self.columns * (width + 2 * self.gap), rows * (height + 2 * self.gap)

    def card_at(self, number: int) -> tuple[int, int]:
        """Left and upper edge of a card."""
        row, column = divmod(number, self.columns)
        width, height = self.card
        return column * (width + 2 * self.gap) + self.gap, row * (height + 2 * self.gap) + self.gap

    def picture_at(self, number: int, across: int, down: int) -> tuple[int, int]:
        """Left and upper edge of a picture of a card."""
        left, top = self.card_at(number)
        return (
            left + across * (self.picture[0] + self.gap),
            top + self.header + down * (self.strip + self.picture[1]) + self.strip,
        )


def arrange(width: int, cards: int, pictures: tuple[int, int], extent: Extent) -> Layout:
    """The layout with the largest pictures that does not make the sheet too tall.

    Args:
        width: of the sheet at most, pixels.
        cards: how many.
        pictures: of each card, across and down.
        extent: what they show, which gives their shape.
    """
    text = max(11, round(width / TEXT))
    across, down = pictures
    line = round(1.5 * text)
    gap = round(GAP * text)
    best = None
    for columns in range(1, cards + 1):
        if columns > 1 and -(-cards // columns) == -(-cards // (columns - 1)):
            continue  # as many rows as before, the last one emptier
        room = (width // columns - 2 * gap - (across - 1) * gap) / across
        side = min(room, LARGEST * width * extent.aspect)
        shape = (max(1, int(side)), max(1, round(int(side) / extent.aspect)))
        layout = Layout(text, columns, across, down, shape, line if across * down > 1 else 0, 2 * line, cards)
        if best is not None and side < SMALLEST:
            break
        best = layout
        if layout.size[1] <= TALLEST * width:
            break
    assert best is not None  # there is a card
    return best
