"""Which locked packages have known vulnerabilities, by copies of OSV's database on the disk, without a network.

    bin/audit PyPI.zip npm.zip

A copy is what https://osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip gives, and …/npm/all.zip for the modules
of the page and of the decoder in JavaScript: a file of JSON for each advisory. Each package of bin/locks is compared
with the versions and ranges of its advisories, by the rules of https://ossf.github.io/osv-schema/; the locks of the
lowest versions are left out, since tests alone install those.

Exit codes: 0 nothing is known, 1 something is, 2 a copy cannot be read.
"""

from __future__ import annotations

import json
import re
import sys
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

ROOT = Path(__file__).parents[1]
MODULES = ("formats/js/package-lock.json", "qaadcodec/page/viewer/package-lock.json")
SOURCE = "https://osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip"
SEMVER = re.compile(r"v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-([0-9A-Za-z.-]+))?(?:\+.*)?")

Record = dict[str, Any]


class Unreadable(Exception):
    """A copy of the database is not what it should be."""


class Package(NamedTuple):
    """A package that a lock names."""

    ecosystem: str
    name: str
    version: str
    lock: str

    def place(self, version: str) -> tuple[Any, ...]:
        """Where a version comes in the order of the package's ecosystem. "0" comes before all others."""
        if version == "0":
            return (0,)
        if self.ecosystem == "PyPI":  # PEP 440; a build of a version, such as 2.6.0+cpu, has the flaws of that version
            return 1, Version(version.partition("+")[0])
        if not (
            found := SEMVER.fullmatch(version)
        ):  # https://semver.org: in what comes before a release, numbers come before words
            raise InvalidVersion(f"{version} is no version")
        *numbers, before = found.groups(default="")
        # Of what comes before a release, numbers come before words.
        words = [(0, int(word), "") if word.isdigit() else (1, 0, word) for word in before.split(".")]
        return 1, *(int(number or 0) for number in numbers), not before, words

    def is_among(self, versions: Sequence[str]) -> bool:
        """Whether a list has the version, however it is written."""
        own = self.place(self.version)
        for version in versions:
            try:
                if self.place(version) == own:
                    return True
            except InvalidVersion:  # as some very old releases have
                continue
        return False

    def is_between(self, events: Sequence[dict[str, str]]) -> bool:
        """Whether the events of a range leave the version affected."""
        own, inside = self.place(self.version), False
        kinds = ("introduced", "fixed", "last_affected")
        for at, kind in sorted((self.place(event[kind]), kind) for event in events for kind in kinds if kind in event):
            if own >= at and kind == "introduced":
                inside = True
            elif own > at or (own == at and kind == "fixed"):
                inside = False
        return inside


def locked(root: Path) -> list[Package]:
    """All that the locks name."""
    found = []
    for path in sorted((root / "bin" / "locks").glob("*.txt")):
        if not path.stem.startswith("lowest"):
            pins = re.findall(r"^([\w.-]+)==(\S+)", path.read_text(encoding="utf-8"), re.MULTILINE)
            found += [Package("PyPI", canonicalize_name(name), pin, f"bin/locks/{path.name}") for name, pin in pins]
    for lock in MODULES:
        modules = json.loads((root / lock).read_text(encoding="utf-8"))["packages"]
        named = {place: module["version"] for place, module in modules.items() if place and "version" in module}
        found += [Package("npm", place.rpartition("node_modules/")[2], pin, lock) for place, pin in named.items()]
    return found


def records(database: Path) -> Iterator[Record]:
    """The advisories of a copy. Unreadable: it is none."""
    name = ""
    try:
        with zipfile.ZipFile(database) as archive:
            for name in archive.namelist():
                record = json.loads(archive.read(name))
                if not {"id", "modified"} <= record.keys():
                    raise Unreadable(f"{database}: {name} has no id or no date, and is no advisory of OSV")
                yield record
    except OSError as error:
        raise Unreadable(f"cannot read {database}: {(error.strerror or str(error)).lower()}") from error
    except (zipfile.BadZipFile, zlib.error, ValueError, AttributeError) as error:
        raise Unreadable(f"{database}: {name} cannot be read" if name else f"{database} is no zip archive") from error
    if not name:
        raise Unreadable(f"{database} is empty")


