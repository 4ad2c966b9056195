"""Light on a surface, and from linear light to what a screen shows."""

from __future__ import annotations

import numpy as np

from qaadcodec.arrays import Doubles

LAMP = np.array([-0.50, -0.62, 0.60]) / np.linalg.norm([-0.50, -0.62, 0.60])  # from the upper left, in front
LAMPLIGHT, SKYLIGHT, GLOW = 0.62, 0.30, 0.12
DEEPEST = 1.5  # what is hidden of the sky darkens so many times as much
LIMB = 0.55  # light from a surface at right angles to the ray, over that of one that faces the eye


def light(normals: Doubles, hidden: Doubles, contrast: float) -> Doubles:
    """How much light comes from each pixel: of a lamp, and of a sky that is brighter above; less of both in hollows.

    Args:
        normals: (h, w, 3), to the right, down and to the eye.
        hidden: (h, w), share of the sky that is hidden.
        contrast: 0 for a surface that glows evenly, 1 for one of clay.
    """
    lamp = np.clip(normals @ LAMP, 0, 1)
    sky = 0.5 - 0.5 * normals[..., 1]
    limb = LIMB + (1 - LIMB) * np.clip(normals[..., 2], 0, 1)
    clay = (LAMPLIGHT * lamp + SKYLIGHT * sky + GLOW) * np.clip(1 - DEEPEST * hidden, 0, 1) * limb
    return np.asarray((1 - contrast) + contrast * clay)


def srgb(light: Doubles, opacity: Doubles) -> Doubles:
    """Linear light as sRGB (IEC 61966-2-1); both times the opacity."""
    plain = np.clip(light / np.maximum(opacity, 1e-9), 0, 1)
    curved = np.where(plain <= 0.0031308, 12.92 * plain, 1.055 * plain ** (1 / 2.4) - 0.055)
    return np.asarray(curved * opacity)
