"""The cranium without its teeth, modelled in millimetres in the Frankfurt plane.

The origin is midway between the ears; x points to the subject's left, y up, z forward. The plane y = 0 goes through the
lower rims of the orbits and the upper rims of the ear canals. Sizes are within the range of adults: length 188, breadth
140, bizygomatic breadth 132, nasion to prosthion 70, orbits 40 by 34, nasal aperture 25 by 32. Only the left half is
described, since the sculpture is symmetric.
"""

from __future__ import annotations

import numpy as np

from qaadcodec.arrays import Singles
from qaadcodec.synth.modelling.distance_fields import Ellipsoid, Prism, Tube, smooth_minimum
from qaadcodec.synth.modelling.mesh import Mesh
from qaadcodec.synth.modelling.sculpture import Sculpture, graded_axis
from qaadcodec.synth.skulls.teeth import UPPER_ARCH

VAULT_THICKNESS = 6.0
VAULT_BLEND = 16.0

VAULT = (
    Ellipsoid((0, 49, -13), (66, 65, 76)),
    Ellipsoid((0, 52, 30), (55, 57, 60)),
    Ellipsoid((10, 60, -31), (60, 52, 52)),
    Ellipsoid((0, 30, -46), (54, 50, 45)),
    Ellipsoid((22, 16, -8), (44, 34, 36)),
)


def cranium() -> Mesh:
    """The cranium as one closed surface: the outside of the vault, the braincase, the orbits and the nasal cavity."""
    work = Sculpture(
        graded_axis(0, (62, 1.7), (76, 2.3)),
        graded_axis(-58, (46, 1.7), (122, 3.0)),
        graded_axis(-108, (-20, 3.0), (20, 2.2), (112, 1.7)),
        margin=8,
    )
    _braincase(work)
    _face(work)
    _orbit_and_nose(work)
    _base(work)
    return work.mesh()


def depth_in_vault(vertices: Singles) -> Singles:
    """Distance (V,) in millimetres from the inner surface of the vault; on the outer surface it is VAULT_THICKNESS."""
    x, y, z = vertices.T
    distance = np.full(len(vertices), 1e3, np.float32)
    for part in VAULT:
        distance = smooth_minimum(distance, part.distance(np.abs(x), y, z), VAULT_BLEND)
    return distance + np.float32(VAULT_THICKNESS)


def _braincase(work: Sculpture) -> None:
    work.add(VAULT, VAULT_BLEND)
    work.hollow(VAULT_THICKNESS)
    # The petrous ridge and the wing of the sphenoid divide the floor of the braincase into its three steps.
    work.add([Tube([(50, 2, -8), (12, 2, 14)], [10, 5]), Tube([(12, 18, 32), (46, 28, 36)], [5, 4])], blend=8)
    # The basilar part and the body of the sphenoid carry the face.
    work.add([Tube([(0, -20, -6), (0, -2, 26), (0, 8, 46)], [9, 12, 12])], blend=8)


def _face(work: Sculpture) -> None:
    maxilla = [Ellipsoid((13, -17, 71), (20, 26, 21)), Ellipsoid((18, -6, 58), (16, 20, 22))]
    brow = [Tube([(4, 41, 86), (20, 42, 85), (38, 40, 76), (51, 30, 65)], [6, 6, 5.5, 5])]
    lateral_rim = [Tube([(52, 30, 63), (51, 12, 62), (47, -4, 65)], [5, 4.5, 6.5])]
    lower_rim = [Tube([(47, -5, 66), (36, -5, 76), (23, -1, 82), (15, 8, 85)], [6.5, 5.5, 4.5, 3.5])]
    nose_side = [Tube([(15, 8, 85), (10, 30, 85), (6, 41, 87)], [4.0, 5.0, 6.0])]
    work.add(maxilla, blend=8)
    work.add(brow, blend=12)
    work.add(lower_rim + nose_side, blend=8)
    work.add(lateral_rim, blend=14)
    # The body of the zygoma, and its buttress down to the first molar.
    work.add([Ellipsoid((46, -9, 64), (11, 10, 9)), Tube([(46, -12, 63), (32, -27, 62)], [8, 6])], blend=10)
    alveolar = Tube([(x, -33.0, z) for x, z in UPPER_ARCH.path(13, inset=0.5)], [8.0] * 13)
    work.add([alveolar], blend=6)
    roots = [Tube([(x, -40, z), (0.93 * x, -24, z - 3)], [3.4, 2.2]) for x, z, _, _ in UPPER_ARCH.centres()]
    work.add(roots, blend=2)


