"""What commands leave among the temporary files: nothing. Each runs in a process that imports what it needs itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

Shell = Callable[..., Any]


def test_no_temporary_file_is_left(place: Path, shell: Shell) -> None:
    (temporary := place / "temporary").mkdir()
    (place / "rod.xyz").write_text("".join(f"{i} 0 {i % 2 / 9}\n" for i in range(30)))  # whose picture is small
    for command in (
        "qaad synth bodies -n 1 -m 50 -o bodies/ -q",
        "qaad compress set/ -o a.qaad --points 64 --epochs 1 --patches 2 --device cpu -q --log a.jsonl",
        "qaad encode a.qaad set/00000.ply -o b.qaad --device cpu -q",
        "qaad decode b.qaad -a -o out/ -q",
        "qaad decode b.qaad -a -o out.h5 -q",
        "qaad list b.qaad",
        "qaad verify b.qaad --decode -q",
        "qaad eval b.qaad out.h5 -i 0 --metrics em_kd -q",
        "qaad eval rod.xyz rod.xyz --metrics chamfer --plots plots/ -q",
        "qaad render b.qaad -i 0 --reference out.h5 --width 200 -o sheet.png -q",
        "qaad plot a.jsonl -o curve.png -q",
        "qaad report b.qaad out.h5 -o page.html -q",
    ):
        outcome = shell(command, place, TMPDIR=str(temporary))
        assert (outcome.code, outcome.stderr) == (0, ""), command
        assert list(temporary.iterdir()) == [], command
    assert not [path for path in place.rglob("*") if path.name.startswith(".qaad-")]
