"""What a habit of practical code makes of a run's numbers, beside the certified ones, and the bias it causes.

A bias is what the habit gives less the truth, and enclosed as the truth is: where the habit names a number format the
value is one binary number; else the habit is followed in exact arithmetic, in balls, and the truth is evaluated by the
same formulas with the same bits, so that a small bias is not lost in the digits of the report. A number that the habit
does not change has the bias 0, and a sum the sum of the biases of its parts. Of a term that is infinite in truth and
finite with the habit the bias is −∞.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import MAX_EMAX, MIN_EMIN, ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np
from flint import ctx

from markovdiff.arithmetic.decimals import decimal_text
from markovdiff.arithmetic.enclosure import ALONE, Unit
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.quantity import Enclosed
from markovdiff.arithmetic.rational import from_decimal
from markovdiff.arithmetic.value import in_a_line
from markovdiff.errors import LimitError
from markovdiff.practice.formats import ZERO, End, FloatFormat, Range, Table, added, difference, scaled, total
from markovdiff.practice.habits import Practice
from markovdiff.practice.recipe import Recipe
from markovdiff.practice.textbook import EXACT, Key, Numbers, Textbook
from markovdiff.process.chain import Chain
from markovdiff.process.reverse import ReverseModel
from markovdiff.study.naive_float import MAX_K

if TYPE_CHECKING:
    from markovdiff.study.result import Elbo, Step

Ranges: TypeAlias = "dict[Key, Range | None]"
"""Where numbers lie, by name and t."""

TOTALS = ("reconstruction", "denoising", "prior", "negative_elbo", "nll")

MOST_EXACT = 4 * 10**6
"""T·K³ up to which habits are followed in exact arithmetic: about a minute."""

MOST_FLOAT = 4 * 10**8
"""T·K³ up to which they are followed in a number format: some minutes."""

NUMBERS = ("mutual_information", "information_loss", "elbo_term")
"""The numbers of a step."""

VALUE_DIGITS = 17
"""Significant digits of what a habit gives: a float64 reads back as itself."""

Tick: TypeAlias = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Practised:
    """A number by a habit: where the `value` lies, and the `bias`, it less the truth.

    Both ends of a value are one where it is a binary number. None is undefined; the bias is None, too, where the truth
    is undefined or undecided, or both are infinite.
    """

    value: Range | None
    bias: Range | None

    __repr__ = in_a_line

    def negative(self) -> Practised:
        """Return minus the number."""
        return Practised(difference(ZERO, self.value), difference(ZERO, self.bias))

    def record(self) -> dict[str, object]:
        """Return the JSON's form: a decimal by which a float64 reads back as itself, and the bias rounded outward."""
        ends = None if self.bias is None else (written(self.bias[0], ROUND_FLOOR), written(self.bias[1], ROUND_CEILING))
        return {"value": _word(self.value), "bias": ends and {"lower": ends[0], "upper": ends[1]}}


@dataclass(frozen=True, slots=True)
class PractisedStep:
    """What a habit gives at one t; None where a number belongs to a step and t = 0, or there is no ledger."""

    t: int
    mutual_information: Practised
    information_loss: Practised | None
    elbo_term: Practised | None

    __repr__ = in_a_line

    def record(self) -> dict[str, object]:
        """Return the step as the JSON has it."""
        numbers: dict[str, Practised | None] = {name: getattr(self, name) for name in NUMBERS}
        return {
            "t": self.t,
            **{name: number if number is None else number.record() for name, number in numbers.items()},
        }


@dataclass(frozen=True)
class PracticeResult:
    """A run as a habit would report it: `arithmetic` is `exact` or the number format, `elbo` None without a ledger."""

    habit: str
    words: str
    arithmetic: str
    steps: tuple[PractisedStep, ...]
    elbo: dict[str, Practised] | None

    __repr__ = in_a_line

    @property
    def changes_nothing(self) -> bool:
        """Whether every number is what it is in truth."""
        totals = [] if self.elbo is None else list(self.elbo.values())
        numbers = [getattr(step, name) for step in self.steps for name in NUMBERS]
        return all(number is None or number.bias == ZERO for number in (*numbers, *totals))

    def record(self) -> dict[str, object]:
        """Return the same as the JSON has it."""
        totals = None if self.elbo is None else {name: number.record() for name, number in self.elbo.items()}
        steps = [step.record() for step in self.steps]
        return {"habit": self.habit, "words": self.words, "arithmetic": self.arithmetic, "steps": steps, "elbo": totals}


