"""Tables and JSON lines, character for character."""

from __future__ import annotations

import json

import pytest

from qaadcodec.report.jsonlines import json_line
from qaadcodec.report.tables import cells_of, facts, shortened, table, wrapped


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


ROWS = [("0", "walk/subject 1/frame 0001", "entropy", "16 384"), ("12", "短い/名前", "-", "7")]
HEADER = ("index", "name", "coding", "points")


def test_where_there_is_room_a_width_changes_nothing() -> None:
    assert table(ROWS, "rllr", header=HEADER, width=49, optional=(2,)) == table(ROWS, "rllr", header=HEADER)


def test_on_a_narrow_terminal_columns_are_left_out_and_then_names_are_cut() -> None:
    assert table(ROWS, "rllr", header=HEADER, width=48, optional=(2,)) == [
        "index  name                       points",
        "-----  -------------------------  ------",
        "    0  walk/subject 1/frame 0001  16 384",
        "   12  短い/名前                       7",
    ]
    assert table(ROWS, "rllr", header=HEADER, width=30, optional=(2,)) == [
        "index  name             points",
        "-----  ---------------  ------",
        "    0  walk/su…me 0001  16 384",
        "   12  短い/名前             7",
    ]


@pytest.mark.parametrize("width", range(1, 60))
def test_no_table_is_wider_than_it_has_to_be(width: int) -> None:
    lines = table(ROWS, "rllr", header=HEADER, width=width, optional=(2,))
    assert max(map(cells_of, lines)) <= max(width, 5 + 2 + 6 + 2 + 6)


def test_values_are_wrapped_under_each_other() -> None:
    pairs = [
        ("network", "117 584 parameters, 6 Fourier octaves, FiLM"),
        ("error", "mean squared 0.25 % of all"),
        ("", "b"),
    ]
    assert facts(pairs, width=31) == [
        "network  117 584 parameters,",
        "         6 Fourier octaves,",
        "         FiLM",
        "error    mean squared 0.25 % of",
        "         all",
        "         b",
    ]


def test_lines_are_broken_at_blanks_and_words_stay_whole() -> None:
    assert wrapped(["a path/that/is/long here", "1 234 567 bytes"], 8) == [
        "a",
        "path/that/is/long",
        "here",
        "1 234 567",
        "bytes",
    ]
    assert wrapped(["a path", ""], None) == ["a path", ""]
    assert wrapped(["", "a,b,c"], 3) == ["", "a,b,c"]


@pytest.mark.parametrize(
    ("text", "width", "short"),
    [
        ("abcdef", 6, "abcdef"),
        ("abcdef", 5, "ab…ef"),
        ("abcdef", 4, "ab…f"),
        ("abcdef", 1, "…"),
        ("名前名前", 5, "名…前"),
    ],
)
def test_long_names_lose_their_middle(text: str, width: int, short: str) -> None:
    assert shortened(text, width) == short


def test_columns_of_letters() -> None:
    assert [cells_of(text) for text in ("", "abc", "é", "e\u0301", "名前", "ﬀ")] == [0, 3, 1, 1, 4, 1]


def test_json_lines_are_valid_json_for_any_number_and_name() -> None:
    line = json_line({"name": "é\n", "d1_psnr": float("inf"), "mean": {"x": float("nan")}, "bounds": ((0.1, 1),)})
    assert line == '{"name": "\\u00e9\\n", "d1_psnr": null, "mean": {"x": null}, "bounds": [[0.1, 1]]}'
    assert json.loads(line)["bounds"] == [[0.1, 1]]
