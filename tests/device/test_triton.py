"""The kernel of the auction: on a CUDA device where there is one, else under Triton's interpreter on small problems.

Skipped where Triton is not installed. Triton reads its switch for the interpreter when a kernel is defined, hence the
process of its own, which runs this file.
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from qaadcodec.assignment.device import auction, bidding
from qaadcodec.assignment.device.auction import valid_rows
from qaadcodec.assignment.device.certificate import dual_bounds, matched_cost
from qaadcodec.errors import SlowerWarning

pytestmark = pytest.mark.skipif(find_spec("triton") is None, reason="no Triton")
RELATIVE_GAP = 1e-3


@pytest.mark.skipif(torch.cuda.is_available(), reason="tested on the device")
def test_the_kernel_under_the_interpreter() -> None:
    environment = {**os.environ, "TRITON_INTERPRET": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, __file__], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "18 problems\n"), done.stderr


def test_a_launch_without_a_compiler_is_what_is_done_without(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Triton looks for CC, then for gcc and clang on the path; where it finds none it raises, and nothing is left."""
    from triton.runtime import build

    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path / "cache"))
    build._find_compiler.cache_clear()

    def launch(*_: object) -> None:
        """What a first launch does before anything else: it makes Triton's own library."""
        build.compile_module_from_src("int nothing;", "cuda_utils", [], [], [])

    monkeypatch.setattr("qaadcodec.assignment.device.auction_triton.bid_until_assigned", launch)
    auction.triton_auction.cache_clear()
    with pytest.warns(SlowerWarning, match=r"it cannot be launched \(RuntimeError: Failed to find C compiler\."):
        assert auction.triton_auction(torch.device("cpu")) is None
    monkeypatch.setenv("CC", str(tmp_path / "cc"))
    build._find_compiler.cache_clear()
    auction.triton_auction.cache_clear()
    with pytest.warns(SlowerWarning, match=r"it cannot be launched \(FileNotFoundError: "):
        assert auction.triton_auction(torch.device("cpu")) is None
    auction.triton_auction.cache_clear()
    build._find_compiler.cache_clear()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("points", [1, 2, 16, 17, 100, 256, 1000, 2048])
def test_the_kernel_on_the_device(points: int) -> None:
    for rounds in (0, 50, 64 * points):
        solve(points, rounds, "cuda", torch.float32)
        solve(points, rounds, "cuda", torch.float64)


def solve(points: int, rounds: int, device: str, dtype: torch.dtype) -> int:
    """Solve six problems of up to this many points, check all that can be said of the results, and count them."""
    from qaadcodec.assignment.device.auction_triton import bid_until_assigned

    rng = np.random.default_rng(points)
    a, b = rng.standard_normal((2, 6, points, 3))
    b[1] = rng.permutation(a[1]) + 0.1 * b[1]
    b[2] += np.array([3.0, 0.0, 0.0])
    a[3], b[3] = np.round(a[3]), np.round(b[3])
    a[4] = 0.0
    a[5], b[5] = a[5] + 4096.0, rng.permutation(a[5]) + 4096.0
    count = np.array([points, points, max(points - 1, 0), points // 2, points, points])
    x, y = torch.from_numpy(a).to(device, dtype), torch.from_numpy(b).to(device, dtype)
    valid = valid_rows(x, torch.from_numpy(count).to(device))
    rules = bidding.Rules(RELATIVE_GAP, rounds)
    matches, prices, taken = bid_until_assigned(x, y, valid, rules)
    assert (matches.sort(1).values == torch.arange(points, device=device)).all()
    assert (prices >= 0).all()
    assert (taken <= rounds).all()
    cost = matched_cost(x, y, matches, valid)
    bound = torch.maximum(*dual_bounds(x, y, prices, valid))
    for i, n in enumerate(count):
        assert matches[i, n:].tolist() == list(range(n, points))
        table = cdist(x[i, :n].cpu().double(), y[i, :n].cpu().double(), "sqeuclidean")
        best = table[linear_sum_assignment(table)].sum()
        assert bound[i] - 1e-9 <= best <= cost[i] + 1e-9
        if taken[i] < rounds:  # it was not cut short
            assert cost[i] - bound[i] <= 1.01 * RELATIVE_GAP * cost[i] + 1e-6 * n
    if device == "cpu" and dtype == torch.float32:  # the same bids, where no ties leave a choice
        assert matches[:3].tolist() == bidding.bid_until_assigned(x, y, valid, rules)[0][:3].tolist()
    return len(count)


if __name__ == "__main__":
    solved = (
        solve(1, 64, "cpu", torch.float32) + solve(9, 500, "cpu", torch.float32) + solve(17, 4, "cpu", torch.float64)
    )
    print(f"{solved} problems")
