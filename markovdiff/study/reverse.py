"""[reverse]: from what the file says to a reverse model, its tables read and checked.

A table is R_t[j][i] = p_θ(x_{t−1} = i | x_t = j) for t = 1 … T, or, under the name `denoiser`, p̃(x0 = k | x_t = j).
It stands in the scenario, in a JSON file (a list, or an object with `reverse` or `denoiser`; a row may be null where
it is undefined), or in an .npz file with one of those arrays. Floats are the exact dyadic numbers they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import inf
from pathlib import Path

from markovdiff.arithmetic.rational import rational, shown
from markovdiff.errors import InputError
from markovdiff.process import reverse
from markovdiff.process.chain import Chain
from markovdiff.process.distribution import Distribution, law_of
from markovdiff.study import fileformat, files
from markovdiff.study.softmax import softmax
from markovdiff.study.sums import Divider, check_orientation

WHERE = "reverse.model"


def model(spec: fileformat.Model, chain: Chain, labels: int, folder: Path) -> reverse.ReverseModel:
    """The reverse model; `labels` is how many states [data] itself names (a mask may have been added)."""
    match spec:
        case fileformat.Bayes():
            return reverse.Bayes(None if spec.data is None else law_of(_belief(spec.data, chain, labels)))
        case fileformat.PosteriorMixture():
            return reverse.PosteriorMixture(_denoiser(spec))
        case fileformat.D3PM():
            return reverse.D3PM(_denoiser(spec), spec.last or "prediction")
        case fileformat.Counted():
            smoothing = Fraction(1) if spec.smoothing is None else spec.smoothing
            if smoothing < 0:
                raise InputError("negative smoothing", where=f"{WHERE}.smoothing", expected="≥ 0", got=shown(smoothing))
            return reverse.Counted(chain, spec.trajectories, smoothing, spec.seed)
        case fileformat.UniformModel():
            return reverse.Uniform()
        case fileformat.TableModel():
            return _table(spec, chain, labels, folder)


def _belief(probabilities: list[Fraction], chain: Chain, labels: int) -> Distribution:
    where = f"{WHERE}.data"
    if len(probabilities) != labels:
        raise InputError(
            "a belief of the wrong length",
            where=where,
            expected=f"{labels} probabilities, one for each state of [data]",
            got=str(len(probabilities)),
        )
    padded = [*probabilities, *[Fraction(0)] * (chain.K - labels)]
    return Distribution.from_probabilities(padded, chain.states, where)


def _denoiser(spec: fileformat.PosteriorMixture | fileformat.D3PM) -> reverse.Denoiser:
    if spec.denoiser is not None:
        if spec.error is not None:
            raise InputError("two denoisers", where=WHERE, expected="either error or denoiser", got="both")
        if spec.denoiser == "leave-one-out":
            raise InputError(
                "leave-one-out speaks of the other positions",
                where=f"{WHERE}.denoiser",
                expected="data that are sequences (data.length)",
                remedy='denoiser = "data": of one symbol that is the same',
            )
        return reverse.MarginalDenoiser()
    error = spec.error or Fraction(0)
    if not 0 <= error <= 1:
        raise InputError(
            "the error is not a probability", where=f"{WHERE}.error", expected="from 0 to 1", got=shown(error)
        )
    return reverse.Posterior(error)


def _table(spec: fileformat.TableModel, chain: Chain, labels: int, folder: Path) -> reverse.ReverseModel:
    if (spec.rows is None) == (spec.path is None):
        problem = "the table is missing" if spec.rows is None else "the table is given twice"
        raise InputError(problem, where=WHERE, expected="either rows or path")
    if spec.softmax and spec.normalise:
        remedy = "leave `normalise` out: rows of a softmax sum to one"
        raise InputError("logits are not normalised by their sum", where=f"{WHERE}.normalise", remedy=remedy)
    if spec.rows is not None:
        name, key, place = "reverse", f"{WHERE}.rows", f"{WHERE}.rows"
        nested: object = spec.rows
    else:
        assert spec.path is not None
        key, place = f"{WHERE}.path", f"{WHERE}.path ({folder / spec.path})"
        name, nested = files.read_tables(folder / spec.path, ("reverse", "denoiser"), key, logits=spec.softmax)
    reading = _Reading(spec, chain.K, labels if name == "denoiser" else chain.K)
    tables = reading.tables(_list(nested, place, chain.T, "tables, one a step"), place)
    notes = tuple(reading.notes(key))
    if spec.last is not None and (name == "reverse" or spec.form != "d3pm"):
        raise InputError(
            "no formula that `last` could choose", where=f"{WHERE}.last", expected='a denoiser and form = "d3pm"'
        )
    if name == "reverse":
        return reverse.ReverseTable(tables, notes)
    denoiser = reverse.DenoiserTable(tables, notes)
    return (
        reverse.D3PM(denoiser, spec.last or "prediction") if spec.form == "d3pm" else reverse.PosteriorMixture(denoiser)
    )


def notes_of(model: reverse.ReverseModel | None) -> tuple[str, ...]:
    """What was done to a table that was brought, in sentences."""
    match model:
        case reverse.ReverseTable() as brought:
            return brought.notes
        case reverse.PosteriorMixture(denoiser=reverse.DenoiserTable() as brought):
            return brought.notes
        case reverse.D3PM(denoiser=reverse.DenoiserTable() as brought):
            return brought.notes
    return ()


class _Reading:
    """T × K rows of K numbers that sum to one, each exact; rows may lack the columns of states without data.

    `columns` is how many the data name: an added mask has none, for nothing is ever predicted to be masked.
    """

    def __init__(self, spec: fileformat.TableModel, K: int, columns: int) -> None:
        self.K, self.columns, self.softmax = K, columns, spec.softmax
        self.padded = self.exponentiated = False
        self.erased = 0
        self.divider = Divider(
            spec.normalise,
            empty="null for a row that is undefined (in .json), or probabilities",
            hint="if these are logits, write `softmax = true`; else ",
        )

    def tables(self, brought: Sequence[object], place: str) -> tuple[tuple[reverse.Row | None, ...], ...]:
        """The tables, read row by row, then each row made to sum to one."""
        stack = [
            [
                None if row is None else self._numbers(row, f"{place}[{t}][{j}]")
                for j, row in enumerate(_list(table, f"{place}[{t}]", self.K, "rows, one for each x_t"))
            ]
            for t, table in enumerate(brought)
        ]
        if not self.softmax:
            self._check(stack, place)
        return tuple(
            tuple(None if row is None else self._law(row, f"{place}[{t}][{j}]") for j, row in enumerate(table))
            for t, table in enumerate(stack)
        )

    def _check(self, stack: Sequence[Sequence[list[Fraction | None] | None]], place: str) -> None:
        """Ask about transposed tables, and name the worst fault of rows that are not to be divided."""
        rows = [[[x for x in row or () if x is not None] for row in table] for table in stack]
        square = [table for table in rows if all(len(row) == len(table) for row in table)]
        remedy = "turn each table, so that row j is the law given x_t = j"
        check_orientation(square, ("rows", "columns"), lambda _t: place, remedy)
        if not self.divider.normalise:
            self.divider.check(
                (row, f"{place}[{t}][{j}]") for t, table in enumerate(rows) for j, row in enumerate(table) if row
            )

    def _numbers(self, row: object, where: str) -> list[Fraction | None]:
        """The entries of a row, None for a logit of −∞."""
        missing = isinstance(row, list) and len(row) == self.columns < self.K
        self.padded |= missing
        entries = _list(row, where, self.columns if missing else self.K, "entries")
        return [
            None if x == -inf else Fraction(x) if isinstance(x, float) else rational(x, f"{where}[{i}]")
            for i, x in enumerate(entries)
        ]

    def _law(self, row: list[Fraction | None], where: str) -> reverse.Row:
        self.exponentiated |= self.softmax
        finite = [x for x in row if x is not None]
        if not finite:
            raise InputError("a row of logits that are all −∞", where=where, expected="at least one finite logit")
        made = softmax(finite, where) if self.softmax else self.divider.divided(finite, where)
        self.erased += made.count(Fraction(0)) if self.softmax else 0
        rest = iter(made)
        law = [Fraction(0) if x is None else next(rest) for x in row]
        return reverse.row_of([*law, *[Fraction(0)] * (self.K - len(law))])

    def notes(self, key: str) -> Iterator[str]:
        """What was done, in sentences."""
        if self.exponentiated:
            lost = f"; that makes 0 of {self.erased} that are not 0 in the formula" if self.erased else ""
            yield f"{key}: logits taken through softmax, rounded down to 2^-53, the largest takes the rest{lost}"
        yield from self.divider.note(key)
        if self.padded:
            yield f"{key}: the added mask has no column in the denoiser; padded with 0"


def _list(nested: object, where: str, length: int, what: str) -> Sequence[object]:
    if not isinstance(nested, list) or len(nested) != length:
        got = f"{len(nested)}" if isinstance(nested, list) else shown(nested, 40)
        raise InputError("a table of the wrong shape", where=where, expected=f"{length} {what}", got=got)
    return nested
