"""Every hyperparameter, checked on construction, and the presets that name whole sets of them."""

from qaadcodec.config.checks import require
from qaadcodec.config.coding import CodingConfig, SizeConfig
from qaadcodec.config.compress import CompressConfig, aimed, with_settings
from qaadcodec.config.network import NetworkConfig, parameters
from qaadcodec.config.presets import PRESETS, preset
from qaadcodec.config.training import AssignmentConfig, TrainingConfig

__all__ = [
    "PRESETS",
    "AssignmentConfig",
    "CodingConfig",
    "CompressConfig",
    "NetworkConfig",
    "SizeConfig",
    "TrainingConfig",
    "aimed",
    "parameters",
    "preset",
    "require",
    "with_settings",
]
