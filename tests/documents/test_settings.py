"""The list of settings against the code: names and defaults of the default preset, descriptions of the docstrings."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable

from qaadcodec.config import Recipe, preset


def descriptions(group: type) -> dict[str, str]:
    """What the docstring of a group of settings says of each of them."""
    text = inspect.cleandoc(group.__doc__ or "").split("Attributes:\n")[1]
    entries = re.split(r"\n(?=    \w+: )", "\n" + text.rstrip())[1:]
    return {name.strip(): " ".join(said.split()) for name, _, said in (entry.partition(": ") for entry in entries)}


def table() -> str:
    rows = ["| setting | default | what it is |", "|---|---|---|"]
    for group, settings in preset("default").to_dict().items():
        said = descriptions(Recipe.groups[group])
        for key, value in settings.items():
            default = "none" if value is None else f"`{json.dumps(value)}`"
            rows.append(f"| `{group}.{key}` | {default} | {said[key].rstrip('.')} |")
    return "\n" + "\n".join(rows) + "\n"


def test_every_setting_is_there_with_its_default(document_part: Callable[[str, str, str, str], None]) -> None:
    start = "<!-- settings: written by QAAD_UPDATE_DOCUMENTS=1 bin/test tests/documents -->\n"
    document_part("qaadcodec/config/README.md", start, "<!-- end of settings -->", table())
