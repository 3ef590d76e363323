"""JSON Schemas (2020-12) of findings, read off their types: what `--json` writes has these keys and no others.

A dataclass is an object of all its fields, a tuple an array, `| None` a null, a Fraction an exact rational as text, and
an `Enclosed` a certified number, as in results.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from fractions import Fraction
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from markovdiff.arithmetic.quantity import Enclosed
from markovdiff.designs.inspection import Inspection
from markovdiff.errors import InternalError
from markovdiff.study import few_steps, unmasking
from markovdiff.study.schema import definitions, sampled

PLAIN: dict[object, dict[str, Any]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    Fraction: {"$ref": "#/$defs/rational"},
    Enclosed: {"$ref": "#/$defs/quantity"},
    NoneType: {"type": "null"},
}
"""Types that hold no others."""


def inspection_schema() -> dict[str, Any]:
    """Return the schema of what `inspect --json` writes."""
    return _whole("markovdiff inspection", _schema(Inspection))


def steps_schema() -> dict[str, Any]:
    """Return the schema of what `steps --json` writes, its samplers as a result has them."""
    rows = {"type": "array", "items": sampled(), "minItems": 1}
    return _whole("markovdiff steps", _named(few_steps.SCHEMA, _schema(few_steps.StepsTable), sampler=rows))


def unmasking_schema() -> dict[str, Any]:
    """Return the schema of what `unmask --json` writes."""
    return _whole("markovdiff unmask", _named(unmasking.SCHEMA, _schema(unmasking.UnmaskingTable)))


def _whole(title: str, of: dict[str, Any]) -> dict[str, Any]:
    dialect = "https://json-schema.org/draft/2020-12/schema"
    return {"$schema": dialect, "title": title, **of, "$defs": definitions()}


def _named(name: str, of: dict[str, Any], **others: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of an object that names its own schema first, some of its keys having others."""
    properties = {"schema": {"const": name}, **of["properties"], **others}
    return {**of, "properties": properties, "required": list(properties)}


def _schema(of: Any) -> dict[str, Any]:
    """Return the schema of a type. Raises InternalError for one that findings do not have."""
    if of in PLAIN:
        return PLAIN[of]
    if is_dataclass(of):
        assert isinstance(of, type)
        hints = get_type_hints(of)
        properties = {f.name: _schema(hints[f.name]) for f in fields(of)}
        closed = {"required": list(properties), "additionalProperties": False}
        return {"type": "object", "description": of.__doc__, "properties": properties, **closed}
    if get_origin(of) is Literal:
        return {"enum": list(get_args(of))}
    if get_origin(of) is tuple:
        return _array(get_args(of))
    if isinstance(of, UnionType):
        return {"anyOf": [_schema(kind) for kind in get_args(of)]}
    raise InternalError(f"a finding holds a {of}")


def _array(kinds: tuple[Any, ...]) -> dict[str, Any]:
    if kinds[-1] is ...:
        return {"type": "array", "items": _schema(kinds[0])}
    items = [_schema(kind) for kind in kinds]
    return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}
