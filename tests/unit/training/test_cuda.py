"""The same training on a CUDA device; skipped by itself where there is none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from qaadcodec.clouds import write_cloud
from qaadcodec.codec import compress
from qaadcodec.codec import open as open_archive
from qaadcodec.config import AssignmentConfig, CompressConfig, NetworkConfig, TrainingConfig

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")


def test_a_set_is_learnt_on_either_device_to_the_same_error(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for i in range(6):
        sphere = rng.standard_normal((400, 3))
        sphere /= np.linalg.norm(sphere, axis=1, keepdims=True)
        write_cloud(tmp_path / f"{i}.npy", sphere * (1.0, 0.7, 0.5 + 0.05 * i), "npy")
    config = CompressConfig(
        network=NetworkConfig(latent_size=4, patches=4, shared_widths=(32, 16), head_widths=(8,)),
        assignment=AssignmentConfig(resolve_every=5),
        training=TrainingConfig(epochs=60, batch=2, points_per_step=256),
    )
    clouds = [tmp_path / f"{i}.npy" for i in range(6)]
    errors = {}
    for device in ("cpu", "cuda"):
        errors[device] = compress(clouds, tmp_path / f"{device}.qaad", config=config, device=device).n_em_kd
    assert errors["cuda"] == pytest.approx(errors["cpu"], rel=0.1)
    with open_archive(tmp_path / "cuda.qaad") as archive:
        module = archive.decoder().to("cuda")
        decoded = module(torch.from_numpy(archive.latents()).to("cuda")).detach().cpu().numpy()
        np.testing.assert_allclose(decoded[3], archive[3], rtol=0, atol=1e-4)
