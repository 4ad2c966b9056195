"""The manifest of a work folder: one JSON file that tells what the latest checkpoint is of, and where it is.

It takes the place of the one before in one step, after the files that it names are on the disk. So there is always one
whole checkpoint, or none.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from qaadcodec.errors import EnvironmentFailure
from qaadcodec.files import atomic_output, reason
from qaadcodec.work.state import damaged

NAME = "checkpoint.json"
FORMAT = "qaad work 1"
MOST_BYTES = 1 << 28


@dataclass(frozen=True, slots=True)
class Part:
    """A file of a checkpoint.

    Attributes:
        name: in the folder.
        bytes, crc32: of the whole file.
        clouds: the first cloud whose rows are in it, and the one behind the last; None for what all clouds share.
    """

    name: str
    bytes: int
    crc32: int
    clouds: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What `checkpoint.json` holds.

    Attributes:
        version: of the qaad that wrote it.
        options: of the run, by name.
        clouds: name, number of points and CRC-32 of each cloud, in their order.
        number: of the checkpoint, counted from 1.
        stage: the phase that it was made in.
        seconds: that the run had worked by then.
        files: what it consists of.
        parts: the numbers of its parts, by the names of these.
    """

    version: str
    options: Mapping[str, Any]
    clouds: list[list[Any]]
    number: int
    stage: str
    seconds: float
    files: list[Part] = field(default_factory=list)
    parts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Put it in the place of the one before. EnvironmentFailure where that is not possible."""
        with atomic_output(folder / NAME, overwrite=True) as stream:
            stream.write(json.dumps({"format": FORMAT, **asdict(self)}, separators=(",", ":")).encode())

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Read and check it.

        Raises:
            EnvironmentFailure: it cannot be read, is not JSON, or not what `write` writes; it names the folder.
        """
        origin = str(folder)
        try:
            with (folder / NAME).open("rb") as stream:
                data = stream.read(MOST_BYTES + 1)
        except OSError as error:
            raise EnvironmentFailure(f"cannot read {folder / NAME}: {reason(error)}") from error
        if len(data) > MOST_BYTES:
            raise damaged(origin, f"{NAME} has more than {MOST_BYTES} bytes")
        try:
            values = json.loads(data)
            if values.pop("format") != FORMAT:
                raise ValueError("its format is not that of this version of qaad")
            files = [_part(values_of) for values_of in values.pop("files")]
            found = cls(**values, files=files)
            found._check()
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise damaged(origin, f"{NAME} makes no sense: {error}") from error
        return found

    def _check(self) -> None:
        """ValueError where a value is of another kind than `write` writes."""
        kinds = {"version": str, "options": dict, "clouds": list, "number": int, "stage": str, "parts": dict}
        for name, kind in kinds.items():
            if not isinstance(getattr(self, name), kind):
                raise ValueError(f"{name} is {str(getattr(self, name))[:40]!r}")
        if not isinstance(self.seconds, int | float) or not 0 <= self.seconds < 1e12:
            raise ValueError(f"seconds is {str(self.seconds)[:40]!r}")
        if not all(isinstance(numbers, dict) for numbers in self.parts.values()):
            raise ValueError("a part has no numbers")
        for cloud in self.clouds:
            if not isinstance(cloud, list) or [type(value) for value in cloud] != [str, int, int]:
                raise ValueError(f"a cloud is {str(cloud)[:40]!r}")


def _part(values: dict[str, Any]) -> Part:
    """A file of the list; ValueError where its name leads out of the folder, or a number is none."""
    part = Part(**values)
    if not isinstance(part.name, str) or Path(part.name).name != part.name or not part.name.endswith(".safetensors"):
        raise ValueError(f"a file is called {str(part.name)[:40]!r}")
    if part.clouds is not None:
        first, last = part.clouds
        part = Part(part.name, part.bytes, part.crc32, (first, last))
    if not all(type(number) is int and number >= 0 for number in (part.bytes, part.crc32, *(part.clouds or ()))):
        raise ValueError(f"{part.name} has numbers that are none")
    return part
