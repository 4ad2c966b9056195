"""The pages on measurements against the committed records: tables are written from them, and no figure stands alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import page_claims
import page_handling
import page_others
import page_paper
import page_rate
import page_scaling
import page_steps
import page_tables
import page_took
import pytest
from bench_faults import Rows

ROOT = Path(__file__).parents[2]
PARTS = {
    "README.md": {"results": page_rate.front_page, "ratios": page_rate.front_ratios},
    "tests/bench/README.md": {
        "rate": page_rate.all_points,
        "ratios": page_rate.ratios,
        "over PCA": page_rate.over_pca,
        "registration": page_others.registration,
        "across": page_others.across,
        "rows": page_others.rows_table,
        "reading": page_others.reading,
        "speed": lambda: page_handling.measured_rows("speed"),
        "decoding": lambda: page_handling.measured_rows("decoding"),
        "page": lambda: page_handling.measured_rows("page"),
        "gains": page_others.gains,
    },
    "tests/bench/FAULTS.md": {
        "hostile": page_handling.hostile,
        "addresses": lambda: page_handling.measured_rows("addresses"),
        "faults": lambda: Rows.of(page_tables.RESULTS / "faults.json").markdown(),
    },
    "qaadcodec/ranks/README.md": {"scaling": page_scaling.scaling},
    "tests/bench/REPRODUCTION.md": {
        "table 1": page_paper.table1,
        "tuning": page_paper.tuned,
        "took": page_took.took,
        "claims": page_claims.claims,
        "figure 5": page_paper.figure5,
        "EM-kD": page_paper.emkd,
        "steps": page_steps.steps,
        "eq. 17": page_paper.correspondence,
    },
}
END = "<!-- end of {} -->"
START = "<!-- {}: written from the records by QAAD_UPDATE_DOCUMENTS=1 bin/test tests/documents -->\n"
# A number with a unit that only measuring gives. Sizes of clouds, settings and times of commands are none.
FIGURE = re.compile(
    r"\d[\d .,]*(?: ?%| ?×| ?[kMG]B\b| ms\b| [kM] points/s| GFLOP|-?fold\b| times (?!as (?:many|large)\b))"
)


@pytest.mark.parametrize(("page", "part"), [(page, part) for page, parts in PARTS.items() for part in parts])
def test_tables_are_those_of_the_records(page: str, part: str, document_part: Callable[..., None]) -> None:
    document_part(page, START.format(part), END.format(part), f"\n{PARTS[page][part]()}\n\n")


@pytest.mark.parametrize("page", PARTS)
def test_no_figure_stands_beside_the_tables(page: str) -> None:
    """What was measured is told by a table, which a record is behind; prose says what it means."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for part in PARTS[page]:
        before, rest = text.split(START.format(part))
        text = before + rest.split(END.format(part))[1]
    prose = re.sub(r"^```.*?^```$|`[^`\n]*`|^    [^\n]*$", "", text, flags=re.MULTILINE | re.DOTALL)
    assert [line for line in prose.splitlines() if FIGURE.search(line)] == []


def test_every_record_is_told_of() -> None:
    pages = "".join((ROOT / page).read_text(encoding="utf-8") for page in PARTS)
    records = sorted(path.name for path in (ROOT / "tests" / "bench" / "results").glob("*.json"))
    assert [name for name in records if f"results/{name}" not in pages] == []


def test_every_page_with_measurements_is_among_these() -> None:
    """But for that on the paper's scale, where nothing was measured yet."""
    pages = {f"tests/bench/{path.name}" for path in (ROOT / "tests" / "bench").glob("*.md")}
    assert pages - {"tests/bench/PAPER_SCALE.md"} <= set(PARTS)
