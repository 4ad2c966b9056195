"""Where a training computes: by the name of the device, which is checked before anybody waits for torch."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
import torch

from qaadcodec.errors import EnvironmentFailure, UsageError
from qaadcodec.progress import Run
from qaadcodec.training.backend import check_device, choose_backend, choose_device, load_torch


@pytest.mark.parametrize(
    ("name", "cuda", "device"),
    [("auto", True, "cuda"), ("auto", False, "cpu"), ("cpu", True, "cpu"), ("cuda", True, "cuda")],
)
def test_the_device_of_a_name(monkeypatch: pytest.MonkeyPatch, name: str, cuda: bool, device: str) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: cuda)
    assert choose_device(name) == torch.device(device)


@pytest.mark.parametrize(("name", "package"), [("cpu", "host"), ("mps", "host"), ("cuda", "device")])
def test_cuda_alone_has_an_implementation_of_its_own(monkeypatch: pytest.MonkeyPatch, name: str, package: str) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: True)
    backend = choose_backend(name)
    assert backend.device == torch.device(name)
    for part, file in (
        (backend.steps, "steps"),
        (backend.matched_error, "loss"),
        (backend.nearest_both_ways, "nearest"),
    ):
        assert part.__module__ == f"qaadcodec.training.{package}.{file}"


def test_what_is_no_device_is_told_with_those_that_are(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match=r"^unknown device 'tpu'; devices are auto, cpu, cuda, mps$"):
        check_device("tpu")
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: False)
    for name in ("auto", "cpu"):
        check_device(name)
    with pytest.raises(EnvironmentFailure, match=r"^no mps device on this machine$") as caught:
        check_device("mps")
    assert caught.value.hint == "--device cpu works everywhere"


def test_checking_a_common_name_does_not_take_torch() -> None:
    program = (
        "import sys\nfrom qaadcodec.training.backend import check_device\n"
        "check_device('auto')\ncheck_device('cpu')\nprint('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize(("asked", "cuda", "told"), [("auto", True, 1), ("auto", False, 0), ("cuda", True, 0)])
def test_auto_tells_that_cuda_has_never_been_run_on(
    monkeypatch: pytest.MonkeyPatch, heard: Any, asked: str, cuda: bool, told: int
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    load_torch(Run(listener=heard, device=asked))
    what = "training on CUDA, which qaad has never been run on so far; --device cpu is tested"
    assert heard.notices == [what] * told
