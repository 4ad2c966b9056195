"""The table of faults against what `bin/bench faults --json` recorded."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

BENCH = Path(__file__).parents[1] / "bench"


def test_the_table_of_faults(document_part: Callable[[str, str, str, str], None]) -> None:
    sys.path.insert(0, str(BENCH))
    try:
        from bench_faults import Rows
    finally:
        sys.path.remove(str(BENCH))
    table = Rows.of(BENCH / "results" / "faults.json").markdown()
    start = "<!-- faults: written from the record by QAAD_UPDATE_DOCUMENTS=1 bin/test tests/documents -->\n"
    document_part("tests/bench/FAULTS.md", start, "<!-- end of faults -->", f"\n{table}\n\n")
