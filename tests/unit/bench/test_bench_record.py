"""The record of a bench knows the cells that it has, those from before a setting came too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench_record import YOUNGER, Record

EARLY: dict[str, Any] = {"seed": 0, "assignment": {"leaf": 128}}


def kept(path: Path) -> Record:
    """A record with one cell, of before the settings in YOUNGER."""
    record = Record(path)
    record.add({"set": "bodies", "column": "+ Greedy", "settings": EARLY, "nem_kd": 0.005})
    return Record(path)


def test_a_cell_from_before_a_setting_stands_for_what_the_setting_was_then(tmp_path: Path) -> None:
    record = kept(tmp_path / "record.json")
    now = {"seed": 0, "assignment": {"leaf": 128, **YOUNGER["assignment"]}}
    found = record.find("bodies", "+ Greedy", now)
    assert found is not None
    assert found["nem_kd"] == 0.005


def test_a_cell_from_before_a_setting_does_not_stand_for_another_value_of_it(tmp_path: Path) -> None:
    record = kept(tmp_path / "record.json")
    for assignment in ({"leaf": 128, "rows": "material"}, {"leaf": 256, "rows": "even"}, {"leaf": 128}):
        assert record.find("bodies", "+ Greedy", {"seed": 0, "assignment": assignment}) is None
