"""Small mistakes in Python functions: what a tired hand may write instead.

An operator or a comparison is another one, a number is one off, `and` is `or`, a negation is lost, a range ends
elsewhere, two arguments change places, min is max, a bound of a slice or a whole statement is missing, a condition is
turned round. Left alone are annotations, signatures, assertions (`strict=` is one), texts, and an error's message.
"""

from __future__ import annotations

import ast
import types
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

OTHERS: dict[type, tuple[type, ...]] = {
    ast.Add: (ast.Sub,), ast.Sub: (ast.Add,), ast.Mult: (ast.Div,), ast.Div: (ast.Mult,), ast.FloorDiv: (ast.Mult,),
    ast.Mod: (ast.FloorDiv,), ast.Pow: (ast.Mult,), ast.LShift: (ast.RShift,), ast.RShift: (ast.LShift,),
    ast.BitAnd: (ast.BitOr,), ast.BitOr: (ast.BitAnd,), ast.And: (ast.Or,), ast.Or: (ast.And,),
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,), ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}  # fmt: skip
NAMES = {"min": "max", "max": "min", "any": "all", "all": "any", "floor": "ceil", "ceil": "floor"}
DECIDED = (ast.Compare, ast.BoolOp, ast.UnaryOp)  # turned round by a mistake of their own


def mistakes(node: ast.AST) -> Iterator[ast.AST | None]:
    """What may stand in the place of `node`; None leaves the bound of a slice away."""
    match node:
        case ast.BinOp(left, op, right) | ast.AugAssign(left, op, right) if not (_is_text(left) or _is_text(right)):
            yield from (type(node)(left, other(), right) for other in OTHERS.get(type(op), ()))
            yield from [ast.BinOp(right, op, left)] if isinstance(op, ast.MatMult) else []
        case ast.BoolOp(op, values):
            yield ast.BoolOp(OTHERS[type(op)][0](), values)
        case ast.Compare(left, ops, rest):
            for k, op in enumerate(ops):
                yield from (ast.Compare(left, [*ops[:k], x(), *ops[k + 1 :]], rest) for x in OTHERS[type(op)])
        case ast.UnaryOp(ast.Not() | ast.USub(), operand):
            yield operand
        case ast.Constant(bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(int() | float() as value):
            yield from (ast.Constant(value + 1), ast.Constant(value - 1))
        case ast.IfExp(test, body, orelse) if not isinstance(test, DECIDED):
            yield ast.IfExp(test, orelse, body)
        case ast.If(test, body, orelse) | ast.While(test, body, orelse) if not isinstance(test, DECIDED):
            yield type(node)(ast.UnaryOp(ast.Not(), test), body, orelse)
        case ast.Slice(lower, upper, step):
            yield from [ast.Slice(None, upper, step)] if lower else []
            yield from [ast.Slice(lower, None, step)] if upper else []
        case ast.Call(ast.Name(name), args, keywords) if name in NAMES:
            yield ast.Call(ast.Name(NAMES[name], ast.Load()), args, keywords)
        case ast.Call(ast.Name("range") as func, args, keywords):
            k = min(len(args) - 1, 1)
            for op in (ast.Add(), ast.Sub()):
                yield ast.Call(func, [*args[:k], ast.BinOp(args[k], op, ast.Constant(1)), *args[k + 1 :]], keywords)
        case ast.Call(func, [first, second, *rest], keywords) if ast.dump(first) != ast.dump(second):
            yield ast.Call(func, [second, first, *rest], keywords)
        case ast.Continue():
            yield ast.Break()
        case ast.Break():
            yield ast.Continue()
    if _may_be_forgotten(node):
        yield ast.Pass()


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _may_be_forgotten(node: ast.AST) -> bool:
    """A statement without which the function still has all its names."""
    if isinstance(node, ast.Assign):
        return all(isinstance(x, ast.Attribute | ast.Subscript) for x in node.targets)
    return isinstance(node, ast.Raise | ast.AugAssign) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    )


