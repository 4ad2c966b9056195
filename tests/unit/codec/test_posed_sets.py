"""Sets whose clouds lie differently: compressed, extended and decoded, every cloud comes back where it was."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from fixtures.lying import drawn, lopsided
from fixtures.shared import shared_folder

from qaadcodec.clouds import Similarity
from qaadcodec.codec.compress import compress
from qaadcodec.codec.decode import decode
from qaadcodec.codec.encode import encode
from qaadcodec.codec.evaluate import evaluate
from qaadcodec.codec.inspect import inspect
from qaadcodec.codec.open import open as open_archive
from qaadcodec.config import Request
from qaadcodec.progress import Run
from qaadcodec.report.inspection import inspection_lines

POINTS, CLOUDS, NEW = 600, 6, 2


def request(**changes: Any) -> Request:
    settings = {
        "size.quality": None,
        "network.shared_widths": [24, 16],
        "network.head_widths": [8],
        "network.fourier_octaves": 2,
        "assignment.leaf": 64,
        "training.points_per_step": 256,
        "coding.loss": 0.01,
    }
    return Request(latent_size=4, patches=4, epochs=25, settings=settings, **changes)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folders posed/, plain/ and new/ (posed), and archives of the first two."""
    return shared_folder(tmp_path_factory, "posed", make)


def make(folder: Path) -> None:
    for name in ("posed", "plain", "new"):
        (folder / name).mkdir()
    for i in range(CLOUDS + NEW):
        shape, pose = lopsided(i, POINTS), drawn(i, shift=3.0)
        posed = pose.apply(shape).astype(np.float32)
        np.save(folder / ("posed" if i < CLOUDS else "new") / f"{i}.npy", posed)
        if i < CLOUDS:
            np.save(folder / f"plain/{i}.npy", shape.astype(np.float32))
    for name in ("posed", "plain"):
        compress([folder / name], folder / f"{name}.qaad", request(), run=Run(device="cpu", seed=1))


def errors(archive: Path, clouds: Path) -> np.ndarray:
    return np.array([e.n_em_kd for e in evaluate(archive, [clouds], metrics=["n_em_kd"])])


def test_decoded_clouds_come_back_where_the_originals_were(folder: Path) -> None:
    with open_archive(folder / "posed.qaad") as archive:
        for i in range(CLOUDS):
            original = np.load(folder / f"posed/{i}.npy")
            np.testing.assert_allclose(archive[i].mean(0), original.mean(0), atol=0.05)
            np.testing.assert_allclose(np.ptp(archive[i], axis=0), np.ptp(original, axis=0), atol=0.3)


def test_the_error_is_that_of_the_same_clouds_lying_alike(folder: Path) -> None:
    posed, plain = errors(folder / "posed.qaad", folder / "posed"), errors(folder / "plain.qaad", folder / "plain")
    assert posed.mean() < 1.3 * plain.mean()


def test_the_recorded_error_is_the_one_that_eval_measures(folder: Path) -> None:
    with open_archive(folder / "posed.qaad") as archive:
        recorded = archive.header.errors
        assert recorded["sample"] == CLOUDS
    measured = list(evaluate(folder / "posed.qaad", [folder / "posed"], metrics=["em_kd", "n_em_kd"]))
    assert np.mean([e.n_em_kd for e in measured]) == pytest.approx(recorded["n_em_kd"], rel=0.02)
    assert np.mean([e.em_kd for e in measured]) == pytest.approx(recorded["em_kd"], rel=0.02)


def test_a_set_that_lies_alike_has_no_section_and_align_none_changes_nothing(folder: Path, tmp_path: Path) -> None:
    assert inspect(folder / "plain.qaad").poses is None
    compress([folder / "plain"], tmp_path / "x.qaad", request(align="none"), run=Run(device="cpu", seed=1))
    with open_archive(folder / "plain.qaad") as auto, open_archive(tmp_path / "x.qaad") as none:
        assert none.header.preset == auto.header.preset.replace(
            " training.epochs", ' clouds.align="none" training.epochs'
        )
        np.testing.assert_array_equal(auto.latents(), none.latents())
        np.testing.assert_array_equal(auto[0], none[0])


