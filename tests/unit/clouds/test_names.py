"""Names are data: whatever they say, the path stays inside the folder."""

from __future__ import annotations

from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qaadcodec.clouds import names as naming
from qaadcodec.clouds.names import natural_key, safe_relative_path, safe_relative_paths, unique_names


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("face", "face.ply"),
        ("a/b c/scan.01", "a/b c/scan.01.ply"),
        ("größe/頭", "größe/頭.ply"),
        ("../../etc/passwd", "etc/passwd.ply"),
        ("/etc/passwd", "etc/passwd.ply"),
        ("//server/share/x", "server/share/x.ply"),
        ("a/./b//c/", "a/b/c.ply"),
        ("..", "cloud.ply"),
        ("", "cloud.ply"),
        ("...", "cloud.ply"),
        (" . / .. ", "cloud.ply"),
        ("..\\..\\x", "x.ply"),
        ("C:\\Windows\\x", "C_/Windows/x.ply"),
        ("C:x", "C_x.ply"),
        ("\\\\?\\C:\\x", "_/C_/x.ply"),
        ("a:stream", "a_stream.ply"),
        ("CON", "_CON.ply"),
        ("nul.txt", "_nul.txt.ply"),
        ("aux/com1/LPT9.a.b", "_aux/_com1/_LPT9.a.b.ply"),
        ("com¹", "_com¹.ply"),
        ("console", "console.ply"),
        ("a\0b\nc\x1b[31m", "a_b_c_[31m.ply"),
        ("\u202egpj.exe", "_gpj.exe.ply"),
        ("\ud800", "_.ply"),
        ("x. . ", "x.ply"),
        (".bashrc", "_bashrc.ply"),
        ("~root", "~root.ply"),
        ("x" * 300, "x" * 180 + ".ply"),
        ("é" * 300, "é" * 90 + ".ply"),
        ("/".join("abcdefghijklmnopqrst"), "/".join("efghijklmnopqrst") + ".ply"),
    ],
)
def test_paths_of_names(name: str, path: str) -> None:
    assert safe_relative_path(name, ".ply") == PurePosixPath(path)


@settings(deadline=None)
@given(st.text() | st.text("./\\ ~:CONnul1\0", max_size=12))
def test_no_name_leaves_the_folder(name: str) -> None:
    path = safe_relative_path(name, ".ply")
    assert path.parts
    assert not path.is_absolute()
    assert ".." not in path.parts
    assert path.suffix == ".ply"
    str(path).encode()
    windows = PureWindowsPath(str(path))
    assert not windows.drive
    assert not windows.root
    assert windows.parts == path.parts
    assert not any(part.endswith((" ", ".")) or part.startswith(".") for part in path.parts)


@settings(deadline=None)
@given(st.lists(st.text("aA./~2\\é", max_size=6), max_size=12))
def test_names_of_one_archive_never_meet(names: list[str]) -> None:
    paths = safe_relative_paths(names, ".a")
    files = [str(path).casefold() for path in paths]
    assert len(set(files)) == len(names)
    folders = {str(parent).casefold() for path in paths for parent in path.parents}
    assert not folders & set(files)


def test_such_a_set_can_be_written(tmp_path: Path) -> None:
    names = ["a", "A", "a.ply/b", "../a", "", "..", "b/c", "b", "b/c.ply/d", "a~2"]
    paths = safe_relative_paths(names, ".ply")
    assert [str(path) for path in paths] == [
        "a.ply",
        "A~2.ply",
        "a.ply~2/b.ply",
        "a~3.ply",
        "cloud.ply",
        "cloud~2.ply",
        "b/c.ply",
        "b.ply",
        "b~2/c.ply/d.ply",
        "a~2~2.ply",
    ]
    for path in paths:
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("x"):
            pass
    assert sum(p.is_file() for p in tmp_path.rglob("*")) == len(names)


def test_many_equal_names_take_few_steps() -> None:
    paths = safe_relative_paths(["x"] * 20_000, ".ply")
    assert (str(paths[0]), str(paths[-1])) == ("x.ply", "x~20000.ply")
    assert unique_names([("x", ".ply")] * 20_000)[-1] == "x~20000"


def test_many_names_in_a_folder_that_is_a_file_take_few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    key = naming._key
    monkeypatch.setattr(naming, "_key", lambda path: made.append(path) or key(path))
    files = ["a", *(f"a~{i}" for i in range(2, 1001))]
    paths = safe_relative_paths([*files, *(f"a/{i}" for i in range(1000))], "")
    assert [str(path) for path in paths] == [*files, *(f"a~1001/{i}" for i in range(1000))]
    assert len(made) < 12_000  # a thousand for each name would be a million


def test_natural_order() -> None:
    ordered = [
        "01",
        "1",
        "2",
        "10",
        "99999999999999999999",
        "100000000000000000000",
        "a",
        "a/2",
        "a/10",
        "a1",
        "A2",
        "b",
    ]
    shuffled = list(reversed(ordered))
    assert sorted(shuffled, key=natural_key) == ordered
    assert sorted(["x" + "9" * 5000, "x2"], key=natural_key)[0] == "x2"


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["a", "b", "a.x", "a~2"]), st.sampled_from([".x", ".y"])), max_size=10))
def test_names_are_unique(candidates: list[tuple[str, str]]) -> None:
    names = unique_names(candidates)
    assert len(set(names)) == len(candidates)
    for name, (stem, _) in zip(names, candidates, strict=True):
        assert name.startswith(stem)
