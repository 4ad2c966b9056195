"""What is said where Pillow or matplotlib is not installed."""

from __future__ import annotations

import sys

import pytest

from qaadcodec.errors import EnvironmentFailure
from qaadcodec.pictures.libraries import font_file


def test_what_is_missing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(EnvironmentFailure, match="pictures need Pillow and matplotlib: import of matplotlib") as failed:
        font_file()
    assert failed.value.hint == "pip install 'qaadcodec[pictures]'"
    assert failed.value.exit_code == 1


def test_there_is_a_font() -> None:
    assert font_file().is_file()
    assert font_file(bold=True).is_file()
