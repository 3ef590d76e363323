"""[data] of sequences: from what the file says to a law of sequences, and to the law of one of their symbols.

Symbols are in the order of `states`; else in that of first use in `sequences`, and of one-symbol data for what else
there is. Windows of a text do not run across symbols that its alphabet leaves out, unless `other` stands for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from math import lcm
from pathlib import Path
from typing import TypeAlias

from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.rational import numeral, shown, text
from markovdiff.errors import InputError
from markovdiff.process.distribution import Distribution, check_labels, check_size
from markovdiff.process.stationary import stationary
from markovdiff.process.transition import Dense
from markovdiff.sequences.law import MarkovSequences, SequenceLaw, joined
from markovdiff.study import fileformat, resolve_data

Sequences: TypeAlias = "SequenceLaw | MarkovSequences"


def sequences(spec: fileformat.Data, length: int, folder: Path, notes: list[str]) -> Sequences:
    """Return the law of sequences of that length that [data] describes."""
    form = resolve_data.form_of(spec)
    if spec.sequences is not None:
        return _listed(spec.sequences, spec.states, length)
    if spec.markov is not None:
        return _markov(spec.markov, spec.states, length)
    if spec.text is not None:
        if spec.states is not None:
            raise InputError("data.text brings its own labels", where="data.states", remedy="leave one of them out")
        return _windows(spec.text, length, folder)
    return MarkovSequences.independent(resolve_data.data(spec, folder, notes), length, f"data.{form}")


def one_symbol(law: Sequences) -> Distribution:
    """Return the law of a symbol at a position drawn at random: the mean of the positions' marginals."""
    marginals = law.position_marginals
    common = lcm(*(p.total for p in marginals))
    weights = [sum(p.weights[k] * (common // p.total) for p in marginals) for k in range(law.K)]
    return Distribution.from_weights(weights, law.symbols, "data")


def record_of(law: Sequences) -> dict[str, object]:
    """Return the law as a result has it, exactly: every possible sequence, or the rows of a Markov law."""
    if isinstance(law, MarkovSequences):
        rows = [[text(p) for p in row] for row in law.rows]
        return {"length": law.length, "initial": [text(p) for p in law.initial.probabilities], "rows": rows}
    support = [{"x0": list(law.labels(x)), "weight": numeral(weight)} for x, weight in law.support]
    return {"length": law.length, "total": numeral(law.total), "support": support}


def _listed(
    given: dict[str, Fraction] | list[fileformat.WeightedSequence], states: list[str] | None, length: int
) -> SequenceLaw:
    where = "data.sequences"
    listed: list[tuple[Sequence[str], Fraction]]
    if isinstance(given, dict):
        listed = [(list(text), weight) for text, weight in given.items()]
    else:
        listed = [(one.tokens, one.weight) for one in given]
    for tokens, _ in listed:
        if len(tokens) != length:
            raise InputError(
                "a sequence of the wrong length",
                where=f"{where}, {shown(joined(tokens))}",
                expected=f"{length} symbols (`length`)",
                got=str(len(tokens)),
                remedy="a sequence of that length, or another `length`",
            )
    used = list(dict.fromkeys(token for tokens, _ in listed for token in tokens))
    symbols = check_labels(states, len(states), "data.states") if states is not None else tuple(used)
    check_size(len(symbols), where)
    weights: dict[Sequence[str], Fraction | int] = {}
    for tokens, weight in listed:
        key = tuple(tokens)
        if key in weights:
            raise InputError(
                "a sequence is given twice",
                where=f"{where}, {shown(joined(tokens))}",
                expected="each once",
                got=f"weights {shown(weights[key])} and {shown(weight)}",
                remedy="one entry with the sum of its weights",
            )
        weights[key] = weight
    return SequenceLaw.from_weights(weights, symbols, where)


def _markov(spec: fileformat.Markov, states: list[str] | None, length: int) -> MarkovSequences:
    where = "data.markov"
    K = len(spec.rows)
    if not K:
        raise InputError("there are no symbols", where=f"{where}.rows", expected="a row for each symbol", got="none")
    check_size(K, f"{where}.rows")
    labels = check_labels(states, K, f"{where}.rows")
    if spec.initial == "stationary":
        rows = Dense.from_rows(spec.rows, f"{where}.rows", K)
        try:
            initial = _distribution(stationary(rows, labels), labels)
        except InputError as error:
            raise error.but(where=f"{where}.initial", remedy="write the probabilities of the first symbol") from None
    else:
        initial = Distribution.from_probabilities(spec.initial, labels, f"{where}.initial")
    return MarkovSequences.make(initial, spec.rows, length, where)


def _distribution(law: RationalMatrix, labels: Sequence[str]) -> Distribution:
    return Distribution.from_weights([int(n) for n in law.N.entries()], labels)


def _windows(spec: fileformat.Text, length: int, folder: Path) -> SequenceLaw:
    where = "data.text"
    symbols = list(resolve_data.symbols_of(spec, folder / spec.path, where))
    known = resolve_data.counted(spec, symbols, where).states
    return SequenceLaw.from_windows(_runs(symbols, known, spec.other), length, known, where)


def _runs(symbols: Iterable[str], known: Sequence[str], other: str | None) -> Iterator[list[str]]:
    """Stretches of consecutive known symbols; an unknown one is `other` where that stands for it, else it ends one."""
    among, run = set(known), list[str]()
    for symbol in symbols:
        if symbol in among and symbol != other:
            run.append(symbol)
        elif other is not None:
            run.append(other)
        else:
            yield run
            run = []
    yield run
