"""The least limit that is enough, where it is known."""

from __future__ import annotations

import pytest
from addresses import MOST, least


@pytest.mark.parametrize("enough", [9, 100, 583, 4000])
def test_the_least_limit_is_found_to_a_hundredth(enough: int) -> None:
    asked: list[int] = []

    def works(limit: int) -> bool:
        asked.append(limit)
        return limit >= enough

    found = least(works)
    assert enough <= found + 1
    assert found <= 1.011 * enough + 1
    assert len(asked) < 14


def test_what_never_works_is_told() -> None:
    with pytest.raises(SystemExit, match=f"under {MOST} MiB"):
        least(lambda limit: False)
