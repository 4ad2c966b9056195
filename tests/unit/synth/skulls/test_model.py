"""The skull: anatomy in millimetres, and the 42 dimensions of the model."""

from __future__ import annotations

import numpy as np
import pytest

from qaadcodec.synth.modelling.mesh import Mesh, sample_surface, triangle_areas
from qaadcodec.synth.skulls.cranium import VAULT_THICKNESS, cranium, depth_in_vault
from qaadcodec.synth.skulls.mandible import mandible
from qaadcodec.synth.skulls.model import CUT, DIMENSIONS, MIDLINE, skull_model
from qaadcodec.synth.skulls.teeth import GAP, LOWER_ARCH, UPPER_ARCH, teeth

OPENING = 39


def one(index: int, value: float = 1.0) -> np.ndarray:
    out = np.zeros(DIMENSIONS)
    out[index] = value
    return out


def jaw_of_template() -> np.ndarray:
    fixed = len(cranium().vertices) + len(teeth(UPPER_ARCH).vertices)
    return np.arange(len(skull_model().template.vertices)) >= fixed


def shells(mesh: Mesh) -> list[np.ndarray]:
    """Vertex numbers of each connected piece, found by spreading the lowest number over the triangles."""
    label = np.arange(len(mesh.vertices))
    while True:
        low = label[mesh.triangles].min(1)
        new = label.copy()
        np.minimum.at(new, mesh.triangles.ravel(), np.repeat(low, 3))
        if (new == label).all():
            return [np.flatnonzero(label == k) for k in np.unique(label)]
        label = new


def test_the_cranium_has_the_size_of_an_adults() -> None:
    v = cranium().vertices
    vault = v[v[:, 1] > 36]
    assert np.ptp(vault[:, 2]) == pytest.approx(188, abs=3)  # length
    assert np.ptp(vault[:, 0]) == pytest.approx(140, abs=8)  # breadth
    arches = v[(np.abs(v[:, 1]) < 12) & (v[:, 2] > 20) & (v[:, 2] < 45)]
    assert np.ptp(arches[:, 0]) == pytest.approx(132, abs=8)  # bizygomatic breadth
    assert mandible().vertices[:, 1].min() == pytest.approx(-95, abs=5)


def test_the_template_is_symmetric() -> None:
    v = np.round(skull_model().template.vertices.astype(np.float64), 2)
    mirrored = v * [-1, 1, 1]
    order, other = (np.lexsort(w.T) for w in (v, mirrored))
    assert np.median(np.abs(v[order] - mirrored[other])) == 0
    assert v.mean(0)[0] == pytest.approx(0, abs=1e-3)


def test_both_tables_of_the_vault_are_sampled_and_stand_apart_by_its_thickness() -> None:
    mesh = cranium()
    p = sample_surface(mesh.vertices, mesh.triangles, 60_000, np.random.default_rng(0))
    depth = depth_in_vault(p[p[:, 1] > 60])
    inner, outer = np.abs(depth) < 0.4, np.abs(depth - VAULT_THICKNESS) < 0.4
    assert (inner | outer).mean() > 0.97
    # The inner table is a little smaller: about ((65 - 6) / 65)^2 of the outer one.
    assert inner.sum() / outer.sum() == pytest.approx(0.83, abs=0.06)


def test_orbits_nose_canal_and_foramen_are_open_and_the_midface_is_not() -> None:
    mesh = cranium()
    p = sample_surface(mesh.vertices, mesh.triangles, 200_000, np.random.default_rng(0))

    def first_depth(x: float, y: float) -> float:
        near = np.hypot(p[:, 0] - x, p[:, 1] - y) < 2
        return float(p[near, 2].max())

    assert first_depth(32, 17) < 62  # orbit
    assert first_depth(-32, 17) < 62
    assert first_depth(5, -10) < 84  # nasal cavity
    assert first_depth(0, 20) > 88  # bridge of the nose
    assert first_depth(25, -22) > 78  # cheek below the orbit
    below = p[(np.hypot(p[:, 0], p[:, 2] + 30) < 8), 1]
    assert not ((below > -40) & (below < 60)).any()  # foramen magnum: nothing until the roof of the braincase


def test_32_teeth_are_closed_shells_with_gaps_between_neighbours() -> None:
    for arch in (UPPER_ARCH, LOWER_ARCH):
        mesh = teeth(arch)
        crowns = shells(mesh)
        # The rings at both ends are points: their vertices coincide but are not joined by numbers.
        bodies = [c for c in crowns if np.ptp(mesh.vertices[c], axis=0).max() > 3]
        assert len(bodies) == 16
        centres = np.array([mesh.vertices[c].mean(0) for c in bodies])
        left = centres[centres[:, 0] > 0]
        left = left[np.argsort(-left[:, 2])]
        widths = np.array([t.width for t in arch.teeth])
        spacing = np.linalg.norm(np.diff(left[:, [0, 2]], axis=0), axis=1)
        assert (spacing > (widths[1:] + widths[:-1]) / 2 + 0.4 * GAP).all()