def _orbit_and_nose(work: Sculpture) -> None:
    # A shell of bone comes first, so that the orbit has walls where it reaches the braincase and the temporal fossa.
    work.add([Tube([(32, 17, 68), (16, 15, 40)], [22.5, 9])], blend=9)
    upper = Tube([(27.5, 19.5, 92), (27.5, 19, 72), (15, 16, 40)], [14.5, 14.5, 3.5])
    outer = Tube([(37, 14.5, 92), (36, 14.5, 70), (15, 15, 40)], [15, 15, 3.5])
    work.carve([upper, outer], blend=3)
    fissures = [Tube([(22, 4, 48), (38, 1, 62)], [2.4, 2.0]), Tube([(16, 15, 46), (10, 17, 20)], [3, 3])]
    work.carve(fissures, blend=1)
    work.carve([Prism(Tube([(4, -14, 0), (0, 9, 0)], [9.0, 4.5]), 46, 130)], blend=2)
    work.carve([Ellipsoid((0, -6, 64), (11, 18, 20))], blend=3)
    nasal_bones = [Tube([(3, 35, 86), (3.5, 22, 89.5), (4, 9, 97)], [6, 5, 3.6])]
    nasal_walls = [Tube([(9, 28, 85), (9.5, 9, 91), (13, -6, 87.5)], [4.5, 3.6, 2.6])]
    septum = [Ellipsoid((0, -4, 64), (1.7, 26, 24))]
    conchae = [Tube([(11, -10, 80), (9, -8, 56)], [3, 3.5]), Tube([(9, 4, 80), (8, 5, 56)], [2.4, 3])]
    spine = [Tube([(0, -24, 86), (0, -23, 95)], [3.2, 1.9])]
    work.add(nasal_bones + nasal_walls, blend=5)
    work.add(septum, blend=1.5)
    work.add(conchae, blend=1.5)
    work.add(spine, blend=4)
    work.carve([Tube([(29, -11, 92), (29, -10, 78)], [1.9, 1.9])], blend=1)


def _base(work: Sculpture) -> None:
    # The palate is vaulted between the rows of teeth.
    work.carve([Ellipsoid((0, -45, 56), (19, 16, 33))], blend=3)
    arch = Tube(
        [(50, -8, 61), (60, -6, 46), (65, -4, 30), (63.5, -1, 13), (58, 2, -2)], [7, 6, 5.5, 6, 5], (1, 0, 0.2), 1.9
    )
    crest = Tube([(59, 2, 4), (59, 5, -16), (52, 12, -40)], [4, 4, 3])
    work.add([arch, crest], blend=8)
    mastoid = Tube([(50, -2, -15), (51, -22, -9)], [15, 8])
    styloid = Tube([(40, -8, 3), (36, -34, 13)], [3.4, 1.9])
    condyle = Ellipsoid((12, -24, -12), (6, 6, 11))
    pterygoid = Tube([(15, -6, 42), (16, -34, 42)], [6, 4.5], (1, 0, -0.3), 2.0)
    work.add([mastoid, styloid], blend=8)
    work.add([condyle, pterygoid], blend=5)
    nuchal = Tube([(0, 8, -84), (26, 4, -75), (46, 2, -52)], [4, 3.5, 3.5])
    work.add([nuchal], blend=16)
    work.carve([Ellipsoid((0, -22, -30), (14, 22, 18))], blend=4)
    # The ear canal, and the socket in which the jaw turns.
    work.carve([Tube([(74, -1, -4), (42, 1, 0)], [4.4, 3.2]), Ellipsoid((50, -8, 14), (12, 8, 8))], blend=3)
