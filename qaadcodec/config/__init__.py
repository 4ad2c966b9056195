"""Every setting, checked on construction; presets, which name sets of them; the request, and the plan made of it."""

from qaadcodec.config.checks import require
from qaadcodec.config.clouds import ALIGNMENTS, CloudsConfig
from qaadcodec.config.coding import CodingConfig, SizeConfig
from qaadcodec.config.network import NetworkConfig, parameters
from qaadcodec.config.plan import Plan, plan
from qaadcodec.config.presets import PRESETS, preset
from qaadcodec.config.recipe import Recipe
from qaadcodec.config.request import Request
from qaadcodec.config.training import AssignmentConfig, TrainingConfig

__all__ = [
    "ALIGNMENTS",
    "PRESETS",
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
