"""Fault × phase × command × what was left: every command is disturbed in all the ways that are known, again and again.

    bin/bench faults                                # all commands; some hours
    bin/bench faults --only compress,-o             # those of this name, and those with this word in it
    bin/bench faults --shots 6 --json found.json    # fewer of each kind; added to what there is in the file
    bin/bench faults --shots 6 --json found.json --rest    # only what the file has too few runs of
    bin/bench faults --show found.json              # as tests/bench/FAULTS.md has it

What is left should be nothing, or the whole output: an archive is verified, the files of a folder and what is printed
are compared with those of a run without a fault. Anything else is a finding, and so is a traceback, a crash, a command
that hangs, or exit code 0 without an output. Ctrl-C ends it with the table so far. A small disk is mounted where that
is permitted, and calls of the system fail where strace is installed.
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

from bench_faults import Rows, told
from fixtures.disturbances import (
    after,
    at_phase,
    changed,
    fill,
    halve,
    injected,
    limited,
    send,
    small_disk,
    turn,
    twice_interrupted,
    while_writing,
)
from fixtures.faults import Judgement, Place, made
from fixtures.victims import VICTIMS, Victim

SIGNALS = [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGXCPU]
EARLY = 0.1  # seconds
SHOTS = 24
CALLS = ("fsync", "link", "rename", "mkdir", "fallocate")  # made by what brings files to their places
ROOM = (0.014, 0.02, 0.06, 0.15, 0.25, 0.4, 0.7, 1.0, 1.5, 2.0, 4.0)  # GiB of addresses
DISK = 8 << 20  # bytes of a disk that is filled in the midst of a run

Shot = tuple[str, str, Callable[[], Judgement]]  # fault, phase, and what makes it happen


def main() -> None:
    """Disturb every command and print a row for each fault, phase and outcome."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="commands of these names, or with these words in them")
    parser.add_argument("--faults", default="", help="faults whose name has one of these words in it")
    parser.add_argument("--shots", type=int, default=SHOTS, help="of each kind")
    parser.add_argument("--json", type=Path, help="add what is found to this file")
    parser.add_argument("--rest", action="store_true", help="leave out as many runs of each kind as are in the file")
    parser.add_argument("--show", type=Path, help="print the table of such a file, and disturb nothing")
    arguments = parser.parse_args()
    if arguments.show:
        print(Rows.of(arguments.show).markdown())
        return
    words, faults = arguments.only.split(","), arguments.faults.split(",")
    whole = {victim.name for victim in VICTIMS}.intersection(words)
    victims = tuple(
        victim
        for victim in VICTIMS
        if victim.name in whole or any(word in victim.name for word in words if word not in whole)
    )
    rows = Rows.of(arguments.json)
    recorded = rows.runs() if arguments.rest else Counter()
    with tempfile.TemporaryDirectory() as folder, contextlib.suppress(KeyboardInterrupt):
        place = made(Path(folder, "place"), victims)
        for victim in victims:
            for fault, phase, run in shots(place, victim, arguments.shots):
                if not any(word in fault for word in faults):
                    continue
                if recorded[fault, phase, victim.name]:
                    recorded[fault, phase, victim.name] -= 1
                    continue
                found = run()
                if rows.add(fault, phase, victim, found):
                    print(told(fault, phase, victim, found), file=sys.stderr, flush=True)
                rows.save()
    print(rows.markdown())


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
    yield from in_phases(place, victim, count)
    if not victim.prints and not victim.in_steps:
        for number in SIGNALS[:count]:
            yield "a signal, and SIGTERM at once", "writing", partial(while_writing, number, place, victim)
        yield from full(place, victim, max(2, count // 3))
    for share in ROOM[:: 1 if count >= 12 else 3]:
        yield "too few addresses", "", partial(limited, resource.RLIMIT_AS, int(share * (1 << 30)), place, victim)
    yield from streams(place, victim)
    yield from inputs(place, victim, max(2, count // 6))


def in_phases(place: Place, victim: Victim, count: int) -> Iterator[Shot]:
    """At the beginning of each phase that a command tells of: signals, a second Ctrl-C, and a disk that is full."""
    for phase in victim.phases:
        for number in SIGNALS[: min(count, 4)]:
            act = partial(at_phase, phase, partial(send, number=number), place, victim)
            yield "a signal", phase, act
        yield "Ctrl-C twice", phase, partial(at_phase, phase, twice_interrupted, place, victim)
        if not victim.prints and not victim.in_steps:
            for which, folder in (("outputs", place.outputs), ("temporary files", place.temporary)):
                yield f"the disk of {which} fills up", phase, partial(filled, folder, phase, place, victim)


def filled(folder: Path, phase: str, place: Place, victim: Victim) -> Judgement:
    """The disk that outputs or temporary files are on is full from the beginning of a phase on."""
    with small_disk(folder, DISK) as mounted:
        if not mounted:
            return Judgement("nothing", 1, "mounting is not permitted")
        return at_phase(phase, lambda _: fill(folder), place, victim)


def full(place: Place, victim: Victim, count: int) -> Iterator[Shot]:
    """A disk that is full from the start, or soon; files that may not grow, and calls that fail."""
    sizes = [place.sizes[victim.name] * i // count for i in range(count)]
    for size in sizes:
        yield "files may be no larger", "writing", partial(limited, resource.RLIMIT_FSIZE, size, place, victim)
    for which, folder in (("outputs", place.outputs), ("temporary files", place.temporary)):
        for size in sizes if which == "outputs" else [0, 1 << 14, 1 << 17]:
            yield "a full disk", f"writing {which}", partial(on_small_disk, folder, size, place, victim)
    if shutil.which("strace"):
        for call in CALLS:
            for when in (1, 2, 7)[:count]:
                yield "a call of the system fails", call, partial(injected, call, "ENOSPC", when, place, victim)
    for which, folder in (("outputs", place.outputs), ("temporary files", place.temporary)):
        yield f"read-only {which}", "", partial(read_only, folder, place, victim)


def on_small_disk(folder: Path, size: int, place: Place, victim: Victim) -> Judgement:
    """Outputs, or temporary files, go to a disk of so many bytes; at least a page, which a folder needs."""
    with small_disk(folder, max(size, 1 << 13)) as mounted:
        return place.judged(victim, place.start(victim.line)) if mounted else Judgement("nothing", 1, "")


def read_only(folder: Path, place: Place, victim: Victim) -> Judgement:
    """Nothing can be written where outputs, or temporary files, go."""
    with small_disk(folder, 1 << 20, "ro"):
        return place.judged(victim, place.start(victim.line))


def streams(place: Place, victim: Victim) -> Iterator[Shot]:
    """Standard streams that are closed or full, no home, and two runs at once."""
    for what in ("<&-", ">&-", "2>&-", ">/dev/full", "2>/dev/full", "<&- >&- 2>&-"):
        yield f"a standard stream: `{what}`", "", partial(redirected, what, place, victim)
    yield "no home", "", partial(plain, place, victim, HOME="/proc/none", XDG_CACHE_HOME="/proc/none/cache")
    yield "C locale", "", partial(plain, place, victim, LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    if not victim.prints:
        yield "two runs at once", "", partial(twice, place, victim)


def plain(place: Place, victim: Victim, **ways: str) -> Judgement:
    """Run a command as `start` lets it run."""
    return place.judged(victim, place.start(victim.line, **ways))  # type: ignore[arg-type]


def redirected(what: str, place: Place, victim: Victim) -> Judgement:
    """Run a command with a stream closed or full; what it prints to a stream that is closed is nobody's loss."""
    found = plain(place, victim, redirect=what)
    closed = victim.prints and found.left == "lost" and ">&-" in what.replace("2>&-", "")
    return Judgement("nothing", found.code, found.said) if closed else found


def twice(place: Place, victim: Victim) -> Judgement:
    """Two runs with one output: one of them has it, the other says that it is there."""
    other = place.start(victim.line)
    process = place.start(victim.line)
    other.communicate()
    codes = sorted([other.returncode, process.wait()])
    judgement = place.judged(victim, process)
    return judgement if codes == [0, 1] else Judgement(f"exit codes {codes}", codes[1], judgement.said)


def inputs(place: Place, victim: Victim, count: int) -> Iterator[Shot]:
    """An archive that loses its end while it is read; a cloud that does, or becomes another one."""
    for delay in np.linspace(0.05, 0.6, count):
        if "in.qaad" in victim.line:
            archive = place.folder / "in.qaad"
            yield "the archive shrinks", "", partial(changed, archive, halve, float(delay), place, victim)
        if "set/" in victim.line and not victim.prints:  # what is printed of another cloud is other numbers
            for what, change in (("shrinks", halve), ("is another one", turn)):
                cloud = place.folder / "set" / "00003.ply"
                yield f"a cloud {what}", "", partial(changed, cloud, change, float(delay), place, victim)


if __name__ == "__main__":
    main()
