"""The README against the command: every command and option is there, with the help that it really has.

`QAAD_UPDATE_README=1 bin/test tests/cli/test_readme.py` writes the help into the README anew.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from qaadcodec.cli.main import COMMANDS, qaad
from qaadcodec.config import preset

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
Shell = Callable[..., Any]


def section_of(command: str, text: str) -> str:
    found = re.search(rf"^### qaad {command}\n(.*?)(?=^##|\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"README.md has no section '### qaad {command}'"
    return found.group(1)


def quoted_help(command: str, shell: Shell, folder: Path) -> str:
    printed = shell(f"qaad {command} --help", folder)
    assert printed.code == 0, printed.stderr
    return f"```console\n$ qaad {command} --help\n{printed.stdout}```\n"


@pytest.mark.skipif("QAAD_UPDATE_README" not in os.environ, reason="only on request")
def test_update(shell: Shell, tmp_path: Path) -> None:
    text = README.read_text(encoding="utf-8")
    for command in COMMANDS:
        block = re.compile(rf"```console\n\$ qaad {command} --help\n.*?```\n", re.DOTALL)
        help_text = quoted_help(command, shell, tmp_path)
        text = block.sub(lambda _, new=help_text: new, text, count=1)
    README.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_in_the_readme_is_the_real_one(command: str, shell: Shell, tmp_path: Path) -> None:
    section = section_of(command, README.read_text(encoding="utf-8"))
    assert quoted_help(command, shell, tmp_path) in section, "QAAD_UPDATE_README=1 bin/test tests/cli/test_readme.py"


def test_every_setting_is_in_the_readme_with_its_default() -> None:
    text = README.read_text(encoding="utf-8")
    for group, settings in preset("default").to_dict().items():
        for key, value in settings.items():
            default = "none" if value is None else f"`{json.dumps(value)}`"
            assert f"| `{group}.{key}` | {default} | " in text


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_says_its_default(command: str) -> None:
    with qaad.make_context("qaad", [command, "--help"], resilient_parsing=True) as context:
        found = qaad.get_command(context, command)
    assert found is not None
    assert "Example:\n" in (found.help or ""), "the help shows no example"
    silent = {"--index", "--range", "--name", "--all", "--csv", "--fail-above"}  # nothing happens without them
    silent |= {"--target-size", "--target-ratio", "--target-error"}
    for option in found.params:
        if isinstance(option, click.Option) and not option.required and not silent & set(option.opts):
            assert "[default: " in (option.help or ""), f"{option.opts[-1]} does not say its default"


@pytest.mark.parametrize("command", COMMANDS)
def test_the_defaults_in_the_help_are_the_real_ones(command: str) -> None:
    with qaad.make_context("qaad", [command, "--help"], resilient_parsing=True) as context:
        found = qaad.get_command(context, command)
        assert found is not None
        for option in found.params:
            if not isinstance(option, click.Option) or option.is_flag or option.multiple:
                continue
            default = option.get_default(context)
            if isinstance(default, str | int) and option.callback is None:
                assert f"[default: {default}]" in (option.help or ""), option.opts


def test_the_metrics_in_the_help_are_the_real_ones() -> None:
    from qaadcodec.metrics.names import METRICS

    with qaad.make_context("qaad", ["eval", "--help"], resilient_parsing=True) as context:
        found = qaad.get_command(context, "eval")
    assert found is not None
    [option] = [o for o in found.params if o.name == "metrics"]
    assert isinstance(option, click.Option)
    assert f"of {', '.join(METRICS)}." in (option.help or "")


def test_the_exit_codes_in_the_readme_are_the_real_ones() -> None:
    from qaadcodec import errors

    documented = set(map(int, re.findall(r"^\| (\d+) \|", README.read_text(encoding="utf-8"), re.MULTILINE)))
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.QaadError)]
    assert documented == {0} | {kind.exit_code for kind in kinds}


def test_links_of_the_readme_lead_somewhere() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README.read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_python_of_the_readme_runs(place: Path, shell: Shell) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert blocks
    (place / "set").rename(place / "scans")
    (place / "readme.py").write_text("\n".join(blocks), encoding="utf-8")
    outcome = shell("python -W error -P readme.py", place)
    assert (outcome.code, outcome.stderr) == (0, "")
