"""bin/audit: which locked packages are affected by which advisories, by a small copy of OSV's database."""

from __future__ import annotations

import importlib.util
import json
import re
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
MODULES = {
    "": {"version": "1"},
    "node_modules/@a/b": {"version": "1.2.0-beta.2"},
    "node_modules/linked": {"link": True},
}
PINS = "A_a.B==1.5.0 \\\n    --hash=sha256:0\nnext==2.0rc1 ; sys_platform == 'win32' \\\n    --hash=sha256:0\n"


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit", ROOT / "bin" / "audit.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def locks(tmp_path: Path, audit: ModuleType) -> Path:
    """A checkout with few packages in its locks: a-a-b 1.5.0, next 2.0rc1, torch 2.6.0+cpu, @a/b 1.2.0-beta.2."""
    files = {"run.txt": PINS, "cpu.txt": "torch==2.6.0+cpu\n", "lowest.txt": "next==1.0\n"}
    (tmp_path / "bin" / "locks").mkdir(parents=True)
    for name, text in files.items():
        (tmp_path / "bin" / "locks" / name).write_text(text)
    for lock, modules in zip(audit.MODULES, (MODULES, {}), strict=True):
        (tmp_path / lock).parent.mkdir(parents=True)
        (tmp_path / lock).write_text(json.dumps({"packages": modules}))
    return tmp_path


def advisory(name: str = "a-a-b", *events: dict[str, str], **more: Any) -> dict[str, Any]:
    """An advisory about a package of PyPI, or of npm where it has a scope."""
    npm = name.startswith("@")
    entry: dict[str, Any] = {"package": {"ecosystem": "npm" if npm else "PyPI", "name": name}}
    if events:
        entry["ranges"] = [{"type": "SEMVER" if npm else "ECOSYSTEM", "events": list(events)}]
    entry |= {key: more.pop(key) for key in ("versions",) if key in more}
    return {"id": "X-1", "modified": "2026-01-02T03:04:05.123456Z", "affected": [entry], **more}


def copy(folder: Path, *records: Any) -> str:
    """A copy of the database."""
    with zipfile.ZipFile(folder / "osv.zip", "w") as archive:
        for number, record in enumerate(records):
            archive.writestr(f"X-{number}.json", record if isinstance(record, str) else json.dumps(record))
    return str(folder / "osv.zip")


def since(*places: str) -> list[dict[str, str]]:
    """Events: affected from the first version on, fixed in the second one, affected again from the third one, …"""
    return [{("introduced", "fixed")[number % 2]: place} for number, place in enumerate(places)]


