"""Which file is the original of which cloud: found by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from qaadcodec.clouds import CloudSource
from qaadcodec.errors import CloudError


def by_name(names: Sequence[str], references: Sequence[CloudSource], kind: str = "reference") -> dict[int, CloudSource]:
    """The original of each cloud: the reference of its name, or else of its last part, if only those two have it.

    Args:
        names: of the clouds.
        kind: what the references are called in messages.

    Raises:
        CloudError: none of the references has the name of a cloud.
    """
    exact = {reference.name: reference for reference in references}
    last: dict[str, list[CloudSource]] = {}
    for reference in references:
        last.setdefault(reference.name.rsplit("/", 1)[-1], []).append(reference)
    found = {i: exact[name] for i, name in enumerate(names) if name in exact}
    known, ends = set(names), Counter(name.rsplit("/", 1)[-1] for name in names)
    for i, name in enumerate(names):
        end = name.rsplit("/", 1)[-1]
        candidates = [reference for reference in last.get(end, []) if reference.name not in known]
        if i not in found and len(candidates) == 1 and ends[end] == 1:
            found[i] = candidates[0]
    if not found:
        hint = "give the folder that was compressed" if kind == "reference" else f"a {kind} has the name of its cloud"
        raise CloudError(
            f"none of {len(references)} {kind}s has the name of a cloud: they are named like "
            f"{references[0].name!r}, the clouds like {names[0]!r}",
            hint=hint,
        )
    return found
