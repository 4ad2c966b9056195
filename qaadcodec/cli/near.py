"""What somebody may have meant: the nearest of the words that there are."""

from __future__ import annotations

from collections.abc import Iterable


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """`did you mean --preset?`, or up to three words with `or` between them; None where none is near."""
    from difflib import get_close_matches  # only where something is wrong

    near = get_close_matches(word, list(known), n=3)
    if not near:
        return None
    *most, last = near
    return f"did you mean {' or '.join([', '.join(most), last] if most else [last])}?"
