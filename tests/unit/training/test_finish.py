"""From what was learnt to what is written: grids where there are none yet, a wanted size, and the error of all that."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from qaadcodec.archive import Archive, ArchiveReader, Grids, quantise, write_archive
from qaadcodec.config import CodingConfig, CompressConfig, aimed
from qaadcodec.metrics.sampled import sample_error
from qaadcodec.model.numpy_decoder import decode_points
from qaadcodec.progress import Notice, ignore
from qaadcodec.sets.gather import Gathered, gather
from qaadcodec.training.finish import UNLEARNT_LOSS, archive_of, final_coding, finish, size_of
from qaadcodec.training.learn import begin
from qaadcodec.training.learner import Learner
from qaadcodec.training.loop import train
from qaadcodec.training.quantise.sensitivity import chosen_grids


@pytest.fixture
def unrounded(tiny: CompressConfig) -> CompressConfig:
    """Learnt for a while, and stopped before anything was rounded."""
    return replace(tiny, training=replace(tiny.training, epochs=15), coding=CodingConfig(learn_from=1.0))


@pytest.fixture
def gathered(scans: Path) -> Iterator[Gathered]:
    found = gather([scans], "out.qaad", points=None, seed=0, skip_bad=False, on_event=ignore, stop=None)
    with found.store:
        yield found


@pytest.fixture
def learner(gathered: Gathered, unrounded: CompressConfig) -> Learner:
    made = begin(gathered, unrounded, torch.device("cpu"), None, ignore, None)
    list(train(made, gathered.store, unrounded, gathered.variance))
    assert made.grids is None
    return made


def with_points(config: CompressConfig, **aims: Any) -> CompressConfig:
    return replace(aimed(config, **aims), points=120)


def written(archive: Archive, coding: CodingConfig | Grids) -> bytes:
    stream = io.BytesIO()
    write_archive(archive, coding, stream)
    return stream.getvalue()


def error_of(archive: Archive, gathered: Gathered) -> float:
    """EM-kD of all its clouds."""
    network, points = archive.header.network, gathered.store.points
    return sample_error(
        len(points),
        lambda i: points[i],
        lambda i: decode_points(network, archive.weights, archive.input_cloud, archive.latents[i]),
        gathered.normalisation.scale,
    ).em_kd


def test_what_never_was_rounded_is_coded_all_the_same(
    learner: Learner, gathered: Gathered, unrounded: CompressConfig
) -> None:
    """In grids that cost a twentieth of the error, and what is returned is what a reader gets."""
    before = archive_of(learner, gathered, with_points(unrounded))
    found = finish(learner, gathered, with_points(unrounded), None, ignore)
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


def test_steps_that_were_learnt_with_are_kept(learner: Learner, gathered: Gathered, unrounded: CompressConfig) -> None:
    grids, _ = chosen_grids(learner, 1e-3, 0)
    learner.grids = grids
    config = with_points(unrounded)
    found = finish(learner, gathered, config, None, ignore)
    assert found.coding is grids
    stored = quantise(archive_of(learner, gathered, config), grids)
    np.testing.assert_array_equal(found.archive.latents, stored.latents)
    np.testing.assert_array_equal(found.archive.input_cloud, stored.input_cloud)


def test_uniform_numbers_have_the_bits_that_were_set(
    learner: Learner, gathered: Gathered, unrounded: CompressConfig
) -> None:
    coding = CodingConfig(numbers="uniform", weight_bits=5)
    config = replace(with_points(unrounded), coding=coding)
    assert final_coding(learner, gathered, config, ignore) is coding
    assert learner.grids is None


def test_the_size_is_that_of_the_file(learner: Learner, gathered: Gathered, unrounded: CompressConfig) -> None:
    """Of the same archive: the error, which is measured last, is not in it yet."""
    learner.grids, _ = chosen_grids(learner, 1e-3, 0)
    config = with_points(unrounded)
    size = size_of(learner, gathered, config)
    assert size == len(written(archive_of(learner, gathered, config), learner.grids))
    found = finish(learner, gathered, config, None, ignore)
    assert size < len(written(found.archive, found.coding)) < size + 100


@pytest.mark.parametrize("share", [0.8, 1.25])
def test_a_wanted_size_is_come_near_to(
    learner: Learner, gathered: Gathered, unrounded: CompressConfig, heard: Any, share: float
) -> None:
    free = finish(learner, gathered, with_points(unrounded), None, ignore)
    before = len(written(free.archive, free.coding))
    config = with_points(unrounded, bytes=round(share * before))
    found = finish(learner, gathered, config, None, heard)
    assert len(written(found.archive, found.coding)) == pytest.approx(share * before, rel=0.1)
    assert (found.error.em_kd > free.error.em_kd) == (share < 1)
    assert heard.notices == []


@pytest.mark.parametrize(("target", "way"), [(100, "fewer"), (10**6, "more")])
def test_a_size_that_cannot_be_met_is_said(
    learner: Learner, gathered: Gathered, unrounded: CompressConfig, heard: Any, target: int, way: str
) -> None:
    found = finish(learner, gathered, with_points(unrounded, bytes=target), None, heard)
    size = size_of(learner, gathered, with_points(unrounded))
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
