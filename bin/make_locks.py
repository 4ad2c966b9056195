"""Writes bin/locks/: what bin/qaad, bin/test and bin/bench install, with the hash of every file that may be downloaded.

    pip install uv && python bin/make_locks.py        # after a change of pyproject.toml or bin/constraints.txt

uv finds what is needed on every system, and the hashes that PyPI has; bin/constraints.txt says which versions. A file
has what those before it lack: run.txt what qaad needs with all formats, pictures and URLs, dev.txt its tests, bench.txt
its benchmarks. cuda.txt has the libraries that PyTorch needs for GPUs of NVIDIA; its build for CPUs, which cpu.txt
names, does without, and is taken where pip finds it.

lowest.txt has, for bin/test --lowest, the lowest versions of what pyproject.toml names, and what these need with Python
3.11. PyTorch is in lowest-torch.txt, for Linux on x86-64 as a build for CPUs: PyPI's brings gigabytes for GPUs.
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
LOWEST_FOR_CPUS = {
    "torch==2.6.0+cpu": "5b6ae523bfb67088a17ca7734d131548a2e60346c622621e4248ed09dd0790cc",
}
FOR_GPUS = "sys_platform == 'linux' and platform_machine == 'x86_64'"  # what PyPI's build of that PyTorch is for
NOT_FOR_GPUS = "sys_platform != 'linux' or platform_machine != 'x86_64'"


def made_from() -> str:
    """A digest of what the locks are made from: the requirements of the project, and the pins."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [project["build-system"]["requires"], project["project"]["dependencies"]]
    wanted.append(sorted(project["project"]["optional-dependencies"].items()))
    pins = (ROOT / "bin" / "constraints.txt").read_text(encoding="utf-8")
    return hashlib.sha256(f"{wanted}{pins}".encode()).hexdigest()


def resolved(extras: list[str], *options: str, more: str = "") -> dict[str, str]:
    """Each package that the extras, and `more` of them, need on some system, with its line and its hashes."""
    command = ["uv", "pip", "compile", "pyproject.toml", "-", "--universal", f"--python-version={OLDEST_PYTHON}"]
    command += ["--generate-hashes", "--no-header", "--no-annotate", "--quiet", *options]
    command += [f"--extra={extra}" for extra in extras]
    text = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, input=more).stdout
    found: dict[str, str] = {}
    for block in re.split(r"\n(?=[a-z0-9])", text.strip()):
        found.setdefault(re.split(r"[=\[ ]", block)[0], block)  # the first is for the oldest Python
    return found


def lowest() -> tuple[dict[str, str], dict[str, str]]:
    """The lowest versions beside the PyTorch that is pinned; and the lowest PyTorch, with what it needs otherwise."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    pins = (ROOT / "bin" / "constraints.txt").read_text(encoding="utf-8")
    build = "\n".join(project["build-system"]["requires"])
    pinned = next(line for line in pins.splitlines() if line.startswith("torch=="))
    options = ["--resolution=lowest-direct", "--fork-strategy=fewest"]
    extras = [*EXTRAS["run"], *EXTRAS["dev"]]
    found = resolved(extras, *options, more=f"{build}\n{pinned}")
    other = resolved(extras, *options, more=build)
    found.pop("torch")
    version, hashes = other.pop("torch").split(" \\\n", 1)
    torch = {"torch": f"{version} ; {NOT_FOR_GPUS} \\\n{hashes}"}
    torch |= {name: f"{name} ; {FOR_GPUS} \\\n    --hash=sha256:{digest}" for name, digest in LOWEST_FOR_CPUS.items()}
    changed = {name: block for name, block in other.items() if block.split()[0] != found.get(name, " ").split(" ")[0]}
    return without_cuda(found), without_cuda(changed) | torch


def without_cuda(packages: dict[str, str]) -> dict[str, str]:
    """All but the libraries for GPUs of NVIDIA."""
    return {name: block for name, block in packages.items() if not CUDA.match(name)}


def main() -> None:
    """Write all locks anew."""
    LOCKS.mkdir(exist_ok=True)
    seen: dict[str, str] = {}
    cuda: dict[str, str] = {}
    for lock, extras in EXTRAS.items():
        resolution = resolved(extras, "--constraints=bin/constraints.txt")
        found = {name: block for name, block in resolution.items() if name not in seen}
        seen |= found
        cuda |= {name: block for name, block in found.items() if CUDA.match(name)}
        write(lock, without_cuda(found))
    write("cuda", cuda)
    write("cpu", {build: f"{build} \\\n    --hash=sha256:{digest}" for build, digest in FOR_CPUS.items()})
    all_but_torch, torch = lowest()
    write("lowest", all_but_torch)
    write("lowest-torch", torch)


def write(lock: str, packages: dict[str, str]) -> None:
    """Write one lock."""
    lines = [f"# Made by bin/make_locks.py from {made_from()}", *packages.values()]
    (LOCKS / f"{lock}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
