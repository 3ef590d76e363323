"""Which numerals on the screen are true: each must be a number of the result, rounded to the digits that are shown.

What may stand in a panel is told panel by panel and from the result, the chain's own fractions and the particles, not
from what the panel was painted with. The rest is chrome: t and T, K, counts of lines, numbers of states.
"""

from __future__ import annotations

import re
import struct
from collections import Counter
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any

import markovdiff as md
from tui.messages import STOPPED
from tui.panels.information import scale_of
from tui.run_buffer import RunBuffer
from tui.view import ViewState

NUMERAL = re.compile(r"(?<![\w.])[−-]?\d[\d,]*(?:\.\d+)?(?:e[−-]?\d+)?(?:/\d+)?(?![\d/])")
NOTATION = re.compile(r"x_?\(?t?−?1?0\)?|L_0|log2|L_\(t−1\)|I_\(t−1\)|float64|\^-?\d+")
"""Digits that belong to a symbol."""

Span = tuple[Fraction, Fraction]


class Truth:
    """The numbers that belong on the panels of one moment: a panel's are found once, and a numeral is judged once."""

    def __init__(self, scene: ViewState, chain: md.Chain | None) -> None:
        self.scene, self.chain = scene, chain
        self._spans: dict[str, list[Span]] = {}
        self._judged: dict[tuple[str, str], bool] = {}

    def strangers(self, panel: str, text: str) -> list[str]:
        """The numerals of a panel's text that are none of the numbers that belong there."""
        return [token for line in text.splitlines() for token in _tokens(line) if not self._belongs(panel, token)]

    def _belongs(self, panel: str, token: str) -> bool:
        if (panel, token) not in self._judged:
            if panel not in self._spans:
                self._spans[panel] = list(dict.fromkeys(_spans(panel, self.scene, self.chain)))
            known = token in _words(panel, self.scene) or any(is_rounding(token, span) for span in self._spans[panel])
            self._judged[panel, token] = known
        return self._judged[panel, token]


def is_rounding(token: str, span: Span) -> bool:
    """Whether some number from the lower to the upper bound is this, rounded to the nearest in its last digit.

    >>> is_rounding("7.2e-5", (Fraction("7.235e-5"), Fraction("7.235e-5")))
    True
    >>> is_rounding("7.2", (Fraction("7.235e-5"), Fraction("7.235e-5")))
    False
    """
    low, high = span
    if "/" in token:
        return low == high == Fraction(token.replace(",", ""))
    written, _, exponent = token.replace("−", "-").replace(",", "").partition("e")
    unit = Fraction(10) ** (int(exponent or 0) - len(written.partition(".")[2]))
    value = Fraction(written) * Fraction(10) ** int(exponent or 0)
    return low - unit / 2 <= value <= high + unit / 2


def _tokens(line: str) -> Iterator[str]:
    """The numerals of a line, in symbols only those that stand for a time."""
    line = re.sub(r"x_(\d+)", r" \1 ", line)
    line = re.sub(r"t=(\d+)/(\d+)", r" \1 \2 ", line)
    for match in NUMERAL.finditer(NOTATION.sub(" ", line)):
        yield match[0]


def _words(panel: str, scene: ViewState) -> set[str]:
    """Chrome, as it is written."""
    film, t = scene.run, scene.t
    assert film.opened is not None
    counts = {str(t), str(t - 1), str(film.T), str(film.opened.K)}
    counts |= set() if film.opened.length is None else {str(film.opened.length)}
    labels = {token for label in film.opened.states for token in NUMERAL.findall(label)}
    own = set(NUMERAL.findall(f"{film.opened.name} {film.opened.title}"))
    more = {str(n) for n in range(1, max(20, film.opened.K + 1))}  # lines or states below an edge
    sampled = {str(film.sampled.count), str(film.sampled.seed), str(film.sampled.undefined)} if film.sampled else set()
    checks = film.finished["checks"] if film.finished else []
    held = sum(check["verdict"] == "holds" for check in checks)
    verdicts = {str(len(checks)), str(held)}
    return {
        "headline": counts | own | verdicts | {"1", "1/8"},
        "information": set(map(str, range(film.T + 1))),
        "matrix": {"0", "1"} | labels,
        "marginal": labels,
        "posterior": counts | labels | more | {"0"},
        "ledger": counts | more | set(map(str, range(film.T + 1))),
        "inequality": {"0"},
        "trajectories": counts | labels | sampled | {"0"},
        "chain": counts | labels | own | more,
        "drawn": _named(film) | more,
    }[panel]


