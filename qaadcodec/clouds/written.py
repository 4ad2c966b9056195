"""The formats that clouds are written in: those that are read and written, and those that are written only."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from qaadcodec.clouds.formats import TABLE
from qaadcodec.clouds.formats.record import CloudFormat
from qaadcodec.clouds.writers import las, obj, vtp
from qaadcodec.errors import UsageError

_WRITERS = {
    record.name: record
    for record in (
        CloudFormat(name="vtp", suffixes=(".vtp",), write_one=vtp.write_one),
        CloudFormat(name="obj", suffixes=(".obj",), is_text=True, write_one=obj.write_one),
        CloudFormat(name="las", suffixes=(".las",), write_one=las.write_las),
        CloudFormat(name="laz", suffixes=(".laz",), write_one=las.write_laz),
    )
}

# By name; a format that is read takes its writer from above where it has none itself.
WRITABLE: dict[str, CloudFormat] = {
    **{name: record for name, record in TABLE.items() if record.write_one or record.write_many},
    **{
        name: replace(TABLE[name], write_one=record.write_one) if name in TABLE else record
        for name, record in _WRITERS.items()
    },
}
WRITTEN = tuple(WRITABLE)
_SUFFIXES = {s: record for record in WRITABLE.values() for s in (*record.suffixes, *record.named_suffixes)}


def format_to_write(name: str) -> CloudFormat:
    """The format of that name; UsageError lists the names there are."""
    try:
        return WRITABLE[name]
    except KeyError:
        raise UsageError(f"unknown cloud format {name!r}; formats are {', '.join(WRITTEN)}") from None


def format_of(path: str | Path) -> str:
    """The name of the format that the suffix of an output stands for; UsageError lists the suffixes there are."""
    suffix = Path(path).suffix.lower()
    if suffix in _SUFFIXES:
        return _SUFFIXES[suffix].name
    what = f"no cloud format has the suffix {suffix!r} of {path}" if suffix else f"{path} has no suffix"
    if read := next((record for record in TABLE.values() if suffix in record.suffixes), None):
        what = f"{path}: {read.name} files are read and not written"
    known = dict.fromkeys(suffix for record in WRITABLE.values() for suffix in record.suffixes)
    raise UsageError(what, hint=f"name it with one of {' '.join(known)}, or give --format")
