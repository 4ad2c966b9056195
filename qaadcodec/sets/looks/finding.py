"""One thing that is noticed of a set or of a result, told in one line however many clouds it is true of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qaadcodec.errors import CloudError
from qaadcodec.progress import Run

NAMED = 3  # clouds in a line


@dataclass(frozen=True, slots=True)
class Finding:
    """What a person should know of a set before it is learnt, or of what it became.

    Attributes:
        kind: one word for programs: "units", "places", "flying", "repeated", "shapes", …
        text: what was found, with names and numbers.
        hint: what to do.
        clouds: the path of every cloud that it is true of, and a number that tells how much; the module that makes
            findings of a kind says which.
    """

    kind: str
    text: str
    hint: str
    clouds: tuple[tuple[str, float], ...] = ()

    def tell(self, run: Run) -> None:
        """Warn of it."""
        run.warn(f"{self.text}; {self.hint}")


def tell_all(findings: Sequence[Finding], run: Run) -> None:
    """Warn of all findings. Of a set that is still to be learnt, the first is an error where the run is strict.

    Raises:
        CloudError: there is a finding, and the run is strict.
    """
    first, others = findings[:1], findings[1:]
    for finding in others if run.strict else findings:
        finding.tell(run)
    for finding in first if run.strict else []:
        raise CloudError(finding.text, hint=f"{finding.hint}; without --strict it is learnt as it is")


def named(paths: Sequence[str]) -> str:
    """`a.ply, b.ply, c.ply and 7 more`: the first few of one or more paths."""
    more = len(paths) - NAMED
    return ", ".join(paths[:NAMED]) + (f" and {more} more" if more > 0 else "")


def some_of(odd: int, total: int) -> str:
    """`3 of 62 clouds`, the subject of a sentence."""
    return f"{odd} of {total} cloud{'s' * (total > 1)}"


def plural(count: int, one: str, many: str) -> str:
    """The form of a word that goes with a count."""
    return one if count == 1 else many


def rounded(number: float) -> float:
    """Four significant digits of a number that tells how much."""
    return float(f"{number:.4g}")
