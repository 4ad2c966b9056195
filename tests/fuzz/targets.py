"""What is fuzzed: each cloud format, what holds files, the archive, and the two decoders against each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from fuzz import archives, clouds, javascript, parts
from fuzz.bounds import bounded
from fuzz.mutation import mutated
from fuzz.parts import Splitter, change_a_piece
from fuzz.tokens import TOKENS

from qaadcodec.clouds.formats import TABLE

ROOT = Path(__file__).parents[2]
VECTORS = "formats/vectors/*.qaad"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What is tried with an input.

    Attributes:
        name: what `bin/fuzz` calls it.
        check: reads an input. Whatever it raises is a finding.
        check_share: the same in long runs, where what reads an input once more is done with some of them alone.
        tried: how many changed inputs `bin/test` tries.
        splitters: how the input is taken apart before a piece of it is changed; see `parts.change_a_piece`.
        tokens: words of the format.
        shared: further seeds, as patterns of paths in the project.
        needs: a program without which it cannot be tried; empty for none.
    """

    name: str
    check: Callable[[bytes], None]
    check_share: Callable[[bytes], None] | None = None
    tried: int = 300
    splitters: tuple[Splitter, ...] = ()
    tokens: tuple[bytes, ...] = ()
    shared: tuple[str, ...] = ()
    needs: str = ""

    @property
    def seeds(self) -> list[Path]:
        """Files of the repository that are inputs: whole ones, damaged ones, and every finding there was."""
        patterns = (f"tests/fuzz/corpus/{self.name}/*", *self.shared)
        return sorted({path for pattern in patterns for path in ROOT.glob(pattern)})

    def run(self, data: bytes, *, timed: bool = False, share: bool = False) -> None:
        """Try an input within the bounds of memory and, if timed, of time; it raises what is found."""
        with bounded(len(data), timed=timed):
            (self.check_share if share and self.check_share else self.check)(data)

    def changed(self, data: bytes, rng: Random, change: Callable[[bytes], bytes]) -> bytes:
        """An input with something changed: mostly in a piece of it, with lengths and checksums mended."""
        splitters = self.splitters if rng.random() < 0.8 else ()
        return change_a_piece(data, splitters, change, rng.getrandbits(24))

    def change(self, data: bytes, rng: Random, others: list[bytes]) -> bytes:
        """The same with the changes of `mutation`."""
        return self.changed(data, rng, lambda piece: mutated(piece, rng, self.tokens, others))


_SPLITTERS: dict[str, tuple[Splitter, ...]] = {
    "npy": (parts.npy,),
    "npz": (parts.zipped, parts.npy),
    "glb": (parts.glb,),
    "3mf": (parts.zipped,),
    "e57": (parts.e57,),
}
_TRIED = {"h5": 15, "e57": 60, "glb": 60, "las": 100}


def _of_clouds(name: str, check: Callable[..., None], **rest: Any) -> Target:
    return Target(name=name, check=check, check_share=lambda data: check(data, clouds.share_of(data)), **rest)


def _of_format(name: str) -> Target:
    return _of_clouds(
        name,
        partial(clouds.read_format, TABLE[name]),
        tried=_TRIED.get(name, 300),
        splitters=_SPLITTERS.get(name, ()),
        tokens=TOKENS.get(name, ()),
    )


_ARCHIVE: dict[str, Any] = {"splitters": (parts.archive,), "tokens": TOKENS["archive"], "shared": (VECTORS,)}

TARGETS = {
    target.name: target
    for target in (
        *map(_of_format, TABLE),
        _of_clouds("zip", clouds.read_zip, splitters=(parts.zipped,), tokens=TOKENS["zip"]),
        _of_clouds("stdin", clouds.read_stdin, splitters=(parts.gzipped,), shared=("tests/fuzz/corpus/*/*",)),
        Target(name="archive", check=archives.read_archive, **_ARCHIVE),
        Target(name="differential", check=archives.compare_decoders, **_ARCHIVE, tried=100),
        Target(name="javascript", check=javascript.compare_with_javascript, **_ARCHIVE, tried=100, needs="node"),
    )
}
