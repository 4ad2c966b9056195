"""`decode`: selections, formats, files, streams and folders."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fixtures.ranks import shared

from qaadcodec.archive import ArchiveReader, encode
from qaadcodec.clouds import find_clouds, read_cloud
from qaadcodec.codec.decode import DecodeSummary, Form, Which, decode, decode_by_all
from qaadcodec.codec.open import open as open_archive
from qaadcodec.config import CodingConfig
from qaadcodec.errors import EnvironmentFailure, UsageError

OnlyLeft = Callable[[Path, set[str]], None]


def points_of(archive: Path, *keys: Any) -> list[np.ndarray]:
    with open_archive(archive) as source:
        return [source[key] for key in keys]


@pytest.mark.parametrize("suffix", ["ply", "npy", "npz", "h5", "xyz"])
def test_one_cloud_in_every_format(archive: Path, tmp_path: Path, suffix: str) -> None:
    (expected,) = points_of(archive, 2)
    output = tmp_path / f"out.{suffix}"
    assert decode(archive, output, 2) == DecodeSummary((str(output),), 1, 120)
    found = read_cloud(output)
    np.testing.assert_array_equal(found.points.astype(np.float32), expected)  # text is read as float64
    if suffix in ("npz", "h5"):  # named as in the archive
        assert [source.key.strip("/") for source in find_clouds([output])] == ["sub/c"]


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        (0, [0]),
        (-1, [3]),
        ([-1], [3]),
        ([3, 0, -3], [3, 0, 1]),
        (range(1, 3), [1, 2]),
        (np.int64(0), [0]),
        (np.array([3, 0]), [3, 0]),
        (slice(1, 3), [1, 2]),
        (slice(-2, None), [2, 3]),
        (slice(None, None, 2), [0, 2]),
        ("sub/c", [2]),
        ("sub/*", [2, 3]),
        ("?", [0, 1]),
        ("[b]", [1]),
        (["sub/d", "a", "sub/*"], [3, 0, 2]),
        ([slice(3, 1, -1), 0], [3, 2, 0]),
        ([1, 1], [1, 1]),
        (None, [0, 1, 2, 3]),
    ],
    ids=str,
)
def test_every_way_to_choose(archive: Path, tmp_path: Path, which: Which, expected: list[int]) -> None:
    summary = decode(archive, tmp_path / "out.npy", which)
    assert (summary.clouds, summary.points) == (len(expected), 120)
    clouds = points_of(archive, *expected)
    np.testing.assert_array_equal(np.load(tmp_path / "out.npy"), clouds[0] if len(clouds) == 1 else np.stack(clouds))


@pytest.mark.parametrize(
    ("which", "points", "message"),
    [
        (4, None, "no cloud 4: indices go from 0 to 3, or from -4 to -1"),
        ([0, -5], None, "no cloud -5: indices go from 0 to 3, or from -4 to -1"),
        ([], None, "no cloud was chosen"),
        (slice(4, 9), None, "the range 4:9 holds no cloud: indices go from 0 to 3"),
        (slice(2, 2), None, "the range 2:2 holds no cloud: indices go from 0 to 3"),
        (slice(9, None), None, "the range 9: holds no cloud: indices go from 0 to 3"),
        (slice(4, None, 2), None, "the range 4::2 holds no cloud: indices go from 0 to 3"),
        ("q", None, "no cloud is named 'q'"),
        (["a", "q"], None, "no cloud is named 'q'"),
        ("q*", None, "no name matches 'q*'"),
        (0, 121, "121 points were asked for; it has 1 to 120 per cloud"),
        (None, 0, "0 points were asked for; it has 1 to 120 per cloud"),
    ],
    ids=str,
)
def test_what_is_not_there_is_said_and_nothing_is_written(
    archive: Path, tmp_path: Path, which: Which, points: int | None, message: str, only_inputs_left: OnlyLeft
) -> None:
    with pytest.raises(UsageError) as caught:
        decode(archive, tmp_path / "out.npz", which, points=points)
    assert str(caught.value).endswith(message)
    only_inputs_left(tmp_path, set())


@pytest.mark.parametrize("wrong", [{"points": 121}, {"format": "stl"}])
def test_a_folder_is_not_made_for_nothing(
    archive: Path, tmp_path: Path, wrong: dict[str, Any], only_inputs_left: OnlyLeft
) -> None:
    with pytest.raises(UsageError):
        decode(archive, f"{tmp_path}/out/", **wrong)
    only_inputs_left(tmp_path, set())


def test_fewer_points(archive: Path, tmp_path: Path) -> None:
    summary = decode(archive, tmp_path / "out.npy", points=30)
    assert (summary.clouds, summary.points) == (4, 30)
    rows = [4 * i + 2 for i in range(30)]  # floor((i + 1/2) 120 / 30)
    found = np.load(tmp_path / "out.npy")
    assert found.shape == (4, 30, 3)
    np.testing.assert_allclose(found, np.stack(points_of(archive, 0, 1, 2, 3))[:, rows], rtol=0, atol=1e-6)


@pytest.mark.parametrize("format", [None, "ply", "npy", "npz", "h5", "xyz"])
def test_into_a_stream(archive: Path, tmp_path: Path, format: str | None) -> None:
    stream = io.BytesIO()
    assert decode(archive, stream, "b", format=format) == DecodeSummary((), 1, 120)
    file = tmp_path / f"from_stream.{format or 'ply'}"
    file.write_bytes(stream.getvalue())
    np.testing.assert_array_equal(read_cloud(file).points.astype(np.float32), points_of(archive, "b")[0])
    assert not stream.closed


def test_the_format_goes_before_the_suffix(archive: Path, tmp_path: Path) -> None:
    decode(archive, tmp_path / "out.ply", 0, format="npy")
    np.testing.assert_array_equal(np.load(tmp_path / "out.ply"), points_of(archive, 0)[0])


def test_many_clouds_in_one_file_keep_their_names(archive: Path, tmp_path: Path) -> None:
    for suffix in ("npz", "h5"):
        output = tmp_path / f"out.{suffix}"
        decode(archive, output)
        found = {source.key.strip("/"): source.load().points for source in find_clouds([output])}
        assert sorted(found) == ["a", "b", "sub/c", "sub/d"]
        for name, points in found.items():
            np.testing.assert_array_equal(points, points_of(archive, name)[0])


@pytest.mark.parametrize("suffix", ["ply", "xyz"])
def test_formats_of_one_cloud_refuse_many(
    archive: Path, tmp_path: Path, suffix: str, only_inputs_left: OnlyLeft
) -> None:
    with pytest.raises(
        UsageError, match=f"^a {suffix} file holds one cloud, and a, b and so on are several$"
    ) as caught:
        decode(archive, tmp_path / f"out.{suffix}")
    assert caught.value.hint is not None
    assert caught.value.hint.startswith("-o DIR/ writes a file for each")
    only_inputs_left(tmp_path, set())


@pytest.mark.parametrize("format", [None, "npy"])
def test_into_a_folder(archive: Path, tmp_path: Path, format: str | None) -> None:
    suffix = format or "ply"
    summary = decode(archive, f"{tmp_path}/deep/out/", format=format)
    folder = tmp_path / "deep/out"
    assert summary.paths == tuple(str(folder / f"{name}.{suffix}") for name in ("a", "b", "sub/c", "sub/d"))
    for i, path in enumerate(summary.paths):
        np.testing.assert_array_equal(read_cloud(path).points, points_of(archive, i)[0])
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert found == {f"{name}.{suffix}" for name in ("a", "b", "sub/c", "sub/d")}


def test_an_existing_folder_takes_single_clouds(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert decode(archive, tmp_path / "out", 3).paths == (str(tmp_path / "out/sub/d.ply"),)


def test_existing_files_are_kept(archive: Path, tmp_path: Path, only_inputs_left: OnlyLeft) -> None:
    (tmp_path / "b.ply").write_bytes(b"precious")
    with pytest.raises(EnvironmentFailure, match=r"b\.ply exists already$"):
        decode(archive, f"{tmp_path}/", slice(0, 2))
    with pytest.raises(EnvironmentFailure, match=r"b\.ply exists already$"):
        decode(archive, tmp_path / "b.ply", 0)
    assert (tmp_path / "b.ply").read_bytes() == b"precious"
    only_inputs_left(tmp_path, {"b.ply"})
    decode(archive, f"{tmp_path}/", slice(0, 2), overwrite=True)
    np.testing.assert_array_equal(read_cloud(tmp_path / "b.ply").points, points_of(archive, 1)[0])
    assert (tmp_path / "a.ply").exists()


def test_a_file_where_the_folder_should_be(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"a file")
    with pytest.raises(EnvironmentFailure, match=r"/out is a file, not a folder$"):
        decode(archive, f"{tmp_path}/out/", 0)


def test_an_unknown_suffix_and_an_unknown_format(archive: Path, tmp_path: Path, only_inputs_left: OnlyLeft) -> None:
    with pytest.raises(UsageError, match=r"out\.stl: stl files are read and not written$"):
        decode(archive, tmp_path / "out.stl", 0)
    with pytest.raises(UsageError, match=r"^unknown cloud format 'stl'"):
        decode(archive, tmp_path / "out.ply", 0, format="stl")
    only_inputs_left(tmp_path, set())


HOSTILE = ("../../evil", "/etc/evil", "..\\..\\evil", "C:/evil", "a/../../evil", "..", "~/evil")


def hostile_archive(archive: Path, target: Path) -> Path:
    """An archive whose names try to leave the folder that it is decoded into."""
    with ArchiveReader(archive) as reader:
        whole = reader.archive()
    count = len(HOSTILE)
    renamed = replace(
        whole,
        header=replace(whole.header, clouds=count),
        names=HOSTILE,
        latents=np.ascontiguousarray(np.resize(whole.latents, (count, whole.latents.shape[1]))),
        counts=count * (120,),
    )
    with target.open("wb") as stream:
        encode(renamed, CodingConfig()).write(stream)
    return target


def test_hostile_names_stay_in_the_folder(archive: Path, tmp_path: Path) -> None:
    hostile = hostile_archive(archive, tmp_path / "hostile.qaad")
    folder = tmp_path / "a/b/out"
    summary = decode(hostile, f"{folder}/")
    assert len(set(summary.paths)) == len(HOSTILE)
    for path in summary.paths:
        assert Path(path).resolve().is_relative_to(folder)
        assert len(read_cloud(path).points) == 120
    written = {path for path in tmp_path.rglob("*") if path.is_file()}
    assert written == {hostile, *map(Path, summary.paths)}


def test_hostile_names_stay_in_the_file(archive: Path, tmp_path: Path) -> None:
    hostile = hostile_archive(archive, tmp_path / "hostile.qaad")
    decode(hostile, tmp_path / "out.npz")
    with np.load(tmp_path / "out.npz") as arrays:
        assert len(arrays.files) == len(HOSTILE)
        for name in arrays.files:
            assert not name.startswith("/")
            assert ".." not in Path(name).parts


def test_the_archive_is_never_overwritten(archive: Path) -> None:
    before = archive.read_bytes()
    with pytest.raises(EnvironmentFailure, match=r"is the input .*, and inputs are never overwritten$"):
        decode(archive, archive, 0, format="ply", overwrite=True)
    assert archive.read_bytes() == before


@pytest.mark.parametrize("size", [2, 3, 6])
def test_several_ranks_write_what_one_process_writes(archive: Path, tmp_path: Path, size: int) -> None:

    def written(output: str, which: Which) -> list[DecodeSummary]:
        return shared(size, lambda ranks: decode_by_all(archive, output, which, Form(), ranks))

    for output, which in (("all/", None), ("all.npy", None), ("all.h5", [3, 0]), ("one.ply", 2)):
        alone, together = tmp_path / "alone" / output, tmp_path / "together" / output
        alone.parent.mkdir(exist_ok=True)
        together.parent.mkdir(exist_ok=True)
        tail = "/" if output.endswith("/") else ""
        expected = decode(archive, f"{alone}{tail}", which)
        for summary in written(f"{together}{tail}", which):
            assert (summary.clouds, summary.points) == (expected.clouds, expected.points)
            assert [path.replace("together", "alone") for path in summary.paths] == list(expected.paths)
    files = sorted(path.relative_to(tmp_path / "alone") for path in (tmp_path / "alone").rglob("*"))
    assert files == sorted(path.relative_to(tmp_path / "together") for path in (tmp_path / "together").rglob("*"))
    for file in files:
        if (tmp_path / "alone" / file).is_file() and file.suffix != ".h5":  # HDF5 notes when it was written
            assert (tmp_path / "alone" / file).read_bytes() == (tmp_path / "together" / file).read_bytes()


def test_what_one_rank_cannot_write_none_has_written(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from qaadcodec.codec import decode as module

    write = module.write_cloud
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "kept").write_text("kept")

    def fails(target: Any, points: np.ndarray, *args: Any, **more: Any) -> None:
        if np.array_equal(points, bad):
            raise EnvironmentFailure("no room")
        write(target, points, *args, **more)

    (bad,) = points_of(archive, 3)
    monkeypatch.setattr(module, "write_cloud", fails)
    with pytest.raises(EnvironmentFailure, match="no room"):
        shared(2, lambda ranks: decode_by_all(archive, tmp_path / "out", None, Form(), ranks))
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["kept"]


def test_several_ranks_refuse_what_is_there(archive: Path, tmp_path: Path) -> None:
    decode(archive, tmp_path / "a.npy")
    decode(archive, f"{tmp_path}/out/", 0)
    for output in (tmp_path / "a.npy", f"{tmp_path}/out/"):
        with pytest.raises(EnvironmentFailure, match="exists already"):
            shared(2, lambda ranks, output=output: decode_by_all(archive, output, None, Form(), ranks))
        shared(2, lambda ranks, output=output: decode_by_all(archive, output, None, Form(overwrite=True), ranks))
    assert len(list((tmp_path / "out").rglob("*.ply"))) == 4
