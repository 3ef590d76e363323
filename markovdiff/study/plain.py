"""Numbers as plain JSON values."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from markovdiff.arithmetic.decimals import decimal_text, fraction_text
from markovdiff.arithmetic.quantity import Enclosed
from markovdiff.arithmetic.rational import text


def plain(value: object, digits: int | None = None) -> object:
    """Return a value as the JSON has it; a rational as a decimal of so many digits where these are given."""
    match value:
        case Fraction() if digits is not None:
            return fraction_text(value, digits)
        case Fraction():
            return text(value)
        case Decimal():
            return decimal_text(value)
        case Enclosed(witness=None, lower=None):
            return {"value": value.value, "closed_form": None}
        case Enclosed(witness=None):
            return {"value": value.value, "lower": value.lower, "upper": value.upper, "closed_form": value.closed_form}
        case Enclosed():
            return {"value": value.value, "witness": value.witness}
    return value