def _word(x: Range | None) -> str:
    if x is None:
        return "undefined"
    return "undecided" if x[0] <= 0 <= x[1] and x != ZERO else written(middle(x), ROUND_HALF_EVEN, VALUE_DIGITS)


def middle(x: Range) -> End:
    """Return the middle of a range, or the infinite number that it is."""
    return x[0] if x[0] == x[1] else (x[0] + x[1]) / 2


def written(x: End, rounding: str, digits: int = 15) -> str:
    """Return a decimal of so many significant digits, rounded as asked for; `inf` and `-inf` where it is infinite."""
    if isinstance(x, float):
        return repr(x)
    context = Context(prec=digits, rounding=rounding, Emax=MAX_EMAX, Emin=MIN_EMIN)
    quotient = context.divide(Decimal(x.numerator), Decimal(x.denominator))
    return decimal_text(quotient) if quotient else "0"


class PracticeRun:
    """All the practices of one run; what they share is worked out once."""

    def __init__(
        self, asked: Sequence[Practice], chain: Chain, model: ReverseModel | None, prior: RationalMatrix, unit: Unit
    ) -> None:
        """Take what a run is of. Raise LimitError where it is too large for a practice that is asked for."""
        self.asked, self.chain, self.model, self.prior, self.unit = tuple(asked), chain, model, prior, unit
        self._plain: dict[int, Numbers] = {}
        for practice in self.asked:
            _check_size(practice, chain)

    def results(
        self, steps: Sequence[Step], elbo: Elbo, progress: Callable[[str, float], None]
    ) -> Iterator[PracticeResult]:
        """Yield what each practice gives beside the steps and totals of the run."""
        truth = _truth(steps, elbo)
        for practice in self.asked:
            yield self._result(practice, truth, partial(progress, f"practice {practice.text}"))

    def _result(self, practice: Practice, truth: Ranges, tick: Tick) -> PracticeResult:
        recipe, T = practice.recipe, self.chain.T
        by_habit = self._by_habit(recipe, truth, tick)
        adding = _Floats(recipe.numbers) if recipe.numbers else _Ranges()
        information = [by_habit["information", t] for t in range(T + 1)]
        steps = [PractisedStep(0, information[0], None, None)]
        terms = [by_habit["term", t] for t in range(1, T + 1)] if ("term", T) in by_habit else []
        share = Fraction(1, T if recipe.averaged else 1)
        for t in range(1, T + 1):
            lost = adding.total([information[t - 1], information[t].negative()], truth["loss", t])
            term = adding.scaled(terms[t - 1], share, truth["term", t]) if terms else None
            steps.append(PractisedStep(t, information[t], lost, term))
        elbo = self._elbo(recipe, adding, terms, by_habit, truth) if terms else None
        return PracticeResult(
            practice.text, practice.words, recipe.numbers.name if recipe.numbers else "exact", tuple(steps), elbo
        )

    def _by_habit(self, recipe: Recipe, truth: Ranges, tick: Tick) -> dict[Key, Practised]:
        """Return each number of the formulas by the habit, with its bias."""
        if not recipe.changes_numbers:
            return {key: Practised(found, found and ZERO) for key, found in truth.items()}
        if recipe.numbers is not None:
            made = Textbook(self.chain, self.unit, recipe.numbers, recipe).worked_out(self.model, self.prior, tick)
            return {key: Practised(found, difference(found, truth[key])) for key, found in made.found.items()}
        bits = recipe.bits + _bits_of_the_least(truth)
        with ALONE, ctx.workprec(bits):
            if bits not in self._plain:
                plain = Textbook(self.chain, self.unit, EXACT)
                self._plain[bits] = plain.worked_out(self.model, self.prior, lambda share: tick(share / 2))
            made = Textbook(self.chain, self.unit, EXACT, recipe).worked_out(
                self.model, self.prior, lambda share: tick((1 + share) / 2)
            )
        fine = self._plain[bits].found
        return {
            key: Practised(truth[key], truth[key] and ZERO)
            if key in made.untouched
            else Practised(found, difference(found, fine[key]))
            for key, found in made.found.items()
        }

    def _elbo(
        self, recipe: Recipe, adding: _Adding, terms: list[Practised], by_habit: dict[Key, Practised], truth: Ranges
    ) -> dict[str, Practised]:
        """Return the totals: the terms by their sum or mean, and the prior's as the recipe has it."""
        share = Fraction(1, len(terms) if recipe.averaged else 1)
        of_model = added(truth["reconstruction", 0], truth["denoising", 0])
        summed = adding.scaled(adding.total(terms, of_model), share, of_model)
        last, true_last = by_habit["prior", 0], truth["prior", 0]
        if recipe.prior is not None:
            numbers = recipe.numbers or EXACT
            with ALONE, ctx.workprec(recipe.bits):
                value = numbers.range(recipe.prior(numbers, self.chain.K, self.unit))
            last = Practised(value, difference(value, true_last))
        return {
            "reconstruction": adding.scaled(terms[0], share, truth["reconstruction", 0]),
            "denoising": adding.scaled(adding.total(terms[1:], truth["denoising", 0]), share, truth["denoising", 0]),
            "prior": last,
            "negative_elbo": adding.total([summed, last], truth["negative_elbo", 0]),
            "nll": by_habit["nll", 0],
        }


