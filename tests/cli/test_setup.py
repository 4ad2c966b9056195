"""bin/qaad and bin/test: what they say when they cannot set up, and that they do it only once."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What the scripts need of a checkout, without a .venv."""
    folder = tmp_path / "check out"  # a space in the path must not matter
    shutil.copytree(ROOT / "bin", folder / "bin")
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def run(checkout: Path, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(checkout / "bin" / command[0]), *command[1:]],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def script(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/bash\n{text}\n", encoding="utf-8")
    path.chmod(0o755)


@pytest.mark.parametrize("name", ["qaad", "test"])
def test_without_a_usable_python(checkout: Path, tmp_path: Path, name: str) -> None:
    done = run(checkout, name, QAAD_PYTHON="/nowhere/python3")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "qaad: error: QAAD_PYTHON is /nowhere/python3, and that is no Python 3.11 or later\n"

    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("bash", "dirname", "flock"):
        if found := shutil.which(tool):
            (tools / tool).symlink_to(found)
    script(tools / "python3", '[[ $1 != --version ]] || { echo "Python 3.9.2"; exit 0; }; exit 1')
    done = run(checkout, name, PATH=str(tools))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        "qaad: error: Python 3.11 or later is needed, and only this was found: Python 3.9.2",
        "hint: install Python (https://www.python.org/downloads/), or name one: QAAD_PYTHON=/path/to/python3",
    ]
    assert not (checkout / ".venv").exists()


def test_without_a_network(checkout: Path) -> None:
    nobody = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_EXTRA_INDEX_URL": "", "PIP_FIND_LINKS": ""}
    done = run(
        checkout, "qaad", "--version", QAAD_PYTHON=sys.executable, PIP_CONFIG_FILE=os.devnull, PIP_RETRIES="0", **nobody
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-2:] == [
        "qaad: error: the packages could not be downloaded: is there a network?",
        "hint: the set-up needs one, once; run this again when there is (behind a proxy, set HTTPS_PROXY)",
    ]
    assert not list((checkout / ".venv").glob("qaad-installed*"))


def test_a_finished_setup_is_not_repeated(checkout: Path) -> None:
    script(checkout / ".venv/bin/python", 'printf "<%s>" "$@"')
    recipe = f"{checkout.resolve()}\n" + "".join(
        (checkout / name).read_text() for name in ("pyproject.toml", "bin/constraints.txt")
    )
    (checkout / ".venv/qaad-installed").write_text(recipe)
    done = run(checkout, "qaad", "decode", "a b.qaad", "*")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "<-P><-m><qaadcodec><decode><a b.qaad><*>"

    # Other pins are another set-up, once; what this python prints instead of installing goes to stderr.
    with (checkout / "bin/constraints.txt").open("a") as pins:
        pins.write("# changed\n")
    done = run(checkout, "qaad", "--version")
    assert (done.returncode, done.stdout) == (0, "<-P><-m><qaadcodec><--version>")
    locks = f"{checkout.resolve()}/bin/locks"
    assert f"<--require-hashes><--no-deps><--requirement><{locks}/run.txt>" in done.stderr
    assert f"<--no-deps><--no-build-isolation><--editable><{checkout.resolve()}>" in done.stderr
    assert done.stderr.endswith("qaad: set-up done\n")
    done = run(checkout, "qaad", "--version")
    assert (done.stdout, done.stderr) == ("<-P><-m><qaadcodec><--version>", "")


def test_the_locks_of_an_extra(checkout: Path) -> None:
    """A lock has what those before it lack; without them it goes by the pins alone."""
    script(checkout / ".venv/bin/python", 'printf "<%s>" "$@"; [[ $1 != -c ]]')
    locks = f"{checkout.resolve()}/bin/locks"
    (checkout / "tests/bench").mkdir(parents=True)
    (checkout / "tests/bench/speed.py").touch()
    done = run(checkout, "bench", "speed")
    assert "".join(f"<--requirement><{locks}/{name}.txt>" for name in ("run", "dev", "bench")) in done.stderr
    assert "cuda.txt" not in done.stderr  # this python says that PyTorch does not ask for it
    shutil.rmtree(checkout / ".venv")
    script(checkout / ".venv/bin/python", 'printf "<%s>" "$@"')
    done = run(checkout, "qaad", "--version", QAAD_UNLOCKED="1")
    pins = f"<--constraint><{checkout.resolve()}/bin/constraints.txt>"
    assert f"{pins}<--editable><{checkout.resolve()}[formats,pictures,remote]>" in done.stderr
    assert "--require-hashes" not in done.stderr


