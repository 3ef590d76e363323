"""Which numerals on the screen are true: each must be a number of the result, rounded to the digits that are shown.

What may stand in a panel is told panel by panel and from the result, the chain's own fractions and the particles, not
from what the panel was painted with. The rest is chrome: t and T, K, counts of lines, numbers of states.
"""

from __future__ import annotations

import re
import struct
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import ROUND_DOWN, Context, Decimal
from fractions import Fraction
from functools import cache
from itertools import accumulate
from typing import Any

import markovdiff as md
from tui.messages import STOPPED
from tui.panels.information import scale_of
from tui.run_buffer import RunBuffer
from tui.view import ViewState

NUMERAL = re.compile(r"(?<![\w.])[−-]?\d+(?:,\d{3})*(?:\.\d+)?(?:e[−-]?\d+)?(?:/\d+)?(?![\d/])")
NOTATION = re.compile(r"x_?\(?t?−?1?0\)?|L_0|log2|L_\(t−1\)|I_\(t−1\)|float64|\^-?\d+")
"""Digits that belong to a symbol."""

Span = tuple[Fraction, Fraction]


class Truth:
    """The numbers that belong on the panels of one moment: a panel's are found once, and a numeral is judged once."""

    def __init__(self, state: ViewState, chain: md.Chain | None) -> None:
        self.state, self.chain = state, chain
        self._numbers: dict[str, Numbers] = {}
        self._words: dict[str, set[str]] = {}
        self._judged: dict[tuple[str, str], bool] = {}

    def strangers(self, panel: str, text: str, times: range = range(0)) -> list[str]:
        """The numerals of a panel's text that are none of the numbers that belong there; a table has `times` too."""
        tokens = [token for line in text.splitlines() for token in _tokens(line)]
        return [token for token in tokens if not self._belongs(panel, token) and not self._tabled(token, times)]

    def _tabled(self, token: str, times: range) -> bool:
        """Whether it is one of these times, or a number of their steps."""
        if token.isdecimal() and int(token) in times:
            return True
        buffer = self.state.run
        there = range(times.start, min(times.stop, len(buffer.steps)))
        return any(numbers_of_step(buffer, t).have(token) for t in there)

    def _belongs(self, panel: str, token: str) -> bool:
        if (panel, token) not in self._judged:
            if panel not in self._numbers:
                self._numbers[panel] = Numbers(_spans(panel, self.state, self.chain))
                self._words[panel] = _words(panel, self.state)
            self._judged[panel, token] = token in self._words[panel] or self._numbers[panel].have(token)
        return self._judged[panel, token]


class Numbers:
    """Numbers between bounds, in order: a numeral is looked up among them.

    >>> known = Numbers([(Fraction("7.235e-5"), Fraction("7.235e-5")), (Fraction(1, 3), Fraction(2, 5))])
    >>> [known.have(token) for token in ("7.2e-5", "7.2", "1/3", "0.34", "0.41", "7235/100000000")]
    [True, False, False, True, False, True]
    """

    def __init__(self, spans: Iterable[Span]) -> None:
        ordered = sorted(set(spans))
        self.lows = [low for low, _ in ordered]
        self.highest = list(accumulate((high for _, high in ordered), max))
        self.points = {low for low, high in ordered if low == high}

    def have(self, token: str) -> bool:
        """Whether a fraction is one of them, or a decimal one of them, rounded to its last digit."""
        least, most = rounded_to(token)
        before = bisect_right(self.lows, most)
        return least in self.points if least == most else before > 0 and self.highest[before - 1] >= least


@cache
def rounded_to(token: str) -> Span:
    """The numbers that are this numeral, rounded: one alone for a fraction, half a unit to each side for a decimal."""
    if "/" in token:
        return (Fraction(token.replace(",", "")),) * 2
    written, _, exponent = token.replace("−", "-").replace(",", "").partition("e")
    unit = Fraction(10) ** (int(exponent or 0) - len(written.partition(".")[2]))
    value = Fraction(written) * Fraction(10) ** int(exponent or 0)
    return value - unit / 2, value + unit / 2


