"""Zips of cloud files: read as the folders that they would unpack to, member by member, within bounds."""

from __future__ import annotations

import gzip
import io
import struct
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from qaadcodec.clouds import files_of, find_clouds, read_cloud, write_cloud
from qaadcodec.clouds.zipped import ZipOfClouds
from qaadcodec.errors import CloudError

CLOUDS = np.random.default_rng(0).normal(size=(6, 40, 3)).astype(np.float32)
PLY = "scans/scan2.ply"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def file(format: str, points: np.ndarray = CLOUDS[0]) -> bytes:
    stream = io.BytesIO()
    write_cloud(stream, points, format)
    return stream.getvalue()


def zipped(members: dict[str, bytes], name: str = "s.zip", method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(name, "w", method) as archive:
        for path, data in members.items():
            archive.writestr(path, data)
    return Path(name)


def refusal(what: str) -> tuple[str, str | None]:
    with pytest.raises(CloudError) as caught:
        read_cloud(what)
    return str(caught.value), caught.value.hint


SCANS = {
    "scans/scan10.ply": file("ply", CLOUDS[1]),
    PLY: file("ply", CLOUDS[0]),
    "scans/b/c.npz": file("npz", CLOUDS[2:4]),
    "scans/d.xyz.gz": gzip.compress(file("xyz", CLOUDS[4])),
    "scans/notes.txt": b"1 2 3\n4 5 6\n",
    "scans/e.stp": b"",
    "__MACOSX/scans/._scan2.ply": b"junk",
    ".hidden/x.ply": b"junk",
}


def test_all_clouds_in_natural_order_named_by_their_paths() -> None:
    zipped(SCANS)
    told: list[str] = []
    found = find_clouds(["s.zip"], told.append)
    assert [s.name for s in found] == ["scans/b/c/0", "scans/b/c/1", "scans/d", "scans/scan2", "scans/scan10"]
    assert found[3].path == "s.zip::scans/scan2.ply"
    assert told == ["left out: 1 .txt (name them to read them), 1 .stp (convert them to PLY)"]
    for _ in range(2):
        read = [s.load().points.astype(np.float32) for s in found]
        np.testing.assert_array_equal(read, CLOUDS[[2, 3, 4, 0, 1]])
    assert [s.count() for s in found] == [40] * 5
    assert files_of(found) == [Path("s.zip")]


def test_what_messages_call_a_cloud_chooses_it() -> None:
    zipped(SCANS)
    for source in find_clouds(["s.zip"]):
        np.testing.assert_array_equal(read_cloud(source.path).points, source.load().points)
    assert [s.name for s in find_clouds(["s.zip::scans/b/"])] == ["scans/b/c/0", "scans/b/c/1"]
    assert len(read_cloud("s.zip::scans/notes.txt")) == 2
    np.testing.assert_array_equal(read_cloud("s.zip::scans/b/c.npz::1").points, CLOUDS[3])


def test_among_others_the_name_of_the_zip_stands_in_front() -> None:
    zipped({"a.ply": file("ply"), "b.npy": file("npy", CLOUDS[:2])})
    write_cloud(Path("a.ply"), CLOUDS[0], "ply")
    assert [s.name for s in find_clouds(["a.ply", "s.zip"])] == ["a", "s/a", "s/b/0", "s/b/1"]
    assert [s.name for s in find_clouds(["s.zip::a.ply", "a.ply"])] == ["s/a", "a"]


def test_a_zip_in_a_folder_is_left_out_and_told() -> None:
    Path("set").mkdir()
    zipped({"a.ply": file("ply")}, "set/all.zip")
    write_cloud(Path("set/a.ply"), CLOUDS[0], "ply")
    told: list[str] = []
    assert [s.name for s in find_clouds(["set"], told.append)] == ["a"]
    assert told == ["left out: 1 .zip (name them to read them)"]


def test_the_content_tells_a_zip_from_an_npz(monkeypatch: pytest.MonkeyPatch) -> None:
    data = zipped({"a.ply": file("ply"), "b.npy": file("npy")}).read_bytes()
    Path("scans.bin").write_bytes(data)
    assert [s.name for s in find_clouds(["scans.bin"])] == ["a", "b"]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))
    (first, _) = find_clouds(["-"])
    assert (first.name, first.path) == ("a", "stdin::a.ply")
    np.testing.assert_array_equal(first.load().points, CLOUDS[0])
    Path("arrays").write_bytes(file("npz", CLOUDS))
    assert [s.path for s in find_clouds(["arrays"])][:2] == ["arrays::0", "arrays::1"]


