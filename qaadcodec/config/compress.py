"""All settings of `compress` together, and the ways of changing some of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any, ClassVar

from qaadcodec.config.checks import Settings, require
from qaadcodec.config.coding import CodingConfig, SizeConfig
from qaadcodec.config.network import NetworkConfig
from qaadcodec.config.training import AssignmentConfig, TrainingConfig
from qaadcodec.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class CompressConfig(Settings):
    """All there is to set for `compress`; a preset is a named one of these."""

    groups: ClassVar[Mapping[str, type[Settings]]] = {
        "network": NetworkConfig,
        "assignment": AssignmentConfig,
        "training": TrainingConfig,
        "coding": CodingConfig,
        "size": SizeConfig,
    }

    preset: str = "default"
    points: int | None = None
    seed: int = 0
    budget_seconds: float | None = None
    size: SizeConfig = field(default_factory=lambda: SizeConfig())
    network: NetworkConfig = field(default_factory=NetworkConfig)
    assignment: AssignmentConfig = field(default_factory=AssignmentConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    coding: CodingConfig = field(default_factory=CodingConfig)

    def __post_init__(self) -> None:
        require(self.points is None or self.points >= 2, "points", self.points, "at least 2")
        require(0 <= self.seed < 2**63, "seed", self.seed, "from 0 to 2^63 - 1")
        require(
            self.budget_seconds is None or self.budget_seconds > 0, "budget", self.budget_seconds, "above 0 seconds"
        )
        if self.size.bytes is not None or self.size.ratio is not None:
            require(self.coding.numbers == "entropy", "numbers", self.coding.numbers, '"entropy" for a wanted size')

    def with_overrides(
        self,
        *,
        points: int | None = None,
        latent_size: int | None = None,
        patches: int | None = None,
        epochs: int | None = None,
        seed: int | None = None,
        budget_seconds: float | None = None,
    ) -> CompressConfig:
        """This configuration with the settings that were given (not None) put in place of its own."""

        def given(**values: Any) -> dict[str, Any]:
            return {k: v for k, v in values.items() if v is not None}

        network = given(latent_size=latent_size, patches=patches)
        return replace(
            self,
            **given(points=points, seed=seed, budget_seconds=budget_seconds),
            size=replace(self.size, given=tuple(dict.fromkeys((*self.size.given, *network)))),
            network=replace(self.network, **network),
            training=replace(self.training, **given(epochs=epochs)),
        )


def with_settings(config: CompressConfig, settings: Mapping[str, Any]) -> CompressConfig:
    """The configuration with single settings changed, by dotted names such as "assignment.pair_swaps".

    The name of the preset tells of them, so that an archive does not claim to be made with the plain preset.

    Raises:
        UsageError: there is no such setting, or the value is of another type or out of range.
    """
    values = config.to_dict()
    for name, value in settings.items():
        group, _, key = name.partition(".")
        if group not in config.groups or key not in values[group]:
            known = [f"{g}.{k}" for g in config.groups for k in values[g]]
            near = get_close_matches(name, known, n=3, cutoff=0.3) or ["assignment.pair_swaps"]
            raise UsageError(f"there is no setting {name!r}", hint=f"there is {', '.join(near)}; the README lists all")
        values[group][key] = value
        if group == "network":
            values["size"]["given"] = tuple(dict.fromkeys((*values["size"]["given"], key)))
    if settings:
        changes = " ".join(f"{name}={json.dumps(value)}" for name, value in settings.items())
        values["preset"] = f"{config.preset} {changes}"[:256]
    return CompressConfig.from_dict(values)


def aimed(config: CompressConfig, **aims: Any) -> CompressConfig:
    """The configuration with what is given (not None) in place of the quality, or the target, that its `size` has.

    A metric stays where none is given. That an aim was wanted which now gives way is for the caller to know.

    Raises:
        UsageError: a value is out of range, more than one target is given, or the numbers are not entropy-coded.
    """
    given = {name: value for name, value in aims.items() if value is not None}
    if not given:
        return config
    require(config.coding.numbers == "entropy", "numbers", config.coding.numbers, '"entropy" for a quality or a target')
    kept = {"given": config.size.given, "metric": config.size.metric}
    return replace(config, size=SizeConfig(**{**kept, **given}))
