"""How runs that are resumed stand being killed: kill -9 at random moments, again and again, to the end of the run.

    bin/bench kills               # 100 kills
    bin/bench kills --kills 10    # fewer
    bin/bench kills --json FILE   # and the numbers, with the hardware named

A small set of bodies is learnt once without being disturbed. Then the same command with --resume is started and killed
over and over, after a random time each. Every run that gets to its end must have written the same file, and must have
left nothing else. Runs take turns in going through every phase: registration, Greedy, the paper's warm-up, encode.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from bench_tools import hardware, write_record

SMALL = ["--epochs", "40", "--points", "512", "--latent-size", "8", "--patches", "8", "--device", "cpu"]
WAYS = {
    "registration": ["--set", "assignment.registration=true"],
    "Greedy": ["--set", "assignment.registration=false"],
    "warm-up": ["--preset", "paper", "--set", "training.warmup_epochs=10", "--set", "network.shared_widths=[64,32]"],
}
ADDED = "encode"
NONE_YET, DONE = "no checkpoint yet", "the archive is there"
QAAD = [sys.executable, "-m", "qaadcodec"]


def command(way: str, output: str) -> list[str]:
    """The run that is killed: a checkpoint every 0.2 s, so that there is something to go on from."""
    if way == ADDED:
        what = ["encode", "Greedy.qaad", "more/", "-o", output, "--device", "cpu"]
    else:
        what = ["compress", "set/", "-o", output, *SMALL, *WAYS[way]]
    return [*QAAD, *what, "--checkpoint-every", "0.2s", "-q"]


def stage(work: Path) -> str:
    """What there is to go on from: the phase of the last checkpoint."""
    try:
        return f"checkpoint, {json.loads((work / 'checkpoint.json').read_text())['stage']}"
    except FileNotFoundError:
        return NONE_YET


def killed_to_the_end(folder: Path, way: str, seconds: float, kills: int, found: Counter[str]) -> int:
    """Kill a run at random moments until it gets to its end, or so many times; how many times it was killed."""
    count = 0
    while True:
        process = subprocess.Popen([*command(way, "out.qaad"), "--resume"], cwd=folder, stdout=subprocess.DEVNULL)
        try:
            code = process.wait(random.uniform(0.0, 1.1 * seconds) if count < kills else None)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            count += 1
            if (folder / "out.qaad").exists() and not (folder / ".out.qaad.work").exists():
                found[f"{way}: {DONE}"] += 1
                return count
            found[f"{way}: {stage(folder / '.out.qaad.work')}"] += 1
            continue
        if code != 0:
            raise SystemExit(f"{way}: a resumed run ended with exit code {code}")
        return count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="also write the numbers to this file")
    options = parser.parse_args()
    random.seed(options.seed)
    folder = Path(tempfile.mkdtemp(prefix="qaad-kills-"))
    for count, out, seed in ((16, "set/", "0"), (48, "more/", "1")):
        made = [*QAAD, "synth", "bodies", "-n", str(count), "-m", "512", "-o", out, "--seed", seed, "-q"]
        subprocess.run(made, cwd=folder, check=True)
    print(", ".join(f"{key} {value}" for key, value in hardware().items()), flush=True)
    found, ends, done, whole = Counter[str](), Counter[str](), 0, {}
    for way in (*WAYS, ADDED):
        started = time.perf_counter()
        subprocess.run(command(way, f"{way}.qaad"), cwd=folder, check=True, stdout=subprocess.DEVNULL)
        whole[way] = time.perf_counter() - started
    names = {path.name for path in folder.iterdir()}
    while done < options.kills:
        for way, seconds in whole.items():
            if done < options.kills:
                done += killed_to_the_end(folder, way, seconds, options.kills - done, found)
                if (folder / "out.qaad").read_bytes() != (folder / f"{way}.qaad").read_bytes():
                    raise SystemExit(f"{way}: another file came out, {folder}/out.qaad")
                (folder / "out.qaad").unlink()
                (folder / ".out.qaad.lock").unlink(missing_ok=True)  # of a run that was killed when it was done
                if left := {path.name for path in folder.iterdir()} - names:
                    raise SystemExit(f"{way}: {', '.join(left)} was left in {folder}")
                ends[way] += 1
                print(f"{done} kills so far, and the same file at the end of a run ({way})", flush=True)
    for what, count in sorted(found.items()):
        print(f"{count:>4} kills, {what}")
    runs = ", ".join(f"{count} of {way} ({whole[way]:.1f} s undisturbed)" for way, count in ends.items())
    print(f"{done} kills; runs that got to their end, all with the same file: {runs}")
    shutil.rmtree(folder)
    if options.json:
        write_record(options.json, kills=dict(sorted(found.items())), ends=ends, undisturbed_seconds=whole)


if __name__ == "__main__":
    main()
