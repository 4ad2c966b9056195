"""What every group of settings can do: be checked on construction, and become a dictionary and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, ClassVar, Self

from qaadcodec.errors import UsageError


def require(condition: bool, name: str, value: object, rule: str) -> None:
    """Raise UsageError where the condition fails; it says which setting it is, what it was and what it must be."""
    if not condition:
        raise UsageError(f"{name} is {value!r}, and must be {rule}")


KINDS = {
    "int": "a whole number",
    "int | None": "a whole number",
    "float": "a number",
    "float | None": "a number",
    "bool": "true or false",
    "bool | None": "true, false or null",
    "str": "text",
    "tuple[int, ...]": "a list of whole numbers",
}


class Settings:
    """Dictionary forms of settings. Unknown keys and values of another type are refused, never ignored."""

    __slots__ = ()

    groups: ClassVar[Mapping[str, type[Settings]]] = {}
    """fields that are settings in turn, and their classes"""
    derived: ClassVar[tuple[str, ...]] = ()
    """fields that follow from the clouds, and are in no dictionary"""

    def to_dict(self) -> dict[str, Any]:
        values = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in self.derived}  # type: ignore[arg-type]
        return {name: value.to_dict() if isinstance(value, Settings) else value for name, value in values.items()}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        known = {f.name: str(f.type) for f in fields(cls) if f.name not in cls.derived}  # type: ignore[arg-type]
        if unknown := sorted(set(values) - set(known)):
            raise UsageError(f"unknown settings for {cls.__name__}: {', '.join(unknown)}; known are {', '.join(known)}")
        groups = cls.groups
        read = {name: groups[name].from_dict(value) if name in groups else value for name, value in values.items()}
        read = {name: tuple(value) if isinstance(value, list) else value for name, value in read.items()}
        for name, value in read.items():
            if name not in groups:
                require(is_a(value, known[name]), name.replace("_", " "), value, KINDS[known[name]])
        return cls(**read)


def is_a(value: object, declared: str) -> bool:
    """Whether a value is of the type that a field declares; a whole number is a float too."""
    if declared.startswith("tuple"):
        return isinstance(value, tuple) and all(type(item) is int for item in value)
    names = declared.split(" | ")
    return type(value).__name__.replace("NoneType", "None") in names or (type(value) is int and "float" in names)
