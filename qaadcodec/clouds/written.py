"""The formats that clouds are written in: those that are read and written, and those that are written only."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from qaadcodec.clouds.formats import TABLE
from qaadcodec.clouds.formats.record import CloudFormat, Records
from qaadcodec.errors import UsageError

WRITTEN = ("ply", "npy", "npz", "h5", "xyz", "off", "vtp", "obj", "las", "laz")
"""The formats that are written. The name of a format is its first suffix."""


def _record(name: str) -> CloudFormat:
    """The format of that name with its writer; a format that is read may have its writer in `writers`."""
    if name == "vtp":
        from qaadcodec.clouds.writers import vtp

        return replace(TABLE[name], write_one=vtp.write_one)
    if name == "obj":
        from qaadcodec.clouds.writers import obj

        return replace(TABLE[name], is_text=True, write_one=obj.write_one)
    if name == "las":
        from qaadcodec.clouds.writers import las

        return replace(TABLE[name], write_one=las.write_las)
    if name == "laz":
        from qaadcodec.clouds.writers import las

        return CloudFormat(name=name, suffixes=(".laz",), write_one=las.write_laz)
    return TABLE[name]


WRITABLE = Records(WRITTEN, _record)


def format_to_write(name: str) -> CloudFormat:
    """The format of that name; UsageError lists the names there are."""
    try:
        return WRITABLE[name]
    except KeyError:
        raise UsageError(f"unknown cloud format {name!r}; formats are {', '.join(WRITTEN)}") from None


def format_of(path: str | Path) -> str:
    """The name of the format that the suffix of an output stands for; UsageError lists the suffixes there are."""
    suffix = Path(path).suffix.lower()
    if suffix[1:] in WRITTEN:
        return suffix[1:]
    for name, record in WRITABLE.items():
        if suffix and suffix in (*record.suffixes, *record.named_suffixes):
            return name
    what = f"no cloud format has the suffix {suffix!r} of {path}" if suffix else f"{path} has no suffix"
    if read := next((record for record in TABLE.values() if suffix in record.suffixes), None):
        what = f"{path}: {read.name} files are read and not written"
    known = dict.fromkeys(suffix for record in WRITABLE.values() for suffix in record.suffixes)
    raise UsageError(what, hint=f"name it with one of {' '.join(known)}, or give --format")
