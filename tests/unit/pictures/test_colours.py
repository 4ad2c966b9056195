"""Colours that everybody can tell apart."""

from __future__ import annotations

import numpy as np
import pytest

from qaadcodec.pictures.colours import DARK, ERROR, LIGHT, Page, linear

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])

# Linear light as it appears without one kind of cones (Viénot, Brettel and Mollon 1999; Brettel et al. 1997).
BLINDNESS = {
    "none": np.eye(3),
    "protan": np.array([[0.1124, 0.8876, 0.0], [0.1124, 0.8876, 0.0], [0.0040, -0.0040, 1.0]]),
    "deutan": np.array([[0.2927, 0.7073, 0.0], [0.2927, 0.7073, 0.0], [-0.0223, 0.0223, 1.0]]),
}


def lightness(light: np.ndarray) -> np.ndarray:
    """CIE L* of linear light."""
    y = np.maximum(light @ LUMINANCE, 0)
    return np.where(y > 0.008856, 116 * np.cbrt(y) - 16, 903.3 * y)


@pytest.mark.parametrize("kind", BLINDNESS)
def test_lightness_orders_errors(kind: str) -> None:
    steps = np.diff(lightness(ERROR.colours(np.linspace(0, 1, 11)) @ BLINDNESS[kind].T))
    assert steps.max() < -3


@pytest.mark.parametrize("page", [LIGHT, DARK], ids=["light", "dark"])
def test_text_can_be_read(page: Page) -> None:
    def contrast(a: str, b: str) -> float:
        """WCAG 2.1."""
        high, low = sorted((float(linear(each)[0] @ LUMINANCE) for each in (a, b)), reverse=True)
        return (high + 0.05) / (low + 0.05)

    assert contrast(page.text, page.ground) > 7
    assert contrast(page.aside, page.ground) > 4.5
    assert min(contrast(colour, page.ground) for colour in page.series) > 3


def test_linear_light() -> None:
    np.testing.assert_allclose(linear("#000000", "#ffffff", "#bcbcbc")[:, 0], [0, 1, 0.5], atol=0.005)
