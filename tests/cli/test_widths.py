"""What people see on terminals of 40, 60, 80 and 120 columns, against captures by tmux that are kept.

`QAAD_UPDATE_DOCUMENTS=1 bin/test tests/cli/test_widths.py` takes them anew.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import time
import uuid
from pathlib import Path

import pytest
from fixtures.documents import ROOT, UPDATE

CAPTURES = Path(__file__).parent / "captures"
PATIENCE = 60.0  # seconds; the machine may be busy
LINES = 60
CORNERS = "0 0 0\n1 0 0\n0 1 0\n0 0 1\n"
MOVED = "0.5 0 0\n1.5 0 0\n0.5 1 0\n0.5 0 1\n"
COMMANDS = {
    "inspect": "qaad inspect poses.qaad",
    "list": "qaad list poses.qaad",
    "verify": "qaad verify poses.qaad",
    "eval": "qaad eval moved.xyz corners.xyz",
}

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux")


def captured(command: str, columns: int, folder: Path, variables: dict[str, str]) -> str:
    """What a terminal of so many columns shows once a command is done, without empty lines at the end."""
    kept = {name: value for name, value in variables.items() if name not in ("COLUMNS", "TMUX")}
    tmux = ["tmux", "-f", os.devnull, "-L", f"qaad-{uuid.uuid4().hex}"]
    script = f"{command}; touch done; exec sleep {PATIENCE:.0f}"
    size = ["-x", str(columns), "-y", str(LINES)]
    start = [*tmux, "new-session", "-d", *size, f"exec bash -c {shlex.quote(script)}"]
    subprocess.run(start, cwd=folder, env=kept, check=True)
    try:
        end = time.monotonic() + PATIENCE
        while not (folder / "done").exists():
            assert time.monotonic() < end, "the command does not end"
            time.sleep(0.02)
        shown = subprocess.run([*tmux, "capture-pane", "-p"], check=True, capture_output=True, text=True).stdout
    finally:
        subprocess.run([*tmux, "kill-server"], check=False)
    return "\n".join(line.rstrip() for line in shown.rstrip().splitlines()) + "\n"


@pytest.mark.parametrize(
    ("name", "columns"),
    [(name, columns) for name in ("inspect", "eval") for columns in (40, 60, 80, 120)] + [("list", 40), ("verify", 40)],
)
def test_results_on_a_terminal(name: str, columns: int, tmp_path: Path, standby: dict[str, str]) -> None:
    shutil.copy(ROOT / "formats" / "vectors" / "poses.qaad", tmp_path)
    (tmp_path / "corners.xyz").write_text(CORNERS)
    (tmp_path / "moved.xyz").write_text(MOVED)
    shown = captured(COMMANDS[name], columns, tmp_path, standby)
    path = CAPTURES / f"{name}-{columns}.txt"
    if UPDATE in os.environ:
        path.parent.mkdir(exist_ok=True)
        path.write_text(shown, encoding="utf-8")
    assert shown == path.read_text(encoding="utf-8"), f"{path.name} is out of date, or the table is wrong"
