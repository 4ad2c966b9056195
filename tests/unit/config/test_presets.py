"""The presets: their names, what they choose, and the paper's numbers in the one of that name."""

from __future__ import annotations

import pytest

from qaadcodec.config import PRESETS, CodingConfig, Recipe, SizeConfig, preset
from qaadcodec.errors import UsageError


def test_presets() -> None:
    assert list(PRESETS) == ["fast", "default", "max", "paper"]
    for name, recipe in PRESETS.items():
        assert preset(name) is recipe
    assert PRESETS["default"] == Recipe(size=SizeConfig(quality=75))
    assert [recipe.size.quality for recipe in PRESETS.values()] == [75, 75, 75, None]
    assert [recipe.size.chooses for recipe in PRESETS.values()] == [True, True, True, False]
    assert PRESETS["fast"].training.epochs < PRESETS["default"].training.epochs < PRESETS["max"].training.epochs
    with pytest.raises(UsageError, match=r"^unknown preset 'best'; presets are fast, default, max, paper$"):
        preset("best")


def test_the_preset_paper_has_the_numbers_of_the_paper_and_none_of_our_additions() -> None:
    paper = preset("paper")
    network, assignment, training = paper.network, paper.assignment, paper.training
    assert (*network.shared_widths, *network.head_widths, 3) == (256, 128, 128, 128, 64, 3)
    assert (network.latent_size, network.patches) == (256, 128)
    assert (network.fourier_octaves, network.film, network.displacement) == (0, False, False)
    assert (assignment.greedy, assignment.greedy_leaf) == (True, 1024)
    assert (assignment.pair_swaps, assignment.leaf_resolving) == (True, False)
    assert (training.warmup_epochs, training.epochs, training.batch) == (150, 450, 16)
    assert (training.points_per_step, training.learning_rate) == (4096, 1e-3)
    assert (training.latent_rate, training.input_rate) == (1.0, 1.0)
    assert (paper.coding, paper.size) == (CodingConfig(numbers="uniform"), SizeConfig())
    assert preset("default").training.warmup_epochs == 0
