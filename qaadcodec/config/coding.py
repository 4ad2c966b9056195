"""How numbers become bits, and how many of them."""

from __future__ import annotations

from dataclasses import dataclass

from qaadcodec.config.checks import Settings, require

METRICS = ("em_kd", "n_em_kd")
# Numbers of one section that can be entropy-coded. They may take next to no bytes, so a file's size bounds nothing.
MAX_CODED = 1 << 24


@dataclass(frozen=True, slots=True, kw_only=True)
class CodingConfig(Settings):
    """How numbers become bits.

    Attributes:
        numbers: "entropy" rounds to grids that are found and learnt with, and entropy-codes; "uniform" rounds at the
            end, to so many bits.
        learn_from: share of the training after which what is learnt is rounded for every gradient.
        loss: error that rounding may cost when it begins, as a share of the matched error. Learning makes up for it; a
            quality multiplies it. Material rows have 1 where nothing else is asked for.
        price: weight of the bits in what is minimised, as a multiple of the one that goes with `loss`.
        weight_bits: bits of a uniform weight.
        latent_bits: bits of a uniform latent number.
        input_bits: bits of a uniform coordinate of the input cloud.
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
    """What decides how large the archive gets. With none of it, network and coding are taken as they are set.

    Attributes:
        quality: 0 to 100; it chooses network and coding for the set (`--quality`).
        bytes: the size that the archive should have (`--target-size`).
        ratio: the same, as a ratio to the bytes of the clouds (`--target-ratio`).
        metric: the metric of `error`, "em_kd" or "n_em_kd".
        error: the error that should be reached, in as few bytes as can be (`--target-error`).
    """

    quality: float | None = None
    bytes: int | None = None
    ratio: float | None = None
    metric: str = "em_kd"
    error: float | None = None

    def __post_init__(self) -> None:
        require(self.quality is None or 0 <= self.quality <= 100, "quality", self.quality, "from 0 to 100")
        require(self.bytes is None or self.bytes >= 1, "target size", self.bytes, "at least 1 byte")
        require(self.ratio is None or self.ratio > 0, "target ratio", self.ratio, "above 0")
        require(self.metric in METRICS, "metric", self.metric, '"em_kd" or "n_em_kd"')
        require(self.error is None or self.error > 0, "target error", self.error, "above 0")
        aims = {"bytes": self.bytes, "ratio": self.ratio, "error": self.error}
        several = [name for name, value in aims.items() if value is not None]
        require(len(several) <= 1, "targets", ", ".join(several), "one at most: a size, a ratio or an error")

    @property
    def chooses(self) -> bool:
        """Whether network and coding are chosen for the set."""
        return any(aim is not None for aim in (self.quality, self.bytes, self.ratio, self.error))
