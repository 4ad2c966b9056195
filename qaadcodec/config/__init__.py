"""Every setting, checked on construction; presets, which name sets of them; the request, and the plan made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qaadcodec.lazy import index

if TYPE_CHECKING:
    from qaadcodec.config.checks import require
    from qaadcodec.config.clouds import ALIGNMENTS, CloudsConfig
    from qaadcodec.config.coding import CodingConfig, SizeConfig
    from qaadcodec.config.network import NetworkConfig, parameters
    from qaadcodec.config.plan import Plan, plan
    from qaadcodec.config.presets import PRESETS, preset
    from qaadcodec.config.recipe import Recipe
    from qaadcodec.config.request import Request
    from qaadcodec.config.training import ROWS, AssignmentConfig, TrainingConfig

__all__ = [
    "ALIGNMENTS",
    "PRESETS",
    "ROWS",
    "AssignmentConfig",
    "CloudsConfig",
    "CodingConfig",
    "NetworkConfig",
    "Plan",
    "Recipe",
    "Request",
    "SizeConfig",
    "TrainingConfig",
    "parameters",
    "plan",
    "preset",
    "require",
]

index(
    __name__,
    {
        "ALIGNMENTS": "clouds",
        "PRESETS": "presets",
        "ROWS": "training",
        "AssignmentConfig": "training",
        "CloudsConfig": "clouds",
        "CodingConfig": "coding",
        "NetworkConfig": "network",
        "Plan": "plan",
        "Recipe": "recipe",
        "Request": "request",
        "SizeConfig": "coding",
        "TrainingConfig": "training",
        "parameters": "network",
        "plan": "plan",
        "preset": "presets",
        "require": "checks",
    },
)
