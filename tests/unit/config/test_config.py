"""Settings: their checks, their dictionaries, and the presets."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from qaadcodec.config import (
    PRESETS,
    AssignmentConfig,
    CodingConfig,
    CompressConfig,
    NetworkConfig,
    SizeConfig,
    TrainingConfig,
    aimed,
    preset,
    with_settings,
)
from qaadcodec.errors import UsageError

WRONG = [
    (NetworkConfig, {"latent_size": 0}, "latent size is 0, and must be from 1 to 4096"),
    (NetworkConfig, {"latent_size": 4097}, "latent size is 4097, and must be from 1 to 4096"),
    (NetworkConfig, {"patches": 0}, "patches is 0, and must be from 1 to 65536"),
    (NetworkConfig, {"shared_widths": ()}, "shared widths is (), and must be a list of 1 to 16 widths"),
    (NetworkConfig, {"shared_widths": (8, 0)}, "shared widths is (8, 0), and must be widths from 1 to 8192"),
    (NetworkConfig, {"head_widths": 17 * (1,)}, f"head widths is {17 * (1,)}, and must be a list of 0 to 16 widths"),
    (NetworkConfig, {"fourier_octaves": -1}, "fourier octaves is -1, and must be from 0 to 16"),
    (AssignmentConfig, {"greedy_leaf": 1}, "greedy leaf is 1, and must be from 2 to 16384"),
    (AssignmentConfig, {"leaf": 1}, "leaf is 1, and must be from 2 to "),
    (AssignmentConfig, {"resolve_every": 0}, "resolve every is 0, and must be at least 1 epoch"),
    (TrainingConfig, {"epochs": 0}, "epochs is 0, and must be at least 1"),
    (TrainingConfig, {"batch": 0}, "batch is 0, and must be at least 1"),
    (TrainingConfig, {"points_per_step": 0}, "points per step is 0, and must be at least 1"),
    (TrainingConfig, {"learning_rate": 0.0}, "learning rate is 0.0, and must be above 0 and below 1"),
    (TrainingConfig, {"learning_rate": float("nan")}, "learning rate is nan, and must be above 0 and below 1"),
    (TrainingConfig, {"latent_rate": -1.0}, "latent rate is -1.0, and must be from 0 to 1000"),
    (TrainingConfig, {"input_rate": 1001.0}, "input rate is 1001.0, and must be from 0 to 1000"),
    (CodingConfig, {"weight_bits": 1}, "weight bits is 1, and must be from 2 to 16"),
    (CodingConfig, {"latent_bits": 17}, "latent bits is 17, and must be from 2 to 16"),
    (CodingConfig, {"numbers": "arithmetic"}, 'numbers is \'arithmetic\', and must be "entropy" or "uniform"'),
    (CodingConfig, {"learn_from": 1.1}, "learn from is 1.1, and must be from 0 to 1"),
    (CodingConfig, {"loss": 0.0}, "loss is 0.0, and must be above 0 and at most 100"),
    (CodingConfig, {"price": -1.0}, "price is -1.0, and must be from 0 to 1000"),
    (SizeConfig, {"quality": 101.0}, "quality is 101.0, and must be from 0 to 100"),
    (SizeConfig, {"quality": float("nan")}, "quality is nan, and must be from 0 to 100"),
    (SizeConfig, {"bytes": 0}, "target size is 0, and must be at least 1 byte"),
    (SizeConfig, {"ratio": 0.0}, "target ratio is 0.0, and must be above 0"),
    (SizeConfig, {"ratio": float("nan")}, "target ratio is nan, and must be above 0"),
    (SizeConfig, {"error": -1e-3}, "target error is -0.001, and must be above 0"),
    (SizeConfig, {"metric": "d1"}, 'metric is \'d1\', and must be "em_kd" or "n_em_kd"'),
    (
        SizeConfig,
        {"bytes": 5, "error": 1.0},
        "targets is 'bytes, error', and must be one at most: a size, a ratio or an error",
    ),
    (CompressConfig, {"points": 1}, "points is 1, and must be at least 2"),
    (CompressConfig, {"seed": -1}, "seed is -1, and must be from 0 to 2^63 - 1"),
    (CompressConfig, {"seed": 2**63}, f"seed is {2**63}, and must be from 0 to 2^63 - 1"),
    (CompressConfig, {"budget_seconds": 0.0}, "budget is 0.0, and must be above 0 seconds"),
    (CompressConfig, {"budget_seconds": float("nan")}, "budget is nan, and must be above 0 seconds"),
]


@pytest.mark.parametrize(("kind", "settings", "message"), WRONG, ids=lambda value: str(value)[:40])
def test_what_is_out_of_range_is_named_with_its_value_and_the_rule(
    kind: type, settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        kind(**settings)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("kind", [NetworkConfig, AssignmentConfig, TrainingConfig, CodingConfig, SizeConfig])
def test_dictionaries_and_json_go_both_ways(kind: type) -> None:
    config = kind()
    assert kind.from_dict(config.to_dict()) == config
    assert kind.from_dict(json.loads(json.dumps(config.to_dict()))) == config
    with pytest.raises(UsageError, match=f"^unknown settings for {kind.__name__}: bogus, extra; known are "):
        kind.from_dict({**config.to_dict(), "extra": 1, "bogus": 2})


def test_the_whole_configuration_goes_both_ways() -> None:
    config = CompressConfig(
        network=NetworkConfig(patches=7),
        coding=CodingConfig(weight_bits=6),
        size=SizeConfig(ratio=80.5, given=("patches", "film")),
    )
    again = CompressConfig.from_dict(json.loads(json.dumps(config.to_dict())))
    assert again == config
    with pytest.raises(UsageError, match="patches is 0"):
        CompressConfig.from_dict({"network": {"patches": 0}})


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        TrainingConfig().epochs = 5  # type: ignore[misc]


def test_every_tensor_of_the_network() -> None:
    config = NetworkConfig(latent_size=5, patches=7, shared_widths=(11, 13), head_widths=(4,), fourier_octaves=2)
    assert config.encoded_width == 15
    assert list(config.tensor_shapes().items()) == [
        ("shared.0.weight", (11, 15)),
        ("shared.0.bias", (11,)),
        ("shared.0.scale", (11, 5)),
        ("shared.0.shift", (11, 5)),
        ("shared.1.weight", (13, 11)),
        ("shared.1.bias", (13,)),
        ("shared.1.scale", (13, 5)),
        ("shared.1.shift", (13, 5)),
        ("head.0.weight", (7, 4, 16)),
        ("head.0.bias", (7, 4)),
        ("head.1.weight", (7, 3, 4)),
        ("head.1.bias", (7, 3)),
    ]


def test_the_papers_network_shifts_the_first_layer_alone() -> None:
    config = NetworkConfig(
        latent_size=10,
        patches=16,
        shared_widths=(256, 128, 128, 128),
        head_widths=(64,),
        fourier_octaves=0,
        film=False,
        displacement=False,
    )
    shapes = config.tensor_shapes()
    assert [name for name in shapes if name.endswith(("scale", "shift"))] == ["shared.0.shift"]
    assert shapes["shared.0.weight"] == (256, 3)
    assert shapes["head.0.weight"] == (16, 64, 131)
    assert list(NetworkConfig(head_widths=()).tensor_shapes())[-2:] == ["head.0.weight", "head.0.bias"]


def test_presets() -> None:
    assert list(PRESETS) == ["fast", "default", "max", "paper"]
    for name, config in PRESETS.items():
        assert preset(name) is config
        assert config.preset == name
    assert PRESETS["default"] == CompressConfig(size=SizeConfig(quality=75))
    assert [config.size.quality for config in PRESETS.values()] == [75, 75, 75, None]
    assert [config.size.chosen for config in PRESETS.values()] == [True, True, True, False]
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
    with pytest.raises(UsageError, match="warmup epochs is -1, and must be 0 or more"):
        with_settings(paper, {"training.warmup_epochs": -1})


def test_overrides_replace_what_was_given_and_nothing_else() -> None:
    base = preset("fast")
    assert base.with_overrides() == base
    changed = base.with_overrides(points=99, latent_size=8, patches=4, epochs=7, seed=0, budget_seconds=2.5)
    assert (changed.points, changed.seed, changed.budget_seconds) == (99, 0, 2.5)
    assert (changed.network.latent_size, changed.network.patches, changed.training.epochs) == (8, 4, 7)
    assert changed.network.shared_widths == base.network.shared_widths
    assert changed.training.batch == base.training.batch
    assert changed.preset == "fast"
    with pytest.raises(UsageError, match="patches is 0"):
        base.with_overrides(patches=0)


def test_what_is_given_of_the_network_is_remembered() -> None:
    """A quality or a target chooses the rest."""
    base = preset("default")
    assert base.with_overrides(epochs=7, seed=1, points=50).size.given == ()
    assert base.with_overrides(patches=64).size.given == ("patches",)  # even where it is what there was
    changed = with_settings(base, {"network.head_widths": [8], "training.epochs": 7, "network.film": False})
    assert changed.size == SizeConfig(quality=75, given=("head_widths", "film"))
    again = with_settings(changed, {"network.film": True}).with_overrides(latent_size=5, patches=3)
    assert again.size.given == ("head_widths", "film", "latent_size", "patches")


def test_an_aim_takes_the_place_of_the_presets_quality() -> None:
    base = preset("default").with_overrides(patches=4)
    assert aimed(base, quality=None, bytes=None, metric=None) is base
    assert aimed(base, quality=20.0).size == SizeConfig(quality=20.0, given=("patches",))
    assert aimed(base, bytes=5000, ratio=None).size == SizeConfig(bytes=5000, given=("patches",))
    assert aimed(base, ratio=12.5).size == SizeConfig(ratio=12.5, given=("patches",))
    found = aimed(base, metric="n_em_kd", error=1e-3)
    assert found.size == SizeConfig(metric="n_em_kd", error=1e-3, given=("patches",))
    assert found.size.chosen
    assert found.network == base.network
    assert not SizeConfig(given=("patches",), metric="n_em_kd").chosen
    measured = with_settings(base, {"size.metric": "n_em_kd"})
    assert aimed(measured, quality=20.0).size == SizeConfig(quality=20.0, metric="n_em_kd", given=("patches",))
    assert aimed(measured, metric="em_kd", error=1.0).size.metric == "em_kd"


@pytest.mark.parametrize(
    ("aims", "message"),
    [
        ({"bytes": 5000, "ratio": 3.0}, "targets is 'bytes, ratio', and must be one at most: "),
        ({"ratio": 3.0, "error": 1e-3}, "targets is 'ratio, error', and must be one at most: "),
        ({"bytes": 0}, "target size is 0, and must be at least 1 byte"),
        ({"metric": "emd", "error": 1.0}, "metric is 'emd', and must be "),
    ],
    ids=str,
)
def test_an_aim_that_cannot_be_is_refused(aims: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        aimed(preset("default"), **aims)
    assert str(caught.value).startswith(message)


def test_uniform_numbers_have_no_quality() -> None:
    """Their bits are what they are."""
    with pytest.raises(UsageError, match=r"^numbers is 'uniform', and must be \"entropy\" for a quality or a target$"):
        aimed(preset("paper"), bytes=5000)
    coded = aimed(with_settings(preset("paper"), {"coding.numbers": "entropy"}), bytes=5000)
    assert coded.size == SizeConfig(bytes=5000)


def test_single_settings_are_changed_by_their_dotted_names() -> None:
    changed = with_settings(
        CompressConfig(), {"assignment.pair_swaps": False, "network.head_widths": [8, 8], "training.learning_rate": 0.5}
    )
    assert changed.assignment == AssignmentConfig(pair_swaps=False)
    assert changed.network == NetworkConfig(head_widths=(8, 8))
    assert changed.training == TrainingConfig(learning_rate=0.5)
    assert with_settings(CompressConfig(), {}) == CompressConfig()


@pytest.mark.parametrize("name", ["assignment", "assignment.x", "x.y", "network.patches.z", ""])
def test_an_unknown_setting_is_named_and_the_known_ones_are_listed(name: str) -> None:
    with pytest.raises(UsageError, match=r"^there is no setting ") as caught:
        with_settings(CompressConfig(), {name: 1})
    assert repr(name) in str(caught.value)
    assert str(caught.value.hint).endswith("; the README lists all")


def test_the_nearest_settings_are_offered() -> None:
    with pytest.raises(UsageError) as caught:
        with_settings(CompressConfig(), {"assignment.pairswap": 1})
    assert "there is assignment.pair_swaps" in str(caught.value.hint)


def test_a_changed_preset_says_what_was_changed() -> None:
    changed = with_settings(CompressConfig(preset="fast"), {"assignment.pair_swaps": False, "network.head_widths": [8]})
    assert changed.preset == "fast assignment.pair_swaps=false network.head_widths=[8]"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("network.film", 1, "film is 1, and must be true or false"),
        ("network.patches", True, "patches is True, and must be a whole number"),
        ("network.shared_widths", ["a"], "shared widths is ('a',), and must be a list of whole numbers"),
        ("training.batch", 0, "batch is 0, and must be at least 1"),
        ("training.input_rate", None, "input rate is None, and must be a number"),
        ("size.bytes", 2.5, "bytes is 2.5, and must be a whole number"),
        ("size.quality", "high", "quality is 'high', and must be a number"),
        ("size.given", [1], "given is (1,), and must be a list of texts"),
        ("coding.numbers", 4, "numbers is 4, and must be text"),
    ],
)
def test_a_setting_of_the_wrong_kind_is_refused(name: str, value: object, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        with_settings(CompressConfig(), {name: value})
    assert str(caught.value) == message
