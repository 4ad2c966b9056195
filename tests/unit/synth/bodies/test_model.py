"""Bodies: template, skeleton, skinning, motions."""

from __future__ import annotations

import numpy as np
import pytest

from qaadcodec.synth.bodies.joint_angles import ANGLES, LIMITS, local_rotations, rotation
from qaadcodec.synth.bodies.model import FRAMES, SUBJECTS, body_vertices, joint_angles
from qaadcodec.synth.bodies.motions import MOTIONS
from qaadcodec.synth.bodies.skeleton import ALONG_HAND, WRIST, bone_transforms, rest_skeleton
from qaadcodec.synth.bodies.subjects import Build, blend_skin, draw_build, shape_subject
from qaadcodec.synth.bodies.template import BodyTemplate, body_template
from qaadcodec.synth.modelling.mesh import sample_surface, triangle_areas

AVERAGE = Build(0, 0, 0, 0, 0)


@pytest.fixture(scope="module")
def template() -> BodyTemplate:
    return body_template()


def standing(**angles: float) -> dict[str, float]:
    return dict.fromkeys(ANGLES, 0.0) | {"yaw": 0.0} | angles


def posed(template: BodyTemplate, angles: dict[str, float]) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Vertices and joints of the average body."""
    transforms = bone_transforms(template.skeleton, local_rotations(angles))
    ones = np.concatenate([template.skeleton.joints, np.ones((len(transforms), 1))], 1)
    joints = np.einsum("bij,bj->bi", transforms, ones)
    return blend_skin(template.mesh.vertices, template.weights, transforms), dict(
        zip(template.skeleton.names, joints, strict=True)
    )


def test_the_template_is_an_adult_of_175_cm_and_symmetric(template: BodyTemplate) -> None:
    v = template.mesh.vertices
    assert np.ptp(v[:, 1]) == pytest.approx(1.755, abs=0.02)
    assert v[:, 0].max() == pytest.approx(-v[:, 0].min(), abs=1e-5)
    area = triangle_areas(v, template.mesh.triangles)
    assert area.sum() == pytest.approx(1.9, abs=0.25)  # square metres, as of adults
    centre = v[template.mesh.triangles].mean(1)
    assert (area * centre[:, 0]).sum() == pytest.approx(0, abs=1e-4)


def test_each_hand_has_four_fingers_side_by_side_and_a_thumb(template: BodyTemplate) -> None:
    for side in (1, -1):
        v, t = template.mesh.vertices, template.mesh.triangles
        near = t[(v[t, 0] * side > 0.5).all(1)]
        hand = sample_surface(v, near, 60_000, np.random.default_rng(0)) * [1000 * side, 1000, 1000] - WRIST
        along, across = hand @ ALONG_HAND, hand[:, 2]

        def gaps(low: float, high: float, a: np.ndarray = along, c: np.ndarray = across) -> list[float]:
            steps = np.diff(np.sort(c[(a > low) & (a < high)]))
            return [round(float(step), 1) for step in steps if step > 1.2]

        assert len(gaps(138, 142)) == 3
        assert len(gaps(98, 101)) >= 1  # the thumb beside the palm
        assert along.max() == pytest.approx(191 + 6.6, abs=1.5)  # tip of the middle finger


def test_each_foot_has_five_toes(template: BodyTemplate) -> None:
    v = template.mesh.vertices * 1000
    tips = [(117, 174.5), (136, 173), (153, 163.5), (168, 152), (182, 135.5)]
    for x, z in tips:
        toe = v[(np.abs(v[:, 0] - x) < 5) & (v[:, 1] < 40) & (v[:, 2] > 0)]
        assert toe[:, 2].max() == pytest.approx(z, abs=4)


def test_skin_weights_are_shares_and_far_from_joints_a_vertex_follows_one_bone(template: BodyTemplate) -> None:
    w, v = template.weights, template.mesh.vertices
    assert w.min() >= 0
    assert w.sum(1) == pytest.approx(np.ones(len(w)), abs=1e-5)
    names = list(template.skeleton.names)
    cases = {"shin.L": (0.119, 0.30, -0.01), "shin.R": (-0.119, 0.30, -0.01), "head": (0, 1.74, 0)}
    tip = (WRIST + 190 * ALONG_HAND + [0, 0, 14]) / 1000
    for bone, place in (cases | {"middle_3.L": tuple(tip)}).items():
        nearest = np.linalg.norm(v - place, axis=1).argmin()
        assert w[nearest, names.index(bone)] > 0.99
    assert w[v[:, 0] < 0][:, [n.endswith(".L") for n in names]].max() == 0


def test_bones_keep_their_lengths_in_every_motion(template: BodyTemplate) -> None:
    skeleton = rest_skeleton()
    rest = {
        b: np.linalg.norm(skeleton.joints[i] - skeleton.joints[p])
        for i, (b, p) in enumerate(zip(skeleton.names, skeleton.parents, strict=True))
        if p >= 0
    }
    for sequence in range(len(MOTIONS)):
        _, joints = posed(template, joint_angles(sequence, 5, 0))
        for i, (bone, p) in enumerate(zip(skeleton.names, skeleton.parents, strict=True)):
            if p >= 0:
                length = np.linalg.norm(joints[bone] - joints[skeleton.names[p]])
                assert length == pytest.approx(rest[bone], abs=1e-9), (i, bone)


def test_zero_angles_let_the_arms_hang_and_the_legs_stand(template: BodyTemplate) -> None:
    _, j = posed(template, standing())
    for s in (".L", ".R"):
        arm = j["hand" + s] - j["upper_arm" + s]
        assert arm / np.linalg.norm(arm) == pytest.approx([0, -1, 0], abs=0.03)
        assert j["foot" + s][1] == pytest.approx(0.088, abs=1e-9)


@pytest.mark.parametrize(
    ("angles", "bone", "parent", "direction"),
    [
        ({"arm_lift.L": 90.0}, "forearm.L", "upper_arm.L", (1, 0, 0)),
        ({"arm_lift.R": 90.0}, "forearm.R", "upper_arm.R", (-1, 0, 0)),
        ({"arm_lift.L": 90.0, "arm_plane.L": 90.0}, "forearm.L", "upper_arm.L", (0, 0, 1)),
        ({"elbow.R": 90.0}, "hand.R", "forearm.R", (0, 0, 1)),
        ({"thigh_lift.L": 90.0}, "shin.L", "thigh.L", (0, 0, 1)),
        ({"thigh_lift.L": 90.0, "pitch": 30.0}, "shin.L", "thigh.L", (0, 0, 1)),
        ({"knee.R": 90.0}, "foot.R", "shin.R", (0, 0, -1)),
        ({"pitch": 90.0}, "neck", "chest", (0, 0, 1)),
    ],
)
def test_joint_angles_mean_what_they_are_called(
    template: BodyTemplate, angles: dict[str, float], bone: str, parent: str, direction: tuple[float, float, float]
) -> None:
    _, j = posed(template, standing(**angles))
    along = j[bone] - j[parent]
    assert along / np.linalg.norm(along) == pytest.approx(direction, abs=0.08)


def test_curling_closes_the_hand_to_a_fist(template: BodyTemplate) -> None:
    v, j = posed(template, standing(**{"curl.L": 88.0}))
    tip = template.weights[:, template.skeleton.names.index("middle_3.L")] > 0.95
    open_reach = np.linalg.norm(template.mesh.vertices[tip] - WRIST / 1000, axis=1).max()
    assert np.linalg.norm(v[tip] - j["hand.L"], axis=1).max() < 0.6 * open_reach


def test_mirrored_angles_give_the_mirrored_body(template: BodyTemplate) -> None:
    one = standing(**{"arm_lift.L": 80.0, "elbow.L": 40.0, "knee.R": 50.0, "twist": 20.0, "lean": 10.0, "roll": 4.0})
    other = standing(
        **{"arm_lift.R": 80.0, "elbow.R": 40.0, "knee.L": 50.0, "twist": -20.0, "lean": -10.0, "roll": -4.0}
    )
    _, a = posed(template, one)
    _, b = posed(template, other)
    for name, place in a.items():
        partner = name.replace(".L", ".X").replace(".R", ".L").replace(".X", ".R")
        assert place * [-1, 1, 1] == pytest.approx(b[partner], abs=1e-12)


def test_every_motion_stays_within_the_joint_limits_and_moves() -> None:
    for sequence in range(2 * len(MOTIONS)):
        frames = [joint_angles(sequence, frame, 0) for frame in range(FRAMES)]
        for angles in frames:
            for name in ANGLES:
                low, high = LIMITS[name.partition(".")[0]]
                assert low <= angles[name] <= high
        assert max(np.ptp([a[name] for a in frames]) for name in ANGLES) > 8


def test_a_sequence_is_one_cycle() -> None:
    for sequence in range(len(MOTIONS)):
        start, end = joint_angles(sequence, 0, 3), joint_angles(sequence, FRAMES, 3)
        assert [end[k] for k in start] == pytest.approx(list(start.values()), abs=1e-9)


def test_feet_are_on_the_ground_unless_the_body_is_in_the_air() -> None:
    for sequence in range(len(MOTIONS)):
        for frame in (0, 7):
            low = float(body_vertices(sequence, frame, 0)[:, 1].min())
            assert low == pytest.approx(joint_angles(sequence, frame, 0)["up"], abs=1e-5)
            assert 0 <= low < 0.13


def test_consecutive_frames_are_near_each_other_and_sequences_are_not() -> None:
    a, b, c = body_vertices(2, 3, 0), body_vertices(2, 4, 0), body_vertices(5, 3, 0)
    assert 0.001 < np.linalg.norm(a - b, axis=1).mean() < 0.12
    assert np.linalg.norm(a - c, axis=1).mean() > 0.12


def test_builds_change_height_girth_and_shoulders_as_named(template: BodyTemplate) -> None:
    def width(v: np.ndarray, low: float, high: float) -> float:
        h = (v[:, 1] - v[:, 1].min()) / np.ptp(v[:, 1])
        return float(np.ptp(v[(h > low) & (h < high) & (np.abs(v[:, 0]) < 0.22)], axis=0)[0])

    average, tall = (np.ptp(shape_subject(template, b).vertices[:, 1]) for b in (AVERAGE, Build(2, 0, 0, 0, 0)))
    assert tall / average == pytest.approx(1.074, abs=0.01)
    thin, heavy = (shape_subject(template, Build(0, w, 0, 0, 0)).vertices for w in (-1.5, 1.5))
    assert width(heavy, 0.59, 0.62) > 1.15 * width(thin, 0.59, 0.62)  # waist
    curved, broad = (shape_subject(template, Build(0, 0, s, 0, 0)).skeleton for s in (-1.5, 1.5))
    shoulder = template.skeleton.names.index("upper_arm.L")
    assert broad.joints[shoulder, 0] > 1.1 * curved.joints[shoulder, 0]
    assert shape_subject(template, AVERAGE).vertices == pytest.approx(template.mesh.vertices, abs=1e-5)


def test_subjects_differ_and_return_every_ten_sequences() -> None:
    builds = [draw_build(np.random.default_rng([0, 2, k])) for k in range(SUBJECTS)]
    assert len({round(b.height, 6) for b in builds}) == SUBJECTS
    assert np.ptp([b.weight for b in builds]) > 1


def test_rotations_turn_by_the_right_hand() -> None:
    assert rotation((0, 0, 2), 90) @ [1, 0, 0] == pytest.approx([0, 1, 0], abs=1e-12)
    assert rotation((1, 2, 3), 77) @ rotation((1, 2, 3), -77) == pytest.approx(np.eye(3), abs=1e-12)
