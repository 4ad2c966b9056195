"""Records as JSON lines for machines: one object a line, ASCII, numbers in full precision."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any


def json_line(record: Mapping[str, Any]) -> str:
    """The record as one line of JSON, without the line's end.

    JSON has no infinity and no NaN: such a number (the PSNR of two identical clouds) is written as null.
    """
    return json.dumps(finite(record), allow_nan=False)


def finite(value: Any) -> Any:
    """The value with every number that JSON cannot say replaced by None."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(k): finite(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(v) for v in value]
    return value