class _Adding(Protocol):
    """How sums are formed by a habit."""

    def total(self, parts: Sequence[Practised], truth: Range | None) -> Practised:
        """Return a sum, beside the true one."""

    def scaled(self, part: Practised, share: Fraction, truth: Range | None) -> Practised:
        """Return a share 1/n of a number, beside the true number."""


class _Ranges:
    """Exact sums: a bias is the sum of the biases of the parts."""

    def total(self, parts: Sequence[Practised], truth: Range | None) -> Practised:
        value, bias = total(part.value for part in parts), total(part.bias for part in parts)
        if bias == ZERO:
            return Practised(truth, bias)
        both_infinite = value is not None and value == truth and math.isinf(value[0])
        return Practised(value, None if both_infinite else bias)

    def scaled(self, part: Practised, share: Fraction, truth: Range | None) -> Practised:
        if share == 1:
            return part
        return Practised(scaled(part.value, share), difference(scaled(part.bias, share), scaled(truth, 1 - share)))


@dataclass(frozen=True)
class _Floats:
    """Sums in a number format, from the first term to the last, each addition rounded."""

    numbers: FloatFormat

    def total(self, parts: Sequence[Practised], truth: Range | None) -> Practised:
        return self._of(self.numbers.summed(np.array([self._float(part) for part in parts])), truth)

    def scaled(self, part: Practised, share: Fraction, truth: Range | None) -> Practised:
        if share == 1:
            return part
        return self._of(self.numbers.divided(np.array(self._float(part)), np.array(share.denominator)), truth)

    @staticmethod
    def _float(part: Practised) -> float:
        return math.nan if part.value is None else float(part.value[0])

    def _of(self, value: Table, truth: Range | None) -> Practised:
        found = self.numbers.range(value)
        return Practised(found, difference(found, truth))


def _check_size(practice: Practice, chain: Chain) -> None:
    """Raise LimitError where a practice would take too long on a chain."""
    recipe, size = practice.recipe, chain.T * chain.K**3
    most = MOST_EXACT if recipe.numbers is None else MOST_FLOAT
    if not recipe.changes_numbers or (size <= most and chain.K <= MAX_K):
        return
    fits = recipe.numbers is None and size <= MOST_FLOAT and chain.K <= MAX_K
    raise LimitError(
        f"the chain is too large for the practice {practice.text}",
        where="--practice",
        expected=f"T·K³ ≤ {most:,} and K ≤ {MAX_K}",
        got=f"T = {chain.T}, K = {chain.K}",
        remedy=f"{f'fp64+{practice.text}' if fits else 'fewer states or steps'}; what only sums terms takes any",
    )


def _bits_of_the_least(truth: Ranges) -> int:
    """Return how many bits below 1 the least number of a run begins."""
    sizes = [Fraction(found[0]) for found in truth.values() if found is not None and 0 < found[0] < math.inf]
    return max((x.denominator.bit_length() - x.numerator.bit_length() for x in sizes), default=0)


def _truth(steps: Sequence[Step], elbo: Elbo) -> Ranges:
    """Return the certified numbers of a run by their keys."""
    found: Ranges = {(name, 0): _range(getattr(elbo, name)) for name in TOTALS}
    for step in steps:
        found["information", step.t] = _range(step.mutual_information)
        found["loss", step.t] = _range(step.information_loss)
        if step.elbo_term is not None:
            found["term", step.t] = _range(step.elbo_term)
    return found


def _range(value: Enclosed | None) -> Range | None:
    if value is not None and value.value == "inf":
        return math.inf, math.inf
    if value is None or value.lower is None or value.upper is None:
        return None
    return from_decimal(value.lower), from_decimal(value.upper)
