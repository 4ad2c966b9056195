"""One fuzzing run, in a process of its own: libFuzzer ends its process in its own way, and a library may in another.

    python tests/fuzz/guided.py TARGET FINDINGS [arguments of libFuzzer]

atheris counts which branches of the readers an input takes, and libFuzzer goes on from inputs that take new ones. Where
there is no atheris (macOS, Windows, other processors), and with -unguided, inputs are changed at random: those of the
seeds and of the corpora that guided runs left. Nothing is counted then, so several times as many are tried.
"""

from __future__ import annotations

import hashlib
import mmap
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import nullcontext
from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1])]

from fuzz.bounds import ended_if_it_hangs  # noqa: E402

COUNTED = ["qaadcodec", "plyfile", "laspy", "pye57"]
AT_ONCE = 100  # inputs of a run at random between two looks at the clock
LONGEST = 65536  # bytes of an input
UNGUIDED, NOW = "-unguided", "now"  # an argument of ours; the file that has the input that is being tried


class Findings:
    """Tries inputs, and keeps the first of each kind that ends in anything but clouds, numbers or a refusal.

    Args:
        target: what is tried.
        folder: gets a file for each kind, which is told apart by the exception and the line that raised it, and the
            story beside it.
        tell: gets every input before it is tried.
    """

    def __init__(self, target: Any, folder: Path, tell: Callable[[bytes], None]) -> None:
        self._target, self._folder, self._tell = target, folder, tell
        folder.mkdir(parents=True, exist_ok=True)

    def __call__(self, data: bytes) -> None:
        """Try an input. One that hangs ends the process."""
        self._tell(data)
        try:
            with ended_if_it_hangs():
                self._target.run(data, timed=True, share=True)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # a panic of Rust is no Exception
            frames = traceback.extract_tb(error.__traceback__)
            ours = [frame for frame in frames if "qaadcodec" in frame.filename] or frames
            kind = f"{type(error).__name__} {ours[-1].filename}:{ours[-1].lineno} {frames[-1].name}"
            path = self._folder / f"{type(error).__name__}-{hashlib.sha256(kind.encode()).hexdigest()[:10]}"
            if not path.exists():
                path.write_bytes(data)
                story = "".join(traceback.format_exception(error))
                path.with_suffix(".txt").write_text(story, encoding="utf-8", errors="backslashreplace")
                print(f"found {path}: {kind}: {error}", file=sys.stderr, flush=True)


def main() -> None:
    """Fuzz until libFuzzer's arguments say that it is enough."""
    name, folder, *arguments = sys.argv[1:]
    atheris: Any = None
    if find_spec("atheris") and UNGUIDED not in arguments:
        import atheris
    with atheris.instrument_imports(include=COUNTED) if atheris else nullcontext():
        from fuzz.mutation import mutated
        from fuzz.targets import TARGETS

        target = TARGETS[name]
        seeds = [path.read_bytes() for path in target.seeds]
        attempt = Findings(target, Path(folder), told_in(Path(NOW)))
        for seed in seeds:  # which imports what is imported late
            attempt(seed)

    def changed(data: bytes, most: int, seed: int) -> bytes:
        """libFuzzer's own change half of the time, ours otherwise; in a piece of the file mostly."""
        rng = Random(seed)
        if rng.random() < 0.5:
            return target.change(data, rng, seeds)[:most]
        return target.changed(data, rng, lambda piece: atheris.Mutate(piece, len(piece) + 256))[:most]

    if atheris:
        atheris.Setup([sys.argv[0], *arguments], attempt, custom_mutator=changed)
        atheris.Fuzz()
        return
    wanted = dict(argument.lstrip("-").split("=", 1) for argument in arguments if "=" in argument)
    end = time.monotonic() + float(wanted.get("max_total_time", "inf"))
    rng, done, most = Random(int(wanted.get("seed", 0)) or None), 0, float(wanted.get("runs", "inf"))
    grown = [path for folder in arguments if not folder.startswith("-") for path in sorted(Path(folder).iterdir())]
    starts = seeds + [path.read_bytes() for path in grown]
    while done < most and (done % AT_ONCE or time.monotonic() < end):
        attempt(mutated(target.change(rng.choice(starts), rng, starts), rng)[:LONGEST])
        done += 1
    print(f"stat::number_of_executed_units: {done}", file=sys.stderr)


def told_in(path: Path) -> Callable[[bytes], None]:
    """Keeps the input that is being tried in a file, behind its length in 8 bytes, in case that ends this process."""
    path.write_bytes(bytes(8 + LONGEST))
    with path.open("r+b") as file:
        held = mmap.mmap(file.fileno(), 0)

    def tell(data: bytes) -> None:
        held[: 8 + len(data)] = len(data).to_bytes(8, "little") + data

    return tell


if __name__ == "__main__":
    main()