@cache
def numbers_of_step(buffer: RunBuffer, t: int) -> Numbers:
    """The numbers of step t."""
    return Numbers(_quantities(buffer.steps[t].record))


def _tokens(line: str) -> Iterator[str]:
    """The numerals of a line, in symbols only those that stand for a time."""
    line = re.sub(r"(\S*)\[(\d+), (\d+)\](e\S+)?", r" \1\2\4 \1\3\4 ", line)  # an enclosure, its ends' start once
    line = re.sub(r"x_(\d+)", r" \1 ", line)
    line = re.sub(r"t=(\d+)/(\d+)", r" \1 \2 ", line)
    for match in NUMERAL.finditer(NOTATION.sub(" ", line)):
        yield match[0]


def _words(panel: str, state: ViewState) -> set[str]:
    """Chrome, as it is written."""
    buffer, t = state.run, state.t
    assert buffer.opened is not None
    counts = {str(t), str(t - 1), str(buffer.T), str(buffer.opened.K)}
    counts |= set() if buffer.opened.length is None else {str(buffer.opened.length)}
    labels = {token for label in buffer.opened.states for token in NUMERAL.findall(label)}
    own = set(NUMERAL.findall(f"{buffer.opened.name} {buffer.opened.title}"))
    sampled = (
        {str(buffer.sampled.count), str(buffer.sampled.seed), str(buffer.sampled.undefined)}
        if buffer.sampled
        else set()
    )
    checks = buffer.finished["checks"] if buffer.finished else []
    held = sum(check["verdict"] == "holds" for check in checks)
    found = {token for check in checks for token in _tokens(check["detail"] or "")}  # the check's own sentence
    found |= {token for sentence in _sentences(_inspection(state)) for token in _tokens(sentence)}
    verdicts = {str(len(checks)), str(held)}
    return {
        "headline": counts | own | verdicts | {"1", "1/8"},
        "information": set(map(str, range(buffer.T + 1))),
        "matrix": {"0", "1"} | labels,
        "marginal": labels,
        "posterior": counts | labels | {"0"},
        "ledger": counts | set(map(str, range(buffer.T + 1))),
        "inequality": {"0"},
        "trajectories": counts | labels | sampled | {"0"},
        "chain": counts | labels | own | verdicts | found,
        "drawn": _named(buffer),
        "reading": counts | _of_float64(state),
    }[panel]


