"""What the user asks of a compression."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from qaadcodec.config.checks import require
from qaadcodec.config.coding import SizeConfig
from qaadcodec.config.presets import MATERIAL, preset
from qaadcodec.config.recipe import Recipe
from qaadcodec.errors import UsageError

AIMS = ("size.quality", "size.bytes", "size.ratio", "size.error")
LONGEST_TEXT = 256  # characters that the header of an archive has for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the user asks for. None means "choose for me"; `plan.plan` does, once N and M are known.

    Attributes:
        preset: name of the recipe that everything else changes.
        quality: 0 to 100; chooses network and coding for the set.
        target_bytes, target_ratio: what the archive should come to, in bytes or as a ratio to the clouds' bytes.
        target_error: metric ("em_kd" or "n_em_kd") and the value to reach, in as few bytes as can be.
        align: whether and how clouds are aligned, one of ALIGNMENTS.
        rows: what a row stands for, one of ROWS.
        points: M; the smallest count of the clouds when None.
        latent_size, patches: l and K, whatever a quality would choose.
        epochs: passes over the set.
        budget_seconds: time for the whole run.
        start: an archive to start from; its network is kept. The text of the request does not name it.
        settings: any other settings, by dotted names such as "assignment.pair_swaps".

    Raises:
        UsageError: a value is out of range, two of quality and targets are given, or there is no such setting.
    """

    preset: str = "default"
    quality: float | None = None
    target_bytes: int | None = None
    target_ratio: float | None = None
    target_error: tuple[str, float] | None = None
    align: str | None = None
    rows: str | None = None
    points: int | None = None
    latent_size: int | None = None
    patches: int | None = None
    epochs: int | None = None
    budget_seconds: float | None = None
    start: str | Path | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        budget = self.budget_seconds
        require(self.points is None or self.points >= 2, "points", self.points, "at least 2")
        require(budget is None or budget > 0, "budget", budget, "above 0 seconds")
        if len(self._given_aims) > 1:
            raise UsageError(f"{' and '.join(self._given_aims)} exclude each other", hint="give one quality or target")
        self.recipe()  # what is wrong with it is told now, not after the clouds were read

    @property
    def aims(self) -> dict[str, float]:
        """The quality or target that was given, by its name as a setting."""
        error = None if self.target_error is None else self.target_error[1]
        aims = zip(AIMS, (self.quality, self.target_bytes, self.target_ratio, error), strict=True)
        return {name: value for name, value in aims if value is not None}

    @property
    def fixed(self) -> frozenset[str]:
        """Settings of the network that were given, so that no quality changes them."""
        by_option = {name for name, value in self._options().items() if value is not None}
        return frozenset(
            by_option | {name.removeprefix("network.") for name in self.settings if name.startswith("network.")}
        )

    def recipe(self) -> Recipe:
        """The preset's recipe with everything in it that was given."""
        self._check_preset()
        recipe = preset(self.preset).with_settings(self.settings)
        network = {name: value for name, value in self._options().items() if value is not None}
        recipe = replace(recipe, network=replace(recipe.network, **network))
        if self.align is not None:
            recipe = replace(recipe, clouds=replace(recipe.clouds, align=self.align))
        if self.rows is not None:
            recipe = replace(recipe, assignment=replace(recipe.assignment, rows=self.rows))
        if recipe.assignment.material:
            recipe = recipe.with_settings({n: value for n, value in MATERIAL.items() if n not in self.settings})
        if self.epochs is not None:
            recipe = replace(recipe, training=replace(recipe.training, epochs=self.epochs))
        if not self.aims:
            return recipe
        numbers = recipe.coding.numbers
        require(numbers == "entropy", "numbers", numbers, '"entropy" for a quality or a target')
        metric = recipe.size.metric if self.target_error is None else self.target_error[0]
        aims: dict[str, Any] = {name.removeprefix("size."): value for name, value in self.aims.items()}
        size = SizeConfig(metric=metric, **aims)
        return replace(recipe, size=size)

    @property
    def _given_aims(self) -> list[str]:
        """The names of qualities and targets, given by themselves or among the settings."""
        return [*self.aims, *(name for name in AIMS if self.settings.get(name) is not None)]

    def _check_preset(self) -> None:
        """UsageError where what was given goes with every preset but this one."""
        numbers = preset(self.preset).coding.numbers
        if self._given_aims and numbers != "entropy" and "coding.numbers" not in self.settings:
            raise UsageError(
                f"the preset {self.preset} has coding.numbers={json.dumps(numbers)}, and a quality or a target takes "
                '"entropy"',
                hint='take another preset, or add coding.numbers="entropy" to the settings (--set)',
            )

    def _options(self) -> dict[str, Any]:
        return {"latent_size": self.latent_size, "patches": self.patches}

    def at(self, quality: float) -> Request:
        """The same request with this quality in place of its quality or target."""
        settings = {name: value for name, value in self.settings.items() if not name.startswith("size.")}
        return replace(
            self, quality=quality, target_bytes=None, target_ratio=None, target_error=None, settings=settings
        )

    @classmethod
    def of_text(cls, text: str) -> Request:
        """The request that `str` made this of. Latent size and patches are not in it: the network has them.

        Raises:
            UsageError: it may have been cut, or is of a version with other presets or settings.
        """
        if len(text) >= LONGEST_TEXT:  # cut within a number, it would be another number
            raise UsageError(f"the text of a request may be cut: it has {len(text)} characters")
        name, *changes = re.split(r" (?=[a-z]+\.[a-z_]+=)", text)
        try:
            settings = {key: json.loads(value) for key, _, value in (change.partition("=") for change in changes)}
        except json.JSONDecodeError as error:
            raise UsageError(f"the text of a request is not understood: {text[-40:]!r}") from error
        return cls(preset=name, settings=settings)

    def __str__(self) -> str:
        """Preset, quality or target, and what else was given: "default size.quality=40 network.film=false".

        The header of an archive keeps it, so that the archive does not claim to be made with the plain preset.
        """
        aims = {name: int(value) if float(value).is_integer() else value for name, value in self.aims.items()}
        metric = {} if self.target_error is None else {"size.metric": self.target_error[0]}
        epochs = {} if self.epochs is None else {"training.epochs": self.epochs}
        align = {} if self.align is None else {"clouds.align": self.align}
        rows = {} if self.rows is None else {"assignment.rows": self.rows}
        given = {**aims, **metric, **rows, **self.settings, **align, **epochs}  # rows before what may be cut
        changes = [f"{name}={json.dumps(value)}" for name, value in given.items()]
        return " ".join([self.preset, *changes])[:LONGEST_TEXT]
