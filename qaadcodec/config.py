"""Every hyperparameter, checked on construction, and the presets that name whole sets of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from difflib import get_close_matches
from typing import Any, Self

from qaadcodec.errors import UsageError


def require(condition: bool, name: str, value: object, rule: str) -> None:
    """Raise UsageError saying which setting is off, what it was and what it must be."""
    if not condition:
        raise UsageError(f"{name} is {value!r}, and must be {rule}")


KINDS = {
    "int": "a whole number",
    "int | None": "a whole number",
    "float": "a number",
    "float | None": "a number",
    "bool": "true or false",
    "str": "text",
    "tuple[int, ...]": "a list of whole numbers",
    "tuple[str, ...]": "a list of texts",
}


class Settings:
    """Dictionary forms of a configuration; unknown keys and values of another type are refused, never ignored."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)  # type: ignore[call-overload,no-any-return]

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        known = {f.name: str(f.type) for f in fields(cls)}  # type: ignore[arg-type]
        if unknown := sorted(set(values) - set(known)):
            raise UsageError(f"unknown settings for {cls.__name__}: {', '.join(unknown)}; known are {', '.join(known)}")
        read = {name: GROUPS[name].from_dict(value) if name in GROUPS else value for name, value in values.items()}
        read = {name: tuple(value) if isinstance(value, list) else value for name, value in read.items()}
        for name, value in read.items():
            if name not in GROUPS:
                require(is_a(value, known[name]), name.replace("_", " "), value, KINDS[known[name]])
        return cls(**read)


