"""The first look at a set: what is said of the arrays that were taken, and of what is not kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from qaadcodec.clouds import Inputs, find_clouds
from qaadcodec.progress import Event, Notice, Run
from qaadcodec.sets.survey import survey, tell


def notes(inputs: Inputs) -> list[str]:
    heard: list[Event] = []
    run = Run(listener=heard.append)
    found = survey(find_clouds(inputs), run, skip_bad=False)
    tell(found, min(found.counts), None, run)
    return [event.text for event in heard if isinstance(event, Notice)]


def test_what_was_taken_is_told_once_for_all_files(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for i in range(5):
        np.savez(tmp_path / f"{i}.npz", points=rng.normal(size=(9, 3)), normals=rng.normal(size=(9, 3)))
    np.savez(tmp_path / "plain.npz", rng.normal(size=(9, 3)))
    assert notes([tmp_path]) == [
        "taken as clouds: points (5 clouds)",
        "not kept: normals (5 clouds); a .qaad holds positions only",
    ]


def test_of_many_names_the_first_are_told(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "a.npz", **{f"run{i:02d}": rng.normal(size=(100, 3, 2 + i)) for i in range(20)})
    (note,) = notes([tmp_path / "a.npz"])
    assert note.startswith("taken as clouds: run00 as (M, 3, N) (2 clouds), run01 as (M, 3, N) (3 clouds), ")
    assert note.endswith("run11 as (M, 3, N) (13 clouds) and 8 more")
