"""Where the pictures of a sheet go, and what they show of the space."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from fixtures.shapes import sphere

from qaadcodec.pictures.frames import MARGIN, Extent, Stand
from qaadcodec.pictures.gather import Given, shown
from qaadcodec.pictures.layout import arrange
from qaadcodec.pictures.views import VIEWS

FRONT = Stand((VIEWS["front"],))


@pytest.mark.parametrize("cards", [1, 2, 3, 6, 7, 40])
@pytest.mark.parametrize("pictures", [(1, 1), (3, 1), (3, 2)])
@pytest.mark.parametrize("aspect", [0.35, 1.0, 2.5])
def test_pictures_fit_and_do_not_overlap(cards: int, pictures: tuple[int, int], aspect: float) -> None:
    layout = arrange(1200, cards, pictures, Extent(aspect, 1.0))
    (width, height), (w, h) = layout.size, layout.picture
    assert width <= 1200
    assert w / h == pytest.approx(aspect, rel=0.05)
    places = [
        layout.picture_at(card, across, down)
        for card in range(cards)
        for across in range(pictures[0])
        for down in range(pictures[1])
    ]
    assert all(0 <= x <= width - w and layout.header <= y <= height - h for x, y in places)
    for (x, y), (other_x, other_y) in itertools.combinations(places[:60], 2):
        assert abs(x - other_x) >= w or abs(y - other_y) >= h


def test_six_bodies_stand_side_by_side() -> None:
    assert arrange(1200, 6, (1, 1), Extent(0.4, 1.0)).columns == 6
    assert arrange(1200, 1, (3, 1), Extent(1.0, 1.0)).picture[0] > 350


def test_every_cloud_is_whole_and_to_one_scale() -> None:
    clouds = [
        shown("small", Given(sphere(200, 1.0, (100, 0, 0)))),
        shown("large", Given(sphere(200, 3.0, (0, -70, 5)))),
    ]
    extent = FRONT.extent(clouds)
    assert extent.half_width == pytest.approx(3 * MARGIN, rel=0.01)
    assert extent.half_height == pytest.approx(3 * MARGIN, rel=0.01)


def test_a_cloud_of_one_place_has_an_extent() -> None:
    extent = FRONT.extent([shown("a", Given(np.full((4, 3), 7.0)))])
    assert (extent.half_width, extent.half_height) == (1.0, 1.0)


def test_what_turns_is_whole_from_every_side() -> None:
    stick = np.array([[-4.0, 0, 0], [4.0, 0, 0], [0, 1, 0]])
    turning = Stand((VIEWS["side"], VIEWS["front"]), turning=True)
    assert turning.extent([shown("stick", Given(stick))]).half_width == pytest.approx(4 * MARGIN)
    np.testing.assert_array_equal(turning.middle(shown("stick", Given(stick)), VIEWS["side"]), np.zeros(3))
