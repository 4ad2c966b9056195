"""Another kind of shape is found among bodies and skulls, and nothing is said of sets that only vary."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from qaadcodec.clouds import find_clouds
from qaadcodec.progress import Run
from qaadcodec.sets.looks.finding import Finding
from qaadcodec.sets.looks.groups import LEADERS, groups
from qaadcodec.sets.looks.look import look
from qaadcodec.sets.sketches import Sketches
from qaadcodec.sets.survey import survey
from qaadcodec.synth.make import make_cloud


def made(shape: str, count: int, start: int = 0, seed: int = 0) -> list[np.ndarray]:
    return [make_cloud(shape, start + i, 800, seed) for i in range(count)]


def findings(clouds: Sequence[np.ndarray], run: Run | None = None) -> list[Finding]:
    run = run or Run()
    found = survey(find_clouds(list(clouds)), run, skip_bad=False)
    return look(found, None, Sketches(found, run), run)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("shape", ["skulls", "bodies"])
def test_procedural_sets_give_no_finding(shape: str, seed: int) -> None:
    assert findings(made(shape, 24, seed=seed)) == []


def test_bodies_in_many_motions_give_no_finding() -> None:
    """Eight motions, three frames of each."""
    assert findings([cloud for start in range(0, 128, 16) for cloud in made("bodies", 3, start)]) == []


def test_a_body_among_skulls() -> None:
    (finding,) = findings([*made("skulls", 8), *made("bodies", 1), *made("skulls", 3, 8)])
    assert finding.kind == "shapes"  # and nothing of its size, which is 5 times that of a skull
    assert finding.text == "1 of 12 clouds seems to be of another kind of shape than the others: array 8"
    assert finding.hint == "compress each kind by itself; a network learns one well"
    ((path, times),) = finding.clouds
    assert path == "array 8"
    assert times > 5


def test_several_bodies_among_skulls() -> None:
    finding = findings([*made("skulls", 12), *made("bodies", 4)])[-1]
    assert finding.kind == "shapes"
    assert sorted(path for path, _ in finding.clouds) == ["array 12", "array 13", "array 14", "array 15"]


def test_without_time_nothing_is_said() -> None:
    over = replace(Run(), deadline=time.monotonic() - 1)
    assert [f.kind for f in findings([*made("skulls", 8), *made("bodies", 1)], over) if f.kind == "shapes"] == []


def test_groups_by_gaps() -> None:
    line = np.concatenate([np.arange(0, 1, 0.03), np.arange(3, 3.2, 0.03), [9.0]])[:, None].astype(np.float32)
    assert [group.tolist() for group in groups(line)] == [[*range(34)], [*range(34, 41)], [41]]


def test_groups_of_more_clouds_than_are_linked() -> None:
    many = np.concatenate([np.linspace(0, 30, 4 * LEADERS), np.linspace(35, 35.1, 5)])[:, None].astype(np.float32)
    found = groups(many)
    assert [len(group) for group in found] == [4 * LEADERS, 5]
    assert found[1].tolist() == [*range(4 * LEADERS, 4 * LEADERS + 5)]


def test_equal_shapes_are_one_group() -> None:
    assert [group.tolist() for group in groups(np.zeros((5, 3), np.float32))] == [[0, 1, 2, 3, 4]]
