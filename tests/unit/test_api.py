"""The public Python API."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
import torch

import qaadcodec
from qaadcodec.clouds import write_cloud
from qaadcodec.codec import compress as compressing


@pytest.mark.parametrize("name", qaadcodec.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(qaadcodec, name) is not None
    scope: dict[str, object] = {}
    exec(f"from qaadcodec import {name}", scope)
    assert scope[name] is getattr(qaadcodec, name)


def test_the_issues_names_are_public() -> None:
    assert {"compress", "open", "encode", "decode", "inspect", "verify", "evaluate"} <= set(qaadcodec.__all__)


def test_what_is_asked_for_and_how_it_is_run_is_public() -> None:
    """A request, the plan that it becomes for N clouds of M points, and a run that can be stopped."""
    made = qaadcodec.plan(qaadcodec.Request(preset="fast", quality=40), 64, 4096)
    assert isinstance(made, qaadcodec.Plan)
    assert made.training == qaadcodec.PRESETS["fast"].training
    stop = qaadcodec.StopRequest()
    run = qaadcodec.Run(stop=stop, seed=5)
    stop.set()
    assert run.stop
    for gone in ("CompressConfig", "aimed", "preset"):
        assert not hasattr(qaadcodec, gone)


def test_a_name_that_is_not_there() -> None:
    with pytest.raises(AttributeError, match=r"^module 'qaadcodec' has no attribute 'compres'$"):
        _ = qaadcodec.compres  # type: ignore[attr-defined]


def test_importing_it_imports_nothing_heavy() -> None:
    program = (
        "import sys, qaadcodec, qaadcodec.codec\n"
        "print(*(m for m in ('torch', 'scipy', 'h5py', 'plyfile', 'rich', 'click', 'numpy') if m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"


def test_the_example_of_the_docstring_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert qaadcodec.__doc__ is not None
    example = textwrap.dedent(qaadcodec.__doc__.split("\n\n", 1)[1])
    assert example.startswith("import qaadcodec\n")
    rng = np.random.default_rng(0)
    originals = rng.uniform(-1, 1, (48, 3)) + 0.1 * rng.standard_normal((43, 1, 3))
    (tmp_path / "scans").mkdir()
    for i, cloud in enumerate(originals):
        write_cloud(tmp_path / f"scans/{i}.npy", cloud, "npy")
    settings = {"size.quality": None, "network.shared_widths": [8], "network.head_widths": []}
    settings |= {"training.batch": 16, "training.points_per_step": 48}
    small = qaadcodec.Request(latent_size=3, patches=4, epochs=60, settings=settings)
    monkeypatch.setattr(compressing, "Request", lambda: small)
    monkeypatch.chdir(tmp_path)
    scope: dict[str, object] = {}
    exec(example, scope)
    cloud, module = scope["cloud"], scope["module"]
    assert isinstance(cloud, np.ndarray)
    assert cloud.shape == (48, 3)
    np.testing.assert_allclose(cloud.mean(0), originals[42].mean(0), atol=0.05)
    assert isinstance(module, torch.nn.Module)
    with qaadcodec.open("scans.qaad") as archive:
        latent, pose = torch.from_numpy(archive.latents([42])), torch.from_numpy(archive.poses([42]))
    np.testing.assert_allclose(module(latent, pose)[0].detach().numpy(), cloud, atol=1e-5)


def test_errors_are_what_python_expects_too() -> None:
    assert issubclass(qaadcodec.CloudError, ValueError)
    assert issubclass(qaadcodec.ArchiveError, ValueError)
    assert issubclass(qaadcodec.UsageError, ValueError)
    codes = {
        qaadcodec.EnvironmentFailure: 1,
        qaadcodec.UsageError: 2,
        qaadcodec.CloudError: 3,
        qaadcodec.ArchiveError: 4,
        qaadcodec.ThresholdMissed: 5,
        qaadcodec.Interrupted: 130,
    }
    for kind, code in codes.items():
        error = kind("what is wrong", hint="what to do")
        assert isinstance(error, qaadcodec.QaadError)
        assert (str(error), error.hint, error.exit_code) == ("what is wrong", "what to do", code)


def test_the_old_name_of_an_error_still_catches_it() -> None:
    with pytest.warns(DeprecationWarning, match=r"^qaadcodec\.ContainerError is now called ArchiveError$"):
        assert qaadcodec.ContainerError is qaadcodec.ArchiveError


def test_arrays_are_compressed_encoded_and_compared(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    shapes = rng.uniform(-1, 1, (48, 3)) + 0.1 * rng.standard_normal((6, 1, 3))
    settings = {"network.shared_widths": [8], "network.head_widths": []}
    small = qaadcodec.Request(latent_size=3, patches=4, epochs=2, settings=settings)
    summary = qaadcodec.compress(shapes[:4], tmp_path / "a.qaad", small)
    assert (summary.clouds, summary.points) == (4, 48)
    qaadcodec.compress((cloud for cloud in shapes[:4]), tmp_path / "b.qaad", small)
    assert (tmp_path / "a.qaad").read_bytes() == (tmp_path / "b.qaad").read_bytes()
    added = qaadcodec.encode(tmp_path / "a.qaad", {"new": torch.from_numpy(shapes[4])}, tmp_path / "c.qaad")
    assert added.clouds == 5
    with qaadcodec.open(tmp_path / "c.qaad") as archive:
        assert archive.names == ("0", "1", "2", "3", "new")
        pair = qaadcodec.evaluate_pair(archive[1], shapes[1], metrics=["n_em_kd"])
    compared = list(qaadcodec.evaluate(tmp_path / "c.qaad", [*shapes[:4], ("new", shapes[4])], metrics=["n_em_kd"]))
    assert [errors.name for errors in compared] == ["0", "1", "2", "3", "new"]
    assert compared[1].n_em_kd == pair.n_em_kd