def is_a(value: object, declared: str) -> bool:
    """Whether a value is of the type that a field declares; whole numbers are also accepted for float ones."""
    if declared.startswith("tuple"):
        return isinstance(value, tuple) and all(type(item) is (int if "int" in declared else str) for item in value)
    names = declared.split(" | ")
    return type(value).__name__.replace("NoneType", "None") in names or (type(value) is int and "float" in names)


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkConfig(Settings):
    """The folding network (paper sections 3.3 and 4.2): what has to be known to build it, and to decode.

    Attributes:
        latent_size: l, numbers per cloud.
        patches: K, each with heads of its own.
        shared_widths: output widths of the layers that all patches share.
        head_widths: hidden widths of the patch heads; a last layer of width 3 follows.
        fourier_octaves: octaves of sin and cos of the input point beside the point itself; 0 for none.
        film: the latent scales and shifts every shared layer; without it, it shifts the first only (the paper's).
        displacement: the network's output is added to the input point, rather than taken as the point.
    """

    latent_size: int = 32
    patches: int = 64
    shared_widths: tuple[int, ...] = (256, 128, 128, 128)
    head_widths: tuple[int, ...] = (16,)
    fourier_octaves: int = 4
    film: bool = True
    displacement: bool = True

    def __post_init__(self) -> None:
        require(1 <= self.latent_size <= 4096, "latent size", self.latent_size, "from 1 to 4096")
        require(1 <= self.patches <= 65536, "patches", self.patches, "from 1 to 65536")
        for name, widths, fewest in (("shared widths", self.shared_widths, 1), ("head widths", self.head_widths, 0)):
            require(fewest <= len(widths) <= 16, name, widths, f"a list of {fewest} to 16 widths")
            require(all(1 <= w <= 8192 for w in widths), name, widths, "widths from 1 to 8192")
        require(0 <= self.fourier_octaves <= 16, "fourier octaves", self.fourier_octaves, "from 0 to 16")

    @property
    def encoded_width(self) -> int:
        """Width of the encoded input point: 3 coordinates and a sine and cosine of each per octave."""
        return 3 + 6 * self.fourier_octaves

    def tensor_shapes(self) -> dict[str, tuple[int, ...]]:
        """Name and shape of every tensor of the network, in the one order used everywhere.

        `shared.I.weight` is (out, in), `head.J.weight` (K, out, in); `scale` and `shift` are (out, l) and act on the
        latent. Heads see the last shared features, then the input point.
        """
        shapes: dict[str, tuple[int, ...]] = {}
        width = self.encoded_width
        for i, out in enumerate(self.shared_widths):
            shapes[f"shared.{i}.weight"] = (out, width)
            shapes[f"shared.{i}.bias"] = (out,)
            if self.film:
                shapes[f"shared.{i}.scale"] = (out, self.latent_size)
            if self.film or i == 0:
                shapes[f"shared.{i}.shift"] = (out, self.latent_size)
            width = out
        width += 3
        for j, out in enumerate((*self.head_widths, 3)):
            shapes[f"head.{j}.weight"] = (self.patches, out, width)
            shapes[f"head.{j}.bias"] = (self.patches, out)
            width = out
        return shapes


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentConfig(Settings):
    """How targets are assigned to the rows of the input cloud (paper section 3.4).

    Attributes:
        greedy: start from QAAD-Greedy (Algorithm 1); without it from a random assignment, for ablation.
        greedy_leaf: most points in a subspace of Greedy.
        pair_swaps: QAAD-Reassignment (Algorithm 2) on the points of every step.
        leaf_resolving: exact re-assignment inside small leaves of whole clouds, now and then.
        leaf: most points in such a leaf.
        resolve_every: epochs between two rounds of it.
    """

    greedy: bool = True
    greedy_leaf: int = 128
    pair_swaps: bool = True
    leaf_resolving: bool = True
    leaf: int = 256
    resolve_every: int = 40

    def __post_init__(self) -> None:
        require(2 <= self.greedy_leaf <= 16384, "greedy leaf", self.greedy_leaf, "from 2 to 16384")
        require(2 <= self.leaf <= 16384, "leaf", self.leaf, "from 2 to 16384")
        require(self.resolve_every >= 1, "resolve every", self.resolve_every, "at least 1 epoch")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingConfig(Settings):
    """How the network, the input cloud and the latent table are learnt (paper section 4.2).

    Attributes:
        epochs: passes over the set; one pass shows every cloud once.
        batch: clouds per step.
        points_per_step: points of each cloud per step, the same number from every patch.
        optimiser: of the network's matrices: "soap" (`training.soap`), or "adam" as for all else.
        learning_rate: the optimiser's highest step.
        schedule: "cosine": it rises within the first steps, and a cosine takes it to nought; or "constant".
        latent_rate: learning rate of the latents as a multiple of it.
        input_rate: learning rate of the input cloud as a multiple of it; 0 keeps it fixed.
        warmup_epochs: passes of the paper's warm-up with an encoder and the augmented Chamfer distance, before the
            first assignment; 0 for none.
    """

    epochs: int = 1200
    batch: int = 4
    points_per_step: int = 2048
    optimiser: str = "soap"
    learning_rate: float = 2.5e-3
    schedule: str = "cosine"
    latent_rate: float = 4.0
    input_rate: float = 0.8
    warmup_epochs: int = 0

    def __post_init__(self) -> None:
        require(self.epochs >= 1, "epochs", self.epochs, "at least 1")
        require(self.batch >= 1, "batch", self.batch, "at least 1")
        require(self.points_per_step >= 1, "points per step", self.points_per_step, "at least 1")
        require(self.optimiser in ("soap", "adam"), "optimiser", self.optimiser, '"soap" or "adam"')
        require(0 < self.learning_rate < 1, "learning rate", self.learning_rate, "above 0 and below 1")
        require(self.schedule in ("cosine", "constant"), "schedule", self.schedule, '"cosine" or "constant"')
        require(0 <= self.latent_rate <= 1000, "latent rate", self.latent_rate, "from 0 to 1000")
        require(0 <= self.input_rate <= 1000, "input rate", self.input_rate, "from 0 to 1000")
        require(self.warmup_epochs >= 0, "warmup epochs", self.warmup_epochs, "0 or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class CodingConfig(Settings):
    """How numbers become bits.

    Attributes:
        numbers: "entropy": rounded to steps that are found and learnt with, and entropy-coded; or "uniform".
        learn_from: share of the training after which what is learnt is rounded for every gradient.
        loss: error that rounding may cost when it begins, as a share of the matched error; learning makes up for it.
        price: weight of the bits in what is minimised, as a multiple of the one that goes with `loss`.
        weight_bits, latent_bits, input_bits: of uniform numbers.
    """

    numbers: str = "entropy"
    learn_from: float = 0.6
    loss: float = 0.5
    price: float = 3.0
    weight_bits: int = 8
    latent_bits: int = 8
    input_bits: int = 12

    def __post_init__(self) -> None:
        require(self.numbers in ("entropy", "uniform"), "numbers", self.numbers, '"entropy" or "uniform"')
        require(0 <= self.learn_from <= 1, "learn from", self.learn_from, "from 0 to 1")
        require(0 < self.loss <= 100, "loss", self.loss, "above 0 and at most 100")
        require(0 <= self.price <= 1000, "price", self.price, "from 0 to 1000")
        for name in ("weight_bits", "latent_bits", "input_bits"):
            require(2 <= getattr(self, name) <= 16, name.replace("_", " "), getattr(self, name), "from 2 to 16")


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeConfig(Settings):
    """What decides how large the container gets; with none of it, network and coding are taken as they are set.

    Attributes:
        quality: 0 to 100; network and coding are chosen by it for the set (`codec.sizing`).
        bytes: what the container should come to.
        ratio: the same, as a ratio to the bytes of the clouds.
        metric, error: an error that should be reached, in as few bytes as can be: "em_kd" or "n_em_kd", and its value.
        given: settings of the network that stay as they are set, whatever is chosen.
    """

    quality: float | None = None
    bytes: int | None = None
    ratio: float | None = None
    metric: str = "em_kd"
    error: float | None = None
    given: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require(self.quality is None or 0 <= self.quality <= 100, "quality", self.quality, "from 0 to 100")
        require(self.bytes is None or self.bytes >= 1, "target size", self.bytes, "at least 1 byte")
        require(self.ratio is None or self.ratio > 0, "target ratio", self.ratio, "above 0")
        require(self.metric in ("em_kd", "n_em_kd"), "metric", self.metric, '"em_kd" or "n_em_kd"')
        require(self.error is None or self.error > 0, "target error", self.error, "above 0")
        aims = {"bytes": self.bytes, "ratio": self.ratio, "error": self.error}
        several = [name for name, value in aims.items() if value is not None]
        require(len(several) <= 1, "targets", ", ".join(several), "one at most: a size, a ratio or an error")

    @property
    def chosen(self) -> bool:
        """Whether network and coding are chosen for the set."""
        return any(aim is not None for aim in (self.quality, self.bytes, self.ratio, self.error))


@dataclass(frozen=True, slots=True, kw_only=True)
class CompressConfig(Settings):
    """All there is to set for `compress`; a preset is a named one of these."""

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


GROUPS: dict[str, type[Settings]] = {
    "network": NetworkConfig,
    "assignment": AssignmentConfig,
    "training": TrainingConfig,
    "coding": CodingConfig,
    "size": SizeConfig,
}


def with_settings(config: CompressConfig, settings: Mapping[str, Any]) -> CompressConfig:
    """The configuration with single settings changed, by dotted names such as "assignment.pair_swaps".

    The name of the preset tells of them, so that an archive does not claim to be made with the plain preset.

    Raises:
        UsageError: there is no such setting, or the value is of another type or out of range.
    """
    values = config.to_dict()
    for name, value in settings.items():
        group, _, key = name.partition(".")
        if group not in GROUPS or key not in values[group]:
            known = [f"{g}.{k}" for g in GROUPS for k in values[g]]
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
    """The configuration with those of its `size` settings that are given (not None) in place of its quality.

    Raises:
        UsageError: a value is out of range, more than one target is given, or the numbers are not entropy-coded.
    """
    given = {name: value for name, value in aims.items() if value is not None}
    if not given:
        return config
    require(config.coding.numbers == "entropy", "numbers", config.coding.numbers, '"entropy" for a quality or a target')
    return replace(config, size=SizeConfig(given=config.size.given, **given))


CHOSEN = SizeConfig(quality=75)

PRESETS: dict[str, CompressConfig] = {
    "fast": CompressConfig(preset="fast", size=CHOSEN, training=TrainingConfig(epochs=200)),
    "default": CompressConfig(preset="default", size=CHOSEN),
    "max": CompressConfig(preset="max", size=CHOSEN, training=TrainingConfig(epochs=5000)),
    # The paper's recipe for faces and bodies (section 4.2), with none of our additions.
    "paper": CompressConfig(
        preset="paper",
        network=NetworkConfig(
            latent_size=256, patches=128, head_widths=(64,), fourier_octaves=0, film=False, displacement=False
        ),
        assignment=AssignmentConfig(greedy_leaf=1024, leaf_resolving=False),
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
        ),
        coding=CodingConfig(numbers="uniform"),
    ),
}


def preset(name: str) -> CompressConfig:
    """The configuration of that name; UsageError lists the names there are."""
    if name not in PRESETS:
        raise UsageError(f"unknown preset {name!r}; presets are {', '.join(PRESETS)}")
    return PRESETS[name]
