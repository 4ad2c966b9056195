"""Runs the scripts in scripts/: command lines with the stdout, stderr and exit code that they must have.

A script is read line by line:

    # a comment
    $ a command line, run by bash in a folder with set/ (four clouds) and tiny.qaad (their archive)
    a line of its stdout
    ! a line of its stderr
    ? its exit code, if that is not 0

What a command prints must be there, line for line; `[..]` stands for any text within a line, and a line that is `[...]`
for any number of lines.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

SCRIPTS = sorted((Path(__file__).parent / "scripts").glob("*.txt"))


@dataclass
class Step:
    line: int
    command: str
    stdout: list[str] = field(default_factory=list)
    stderr: list[str] = field(default_factory=list)
    code: int = 0


def steps(script: str) -> Iterator[Step]:
    step: Step | None = None
    for number, line in enumerate(script.splitlines(), start=1):
        if line.startswith("#") or (step is None and not line.strip()):
            continue
        if line.startswith("$ "):
            if step:
                yield step
            step = Step(number, line[2:])
            continue
        assert step, f"line {number}: {line!r} belongs to no command"
        if line.startswith("? "):
            step.code = int(line[2:])
        elif line == "!" or line.startswith("! "):
            step.stderr.append(line[2:])
        else:
            step.stdout.append(line)
    if step:
        yield step


def matches(expected: list[str], printed: str) -> bool:
    """Whether the text consists of the expected lines; blank lines at the end of what is expected do not count."""
    lines = list(expected)
    while lines and not lines[-1]:
        lines.pop()
    pattern = "".join(
        r"(?:.*\n)*?" if line == "[...]" else re.escape(line).replace(r"\[\.\.\]", ".*") + r"\n" for line in lines
    )
    return re.fullmatch(pattern, printed) is not None


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_script(script: Path, place: Path, shell: Callable[..., Any]) -> None:
    for step in steps(script.read_text(encoding="utf-8")):
        outcome = shell(step.command, place)
        wrong = []
        if outcome.code != step.code:
            wrong.append(f"its exit code should be {step.code}, and is {outcome.code}")
        for stream, expected, printed in (
            ("stdout", step.stdout, outcome.stdout),
            ("stderr", step.stderr, outcome.stderr),
        ):
            if not matches(expected, printed):
                wrong.append("\n".join([f"its {stream} should be", *expected]))
        if wrong:
            printed = f"it printed\n{outcome.stdout}and on stderr\n{outcome.stderr}"
            pytest.fail("\n".join([f"{script.name}:{step.line}: $ {step.command}", *wrong, printed]), pytrace=False)


@pytest.mark.parametrize(
    ("expected", "printed", "same"),
    [
        (["a", "b"], "a\nb\n", True),
        (["a", "b"], "a\n", False),
        ([], "a\n", False),
        (["a [..] c"], "a b c\n", True),
        (["a [..] c"], "a b d\n", False),
        (["a", "[...]", "z"], "a\nz\n", True),
        (["a", "[...]", "z"], "a\nb\nc\nz\n", True),
        (["a", "[...]"], "b\n", False),
        (["a.c"], "abc\n", False),
        (["a"], "a", False),
    ],
)
def test_the_runner_itself_tells_right_from_wrong(expected: list[str], printed: str, same: bool) -> None:
    assert matches(expected, printed) is same
