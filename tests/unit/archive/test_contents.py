"""Which sections have to be there, and in which codings."""

from __future__ import annotations

import pytest

from qaadcodec.archive.contents import known_sections
from qaadcodec.archive.frame import Section
from qaadcodec.errors import ArchiveError

WHOLE = {"WGTS": 4, "INPT": 5, "LATS": 2, "NAME": 3}


def sections(codings: dict[str, int]) -> list[Section]:
    return [Section(tag, coding, 100, 7, 0) for tag, coding in codings.items()]


def test_ancillary_sections_are_let_through() -> None:
    assert list(known_sections("x", sections(WHOLE | {"note": 77}))) == ["WGTS", "INPT", "LATS", "NAME", "note"]


@pytest.mark.parametrize(
    ("codings", "message", "hint"),
    [
        (WHOLE | {"XTRA": 0}, "x: section XTRA at byte 100, 7 bytes is unknown, and needed to decode", "a newer qaad"),
        ({"WGTS": 0, "LATS": 0, "NAME": 3}, r"x: has no section INPT \(input cloud\)", "damaged"),
        (
            WHOLE | {"INPT": 4},
            "7 bytes has entropy; this reader knows float32, float16, uniform, points there",
            "newer",
        ),
        (WHOLE | {"NAME": 9}, "7 bytes has coding 9; this reader knows deflate there", "a newer qaad"),
    ],
)
def test_each_rule(codings: dict[str, int], message: str, hint: str) -> None:
    with pytest.raises(ArchiveError, match=message) as caught:
        known_sections("x", sections(codings))
    assert hint in str(caught.value.hint)
