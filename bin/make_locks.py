"""Writes bin/locks/: what bin/qaad, bin/test and bin/bench install, with the hash of every file that may be downloaded.

    pip install uv && python bin/make_locks.py        # after a change of pyproject.toml or bin/constraints.txt

uv finds what is needed on every system, and the hashes that PyPI has; bin/constraints.txt says which versions. A file
has what those before it lack: run.txt what qaad needs with all formats, pictures and URLs, dev.txt its tests, bench.txt
its benchmarks. cuda.txt has the libraries that PyTorch needs for GPUs of NVIDIA; its build for CPUs, which cpu.txt
names, does without, and is taken where pip finds it.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOCKS = ROOT / "bin" / "locks"
EXTRAS = {"run": ["formats", "pictures", "remote"], "dev": ["dev"], "bench": ["bench"]}
OLDEST_PYTHON = "3.11"
CUDA = re.compile(r"(nvidia|cuda|triton)\b")
# Builds for CPUs, of which PyTorch has an index of its own: https://download.pytorch.org/whl/cpu
FOR_CPUS = {
    # CPython 3.11, Linux, x86-64
    "torch==2.13.0+cpu": "6746dbcbeb526eb61330b76b41ff1b4eb848951103a892eeb080dfa2b264667b",
}


def made_from() -> str:
    """A digest of what the locks are made from: the requirements of the project, and the pins."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [project["build-system"]["requires"], project["project"]["dependencies"]]
    wanted.append(sorted(project["project"]["optional-dependencies"].items()))
    pins = (ROOT / "bin" / "constraints.txt").read_text(encoding="utf-8")
    return hashlib.sha256(f"{wanted}{pins}".encode()).hexdigest()


def resolved(extras: list[str]) -> dict[str, str]:
    """Each package that the extras need on some system, with its line and its hashes."""
    command = ["uv", "pip", "compile", "pyproject.toml", "--universal", "--generate-hashes", "--no-header", "--quiet"]
    command += ["--no-annotate", "--python-version", OLDEST_PYTHON, "--constraints", "bin/constraints.txt"]
    command += [f"--extra={extra}" for extra in extras]
    text = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return {re.split(r"[=\[ ]", block)[0]: block for block in re.split(r"\n(?=[a-z0-9])", text.strip())}


def main() -> None:
    """Write all locks anew."""
    LOCKS.mkdir(exist_ok=True)
    seen: dict[str, str] = {}
    cuda: dict[str, str] = {}
    for lock, extras in EXTRAS.items():
        found = {name: block for name, block in resolved(extras).items() if name not in seen}
        seen |= found
        cuda |= {name: block for name, block in found.items() if CUDA.match(name)}
        write(lock, {name: block for name, block in found.items() if name not in cuda})
    write("cuda", cuda)
    write("cpu", {build: f"{build} \\\n    --hash=sha256:{digest}" for build, digest in FOR_CPUS.items()})


def write(lock: str, packages: dict[str, str]) -> None:
    """Write one lock."""
    lines = [f"# Made by bin/make_locks.py from {made_from()}", *packages.values()]
    (LOCKS / f"{lock}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
