"""[data]: from what the file says of one symbol to a law on labelled states."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

from markovdiff.arithmetic.rational import shown
from markovdiff.errors import InputError, LimitError
from markovdiff.process import distribution
from markovdiff.process.distribution import Distribution, check_labels, check_size
from markovdiff.process.schedules.schedule import length_of
from markovdiff.study import fileformat, files
from markovdiff.study.sums import Divider

FORMS = ("probabilities", "weights", "family", "text", "csv", "npy", "sequences", "markov")
"""What [data] may be given by."""

OF_SEQUENCES = ("sequences", "markov")
"""What only sequences can be given by."""


def form_of(spec: fileformat.Data) -> str:
    """Return the one form that [data] is given by. Raises InputError where there is none, or more than one."""
    forms = [name for name in FORMS if getattr(spec, name) is not None]
    if len(forms) != 1:
        raise InputError(
            "[data] needs exactly one form",
            where="data",
            expected=f"one of {', '.join(FORMS)}",
            got=" and ".join(forms) or "none of them",
        )
    return forms[0]


def data(spec: fileformat.Data, folder: Path, notes: list[str]) -> Distribution:
    """Return q(x0) of one symbol from exactly one of the forms of [data]; what was done to it is added to the notes."""
    form = form_of(spec)
    if form in OF_SEQUENCES:
        raise InputError(
            f"data.{form} is of sequences", where="data.length", expected="how many symbols a sequence has"
        )
    where = f"data.{form}"
    if spec.states is not None:
        check_size(len(spec.states), "data.states")
        if form in ("text", "csv"):
            raise InputError(f"{where} brings its own labels", where="data.states", remedy="leave one of them out")
    listed = spec.probabilities or spec.weights
    if listed is not None:
        check_size(len(listed), where)
    if spec.probabilities is not None:
        return Distribution.from_probabilities(spec.probabilities, spec.states, where)
    if spec.weights is not None:
        return Distribution.from_weights(spec.weights, spec.states, where)
    if spec.family is not None:
        return _family(spec.family, spec.states, where)
    if spec.npy is not None:
        return _npy(spec.npy, spec.states, folder / spec.npy.path, notes)
    if spec.csv is not None:
        labels, counts, done = files.read_counts(folder / spec.csv.path, spec.csv.label, spec.csv.count, where)
        notes += done
        check_size(len(labels), where)
        return Distribution.from_weights(counts, labels, where)
    assert spec.text is not None
    return _text(spec.text, folder, where)


def _npy(spec: fileformat.Npy, states: list[str] | None, path: Path, notes: list[str]) -> Distribution:
    """Integers as weights; floats divided by their sum as far as `normalise` allows."""
    values, are_weights = files.read_weights(path, "data.npy")
    check_size(len(values), "data.npy")
    if are_weights:
        return Distribution.from_weights(values, states, f"data.npy ({path})")
    divider = Divider(spec.normalise, empty="give at least one state a weight", one="vector")
    found = divider.divided(values, f"data.npy ({path})")
    notes += divider.note("data.npy", "divided by its sum, which")
    return Distribution.from_probabilities(found, states, f"data.npy ({path})")


def _family(spec: fileformat.Family, states: list[str] | None, where: str) -> Distribution:
    K = spec.size if spec.size is not None else len(states) if states is not None else None
    if K is None:
        raise InputError("a family needs a size", where=f"{where}.size", expected="size = K, or data.states")
    check_size(K, f"{where}.size")
    check_labels(states, K, where)
    weights: list[Fraction | int]
    match spec:
        case fileformat.UniformFamilySpec():
            weights = [1] * K
        case fileformat.TriangularFamilySpec():
            weights = list(distribution.triangular(K))
        case fileformat.ZipfFamilySpec():
            _check_bits(1.5 * K * spec.exponent, K, where)
            weights = distribution.zipf(K, spec.exponent)
        case fileformat.GeometricFamilySpec():
            if spec.ratio <= 0:
                raise InputError(
                    "the ratio is not positive", where=f"{where}.ratio", expected="> 0", got=shown(spec.ratio)
                )
            _check_bits(length_of(spec.ratio) * K, K, where)
            weights = distribution.geometric(K, spec.ratio)
        case fileformat.BinomialFamilySpec():
            if not 0 <= spec.p <= 1:
                raise InputError(
                    "p is not a probability", where=f"{where}.p", expected="from 0 to 1", got=shown(spec.p)
                )
            _check_bits((length_of(spec.p) + 1) * K, K, where)
            weights = distribution.binomial(K, spec.p)
        case fileformat.PointFamilySpec():
            labels = check_labels(states, K, where)
            at = labels.index(spec.state) if spec.state in labels else spec.state
            if not isinstance(at, int) or not 0 <= at < K:
                raise InputError(
                    "no such state",
                    where=f"{where}.state",
                    expected=f"a label, or a number from 0 to {K - 1}",
                    got=shown(spec.state),
                )
            weights = [int(k == at) for k in range(K)]
    return Distribution.from_weights(weights, states, where)


MAX_WEIGHT_BITS = 2**28
"""All weights of a family together may be this long, written in binary over their common denominator."""


def _check_bits(bits: float, K: int, where: str) -> None:
    if bits * K > MAX_WEIGHT_BITS:
        raise LimitError(
            "weights too long to write out exactly",
            where=where,
            expected="a smaller size, a smaller exponent, or a shorter number",
            got=f"{K} numbers of about {bits:.0f} bits",
        )


def _text(spec: fileformat.Text, folder: Path, where: str) -> Distribution:
    path = folder / spec.path
    if spec.unit == "byte":
        counts = Counter(files.read_bytes(path, where))
        return counted(spec, Counter({_byte(byte): n for byte, n in counts.items()}), where)
    return counted(spec, symbols_of(spec, path, where), where)


def symbols_of(spec: fileformat.Text, path: Path, where: str) -> Iterable[str]:
    """Return the characters, words or bytes of a text, in its order."""
    if spec.unit == "byte":
        return map(_byte, files.read_bytes(path, where))
    text = files.read_text(path, where)
    return (word[0] for word in re.finditer(r"\S+", text)) if spec.unit == "word" else text


def counted(spec: fileformat.Text, symbols: Iterable[str], where: str) -> Distribution:
    """Return the relative frequencies of a text's symbols, on those that the file asks for."""
    alphabet = None
    if spec.alphabet is not None:
        alphabet = {
            "byte": lambda a: list(map(_byte, a.encode())),
            "word": str.split,
            "character": list,
        }[spec.unit](spec.alphabet)
    return distribution.count(
        symbols, by_frequency=spec.unit == "word", alphabet=alphabet, other=spec.other, top=spec.top, where=where
    )


def _byte(byte: int) -> str:
    return f"0x{byte:02x}"
