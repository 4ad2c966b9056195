"""What the header of an archive says, and its JSON (formats/qaad-1.md, "Header")."""

from __future__ import annotations

import json
import math
import re
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from qaadcodec.archive.strict_json import parse_object
from qaadcodec.config import NetworkConfig, require
from qaadcodec.config.network import POSITION
from qaadcodec.errors import ArchiveError, UsageError

MAX_CLOUDS = 1 << 24
MAX_POINTS = 1 << 24
MAX_TEXT = 256
MAX_WHOLE = 2**63 - 1
MAX_ERRORS = 64
MAX_MESSAGE = 500
DTYPES = ("float32", "float64")

Point = tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What is known of a set before any section is read. It is checked when it is made.

    Attributes:
        clouds: N.
        points: M.
        dtype: the precision of decoded points, "float32" or "float64".
        offset, scale: a normalised point p is `p * scale + offset` in input units, computed in float64.
        bounds: least and greatest corner of all clouds, in input units.
        network: all that is needed to build the network.
        writer: program and version that wrote the file.
        preset, seed, epochs: how the set was learnt; "" or None where that is not known.
        errors: what the compressor measured, by name.

    Raises:
        UsageError: a value breaks a rule; the message has the value and the rule.
    """

    clouds: int
    points: int
    dtype: str
    offset: Point
    scale: float
    bounds: tuple[Point, Point]
    network: NetworkConfig
    writer: str = ""
    preset: str = ""
    seed: int | None = None
    epochs: int | None = None
    errors: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _whole("clouds", self.clouds, 1, MAX_CLOUDS)
        _whole("points", self.points, 1, MAX_POINTS)
        require(self.dtype in DTYPES, "dtype", self.dtype, " or ".join(DTYPES))
        _set(self, "offset", _point("offset", self.offset))
        _set(self, "scale", _number("scale", self.scale))
        require(self.scale > 0, "scale", self.scale, "above 0")
        require(isinstance(self.bounds, (tuple, list)) and len(self.bounds) == 2, "bounds", self.bounds, "two points")
        _set(self, "bounds", tuple(_point("bounds", corner) for corner in self.bounds))
        require(all(a <= b for a, b in zip(*self.bounds, strict=True)), "bounds", self.bounds, "least corner first")
        channels = self.network.channels
        require(channels == POSITION, "channels", channels, f"{POSITION}: version 1.0 holds positions only")
        require(self.network.patches <= self.points, "patches", self.network.patches, f"at most {self.points} (points)")
        _text("writer", self.writer)
        _text("preset", self.preset)
        if self.seed is not None:
            _whole("seed", self.seed, 0, MAX_WHOLE)
        if self.epochs is not None:
            _whole("epochs", self.epochs, 0, MAX_WHOLE)
        require(isinstance(self.errors, dict), "errors", self.errors, "an object")
        require(len(self.errors) <= MAX_ERRORS, "number of errors", len(self.errors), f"at most {MAX_ERRORS}")
        for name, value in self.errors.items():
            _text("name of an error", name)
            _number(f"error {name}", value)

    def to_json(self) -> bytes:
        """Canonical JSON: sorted keys, no white space, UTF-8, the shortest numbers that read back the same."""
        values = {k: v for k, v in asdict(self).items() if v is not None}
        values["errors"] = {k: v if type(v) is int else float(v) for k, v in self.errors.items()}
        values["network"] = self.network.to_dict()
        text = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        return text.encode()

    @classmethod
    def from_json(cls, data: bytes) -> Header:
        """The header from its bytes. Keys that are not known are skipped.

        Raises:
            ArchiveError: what is wrong.
        """
        values = parse_object(data)
        known = {f.name for f in fields(cls)}
        required = ("clouds", "points", "dtype", "offset", "scale", "bounds", "network")
        if missing := [key for key in required if key not in values]:
            raise ArchiveError(f"has no {', '.join(missing)}")
        try:
            for key in ("seed", "epochs"):  # a value that is not known has no key: null is not a number
                _whole(key, values.get(key, 0), 0, MAX_WHOLE)
            network = _network(values["network"])
            return cls(**{k: v for k, v in values.items() if k in known} | {"network": network})
        except UsageError as error:
            raise ArchiveError(_shortened(str(error))) from error


def _network(values: Any) -> NetworkConfig:
    """Every setting has to be there and of its own type: if a default changes, old files must stay as they are."""
    require(isinstance(values, dict), "network", values, "an object")
    defaults = NetworkConfig().to_dict()
    if set(values) != set(defaults):
        odd = sorted(set(values) ^ set(defaults))
        raise UsageError(f"network has unknown settings or lacks some: {', '.join(odd)[:MAX_TEXT]}")
    for key, default in defaults.items():
        value = values[key]
        if isinstance(default, (tuple, list)):
            good = isinstance(value, list) and all(type(v) is int for v in value)
        else:
            good = type(value) is type(default)
        require(good, f"network's {key}", value, f"of the kind of {default!r}")
    return NetworkConfig.from_dict(values)


def _shortened(message: str) -> str:
    """Values come from the file and may be long. The rule stands at the end of a message, and is kept."""
    half = MAX_MESSAGE // 2 - 2
    return message if len(message) <= MAX_MESSAGE else f"{message[:half]} … {message[-half:]}"


def _set(header: Header, name: str, value: object) -> None:
    object.__setattr__(header, name, value)


def _whole(name: str, value: object, low: int, high: int) -> None:
    require(type(value) is int and low <= value <= high, name, value, f"a whole number from {low} to {high}")


def _number(name: str, value: Any) -> float:
    usable = not isinstance(value, (bool, str)) and hasattr(value, "__float__") and math.isfinite(value)
    require(usable, name, value, "a finite number")
    return float(value)


def _point(name: str, value: Any) -> Point:
    sized = hasattr(value, "__len__") and not isinstance(value, (str, dict))
    require(sized and len(value) == 3, name, value, "a point")
    x, y, z = (_number(name, v) for v in value)
    return x, y, z


def _text(name: str, value: object) -> None:
    """A control character could make a file steer the terminal that shows it; a lone surrogate has no UTF-8."""
    good = (
        isinstance(value, str) and len(value) <= MAX_TEXT and not re.search("[\x00-\x1f\x7f-\x9f\ud800-\udfff]", value)
    )
    require(good, name, value, f"text of at most {MAX_TEXT} characters, without control characters")
