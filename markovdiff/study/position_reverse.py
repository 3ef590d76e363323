"""[reverse] of sequences: from what the file says to a model that treats every position by itself, or the joint Bayes.

A brought table is p̃^l(x_0^l = k | x_t), as [t−1][x_t][l][k]: for t = 1 … T, for each of the K^L sequences in order (a
symbol that the kernel adds among them), for each position a distribution over the symbols; null for an x_t of which it
says nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from markovdiff.arithmetic.rational import over_common_denominator, rational, shown, text
from markovdiff.engines.exact.position_ledger import PositionReverse
from markovdiff.engines.exact.sequence_ledger import JointBayes, JointReverse
from markovdiff.errors import InputError
from markovdiff.process.reverse.by_position import DenoiserFile, NamedDenoiser
from markovdiff.process.reverse.spec import WHERE, ModelSpec
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


def check_joint_reverse(spec: ModelSpec, has_sampler: bool) -> None:
    """Raise InputError for a model that sequences have not, before anything is read or walked."""
    if spec.by_position() is None and has_sampler:
        raise InputError(
            "the joint Bayes reverse does not draw positions apart",
            where="sampler",
            expected="a model that treats every position by itself",
            remedy='kind = "posterior-mixture" in reverse.model, the default, or leave [sampler] out',
        )


def joint_reverse(spec: ModelSpec, chain: SequenceChain, labels: int, folder: Path) -> JointReverse:
    """Return R_1 … R_T on sequences; `labels` is how many symbols the data name, without an added mask."""
    model = position_model(spec, chain, labels, folder)
    return JointBayes() if model is None else PositionReverse(chain, model)


def position_model(spec: ModelSpec, chain: SequenceChain, labels: int, folder: Path) -> PositionModel | None:
    """Return the per-position model; None for the joint Bayes reverse. Raises InputError where a table does not fit."""
    wanted = spec.by_position()
    if wanted is None:
        return None
    match wanted.denoiser:
        case DenoiserFile() as file:
            denoiser: PositionDenoiser = _table(file, chain, labels, folder)
        case NamedDenoiser() as named:
            denoiser = _denoiser(named)
    match wanted.form:
        case "posterior-mixture":
            return PositionMixture(denoiser)
        case "d3pm":
            return PositionD3PM(denoiser, wanted.last)


def brought_tables(model: JointReverse) -> dict[str, object]:
    """Return what a record has of a model that reads a table: p̃ as [t−1][x_t][l][k], and what is done at t = 1."""
    match model:
        case PositionReverse(model=PositionMixture(denoiser=PositionTable(tables))):
            return {"denoiser_rows": _written(tables)}
        case PositionReverse(model=PositionD3PM(denoiser=PositionTable(tables), last=last)):
            return {"last": last, "denoiser_rows": _written(tables)}
    return {}


def _written(tables: Sequence[Sequence[Sequence[Sequence[int]] | None]]) -> list[object]:
    return [[None if rows is None else [_shares(row) for row in rows] for rows in table] for table in tables]


def _shares(row: Sequence[int]) -> list[str]:
    return [text(Fraction(n, sum(row))) for n in row]


def _denoiser(named: NamedDenoiser) -> PositionDenoiser:
    match named.name:
        case "posterior":
            return PositionPosterior(named.error)
        case "leave-one-out":
            return LeaveOneOut()
        case "data":
            return PositionMarginal()


def _table(file: DenoiserFile, chain: SequenceChain, labels: int, folder: Path) -> PositionTable:
    key, place = f"{WHERE}.path", f"{WHERE}.path ({folder / file.path})"
    K, L = chain.K, chain.length
    check_joint(K, L, key)
    _, nested = files.read_tables(folder / file.path, ("denoiser",), key)
    divider = Divider(file.normalise, empty="null for an x_t that the table says nothing of, or probabilities")
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