CASES = {
    "in the list": (advisory(versions=["1.4", "1.5"]), True),  # the same version by PEP 440
    "not in the list": (advisory(versions=["1.4", "1.5.1", "no version"]), False),
    "before the fix": (advisory("a-a-b", *since("0", "1.5.1")), True),
    "the fix itself": (advisory("a-a-b", *since("0", "1.5.0")), False),
    "from the start": (advisory("a-a-b", *since("1.5", "1.6")), True),
    "before the start": (advisory("a-a-b", *since("1.5.0.post1")), False),
    "between two ranges": (advisory("a-a-b", *since("0", "1.4", "1.6", "1.7")), False),
    "in the second range, events out of order": (advisory("a-a-b", *since("1.4", "1.7", "0", "1.2")), True),
    "ten is more than nine": (advisory("a-a-b", *since("0", "1.10")), True),
    "last affected": (advisory("a-a-b", {"introduced": "0"}, {"last_affected": "1.5"}), True),
    "behind the last affected": (advisory("a-a-b", {"introduced": "0"}, {"last_affected": "1.4.9"}), False),
    "never fixed": (advisory("a-a-b", {"introduced": "0"}), True),
    "neither list nor ranges": (advisory("a-a-b"), False),
    "withdrawn": (advisory("a-a-b", *since("0"), withdrawn="2026-01-01T00:00:00Z"), False),
    "a name that is written otherwise": (advisory("A.A__b", *since("0")), True),
    "another package": (advisory("a-a-c", *since("0")), False),
    "a pre-release before its release": (advisory("next", *since("0", "2.0")), True),
    "a pre-release that is fixed": (advisory("next", *since("0", "2.0b7")), False),
    "a pre-release before the start": (advisory("next", *since("2.0")), False),
    "the version that tests alone install": (advisory("next", *since("0", "1.1")), False),
    "a build of the last affected version": (advisory("torch", {"introduced": "0"}, {"last_affected": "2.6.0"}), True),
    "a build of the fixed version": (advisory("torch", *since("0", "2.6.0")), False),
    "a module before its release": (advisory("@a/b", *since("0", "1.2.0")), True),
    "a module behind a pre-release": (advisory("@a/b", *since("0", "1.2.0-beta.2")), False),
    "a module before a pre-release": (advisory("@a/b", *since("0", "1.2.0-beta.10")), True),
    "a module: words behind numbers": (advisory("@a/b", *since("0", "1.2.0-beta.x")), True),
    "a module that is written otherwise": (advisory("@A/b", *since("0")), False),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_affected(audit: ModuleType, locks: Path, case: str, capsys: pytest.CaptureFixture[str]) -> None:
    record, affected = CASES[case]
    assert audit.main([copy(locks, record)], locks) == int(affected)
    assert len(capsys.readouterr().out.splitlines()) == int(affected)


def test_another_ecosystem_and_ranges_of_commits(audit: ModuleType, locks: Path) -> None:
    elsewhere = advisory("next", *since("0"))
    elsewhere["affected"][0]["package"]["ecosystem"] = "npm"
    commits = advisory("next", *since("0", "0123abc"))
    commits["affected"][0]["ranges"][0]["type"] = "GIT"
    assert audit.main([copy(locks, elsewhere, commits)], locks) == 0


def test_what_is_said(audit: ModuleType, locks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    today = (datetime.now(UTC) - timedelta(days=3, hours=1)).isoformat().replace("+00:00", "Z")
    score = {"type": "CVSS_V3", "score": "CVSS:3.1/AV:N"}
    first = advisory("a-a-b", *since("0", "1.2", "1.3", "1.10", "1.11", "1.12"), id="P-1", aliases=["CVE-1", "GHSA-1"])
    second = advisory("@a/b", *since("0"), id="G-2", database_specific={"severity": "HIGH"}, severity=[score])
    assert audit.main([copy(locks, first, second | {"modified": today})], locks) == 1
    said = capsys.readouterr()
    assert said.out.splitlines() == [
        "@a/b 1.2.0-beta.2 (formats/js/package-lock.json): G-2, severity high CVSS:3.1/AV:N, "
        "no version is known that has it fixed",
        "a-a-b 1.5.0 (bin/locks/run.txt): P-1 = CVE-1 = GHSA-1, severity unknown, fixed in 1.10",
    ]
    assert said.err.splitlines() == [
        f"qaad: {locks}/osv.zip: 2 advisories, the newest of {today[:10]}, 3 days ago",
        "qaad: PyPI: locked packages 3, advisories 1",
        "qaad: npm: locked packages 1, advisories 1",
    ]


def test_a_database_that_is_none(audit: ModuleType, locks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, damaged = locks / "text.zip", locks / "damaged.zip"
    text.write_text("<html>not found</html>")
    whole = Path(copy(locks, advisory())).read_bytes()
    damaged.write_bytes(whole.replace(b"modified", b"modifiex"))
    cases = {
        str(locks / "none.zip"): f"cannot read {locks}/none.zip: no such file or directory",
        str(text): f"{text} is no zip archive",
        str(damaged): f"{damaged}: X-0.json cannot be read",
    }
    for path, message in cases.items():
        assert audit.main([path], locks) == 2
        said = capsys.readouterr()
        assert (said.out, said.err.splitlines()[0]) == ("", f"qaad: error: {message}")
        assert said.err.splitlines()[1].startswith("hint: a database is a copy of https://")
    for records, message in {
        (): "osv.zip is empty",
        ("[]",): "osv.zip: X-0.json cannot be read",
        ('{"id": "X"}',): "osv.zip: X-0.json has no id or no date, and is no advisory of OSV",
    }.items():
        assert audit.main([copy(locks, *records)], locks) == 2
        assert message in capsys.readouterr().err
    assert audit.main([], locks) == audit.main(["--help"], locks) == 2


def test_a_range_that_makes_no_sense_is_told(
    audit: ModuleType, locks: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit.main([copy(locks, advisory("next", *since("0", "two")))], locks) == 2
    assert "X-1 cannot be compared with next 2.0rc1: " in capsys.readouterr().err


def test_every_package_of_the_locks_is_looked_at(audit: ModuleType) -> None:
    packages = audit.locked(ROOT)
    for lock in {package.lock for package in packages if package.ecosystem == "PyPI"}:
        blocks = re.findall(r"^\w.*==", (ROOT / lock).read_text(encoding="utf-8"), re.MULTILINE)
        assert len(blocks) == sum(package.lock == lock for package in packages)
    named = {(package.name, package.lock) for package in packages}
    assert ("pillow", "bin/locks/run.txt") in named
    assert ("three", "qaadcodec/page/viewer/package-lock.json") in named
    assert ("@types/three", "qaadcodec/page/viewer/package-lock.json") in named
    assert all(package.place(package.version) for package in packages)
