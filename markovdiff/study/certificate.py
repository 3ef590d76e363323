"""Certificates: a result with what an independent audit needs, and nothing that it would have to believe.

A certificate holds the resolved scenario as exact rationals, the versions that made it, the SHA-256 of the scenario's
file, and the claims: every rational, every verdict with its witness, and every enclosure as two dyadic numbers
[mantissa, exponent], lower = mantissa·2^exponent. They are the result's own decimals, rounded outward to 32 bits beyond
the certified digits, so they hold whatever those hold; an exact value that is dyadic keeps lower = upper. Values,
closed forms and prose are left out. The schema's name is "markovdiff.certificate/1"; `markovdiff audit` reads it.
"""

from __future__ import annotations

import hashlib
import platform
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import flint

from markovdiff.arithmetic.decimals import decimal_text
from markovdiff.arithmetic.quantity import Enclosed
from markovdiff.arithmetic.rational import from_decimal, numeral, text
from markovdiff.errors import InputError
from markovdiff.study.files import read_bytes
from markovdiff.study.loading import MAX_FILE_BYTES
from markovdiff.study.result import ADDED, QUANTITIES, Result, Step

SCHEMA = "markovdiff.certificate/1"

EXTRA_BITS = 32
"""Bits of a mantissa beyond log2 10 for each certified digit: widening stays far below one unit of the last digit."""


def certificate(result: Result, scenario_sha256: str) -> dict[str, Any]:
    """Return the certificate of a result, as plain dicts, lists and strings.

    Raises InputError for a result of float arithmetic, which has no enclosures.
    """
    if result.arithmetic["kind"] == "float":
        raise InputError("a float result cannot be certified", where="--certificate", expected="exact arithmetic")
    bits = 4 * int(str(result.arithmetic["digits"])) + EXTRA_BITS
    keys = ("check", "expected", "observed", "verdict", "witness")
    return {
        "schema": SCHEMA,
        "versions": {
            "markovdiff": result.version,
            "python": platform.python_version(),
            "python-flint": flint.__version__,
            "flint": flint.__FLINT_VERSION__,
        },
        "scenario_sha256": scenario_sha256,
        "unit": result.unit,
        "arithmetic": result.arithmetic,
        "scenario": result.scenario,
        "steps": [_step(step, bits) for step in result.steps],
        "elbo": {name: _plain(getattr(result.elbo, name), bits) for name in result.elbo.totals},
        "checks": [{key: getattr(check, key) for key in keys} for check in result.checks],
    }


def sha256(path: Path) -> str:
    """Return the hash of a scenario's file, in hexadecimal. Raise InputError where the file cannot be read."""
    return hashlib.sha256(read_bytes(path, "scenario", MAX_FILE_BYTES)).hexdigest()


def _step(step: Step, bits: int) -> dict[str, Any]:
    return {name: _plain(getattr(step, name), bits) for name in QUANTITIES if name not in ADDED}


def _plain(value: object, bits: int) -> object:
    match value:
        case Fraction():
            return text(value)
        case Decimal():
            return decimal_text(value)
        case Enclosed(lower=str() as lower, upper=str() as upper):
            return {
                "lower": dyadic(from_decimal(lower), bits, up=False),
                "upper": dyadic(from_decimal(upper), bits, up=True),
            }
        case Enclosed():
            return {"value": value.value, "witness": value.witness}
    return value


def dyadic(x: Fraction, bits: int, *, up: bool) -> tuple[str, int]:
    """Return the nearest mantissa·2^exponent not above x (not below with `up`), the mantissa of about `bits` bits.

    >>> dyadic(Fraction(7, 4), 8, up=False), dyadic(Fraction(1, 3), 8, up=False), dyadic(Fraction(1, 3), 8, up=True)
    (('7', -2), ('85', -8), ('171', -9))
    """
    if x == 0:
        return "0", 0
    exponent = abs(x.numerator).bit_length() - x.denominator.bit_length() - bits
    scaled = x / Fraction(2) ** exponent
    mantissa = -(-scaled.numerator // scaled.denominator) if up else scaled.numerator // scaled.denominator
    twos = (mantissa & -mantissa).bit_length() - 1
    return numeral(mantissa >> twos), exponent + twos