def test_the_same_seed_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    compress([folder / "posed"], tmp_path / "x.qaad", request(), run=Run(device="cpu", seed=1))
    assert (tmp_path / "x.qaad").read_bytes() == (folder / "posed.qaad").read_bytes()


def test_some_points_lie_where_all_do(folder: Path) -> None:
    with open_archive(folder / "posed.qaad") as archive:
        rows = ((np.arange(50) + 0.5) * POINTS / 50).astype(int)
        np.testing.assert_allclose(archive.points(2, 50), archive[2][rows], atol=1e-5)


def test_the_torch_decoder_takes_the_poses(folder: Path) -> None:
    with open_archive(folder / "posed.qaad") as archive:
        module, latents = archive.decoder(), torch.from_numpy(archive.latents([1, -1]))
        poses = torch.from_numpy(archive.poses([1, -1])).requires_grad_()
        clouds = module(latents, poses)
        np.testing.assert_allclose(clouds.detach().numpy(), np.stack([archive[1], archive[-1]]), atol=1e-5)
        clouds.sum().backward()
        assert poses.grad is not None
        aligned = module(latents).detach().numpy()
    np.testing.assert_allclose(aligned[0].mean(0), aligned[1].mean(0), atol=0.1)


def test_without_poses_their_matrices_change_nothing(folder: Path) -> None:
    with open_archive(folder / "plain.qaad") as archive:
        assert archive.pose(0) is None
        np.testing.assert_array_equal(archive.poses(), np.tile(np.eye(3, 4), (CLOUDS, 1, 1)))


def test_inspect_says_how_the_clouds_were_aligned(folder: Path) -> None:
    found = inspect(folder / "posed.qaad")
    assert found.poses is not None
    assert found.poses.kind == "similarity"
    assert 5 < found.poses.turned < 40
    assert 1 < found.poses.shifted < 6
    assert found.to_dict()["poses"]["scaled"] == found.poses.scaled
    (line,) = [line for line in inspection_lines(found, verbose=False) if line.startswith("aligned")]
    assert line.split("  ")[-1].strip() == str(found.poses)


def test_new_clouds_get_poses_and_come_back_where_they_were(folder: Path, tmp_path: Path, heard: Any) -> None:
    output = tmp_path / "more.qaad"
    encode(folder / "posed.qaad", [folder / "new"], output, run=Run(listener=heard, device="cpu"))
    assert heard.notices[0].startswith("aligned 2 clouds (similarity: turned by up to ")
    with open_archive(folder / "posed.qaad") as old, open_archive(output) as new:
        assert len(new) == CLOUDS + NEW
        for i in range(CLOUDS):
            np.testing.assert_array_equal(new[i], old[i])
        for i in range(CLOUDS, CLOUDS + NEW):
            original = np.load(folder / f"new/{i}.npy")
            np.testing.assert_allclose(new[i].mean(0), original.mean(0), atol=0.1)
    assert errors(output, folder / "new").max() < 0.1


def test_decode_writes_them_there(folder: Path, tmp_path: Path) -> None:
    decode(folder / "posed.qaad", tmp_path / "3.npy", 3)
    with open_archive(folder / "posed.qaad") as archive:
        np.testing.assert_array_equal(np.load(tmp_path / "3.npy"), archive[3])


def test_a_set_decodes_to_where_it_was_moved(
    folder: Path, tmp_path: Path, draw_pose: Callable[..., Similarity]
) -> None:
    """Equivariance: what is done to a whole set, its decoded clouds have, too."""
    move = draw_pose(40, degrees=80.0, shift=20.0)
    (tmp_path / "moved").mkdir()
    for i in range(CLOUDS):
        np.save(tmp_path / f"moved/{i}.npy", move.apply(np.load(folder / f"posed/{i}.npy")))
    compress([tmp_path / "moved"], tmp_path / "x.qaad", request(), run=Run(device="cpu", seed=1))
    assert (
        errors(tmp_path / "x.qaad", tmp_path / "moved").mean()
        < 1.3 * errors(folder / "posed.qaad", folder / "posed").mean()
    )
