"""The backends that the contract is for."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from fixtures.training import Side

from qaadcodec.training.backend import device_backend, host_backend


@pytest.fixture(params=["host", "device", "cuda"])
def side(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Side:
    """The host; the device's implementation on the CPU; and on CUDA, skipped by itself where there is none.

    They multiply in what the threads say: float32, unless a test asks for bfloat16.
    """
    cpu = torch.device("cpu")
    near, nearly = {"rtol": 1e-4, "atol": 2e-6}, {"rtol": 1e-3, "atol": 2e-5}
    if request.param == "host":
        return Side(host_backend(cpu), "host", near, nearly)
    if request.param == "device":
        return Side(device_backend(cpu), "device", near, nearly)
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")

    def as_the_threads_say(device: torch.device, threads: Any) -> bool:
        return bool(threads.dtype == torch.bfloat16)

    monkeypatch.setattr("qaadcodec.training.device.loss.multiplies_bfloat16", as_the_threads_say)
    rough = {"rtol": 1e-3, "atol": 1e-4}
    return Side(device_backend(torch.device("cuda")), "device", rough, rough)
