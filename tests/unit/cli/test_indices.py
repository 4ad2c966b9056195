"""`--index` with several values."""

from __future__ import annotations

import click
import pytest

from qaadcodec.cli.indices import IndexCommand, Indices, index_option, resolved
from qaadcodec.errors import UsageError


@click.command("try", cls=IndexCommand)
@click.argument("what", nargs=-1)
@index_option("Clouds.  [default: all]")
@click.option("-o", "--output")
def attempt(what: tuple[str, ...], indices: tuple[Indices, ...], output: str | None) -> tuple[object, ...]:
    return what, indices, output


def given(*arguments: str) -> tuple[object, ...]:
    result: tuple[object, ...] = attempt.main(list(arguments), standalone_mode=False)
    return result


@pytest.mark.parametrize(
    ("arguments", "what", "indices"),
    [
        (["a", "--index", "0", "7", "42"], ("a",), ((0,), (7,), (42,))),
        (["--index", "0", "7", "a", "9"], ("a", "9"), ((0,), (7,))),
        (["a", "-i", "0,7", "-1", "-o", "x"], ("a",), ((0, 7), (-1,))),
        (["a", "-i", "2:4", ":8"], ("a",), ((slice(2, 4),), (slice(None, 8),))),
        (["a", "-i", "1", "-o", "3"], ("a",), ((1,),)),
        (["a", "--index=1", "2"], ("a", "2"), ((1,),)),
        (["-i", "1", "--", "2"], ("2",), ((1,),)),
        (["5"], ("5",), ()),
    ],
)
def test_indices_follow_their_flag(arguments: list[str], what: tuple[str, ...], indices: tuple[Indices, ...]) -> None:
    assert given(*arguments)[:2] == (what, indices)


@pytest.mark.parametrize("text", ["x", "1,,2", "1;2", "1:2:3", "9" * 30])
def test_what_is_no_index_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="is not an index"):
        given("-i", text)


def test_resolved() -> None:
    assert resolved([(3, -1), (slice(2, 5),), (3,)], 10) == [3, 9, 2, 4]
    for wrong, message in (
        ((10,), "no cloud 10"),
        ((-11,), "no cloud -11"),
        ((slice(20, None),), "range 20: holds no"),
    ):
        with pytest.raises(UsageError, match=message):
            resolved([wrong], 10)
