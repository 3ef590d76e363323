"""A result: what was found at each t, the verdicts, and the forms it is written in.

The JSON is described by the schema that ships (`markovdiff schema result`). Rationals are strings
"n/d"; a certified real number is an `Enclosed`; key order and digits depend on the scenario alone, so the
same scenario gives the same bytes.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from decimal import Context, Decimal
from fractions import Fraction
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from markovdiff.arithmetic.decimals import decimal_text
from markovdiff.arithmetic.quantity import Enclosed
from markovdiff.arithmetic.rational import shown
from markovdiff.arithmetic.value import one_line
from markovdiff.sequences.law import joined
from markovdiff.study.frames import cell, frame
from markovdiff.study.naive_float import FloatError, rounded, scientific
from markovdiff.study.plain import plain
from markovdiff.study.sampled import Sampled, SequenceFacts

if TYPE_CHECKING:  # NumPy comes with it
    from markovdiff.study.practised import PracticeResult

SCHEMA = "markovdiff.result/2"

Rational: TypeAlias = Fraction | Decimal
"""A rational as it is reported: itself in exact arithmetic, otherwise rounded to decimals."""


class Law(Protocol):
    """p_t, written out when asked for."""

    def rows(self) -> tuple[tuple[Rational | None, ...], ...]:
        """Return the one row, state by state; None for what float64 cannot separate from rounding."""


@dataclass(frozen=True)
class Step:
    """What was found at one t; None where a quantity belongs to a step and t = 0, is not defined, or not decided.

    `shadow` is there where the run was asked for it; `sequences` are those that `marginal` speaks of, in its order,
    where x_t is a sequence. Of a model that treats each position by itself `model_error` has two parts:
    `expected_total_correlation` of x_{t−1} given x_t, and the `position_error` that each position's own model adds.
    """

    t: int
    beta: Rational | None
    alpha_bar: Rational | None
    entropy: Enclosed
    conditional_entropy: Enclosed
    noise_entropy: Enclosed
    mutual_information: Enclosed
    information_loss: Enclosed | None
    decay: str | None
    dobrushin: Rational | None
    sdpi_bound: Enclosed | None
    total_variation_to_prior: Rational | None
    elbo_term: Enclosed | None
    model_error: Enclosed | None
    law: Law = field(hash=False)
    cross_entropy: Enclosed | None = None
    contraction: Enclosed | None = None
    dobrushin_product: Rational | None = None
    sequences: tuple[tuple[str, ...], ...] | None = field(default=None, hash=False)
    expected_total_correlation: Enclosed | None = None
    position_error: Enclosed | None = None
    shadow: FloatError | None = None

    def __repr__(self) -> str:
        lost = f", lost {_short(self.information_loss)} ({self.decay})" if self.t else ""
        return f"<Step t = {self.t}: H = {_short(self.entropy)}, I = {_short(self.mutual_information)}{lost}>"

    @property
    def marginal(self) -> tuple[Rational | None, ...]:
        """p_t, state by state."""
        return self.law.rows()[0]

    def record(self, distributions: bool = False, digits: int | None = None) -> dict[str, Any]:
        """Return the step as the JSON has it; with `digits` its rationals as decimals of so many significant digits."""
        record = {name: plain(getattr(self, name), digits) for name in QUANTITIES}
        if distributions:
            record["marginal"] = self._marginal_record(digits)
        record |= {name: plain(part) for name in PARTS if (part := getattr(self, name)) is not None}
        if self.shadow is not None:
            record["shadow"] = self.shadow.record()
        return record

    def _marginal_record(self, digits: int | None) -> list[object]:
        """p_t, state by state; of sequences those that are possible, each by its labels."""
        if self.sequences is None:
            return [plain(p, digits) for p in self.marginal]
        named = zip(self.sequences, self.marginal, strict=True)
        return [{"x_t": list(x), "probability": plain(p, digits)} for x, p in named if p]


PARTS = ("expected_total_correlation", "position_error")
"""The two parts of the error of a model that treats each position by itself."""

QUANTITIES = tuple(field.name for field in fields(Step) if field.name not in ("law", "sequences", "shadow", *PARTS))
ADDED = ("cross_entropy", "contraction", "dobrushin_product")
"""What the second schema added to a step."""

NO_NUMBERS = ("t", "decay")
"""The columns of CSV that are not of real numbers."""

NO_VALUES = {"inf": "inf", "undefined": "NaN", "undecided": ""}
"""What a column of numbers has in CSV where there is none."""

CSV_DIGITS = 15
"""Significant digits of a rational in CSV."""

SHADOW_COLUMNS = tuple(f"shadow_{name}" for name in FloatError(0.0).record())


@dataclass(frozen=True)
class Check:
    """A claim: what was expected, what was observed, whether they agree, and how that was decided."""

    check: str
    expected: str
    observed: str
    verdict: str
    decided: str
    detail: str
    witness: dict[str, object] | None = field(hash=False)

    def __repr__(self) -> str:
        found = f"{self.observed} ({self.decided}), expected {self.expected}"
        return f"<Check {self.check} {self.verdict}: {found}>"


@dataclass(frozen=True)
class Elbo:
    """The ledger's totals; None for a process with memory. `nll_excess`, NLL − H(x0), is for tables: not in JSON.

    `cross_entropy` is the denoiser's, summed over the steps, None where there is none; `hybrid` is L and λ times that,
    where `reverse.hybrid` gives λ.
    """

    reconstruction: Enclosed | None = None
    denoising: Enclosed | None = None
    prior: Enclosed | None = None
    negative_elbo: Enclosed | None = None
    nll: Enclosed | None = None
    data_entropy: Enclosed | None = None
    gap: Enclosed | None = None
    model_error: Enclosed | None = None
    prior_gap: Enclosed | None = None
    cross_entropy: Enclosed | None = None
    hybrid: Enclosed | None = None
    nll_excess: Enclosed | None = None

    def __repr__(self) -> str:
        shown_totals = {"L": self.negative_elbo, "NLL": self.nll, "H(x0)": self.data_entropy}
        return f"<Elbo: {', '.join(f'{name} = {_short(value)}' for name, value in shown_totals.items())}>"

    @property
    def totals(self) -> tuple[str, ...]:
        """The names of what a record has: the denoiser's losses only where a hybrid loss is asked for."""
        return TOTALS if self.hybrid is None else (*TOTALS, *DENOISER_TOTALS)

    def record(self) -> dict[str, Any]:
        """Return the same as the JSON has it."""
        return {name: plain(getattr(self, name)) for name in self.totals}

    def _repr_html_(self) -> str:
        return str(import_module("markovdiff.reports.notebook").of_ledger(self))


