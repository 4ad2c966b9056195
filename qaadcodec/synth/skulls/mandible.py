"""The mandible without its teeth. Millimetres, axes as in `cranium`; it does not touch the cranium, so it can open."""

from __future__ import annotations

from qaadcodec.synth.modelling.distance_fields import Ellipsoid, Tube
from qaadcodec.synth.modelling.mesh import Mesh
from qaadcodec.synth.modelling.sculpture import Sculpture, graded_axis
from qaadcodec.synth.skulls.teeth import LOWER_ARCH

CONDYLE = (49.0, -9.0, 14.0)


def mandible() -> Mesh:
    """The mandible as one closed surface: its body with the chin, and two rami with condyle and coronoid process."""
    work = Sculpture(graded_axis(0, (66, 1.6)), graded_axis(-106, (8, 1.6)), graded_axis(-8, (108, 1.6)), margin=7)
    lower_edge = [(0, -87, 86), (14, -87, 83), (28, -82, 68), (40, -74, 46), (48, -62, 26)]
    work.add([Tube(lower_edge, [7.0, 7.0, 6.5, 6.0, 6.0])], blend=6)
    path = LOWER_ARCH.path(12)
    alveolar = Tube([(x, -66.0, z) for x, z in path], [5.8] * 6 + [6.2] * 6)
    work.add([alveolar], blend=8)
    middle = [(0, -76, 84), (15, -76, 80), (29, -74, 64), (38, -68, 46), (45, -62, 30)]
    work.add([Tube(middle, [6.0, 6.0, 6.0, 6.0, 5.5])], blend=8)
    chin = [Ellipsoid((0, -86, 88), (9, 8, 7)), Ellipsoid((11, -90, 85), (7, 5, 6))]
    work.add(chin, blend=7)
    # The ramus: three flat struts fuse to a plate, and leave the notch between condyle and coronoid process.
    flat = ((1.0, 0.0, 0.0), 2.3)
    work.add(
        [
            Tube([(47, -60, 25), (48, -38, 16), (49, -18, 14)], [11, 9.5, 6.5], *flat),
            Tube([(44, -62, 36), (46, -36, 30), (47, -6, 40)], [11, 11, 4.2], *flat),
            Tube([(46, -52, 30), (47, -36, 24)], [13, 11], *flat),
        ],
        blend=6,
    )
    work.add([Tube([(42, -9, 11), (56, -9, 14)], [4.6, 4.6])], blend=5)
    work.add([Tube([(r[0], -60, r[1]), (r[0], -76, r[1] - 1)], [3.2, 2.0]) for r in LOWER_ARCH.centres()[:6]], blend=2)
    work.carve([Tube([(44, -76, 72), (24, -75, 70)], [1.8, 1.8])], blend=1)
    return work.mesh()
