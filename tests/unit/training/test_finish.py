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

from qaadcodec.archive import Archive, encode
from qaadcodec.clouds import find_clouds
from qaadcodec.config import CodingConfig, Plan, Request, plan
from qaadcodec.metrics.sampled import sample_error
from qaadcodec.model.numpy_decoder import decode_points
from qaadcodec.progress import Notice, PhaseEnded, PhaseStarted, Run
from qaadcodec.sets.gather import Gathered, gather
from qaadcodec.sets.survey import survey
from qaadcodec.training.finish import UNLEARNT_LOSS, archive_of, encoded_now, finish
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


def on_grid(values: Any, grid: Any) -> Any:
    """The nearest multiples of the spacing of a grid."""
    return np.float32(np.round(np.float64(values) / grid) * grid)


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
    found = finish(learner, gathered.store, gathered, unrounded, Run())
    assert found.plan is unrounded
    assert learner.grids is not None
    decoded = found.encoded.decoded()
    plain, exact = error_of(decoded, gathered), error_of(before, gathered)
    assert found.error.em_kd == pytest.approx(plain, rel=1e-6)
    assert exact < plain < (1.0 + 3.0 * UNLEARNT_LOSS) * exact
    assert decoded.header.errors == found.error.to_header()
    assert len(found.encoded) < 0.4 * len(encode(before, CodingConfig(weight_bits=16, latent_bits=16, input_bits=16)))


def test_grids_that_were_learnt_with_are_kept(learner: Learner, gathered: Gathered, unrounded: Plan) -> None:
    grids, _ = chosen_grids(learner, 1e-3, 0)
    learner.grids = grids
    found = finish(learner, gathered.store, gathered, unrounded, Run())
    assert learner.grids is grids
    decoded = found.encoded.decoded()
    for name, tensor in learner.network.arrays().items():
        np.testing.assert_array_equal(decoded.weights[name], on_grid(tensor, grids.weights[name]), err_msg=name)
    np.testing.assert_array_equal(decoded.latents, on_grid(learner.latents.numpy(), grids.latents))
    rows = [
        sorted(map(tuple, cloud))
        for cloud in (decoded.input_cloud, on_grid(learner.input_cloud.numpy(), grids.input_cloud))
    ]
    assert rows[0] == rows[1]


def test_uniform_numbers_have_the_bits_that_were_set(learner: Learner, gathered: Gathered, unrounded: Plan) -> None:
    coding = CodingConfig(numbers="uniform", weight_bits=5)
    found = finish(learner, gathered.store, gathered, replace(unrounded, coding=coding), Run())
    assert learner.grids is None
    levels = len(np.unique(found.encoded.decoded().weights["shared.1.weight"]))
    assert 2**4 < levels <= 2**5


def test_the_size_is_that_of_the_file(learner: Learner, gathered: Gathered, unrounded: Plan) -> None:
    """Before the error is measured, which comes into the header last."""
    learner.grids, _ = chosen_grids(learner, 1e-3, 0)
    size = len(encoded_now(learner, gathered, unrounded, seed=0))
    written, stream = finish(learner, gathered.store, gathered, unrounded, Run()).encoded, io.BytesIO()
    assert written.write(stream) == len(written) == len(stream.getvalue())
    assert size < len(written) < size + 100


def test_the_header_tells_how_it_was_learnt(learner: Learner, gathered: Gathered, unrounded: Plan) -> None:
    header = finish(
        learner, gathered.store, gathered, replace(unrounded, request="fast a.b=1"), Run(seed=9)
    ).encoded.header
    assert (header.preset, header.seed, header.epochs) == ("fast a.b=1", 9, 15)
    assert (header.clouds, header.points, header.network) == (4, 120, unrounded.network)


def test_the_error_is_told_cloud_by_cloud(learner: Learner, gathered: Gathered, unrounded: Plan, heard: Any) -> None:
    finish(learner, gathered.store, gathered, unrounded, Run(listener=heard))
    started, *progress, ended = heard.events
    assert started == PhaseStarted("measuring", 4, "clouds")
    assert [(event.done, event.fraction) for event in progress] == [(1, 0.25), (2, 0.5), (3, 0.75), (4, 1.0)]
    assert isinstance(ended, PhaseEnded)


@pytest.mark.parametrize("share", [0.8, 1.25])
def test_a_wanted_size_is_come_near_to(
    learner: Learner, gathered: Gathered, unrounded: Plan, heard: Any, share: float
) -> None:
    free = finish(learner, gathered.store, gathered, unrounded, Run())
    before = len(free.encoded)
    aimed = replace(unrounded, target_bytes=round(share * before))
    found = finish(learner, gathered.store, gathered, aimed, Run(listener=heard))
    assert len(found.encoded) == pytest.approx(share * before, rel=0.1)
    assert (found.error.em_kd > free.error.em_kd) == (share < 1)
    assert heard.notices == []


@pytest.mark.parametrize(("target", "way"), [(100, "fewer"), (10**6, "more")])
def test_a_size_that_cannot_be_met_is_said(
    learner: Learner, gathered: Gathered, unrounded: Plan, heard: Any, target: int, way: str
) -> None:
    found = finish(learner, gathered.store, gathered, replace(unrounded, target_bytes=target), Run(listener=heard))
    size = len(encoded_now(learner, gathered, unrounded, seed=0))
    notices = [event for event in heard.events if isinstance(event, Notice)]
    assert notices == [
        Notice(
            f"the archive takes {size} bytes, not {target}: {way} are not possible for these clouds and settings",
            warning=True,
        )
    ]
    assert (size > target) == (way == "fewer")
    assert np.isfinite(found.encoded.decoded().latents).all()
