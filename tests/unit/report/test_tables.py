"""Tables and JSON lines, character for character."""

from __future__ import annotations

import json

from qaadcodec.report.jsonlines import json_line
from qaadcodec.report.tables import facts, table


def test_columns_are_aligned_and_lines_end_without_blanks() -> None:
    assert table([("a", "1", "x"), ("long", "12 345", "")], "lrl", header=("name", "bytes", "note")) == [
        "name   bytes  note",
        "----  ------  ----",
        "a          1  x",
        "long  12 345",
    ]


def test_names_cannot_break_a_table() -> None:
    assert table([("a\nb", "1")], "lr") == ["a\\nb  1"]


def test_facts_are_pairs_in_two_columns() -> None:
    assert facts([("clouds", "64"), ("left out", "1 cloud"), ("", "b.ply: empty")]) == [
        "clouds    64",
        "left out  1 cloud",
        "          b.ply: empty",
    ]


def test_json_lines_are_valid_json_for_any_number_and_name() -> None:
    line = json_line({"name": "é\n", "d1_psnr": float("inf"), "mean": {"x": float("nan")}, "bounds": ((0.1, 1),)})
    assert line == '{"name": "\\u00e9\\n", "d1_psnr": null, "mean": {"x": null}, "bounds": [[0.1, 1]]}'
    assert json.loads(line)["bounds"] == [[0.1, 1]]
