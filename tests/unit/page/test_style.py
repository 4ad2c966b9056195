"""The colours of the page: text can be read in both schemes, and the two ways to the dark one give the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

STYLE = (Path(__file__).parents[3] / "qaadcodec" / "page" / "viewer" / "page.css").read_text(encoding="utf-8")
LEAST, LEAST_OF_PARTS = 4.5, 3.0  # WCAG 2.2: of text, and of what has to be seen of controls and charts


def colours(selector: str) -> dict[str, str]:
    """The custom properties of the first rule of a selector."""
    found = re.search(rf"{re.escape(selector)} {{(.*?)}}", STYLE, re.DOTALL)
    assert found, selector
    return dict(re.findall(r"--([\w-]+): ([^;]+);", found[1]))


def luminance(colour: str) -> float:
    """The relative luminance of `#rrggbb`."""
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("selector", [":root", ':root[data-scheme="dark"]'], ids=["light", "dark"])
def test_contrast(selector: str) -> None:
    found = colours(selector)
    grounds = [found["ground"], found["raised"], *re.findall(r"#\w{6}", found["stage"])]
    assert len(grounds) == 4
    pairs = [(found[text], ground, LEAST) for text in ("text", "aside") for ground in grounds]
    pairs += [(found["accent"], found["ground"], LEAST), (found["on-accent"], found["accent"], LEAST)]
    pairs += [(found["alarm"], found["alarm-ground"], LEAST)]
    pairs += [(found[part], found["ground"], LEAST_OF_PARTS) for part in ("edge", "bar", "mark-0", "mark-1", "mark-2")]
    weak = [(one, other, round(contrast(one, other), 2)) for one, other, least in pairs if contrast(one, other) < least]
    assert weak == []


def test_the_contrast_of_known_colours() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


def test_both_ways_to_the_dark_scheme_give_the_same() -> None:
    dark = colours(':root[data-scheme="dark"]')
    assert dark == colours(':root:not([data-scheme="light"])')
    assert set(dark) == set(colours(":root"))