def test_teeth_face_outwards() -> None:
    for arch in (UPPER_ARCH, LOWER_ARCH):
        mesh = teeth(arch)
        a, b, c = (mesh.vertices[mesh.triangles[:, k]].astype(np.float64) for k in range(3))
        boxes = sum(2 * t.width * t.depth * (t.height + 3) for t in arch.teeth)
        assert 0.4 * boxes < np.einsum("ij,ij->", a, np.cross(b, c)) / 6 < 0.9 * boxes


def test_the_model_has_42_independent_dimensions() -> None:
    model = skull_model()
    scales = [(model.template.vertices * axis).ravel() for axis in np.eye(3, dtype=np.float32)]
    tangent = np.concatenate([np.stack(scales), model.fields]).astype(np.float64)
    assert tangent.shape[0] == DIMENSIONS == len(model.deviations)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    singular = np.sqrt(np.linalg.eigvalsh(tangent @ tangent.T))
    assert np.sum(singular > 0.02) == 42


@pytest.mark.long
def test_the_model_is_multilinear() -> None:
    model = skull_model()
    rest = model.vertices(np.zeros(DIMENSIONS))
    assert rest == pytest.approx(model.template.vertices / 1000, abs=1e-6)
    rng = np.random.default_rng(0)
    a, b = model.draw(rng), model.draw(rng)
    a[:3] = b[:3] = 0
    assert model.vertices(a + b) - rest == pytest.approx(
        (model.vertices(a) - rest) + (model.vertices(b) - rest), abs=1e-6
    )
    scaled = model.vertices(a + one(1, 0.1))
    assert scaled == pytest.approx(model.vertices(a) * [1, 1.1, 1], abs=1e-6)


def test_the_jaw_opens_about_its_condyles_and_moves_nothing_else() -> None:
    model = skull_model()
    moved = (model.vertices(one(OPENING, 0.1)) - model.vertices(np.zeros(DIMENSIONS))) * 1000
    jaw = jaw_of_template()
    assert not moved[~jaw].any()
    v = model.template.vertices
    incisors = jaw & (v[:, 1] > -53) & (v[:, 2] > 84)
    assert moved[incisors, 1].mean() == pytest.approx(-0.1 * (87.5 - 14), abs=0.5)  # angle times lever
    condyles = jaw & (v[:, 1] > -9) & (v[:, 2] < 20)
    assert np.abs(moved[condyles]).max() < 1.2


def test_midline_landmarks_move_by_their_weights() -> None:
    model = skull_model()
    rest = model.template.vertices
    for k, place in enumerate(MIDLINE.values()):
        nearest = np.linalg.norm(rest - place, axis=1).argmin()
        moved = model.vertices(one(3 + 3 * k + 1, 2.0))[nearest] * 1000 - rest[nearest]
        assert moved == pytest.approx([0, 2, 0], abs=0.1)


def test_drawn_parameters_are_cut_normals_and_the_jaw_never_closes_further() -> None:
    model = skull_model()
    rng = np.random.default_rng(7)
    z = np.array([model.draw(rng) for _ in range(800)]) / model.deviations
    assert np.abs(z).max() <= CUT
    assert z[:, OPENING].min() >= 0
    others = np.delete(z, OPENING, 1)
    assert others.mean() == pytest.approx(0, abs=0.03)
    assert others.std() == pytest.approx(0.954, abs=0.02)  # of a normal cut at 2.5


def test_a_thicker_vault_grows_inwards() -> None:
    model = skull_model()
    rest, thick = (model.vertices(p) * 1000 for p in (np.zeros(DIMENSIONS), one(41, 2.0)))
    depth = depth_in_vault(rest)
    top = (rest[:, 1] > 70) & ~jaw_of_template()
    assert np.abs(thick - rest)[top & (np.abs(depth - VAULT_THICKNESS) < 0.3)].max() < 0.01
    change = depth_in_vault(thick) - depth
    assert change[top & (np.abs(depth) < 0.3)].mean() == pytest.approx(-1.9, abs=0.2)


def test_deformed_skulls_fold_no_triangle_away() -> None:
    model = skull_model()
    rest = triangle_areas(model.vertices(np.zeros(DIMENSIONS)), model.template.triangles)
    drawn = triangle_areas(model.vertices(model.draw(np.random.default_rng(3))), model.template.triangles)
    assert drawn.sum() / rest.sum() == pytest.approx(1, abs=0.25)
    assert np.median(drawn / np.maximum(rest, 1e-12)) == pytest.approx(1, abs=0.25)
