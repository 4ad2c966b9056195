"""The tour, shortened: every command of it works as it is shown."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any


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
    (tmp_path / "tour" / "skulls").mkdir(parents=True)
    (tmp_path / "tour" / "skulls" / "mine.ply").touch()
    outcome = shell("qaad demo tour -n 3 -m 256 -f", tmp_path)
    assert outcome.code == 1
    assert [line for line in outcome.stdout.splitlines() if line.startswith("$ ")] == [
        "$ qaad synth skulls -n 3 -m 256 -o tour/skulls/ -f"
    ]
    assert outcome.stderr.splitlines()[0] == "qaad: error: tour/skulls holds other files, such as mine.ply"