def test_paths_of_windows_and_paths_that_mean_nothing() -> None:
    zipped({"scans\\a.ply": file("ply"), "./b.ply": file("ply")})
    assert [s.name for s in find_clouds(["s.zip"])] == ["b", "scans/a"]
    assert [len(s.load()) for s in find_clouds(["s.zip"])] == [40, 40]


def test_a_bad_member_spares_the_others() -> None:
    zipped({**SCANS, "scans/bad.ply": file("ply")[:-1], "scans/bad.npz": b"junk", "../out.ply": file("ply")})
    outcomes = {}
    for source in find_clouds(["s.zip"]):
        try:
            source.load()
        except CloudError as error:
            outcomes[source.name] = str(error)
    assert outcomes == {
        "../out": "s.zip::../out.ply: its name leads out of the zip",
        "scans/bad.npz": "s.zip::scans/bad.npz: is not a whole NPZ file: file is not a zip file",
        "scans/bad.ply": "s.zip::scans/bad.ply: is truncated: 40 vertices need 480 bytes after the header, "
        "and there are 479, which is 39 vertices",
    }


def test_members_that_are_refused() -> None:
    again = "unpack it first, or pack it anew: zip -r scans.zip scans/"
    for name in ("/etc/a.ply", "a/../../b.ply", "C:/a.ply"):
        zipped({name: file("ply")})
        assert refusal("s.zip") == (f"s.zip::{name}: its name leads out of the zip", again)
    with zipfile.ZipFile("s.zip", "w") as archive:
        archive.writestr("a.ply", file("ply"))
        archive.writestr("./a.ply", file("ply", CLOUDS[1]))
    assert refusal("s.zip") == ("s.zip::a.ply: is there 2 times, and only one can be meant", again)
    zipped({"inner.zip": zipped({"a.ply": file("ply")}).read_bytes()})
    refused = "s.zip::inner.zip: is a zip within a zip, which qaad does not read"
    assert refusal("s.zip") == refusal("s.zip::inner.zip") == (refused, "unpack it first")
    for method, called in ((zipfile.ZIP_LZMA, "LZMA"), (zipfile.ZIP_BZIP2, "bzip2")):
        zipped({"a.ply": file("ply")}, method=method)
        said = f"s.zip::a.ply: is packed with {called}, and qaad reads stored and deflated members"
        assert refusal("s.zip") == (said, again)
    data = bytearray(zipped({"a.ply": file("ply")}).read_bytes())
    for place in (6, data.index(b"PK\x01\x02") + 8):
        data[place] |= 1
    Path("s.zip").write_bytes(data)
    hint = "unpack it first, with its password: unzip FILE"
    assert refusal("s.zip") == ("s.zip::a.ply: is encrypted", hint)


def test_what_is_no_zip_or_has_no_clouds() -> None:
    Path("s.zip").write_bytes(b"PK\x03\x04junk")
    assert refusal("s.zip")[0] == "s.zip: is not a whole zip: file is not a zip file"
    zipped({"a.txt": b"1 2 3\n", "b.md": b""})
    said, hint = refusal("s.zip")
    assert said == "s.zip: no clouds in this zip; it has 2 other files (1 .md, 1 .txt)"
    assert (hint or "").endswith("files of .txt are read if they are named themselves")
    zipped({"a.ply": file("ply")})
    assert refusal("s.zip::b.ply") == ("s.zip: holds no file 'b.ply'", "it holds a.ply")


