"""The quick start runs from its first cell to its last, and what it shows is what it would show now.

`QAAD_UPDATE_DOCUMENTS=1 bin/test tests/documents/test_notebook.py` keeps the outputs anew.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fixtures.documents import ROOT, UPDATE
from fixtures.notebooks import Notebook

EXAMPLES = ROOT / "qaadcodec" / "examples"
IN_FULL, QUICKLY = "points, epochs = 8192, 200", "points, epochs = 512, 4"  # what it shows takes a minute
LARGEST = 500_000  # bytes of a notebook: a repository keeps every version of it


def shape_of(output: dict[str, Any]) -> dict[str, str]:
    """An output without what differs between machines: numbers, and what a picture shows."""
    texts = {"stdout": output["text"]} if "text" in output else output["data"]
    return {
        kind: re.sub(r"\d[\d .,e-]*", "0", re.sub(r"base64,[\w+/=]+", "base64,", "".join(text)))
        for kind, text in texts.items()
    }


@pytest.mark.skipif(np.__version__ < "2", reason="what it keeps was drawn by newer libraries")
@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_notebook_runs_and_shows_what_it_keeps(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    notebook = Notebook(path)
    if UPDATE in os.environ:
        notebook.write(notebook.run())
        return
    found = notebook.run({IN_FULL: QUICKLY})
    kept = [cell["outputs"] for cell in Notebook(path).code_cells]
    assert [[shape_of(output) for output in outputs] for outputs in found] == [
        [shape_of(output) for output in outputs] for outputs in kept
    ], f"{path.name} is out of date: {UPDATE}=1 bin/test tests/documents"
    assert path.stat().st_size < LARGEST


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.ipynb")), ids=lambda path: path.stem)
def test_its_links_lead_somewhere(path: Path) -> None:
    text = "".join(
        "".join(cell["source"]) for cell in Notebook(path).content["cells"] if cell["cell_type"] == "markdown"
    )
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", text)
    assert links
    assert [link for link in links if not (path.parent / link).exists()] == []
