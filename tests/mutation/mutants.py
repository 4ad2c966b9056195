"""Mutants of a module: copies with one small mistake each, as a programmer might make it.

Module-level code, decorated functions and functions that numba compiles are mutated, too. Messages are not: what an
exception says, and docstrings. Nor are annotations.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Iterator
from typing import NamedTuple

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitAnd,
    ast.MatMult: ast.Mult,
}
_PAIRS = "min max, any all, minimum maximum, argmin argmax, floor ceil, sum mean, float64 float32, zeros ones, sin cos"
NAMES = dict(pair.split() for pair in _PAIRS.split(", ")) | dict(pair.split()[::-1] for pair in _PAIRS.split(", "))
NAMES |= {"int64": "int32", "double": "float", "sqrt": "abs", "square": "abs", "exp": "exp2", "log2": "log"}
NAMES |= {"cumsum": "asarray", "sort": "asarray"}


class Mutant(NamedTuple):
    """One mistake: its line and what it is; which node it is in, and which of the changes of that node it is."""

    line: int
    what: str
    node: int
    change: int


class Change(NamedTuple):
    """How a node is changed: what that is called, and what makes it of a copy of the node."""

    what: str
    make: Callable[[ast.AST], ast.AST | None]


def mutants(source: str) -> Iterator[Mutant]:
    """All mutants of a module, in the order of its source."""
    for place, node in enumerate(_mutable(ast.parse(source))):
        for which, change in enumerate(_changes(node)):
            yield Mutant(node.lineno, change.what, place, which)  # type: ignore[attr-defined]


def mutated(source: str, mutant: Mutant) -> ast.Module:
    """The module with the mistake."""
    tree = ast.parse(source)
    node = next(itertools.islice(_mutable(tree), mutant.node, None))
    change = next(itertools.islice(_changes(node), mutant.change, None))
    _Put(node, change.make).visit(tree)
    return ast.fix_missing_locations(tree)


class _Put(ast.NodeTransformer):
    """Puts what a change makes in place of one node."""

    def __init__(self, target: ast.AST, make: Callable[[ast.AST], ast.AST | None]) -> None:
        self._target, self._make = target, make

    def visit(self, node: ast.AST) -> ast.AST | None:
        return self._make(node) if node is self._target else self.generic_visit(node)


def _mutable(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes that are mutated, depth first."""
    for name, value in ast.iter_fields(tree):
        if name in ("annotation", "returns", "decorator_list", "type_params"):
            continue
        for node in value if isinstance(value, list) else [value]:
            if not isinstance(node, ast.AST) or isinstance(node, (ast.Raise, ast.Assert, ast.Import, ast.ImportFrom)):
                continue
            if isinstance(node, ast.keyword) and node.arg == "strict":
                continue  # of zip, whose arguments are as long as each other
            if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)):
                continue
            if hasattr(node, "lineno"):
                yield node
            yield from _mutable(node)


def _changes(node: ast.AST) -> Iterator[Change]:
    """What may be changed of a node."""
    if isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARISONS:
        other = COMPARISONS[type(node.ops[0])]
        yield Change(f"{_name(node.ops[0])} → {_name(other())}", lambda n: _with(n, ops=[other(), *n.ops[1:]]))  # type: ignore[attr-defined]
    elif isinstance(node, (ast.BinOp, ast.AugAssign)) and type(node.op) in ARITHMETIC:
        op = ARITHMETIC[type(node.op)]
        yield Change(f"{_name(node.op)} → {_name(op())}", lambda n: _with(n, op=op()))
    elif isinstance(node, ast.BoolOp):
        junction = ast.Or if isinstance(node.op, ast.And) else ast.And
        yield Change(f"{_name(node.op)} → {_name(junction())}", lambda n: _with(n, op=junction()))
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Not, ast.USub)):
        yield Change(f"{_name(node.op)} removed", lambda n: n.operand)  # type: ignore[attr-defined]
    elif isinstance(node, ast.Constant) and not isinstance(node.value, (str, bytes)) and node.value is not None:
        yield from _constants(node)
    elif isinstance(node, (ast.If, ast.While, ast.IfExp)):
        yield Change("condition inverted", lambda n: _with(n, test=ast.UnaryOp(ast.Not(), n.test)))  # type: ignore[attr-defined]
    elif isinstance(node, ast.Break):
        yield Change("break → continue", lambda _: ast.Continue())
    elif isinstance(node, ast.Continue):
        yield Change("continue → break", lambda _: ast.Break())
    elif isinstance(node, ast.Name) and node.id in NAMES and isinstance(node.ctx, ast.Load):
        yield Change(f"{node.id} → {NAMES[node.id]}", lambda n: _with(n, id=NAMES[n.id]))  # type: ignore[attr-defined]
    elif isinstance(node, ast.Attribute) and node.attr in NAMES and isinstance(node.ctx, ast.Load):
        yield Change(f"{node.attr} → {NAMES[node.attr]}", lambda n: _with(n, attr=NAMES[n.attr]))  # type: ignore[attr-defined]
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield Change(f"removed: {ast.unparse(node)[:60]}", lambda _: ast.Pass())
    elif isinstance(node, ast.Return) and node.value is not None:
        yield Change("returns None", lambda _: ast.Return(ast.Constant(None)))


def _constants(node: ast.Constant) -> Iterator[Change]:
    value = node.value
    if isinstance(value, bool):
        yield Change(f"{value} → {not value}", lambda _: ast.Constant(not value))
    elif isinstance(value, int):
        yield Change(f"{value} → {value + 1}", lambda _: ast.Constant(value + 1))
    elif isinstance(value, float):
        other = 2 * value if value else 1.0
        yield Change(f"{value} → {other}", lambda _: ast.Constant(other))


def _with(node: ast.AST, **fields: object) -> ast.AST:
    """The node with other fields."""
    for name, value in fields.items():
        setattr(node, name, value)
    return node


def _name(operator: ast.AST) -> str:
    return type(operator).__name__
