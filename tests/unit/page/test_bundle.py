"""What is checked in of the viewer is what its sources give, and it has what it must have. Skipped without node."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from qaadcodec.page.assemble import shipped

PAGE = Path(__file__).parents[3] / "qaadcodec" / "page"
VIEWER = PAGE / "viewer"
BUILT = ("viewer.js", "page.css")


@pytest.fixture
def node() -> str:
    """Node, with the modules of the lock file at hand."""
    made_from = VIEWER / "node_modules" / "made-from"
    found = shutil.which("node")
    if found is None or not made_from.exists():
        pytest.skip("no node, or none of the modules of the viewer: bin/page installs them")
    if made_from.read_bytes() != (VIEWER / "package-lock.json").read_bytes():
        pytest.skip("the modules of the viewer are others than package-lock.json names: bin/page installs them")
    return found


def test_the_sources_give_what_is_checked_in(node: str, tmp_path: Path) -> None:
    subprocess.run([node, str(VIEWER / "build.mjs"), str(tmp_path)], check=True, timeout=120)
    for name in BUILT:
        same = (tmp_path / name).read_bytes() == (PAGE / "built" / name).read_bytes()
        assert same, f"qaadcodec/page/built/{name} is out of date: bin/page makes it"


def test_the_types_are_right(node: str) -> None:
    compiler = VIEWER / "node_modules" / "typescript" / "bin" / "tsc"
    done = subprocess.run(
        [node, str(compiler), "--noEmit"], cwd=VIEWER, capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_it_can_stand_in_a_page() -> None:
    script = shipped("built/viewer.js").lower()
    assert "</script" not in script
    assert "<!--" not in script


def test_the_licence_of_three_is_in_it() -> None:
    script = shipped("built/viewer.js")
    assert "three.js authors" in script
    assert "Permission is hereby granted, free of charge" in script
    assert 'THE SOFTWARE IS PROVIDED "AS IS"' in script
