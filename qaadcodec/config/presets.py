"""Recipes with names."""

from __future__ import annotations

from qaadcodec.config.clouds import CloudsConfig
from qaadcodec.config.coding import CodingConfig, SizeConfig
from qaadcodec.config.network import NetworkConfig
from qaadcodec.config.recipe import Recipe
from qaadcodec.config.training import AssignmentConfig, TrainingConfig
from qaadcodec.errors import UsageError

CHOSEN = SizeConfig(quality=75)

PRESETS: dict[str, Recipe] = {
    "fast": Recipe(size=CHOSEN, training=TrainingConfig(epochs=200)),
    "default": Recipe(size=CHOSEN),
    "max": Recipe(size=CHOSEN, training=TrainingConfig(epochs=5000)),
    # The paper's recipe for faces and bodies (section 4.2), with none of our additions.
    "paper": Recipe(
        clouds=CloudsConfig(align="none"),
        network=NetworkConfig(
            latent_size=256, patches=128, head_widths=(64,), fourier_octaves=0, film=False, displacement=False
        ),
        assignment=AssignmentConfig(registration=False, greedy_leaf=1024, leaf_resolving=False),
        training=TrainingConfig(
            warmup_epochs=150,
            epochs=450,
            batch=16,
            points_per_step=4096,
            optimiser="adam",
            learning_rate=1e-3,
            schedule="constant",
            latent_rate=1.0,
            input_rate=1.0,
            across=1.0,
        ),
        coding=CodingConfig(numbers="uniform"),
    ),
}

MATERIAL = {"training.across": 10.0, "coding.loss": 1.0}
"""settings of material rows in place of a preset's. Their matches have no chance of the sampling in them, which a row
would be held to along the surface; and of an error without it, the same share is less."""


def preset(name: str) -> Recipe:
    """The recipe of that name; UsageError lists the names there are."""
    if name not in PRESETS:
        raise UsageError(f"unknown preset {name!r}; presets are {', '.join(PRESETS)}")
    return PRESETS[name]