def _spans(panel: str, state: ViewState, chain: md.Chain | None) -> Iterator[Span]:
    buffer, t = state.run, state.t
    record = buffer.steps[t].record
    assert buffer.opened is not None
    if panel in ("headline", "inequality", "ledger", "chain", "marginal"):
        yield from _quantities(record)
    if panel == "chain":
        yield from ((Fraction(p), Fraction(p)) for p in (*buffer.opened.data, *buffer.opened.prior))
        yield from _inspected(_inspection(state))
    if panel == "ledger" and buffer.finished is not None:
        yield from _quantities(buffer.finished["elbo"])
    if panel == "ledger":
        totals = [*_quantities(buffer.finished["elbo"])] if buffer.finished else []
        if buffer.finished:  # the largest term, of whichever step
            terms = [span for step in buffer.steps[1:] for span in _quantities(step.record, ["elbo_term"])]
            yield from [max(terms)] if terms else []
        high = max(high for _, high in [*totals, *_quantities(buffer.steps[0].record, ["entropy"])])
        yield from ((tick, tick) for tick in _round_numbers(high))
    if panel == "information":
        curves = ("entropy", "conditional_entropy", "mutual_information", "sdpi_bound")
        yield from _quantities(record, (*curves, "information_loss", "dobrushin"))
        high = max(s[1] for step in buffer.steps for s in _quantities(step.record, curves))
        yield from ((tick, tick) for tick in _round_numbers(high))
        yield from ((Fraction(10) ** k, Fraction(10) ** k) for k in range(-400, 4) if "log" in scale_of(state))
    if panel == "reading":
        yield from _quantities(record, ["mutual_information"])
    if panel in ("information", "reading") and state.shadow and buffer.float_errors:
        yield from _quantities(buffer.float_errors[t], ["mutual_information"])
    if panel == "matrix":
        yield from ((Fraction(p), Fraction(p)) for p in buffer.opened.data)
        yield from ((Fraction(p), Fraction(p)) for p in _entries(state, chain))
    if panel == "posterior" and chain is not None:
        rows = [chain.data_posterior(t)[state.chosen]]
        rows += [chain.forward_posterior(t, x0=state.source)[state.chosen]] if t else []
        yield from ((p, p) for row in rows for p in row or ())
        if likely := rows[0]:  # how many are likeliest, as far as 15 digits tell
            alike = Fraction(sum(p * 10**9 >= max(likely) * (10**9 - 1) for p in likely))
            yield alike, alike
        data, j, k = list(map(Fraction, buffer.opened.data)), state.chosen, state.source
        yield from ((p, p) for p in (*data, chain.marginal(t)[j], chain.cumulative(t)[k][j]))
    if panel == "trajectories":
        yield from _distances(state)
    if panel == "drawn" and buffer.opened.length is not None and buffer.finished is not None:
        yield from _drawn(buffer)


def _of_float64(state: ViewState) -> set[str]:
    """Numerals in I's closed form, and the bound of float64's relative error, as the result has them."""
    record, float_error = state.run.steps[state.t].record["mutual_information"], state.run.float_error(state.t)
    error = (float_error or {}).get("relative_error") or {}
    upper = Decimal(error.get("upper", 0))
    words = [str(record.get("closed_form") or ""), str(error.get("upper", "")), f"{upper:,f}", f"{upper * 100:f}"]
    return {token for word in words for token in NUMERAL.findall(NOTATION.sub(" ", word))}


def _named(buffer: RunBuffer) -> set[str]:
    """Numerals in the names of samplers and of sequences, and how many positions are known."""
    if buffer.finished is None or buffer.opened is None or buffer.opened.length is None:
        return set()
    rows = buffer.finished["sampler"]
    names = [str(one) for row in rows for key in ("steps", "times", "unmask", "order") for one in [row.get(key)]]
    sequences = [tuple(one["x0"]) for row in rows for one in row["false"]] + [
        x for row in buffer.drawn for x, _, _ in row
    ]
    names += [apart.join(x) for x in sequences for apart in ("", " ")]
    names += ["+".join(map(str, row["unmask"])) for row in rows if "unmask" in row]
    return {token for name in names for token in NUMERAL.findall(name)} | {str(j) for j in range(buffer.opened.length)}


def _drawn(buffer: RunBuffer) -> Iterator[Span]:
    """The samplers' numbers, the curve, q by the scenario's own weights, and ν, which the panel's tests add up."""
    assert buffer.finished is not None
    law = buffer.finished["scenario"]["sequences"]
    for one in law.get("support", ()):
        yield (q := Fraction(one["weight"]) / Fraction(law["total"])), q
    masses = [mass for row in buffer.drawn for _, _, mass in row]
    masses += [one["mass"] for row in buffer.finished["sampler"] for one in row["false"]]
    yield from _quantities(dict(enumerate([*masses, *(buffer.finished["sequence"]["information_curve"] or ())])))
    for row in buffer.finished["sampler"]:
        yield from _quantities(row, ("excess", "kl", "outside_support"))
    if "support" not in law:
        yield from ((Fraction(q), Fraction(q)) for row in buffer.drawn for _, q, _ in row)


