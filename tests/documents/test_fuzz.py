"""The table of fuzzing runs against what `bin/fuzz --record` wrote."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

FUZZ = Path(__file__).parents[1] / "fuzz"


def test_the_table_of_runs(document_part: Callable[[str, str, str, str], None]) -> None:
    runs = json.loads((FUZZ / "results.json").read_text(encoding="utf-8"))
    columns = ["target", "executions", "guided", "found and mended", "open", "seconds", "last run"]
    lines = [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    for name, run in runs.items():
        all_of_them, guided = (f"{run[key]:,}".replace(",", " ") for key in ("executions", "guided"))
        mended = len([*(FUZZ / "corpus" / name).glob("found-*")])
        cells = [f"`{name}`", all_of_them, guided, mended, run["open"], run["seconds"], run["date"]]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    start = "<!-- runs: written by QAAD_UPDATE_DOCUMENTS=1 bin/test tests/documents -->\n"
    document_part("tests/fuzz/README.md", start, "<!-- end of runs -->", "\n".join(lines) + "\n")
