"""Which arrays of a file are clouds: the layouts that are about, and what is open."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from qaadcodec.clouds import CloudSource, find_clouds, read_cloud
from qaadcodec.errors import CloudError
from qaadcodec.progress import Event, Notice, Run
from qaadcodec.sets.survey import survey, tell

RANDOM = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def cloud(points: int = 40, dtype: str = "f4") -> np.ndarray:
    return RANDOM.normal(size=(points, 3)).astype(dtype)


def triangles(points: int, count: int = 76) -> np.ndarray:
    """Triangles of all points, of three different ones each."""
    corners = (np.arange(count)[:, None] + np.array([0, 1, 2])) % points
    corners[-1] = [0, 1, points - 1]
    return corners


def keys(*inputs: str) -> list[str]:
    return [source.key for source in find_clouds(inputs)]


def refusal(path: str) -> tuple[str, str | None]:
    with pytest.raises(CloudError) as caught:
        find_clouds([path])
    return str(caught.value), caught.value.hint


def notes(found: list[CloudSource]) -> list[str]:
    heard: list[Event] = []
    run = Run(listener=heard.append)
    seen = survey(found, run, skip_bad=False)
    tell(seen, min(seen.counts), None, run)
    return [event.text for event in heard if isinstance(event, Notice)]


def test_points_and_their_normals_as_occupancy_networks_keep_them() -> None:
    Path("set").mkdir()
    for i in range(2):
        values = {"points": cloud(dtype="f2"), "normals": cloud(dtype="f2"), "loc": np.zeros(3), "scale": np.float64(1)}
        np.savez(f"set/{i}.npz", **values)
    found = find_clouds(["set"])
    assert [(source.name, source.key) for source in found] == [("0", "points"), ("1", "points")]
    assert found[0].load().dropped == ("normals", "loc", "scale")
    assert notes(found) == [
        "taken as clouds: points (2 clouds)",
        "not kept: loc (2 clouds), normals (2 clouds), scale (2 clouds); a .qaad holds positions only",
    ]


@pytest.mark.parametrize("name", ["points", "vertices", "verts", "v", "xyz", "pos", "pcd", "data"])
def test_points_by_their_name(name: str) -> None:
    other = ["normals", "colors", "rgb", "trans", "Jtr", "J", "something"]
    np.savez("a.npz", **{key: cloud() for key in other}, f=triangles(40), **{name: cloud()})
    assert keys("a.npz") == [name]


def test_the_model_of_smpl_is_its_template() -> None:
    arrays = {
        "J": cloud(24),
        "J_regressor": np.zeros((24, 200)),
        "f": triangles(200, 396).astype(np.uint32),
        "kintree_table": np.zeros((2, 24), np.int64),
        "posedirs": np.zeros((200, 3, 207)),
        "shapedirs": np.zeros((200, 3, 10)),
        "v_template": cloud(200),
        "weights": np.zeros((200, 24)),
    }
    np.savez("model.npz", **arrays)
    (source,) = find_clouds(["model.npz"])
    assert (source.key, source.count()) == ("v_template", 200)


def test_the_poses_of_amass_are_no_clouds() -> None:
    np.savez(
        "walk.npz", poses=np.zeros((50, 156)), trans=np.zeros((50, 3)), betas=np.zeros(16), gender=np.array("male")
    )
    assert refusal("walk.npz") == (
        "walk.npz: by their names, none of its arrays is a cloud: trans (50, 3) float64",
        "walk.npz::trans takes one all the same",
    )
    assert keys("walk.npz::trans") == ["trans"]


def test_modelnet40_in_hdf5() -> None:
    with h5py.File("ply_data_train0.h5", "w") as h5:
        h5["data"] = np.stack([cloud(), cloud()])
        h5["normal"] = np.stack([cloud(), cloud()])
        h5["faceId"] = np.zeros((2, 40), np.int32)
        h5["label"] = np.zeros((2, 1), np.uint8)
    found = find_clouds(["ply_data_train0.h5"])
    assert [(source.name, source.key) for source in found] == [("0", "/data"), ("1", "/data")]
    assert found[0].load().dropped == ("/faceId", "/label", "/normal")


def sequences(frames: dict[str, int], points: int = 100) -> dict[str, np.ndarray]:
    return {key: RANDOM.normal(size=(points, 3, count)).astype(np.float32) for key, count in frames.items()}


@pytest.mark.parametrize(
    "frames",
    [
        {"50004_hips": 6, "50004_run": 6},  # few frames
        {"50004_hips": 90},  # many frames, and faces that ask for 100 points
        {"50004_hips": 250, "50004_run": 90},
        {"50004_hips": 3, "50004_run": 7},  # as many frames as coordinates
    ],
)
def test_dfaust_as_it_is_shipped(frames: dict[str, int]) -> None:
    bodies = sequences(frames)
    with h5py.File("registrations_f.hdf5", "w") as h5:
        for key, values in bodies.items():
            h5[key] = values
        h5["faces"] = triangles(100, 196).astype(np.uint32)
    found = find_clouds(["registrations_f.hdf5"])
    assert len(found) == sum(frames.values())
    several = len(frames) > 1
    last = frames["50004_hips"] - 1
    assert found[last].name == (f"50004_hips/{last}" if several else f"{last}")
    assert found[last].path == f"registrations_f.hdf5::/50004_hips[M,3,N][{last}]"
    np.testing.assert_array_equal(found[last].load().points, bodies["50004_hips"][:, :, last])
    np.testing.assert_array_equal(read_cloud(found[last].path).points, bodies["50004_hips"][:, :, last])
    assert len(find_clouds(["registrations_f.hdf5::50004_hips"])) == last + 1
    expected = np.concatenate([bodies[key].transpose(2, 0, 1) for key in sorted(bodies)])
    np.testing.assert_array_equal([source.load().points for source in found], expected)
    assert {source.load().dropped for source in found[:3]} == {("/faces",)}
    if several:
        hips, run = frames["50004_hips"], frames["50004_run"]
        assert notes(found)[0] == (
            f"taken as clouds: 50004_hips as (M, 3, N) ({hips} clouds), 50004_run as (M, 3, N) ({run} clouds)"
        )


def test_sequences_without_faces_have_as_many_points_and_other_numbers_of_frames() -> None:
    with h5py.File("motion.h5", "w") as h5:
        for key, values in sequences({"a": 70, "b": 300}).items():
            h5[key] = values
    assert [source.count() for source in find_clouds(["motion.h5"])] == [100] * 370
    with h5py.File("short.h5", "w") as h5:
        for key, values in sequences({"a": 3, "b": 5}).items():
            h5[key] = values
    assert [source.count() for source in find_clouds(["short.h5"])] == [100] * 8


def test_triangles_as_clouds_of_three_points() -> None:
    np.save("a.npy", np.zeros((20, 3, 3)))
    assert [source.count() for source in find_clouds(["a.npy"])] == [3] * 20
    assert [source.count() for source in find_clouds(["a.npy::[M,3,N]"])] == [20] * 3


@pytest.mark.parametrize("suffix", ["npy", "npz", "h5"])
def test_clouds_with_their_coordinates_on_the_middle_axis(suffix: str) -> None:
    values = RANDOM.normal(size=(12, 3, 100)).astype(np.float32)
    if suffix == "npy":
        np.save("a.npy", values)
    elif suffix == "npz":
        np.savez("a.npz", points=values)
    else:
        with h5py.File("a.h5", "w") as h5:
            h5["points"] = values
    found = find_clouds([f"a.{suffix}"])
    np.testing.assert_array_equal([source.load().points for source in found], values.swapaxes(1, 2))
    np.testing.assert_array_equal(read_cloud(found[7].path).points, values[7].T)
    name = "the array" if suffix == "npy" else "points"
    assert notes(found) == [f"taken as clouds: {name} as (N, 3, M) (12 clouds)"]


def test_two_long_axes_are_open_and_the_user_says_which_is_which() -> None:
    values = RANDOM.normal(size=(200, 3, 80)).astype(np.float32)
    np.save("a.npy", values)
    np.savez("b.npz", walk=values)
    assert refusal("a.npy") == (
        "a.npy: has the shape (200, 3, 80): 200 clouds of 80 points, or 80 clouds of 200 points?",
        "a.npy::[N,3,M] are 200 clouds, and a.npy::[M,3,N] are 80",
    )
    assert refusal("b.npz") == (
        "b.npz: walk has the shape (200, 3, 80): 200 clouds of 80 points, or 80 clouds of 200 points?",
        "b.npz::walk[N,3,M] are 200 clouds, and b.npz::walk[M,3,N] are 80",
    )
    assert refusal("b.npz::walk")[1] == refusal("b.npz")[1]
    assert [source.count() for source in find_clouds(["a.npy::[N,3,M]"])] == [80] * 200
    assert [source.count() for source in find_clouds(["b.npz::walk[M,3,N]"])] == [200] * 80
    np.testing.assert_array_equal(read_cloud("b.npz::walk[M,3,N][7]").points, values[:, :, 7])
    np.testing.assert_array_equal(read_cloud("b.npz::walk[N,3,M][-1]").points, values[-1].T)
    assert refusal("b.npz::walk[N,M,3]")[0] == ("b.npz: array walk: has the shape (200, 3, 80), which is not (N, M, 3)")


def test_whole_numbers_are_indices_where_their_values_are() -> None:
    np.savez("a.npz", body=cloud(), mesh=triangles(40))
    assert keys("a.npz") == ["body"]
    np.savez("from_one.npz", body=cloud(), mesh=triangles(40) + 1)
    assert keys("from_one.npz") == ["body"]
    np.savez("voxels.npz", body=cloud(), other=RANDOM.integers(-9, 9, (40, 3)))
    assert keys("voxels.npz") == ["body", "other"]
    np.savez("points.npz", points=triangles(40), body=cloud())
    assert keys("points.npz") == ["points"]
    np.savez("alone.npz", grid=triangles(40))
    assert keys("alone.npz") == ["grid"]
    np.savez("faces.npz", faces=triangles(40))
    assert refusal("faces.npz")[1] == "faces.npz::faces takes one all the same"


def test_arrays_without_names_by_their_values() -> None:
    normals = cloud()
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    np.savez("a.npz", cloud(), normals, RANDOM.integers(0, 256, (40, 3)).astype(np.uint8), triangles(40))
    assert keys("a.npz") == ["arr_0"]
    np.savez("half.npz", cloud(), normals.astype(np.float16))
    assert keys("half.npz") == ["arr_0"]
    np.savez("spheres.npz", normals, -normals)
    assert keys("spheres.npz") == ["arr_0", "arr_1"]
    np.savez("sizes.npz", cloud(50), normals)
    assert keys("sizes.npz") == ["arr_0", "arr_1"]
    np.savez("nan.npz", cloud(), np.full((40, 3), np.nan))
    assert keys("nan.npz") == ["arr_0", "arr_1"]


def test_arrays_named_by_the_alphabet_are_all_clouds() -> None:
    np.savez("a.npz", **{letter: cloud() for letter in "abcdefghijklmnopqrstuv"})
    assert keys("a.npz") == list("abcdefghijklmnopqrstuv")
    np.savez("mesh.npz", v=cloud(), n=cloud(), f=triangles(40))
    assert keys("mesh.npz") == ["v"]


def test_each_group_has_points_of_its_own() -> None:
    with h5py.File("a.h5", "w") as h5:
        for group in ("s1", "s2"):
            h5[f"{group}/vertices"], h5[f"{group}/normals"], h5[f"{group}/odd"] = cloud(), cloud(), cloud()
        h5["third"] = cloud()
    assert keys("a.h5") == ["/s1/vertices", "/s2/vertices", "/third"]


def test_two_words_for_points_are_open() -> None:
    np.savez("a.npz", points=cloud(), vertices=cloud(50), faces=triangles(50), normals=cloud())
    assert refusal("a.npz") == (
        "a.npz: more than one of its arrays could be the clouds: points (40, 3), vertices (50, 3)",
        "choose one, for example a.npz::points",
    )


def test_of_many_other_arrays_the_first_are_named() -> None:
    np.savez("a.npz", points=cloud(), **{f"x{i}": np.zeros(2) for i in range(3000)})
    dropped = find_clouds(["a.npz"])[0].load().dropped
    assert dropped == (*(f"x{i}" for i in range(8)), "2992 further arrays")
    np.savez("b.npz", **{f"x{i}": np.zeros(2) for i in range(3000)})
    assert refusal("b.npz")[0].endswith("x7 (2,) float64 and 2992 more")


def test_of_long_names_the_end_is_listed() -> None:
    long = "a/" * 2000
    np.savez("a.npz", **{f"{long}points": cloud(), f"{long}xyz": cloud(), "note": np.zeros(2)})
    end = long[-54:]
    assert refusal("a.npz")[0] == (
        f"a.npz: more than one of its arrays could be the clouds: …{end}points (40, 3), …{long[-57:]}xyz (40, 3)"
    )