def _entries(state: ViewState, chain: md.Chain | None) -> Iterator[Fraction]:
    """The chosen matrix's entries, from the chain's own fractions; and 1 … K for how many a cell stands for."""
    matrices = {"cumulative": "cumulative", "step": "step", "joint": "joint", "reverse": "bayes_reverse"}
    if chain is not None and state.run.matrix(state.t, state.matrix) is not None:
        for row in getattr(chain, matrices[state.matrix])(state.t):
            yield from row or ()
        if len(state.run.labels) > 4:  # on panels of 26 columns and 5 rows four entries have a cell each
            yield from map(Fraction, range(2, len(state.run.labels)))


def _round_numbers(high: Fraction) -> Iterator[Fraction]:
    """What an axis from 0 to here may be labelled with: the multiples of 1, 2 and 5 times a power of ten."""
    power = next(Fraction(10) ** k for k in range(5, -400, -1) if Fraction(10) ** k <= (high or 1))
    for step in (s * power / d for s in (1, 2, 5) for d in (1, 10, 100)):
        yield from (k * step for k in range(int(high / step) + 1))


def _quantities(record: dict[Any, Any], names: Iterable[str] = ()) -> Iterator[Span]:
    """The numbers of a record: enclosed ones by their bounds, exact ones as they are."""
    for name in names or record:
        value = record[name]
        if isinstance(value, dict) and value.get("lower") is not None:
            yield Fraction(value["lower"]), Fraction(value["upper"])
        elif isinstance(value, str) and re.fullmatch(r"-?[\d./e-]+", value):
            yield Fraction(value), Fraction(value)


def _inspection(state: ViewState) -> Any:
    """What `inspect` finds of a shipped scenario, or its refusal, where the chain's panel is alone and has it."""
    o = state.run.opened
    if state.zoomed != "chain" or state.run.inspected is None or o is None:
        return ()
    return inspection_of(o.name)


@cache
def inspection_of(name: str) -> Any:
    """The record, with how many there are of what its words count: states, kernels, classes; and its constants."""
    try:
        found = md.inspect(md.load(name))
    except md.MarkovdiffError as error:
        return str(error)
    counts = [len(found.states), len(found.kernels), *(len(kernel.classes) for kernel in found.kernels), 1]
    return [*map(str, counts), found.record()]


def _inspected(found: Any) -> Iterator[Span]:
    """The numbers of a finding, however deep: enclosures by their bounds, fractions and times as they are.

    Of a fraction that is too long its words have "about" and the first six digits, which are not rounded.
    """
    parts = found.values() if isinstance(found, dict) else found if isinstance(found, list) else ()
    for part in parts:
        text = str(part) if isinstance(part, int) else part
        if not isinstance(text, str) or NUMERAL.fullmatch(text):
            yield from _quantities({0: text})
            if isinstance(text, str) and "/" in text:
                n, _, d = text.partition("/")
                first = Fraction(Context(prec=6, rounding=ROUND_DOWN).divide(Decimal(n), Decimal(d)))
                yield first, first
        yield from _inspected(part)


def _sentences(found: Any) -> Iterator[str]:
    """The texts of a finding: closed forms, labels, reasons, warnings."""
    if isinstance(found, str):
        yield found
    for part in found.values() if isinstance(found, dict) else found if isinstance(found, list) else ():
        yield from _sentences(part)


def _distances(state: ViewState) -> Iterator[Span]:
    """Of the particles' frequencies from p_t, and from the data, recounted; as wide as a float's error."""
    buffer, sampled = state.run, state.run.sampled
    for packed in (sampled.forward, sampled.reverse) if sampled else ():
        if packed:
            counts = Counter(struct.unpack_from(f"<{sampled.count}I", packed, 4 * sampled.count * state.t))
            for p in (buffer.steps[state.t].marginal, buffer.steps[0].marginal):
                seen = {j: Fraction(c, sampled.count) for j, c in counts.items()}
                far = sum(max(share - (Fraction(p[j]) if j != STOPPED else 0), 0) for j, share in seen.items())
                yield far - Fraction(1, 10**12), far + Fraction(1, 10**12)
