"""Mutants that no test can notice, or should: somebody has looked at each, and says why in `equivalent.json`.

They are known by the text of their line, and not by its number, which changes with whatever stands above it.
"""

from __future__ import annotations

import json
from pathlib import Path

from mutation.places import ROOT, Job

LIST = Path(__file__).parent / "equivalent.json"

Description = tuple[str, str, str]  # file, line without its comment, and what the mistake in it is


def equivalent() -> dict[Description, str]:
    """Why they are."""
    return {(row["file"], row["line"], row["what"]): row["why"] for row in json.loads(LIST.read_text("utf-8"))}


def description(job: Job) -> Description:
    """What a mutant is known by."""
    lines = job.path.read_text("utf-8").splitlines()
    return job.path.relative_to(ROOT).as_posix(), lines[job.mutant.line - 1].split("  # ")[0].strip(), job.mutant.what
