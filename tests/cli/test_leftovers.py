"""What commands leave among the temporary files: nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

Shell = Callable[..., Any]


def test_no_temporary_file_is_left(place: Path, shell: Shell) -> None:
    (temporary := place / "temporary").mkdir()
    for command in (
        "qaad compress set/ -o a.qaad --points 64 --epochs 1 --patches 2 --device cpu -q",
        "qaad encode a.qaad set/00000.ply -o b.qaad --device cpu -q",
        "qaad decode b.qaad -a -o out/ -q",
        "qaad decode b.qaad -a -o out.h5 -q",
        "qaad eval b.qaad out.h5 --metrics em_kd -q",
    ):
        outcome = shell(command, place, TMPDIR=str(temporary))
        assert (outcome.code, outcome.stderr) == (0, ""), command
        assert list(temporary.iterdir()) == [], command
    assert not [path for path in place.rglob("*") if path.name.startswith(".qaad-")]
