"""How damage is reported: file, place, numbers, and what to do."""

from __future__ import annotations

import pytest

from qaadcodec.archive.faults import DAMAGED, check_crc, locating
from qaadcodec.errors import ArchiveError


def test_checksums_that_differ_are_shown() -> None:
    check_crc("x.qaad", "header", 7, 7)
    with pytest.raises(ArchiveError, match=r"^x.qaad: header: CRC-32 is 00000007, stored is 000000ff$") as caught:
        check_crc("x.qaad", "header", 7, 255)
    assert caught.value.hint == DAMAGED


@pytest.mark.parametrize(
    ("message", "hint", "shown", "advice"),
    [
        ("2 bytes", None, "x.qaad: names: 2 bytes", DAMAGED),
        ("2 bytes", "do this", "x.qaad: names: 2 bytes", "do this"),
        ("x.qaad: file at byte 7", None, "x.qaad: file at byte 7", None),
    ],
)
def test_file_and_place_are_put_before_a_message_once(
    message: str, hint: str | None, shown: str, advice: str | None
) -> None:
    with pytest.raises(ArchiveError) as caught, locating("x.qaad", "names"):
        raise ArchiveError(message, hint=hint)
    assert (str(caught.value), caught.value.hint) == (shown, advice)
