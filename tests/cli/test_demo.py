"""The tour, shortened: every command of it works as it is shown."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qaadcodec.cli.demo import prepare
from qaadcodec.errors import EnvironmentFailure

OTHERS = ("0scan.ply", "2024a.ply", "12345.ply", "00004.ply", "000001.ply", "00000.PLY")


def filled(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).touch()
    return folder


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_the_tour(tmp_path: Path, shell: Callable[..., Any]) -> None:
    outcome = shell("qaad demo tour -n 3 -m 256 --budget 1s -q", tmp_path)
    assert (outcome.code, outcome.stderr) == (0, "")
    shown = [line for line in outcome.stdout.splitlines() if line.startswith("$ ")]
    assert shown == [
        "$ qaad synth skulls -n 3 -m 256 -o tour/skulls/ -q",
        "$ qaad compress tour/skulls/ -o tour/skulls.qaad --budget 1s -q",
        "$ qaad inspect tour/skulls.qaad",
        "$ qaad decode tour/skulls.qaad --index 2 -o tour/last.ply -q",
        "$ qaad decode tour/skulls.qaad --all -o tour/decoded/ -q",
        "$ qaad eval tour/skulls.qaad tour/skulls/ -q",
    ]
    assert re.search(r"^index +name +points +EM-kD", outcome.stdout, re.MULTILINE)
    assert sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file()) == [
        "tour/decoded/00000.ply",
        "tour/decoded/00001.ply",
        "tour/decoded/00002.ply",
        "tour/last.ply",
        "tour/skulls.qaad",
        "tour/skulls/00000.ply",
        "tour/skulls/00001.ply",
        "tour/skulls/00002.ply",
    ]


def test_the_tour_does_not_overwrite(tmp_path: Path, shell: Callable[..., Any]) -> None:
    (tmp_path / "qaad-demo").mkdir()
    (tmp_path / "qaad-demo" / "mine").touch()
    outcome = shell("qaad demo", tmp_path)
    assert (outcome.code, outcome.stdout) == (1, "")
    assert outcome.stderr.splitlines() == [
        "qaad: error: qaad-demo exists already",
        "hint: -f overwrites it; or name another folder",
    ]


def test_the_tour_stops_where_a_command_fails(tmp_path: Path, shell: Callable[..., Any]) -> None:
    (tmp_path / "tour" / "skulls.qaad").mkdir(parents=True)
    outcome = shell("qaad demo tour -n 3 -m 256 -f -q", tmp_path)
    assert outcome.code == 1
    assert [line for line in outcome.stdout.splitlines() if line.startswith("$ ")] == [
        "$ qaad synth skulls -n 3 -m 256 -o tour/skulls/ -f -q",
        "$ qaad compress tour/skulls/ -o tour/skulls.qaad --budget 75s -f -q",
    ]
    assert outcome.stderr.splitlines()[0] == "qaad: error: tour/skulls.qaad is a folder"


def test_a_tour_that_cannot_be_leaves_everything_as_it_was(tmp_path: Path, shell: Callable[..., Any]) -> None:
    tours = [f"{i:05d}.ply" for i in range(4)]
    for folder in ("skulls", "decoded"):
        filled(tmp_path / "tour" / folder, *tours, "0scan.ply")
    outcome = shell("qaad demo tour -n 3 -m 256 -f", tmp_path)
    assert (outcome.code, outcome.stdout) == (1, "")
    assert outcome.stderr.splitlines() == [
        "qaad: error: tour/skulls holds other files, such as 0scan.ply",
        "hint: name a new folder, so that sets do not mix",
    ]
    for folder in ("skulls", "decoded"):
        assert names_in(tmp_path / "tour" / folder) == {*tours, "0scan.ply"}


def test_what_an_earlier_tour_had_more_is_removed_and_nothing_else(tmp_path: Path) -> None:
    skulls = filled(tmp_path / "skulls", *(f"{i:05d}.ply" for i in range(12)))
    decoded = filled(tmp_path / "decoded", "00000.ply", "00001.ply", "00002.ply", *OTHERS)  # no 00003.ply
    prepare(tmp_path, 2, overwrite=True)
    assert names_in(skulls) == {"00000.ply", "00001.ply"}  # which synth replaces
    assert names_in(decoded) == {"00000.ply", "00001.ply", *OTHERS}
    prepare(tmp_path, 70, overwrite=True)
    assert names_in(skulls) == {"00000.ply", "00001.ply"}


@pytest.mark.parametrize("other", OTHERS)
def test_a_set_is_not_made_among_files_of_others(tmp_path: Path, other: str) -> None:
    skulls = filled(tmp_path / "skulls", "00000.ply", "00001.ply", other)
    with pytest.raises(EnvironmentFailure, match=f"skulls holds other files, such as {other}$"):
        prepare(tmp_path, 1, overwrite=True)
    assert names_in(skulls) == {"00000.ply", "00001.ply", other}
