"""[reverse]: from what the file says to a reverse model, its tables read and checked.

A table is R_t[j][i] = p_θ(x_{t−1} = i | x_t = j) for t = 1 … T, or, under the name `denoiser`, p̃(x0 = k | x_t = j).
It stands in the scenario, in a JSON file (a list, or an object with `reverse` or `denoiser`; a row may be null where
it is undefined), or in an .npz file with one of those arrays. Floats are the exact dyadic numbers they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from markovdiff.arithmetic.rational import rational, shown
from markovdiff.errors import InputError
from markovdiff.measures.findings import law_of
from markovdiff.process import reverse
from markovdiff.process.chain import Chain
from markovdiff.process.distribution import Distribution, check_distribution
from markovdiff.study import fileformat, files

WHERE = "reverse.model"


def model(spec: fileformat.Model, chain: Chain, labels: int, folder: Path) -> reverse.ReverseModel:
    """The reverse model; `labels` is how many states [data] itself names (a mask may have been added)."""
    match spec:
        case fileformat.Bayes():
            return reverse.Bayes(None if spec.data is None else law_of(_belief(spec.data, chain, labels)))
        case fileformat.PosteriorMixture():
            return reverse.PosteriorMixture(_denoiser(spec))
        case fileformat.D3PM():
            return reverse.D3PM(_denoiser(spec), spec.last)
        case fileformat.Counted():
            smoothing = Fraction(1) if spec.smoothing is None else spec.smoothing
            if smoothing < 0:
                raise InputError("negative smoothing", where=f"{WHERE}.smoothing", expected="≥ 0", got=shown(smoothing))
            return reverse.Counted(chain, spec.trajectories, smoothing, spec.seed)
        case fileformat.UniformModel():
            return reverse.Uniform()
        case fileformat.TableModel():
            return _table(spec, chain, folder)


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
        return reverse.DataGuess()
    error = spec.error or Fraction(0)
    if not 0 <= error <= 1:
        raise InputError(
            "the error is not a probability", where=f"{WHERE}.error", expected="from 0 to 1", got=shown(error)
        )
    return reverse.Posterior(error)


def _table(spec: fileformat.TableModel, chain: Chain, folder: Path) -> reverse.ReverseModel:
    if (spec.rows is None) == (spec.path is None):
        problem = "the table is missing" if spec.rows is None else "the table is given twice"
        raise InputError(problem, where=WHERE, expected="either rows or path")
    if spec.rows is not None:
        name, where = "reverse", f"{WHERE}.rows"
        nested: object = spec.rows
    else:
        assert spec.path is not None
        where = f"{WHERE}.path ({folder / spec.path})"
        name, nested = files.read_tables(folder / spec.path, ("reverse", "denoiser"), f"{WHERE}.path")
    tables = _checked(nested, chain, spec.normalise, where)
    if spec.last is not None and (name == "reverse" or spec.form != "d3pm"):
        raise InputError(
            "no formula that `last` could choose", where=f"{WHERE}.last", expected='a denoiser and form = "d3pm"'
        )
    if name == "reverse":
        return reverse.ReverseTable(tables)
    denoiser = reverse.DenoiserTable(tables)
    return (
        reverse.D3PM(denoiser, spec.last or "prediction") if spec.form == "d3pm" else reverse.PosteriorMixture(denoiser)
    )


def _checked(nested: object, chain: Chain, normalise: bool, where: str) -> tuple[tuple[reverse.Row | None, ...], ...]:
    """T × K rows of K numbers that sum to one, each exact."""
    K, T = chain.K, chain.T
    tables = _list(nested, where, T, "tables, one a step")
    return tuple(
        tuple(
            None
            if row is None
            else _checked_row(_list(row, f"{where}[{t}][{j}]", K, "entries"), normalise, f"{where}[{t}][{j}]")
            for j, row in enumerate(_list(table, f"{where}[{t}]", K, "rows, one for each x_t"))
        )
        for t, table in enumerate(tables)
    )


def _list(nested: object, where: str, length: int, what: str) -> Sequence[object]:
    if not isinstance(nested, list) or len(nested) != length:
        got = f"{len(nested)}" if isinstance(nested, list) else shown(nested, 40)
        raise InputError("a table of the wrong shape", where=where, expected=f"{length} {what}", got=got)
    return nested


def _checked_row(entries: Sequence[object], normalise: bool, where: str) -> reverse.Row:
    row = [Fraction(x) if isinstance(x, float) else rational(x, f"{where}[{i}]") for i, x in enumerate(entries)]
    if normalise:
        total = sum(row, Fraction(0))
        if min(row) < 0 or total <= 0:
            raise InputError("a row that cannot be normalised", where=where, expected="entries ≥ 0, not all zero")
        row = [x / total for x in row]
    try:
        check_distribution(row, where)
    except InputError as error:
        error.remedy = "write exact fractions, or `normalise = true` to divide each row by its exact sum"
        raise
    return reverse.row_of(row)
