"""Which arrays of a file are clouds: by their names, their shapes and, where they may be indices, their values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy.typing as npt

from qaadcodec.clouds.cloud import check_shape
from qaadcodec.clouds.formats.arrays import CloudArray, Layout, Shape
from qaadcodec.clouds.formats.axes import Signs, layout_of
from qaadcodec.clouds.formats.meanings import is_something_else, letters_have_meaning, points_word
from qaadcodec.clouds.formats.values import betrayed, may_be_indices
from qaadcodec.errors import CloudError

_LISTED = 8  # names in a message
_SHOWN = 60  # characters of a name in a message


class Choice(NamedTuple):
    """The arrays of a file that are clouds.

    Attributes:
        arrays: those that are, in the order of the file.
        beside: the names of the others, the first of them if there are many.
        told: whether it takes a word, because an array of the shape of a cloud is left out or the axes are unusual.
    """

    arrays: list[CloudArray]
    beside: tuple[str, ...]
    told: bool


def choose(shapes: Mapping[str, Shape], label: str, kind: str, values: Callable[[str], npt.NDArray[Any]]) -> Choice:
    """The arrays of a file, or of a group in it, that are clouds.

    An array may be a cloud if it is (M, 3), (N, M, 3), (N, 3, M) or (M, 3, N), or has the fields x, y and z. It is
    none where its name or its values say otherwise: normals, colours, joints, indices. In each group, arrays called
    points, vertices, xyz, … win over those of other names.

    Args:
        shapes: the arrays by name, in the order of the file.
        label: the file, and the group.
        kind: what the format calls an array: "array", "dataset".
        values: reads an array, where its values may tell what it is.

    Raises:
        CloudError: no array is a cloud, or it is open which are; the message lists them.
    """
    if not shapes:
        raise CloudError(f"{label}: holds no {kind}s")
    possible = {key: declared for key, declared in shapes.items() if declared.layouts}
    if not possible:
        raise _none(shapes, label, kind)
    clouds, signs = _by_meaning(possible, values)
    if not clouds:
        listed = _listed(possible)
        raise CloudError(
            f"{label}: by their names, none of its {kind}s is a cloud: {listed}",
            hint=f"{example(label, next(iter(possible)))} takes one all the same",
        )
    clouds = _by_points(clouds, label, kind)
    layouts = {key: _layout(key, declared, signs, label) for key, declared in clouds.items()}
    sets = [key for key, layout in layouts.items() if layout is not Layout.CLOUD]
    frames = all(layouts[key] is Layout.FRAMES for key in sets)
    if (len(sets) > 1 and not frames) or 0 < len(sets) < len(layouts):
        rest = [key for key, layout in layouts.items() if layout is Layout.CLOUD]
        raise _open({key: clouds[key] for key in [*sets, *rest]}, label, kind)
    arrays = [CloudArray(key, clouds[key], layout) for key, layout in layouts.items()]
    told = len(clouds) < len(possible) or not all(layout.is_plain for layout in layouts.values())
    return Choice(arrays, _first(tuple(key for key in shapes if key not in clouds), kind), told)


def layout_among(
    key: str, shapes: Mapping[str, Shape], label: str, values: Callable[[str], npt.NDArray[Any]]
) -> Layout:
    """The layout of an array that was asked for by its name, by the signs of all arrays of the file.

    Raises:
        CloudError: it is open which axis is which.
    """
    _, signs = _by_meaning({name: s for name, s in shapes.items() if s.layouts}, values)
    return _layout(key, shapes[key], signs, label)


def example(label: str, key: str) -> str:
    """How one of several arrays is chosen on the command line."""
    file, _, rest = label.partition("::")
    if file.lower().endswith(".zip"):  # the file is a member of it
        file += f"::{rest.partition('::')[0]}"
    return f"{file}::{key}"


def short(key: str) -> str:
    """The name of an array as messages list it: of a long one, its end."""
    return key if len(key) <= _SHOWN else f"…{key[-_SHOWN:]}"


def _by_meaning(
    possible: Mapping[str, Shape], values: Callable[[str], npt.NDArray[Any]]
) -> tuple[dict[str, Shape], Signs]:
    """The arrays that neither name nor values say are something else, and what the file tells of their axes."""
    letters = letters_have_meaning(possible)
    clouds = {key: s for key, s in possible.items() if not is_something_else(key, s, letters)}
    other = betrayed(clouds, lambda key: not points_word(key, letters), values)
    clouds = {key: s for key, s in clouds.items() if key not in other}
    if not any(Layout.FRAMES in s.layouts for s in clouds.values()):
        return clouds, Signs()
    faces = [key for key, s in possible.items() if key not in clouds and may_be_indices(s) and s.shape[0]]
    vertices = max((int(values(key).max()) + 1 for key in faces), default=None)
    return clouds, Signs.of(clouds.values(), vertices)


def _by_points(clouds: dict[str, Shape], label: str, kind: str) -> dict[str, Shape]:
    """In each group the arrays that are called points, where there are any; all of the group otherwise."""
    letters = letters_have_meaning(clouds)
    words: dict[str, dict[str, str]] = {}  # by group and name
    for key in clouds:
        words.setdefault(key.rpartition("/")[0], {})[key] = points_word(key, letters)
    chosen: set[str] = set()
    for group in words.values():
        called = {key: word for key, word in group.items() if word}
        if len(set(called.values())) > 1:
            raise _open({key: clouds[key] for key in called}, label, kind)
        chosen |= set(called or group)
    return {key: declared for key, declared in clouds.items() if key in chosen}


def _layout(key: str, declared: Shape, signs: Signs, label: str) -> Layout:
    return layout_of(declared, signs, f"{label}: {key}" if key else f"{label}:", example(label, key))


def _none(shapes: Mapping[str, Shape], label: str, kind: str) -> CloudError:
    """No array has the shape of a cloud. Of one array, what its shape is; of several, a list."""
    if len(shapes) == 1:
        ((name, only),) = shapes.items()
        check_shape(only.shape, only.dtype, f"{label}: {kind} {name}" if name else label)
    listed = _listed(shapes)
    return CloudError(f"{label}: none of its {len(shapes)} {kind}s is a cloud (points, 3) of numbers: {listed}")


def _open(clouds: Mapping[str, Shape], label: str, kind: str) -> CloudError:
    listed = _listed(clouds, types=False)
    return CloudError(
        f"{label}: more than one of its {kind}s could be the clouds: {listed}",
        hint=f"choose one, for example {example(label, next(iter(clouds)))}",
    )


def _listed(shapes: Mapping[str, Shape], types: bool = True) -> str:
    rows = [f"{short(key)} {s if types else s.shape}" for key, s in list(shapes.items())[:_LISTED]]
    more = len(shapes) - len(rows)
    return ", ".join(rows) + (f" and {more} more" if more else "")


def _first(names: tuple[str, ...], kind: str) -> tuple[str, ...]:
    """The first of many names, and how many there are more: each cloud carries them."""
    more = len(names) - _LISTED
    shown = tuple(short(name) for name in (names if more <= 1 else names[:_LISTED]))
    return shown if more <= 1 else (*shown, f"{more} further {kind}s")
