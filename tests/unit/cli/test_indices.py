"""Places of clouds on the command line: `--index` with several values, and ranges."""

from __future__ import annotations

import click
import pytest

from qaadcodec.cli.indices import IndexCommand, Indices, index_option, resolved, span
from qaadcodec.errors import UsageError


@click.command("try", cls=IndexCommand)
@click.argument("what", nargs=-1)
@index_option("Clouds.  [default: all]")
@click.option("-o", "--output")
def attempt(what: tuple[str, ...], indices: Indices, output: str | None) -> tuple[object, ...]:
    return what, indices, output


def given(*arguments: str) -> tuple[object, ...]:
    result: tuple[object, ...] = attempt.main(list(arguments), standalone_mode=False)
    return result


@pytest.mark.parametrize(
    ("arguments", "what", "indices"),
    [
        (["a", "--index", "0", "7", "42"], ("a",), (0, 7, 42)),
        (["--index", "0", "7", "a", "9"], ("a", "9"), (0, 7)),
        (["a", "-i", "0,7", "-1", "-o", "x"], ("a",), (0, 7, -1)),
        (["a", "-i", "2:4", ":8"], ("a",), (slice(2, 4), slice(None, 8))),
        (["a", "-i", "1", "-o", "3"], ("a",), (1,)),
        (["a", "--index=1", "2"], ("a", "2"), (1,)),
        (["a", "-i", "0:9:3", "-2::-1,5"], ("a",), (slice(0, 9, 3), slice(-2, None, -1), 5)),
        (["-i", "1", "--", "2"], ("2",), (1,)),
        (["5"], ("5",), ()),
    ],
)
def test_indices_follow_their_flag(arguments: list[str], what: tuple[str, ...], indices: Indices) -> None:
    assert given(*arguments)[:2] == (what, indices)


@pytest.mark.parametrize("text", ["x", "1,,2", "1;2", "1:2:3:4", "1-3", "1.5", "1,", "9" * 30])
def test_what_is_no_index_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="is not an index"):
        given("-i", text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2:5", slice(2, 5)),
        (":8", slice(None, 8)),
        ("-4:", slice(-4, None)),
        (":", slice(None, None)),
        ("0:9:3", slice(0, 9, 3)),
        ("::-1", slice(None, None, -1)),
        ("1:2:", slice(1, 2)),
    ],
)
def test_ranges(text: str, expected: slice) -> None:
    assert span(text) == expected


@pytest.mark.parametrize("text", ["", "3", "1:2:3:4", "a:b", "1-3", "1.0:2"])
def test_what_is_no_range(text: str) -> None:
    with pytest.raises(click.BadParameter, match="is not a range such as 10:20, :8, -4: or 0:100:10"):
        span(text)


def test_a_range_moves() -> None:
    with pytest.raises(click.BadParameter, match="'1:2:0' has a step of zero"):
        span("1:2:0")


def test_resolved() -> None:
    assert resolved((3, -1, slice(2, 5), 3), 10) == [3, 9, 2, 4]
    assert resolved((slice(0, 9, 4), slice(-1, -3, -1)), 10) == [0, 4, 8, 9]
    assert resolved((), 10) == []
    for wrong, message in (
        (10, "a.qaad: no cloud 10: indices go from 0 to 9, or from -10 to -1"),
        (-11, "no cloud -11"),
        (slice(20, None), "range 20: holds no"),
        (slice(5, 2, 1), "range 5:2:1 holds no"),
    ):
        with pytest.raises(UsageError, match=message):
            resolved((wrong,), 10, "a.qaad")