def test_bombs_are_refused_whether_they_say_so_or_not() -> None:
    size = zipped({"a.xyz": b"0 0 0\n" * 20_000_000}).stat().st_size
    (info,) = zipfile.ZipFile("s.zip").infolist()
    most = max(16 << 20, 32 * info.compress_size)
    assert refusal("s.zip")[0] == f"s.zip::a.xyz: its {info.compress_size} bytes unpack to 120000000, more than {most}"
    data = bytearray(Path("s.zip").read_bytes())
    for place in (22, data.index(b"PK\x01\x02") + 24):
        data[place : place + 4] = struct.pack("<I", 1000)
    Path("s.zip").write_bytes(data)
    assert len(data) == size
    assert refusal("s.zip")[0] == "s.zip::a.xyz: is damaged: bad crc-32 for file 'a.xyz'"
    data[(at := data.index(b"PK\x01\x02") + 20) : at + 4] = struct.pack("<I", 10**9)
    Path("s.zip").write_bytes(data)
    assert refusal("s.zip")[0] == f"s.zip: its members claim 1000000000 packed bytes, and it has {size}: they overlap"


def test_every_flipped_byte_of_a_member_is_noticed() -> None:
    whole = zipped({"a.ply": file("ply")}).read_bytes()
    for place in range(40, whole.index(b"PK\x01\x02") - 1, 7):  # the last byte has bits that mean nothing
        Path("s.zip").write_bytes(whole[:place] + bytes([whole[place] ^ 255]) + whole[place + 1 :])
        assert refusal("s.zip")[0].startswith("s.zip::a.ply: is damaged: ")


def test_many_members_are_read_in_one_opening(monkeypatch: pytest.MonkeyPatch) -> None:
    zipped({f"{i}.ply": file("ply") for i in range(300)})
    found, times, opened = find_clouds(["s.zip"]), [], zipfile.ZipFile
    monkeypatch.setattr(zipfile, "ZipFile", lambda *given: times.append(1) or opened(*given))
    for _ in range(2):
        for source in found:
            source.load()
    assert len(times) == 2
    assert len(ZipOfClouds(found[0].place.inner.zip.place).names) == 300  # type: ignore[union-attr]


def test_a_zip_that_is_packed_with_gzip_is_a_zip() -> None:
    path = zipped({"a/scan1.ply": file("ply"), "a/scan2.npy": file("npy", CLOUDS[1]), "notes.txt": b"1 2 3"})
    packed = Path("s.zip.gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    left_out: list[str] = []
    found = find_clouds([packed], left_out=left_out)
    assert [source.name for source in found] == ["a/scan1", "a/scan2"]
    np.testing.assert_array_equal(found[1].load().points, CLOUDS[1])
    assert files_of(found) == [packed]
    assert left_out == ["s.zip.gz::notes.txt"]
    np.testing.assert_array_equal(read_cloud("s.zip.gz::a/scan1.ply").points, CLOUDS[0])
    packed.write_bytes(packed.read_bytes()[:-20])
    with pytest.raises(CloudError, match=r"^s\.zip\.gz: is truncated: its gzip data ends early$"):
        find_clouds([packed])


def test_other_packages_are_no_zips_of_clouds() -> None:
    """Of what begins as a zip and has no suffix, the names of the members tell."""
    document = zipped({"[Content_Types].xml": b"", "word/document.xml": b""}, "document")
    with pytest.raises(CloudError, match=r"^document: no clouds in this zip; it has 2 other files \(2 \.xml\)$"):
        find_clouds([document])
    with pytest.raises(CloudError, match=r"^model: .*3dmodel\.model"):
        read_cloud(zipped({"[Content_Types].xml": b"", "3D/3dmodel.model": b"no XML"}, "model"))
