"""A recipe: its dictionary, and single settings of it changed by name."""

from __future__ import annotations

import json

import pytest

from qaadcodec.config import (
    AssignmentConfig,
    CodingConfig,
    NetworkConfig,
    Recipe,
    SizeConfig,
    TrainingConfig,
    preset,
)
from qaadcodec.errors import UsageError


def test_the_whole_recipe_goes_both_ways() -> None:
    recipe = Recipe(network=NetworkConfig(patches=7), coding=CodingConfig(weight_bits=6), size=SizeConfig(ratio=80.5))
    again = Recipe.from_dict(json.loads(json.dumps(recipe.to_dict())))
    assert again == recipe
    with pytest.raises(UsageError, match="patches is 0"):
        Recipe.from_dict({"network": {"patches": 0}})


def test_single_settings_are_changed_by_their_dotted_names() -> None:
    changed = Recipe().with_settings(
        {"assignment.pair_swaps": False, "network.head_widths": [8, 8], "training.learning_rate": 0.5}
    )
    assert changed.assignment == AssignmentConfig(pair_swaps=False)
    assert changed.network == NetworkConfig(head_widths=(8, 8))
    assert changed.training == TrainingConfig(learning_rate=0.5)
    assert Recipe().with_settings({}) == Recipe()


def test_what_a_preset_has_is_taken_away_by_none() -> None:
    assert preset("default").with_settings({"size.quality": None}) == Recipe()


@pytest.mark.parametrize("name", ["assignment", "assignment.x", "x.y", "network.patches.z", ""])
def test_an_unknown_setting_is_named_and_the_known_ones_are_listed(name: str) -> None:
    with pytest.raises(UsageError, match=r"^there is no setting ") as caught:
        Recipe().with_settings({name: 1})
    assert repr(name) in str(caught.value)
    assert str(caught.value.hint).endswith("; qaadcodec/config/README.md lists all")


def test_the_nearest_settings_are_offered() -> None:
    with pytest.raises(UsageError) as caught:
        Recipe().with_settings({"assignment.pairswap": 1})
    assert "there is assignment.pair_swaps" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("network.film", 1, "film is 1, and must be true or false"),
        ("network.patches", True, "patches is True, and must be a whole number"),
        ("network.shared_widths", ["a"], "shared widths is ('a',), and must be a list of whole numbers"),
        ("network.shared_widths", [8, True], "shared widths is (8, True), and must be a list of whole numbers"),
        ("training.batch", 0, "batch is 0, and must be at least 1"),
        ("training.input_rate", None, "input rate is None, and must be a number"),
        ("training.warmup_epochs", -1, "warmup epochs is -1, and must be 0 or more"),
        ("size.bytes", 2.5, "bytes is 2.5, and must be a whole number"),
        ("size.quality", "high", "quality is 'high', and must be a number"),
        ("coding.numbers", 4, "numbers is 4, and must be text"),
    ],
)
def test_a_setting_of_the_wrong_kind_is_refused(name: str, value: object, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        Recipe().with_settings({name: value})
    assert str(caught.value) == message


@pytest.mark.parametrize("size", [SizeConfig(bytes=5000), SizeConfig(ratio=8.0)], ids=str)
def test_uniform_numbers_come_to_no_wanted_size(size: SizeConfig) -> None:
    with pytest.raises(UsageError, match=r"^numbers is 'uniform', and must be \"entropy\" for a wanted size$"):
        Recipe(coding=CodingConfig(numbers="uniform"), size=size)
