"""Names of packages that are imported when they are first used."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

PACKAGES = ("qaadcodec.archive", "qaadcodec.clouds", "qaadcodec.config")


@pytest.mark.parametrize("name", PACKAGES)
def test_every_name_is_there(name: str) -> None:
    package = importlib.import_module(name)
    assert all(getattr(package, each) is not None for each in package.__all__)
    with pytest.raises(AttributeError, match=f"module '{name}' has no attribute 'nothing'"):
        _ = package.nothing


def test_a_name_that_is_a_module_too_stands_for_what_lives_in_it() -> None:
    """Whichever of them is imported first."""
    program = "import qaadcodec.config.plan\nfrom qaadcodec.config import plan\nprint(type(plan).__name__)"
    other = "from qaadcodec.config import plan\nimport qaadcodec.config.plan as m\nprint(type(plan).__name__)"
    for each in (program, other):
        done = subprocess.run([sys.executable, "-c", each], capture_output=True, text=True, check=True)
        assert done.stdout == "function\n"


def test_a_package_imports_nothing_by_itself() -> None:
    program = f"import sys, {', '.join(PACKAGES)}\nprint(*sorted(m for m in sys.modules if m.startswith('qaadcodec')))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    own = ["qaadcodec", "qaadcodec.errors", "qaadcodec.lazy", "qaadcodec.version"]
    assert done.stdout.split() == sorted([*own, *PACKAGES])
