"""What files from strangers cost: processor time, memory and what is said of each, by the real command.

    bin/bench hostile FOLDER...       # every file in the folders
    bin/bench hostile FOLDER --markdown

An archive is inspected, verified and decoded; any other file is evaluated against itself, and compressed. Memory is the
most that one process had resident, beside that of a bare `qaad --version`. Commands may take 4 GiB of addresses, and
are ended after a minute.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ADDRESSES = 4 << 30
PATIENCE = 60  # seconds
OF_ARCHIVES = ("inspect {0}", "verify --decode {0}", "decode {0} --all -o {1}/out/")
OF_CLOUDS = ("eval {0} {0}", "compress {0} -o {1}/out.qaad --device cpu")
PLAIN = "{:26} {:>7} {:9} {:6.2f} s {:5.0f} MB {:>4}  {}"


class Cost(NamedTuple):
    """Of one command: seconds of processor time, resident MB, its exit code, and the first line that it said."""

    seconds: float
    megabytes: float
    code: int
    said: str


def main() -> None:
    """Run every command on every file and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--markdown", action="store_true", help="print the table as tests/bench/FAULTS.md has it")
    arguments = parser.parse_args()
    bare = measured(["--version"])
    print(f"bare start: {bare.seconds:.2f} s, {bare.megabytes:.0f} MB")
    row = "| {} | {} | {} | {:.2f} | {:.0f} | {} | {} |" if arguments.markdown else PLAIN
    for path in sorted(path for folder in arguments.folders for path in folder.iterdir() if path.is_file()):
        for line in OF_ARCHIVES if path.suffix == ".qaad" else OF_CLOUDS:
            with tempfile.TemporaryDirectory() as folder:
                cost = measured([word.format(path, folder) for word in line.split()])
            said = cost.said.replace(f"{path}", path.name).removeprefix("qaad: error: ")
            above = cost.megabytes - bare.megabytes
            verb = line.split()[0]
            print(row.format(path.name, path.stat().st_size, verb, cost.seconds, above, cost.code, said), flush=True)


def measured(arguments: list[str]) -> Cost:
    """What a command costs."""
    command = [sys.executable, "-P", "-m", "qaadcodec", *arguments]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            ["timeout", str(PATIENCE), *command], stdout=subprocess.DEVNULL, stderr=said, preexec_fn=limit
        )
        _, status, usage = os.wait4(process.pid, 0)
        said.seek(0)
        lines = said.read().decode(errors="replace").splitlines()
    first = next((line for line in lines if "error" in line), lines[0] if lines else "")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, os.waitstatus_to_exitcode(status), first)


def limit() -> None:
    """Let a command take so many addresses."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))


if __name__ == "__main__":
    main()
