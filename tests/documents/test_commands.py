"""The command reference against the command: every command and option is there, with the help that it really has."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from qaadcodec.cli.main import COMMANDS, qaad
from qaadcodec.metrics.names import METRICS

ROOT = Path(__file__).parents[2]
REFERENCE = "qaadcodec/cli/README.md"
Shell = Callable[..., Any]


def command_of(name: str) -> tuple[click.Context, click.Command]:
    context = qaad.make_context("qaad", [name, "--help"], resilient_parsing=True)
    command = qaad.get_command(context, name)
    assert command is not None
    return context, command


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_is_the_real_one(
    command: str, shell: Shell, tmp_path: Path, document_part: Callable[[str, str, str, str], None]
) -> None:
    printed = shell(f"qaad {command} --help", tmp_path)
    assert (printed.code, printed.stderr) == (0, "")
    document_part(REFERENCE, f"```console\n$ qaad {command} --help\n", "```\n", printed.stdout)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_says_its_default(command: str) -> None:
    _, found = command_of(command)
    assert "Example:\n" in (found.help or ""), "the help shows no example"
    silent = {"--index", "--range", "--name", "--all", "--csv", "--fail-above"}  # nothing happens without them
    silent |= {"--target-size", "--target-ratio", "--target-error"}
    for option in found.params:
        if isinstance(option, click.Option) and not option.required and not silent & set(option.opts):
            assert "[default: " in (option.help or ""), f"{option.opts[-1]} does not say its default"


@pytest.mark.parametrize("command", COMMANDS)
def test_the_defaults_in_the_help_are_the_real_ones(command: str) -> None:
    context, found = command_of(command)
    for option in found.params:
        if not isinstance(option, click.Option) or option.is_flag or option.multiple:
            continue
        default = option.get_default(context)
        if isinstance(default, str | int) and option.callback is None:
            assert f"[default: {default}]" in (option.help or ""), option.opts


def test_the_metrics_are_the_real_ones() -> None:
    text = (ROOT / REFERENCE).read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE) == list(METRICS)
    assert f"index, name, points, {', '.join(METRICS)}" in " ".join(text.split())


def test_the_exit_codes_are_the_real_ones() -> None:
    from qaadcodec import errors

    documented = set(
        map(int, re.findall(r"^\| (\d+) \|", (ROOT / REFERENCE).read_text(encoding="utf-8"), re.MULTILINE))
    )
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.QaadError)]
    assert documented == {0} | {kind.exit_code for kind in kinds}
