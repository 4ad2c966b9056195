"""Where mutants go: a module is exchanged when it is imported, a function where it is."""

from __future__ import annotations

import ast
import gc
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any, NamedTuple

from mutation.mutants import Mutant, mutated

ROOT = Path(__file__).parents[2]
KERNELS = "/kernels/"

Function = tuple[str, int]  # the file that it is in, and its first line, which is that of its first decorator
Functions = dict[Function, list[FunctionType]]


class Job(NamedTuple):
    """A mutant of a file of the source."""

    path: Path
    mutant: Mutant

    @property
    def module(self) -> str:
        """The name that the file is imported by."""
        parts = self.path.relative_to(ROOT).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def plain(self) -> bool:
        """Whether to do without numba, which would take machine code of the source itself from the disk."""
        return KERNELS in self.path.as_posix()

    @property
    def own(self) -> str:
        """The file of tests that mirrors the file of the source."""
        return Path("tests/unit", *self.path.relative_to(ROOT).parts[1:-1], f"test_{self.path.stem}.py").as_posix()

    @property
    def around(self) -> list[Function]:
        """The functions that have the mutant in their bodies, from the outside to the inside."""
        nodes = [
            node for node in ast.walk(ast.parse(self.path.read_text("utf-8"))) if isinstance(node, ast.FunctionDef)
        ]
        inside = [node for node in nodes if node.body[0].lineno <= self.mutant.line <= (node.end_lineno or 0)]
        return [(str(self.path), first_line(node)) for node in inside]

    def tree(self) -> ast.Module:
        """The module with the mistake."""
        return mutated(self.path.read_text("utf-8"), self.mutant)

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.mutant.line}: {self.mutant.what}"


def put(job: Job, functions: Functions) -> bool:
    """Put a mutant in its place in this process; False where its module has been imported and it is in no function.

    Args:
        functions: those that there are.
    """
    if job.module not in sys.modules:
        sys.meta_path.insert(0, Exchange(lambda path: job.tree() if path == job.path else None))
        return True
    place = next(iter(job.around), None)
    if place is None or place not in functions:
        return False
    module = compile(job.tree(), str(job.path), "exec")
    code = next(code for code in codes(module) if code.co_firstlineno == place[1])
    for function in functions[place]:
        function.__code__ = code
    return True


def codes(code: CodeType) -> Iterator[CodeType]:
    """The code of all functions and classes within some code, from the outside to the inside."""
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            if not inner.co_name.startswith("<"):  # a lambda or comprehension in a decorator, say
                yield inner
            yield from codes(inner)


def functions_of(folder: Path) -> Functions:
    """The functions of a folder that there are in this process."""
    found: Functions = {}
    for thing in gc.get_objects():
        if type(thing) is FunctionType and thing.__code__.co_filename.startswith(f"{folder}/"):
            found.setdefault((thing.__code__.co_filename, thing.__code__.co_firstlineno), []).append(thing)
    return found


def first_line(node: ast.FunctionDef) -> int:
    """The first line of a function as its code has it."""
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])


class Exchange(importlib.abc.MetaPathFinder):
    """Finds modules of qaad in whose place something else is imported.

    Args:
        instead: what is imported instead of a file; None if it is the file itself.
        names: what else such a module finds among its names.
    """

    def __init__(self, instead: Callable[[Path], ast.Module | None], names: dict[str, Any] | None = None) -> None:
        self._instead, self._names = instead, names or {}

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The specification of a module with something else in it; None of all others."""
        base = ROOT.joinpath(*name.split("."))
        file = base / "__init__.py" if base.is_dir() else base.with_suffix(".py")
        if not name.startswith("qaadcodec.") or not file.exists() or (tree := self._instead(file)) is None:
            return None
        inside = [str(file.parent)] if file.stem == "__init__" else None
        loader = _Loader(file, tree, self._names)
        return importlib.util.spec_from_file_location(name, file, loader=loader, submodule_search_locations=inside)


class _Loader(importlib.abc.Loader):
    """Runs a tree as the module of a file."""

    def __init__(self, file: Path, tree: ast.Module, names: dict[str, Any]) -> None:
        self._file, self._tree, self._names = file, tree, names

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        """An empty module, as usual."""
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Run it."""
        vars(module).update(self._names)
        exec(compile(self._tree, str(self._file), "exec"), vars(module))
