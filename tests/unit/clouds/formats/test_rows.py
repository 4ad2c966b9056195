"""Rows of numbers in text: what is a line, what is a number, and where a fault is."""

from __future__ import annotations

import numpy as np
import pytest

from qaadcodec.clouds.formats.rows import is_cut, number, parse_rows, split_lines
from qaadcodec.errors import CloudError


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a\nb\r\nc\rd", ["a", "b", "c", "d"]),
        ("a\n\nb\n", ["a", "", "b"]),
        ("a\x0bb\x85c\u2028d\n", ["a\x0bb\x85c\u2028d"]),  # str.splitlines sees four lines
        ("", []),
    ],
)
def test_lines_are_counted_as_editors_count_them(text: str, lines: list[str]) -> None:
    assert split_lines(text) == lines


def test_columns_anywhere_in_the_rows() -> None:
    rows = ["7 3 1 2", "8 6 4 5"]
    np.testing.assert_array_equal(parse_rows(rows, (2, 3, 1), None, str), [[1, 2, 3], [4, 5, 6]])
    rows = ["1;a;2;nan", "3;b;4;-inf"]
    np.testing.assert_array_equal(parse_rows(rows, (0, 2, 3), ";", str), [[1, 2, np.nan], [3, 4, -np.inf]])


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["1 2 3", "4 5"], "row 1 has 2 of the 3 numbers it needs"),
        (["1 2 3", "", "4 5 6"], "row 1 has 0 of the 3 numbers it needs"),
        (["1 2 3", "4 5 6", "7 eight 9"], "row 2: 'eight' is not a number"),
        (["1 2 3 4", "4 5 67 8", "7 8 9 10", "1 2 3 4 5"], "row 3 has 5 columns, and most lines have 4"),
        (["1 2 3 a b", "4 5 6 a", "7 8 9 a"], "row 0 has 5 columns, and most lines have 4"),
        (["1 0x2 3"], "row 0: '0x2' is not a number"),
    ],
)
def test_the_first_row_that_is_off_is_named(rows: list[str], message: str) -> None:
    with pytest.raises(CloudError) as caught:
        parse_rows(rows, (0, 1, 2), None, lambda row: f"row {row}")
    assert str(caught.value) == message


def test_rows_that_may_differ_and_text_in_other_columns() -> None:
    rows = ["1 2 3 4 5", "6 7 8 x", "9 10 11"]
    np.testing.assert_array_equal(
        parse_rows(rows, (0, 1, 2), None, str, ragged=True), [[1, 2, 3], [6, 7, 8], [9, 10, 11]]
    )
    rows = ['1,"a, b",2,"3"', '4,"",5,6']
    np.testing.assert_array_equal(parse_rows(rows, (0, 2, 3), ",", str), [[1, 2, 3], [4, 5, 6]])


def test_numbers() -> None:
    assert [number(token, "") for token in ("1", "-2.5e3", " .5 ", "+7.")] == [1, -2500, 0.5, 7]
    assert [repr(number(token, "")) for token in ("NaN", "-Infinity", "inf")] == ["nan", "-inf", "inf"]
    spelt = ("1.#QNAN", "-1.#IND00", "-nan(ind)", "1.#INF", "-1.#INF00")  # by older compilers of Microsoft
    assert [repr(number(token, "")) for token in spelt] == ["nan", "nan", "nan", "inf", "-inf"]
    for token in ("1_0", "١", "1,5", "", "e", "infinit"):
        with pytest.raises(CloudError, match=r"is not a number$"):
            number(token, "row 0")


@pytest.mark.parametrize(
    ("rows", "cut"),
    [
        (["1 2 3"], False),
        (["1 2 3", "4 5 6"], False),
        (["1 2 3", "4 5"], True),
        (["1 2 3", "4 5 -"], True),
        (["1 2 3", "4 5 6e"], True),
        (["1 2 3", "4 5 6e-"], True),
        (["1 2 3.25"] * 4 + ["4 5 6.5"], True),
        (["1 2 3.25"] * 4 + ["4 5 6"], True),
        (["1 2 3.25"] * 3 + ["4 5 6.5"], False),  # too few rows to tell
        (["1 2 3.25", "1 2 3.5"] * 4 + ["4 5 6"], False),
        (["1 2 3.25"] * 4 + ["4 5 6.75"], False),
        (["1 2 -3"] * 4 + ["4 5 7"], False),
        (["1 2 3.2e5"] * 4 + ["4 5 6.1"], False),
        (["1 2 3 tree"] * 4 + ["4 5 6 tre"], False),
    ],
)
def test_which_last_rows_are_cut_for_certain(rows: list[str], cut: bool) -> None:
    assert is_cut(rows, None) is cut
    assert is_cut([row.replace(" ", ",") for row in rows], ",") is cut