def affected(package: Package, record: Record) -> list[Record]:
    """The entries of an advisory for a package, if one of them has its version; else none."""
    entries = [entry for entry in record.get("affected") or () if key(entry) == (package.ecosystem, package.name)]
    try:
        if any(package.is_among(entry.get("versions") or ()) for entry in entries):
            return entries
        return entries if any(package.is_between(events) for entry in entries for events in spans(entry)) else []
    except InvalidVersion as error:
        what = f"{record['id']} cannot be compared with {package.name} {package.version}: {error}"
        raise Unreadable(what) from error


def key(entry: Record) -> tuple[str, str]:
    """The ecosystem and the name of the package that an entry is about."""
    named = entry.get("package") or {"ecosystem": "", "name": ""}
    ecosystem = named["ecosystem"].partition(":")[0]
    return ecosystem, canonicalize_name(named["name"]) if ecosystem == "PyPI" else named["name"]


def spans(entry: Record) -> list[list[dict[str, str]]]:
    """The events of each range of versions; ranges of commits are left out."""
    return [span["events"] for span in entry.get("ranges") or () if span["type"] in ("ECOSYSTEM", "SEMVER")]


def told(package: Package, record: Record, entries: Sequence[Record]) -> str:
    """The line about an advisory that a package is affected by."""
    fixes = {event["fixed"] for entry in entries for events in spans(entry) for event in events if "fixed" in event}
    later = sorted((fix for fix in fixes if package.place(fix) > package.place(package.version)), key=package.place)
    scores = [score["score"] for part in (record, *entries) for score in part.get("severity") or ()]
    severity = [(record.get("database_specific") or {}).get("severity", "").lower(), *dict.fromkeys(scores)]
    names = " = ".join([record["id"], *(record.get("aliases") or ())])
    fixed = f"fixed in {later[0]}" if later else "no version is known that has it fixed"
    how = " ".join(filter(None, severity)) or "unknown"
    return f"{package.name} {package.version} ({package.lock}): {names}, severity {how}, {fixed}"


def main(arguments: Sequence[str], root: Path = ROOT) -> int:
    """Compare the locks with copies of the database, and say what is found; the exit code."""
    if not arguments or any(argument.startswith("-") for argument in arguments):
        print(f"usage: bin/audit DATABASE...\n\nA database is a copy of {SOURCE}, or of npm's.", file=sys.stderr)
        return 2
    packages: dict[tuple[str, str], list[Package]] = {}
    for package in locked(root):
        packages.setdefault(package[:2], []).append(package)
    known, found = Counter[str](), set()
    try:
        for database in map(Path, arguments):
            count, newest = 0, ""
            for record in records(database):
                count, newest = count + 1, max(newest, record["modified"])
                about = {key(entry) for entry in record.get("affected") or ()}
                known.update({ecosystem for ecosystem, _ in about})
                for package in () if "withdrawn" in record else chain(*(packages.get(name, ()) for name in about)):
                    if entries := affected(package, record):
                        found.add(told(package, record, entries))
            age = (datetime.now(UTC) - datetime.fromisoformat(newest)).days
            print(f"qaad: {database}: {count} advisories, the newest of {newest[:10]}, {age} days ago", file=sys.stderr)
    except Unreadable as error:
        print(f"qaad: error: {error}\nhint: a database is a copy of {SOURCE}, or of npm's", file=sys.stderr)
        return 2
    for line in sorted(found):
        print(line)
    for ecosystem in ("PyPI", "npm"):
        number = sum(len(pins) for (of, _), pins in packages.items() if of == ecosystem)
        print(f"qaad: {ecosystem}: locked packages {number}, advisories {known[ecosystem]}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
