"""Adds an archive to this folder: written by a version of qaad, with what that version itself decodes from it.

    python formats/golden/add.py NAME --source CHECKOUT --commit COMMIT --about TEXT [options of compress]

CHECKOUT is a copy of the version's source, whose requirements are installed. It compresses a small set that is the same
for all versions, with a network of few weights, and decodes the first and the last cloud. An archive that is here never
changes: a NAME that exists is refused.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

HERE = Path(__file__).parent
TABLE = HERE / "golden.json"
CLOUDS, POINTS = 12, 256
OPTIONS = [
    "--preset",
    "fast",
    "--epochs",
    "30",
    "--patches",
    "4",
    "--latent-size",
    "4",
    "--seed",
    "1",
    "--device",
    "cpu",
]


def cloud(i: int) -> np.ndarray:
    """An ellipsoid with a bump that wanders from cloud to cloud, (POINTS, 3) float32."""
    rng = np.random.default_rng([7, i])
    sphere = rng.standard_normal((POINTS, 3))
    sphere /= np.linalg.norm(sphere, axis=1, keepdims=True)
    angle = 2 * np.pi * i / CLOUDS
    bump = np.exp(-6 * np.square(sphere - [np.cos(angle), np.sin(angle), 0]).sum(axis=1))
    return (sphere * (1 + 0.4 * bump)[:, None] * [90, 70, 50] + [10, -20, 300]).astype(np.float32)


def qaad(source: Path, folder: Path, *arguments: str) -> None:
    """Run the command of that version."""
    command = [sys.executable, "-m", "qaadcodec", *arguments]
    environment = os.environ | {"PYTHONPATH": str(source.resolve()), "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run(command, cwd=folder, env=environment, check=True)


def main() -> None:
    """Write the archive, what it decodes to, and its line of the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("name")
    parser.add_argument("--source", type=Path, required=True)
    parser.add_argument("--commit", required=True, help="the commit of the source")
    parser.add_argument("--about", required=True, help="what this archive has that others have not")
    given, further = parser.parse_known_args()
    table = json.loads(TABLE.read_text(encoding="utf-8")) if TABLE.exists() else []
    if any(entry["file"] == f"{given.name}.qaad" for entry in table):
        sys.exit(f"add.py: {given.name}.qaad is there already, and must not change")
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "set").mkdir()
        for i in range(CLOUDS):
            np.save(folder / "set" / f"cloud_{i:02d}.npy", cloud(i))
        qaad(given.source, folder, "compress", "set", "-o", "a.qaad", "-q", *OPTIONS, *further)
        for i in (0, CLOUDS - 1):
            qaad(given.source, folder, "decode", "a.qaad", "--index", str(i), "-o", f"{i}.npy", "-q")
        data = (folder / "a.qaad").read_bytes()
        decoded = np.stack([np.load(folder / f"{i}.npy") for i in (0, CLOUDS - 1)])
    (HERE / f"{given.name}.qaad").write_bytes(data)
    np.save(HERE / f"{given.name}.npy", decoded)
    entry = {"file": f"{given.name}.qaad", "commit": given.commit, "about": given.about}
    entry["sha256"] = hashlib.sha256(data).hexdigest()
    lines = ",\n".join(json.dumps(line, ensure_ascii=False) for line in [*table, entry])
    TABLE.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
