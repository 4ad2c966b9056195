"""All settings of a compression together, as a preset names them and `--set` changes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, ClassVar

from qaadcodec.config.checks import Settings, require
from qaadcodec.config.clouds import CloudsConfig
from qaadcodec.config.coding import CodingConfig, SizeConfig
from qaadcodec.config.network import NetworkConfig
from qaadcodec.config.training import AssignmentConfig, TrainingConfig
from qaadcodec.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe(Settings):
    """All there is to set. What a quality or a target chooses for a set stands in its `Plan`, not here."""

    groups: ClassVar[Mapping[str, type[Settings]]] = {
        "clouds": CloudsConfig,
        "network": NetworkConfig,
        "assignment": AssignmentConfig,
        "training": TrainingConfig,
        "coding": CodingConfig,
        "size": SizeConfig,
    }

    clouds: CloudsConfig = field(default_factory=CloudsConfig)
    network: NetworkConfig = field(default_factory=NetworkConfig)
    assignment: AssignmentConfig = field(default_factory=AssignmentConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    coding: CodingConfig = field(default_factory=CodingConfig)
    size: SizeConfig = field(default_factory=SizeConfig)

    def __post_init__(self) -> None:
        if self.size.bytes is not None or self.size.ratio is not None:
            require(self.coding.numbers == "entropy", "numbers", self.coding.numbers, '"entropy" for a wanted size')

    def with_settings(self, settings: Mapping[str, Any]) -> Recipe:
        """This recipe with single settings changed, by dotted names such as "assignment.pair_swaps".

        Raises:
            UsageError: there is no such setting, or the value is of another type or out of range.
        """
        values = self.to_dict()
        for name, value in settings.items():
            group, _, key = name.partition(".")
            if group not in self.groups or key not in values[group]:
                known = [f"{g}.{k}" for g in self.groups for k in values[g]]
                near = get_close_matches(name, known, n=3, cutoff=0.3) or ["assignment.pair_swaps"]
                raise UsageError(
                    f"there is no setting {name!r}",
                    hint=f"there is {', '.join(near)}; qaadcodec/config/README.md lists all",
                )
            values[group][key] = value
        return Recipe.from_dict(values)
