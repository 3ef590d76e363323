"""A table as a DataFrame of pandas or polars, whichever the reader uses."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from markovdiff.arithmetic.quantity import Enclosed
from markovdiff.arithmetic.rational import shown
from markovdiff.errors import InputError

LIBRARIES = ("pandas", "polars")

DTYPES = {
    "pandas": {int: "int64", float: "float64", str: "string", bool: "bool"},
    "polars": {int: "Int64", float: "Float64", str: "String", bool: "Boolean"},
}


def frame(columns: Mapping[str, Sequence[Any]], kinds: Mapping[str, type], library: str | None = None) -> Any:
    """Return a DataFrame with a column of one kind (int, float, str or bool) for each name; None is missing.

    Without `library` it is the one that is loaded, else the one that is installed, pandas before polars.
    Raises InputError for another library, or where it is not installed.
    """
    name = chosen(library)
    made: Any = import_module(name)
    dtypes = DTYPES[name]
    if name == "polars":
        series = {key: made.Series(key, cells, getattr(made, dtypes[kinds[key]])) for key, cells in columns.items()}
    else:
        series = {key: made.Series(cells, dtype=dtypes[kinds[key]]) for key, cells in columns.items()}
    return made.DataFrame(series)


def cell(value: object) -> object:
    """Return what stands in a frame: a float for a number, None where there is none or it was not decided."""
    match value:
        case Enclosed(value="undecided"):
            return None
        case Enclosed() | Fraction() | Decimal():
            return float(value)
    return value


def chosen(library: str | None) -> str:
    """Return the library's name. Raise InputError where there is no such library."""
    if library is not None and library not in LIBRARIES:
        raise InputError("no such library", where="to_frame", expected="'pandas' or 'polars'", got=shown(library))
    for name in (library,) if library else sorted(LIBRARIES, key=lambda known: known not in sys.modules):
        if find_spec(name) is not None:
            return name
    missing = library or "pandas or polars"
    raise InputError(f"a frame needs {missing}", where="to_frame", remedy="pip install 'markovdiff[frames]'")
