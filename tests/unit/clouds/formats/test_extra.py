"""Libraries that are imported when a file is met leave nothing behind with each file."""

from __future__ import annotations

import logging

import pytest

from qaadcodec.clouds.formats.extra import library


def test_a_thousand_files_do_not_add_a_thousand_handlers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each was compared with all before it: the time of many files grew with the square of their number."""
    logger = logging.getLogger("json")
    monkeypatch.setattr(logger, "handlers", [])
    for _ in range(3):
        library("json", "a.las")
    assert [type(handler) for handler in logger.handlers] == [logging.NullHandler]
