"""The documents that people read: the front page is short, links lead somewhere, and Python in them runs."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
ELSEWHERE = {".venv", ".venv-lowest", ".git", "qaad-demo", "node_modules"}  # folders of thousands of files


def pages() -> Iterator[str]:
    for folder, below, names in os.walk(ROOT):
        below[:] = set(below) - ELSEWHERE
        yield from (Path(folder, name).relative_to(ROOT).as_posix() for name in names if name.endswith(".md"))


PAGES = sorted(pages())
Shell = Callable[..., Any]


def test_the_front_page_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", (ROOT / page).read_text(encoding="utf-8"))
    assert [link for link in links if not (ROOT / page).parent.joinpath(link).exists()] == []


@pytest.mark.parametrize("page", ["README.md", "qaadcodec/README.md"])
def test_the_python_of_a_page_runs(page: str, place: Path, shell: Shell) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert blocks
    (place / "set").rename(place / "scans")
    (place / "page.py").write_text("\n".join(blocks), encoding="utf-8")
    outcome = shell("python -W error -P page.py", place)
    assert (outcome.code, outcome.stderr) == (0, "")


def test_plain_words() -> None:
    """One word for one thing, and no word that nobody says."""
    found = []
    for path in [
        *(ROOT / page for page in PAGES),
        *(ROOT / "qaadcodec").rglob("*.py"),
        *filter(Path.is_file, (ROOT / "bin").iterdir()),
    ]:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if re.search(r"\bnought|\bcontainer\b", line, re.IGNORECASE) and "not a .qaad container" not in line:
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")
    allowed = ("formats/qaad-1.md:1:", "CHANGELOG.md:", "CONTRIBUTING.md:")
    assert [line for line in found if not line.startswith(allowed)] == []
