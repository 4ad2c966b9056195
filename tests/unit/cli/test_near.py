"""What somebody may have meant."""

from __future__ import annotations

import pytest

from qaadcodec.cli.near import did_you_mean


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("compres", "did you mean compress?"),
        ("incode", "did you mean encode or decode?"),
        ("zzz", None),
        ("", None),
    ],
)
def test_the_nearest_words(word: str, said: str | None) -> None:
    assert did_you_mean(word, ("compress", "encode", "decode", "list")) == said


def test_three_words_at_most() -> None:
    assert did_you_mean("aaaa", ("aaab", "aaac", "aaad", "aaae")) in {
        "did you mean aaae, aaad or aaac?",
        "did you mean aaab, aaac or aaad?",
    }
