"""A real bash, zsh and fish: the script is sourced, and the tabulator completes a command, an option and a value."""

from __future__ import annotations

import os
import re
import select
import shutil
import subprocess
import time
from pathlib import Path

import pytest

pty = pytest.importorskip("pty", reason="needs pseudo-terminals")

TYPED = [
    ("qaad compre", "qaad compress"),
    ("qaad compress --prese", "qaad compress --preset"),
    ("qaad eval --metrics haus", "qaad eval --metrics hausdorff"),
]
SHELLS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], "source <(qaad completion bash)"),
    "zsh": (["zsh", "-f", "-i"], "bindkey -e; autoload -U compinit; compinit -u -D; source <(qaad completion zsh)"),
}
PATIENCE = 60.0  # seconds; the machine may be busy
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\x1b\][^\x07]*\x07|[\x07\x0f]")


class Shell:
    """A shell on a terminal of its own."""

    def __init__(self, command: list[str], folder: Path, variables: dict[str, str]) -> None:
        self._master, slave = pty.openpty()
        self._process = subprocess.Popen(
            command, cwd=folder, env=variables, stdin=slave, stdout=slave, stderr=slave, start_new_session=True
        )
        os.close(slave)
        self._shown = ""

    def type(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def until(self, text: str) -> None:
        """Wait until a text is shown."""
        end = time.monotonic() + PATIENCE
        while text not in (shown := CONTROL.sub("", self._shown)):
            ready, _, _ = select.select([self._master], [], [], max(0.0, end - time.monotonic()))
            assert ready, f"{text!r} never came: {shown!r}"
            self._shown += os.read(self._master, 65536).decode(errors="replace")
        self._shown = shown.partition(text)[2]

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._master)


@pytest.mark.parametrize("name", SHELLS)
def test_the_tabulator_completes(name: str, place: Path, standby: dict[str, str]) -> None:
    command, prepare = SHELLS[name]
    if shutil.which(name) is None:
        pytest.skip(f"needs {name}")
    shell = Shell(command, place, {**standby, "TERM": "xterm", "PS1": "> ", "COLUMNS": "200"})
    try:
        shell.type(f"{prepare}; echo rea''dy\n")
        shell.until("ready")
        for line, completed in TYPED:
            # The tabulator makes the line whole; then printf is put in front of it, and prints it.
            shell.type(f"{line}\t\x01printf '[%s]\\n' \"\x05\"\n")
            shell.until(f"[{completed}")
    finally:
        shell.close()


@pytest.mark.skipif(shutil.which("fish") is None, reason="needs fish")
@pytest.mark.parametrize(("line", "completed"), TYPED)
def test_fish_completes(line: str, completed: str, place: Path, standby: dict[str, str]) -> None:
    script = f"qaad completion fish | source; complete -C '{line}'"
    outcome = subprocess.run(
        ["fish", "--no-config", "-c", script], cwd=place, env=standby, capture_output=True, text=True
    )
    assert (outcome.returncode, outcome.stderr) == (0, "")
    words = {shown.split("\t")[0] for shown in outcome.stdout.splitlines()}
    assert completed.split()[-1] in words