def _spans(panel: str, scene: ViewState, chain: md.Chain | None) -> Iterator[Span]:
    film, t = scene.run, scene.t
    record = film.steps[t].record
    assert film.opened is not None
    if panel in ("headline", "inequality", "ledger", "chain", "marginal"):
        yield from _quantities(record)
    if panel == "ledger" and film.finished is not None:
        yield from _quantities(film.finished["elbo"])
    if panel == "ledger":
        totals = [*_quantities(film.finished["elbo"])] if film.finished else []
        high = max(high for _, high in [*totals, *_quantities(film.steps[0].record, ["entropy"])])
        yield from ((tick, tick) for tick in _round_numbers(high))
    if panel == "information":
        curves = ("entropy", "conditional_entropy", "mutual_information", "sdpi_bound")
        yield from _quantities(record, (*curves, "information_loss", "dobrushin"))
        high = max(s[1] for step in film.steps for s in _quantities(step.record, curves))
        yield from ((tick, tick) for tick in _round_numbers(high))
        yield from ((Fraction(10) ** k, Fraction(10) ** k) for k in range(-400, 4) if "log" in scale_of(scene))
    if panel == "matrix":
        yield from ((Fraction(p), Fraction(p)) for p in film.opened.data)
        yield from ((Fraction(p), Fraction(p)) for p in _entries(scene, chain))
    if panel == "posterior" and chain is not None:
        rows = [chain.data_posterior(t)[scene.chosen]]
        rows += [chain.forward_posterior(t, x0=scene.source)[scene.chosen]] if t else []
        yield from ((p, p) for row in rows for p in row or ())
    if panel == "trajectories":
        yield from _distances(scene)
    if panel == "drawn" and film.opened.length is not None and film.finished is not None:
        yield from _drawn(film)


def _named(film: RunBuffer) -> set[str]:
    """Numerals in the names of samplers and of sequences, and how many positions are known."""
    if film.finished is None or film.opened is None or film.opened.length is None:
        return set()
    rows = film.finished["sampler"]
    names = [str(one) for row in rows for key in ("steps", "times", "unmask", "order") for one in [row.get(key)]]
    sequences = [tuple(one["x0"]) for row in rows for one in row["false"]] + [
        x for row in film.drawn for x, _, _ in row
    ]
    names += [apart.join(x) for x in sequences for apart in ("", " ")]
    names += ["+".join(map(str, row["unmask"])) for row in rows if "unmask" in row]
    return {token for name in names for token in NUMERAL.findall(name)} | {str(j) for j in range(film.opened.length)}


def _drawn(film: RunBuffer) -> Iterator[Span]:
    """The samplers' numbers, the curve, q by the scenario's own weights, and ν, which the panel's tests add up."""
    assert film.finished is not None
    law = film.finished["scenario"]["sequences"]
    for one in law.get("support", ()):
        yield (q := Fraction(one["weight"]) / Fraction(law["total"])), q
    masses = [mass for row in film.drawn for _, _, mass in row]
    masses += [one["mass"] for row in film.finished["sampler"] for one in row["false"]]
    yield from _quantities(dict(enumerate([*masses, *(film.finished["sequence"]["information_curve"] or ())])))
    for row in film.finished["sampler"]:
        yield from _quantities(row, ("excess", "kl", "outside_support"))
    if "support" not in law:
        yield from ((Fraction(q), Fraction(q)) for row in film.drawn for _, q, _ in row)


def _entries(scene: ViewState, chain: md.Chain | None) -> Iterator[Fraction]:
    """The chosen matrix's entries, from the chain's own fractions; and 1 … K for how many a cell stands for."""
    matrices = {"cumulative": "cumulative", "step": "step", "joint": "joint", "reverse": "bayes_reverse"}
    if chain is not None and scene.run.matrix(scene.t, scene.matrix) is not None:
        for row in getattr(chain, matrices[scene.matrix])(scene.t):
            yield from row or ()
        if len(scene.run.labels) > 4:  # on panels of 26 columns and 5 rows four entries have a cell each
            yield from map(Fraction, range(2, len(scene.run.labels)))


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
        elif isinstance(value, str) and re.fullmatch(r"[\d./e-]+", value):
            yield Fraction(value), Fraction(value)


def _distances(scene: ViewState) -> Iterator[Span]:
    """Of the particles' frequencies from p_t, and from the data, recounted; as wide as a float's error."""
    film, sampled = scene.run, scene.run.sampled
    for packed in (sampled.forward, sampled.reverse) if sampled else ():
        if packed:
            counts = Counter(struct.unpack_from(f"<{sampled.count}I", packed, 4 * sampled.count * scene.t))
            for p in (film.steps[scene.t].marginal, film.steps[0].marginal):
                seen = {j: Fraction(c, sampled.count) for j, c in counts.items()}
                far = sum(max(share - (Fraction(p[j]) if j != STOPPED else 0), 0) for j, share in seen.items())
                yield far - Fraction(1, 10**12), far + Fraction(1, 10**12)
