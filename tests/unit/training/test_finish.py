"""From what was learnt to what is written: grids where there are none yet, a wanted size, and the error of all that."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fixtures.training import HOST

from qaadcodec.archive import Archive, ArchiveReader, Grids, quantise, write_archive
from qaadcodec.clouds import find_clouds
from qaadcodec.config import CodingConfig, Plan, Request, plan
from qaadcodec.metrics.sampled import sample_error
from qaadcodec.model.numpy_decoder import decode_points
from qaadcodec.progress import Notice, PhaseEnded, PhaseStarted, Run
from qaadcodec.sets.gather import Gathered, gather
from qaadcodec.sets.survey import survey
from qaadcodec.training.finish import UNLEARNT_LOSS, archive_of, final_coding, finish, size_of
from qaadcodec.training.learn import begin
from qaadcodec.training.learner import Learner
from qaadcodec.training.loop import train
from qaadcodec.training.quantise.sensitivity import chosen_grids


@pytest.fixture
def unrounded(tiny: Request) -> Plan:
    """Learnt for a while, and stopped before anything was rounded."""
    made = plan(replace(tiny, epochs=15), 4, 120)
    return replace(made, request="", coding=CodingConfig(learn_from=1.0))


@pytest.fixture
def gathered(scans: Path) -> Iterator[Gathered]:
    with gather(survey(find_clouds([scans]), Run(), skip_bad=False), 120, Run()) as found:
        yield found


@pytest.fixture
def learner(gathered: Gathered, unrounded: Plan) -> Learner:
    made = begin(gathered.store, unrounded, Run(), HOST)
    train(made, gathered, unrounded, Run(), HOST)
    assert made.grids is None
    return made


def written(archive: Archive, coding: CodingConfig | Grids) -> bytes:
    stream = io.BytesIO()
    write_archive(archive, coding, stream)
    return stream.getvalue()


def error_of(archive: Archive, gathered: Gathered) -> float:
    """EM-kD of all its clouds."""
    network, points = archive.header.network, gathered.store.points
    with Run().phase("measuring", len(points), "clouds") as phase:
        return sample_error(
            len(points),
            lambda i: points[i],
            lambda i: decode_points(network, archive.weights, archive.input_cloud, archive.latents[i]),
            gathered.normalisation.scale,
            Run(),
            phase,
        ).em_kd


def test_what_never_was_rounded_is_coded_all_the_same(learner: Learner, gathered: Gathered, unrounded: Plan) -> None:
    """In grids that cost a twentieth of the error, and what is returned is what a reader gets."""
    before = archive_of(learner, gathered, unrounded, seed=0)
    found = finish(learner, gathered, unrounded, Run())
    assert found.plan is unrounded
    assert found.coding is learner.grids
    plain, exact = error_of(found.archive, gathered), error_of(before, gathered)
    assert found.error.em_kd == pytest.approx(plain, rel=1e-6)
    assert exact < plain < (1.0 + 3.0 * UNLEARNT_LOSS) * exact

    data = written(found.archive, found.coding)
    assert len(data) < 0.4 * len(written(before, CodingConfig(weight_bits=16, latent_bits=16, input_bits=16)))
    with ArchiveReader(io.BytesIO(data)) as reader:
        again = reader.archive()
    assert again.header == found.archive.header
    assert again.header.errors == found.error.to_header()
    for name, tensor in again.weights.items():
        np.testing.assert_array_equal(tensor, found.archive.weights[name], err_msg=name)
    np.testing.assert_array_equal(again.input_cloud, found.archive.input_cloud)
    np.testing.assert_array_equal(again.latents, found.archive.latents)


def test_grids_that_were_learnt_with_are_kept(learner: Learner, gathered: Gathered, unrounded: Plan) -> None:
    grids, _ = chosen_grids(learner, 1e-3, 0)
    learner.grids = grids
    found = finish(learner, gathered, unrounded, Run())
    assert found.coding is grids
    stored = quantise(archive_of(learner, gathered, unrounded, seed=0), grids)
    np.testing.assert_array_equal(found.archive.latents, stored.latents)
    np.testing.assert_array_equal(found.archive.input_cloud, stored.input_cloud)


def test_uniform_numbers_have_the_bits_that_were_set(learner: Learner, gathered: Gathered, unrounded: Plan) -> None:
    coding = CodingConfig(numbers="uniform", weight_bits=5)
    assert final_coding(learner, gathered, replace(unrounded, coding=coding), Run()) is coding
    assert learner.grids is None


def test_the_size_is_that_of_the_file(learner: Learner, gathered: Gathered, unrounded: Plan) -> None:
    """Of the same archive: the error, which is measured last, is not in it yet."""
    learner.grids, _ = chosen_grids(learner, 1e-3, 0)
    size = size_of(learner, gathered, unrounded, seed=0)
    assert size == len(written(archive_of(learner, gathered, unrounded, seed=0), learner.grids))
    found = finish(learner, gathered, unrounded, Run())
    assert size < len(written(found.archive, found.coding)) < size + 100


def test_the_header_tells_how_it_was_learnt(learner: Learner, gathered: Gathered, unrounded: Plan) -> None:
    header = finish(learner, gathered, replace(unrounded, request="fast a.b=1"), Run(seed=9)).archive.header
    assert (header.preset, header.seed, header.epochs) == ("fast a.b=1", 9, 15)
    assert (header.clouds, header.points, header.network) == (4, 120, unrounded.network)


def test_the_error_is_told_cloud_by_cloud(learner: Learner, gathered: Gathered, unrounded: Plan, heard: Any) -> None:
    finish(learner, gathered, unrounded, Run(listener=heard))
    started, *progress, ended = heard.events
    assert started == PhaseStarted("measuring", 4, "clouds")
    assert [(event.done, event.fraction) for event in progress] == [(1, 0.25), (2, 0.5), (3, 0.75), (4, 1.0)]
    assert isinstance(ended, PhaseEnded)


@pytest.mark.parametrize("share", [0.8, 1.25])
def test_a_wanted_size_is_come_near_to(
    learner: Learner, gathered: Gathered, unrounded: Plan, heard: Any, share: float
) -> None:
    free = finish(learner, gathered, unrounded, Run())
    before = len(written(free.archive, free.coding))
    aimed = replace(unrounded, target_bytes=round(share * before))
    found = finish(learner, gathered, aimed, Run(listener=heard))
    assert len(written(found.archive, found.coding)) == pytest.approx(share * before, rel=0.1)
    assert (found.error.em_kd > free.error.em_kd) == (share < 1)
    assert heard.notices == []


@pytest.mark.parametrize(("target", "way"), [(100, "fewer"), (10**6, "more")])
def test_a_size_that_cannot_be_met_is_said(
    learner: Learner, gathered: Gathered, unrounded: Plan, heard: Any, target: int, way: str
) -> None:
    found = finish(learner, gathered, replace(unrounded, target_bytes=target), Run(listener=heard))
    size = size_of(learner, gathered, unrounded, seed=0)
    notices = [event for event in heard.events if isinstance(event, Notice)]
    assert notices == [
        Notice(
            f"the archive takes {size} bytes, not {target}: {way} are not possible for these clouds and settings",
            warning=True,
        )
    ]
    assert (size > target) == (way == "fewer")
    with ArchiveReader(io.BytesIO(written(found.archive, found.coding))) as reader:
        assert np.isfinite(reader.archive().latents).all()
