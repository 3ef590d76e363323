"""Values as people write them in a field, and the TOML that they mean: 3/4, 0.1, "3 1 4", labels bare or quoted.

Whatever is typed becomes valid TOML, if need be as a string: it is the engine's reader that refuses it, in its words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal, TypeAlias

from tui.form.toml import parsed, quoted

Kind: TypeAlias = Literal["choice", "integer", "number", "numbers", "labels", "text", "state", "path", "fixed"]
"""What a field holds; what is fixed is to be edited as text."""


def number(text: str) -> str:
    """Return a number bare where TOML has it so, else as a string for the engine to read or refuse."""
    bare = re.fullmatch(r"[+-]?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?", text.strip(), re.ASCII)
    return text.strip() if bare and len(text) < 1000 else quoted(text.strip())


def numbers(text: str) -> str:
    """Return a list of numbers; blanks, commas, brackets and quotes between them are all the same."""
    return array(number(token) for token in re.split(r"[\s,;\[\]\"']+", text) if token)


def array(literals: Iterable[str]) -> str:
    """Return a list of values that are written already."""
    return f"[{', '.join(literals)}]"


def labels(text: str) -> str:
    """Return a list of strings: a TOML list, or words with blanks between."""
    if isinstance(listed := parsed(f"x = {text}").get("x"), list):
        found = [str(label) for label in listed]
    else:
        found = [_unquoted(token) for token in re.findall(r'"(?:[^"\\]|\\.)*"|[^\s,]+', text)]
    return array(map(quoted, found))


def _unquoted(token: str) -> str:
    label = parsed(f"x = {token}").get("x") if token.startswith('"') else token
    return label if isinstance(label, str) else token


def _shown_label(label: str) -> str:
    return label if re.fullmatch(r'[^\s,"\\]+', label) else quoted(label)


def shown(value: object, kind: Kind) -> str | None:
    """Return a value as it stands in its field; None where no field of this kind can hold it."""
    if isinstance(value, list) and kind in ("numbers", "labels"):
        simple = all(isinstance(x, int | str) and "\n" not in str(x) for x in value)
        return " ".join(_shown_label(x) if kind == "labels" else str(x) for x in map(str, value)) if simple else None
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | str) and "\n" not in str(value) else None


def shape(value: object) -> str:
    """Return the size of a list of lists in words."""
    sizes = []
    while isinstance(value, list):
        sizes.append(str(len(value)))
        value = value[0] if value else None
    return f"{' × '.join(sizes)} numbers" if sizes else "not a value for a field"