def _parts(node: ast.AST) -> Iterator[tuple[Any, Any, ast.AST]]:
    """Where a mistake may be made below `node`: (container, key, what stands there)."""
    name = getattr(getattr(node, "func", None), "id", "")
    if isinstance(node, ast.Raise | ast.Assert) or name in ("isinstance", "cast") or name.endswith("Error"):
        return
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list") or isinstance(value, ast.arguments):
            continue
        if isinstance(node, ast.keyword) and node.arg == "strict":  # an assertion too
            continue
        if isinstance(value, ast.AST):
            yield node.__dict__, field, value
        elif isinstance(value, list):
            yield from ((value, k, part) for k, part in enumerate(value) if isinstance(part, ast.AST))


@dataclass(frozen=True, eq=False)
class Mutant:
    """One mistake: `new` stands at container[key], in `statement`, in the outermost function `function`."""

    path: Path
    tree: ast.Module
    function: str
    first: int
    statement: ast.stmt
    container: Any
    key: Any
    new: ast.AST | None

    @property
    def lines(self) -> range:
        """Those of the statement, without the block below it."""
        body = getattr(self.statement, "body", None)
        last = body[0].lineno - 1 if body else self.statement.end_lineno
        return range(self.statement.lineno, max(last or 0, self.statement.lineno) + 1)

    @property
    def change(self) -> str:
        """The statement, of a compound one its first line: before → after."""
        before, old = _header(self.statement), self.container[self.key]
        with self._made():
            after = _header(self.new if old is self.statement and isinstance(self.new, ast.stmt) else self.statement)
        if before == after and isinstance(self.new, ast.AST):  # in a `case` or a handler
            before, after = ast.unparse(old), ast.unparse(self.new)
        return f"{before} → {after}"

    def compiled(self) -> types.CodeType:
        """The outermost function's code with the mistake in it."""
        with self._made():
            module = compile(self.tree, str(self.path), "exec", dont_inherit=True)
        return next(c for c in _codes(module) if (c.co_qualname, c.co_firstlineno) == (self.function, self.first))

    @contextmanager
    def _made(self) -> Iterator[None]:
        old = self.container[self.key]
        self.container[self.key] = self.new
        if isinstance(self.new, ast.AST):
            ast.fix_missing_locations(ast.copy_location(self.new, old))
        try:
            yield
        finally:
            self.container[self.key] = old


def _header(statement: ast.stmt) -> str:
    if not hasattr(statement, "body") and not isinstance(statement, ast.Match):
        return ast.unparse(statement)
    fields = dict(ast.iter_fields(statement)) | {"body": [ast.Pass()], "orelse": []}
    return ast.unparse(type(statement)(**fields, lineno=1)).split("\n")[0]


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            yield from _codes(inner)


def mutants(path: Path) -> list[Mutant]:
    """Every mutant of a module, in its order."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [x for function, name in _functions(tree, "") for x in _within(path, tree, function, name)]


def _functions(node: ast.Module | ast.ClassDef, prefix: str) -> Iterator[tuple[ast.FunctionDef, str]]:
    for part in node.body:
        if isinstance(part, ast.ClassDef):
            yield from _functions(part, f"{prefix}{part.name}.")
        elif isinstance(part, ast.FunctionDef) and part.name != "__repr__":
            yield part, prefix + part.name


def _within(path: Path, tree: ast.Module, function: ast.FunctionDef, name: str) -> Iterator[Mutant]:
    first = min(x.lineno for x in (function, *function.decorator_list))

    def below(node: ast.AST, statement: ast.stmt) -> Iterator[Mutant]:
        for container, key, part in _parts(node):
            within = part if isinstance(part, ast.stmt) else statement
            for new in mistakes(part):
                yield Mutant(path, tree, name, first, within, container, key, new)
            yield from below(part, within)

    return below(function, function)
