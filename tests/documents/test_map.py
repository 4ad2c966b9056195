"""The map of the house against the tree: every package with its purpose and its files."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "qaadcodec"
WIDTH = 120
LEFT = 24


def purpose(package: Path) -> str:
    """The first sentence of a package's docstring."""
    text = ast.get_docstring(ast.parse((package / "__init__.py").read_text(encoding="utf-8"))) or ""
    return " ".join(text.split("\n\n")[0].split()).rstrip(".")


def lines_of(folder: Path, depth: int) -> list[str]:
    """A package and the packages below it: purposes, and the files under each."""
    inside = "  " * depth
    lines = [f"{inside}{folder.name}/".ljust(LEFT) + purpose(folder)] if depth else []
    files = sorted(file.stem for file in folder.glob("*.py") if file.stem not in ("__init__", "__main__"))
    line = ""
    for name in files:
        if len(line) + len(name) + 2 > WIDTH - LEFT:
            lines.append(" " * LEFT + line.rstrip())
            line = ""
        line += f"{name}, "
    lines.append(" " * LEFT + line.rstrip(", "))
    for package in sorted(path.parent for path in folder.glob("*/__init__.py")):
        lines += lines_of(package, depth + 1)
    return lines


def test_the_map_is_what_the_tree_is(document_part: Callable[[str, str, str, str], None]) -> None:
    wanted = "```text\n" + "\n".join(["qaadcodec/", *(line.rstrip() for line in lines_of(PACKAGE, 0))]) + "\n```\n"
    start = "<!-- map: written by QAAD_UPDATE_DOCUMENTS=1 bin/test tests/documents -->\n"
    document_part("qaadcodec/README.md", start, "<!-- end of map -->", wanted)
