"""The licence of everything that a lock has is known and allowed, and is what the installed package says."""

from __future__ import annotations

import json
import re
from importlib import metadata
from pathlib import Path

import pytest

LOCKS = Path(__file__).parents[2] / "bin" / "locks"
KNOWN = json.loads((LOCKS / "licences.json").read_text(encoding="utf-8"))
LOCKED = {
    name: version
    for path in sorted(LOCKS.glob("*.txt"), key=lambda path: not path.stem.startswith("lowest"))  # the highest count
    for name, version in re.findall(r"^([a-z0-9][a-z0-9._-]*)==(\S+)", path.read_text(encoding="utf-8"), re.MULTILINE)
}
CLASSIFIERS = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-",
    "GNU General Public License v3 or later (GPLv3+)": "GPL-3.0-or-later",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}


def licences(expression: str) -> set[str]:
    """The licences and exceptions that an SPDX expression names."""
    return set(re.findall(r"[\w.+-]+", expression)) - {"AND", "OR", "WITH"}


def test_every_package_has_a_licence_and_no_other_is_listed() -> None:
    assert set(KNOWN["packages"]) == set(LOCKED)


def test_every_licence_is_allowed() -> None:
    named = {name: licences(expression) for name, expression in KNOWN["packages"].items()}
    assert {name: found for name, found in named.items() if not found or found - set(KNOWN["allowed"])} == {}
    assert set().union(*named.values()) == set(KNOWN["allowed"])  # what nobody needs is not allowed


def test_what_is_not_free_is_for_gpus_alone() -> None:
    cuda = (LOCKS / "cuda.txt").read_text(encoding="utf-8")
    closed = {name for name, expression in KNOWN["packages"].items() if "LicenseRef" in expression}
    assert all(f"\n{name}==" in cuda for name in closed)


@pytest.mark.parametrize("name", sorted(KNOWN["packages"]))
def test_an_installed_package_says_the_same(name: str) -> None:
    try:
        told = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        pytest.skip("is not installed")
    if told["Version"].partition("+")[0] != LOCKED[name].partition("+")[0]:
        pytest.skip("is installed in another version")
    expression: str = KNOWN["packages"][name]
    if stated := told.get("License-Expression"):
        assert stated == expression
        return
    for classifier in told.get_all("Classifier") or ():
        if classifier.startswith("License :: OSI Approved :: "):
            assert CLASSIFIERS[classifier.rpartition(" :: ")[2]] in expression
