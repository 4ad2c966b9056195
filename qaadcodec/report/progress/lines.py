"""Words in lines of a width: what does not fit into them is left out, from the end."""

from __future__ import annotations

from collections.abc import Sequence

INDENT = "  "


def packed(parts: Sequence[str], width: int, *, most: int) -> list[str]:
    """Parts with commas between them, in at most so many lines of that width; later lines are indented.

    A part that has no room is left out, and so are those behind it. The first part is always there.
    """
    lines = [parts[0]]
    for part in parts[1:]:
        if len(lines[-1]) + len(f", {part}") <= width:
            lines[-1] += f", {part}"
        elif len(lines) < most and len(INDENT + part) <= width:
            lines[-1] += ","
            lines.append(INDENT + part)
        else:
            break
    if len(lines) > 1:  # a comma has to fit as well
        lines[:-1] = [line if len(line) <= width else line[:-1] for line in lines[:-1]]
    return lines
