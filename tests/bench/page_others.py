"""The tables of `gains`, `registration`, `rows` and others in the page on measurements."""

from __future__ import annotations

from typing import Any

from page_tables import SETS, grouped, markdown, percent, record

FORMS = {"stray": percent, "landmarks": "{:.1f}".format}
ELASTICITY = 0.4  # as in `gains`: error falls with this power of bytes


def gains() -> str:
    """Bytes of the file, nEM-kD, and the difference in error at equal bytes, of 32 clouds with heads of 8."""
    cells = {
        (cell["set"], cell["column"]): cell for cell in record("gains")["cells"] if cell["settings"]["clouds"] == 32
    }
    rows = []
    for column in dict.fromkeys(column for _, column in cells):
        row = [column]
        for name in SETS:
            cell, first = cells.get((name, column)), cells[name, "as it is"]
            row.append(worth(cell, first) if cell else "")
        rows.append(row)
    return markdown(["", *SETS], rows)


def worth(cell: dict[str, Any], first: dict[str, Any]) -> str:
    """A change beside what was not changed."""
    shown = f"{cell['bytes'] / 1000:.1f} kB, {percent(cell['nem_kd'])}"
    if cell is first or cell["bytes"] > 4 * first["bytes"]:  # float32 numbers: no comparison at equal bytes
        return shown
    gain = (cell["bytes"] / first["bytes"]) ** ELASTICITY * cell["nem_kd"] / first["nem_kd"] - 1
    return f"{shown}, {100 * gain:+.0f} %"


def registration() -> str:
    """What registration is worth: surfaces, stray points and landmarks in spacings, nEM-kD, bytes."""
    rows = []
    for row in record("registration")["rows"]:
        said = ("with" if row["registration"] else "without") + ("" if row["idle"] else " †")
        spacings = (f"{row[key]:.2f}" if key in row else "" for key in ("off_rms", "off_p99"))
        stray = percent(row["stray"]) if "stray" in row else ""
        landmarks = f"{row['landmarks']:.1f}" if "landmarks" in row else ""
        numbers = (*spacings, stray, landmarks, percent(row["n_em_kd"]), grouped(row["bytes"]))
        rows.append([row["set"], said, str(row.get("epochs", "")), *numbers])
    header = ["set", "registration", "epochs", "off RMS", "off 99 %", "stray", "landmarks", "nEM-kD", "bytes"]
    return markdown(header, rows)


def across() -> str:
    """What it is worth that a gap that leads off the surface counts more: at equal epochs."""
    rows = []
    for row in record("across")["rows"]:
        spacings = (f"{row[key]:.2f}" for key in ("off_rms", "off_p99"))
        numbers = (*spacings, percent(row["stray"]), f"{row['landmarks']:.1f}", percent(row["n_em_kd"]))
        rows.append([row["set"], str(row["across"]), str(row["epochs"]), *numbers, grouped(row["bytes"])])
    header = ["set", "across", "epochs", "off RMS", "off 99 %", "stray", "landmarks", "nEM-kD", "bytes"]
    return markdown(header, rows)


def rows_table() -> str:
    """What even rows and material ones are worth."""
    lines = []
    cells = record("rows")["cells"]
    for cell in sorted(cells, key=lambda cell: (SETS.index(cell["set"]), cell["settings"]["rows"])):
        spacings = (f"{cell[key]:.2f}" if key in cell else "" for key in ("off_rms", "off_p99", "cover_rms"))
        stray, landmarks = (form(cell[key]) if key in cell else "" for key, form in FORMS.items())
        size, epochs = (grouped(cell[key]) if key in cell else "" for key in ("bytes", "epochs"))
        numbers = (*spacings, stray, landmarks, percent(cell["n_em_kd"]), size)
        lines.append([cell["set"], cell["settings"]["rows"], epochs, *numbers])
    header = ["set", "rows", "epochs", "off RMS", "off 99 %", "cover RMS", "stray", "landmarks", "nEM-kD", "bytes"]
    return markdown(header, lines)


def reading() -> str:
    """How fast each format is read, in MB of the file a second, beside its own library."""
    rows = [
        [row["format"], f"{row['qaad_mb_s']:.0f}", f"{row['library_mb_s']:.0f}", row["library"]]
        for row in record("reading")["rows"]
    ]
    return markdown(["format", "qaad, MB/s", "library, MB/s", "which"], rows)
