"""The tables of what handling costs: of one cloud, of a page, of files from strangers, of little memory."""

from __future__ import annotations

from typing import Any

from page_tables import grouped, markdown, record


def measured_rows(name: str) -> str:
    """All rows of a record that are one measurement each, and what stands beside it."""
    rows = [[row["what"], f"{row['value']:.3g} {row['unit']}", row["beside"]] for row in record(name)["rows"]]
    return markdown(["what", "measured", "beside"], rows)


def hostile() -> str:
    """What each file costs: the damaged archives together, every other one by itself."""
    rows: list[dict[str, Any]] = record("hostile")["rows"]
    archives = [row for row in rows if row["file"].endswith(".qaad")]
    files = list(dict.fromkeys(row["file"] for row in archives))
    lines = [[f"each of {len(files)} damaged archives", *costs(archives), codes(archives)]]
    for file in dict.fromkeys(row["file"] for row in rows if row not in archives):
        mine = [row for row in rows if row["file"] == file]
        said = mine[-1]["said"].removeprefix(f"{file}: ").replace("|", "\\|")
        lines.append([f"`{file}`", *costs(mine), f"{codes(mine)}: {said}"])
    bare = record("hostile")["bare"]
    lines.append(
        ["a bare `qaad --version`", "", f"{bare['seconds']:.2f}", f"{bare['megabytes']:.0f} in all", str(bare["code"])]
    )
    return markdown(["input", "bytes", "seconds", "MB", "exit code, and what is said"], lines)


def costs(rows: list[dict[str, Any]]) -> tuple[str, str, str]:
    """Bytes, the most seconds of each command, and the most memory of all."""
    sizes = sorted(row["bytes"] for row in rows)
    size = grouped(sizes[0]) if sizes[0] == sizes[-1] else f"{grouped(sizes[0])} to {grouped(sizes[-1])}"
    commands = dict.fromkeys(row["command"] for row in rows)
    most = {command: max(row["seconds"] for row in rows if row["command"] == command) for command in commands}
    return size, ", ".join(f"{seconds:.2f}" for seconds in most.values()), str(max(row["megabytes"] for row in rows))


def codes(rows: list[dict[str, Any]]) -> str:
    """The exit codes there were."""
    return ", ".join(map(str, sorted({row["code"] for row in rows})))
