"""Packages whose names are imported when they are first used, so that a program waits only for what it calls."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import Any


class Index(ModuleType):
    """A package as the index of names that live in its modules.

    A name may be that of a module as well, which Python makes an attribute of the package when it is imported. The name
    stands for what lives in the module all the same.
    """

    _homes: Mapping[str, str]

    def __getattr__(self, name: str) -> Any:
        if name not in self._homes:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"{self.__name__}.{self._homes[name]}"), name)
        super().__setattr__(name, value)
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, ModuleType) and name in self._homes:
            value = getattr(value, name)
        super().__setattr__(name, value)


def index(package: str, homes: Mapping[str, str]) -> None:
    """Make a package, of which this is the last line, an index.

    Args:
        package: its name.
        homes: the module within the package that each name lives in.
    """
    module = sys.modules[package]
    module._homes = homes  # type: ignore[attr-defined]
    module.__class__ = Index
