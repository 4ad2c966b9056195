"""Groups of settings: their checks and their dictionaries."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from qaadcodec.config import AssignmentConfig, CodingConfig, NetworkConfig, Recipe, SizeConfig, TrainingConfig
from qaadcodec.errors import UsageError

GROUPS = [NetworkConfig, AssignmentConfig, TrainingConfig, CodingConfig, SizeConfig]
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
    (TrainingConfig, {"across": 0.5}, "across is 0.5, and must be from 1 to 1000"),
    (TrainingConfig, {"warmup_epochs": -1}, "warmup epochs is -1, and must be 0 or more"),
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
]


@pytest.mark.parametrize(("kind", "settings", "message"), WRONG, ids=lambda value: str(value)[:40])
def test_what_is_out_of_range_is_named_with_its_value_and_the_rule(
    kind: type, settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        kind(**settings)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("kind", GROUPS)
def test_dictionaries_and_json_go_both_ways(kind: type) -> None:
    config = kind()
    assert kind.from_dict(config.to_dict()) == config
    assert kind.from_dict(json.loads(json.dumps(config.to_dict()))) == config
    with pytest.raises(UsageError, match=f"^unknown settings for {kind.__name__}: bogus, extra; known are "):
        kind.from_dict({**config.to_dict(), "extra": 1, "bogus": 2})


@pytest.mark.parametrize("kind", [*GROUPS, Recipe])
def test_settings_cannot_be_changed(kind: type) -> None:
    made = kind()
    name = next(iter(made.to_dict()))
    with pytest.raises(FrozenInstanceError):
        setattr(made, name, 5)


def test_only_a_quality_or_a_target_chooses_the_network() -> None:
    assert not SizeConfig().chooses
    assert not SizeConfig(metric="n_em_kd").chooses
    for aim in ({"quality": 0.0}, {"bytes": 1}, {"ratio": 2.5}, {"error": 1e-3}):
        assert SizeConfig(**aim).chooses, aim
