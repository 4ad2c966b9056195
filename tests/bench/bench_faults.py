"""The rows of `bin/bench faults`: what every fault in every phase left of every command, counted."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

from fixtures.faults import FINE, Judgement
from fixtures.victims import Victim

HEAD = "| fault | phase | commands | runs | left | exit code | what is said |\n|---|---|---|---|---|---|---|"


class Rows:
    """Runs by fault, phase, command, what was left, exit code and message."""

    def __init__(self, path: Path | None, counts: Counter[tuple[str, ...]]) -> None:
        self._path, self._counts = path, counts

    @classmethod
    def of(cls, path: Path | None) -> Rows:
        """Those of a file; none where there is no such file."""
        rows = json.loads(path.read_text(encoding="utf-8")) if path is not None and path.exists() else []
        return cls(path, Counter({tuple(row["row"]): row["runs"] for row in rows}))

    def add(self, fault: str, phase: str, victim: Victim, found: Judgement) -> bool:
        """Count a run; whether it is a finding."""
        self._counts[fault, phase, victim.name, found.left, str(found.code), message(found, victim)] += 1
        return found.left not in FINE

    def runs(self) -> Counter[tuple[str, ...]]:
        """How many there are of each fault, phase and command, whatever they came to."""
        found = Counter[tuple[str, ...]]()
        for row, runs in self._counts.items():
            found[row[:3]] += runs
        return found

    def save(self) -> None:
        """Write them to the file."""
        if self._path is not None:
            rows = [{"row": list(row), "runs": runs} for row, runs in self._counts.items()]
            self._path.write_text("".join(["[\n", ",\n".join(map(json.dumps, rows)), "\n]\n"]), encoding="utf-8")

    def markdown(self) -> str:
        """A table; what came to the same in several commands is one row."""
        together: dict[tuple[str, ...], Counter[str]] = {}
        for (fault, phase, name, *rest), runs in self._counts.items():
            together.setdefault((fault, phase, *rest), Counter())[name] += runs
        order = {fault: place for place, fault in enumerate(dict.fromkeys(row[0] for row in self._counts))}
        lines = [HEAD]
        for row, names in sorted(together.items(), key=lambda item: (order[item[0][0]], item[0][1:])):
            fault, phase, left, code, said = row
            named = ", ".join(sorted(names))
            lines.append(f"| {fault} | {phase} | {named} | {sum(names.values())} | {left} | {code} | {said} |")
        return "\n".join(lines)


def message(found: Judgement, victim: Victim) -> str:
    """The first error that was said, with numbers and paths left out: those differ from run to run."""
    errors = [line for line in found.said.splitlines() if line.startswith("qaad: error: ")]
    said = errors[0].removeprefix("qaad: error: ") if errors else ""
    said = re.sub(r"/[^ :;]*/rescued-\w+\.qaad", "FILE", said)
    said = re.sub(r"/\S*/temporary\S*?(?=:|$| )", "TMPDIR", said)
    said = re.sub(r"(no usable temporary directory found in) \[.*\]", r"\1 [TMPDIR, …]", said)
    said = re.sub(r"(\(process \d+ on) [^)]*\)", r"\1 HOST)", said)
    if victim.output:
        said = re.sub(re.escape(victim.output) + r"\S*?(?=:|;|$| )", "OUT", said)
    return re.sub(r"\d+", "N", said).replace("|", "\\|")


def told(fault: str, phase: str, victim: Victim, found: Judgement) -> str:
    """A finding, with all that the command said."""
    return f"{victim.name}, {fault}, {phase}: {found.left}, exit code {found.code}\n{found.said}"
