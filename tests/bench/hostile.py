"""What files from strangers cost: processor time, memory and what is said of each, by the real command.

    bin/bench hostile                                          # damaged archives, and clouds that claim much
    bin/bench hostile --json tests/bench/results/hostile.json  # and the numbers, with the hardware named
    bin/bench hostile FOLDER...                                # every file in the folders instead

An archive is inspected, verified and decoded; any other file is evaluated against itself, and compressed. Memory is the
most that one process had resident, beside that of a bare `qaad --version`. Commands may take 4 GiB of addresses, and
are ended after a minute.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import resource
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]
VECTORS = ROOT / "formats" / "vectors"
CRASH = ROOT / "tests" / "hostile" / "files" / "crash.h5"
ADDRESSES = 4 << 30
PATIENCE = 60  # seconds
OF_ARCHIVES = ("inspect {0}", "verify --decode {0}", "decode {0} --all -o {1}/out/")
OF_CLOUDS = ("eval {0} {0}", "compress {0} -o {1}/out.qaad --device cpu")


class Cost(NamedTuple):
    """Of one command: seconds of processor time, resident MB, its exit code, and the first line that it said."""

    seconds: float
    megabytes: float
    code: int
    said: str


def main() -> None:
    """Run every command on every file, print a line for each, and write the numbers if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="*")
    parser.add_argument("--json", type=Path, help="also write the numbers to this file")
    arguments = parser.parse_args()
    bare = measured(["--version"])
    print(f"bare start: {bare.seconds:.2f} s, {bare.megabytes:.0f} MB")
    with tempfile.TemporaryDirectory() as made:
        folders = arguments.folders or [make(Path(made))]
        paths = sorted(path for folder in folders for path in folder.iterdir() if path.is_file())
        rows = [row for path in paths for row in costs(path, bare)]
    if arguments.json:
        from bench_tools import write_record  # only now: a command's memory begins with that of the process it is from

        write_record(arguments.json, bare=bare._asdict(), rows=rows)


def costs(path: Path, bare: Cost) -> Iterator[dict[str, Any]]:
    """What each command costs on a file."""
    for line in OF_ARCHIVES if path.suffix == ".qaad" else OF_CLOUDS:
        with tempfile.TemporaryDirectory() as folder:
            cost = measured([word.format(path, folder) for word in line.split()])
        said = cost.said.replace(f"{path}", path.name).removeprefix("qaad: error: ")
        row: dict[str, Any] = {"file": path.name, "bytes": path.stat().st_size, "command": line.split()[0]}
        row |= {"seconds": round(cost.seconds, 2), "megabytes": round(cost.megabytes - bare.megabytes), "said": said}
        print(
            f"{row['file']:26} {row['bytes']:>7} {row['command']:9} {row['seconds']:6.2f} s {row['megabytes']:5.0f} MB"
            f" {cost.code:>4}  {said}",
            flush=True,
        )
        yield row | {"code": cost.code}


def make(folder: Path) -> Path:
    """A folder with every damaged archive of `formats/vectors`, and with clouds that claim more than they hold."""
    for vector in json.loads((VECTORS / "vectors.json").read_text(encoding="utf-8")):
        if not vector["valid"]:
            shutil.copyfile(VECTORS / vector["file"], folder / vector["file"])
    shutil.copyfile(CRASH, folder / "crashes-libhdf5.h5")
    clouds = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000, 1, 3), }"
    (folder / "many-clouds.npy").write_bytes(npy(clouds))
    (folder / "many-clouds.npz").write_bytes(package("a.npy", npy(clouds), zipfile.ZIP_DEFLATED))
    (folder / "long-header.npy").write_bytes(b"\x93NUMPY\x02\x00" + struct.pack("<I", 1 << 31) + bytes(100))
    (folder / "four-numbers.npy").write_bytes(
        npy(b"{'descr': ('<f8', (4,)), 'fortran_order': False, 'shape': (3, 3), }")
    )
    (folder / "lzma.npz").write_bytes(package("a.npy", bytes(4 << 20), zipfile.ZIP_LZMA))
    mesh = "".join(f'<vertex x="{i}" y="0" z="0"/>' for i in range(2000))
    shown = '<item objectid="1"/>' * 9000
    text = f'<model><resources><object id="1"><mesh><vertices>{mesh}</vertices><triangles/></mesh></object></resources>'
    model = package("3D/3dmodel.model", f"{text}<build>{shown}</build></model>".encode(), zipfile.ZIP_DEFLATED)
    (folder / "shown-often.3mf").write_bytes(model)
    head = b"ply\nformat binary_little_endian 1.0\nelement vertex 4000000000\n"
    properties = b"".join(b"property float %c\n" % axis for axis in b"xyz")
    (folder / "many-points.ply").write_bytes(head + properties + b"end_header\n" + bytes(36))
    return folder


def npy(header: bytes) -> bytes:
    """An NPY file of this header, and of nothing else."""
    padded = header + b" " * (-(len(header) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(padded)) + padded


def package(name: str, data: bytes, method: int) -> bytes:
    """A zip file of one member."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as members:
        members.writestr(name, data)
    return stream.getvalue()


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
