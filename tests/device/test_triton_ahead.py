"""The kernel of the auction compiled for GPUs that are not there: Triton needs none to make machine code.

Skipped where Triton is not installed, which PyTorch brings only where it is built for CUDA.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(find_spec("triton") is None, reason="no Triton")
A100, H100 = 80, 90
ARRAYS = {
    **dict.fromkeys(("a", "b", "largest", "prices", "bids", "excesses"), "*fp32"),
    **dict.fromkeys(("counts", "matches", "rounds_taken", "owners", "holdings", "waiting_rows"), "*i32"),
    "keys": "*i64",
}
NUMBERS = {"n": "i32", "relative_gap": "fp32", "max_rounds": "i32"}


@pytest.mark.parametrize("capability", [A100, H100])
@pytest.mark.parametrize(("block", "warps"), [(16, 2), (1024, 4), (2048, 8)])
def test_the_kernel_compiles_ahead(capability: int, block: int, warps: int) -> None:
    import triton
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    from qaadcodec.assignment.device.auction_triton import auctions

    sizes = {"BLOCK": block, "ROWS": 8, "COLUMNS": 16 * warps}
    signature = {name: (ARRAYS | NUMBERS | dict.fromkeys(sizes, "constexpr"))[name] for name in auctions.arg_names}
    places = {(auctions.arg_names.index(name),): size for name, size in sizes.items()}
    source = ASTSource(fn=auctions, signature=signature, constexprs=places)
    options: dict[str, Any] = {"num_warps": warps, "num_stages": 1, "enable_fp_fusion": False}
    made = triton.compile(source, target=GPUTarget("cuda", capability, 32), options=options)
    assert made.asm["cubin"].startswith(b"\x7fELF")
    assert f".target sm_{capability}" in made.asm["ptx"]
    assert "bar.sync" in made.asm["ptx"]  # the barriers between stores and loads of other threads are kept
    assert "fma.rn" not in made.asm["ptx"]  # a match costs the same wherever it is computed
    assert made.metadata.shared < 48 << 10  # what every device has
