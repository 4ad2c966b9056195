"""Manual pages: every command has one, and man(1) reads it without complaint."""

from __future__ import annotations

import shutil
import subprocess

import click
import pytest

from qaadcodec.cli.main import COMMANDS, qaad
from qaadcodec.cli.man import escaped, pages_of

PAGES = pages_of(click.Context(qaad, info_name="qaad"))


def test_every_command_has_a_page() -> None:
    assert set(PAGES) == {"qaad", *(f"qaad-{name}" for name in COMMANDS)}


@pytest.mark.parametrize("title", sorted(PAGES))
def test_a_page_has_every_option_and_the_exit_codes(title: str) -> None:
    page = PAGES[title]
    command = qaad if title == "qaad" else qaad.get_command(click.Context(qaad), title.removeprefix("qaad-"))
    assert command is not None
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert escaped(parameter.opts[-1]) in page
    assert "\n.SH EXIT STATUS\n0 done, 1 environment" in page
    assert "\b" not in page


@pytest.mark.skipif(shutil.which("groff") is None, reason="needs groff")
@pytest.mark.parametrize("title", sorted(PAGES))
def test_a_page_is_good_roff(title: str) -> None:
    done = subprocess.run(
        ["groff", "-man", "-Tutf8", "-ww", "-z"], input=PAGES[title].encode(), capture_output=True, check=False
    )
    assert (done.returncode, done.stderr.decode()) == (0, "")


def test_text_is_taken_literally() -> None:
    assert escaped(".fi -x a\\b") == "\\&.fi \\-x a\\eb"
    assert escaped("a…") == "a\\[u2026]"
    assert escaped("'a") == "\\&'a"