def _short(value: Enclosed | None) -> str:
    return "none" if value is None else value.short()


DENOISER_TOTALS = ("cross_entropy", "hybrid")
"""What stands beside the ledger's lines; null where the model has no denoiser, or no weight is given."""

TOTALS = tuple(field.name for field in fields(Elbo) if field.name not in ("nll_excess", *DENOISER_TOTALS))


@dataclass(frozen=True)
class Result:
    """All that a run found out; `partial` where it was interrupted, and then there are only steps.

    `notes` has a sentence for each thing that was done to the input. `sequence` and `sampler` belong to data that are
    sequences: None and empty for one symbol. `practice` has what each habit gives that was asked for.
    """

    version: str
    unit: str
    arithmetic: dict[str, object] = field(hash=False)
    scenario: dict[str, object] = field(hash=False)
    steps: tuple[Step, ...] = ()
    elbo: Elbo = Elbo()
    checks: tuple[Check, ...] = ()
    partial: bool = False
    notes: tuple[str, ...] = ()
    sequence: SequenceFacts | None = None
    sampler: tuple[Sampled, ...] = ()
    practice: tuple[PracticeResult, ...] = field(default=(), hash=False)

    def __repr__(self) -> str:
        name, kind = shown(self.scenario.get("name"), 40), self.arithmetic.get("kind")
        held = sum(check.verdict == "holds" for check in self.checks)
        done = f"{held} of {len(self.checks)} checks hold" if not self.partial else "partial"
        ends = [f"I_{step.t} = {_short(step.mutual_information)}" for step in (*self.steps[:1], *self.steps[1:][-1:])]
        return one_line(f"<Result {name}: {', '.join([*ends, self.unit, str(kind), done])}>")

    @property
    def passed(self) -> bool:
        """Whether every check came out as expected."""
        return not self.partial and all(check.verdict == "holds" for check in self.checks)

    def record(self, distributions: bool = False, *, decimal: bool = False) -> dict[str, Any]:
        """Return the whole result as plain dicts, lists and strings.

        With `decimal` the steps' rationals are decimals, rounded to the result's digits; the scenario stays exact.
        """
        digits = int(str(self.arithmetic["digits"])) if decimal else None
        return {
            "schema": SCHEMA,
            "markovdiff": self.version,
            **({"partial": True} if self.partial else {}),
            "unit": self.unit,
            "arithmetic": self.arithmetic,
            "scenario": self.scenario,
            "notes": list(self.notes),
            "steps": [step.record(distributions, digits) for step in self.steps],
            "elbo": self.elbo.record(),
            "checks": [{field.name: getattr(check, field.name) for field in fields(Check)} for check in self.checks],
            "sequence": None if self.sequence is None else self.sequence.record(),
            "sampler": [sampled.record() for sampled in self.sampler],
            **({"practice": [practised.record() for practised in self.practice]} if self.practice else {}),
        }

    def plot(self, what: str | None = None, *, scale: str | None = None) -> Any:
        """Draw the result and return the matplotlib Figure.

        `what` is information (the default), loss, entropy, ledger or sampler, as in `md.plot`.
        """
        return import_module("markovdiff.figures.figure").plot(self, what, scale=scale)

    def to_json(self, distributions: bool = False, *, decimal: bool = False) -> str:
        """Return JSON text, one line a quantity; with `decimal` the steps' rationals as decimals."""
        return dump(self.record(distributions, decimal=decimal))

    def to_frame(self, library: str | None = None) -> Any:
        """Return a row a step as a pandas or polars DataFrame: floats by the JSON's names, `t` whole, `decay` text.

        `library` is "pandas" or "polars"; by default whichever is in use, or installed. Infinite is inf, undefined NaN;
        what does not apply or was not decided is missing. Raises InputError where the library is not installed.
        """
        kinds = {name: {"t": int, "decay": str}.get(name, float) for name in QUANTITIES}
        columns = {name: [cell(getattr(step, name)) for step in self.steps] for name in QUANTITIES}
        return frame(columns, kinds, library)

    def _repr_html_(self) -> str:
        return str(import_module("markovdiff.reports.notebook").of_result(self))

    def to_csv(self, distributions: bool = False) -> str:
        """Return CSV text: a header, then one row a step, one column a quantity."""
        return to_csv([self], distributions, named=False)


