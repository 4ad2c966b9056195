"""Fault × phase × what was left: commands that write are disturbed in all the ways that are known, again and again.

    bin/bench faults                           # all commands; most of an hour
    bin/bench faults --only compress,encode    # those whose name has one of these words in it
    bin/bench faults --markdown                # as tests/bench/FAULTS.md has it

What is left should be nothing, or the whole output: an archive is verified, the files of a folder are compared with
those of a run without a fault. Anything else is a finding, and so is a traceback, or exit code 0 without an output.
Ctrl-C ends it with the table so far. A small disk is mounted where that is permitted, and calls of the system fail
where strace is installed.
"""

from __future__ import annotations

import argparse
import contextlib
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))  # the faults are those of the tests

from fixtures.faults import VICTIMS, Judgement, Place, Victim, after, injected, limited, made, small_disk, while_writing

SIGNALS = [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGXCPU]
EARLY = 0.1  # seconds
SHOTS = 24
CALLS = ("fsync", "link", "rename", "mkdir", "fallocate")  # made by what brings files to their places

Shot = tuple[str, str, Callable[[], Judgement]]  # fault, phase, and what makes it happen


def main() -> None:
    """Disturb every command and print a row for each fault and phase."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="commands whose name has one of these words in it")
    parser.add_argument("--shots", type=int, default=SHOTS, help="of each kind")
    parser.add_argument("--markdown", action="store_true", help="print a table for a page")
    arguments = parser.parse_args()
    words = arguments.only.split(",")
    victims = tuple(victim for victim in VICTIMS if any(word in victim.name for word in words))
    rows: Counter[tuple[str, str, str]] = Counter()
    with tempfile.TemporaryDirectory() as folder, contextlib.suppress(KeyboardInterrupt):
        place = made(Path(folder, "place"), victims)
        for victim in victims:
            for fault, phase, run in shots(place, victim, arguments.shots):
                found = run()
                kind = found.left if found.left in ("nothing", "whole") else "finding"
                rows[fault, phase, kind] += 1
                if kind == "finding":
                    what = f"{victim.name}, {fault}, {phase}: {found.left}, exit code {found.code}"
                    print(what, found.said, sep="\n", file=sys.stderr, flush=True)
    row = "| {} | {} | {} | {} | {} | {} |" if arguments.markdown else "{:34} {:22} {:>5} {:>8} {:>6} {:>9}"
    print(row.format("fault", "phase", "runs", "nothing", "whole", "findings"))
    for fault, phase in dict.fromkeys((fault, phase) for fault, phase, _ in rows):
        counts = [rows[fault, phase, kind] for kind in ("nothing", "whole", "finding")]
        print(row.format(fault, phase, sum(counts), *counts))


def shots(place: Place, victim: Victim, count: int) -> Iterator[Shot]:
    """All that is done to a command."""
    started = time.monotonic()
    whole = place.judged(victim, place.start(victim.line))
    seconds = time.monotonic() - started
    yield "none", "", lambda: whole
    for phase, times in (("first 100 ms", np.linspace(0, EARLY, count)), ("later", np.linspace(EARLY, seconds, count))):
        for i, at in enumerate(times):
            number = SIGNALS[i % len(SIGNALS)]
            yield "a signal", phase, partial(after, float(at), number, place, victim)
    for i in range(count):
        yield (
            "a signal, and SIGTERM at once",
            "writing",
            partial(while_writing, SIGNALS[i % len(SIGNALS)], place, victim),
        )
    yield from full(place, victim, count // 3)
    for i in range(count // 3):
        most = (i + 1) * (4 << 30) // (count // 3)
        yield "too few addresses", "up to 4 GiB", partial(limited, resource.RLIMIT_AS, most, place, victim)
    yield from streams(place, victim)


def full(place: Place, victim: Victim, count: int) -> Iterator[Shot]:
    """A disk that is full at every phase, files that may not grow, and calls that fail."""
    sizes = [place.sizes[victim.name] * i // count for i in range(count)]
    for size in sizes:
        yield "files may be no larger", "writing", partial(limited, resource.RLIMIT_FSIZE, size, place, victim)
    for which, folder in (("outputs", place.outputs), ("temporary files", place.temporary)):
        for size in sizes if which == "outputs" else [0, 1 << 14, 1 << 17]:
            yield "a full disk", f"writing {which}", partial(on_small_disk, folder, size, place, victim)
    if shutil.which("strace"):
        for call in CALLS:
            for when in (1, 2, 7):
                yield "a call of the system fails", call, partial(injected, call, "ENOSPC", when, place, victim)
    yield "read-only outputs", "start", partial(read_only, place, victim)


def on_small_disk(folder: Path, size: int, place: Place, victim: Victim) -> Judgement:
    """Outputs, or temporary files, go to a disk of so many bytes; at least a page, which a folder needs."""
    with small_disk(folder, max(size, 1 << 13)) as mounted:
        return place.judged(victim, place.start(victim.line)) if mounted else Judgement("nothing", 1, "")


def read_only(place: Place, victim: Victim) -> Judgement:
    """Nothing can be written where outputs go."""
    with small_disk(place.outputs, 1 << 20, "ro"):
        return place.judged(victim, place.start(victim.line))


def streams(place: Place, victim: Victim) -> Iterator[Shot]:
    """Standard streams that are closed or full, no home, and two runs at once."""
    for what in ("<&-", ">&-", "2>&-", ">/dev/full", "2>/dev/full", "<&- >&- 2>&-"):
        yield "a standard stream", f"`{what}`", partial(plain, place, victim, redirect=what)
    yield "no home", "start", partial(plain, place, victim, HOME="/nonexistent")
    yield "C locale", "start", partial(plain, place, victim, LC_ALL="C", PYTHONUTF8="0")
    yield "two runs at once", "all", partial(twice, place, victim)
    if "in.qaad" in victim.line:
        for delay in np.linspace(0.05, 0.6, 6):
            yield "the input shrinks", "reading", partial(shrinking, float(delay), place, victim)


def plain(place: Place, victim: Victim, **ways: str) -> Judgement:
    """Run a command as `start` lets it run."""
    return place.judged(victim, place.start(victim.line, **ways))  # type: ignore[arg-type]


def twice(place: Place, victim: Victim) -> Judgement:
    """Two runs with one output: one of them has it, the other says that it is there."""
    other = place.start(victim.line)
    process = place.start(victim.line)
    other.communicate()
    codes = sorted([other.returncode, process.wait()])
    judgement = place.judged(victim, process)
    return judgement if codes == [0, 1] else Judgement(f"exit codes {codes}", codes[1], judgement.said)


def shrinking(delay: float, place: Place, victim: Victim) -> Judgement:
    """The archive that is read loses its end."""
    archive = place.folder / "in.qaad"
    data = archive.read_bytes()
    process = place.start(victim.line)
    time.sleep(delay)
    archive.write_bytes(data[: len(data) // 2])
    judgement = place.judged(victim, process)
    archive.write_bytes(data)
    return judgement


if __name__ == "__main__":
    main()
