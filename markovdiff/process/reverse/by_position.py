"""How a reverse model treats each position of a sequence: by which formula, and from which belief about x_0^l."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from markovdiff.arithmetic.rational import shown
from markovdiff.errors import InputError
from markovdiff.process.kernels.spec import Normalise
from markovdiff.process.reverse.spec import WHERE, Last

Form = Literal["posterior-mixture", "d3pm"]


@dataclass(frozen=True)
class NamedDenoiser:
    """A belief about x_0 that needs no table: the posterior with an error, or one that ignores what x_t shows of it."""

    name: Literal["posterior", "leave-one-out", "data"]
    error: Fraction = Fraction(0)


@dataclass(frozen=True)
class DenoiserFile:
    """A file with a table of beliefs, [t−1][x_t][l][k], and whether its rows may be divided by their sums."""

    path: str
    normalise: Normalise


@dataclass(frozen=True)
class ByPosition:
    """A formula and a denoiser for every position.

    `last` says what the jump down to 0 is, for d3pm: the belief itself, or the formula.
    """

    form: Form
    denoiser: NamedDenoiser | DenoiserFile
    last: Last = "prediction"


def named_denoiser(error: Fraction | None, denoiser: Literal["data", "leave-one-out"] | None) -> NamedDenoiser:
    """Return the denoiser that a model's table names. Raises InputError for two of them, or an error outside [0, 1]."""
    if denoiser is not None:
        if error is not None:
            raise InputError("two denoisers", where=WHERE, expected="either error or denoiser", got="both")
        return NamedDenoiser(denoiser)
    error = error or Fraction(0)
    if not 0 <= error <= 1:
        raise InputError(
            "the error is not a probability", where=f"{WHERE}.error", expected="from 0 to 1", got=shown(error)
        )
    return NamedDenoiser("posterior", error)
