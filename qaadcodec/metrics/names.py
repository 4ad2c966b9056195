"""The names of the errors between two clouds, in the order in which they are shown."""

from __future__ import annotations

MATCHED = ("em_kd", "em_kd_root", "n_em_kd")  # by a bijection
NEAREST = ("chamfer", "augmented_chamfer", "d1_psnr", "hausdorff")  # by nearest neighbours
METRICS = (*MATCHED, *NEAREST)
HIGHER_IS_BETTER = ("d1_psnr",)
