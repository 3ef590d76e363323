"""[reverse] of sequences: from what the file says to a model that treats every position by itself, or the joint Bayes.

A brought table is p̃^l(x_0^l = k | x_t), as [t−1][x_t][l][k]: for t = 1 … T, for each of the K^L sequences in order (a
symbol that the kernel adds among them), for each position a distribution over the symbols; null for an x_t of which it
says nothing.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from markovdiff.arithmetic.rational import over_common_denominator, rational, shown
from markovdiff.engines.exact.position_ledger import PositionReverse
from markovdiff.engines.exact.sequence_ledger import JointBayes, JointReverse
from markovdiff.errors import InputError
from markovdiff.process.reverse.bayes import BayesSpec
from markovdiff.process.reverse.d3pm import D3PMSpec
from markovdiff.process.reverse.mixture import PosteriorMixtureSpec
from markovdiff.process.reverse.spec import ModelSpec
from markovdiff.process.reverse.table import TableModelSpec
from markovdiff.sequences.chain import SequenceChain
from markovdiff.sequences.law import check_joint
from markovdiff.sequences.position_models import (
    LeaveOneOut,
    PositionD3PM,
    PositionDenoiser,
    PositionMarginal,
    PositionMixture,
    PositionModel,
    PositionPosterior,
    PositionTable,
)
from markovdiff.study import files
from markovdiff.study.sums import Divider

WHERE = "reverse.model"
EXPECTED = 'kind = "posterior-mixture", "d3pm" or "table" with a denoiser, by position, or "bayes", the joint one'


def check_joint_reverse(spec: ModelSpec, has_sampler: bool) -> None:
    """Raise InputError for a model that sequences have not, before anything is read or walked."""
    match spec:
        case BayesSpec():
            if spec.data is not None:
                raise InputError("a belief about one symbol", where=f"{WHERE}.data", expected=EXPECTED)
            if has_sampler:
                raise InputError(
                    "the joint Bayes reverse does not draw positions apart",
                    where="sampler",
                    expected="a model that treats every position by itself",
                    remedy='kind = "posterior-mixture" in reverse.model, the default, or leave [sampler] out',
                )
        case PosteriorMixtureSpec() | D3PMSpec():
            _denoiser(spec)
        case TableModelSpec():
            if spec.path is None or spec.softmax:
                raise InputError(
                    "not a table of a denoiser",
                    where=WHERE,
                    expected="path to a file with probabilities under `denoiser`, as [t−1][x_t][l][k]",
                    got="softmax" if spec.softmax else "rows" if spec.rows is not None else "no path",
                )
            if spec.last is not None and spec.form != "d3pm":
                raise InputError("no formula that `last` could choose", where=f"{WHERE}.last", expected='form = "d3pm"')
        case _:
            raise InputError("a reverse model of one symbol", where=WHERE, expected=EXPECTED)


def joint_reverse(spec: ModelSpec, chain: SequenceChain, labels: int, folder: Path) -> JointReverse:
    """Return R_1 … R_T on sequences; `labels` is how many symbols the data name, without an added mask."""
    model = position_model(spec, chain, labels, folder)
    return JointBayes() if model is None else PositionReverse(chain, model)


def position_model(spec: ModelSpec, chain: SequenceChain, labels: int, folder: Path) -> PositionModel | None:
    """Return the per-position model; None for the joint Bayes reverse. Raises InputError where a table does not fit."""
    check_joint_reverse(spec, has_sampler=False)
    match spec:
        case PosteriorMixtureSpec():
            return PositionMixture(_denoiser(spec))
        case D3PMSpec():
            return PositionD3PM(_denoiser(spec), spec.at_the_end)
        case TableModelSpec():
            table = _table(spec, chain, labels, folder)
            return PositionD3PM(table, spec.last or "prediction") if spec.form == "d3pm" else PositionMixture(table)
    return None


def _denoiser(spec: PosteriorMixtureSpec | D3PMSpec) -> PositionDenoiser:
    if spec.denoiser is not None:
        if spec.error is not None:
            raise InputError("two denoisers", where=WHERE, expected="either error or denoiser", got="both")
        return LeaveOneOut() if spec.denoiser == "leave-one-out" else PositionMarginal()
    error = spec.error or Fraction(0)
    if not 0 <= error <= 1:
        raise InputError(
            "the error is not a probability", where=f"{WHERE}.error", expected="from 0 to 1", got=shown(error)
        )
    return PositionPosterior(error)


def _table(spec: TableModelSpec, chain: SequenceChain, labels: int, folder: Path) -> PositionTable:
    assert spec.path is not None
    key, place = f"{WHERE}.path", f"{WHERE}.path ({folder / spec.path})"
    K, L = chain.K, chain.length
    check_joint(K, L, key)
    _, nested = files.read_tables(folder / spec.path, ("denoiser",), key)
    divider = Divider(spec.normalise, empty="null for an x_t that the table says nothing of, or probabilities")
    padded = False

    def law(row: object, where: str) -> tuple[int, ...]:
        nonlocal padded
        missing = isinstance(row, list) and len(row) == labels < K
        padded |= missing
        entries = _list(row, where, labels if missing else K, "probabilities, one a symbol")
        numbers = [Fraction(x) if isinstance(x, float) else rational(x, f"{where}[{k}]") for k, x in enumerate(entries)]
        numerators, _ = over_common_denominator(divider.divided(numbers, where))
        return (*(int(n) for n in numerators), *[0] * (K - len(numerators)))

    def rows(given: object, where: str) -> tuple[tuple[int, ...], ...] | None:
        if given is None:
            return None
        return tuple(law(row, f"{where}[{p}]") for p, row in enumerate(_list(given, where, L, "rows, one a position")))

    tables = tuple(
        tuple(
            rows(given, f"{place}[{t}][{n}]")
            for n, given in enumerate(_list(table, f"{place}[{t}]", K**L, "entries, one for each sequence x_t"))
        )
        for t, table in enumerate(_list(nested, place, chain.T, "tables, one a step"))
    )
    notes = [*divider.note(key)]
    if padded:
        notes.append(f"{key}: the added mask has no column in the denoiser; padded with 0")
    return PositionTable(tables, tuple(notes))


def _list(nested: object, where: str, length: int, what: str) -> list[object]:
    if not isinstance(nested, list) or len(nested) != length:
        got = f"{len(nested)}" if isinstance(nested, list) else shown(nested, 40)
        raise InputError("a table of the wrong shape", where=where, expected=f"{length} {what}", got=got)
    return nested
