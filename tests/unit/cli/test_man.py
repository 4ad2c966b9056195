"""Manual pages: every command has one, and man(1) reads it without complaint."""

from __future__ import annotations

import errno
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from qaadcodec.cli.main import COMMANDS, qaad, run
from qaadcodec.cli.man import escaped, pages_of

PAGES = pages_of(click.Context(qaad, info_name="qaad", **qaad.context_settings))


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


def test_pages_are_written_all_or_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "qaad-verify.1").write_text("mine")
    assert run(["man", "-o", str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith(f"qaad: error: {tmp_path / 'qaad-verify.1'} exists already\n")
    assert [path.name for path in tmp_path.iterdir()] == ["qaad-verify.1"]
    assert run(["man", "-o", str(tmp_path), "-f"]) == 0
    assert {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()} == {
        f"{title}.1": page for title, page in PAGES.items()
    }


def test_a_folder_that_had_to_be_made_is_gone_if_it_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qaadcodec.codec.folder_output.give_name", full)
    assert run(["man", "-o", str(tmp_path / "a" / "b")]) == 1
    assert list(tmp_path.iterdir()) == []


def full(file: Path, name: Path) -> None:
    raise OSError(errno.ENOSPC, "no space left on device")


def test_text_is_taken_literally() -> None:
    assert escaped(".fi -x a\\b") == "\\&.fi \\-x a\\eb"
    assert escaped("a…") == "a\\[u2026]"
    assert escaped("'a") == "\\&'a"
