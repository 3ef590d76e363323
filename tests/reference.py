"""Make the tables of `scenarios/README.md` from the file format: `python tests/reference.py` writes them anew.

A table stands between `<!-- keys of PATH -->` or `<!-- kinds of PATH -->` and `<!-- end -->`, PATH being a key of a
scenario file such as `noise.kernel`. Everything in it comes from the structs that read scenario files: their
docstrings, keys, types and defaults. Everything outside is written by hand and left as it is.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

from msgspec import NODEFAULT
from msgspec import inspect as shapes

from markovdiff.study.fileformat import File

PAGE = Path(__file__).parent.parent / "scenarios" / "README.md"
COMMAND = "python tests/reference.py"
BLOCK = re.compile(r"<!-- (keys|kinds) of ([\w.-]+|the file) -->\n.*?<!-- end -->\n", re.DOTALL)
ROOT = "the file"


def members(shape: shapes.Type) -> tuple[shapes.Type, ...]:
    """The alternatives of a union, or the one shape that it is."""
    return shape.types if isinstance(shape, shapes.UnionType) else (shape,)


def structs(shape: shapes.Type) -> list[shapes.StructType]:
    """The tables among the alternatives."""
    return [member for member in members(shape) if isinstance(member, shapes.StructType)]


def places(shape: shapes.Type | None = None, path: str = ROOT) -> Iterator[tuple[str, str, list[shapes.StructType]]]:
    """Each place of a file that takes a table: "keys" or "kinds", its path, and the structs that fit there.

    A table within a kind has kinds that stand at a place of their own, too (`uniform` of a kernel is a schedule).
    """
    found = structs(shape or shapes.type_info(File))
    kinds = any(struct.tag is not None for struct in found)
    yield "kinds" if kinds else "keys", path, found
    for struct in found:
        for field in struct.fields:
            if structs(field.type) and struct.tag is None:
                inner = field.encode_name if path == ROOT else f"{path}.{field.encode_name}"
                yield from places(field.type, inner)


def table(place: str, found: list[shapes.StructType]) -> list[str]:
    """The rows of one table: a kind a row with its keys, or a key a row."""
    if place == "kinds":
        rows = [(f"`{s.tag}`", "; ".join(map(key_in_a_line, s.fields)) or "none", summary(s.cls)) for s in found]
        return markdown(("kind", "its keys", "meaning"), rows)
    rows = [(f"`{f.encode_name}`", kind_of(f.type), default_of(f)) for struct in found for f in struct.fields]
    return markdown(("key", "value", "default"), rows)


def markdown(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    """A table of Markdown, a bar in a cell made harmless."""
    lines = [[cell.replace("|", "\\|") for cell in row] for row in (head, tuple("---" for _ in head), *rows)]
    return [f"| {' | '.join(row)} |" for row in lines]


def summary(cls: type) -> str:
    """The first paragraph of a docstring, in one line."""
    return " ".join(inspect.cleandoc(cls.__doc__ or "").split("\n\n")[0].split())


def key_in_a_line(field: shapes.Field) -> str:
    """A key, what it takes, and what it is where it is left out."""
    return f"`{field.encode_name}`: {kind_of(field.type)} ({default_of(field)})"


def default_of(field: shapes.Field) -> str:
    """What a key is where it is left out."""
    if field.default is NODEFAULT and field.default_factory is NODEFAULT:
        return "required"
    if field.default is NODEFAULT:
        made = field.default_factory()
        tag = made.__struct_config__.tag if hasattr(made, "__struct_config__") else None
        return f'`{{ kind = "{tag}" }}`' if tag else "its defaults"
    return "optional" if field.default is None else f"`{toml(field.default)}`"


def toml(value: Any) -> str:
    """A default as one would write it in the file."""
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str | Fraction) else str(value)


def kind_of(shape: shapes.Type) -> str:
    """What may be written for a key, in words."""
    tagged = [s for s in structs(shape) if s.tag is not None]
    words = [word_of(member) for member in members(shape) if member not in tagged]
    if tagged:
        words.append("a table with `kind`")
    return " or ".join(word for word in words if word)


def word_of(shape: shapes.Type) -> str:
    """One alternative in words."""
    match shape:
        case shapes.NoneType():
            return ""
        case shapes.LiteralType():
            return ", ".join(f"`{toml(value)}`" for value in shape.values)
        case shapes.BoolType():
            return "`true`, `false`"
        case shapes.IntType():
            ends = (shape.ge, shape.le)
            reach = {(False, False): "", (True, False): f" ≥ {ends[0]}", (False, True): f" ≤ {ends[1]}"}
            return "integer" + reach.get((ends[0] is not None, ends[1] is not None), f" from {ends[0]} to {ends[1]}")
        case shapes.StrType():
            return "string"
        case shapes.CustomType() if shape.cls is Fraction:
            return "number"
        case shapes.ListType():
            return f"list of {plural(kind_of(shape.item_type))}"
        case shapes.DictType():
            return "table"
        case shapes.StructType():
            return "table"
        case _:
            raise NotImplementedError(shape)


def plural(words: str) -> str:
    """More than one of a thing: "list of numbers" becomes "lists of numbers"."""
    first, space, rest = words.partition(" ")
    return f"{first}s{space}{rest}"


def renewed(page: str) -> str:
    """The page with every table made anew; a table that is missing or that no place has is an error."""
    wanted = {(place, path): found for place, path, found in places()}
    shown = [match.groups() for match in BLOCK.finditer(page)]
    if sorted(shown) != sorted(wanted):
        raise SystemExit(f"{PAGE.name}: missing {set(wanted) - set(shown)}, unknown {set(shown) - set(wanted)}")

    def block(match: re.Match[str]) -> str:
        place, path = match.groups()
        return "\n".join([f"<!-- {place} of {path} -->", *table(place, wanted[place, path]), "<!-- end -->", ""])

    return BLOCK.sub(block, page)


if __name__ == "__main__":
    made = renewed(PAGE.read_text(encoding="utf-8"))
    if "--check" in sys.argv[1:]:
        sys.exit(made != PAGE.read_text(encoding="utf-8") and f"{PAGE.name} is out of date: {COMMAND}")
    PAGE.write_text(made, encoding="utf-8")
