"""The kinds of storage, what they need, and failures of all kinds in our own words."""

from __future__ import annotations

import sys

import pytest

from qaadcodec.errors import EnvironmentFailure, UsageError
from qaadcodec.remote.storage import failure, storage


def without(monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    for loaded in [name for name in sys.modules if name.partition(".")[0] == module]:
        monkeypatch.delitem(sys.modules, loaded)
    monkeypatch.setitem(sys.modules, module, None)


@pytest.mark.parametrize(
    ("url", "missing", "package"),
    [
        ("s3://b/a", "s3fs", "s3fs"),
        ("gs://b/a", "gcsfs", "gcsfs"),
        ("https://h/a?sig=secret", "aiohttp", "qaadcodec[remote]"),
        ("memory://a", "fsspec", "qaadcodec[remote]"),
    ],
)
def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, url: str, missing: str, package: str) -> None:
    without(monkeypatch, missing)
    with pytest.raises(EnvironmentFailure) as told:
        storage(url)
    assert str(told.value) == f"{url.replace('sig=secret', '…')}: this needs {missing}, which is not installed"
    assert told.value.hint == f"pip install '{package}'"


def test_unknown_kinds() -> None:
    with pytest.raises(UsageError, match=r"^nosuch://h/a: nosuch:// is no kind of storage that fsspec knows$"):
        storage("nosuch://h/a")


def test_texts_of_libraries_are_not_repeated() -> None:
    error = RuntimeError("request to https://h/a?sig=secret failed")
    assert str(failure("https://h/a?sig=secret", "be read", error)) == (
        "https://h/a?…: cannot be read: RuntimeError of builtins"
    )
    full = OSError(28, "No space left on device")
    assert str(failure("s3://b/a", "be written", full)) == "s3://b/a: cannot be written: no space left on device"


def test_a_missing_file_is_one_only_where_nothing_else_went_wrong() -> None:
    hidden = FileNotFoundError("https://h/a")
    hidden.__cause__ = TimeoutError()
    assert str(failure("https://h/a", "be read", hidden)) == "https://h/a: cannot be read: no answer within 30 s"
    assert str(failure("https://h/a", "be read", FileNotFoundError())) == "https://h/a: no such file"
