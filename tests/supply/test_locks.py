"""bin/locks against what it is made from: everything that is installed is pinned, and has hashes."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

BIN = Path(__file__).parents[2] / "bin"
LOCKS = {path.stem: path.read_text(encoding="utf-8") for path in sorted((BIN / "locks").glob("*.txt"))}


def packages(lock: str) -> dict[str, str]:
    """The version of each package of a lock."""
    return dict(re.findall(r"^([a-z0-9][a-z0-9._-]*)==(\S+)", LOCKS[lock], re.MULTILINE))


def test_the_locks_are_made_from_the_requirements_and_pins_of_today() -> None:
    spec = importlib.util.spec_from_file_location("make_locks", BIN / "make_locks.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert set(LOCKS) == {*module.EXTRAS, "cuda", "cpu"}
    for name, text in LOCKS.items():
        assert text.splitlines()[0] == f"# Made by bin/make_locks.py from {module.made_from()}", name


@pytest.mark.parametrize("lock", LOCKS)
def test_every_line_is_a_version_or_one_of_its_hashes(lock: str) -> None:
    blocks = LOCKS[lock].split("\n", 1)[1].strip().replace(" \\\n    ", "\0").splitlines()
    assert len(blocks) == len(packages(lock))
    for block in blocks:
        requirement, *hashes = block.split("\0")
        assert re.fullmatch(r"[a-z0-9._-]+==\S+( ; .+)?", requirement)
        assert hashes
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", digest) for digest in hashes), requirement


def test_no_package_is_in_two_locks() -> None:
    names = [name for lock in LOCKS if lock != "cpu" for name in packages(lock)]
    assert len(names) == len(set(names))


def test_the_versions_are_those_of_the_constraints() -> None:
    """Libraries for GPUs alone are chosen by PyTorch, and pinned in the lock only."""
    text = (BIN / "constraints.txt").read_text(encoding="utf-8")
    pins = {name.lower().replace("_", "-"): version for name, version in re.findall(r"^([\w.-]+)==(\S+)$", text, re.M)}
    general = [lock for lock in LOCKS if lock not in ("cuda", "cpu")]
    locked = {name: version for lock in general for name, version in packages(lock).items()}
    assert pins.items() <= locked.items()
    assert locked.keys() - pins.keys() <= {"colorama"}  # of Windows alone


def test_builds_for_cpus_are_of_the_versions_that_are_pinned() -> None:
    pinned = packages("run")
    assert {name: version.partition("+")[0] for name, version in packages("cpu").items()} == {"torch": pinned["torch"]}
