"""A record of results that grows cell by cell, so that an interrupted run is useful and can go on."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from typing import Any

from bench_tools import commit, hardware

YOUNGER = {"assignment": {"rows": "even"}}
"""settings that came after the first cells, by part, and what those cells were made with"""


class Record:
    """Cells: a set, a column, the settings that decide the result, and the result; in a JSON file if there is one."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self.cells = self._read()

    def find(self, name: str, column: str, settings: dict[str, Any]) -> dict[str, Any] | None:
        """The cell of these settings, if it is there."""
        wanted = plain(settings)
        for cell in self.cells:
            if (cell["set"], cell["column"], completed(cell["settings"])) == (name, column, wanted):
                return cell
        return None

    def add(self, cell: dict[str, Any]) -> None:
        """Take down a cell with the commit it was made at, and write the file whole or not at all."""
        cell = plain({**cell, "commit": commit()})
        if self._path is None:
            self.cells.append(cell)
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.with_name(f".{self._path.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # other sets may be under way in other processes
            self.cells = [*self._read(), cell]
            beside = self._path.with_name(f".{self._path.name}.part")
            beside.write_text(self._text(), encoding="utf-8")
            os.replace(beside, self._path)

    def _read(self) -> list[dict[str, Any]]:
        """The cells that the file has."""
        if self._path is None or not self._path.exists():
            return []
        cells: list[dict[str, Any]] = json.loads(self._path.read_text(encoding="utf-8"))["cells"]
        return cells

    def _text(self) -> str:
        """A cell a line, so that differences between two records can be read."""
        cells = ",\n".join(json.dumps(cell, ensure_ascii=False) for cell in self.cells)
        return f'{{"hardware": {json.dumps(hardware(), ensure_ascii=False)},\n"cells": [\n{cells}\n]}}\n'


def completed(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings of a cell, with those that came later as they were when it was made."""
    return {
        name: {**YOUNGER[name], **value} if name in YOUNGER and isinstance(value, dict) else value
        for name, value in settings.items()
    }


def plain(value: Any) -> Any:
    """The value as JSON gives it back."""
    return json.loads(json.dumps(value))
