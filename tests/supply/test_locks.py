"""bin/locks against what it is made from: everything that is installed is pinned, and has hashes."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BIN = ROOT / "bin"
LOCKS = {path.stem: path.read_text(encoding="utf-8") for path in sorted((BIN / "locks").glob("*.txt"))}
HIGHEST = [lock for lock in LOCKS if lock not in ("cpu", "lowest", "lowest-torch")]


def packages(lock: str) -> dict[str, str]:
    """The version of each package of a lock."""
    return dict(re.findall(r"^([a-z0-9][a-z0-9._-]*)==(\S+)", LOCKS[lock], re.MULTILINE))


def test_the_locks_are_made_from_the_requirements_and_pins_of_today() -> None:
    spec = importlib.util.spec_from_file_location("make_locks", BIN / "make_locks.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert set(LOCKS) == {*module.EXTRAS, "cuda", "cpu", "lowest", "lowest-torch"}
    for name, text in LOCKS.items():
        assert text.splitlines()[0] == f"# Made by bin/make_locks.py from {module.made_from()}", name


@pytest.mark.parametrize("lock", LOCKS)
def test_every_line_is_a_version_or_one_of_its_hashes(lock: str) -> None:
    blocks = LOCKS[lock].split("\n", 1)[1].strip().replace(" \\\n    ", "\0").splitlines()
    assert len({block.split("\0")[0] for block in blocks}) == len(blocks)
    assert {block.split("==")[0] for block in blocks} == set(packages(lock))
    for block in blocks:
        requirement, *hashes = block.split("\0")
        assert re.fullmatch(r"[a-z0-9._-]+==\S+( ; .+)?", requirement)
        assert hashes
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", digest) for digest in hashes), requirement


def test_no_package_is_in_two_locks() -> None:
    names = [name for lock in HIGHEST for name in packages(lock)]
    assert len(names) == len(set(names))


def test_the_versions_are_those_of_the_constraints() -> None:
    """Libraries for GPUs alone are chosen by PyTorch, and pinned in the lock only."""
    text = (BIN / "constraints.txt").read_text(encoding="utf-8")
    pins = {name.lower().replace("_", "-"): version for name, version in re.findall(r"^([\w.-]+)==(\S+)$", text, re.M)}
    locked = {name: version for lock in HIGHEST if lock != "cuda" for name, version in packages(lock).items()}
    assert pins.items() <= locked.items()
    assert locked.keys() - pins.keys() <= {"colorama"}  # of Windows alone


def test_builds_for_cpus_are_of_the_versions_that_are_pinned() -> None:
    pinned = packages("run")
    assert {name: version.partition("+")[0] for name, version in packages("cpu").items()} == {"torch": pinned["torch"]}


def test_the_lowest_versions_are_those_of_the_project() -> None:
    """Of each bound, except where no release has just that number, or has been taken back."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"]
    lines = [*project["build-system"]["requires"], *project["project"]["dependencies"]]
    lines += [line for extra in ("formats", "pictures", "remote", "dev") for line in extras[extra]]
    bounds = dict(re.findall(r"^([\w-]+)[>=]=([\d.]+)", "\n".join(lines), re.MULTILINE))
    lowest = packages("lowest") | packages("lowest-torch")
    found = {name: lowest[name.lower()].partition("+")[0] for name in bounds}
    others = {name: version for name, version in found.items() if not f"{version}.0.0".startswith(f"{bounds[name]}.0")}
    assert set(others) <= {"laspy", "scipy"}
    assert not packages("lowest").keys() & {"torch", *packages("cuda")}  # which would be for GPUs
    assert set(packages("lowest-torch")) <= {"torch", *packages("lowest")}
