"""The poses section: known bytes, how many they are, and what cannot be stored."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from qaadcodec.archive import Archive, Grids, NewClouds, Poses, PoseValues, encode, extend
from qaadcodec.archive.sections.poses import decode_group, encode_poses, parse_head
from qaadcodec.errors import UsageError


def values(count: int = 3, far: float = 1.0) -> list[PoseValues]:
    rng = np.random.default_rng(4)
    return [
        PoseValues(2.0 ** rng.uniform(-1, 1), rng.uniform(-1.5, 1.5, 3), far * rng.uniform(-1, 1, 3))
        for _ in range(count)
    ]


def test_the_example_of_the_format() -> None:
    pose = PoseValues(2.0, np.array([0.0, 0.0, 1.0]), np.array([5.0, -1.0, 0.0]))
    data = encode_poses(Poses.of("similarity", [pose], exponent=0))
    assert data == bytes.fromhex("030100 05FF00 000000000020 0008 1D30CAD6")
    read = decode_group(data[3:], parse_head(data, len(data), 1)).values(0)
    assert read.scale == 2.0
    np.testing.assert_array_equal(read.turn, [0.0, 0.0, 1.0])
    np.testing.assert_array_equal(read.shift, [5.0, -1.0, 0.0])


@pytest.mark.parametrize(("kind", "size"), [("shift", 6), ("rigid", 12), ("similarity", 14)])
def test_a_pose_takes_14_bytes_or_fewer_where_clouds_lie_near(kind: str, size: int) -> None:
    assert len(encode_poses(Poses.of(kind, values(70)))) == 3 + 70 * size + 2 * 4


def test_clouds_that_lie_far_apart_take_more_bytes_and_the_same_spacing() -> None:
    near, far = (Poses.of("shift", values(far=far)) for far in (1.0, 1e6))
    assert near.exponent == far.exponent == -14
    assert encode_poses(far)[1] == 5
    assert abs(far.values(0).shift - values(far=1e6)[0].shift).max() <= 2.0**-15


@pytest.mark.parametrize(
    ("number", "width"), [(127, 1), (-128, 1), (128, 2), (-129, 2), ((1 << 47) - 1, 6), (-1 << 47, 6)]
)
def test_numbers_are_as_wide_as_they_have_to_be(number: int, width: int) -> None:
    shifts = np.array([[number, 0, 0]])
    data = encode_poses(Poses("shift", 0, shifts, np.zeros((1, 3), np.int64), np.zeros(1, np.int64)))
    assert data[1] == width
    np.testing.assert_array_equal(decode_group(data[3:], parse_head(data, len(data), 1)).shifts, shifts)


def test_beyond_six_bytes_the_spacing_grows() -> None:
    poses = Poses.of("shift", values(far=1e12))
    assert encode_poses(poses)[1] == 6
    assert poses.exponent > -14
    assert abs(poses.values(0).shift - values(far=1e12)[0].shift).max() <= 2.0 ** (poses.exponent - 1)


@pytest.mark.parametrize(("far", "exponent"), [(2.0**31, -14), (2.0**33, -12), (2.0**40, -5), (1.5 * 2.0**40, -5)])
def test_the_spacing_is_the_finest_at_which_shifts_take_six_bytes(far: float, exponent: int) -> None:
    assert Poses.of("shift", [PoseValues(1.0, np.zeros(3), np.array([0.0, -far, 1.0]))]).exponent == exponent


def test_what_a_kind_does_not_have_is_nothing() -> None:
    shift, rigid = (Poses.of(kind, values()).values(0) for kind in ("shift", "rigid"))
    assert shift.scale == rigid.scale == 1.0
    assert not shift.turn.any()
    assert rigid.turn.any()


def test_half_a_turn_can_be_stored() -> None:
    turn = np.array([1.0, 1.0, 1.0]) * math.pi / math.sqrt(3)
    read = Poses.of("rigid", [PoseValues(1.0, turn, np.zeros(3))]).values(0)
    np.testing.assert_allclose(read.turn, turn, atol=2.0**-14)
    longest = np.array([[0, 25737, 0]])  # steps of 2^-13: half a turn is 25736 of them
    none = np.zeros((1, 3), np.int64)
    Poses("rigid", -14, none, longest, none[:, 0])
    with pytest.raises(UsageError, match=r"a cloud is turned by 3\.142 radians, more than half a turn"):
        Poses("rigid", -14, none, longest + 1, none[:, 0])
    with pytest.raises(UsageError, match="more than half a turn"):
        Poses.of("rigid", [PoseValues(1.0, np.array([0.0, 2.0**19, 0.0]), np.zeros(3))])  # 2^32 steps


def test_a_scale_beyond_the_range_becomes_its_end() -> None:
    scales = [Poses.of("similarity", [PoseValues(s, np.zeros(3), np.zeros(3))]).values(0).scale for s in (1e-9, 1e9)]
    assert scales == [2.0**-16, 2.0 ** (32767 / 2048)]


def test_what_cannot_be_stored_is_refused() -> None:
    with pytest.raises(UsageError, match="a cloud is turned by 4 radians, more than half a turn"):
        Poses.of("rigid", [PoseValues(1.0, np.array([4.0, 0.0, 0.0]), np.zeros(3))])
    with pytest.raises(UsageError, match=r"lies 1e\+12 times half the size of the set away"):
        Poses.of("shift", [PoseValues(1.0, np.zeros(3), np.array([1e12, 0.0, 0.0]))], exponent=-14)
    with pytest.raises(UsageError, match=r"lies 8\.59e\+09 times half the size of the set away"):
        Poses.of("shift", [PoseValues(1.0, np.zeros(3), np.array([2.0**33, 0.0, 0.0]))], exponent=-14)  # 2^47 spacings
    with pytest.raises(UsageError, match="of the kind 'affine'"):
        Poses.of("affine", values())
    none = np.zeros((2, 3), np.int64)
    Poses("similarity", -14, none, none, np.array([-32768, 32767]))
    for scale in (-32769, 32768):
        with pytest.raises(UsageError, match="a shift or a scale of a pose is out of range"):
            Poses("similarity", -14, none, none, np.array([0, scale]))
    near = Poses.of("shift", values())
    with pytest.raises(UsageError, match="1 shifts, 3 turns and 3 scales"):
        Poses("rigid", -14, near.shifts[:1], near.turns, near.scales)


@pytest.mark.parametrize("clouds", [1, 63, 64, 65, 130])
def test_any_clouds_are_read_by_their_groups(archive: Archive, clouds: int) -> None:
    poses = Poses.of("similarity", values(clouds))
    header = replace(archive.header, clouds=clouds)
    names = tuple(f"c{i}" for i in range(clouds))
    latents = np.zeros((clouds, 3), np.float32)
    many = replace(archive, header=header, latents=latents, names=names, counts=(9,) * clouds, poses=poses)
    with encode(many, coding(), numbers="float32").reader() as reader:
        whole, some = reader.poses(), reader.poses([clouds - 1, 0, clouds // 2])
        assert whole is not None
        assert some is not None
        for row, i in enumerate([clouds - 1, 0, clouds // 2]):
            assert some.values(row).scale == whole.values(i).scale == poses.values(i).scale
            np.testing.assert_array_equal(some.values(row).shift, poses.values(i).shift)
            np.testing.assert_array_equal(some.values(row).turn, poses.values(i).turn)
        with pytest.raises(UsageError, match=f"no cloud {clouds}"):
            reader.poses([clouds])


def coding() -> Any:
    from qaadcodec.config import CodingConfig

    return CodingConfig()


def test_an_archive_without_poses_has_no_section(archive: Archive, grids: Grids) -> None:
    with encode(archive, grids).reader() as reader:
        assert [section.tag for section in reader.sections] == ["WGTS", "INPT", "LATS", "NAME"]
        assert reader.poses() is None
    with encode(replace(archive, poses=Poses.of("shift", values())), grids).reader() as reader:
        assert [section.tag for section in reader.sections] == ["WGTS", "INPT", "LATS", "POSE", "NAME"]


def test_poses_of_other_clouds_than_there_are_do_not_fit(archive: Archive) -> None:
    with pytest.raises(UsageError, match="2 poses for 3 clouds"):
        replace(archive, poses=Poses.of("shift", values(2)))


def test_old_poses_stay_when_clouds_are_added(archive: Archive, grids: Grids) -> None:
    old = Poses.of("rigid", values())
    more = Poses.of("rigid", values(2, far=500.0), old.exponent)
    latents = np.zeros((2, 3), np.float32)
    with encode(replace(archive, poses=old), grids).reader() as reader:
        with extend(reader, NewClouds(latents, ("x", "y"), (9, 9), more)).reader() as new:
            both = new.poses()
        assert both is not None
        assert len(both) == 5
        for i in range(5):
            expected = old.values(i) if i < 3 else more.values(i - 3)
            np.testing.assert_array_equal(both.values(i).shift, expected.shift)
            np.testing.assert_array_equal(both.values(i).turn, expected.turn)
        with pytest.raises(UsageError, match="the archive has 3, and 2 new clouds have none"):
            extend(reader, NewClouds(latents, ("x", "y"), (9, 9)))
        with pytest.raises(UsageError, match=r"of the kind shift with .* cannot follow those of the kind rigid"):
            extend(reader, NewClouds(latents, ("x", "y"), (9, 9), Poses.of("shift", values(2))))
    with encode(archive, grids).reader() as reader, pytest.raises(UsageError, match="the archive has none"):
        extend(reader, NewClouds(latents, ("x", "y"), (9, 9), more))
