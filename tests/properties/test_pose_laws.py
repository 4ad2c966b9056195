"""Laws of similarity transforms, and of what an archive keeps of them."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from qaadcodec.archive import Poses, PoseValues
from qaadcodec.archive.sections.poses import decode_group, encode_poses, parse_head
from qaadcodec.clouds import PoseNumbers, Similarity

finite = st.floats(-10, 10, allow_nan=False)
turns = st.tuples(*[st.floats(-1.8, 1.8)] * 3).map(np.array)  # shorter than half a turn
POINTS = np.random.default_rng(5).uniform(-1, 1, (50, 3))
CORNERS = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], np.float64)


@st.composite
def poses(draw: st.DrawFn) -> Similarity:
    shift = np.array([draw(finite) for _ in range(3)])
    return Similarity.of_numbers(PoseNumbers(math.exp(draw(st.floats(-3, 3))), draw(turns), shift))


@given(poses())
def test_to_move_back_undoes_a_move(pose: Similarity) -> None:
    np.testing.assert_allclose(pose.invert(pose.apply(POINTS)), POINTS, atol=1e-12)
    np.testing.assert_allclose(pose.inverse().apply(POINTS), pose.invert(POINTS), atol=1e-11)


@given(poses(), poses())
def test_one_after_the_other_is_both(first: Similarity, second: Similarity) -> None:
    both = second.after(first)
    np.testing.assert_allclose(both.apply(POINTS), second.apply(first.apply(POINTS)), rtol=1e-12, atol=1e-10)


@given(poses())
def test_numbers_are_the_transform(pose: Similarity) -> None:
    np.testing.assert_allclose(Similarity.of_numbers(pose.numbers()).apply(POINTS), pose.apply(POINTS), atol=1e-11)


@settings(max_examples=50)
@given(st.lists(poses(), min_size=1, max_size=5), st.floats(0, 1e6))
def test_what_an_archive_keeps_is_as_near_as_the_format_states(some: list[Similarity], far: float) -> None:
    """No point of [-1, 1]³ is off by more than 2^-10 times the scale, plus the spacing of shifts."""
    moved = [Similarity(pose.scale, pose.rotation, pose.shift * (1 + far)) for pose in some]
    kept = Poses.of("similarity", [PoseValues(*pose.numbers()) for pose in moved])
    data = encode_poses(kept)
    head = parse_head(data[:3], len(data), len(some))
    read = decode_group(data[3:], head)
    for i, pose in enumerate(moved):
        back = Similarity.of_numbers(PoseNumbers(*read.values(i)))
        off = np.linalg.norm(back.apply(CORNERS) - pose.apply(CORNERS), axis=1).max()
        assert off <= 2.0**-10 * pose.scale + 2.0**kept.exponent
