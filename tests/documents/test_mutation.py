"""The table of mutants against what `bin/mutate --record` recorded."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

MUTATION = Path(__file__).parents[1] / "mutation"
HEAD = """
| package | mutants | tried | drawn with | noticed | equivalent | not noticed | share of what can be | date |
|---|---|---|---|---|---|---|---|---|
"""


def test_the_table_of_mutants(document_part: Callable[[str, str, str, str], None]) -> None:
    results = json.loads((MUTATION / "results.json").read_text(encoding="utf-8"))
    rows = []
    for package, found in results.items():
        tried, noticed, equivalent = found["tried"], found["noticed"], found["equivalent"]
        drawn = f"`--sample {tried} --seed {found['seed']}`" if "seed" in found else "all"
        share = f"{100 * noticed / (tried - equivalent):.1f} %"
        missed = tried - noticed - equivalent
        cells = [package, found["mutants"], tried, drawn, noticed, equivalent, missed, share, found["date"]]
        rows.append(f"| {' | '.join(map(str, cells))} |\n")
    start = "<!-- mutants: written from the record by QAAD_UPDATE_DOCUMENTS=1 bin/test tests/documents -->\n"
    document_part("tests/mutation/README.md", start, "<!-- end of mutants -->", f"{HEAD}{''.join(rows)}\n")