def test_the_lowest_versions_have_an_environment_of_their_own(checkout: Path) -> None:
    """PyTorch for CPUs is asked for first, and is that of .venv where it is not to be had; tests alone are run."""
    asks = 'printf "<%s>" "$@"; [[ $1 != -c ]]'
    script(checkout / ".venv-lowest/bin/python", asks)
    script(checkout / ".venv-lowest/bin/pytest", 'printf "{%s}" "$@"')
    locks = f"{checkout.resolve()}/bin/locks"
    done = run(checkout, "test", "--lowest", "tests/unit", "-x")
    assert done.returncode == 0
    assert done.stdout.endswith("{-rs}{tests/unit}{-x}{-W}{ignore::DeprecationWarning}")
    assert done.stdout.count("\n$ ") == 1
    assert f"<--require-hashes><--no-deps><--requirement><{locks}/lowest.txt>" in done.stderr
    assert "PyTorch is that of .venv" not in done.stderr
    assert not (checkout / ".venv").exists()
    assert run(checkout, "test", "--lowest").stderr == ""
    assert "{-rs}{-m}{}{tests/unit}" in run(checkout, "test", "--lowest", "--long", "tests/unit").stdout

    (checkout / ".venv-lowest/qaad-installed-lowest").unlink()
    log = 'echo "$@" >>"$(dirname "$0")/../asked"; cat "${@: -1}" 2>&-'
    missing = '[[ "$*" != */lowest-torch.txt && "$*" != */cpu.txt ]]'
    script(checkout / ".venv-lowest/bin/python", f"{asks} || exit 1; {log}; {missing}")
    done = run(checkout, "test", "--lowest")
    assert done.returncode == 0
    assert "qaad: PyTorch is that of .venv: its lowest version for CPUs could not be installed\n" in done.stderr
    asked = (checkout / ".venv-lowest/asked").read_text()
    order = [asked.index(each) for each in ("/lowest.txt", "/lowest-torch.txt", "/cpu.txt", "/dev/fd/")]
    assert order == sorted(order)
    pinned = re.findall(r"^torch==.*(?:\n    .*)*", (ROOT / "bin/locks/run.txt").read_text(), re.MULTILINE)
    assert pinned[0] in done.stderr  # what stands in /dev/fd/…


def test_the_lowest_versions_want_the_lowest_python(checkout: Path, tmp_path: Path) -> None:
    later = tmp_path / "python3.13"
    script(later, '[[ $2 != *"== (3, 11)"* ]]')
    done = run(checkout, "test", "--lowest", QAAD_PYTHON=str(later))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"qaad: error: QAAD_PYTHON is {later}, and that is no Python 3.11\n"


def test_files_of_another_index_are_refused_with_what_to_do(checkout: Path) -> None:
    mismatch = "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE."
    refuse = f'[[ "$*" != *install* ]] || {{ echo "{mismatch}" >"$(dirname "$0")/../setup.log"; exit 1; }}'
    script(checkout / ".venv/bin/python", refuse)
    done = run(checkout, "qaad", "--version")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-2:] == [
        "qaad: error: the packages are not those that bin/locks knows",
        "hint: if your package index has its own builds and you trust it: QAAD_UNLOCKED=1",
    ]


def test_everything_that_is_installed_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    lines = [
        *project["dependencies"],
        *(line for name in ("formats", "pictures", "remote", "dev") for line in extras[name]),
    ]
    wanted = {re.split(r"[<>=~! \[]", line)[0].lower() for line in lines} - {"qaadcodec"}
    pins = re.findall(r"^([\w.-]+)==[\w.+!]+$", (ROOT / "bin/constraints.txt").read_text(), re.MULTILINE)
    assert wanted - {name.lower() for name in pins} == set()
