"""The document of the log against the code: every kind of line is there, with the keys that it really has."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import get_args

from qaadcodec.progress import Event, Finished, Planned
from qaadcodec.report.progress.event_log import kind_of

TEXT = (Path(__file__).parents[2] / "formats" / "log.md").read_text(encoding="utf-8")


def test_every_kind_and_every_key_is_there() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", TEXT, re.MULTILINE))
    events = [event for event in get_args(Event) if event not in (Planned, Finished)]
    kinds = {kind_of(event): {field.name for field in dataclasses.fields(event)} for event in events}
    assert set(rows) == {*kinds, "plan", "summary", "start", "error", "end"}
    for kind, keys in kinds.items():
        assert keys <= set(re.findall(r"`(\w+)`", rows[kind])), kind