def dump(record: object) -> str:
    """Return JSON text that people can read too."""
    return json.dumps(record, ensure_ascii=False, indent=1) + "\n"


def to_csv(results: Iterable[Result], distributions: bool = False, named: bool = True) -> str:
    """Return one table for one or several results; with `named` its first column is the scenario's name.

    Where one of them is partial a last column says which. A column of numbers holds decimals alone: `inf` where one is
    infinite, `NaN` where it is undefined, nothing where it does not apply or was not separated from 0.
    """
    results = list(results)
    marked = any(result.partial for result in results)
    states = list(dict.fromkeys(s for r in results for s in states_of(r))) if distributions else []
    shaded, parted = (any(getattr(step, name) for r in results for step in r.steps) for name in ("shadow", PARTS[0]))
    columns = (*QUANTITIES, *PARTS * parted)
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    more = (*(f"marginal[{s}]" for s in states), *SHADOW_COLUMNS * shaded, *["partial"] * marked)
    writer.writerow([*(["scenario"] if named else []), *columns, *more])
    for result in results:
        for step in result.steps:
            row = [csv_cell(name, plain(getattr(step, name))) for name in columns]
            if distributions:
                law = dict(zip(states_of(result), step.marginal, strict=True))
                row += [csv_cell("marginal", plain(law.get(s))) for s in states]
            if step.shadow is not None:
                row += _shadow_cells(step.shadow)
            mark = [str(result.partial).lower()] * marked
            writer.writerow([*([result.scenario["name"]] if named else []), *row, *mark])
    return out.getvalue()


def _shadow_cells(shadow: FloatError) -> list[str]:
    """Return the cells of float64's values; of the relative error its upper bound."""
    cells = {**shadow.record(), "relative_error": shadow.error and scientific(rounded(shadow.error)[1])}
    return [
        str(cell).lower() if isinstance(cell, bool) else csv_cell(f"shadow_{name}", cell)
        for name, cell in cells.items()
    ]


def states_of(result: Result) -> list[str]:
    """Return the states as columns call them; a sequence by its labels, joined."""
    if result.steps and (sequences := result.steps[0].sequences) is not None:
        return [joined(x) for x in sequences]
    states = result.scenario["states"]
    assert isinstance(states, list)
    return states


def csv_cell(name: str, plain: object) -> str:
    """Return a step's JSON value as a cell: a number as a decimal with a point or an exponent.

    A column whose first hundred cells are "1" would else be taken for one of integers.

    >>> [csv_cell("beta", x) for x in ("1", "2/3", "1e-9", {"value": "undefined"}, None)]
    ['1.0', '0.666666666666667', '1e-9', 'NaN', '']
    """
    if plain is None:
        return ""
    value = str(plain["value"] if isinstance(plain, dict) else plain)
    if name in NO_NUMBERS:
        return value
    if value in NO_VALUES:
        return NO_VALUES[value]
    numerator, _, denominator = value.partition("/")
    if denominator:
        quotient = Context(prec=CSV_DIGITS).divide(Decimal(numerator), Decimal(denominator))
        value = decimal_text(quotient.normalize())
    return value if set(".e") & set(value) else f"{value}.0"
