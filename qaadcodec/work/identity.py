"""What a run is of: its options and its clouds. A checkpoint is gone on from by a run of the same alone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qaadcodec.errors import CloudError, UsageError
from qaadcodec.work.state import State

NAMED = 3  # clouds in a message
ABSENT = "not given"


@dataclass(frozen=True, slots=True)
class Known:
    """A cloud as it is known again: its name, its points, and their CRC-32."""

    name: str
    points: int
    crc: int


def plain(value: Any) -> Any:
    """A value as JSON gives it back."""
    return json.loads(json.dumps(value))


def check_options(begun: Mapping[str, Any], given: Mapping[str, Any], folder: str) -> None:
    """Refuse to go on with other options than those that a run was begun with.

    Raises:
        UsageError: names those that differ, with both values; where it was another command, that alone.
    """
    begun, given = plain(begun), plain(given)
    if (was := begun.get("command")) != (command := given.get("command")):
        raise UsageError(
            f"{folder} keeps an unfinished run of {was}, and this is {command}",
            hint="go on with that one, or delete the folder and start again without --resume",
        )
    names = [name for name in {**begun, **given} if begun.get(name) != given.get(name)]
    if names:
        changes = (f"{name} was {_told(begun.get(name))}, and is {_told(given.get(name))}" for name in names)
        raise UsageError(
            f"the run that {folder} keeps was begun with other options: {'; '.join(changes)}",
            hint="give the same options to go on, or delete the folder and start again without --resume",
        )


def check_clouds(begun: Iterable[Sequence[Any]], given: Sequence[Known], folder: str) -> None:
    """Refuse to go on with other clouds than those that a run was begun with.

    Args:
        begun: name, points and CRC-32 of each, as JSON gave them back.

    Raises:
        CloudError: names those that differ.
    """
    before = {name: (points, crc) for name, points, crc in begun}
    now = {cloud.name: (cloud.points, cloud.crc) for cloud in given}
    changed = [name for name, what in now.items() if before.get(name, what) != what]
    changes = [
        *_some([name for name in before if name not in now], "missing"),
        *_some([name for name in now if name not in before], "new"),
        *_some(changed, "changed"),
    ]
    if not changes and list(before) != list(now):
        changes = ["they come in another order"]
    if changes:
        raise CloudError(
            f"the run that {folder} keeps was begun with other clouds: {'; '.join(changes)}",
            hint="give the same inputs to go on, or delete the folder and start again without --resume",
        )


def known_clouds(clouds: Sequence[Known]) -> list[list[Any]]:
    """The clouds as JSON holds them."""
    return [[cloud.name, cloud.points, cloud.crc] for cloud in clouds]


def check_plan(state: State, given: Mapping[str, Any]) -> None:
    """Refuse to go on by another plan: what was learnt by the old one does not fit.

    Raises:
        UsageError: names the first setting that differs.
    """
    with state.going_on():
        begun, now = _flat(state.numbers["plan"]), _flat(plain(given))
    for name in {**begun, **now}:
        if begun.get(name) != now.get(name):
            was, is_ = _told(begun.get(name)), _told(now.get(name))
            raise UsageError(
                f"{state.origin}: the run was planned with {name} {was}, and would now be with {is_}",
                hint="go on with the same version of qaad on the same kind of machine, or delete the folder and start "
                "again without --resume",
            )


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Settings by dotted names."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        flat |= _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {f"{prefix}{name}": value}
    return flat


def _told(value: Any) -> str:
    return ABSENT if value is None else value if isinstance(value, str) else json.dumps(value)


def _some(names: Sequence[str], what: str) -> list[str]:
    """`a, b, c and 7 more are missing`, if there are any."""
    if not names:
        return []
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return [f"{', '.join(names[:NAMED])}{more} {'is' if len(names) == 1 else 'are'} {what}"]
