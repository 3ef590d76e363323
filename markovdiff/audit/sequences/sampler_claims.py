"""What a record says of its law of sequences and of its samplers, confirmed: each number, each order, each verdict.

A row of `sampler` says what is sampled: which times are kept, or which block sizes are unmasked in which order. All the
rest of it is a claim. The rows are also what the check `sampler` bounds; it is decided anew, from what was found.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Protocol, TypeAlias

from markovdiff.audit import claims
from markovdiff.audit.claims import WrongError
from markovdiff.audit.confirm import Fact, Unbounded, confirm, shown
from markovdiff.audit.facts import MINUS, ONE
from markovdiff.audit.logsum import Interval, LogSum
from markovdiff.audit.numerals import fraction_text, quoted
from markovdiff.audit.record import Part
from markovdiff.audit.sequences.curve import ConditionalEntropies
from markovdiff.audit.sequences.positions import PositionwiseModel, Symbols
from markovdiff.audit.sequences.process import SequenceProcess
from markovdiff.audit.sequences.sampler import MOST_FALSE, NoNumber, SampledLaw, Sampler, even_times
from markovdiff.audit.sequences.unmasking import Order, Unmasker

ORDERS = ("random", "left-to-right", "confidence")
NUMBERS = ("excess", "kl", "total_variation", "outside_support")
MOST_ROWS = 10_000

Found: TypeAlias = "LogSum | NoNumber"


class Exact:
    """A rational, as a truth; a record writes it as a decimal, and as a fraction where that is short."""

    def __init__(self, value: Fraction) -> None:
        self.value = value

    def enclose(self, bits: int) -> Interval:
        """Return the narrowest interval."""
        scaled = self.value * (1 << bits)
        return Interval(scaled.__floor__(), scaled.__ceil__(), bits)

    def equals(self, value: Fraction, unit: str) -> bool:  # noqa: ARG002  a share has no unit
        """Return whether it is the value."""
        return value == self.value

    def is_form(self, terms: list[tuple[Fraction, int]]) -> bool:
        """Return whether the form is the number alone, which `claims.read` gives as a multiple of log 2."""
        return terms == [(self.value, 2)]


class Walked(Protocol):
    """A sampler of either kind."""

    @property
    def is_too_much(self) -> bool:
        """Whether what is drawn may be too much to be walked."""

    @property
    def is_too_much_to_code(self) -> bool:
        """Whether the excess takes too much."""

    @property
    def excess(self) -> Found:
        """L − H(x_0)."""

    @property
    def drawn(self) -> SampledLaw | NoNumber:
        """ν, and what is false."""


@dataclass(frozen=True, eq=False)
class SamplerRow:
    """A row of a record's `sampler`: by what it is named, and the truth about it."""

    steps: int | None
    times: tuple[int, ...] | None
    unmask: tuple[int, ...] | None
    order: Order | None
    truth: Walked

    @property
    def named(self) -> dict[str, object]:
        """By what it was asked for."""
        if self.unmask is not None:
            order = self.order if isinstance(self.order, str) else list(self.order or ())
            return {"unmask": list(self.unmask), "order": order}
        return {"steps": self.steps} if self.steps is not None else {"times": list(self.times or ())}

    @property
    def is_walked(self) -> bool:
        """Whether ν was found."""
        return not self.truth.is_too_much

    @cached_property
    def numbers(self) -> dict[str, Found | Fraction]:
        """What is true of each number, where it is known."""
        found: dict[str, Found | Fraction] = {}
        if not self.truth.is_too_much_to_code:
            found["excess"] = self.truth.excess
        if self.is_walked and isinstance(drawn := self.truth.drawn, NoNumber):
            found |= dict.fromkeys(NUMBERS[1:], drawn)
        elif self.is_walked and isinstance(drawn, SampledLaw):
            found |= {name: getattr(drawn, name) for name in NUMBERS[1:]}
        return found

    @cached_property
    def bound(self) -> str | None:
        """Whether KL(q‖ν) ≤ excess is strict or an equality; None where either is no number."""
        excess, kl = self.numbers["excess"], self.numbers["kl"]
        if not isinstance(excess, LogSum) or not isinstance(kl, LogSum):
            return None
        sign = LogSum.total([(ONE, excess), (MINUS, kl)]).sign()
        if sign < 0:
            raise WrongError("the audit itself", "KL(q‖ν) above the excess of the bound", "at most that")
        return "strict" if sign else "equal"


class SamplerClaims:
    """What a record says of its sequences and samplers; what was confirmed is counted, and what was not is named."""

    def __init__(
        self,
        process: SequenceProcess,
        symbols: Sequence[str],
        model: PositionwiseModel | None,
        prior: Sequence[Fraction] | None,
        unit: str,
        digits: int,
    ) -> None:
        """Take the process, its labels, the model (None for the joint Bayes reverse) and π of a symbol (None: p_T)."""
        self.process, self.symbols, self.model, self.prior = process, list(symbols), model, prior
        self.unit, self.digits = unit, digits
        self.entropies = ConditionalEntropies(process.law)
        self.rows: list[SamplerRow] = []
        self.known: dict[tuple[int, ...], Sampler] = {}
        """Samplers by their times: what one has walked is not walked again."""
        self.counts: Counter[str] = Counter()
        self.left_open: list[tuple[str, str]] = []
        """Where a number or a word is left undecided, and what is true."""
        self.uncovered: list[str] = []

    # the law

    def confirm_sequence(self, part: Part) -> None:
        """Confirm the length, the symbols, the information curve and both correlations."""
        part.only(("length", "symbols", "information_curve", "total_correlation", "dual_total_correlation"))
        self._word(part["length"], self.process.L)
        if (said := [item.text() for item in part["symbols"].items()]) != self.symbols:
            raise WrongError(part["symbols"].path, str(said), str(self.symbols))
        if part["information_curve"].value is None or self.entropies.is_too_much:
            self.uncovered.append(f"{part['information_curve'].path} and both correlations (too many subsets)")
            return
        for item, c in zip(part["information_curve"].items(self.process.L), self.entropies.curve, strict=True):
            self._number(item, c)
        self._number(part["total_correlation"], self.entropies.total_correlation)
        self._number(part["dual_total_correlation"], self.entropies.dual_total_correlation)

    # the samplers

    def confirm_samplers(self, part: Part, wanted: Part | None) -> None:
        """Confirm every row, and that they are those that were asked for, where the record says which these are."""
        for row in part.items(most=MOST_ROWS):
            self.rows.append(self._row(row))
            self._confirm_row(row, self.rows[-1])
        if wanted is None:
            self.uncovered += [f"{part.path} (whether all are there that were asked for)"] if self.rows else []
            return
        asked = wanted.items(most=MOST_ROWS)
        if len(asked) != len(self.rows):
            raise WrongError(part.path, f"{len(self.rows)} samplers", f"{len(asked)}, as {wanted.path} has it")
        for found, one in zip(self.rows, asked, strict=True):
            if one.value != found.named:
                raise WrongError(one.path, str(one.value), f"{found.named}, as {part.path} has it")

    def _row(self, part: Part) -> SamplerRow:
        """Read what a row samples. Raise InputError where there is no such sampler."""
        process = self.process
        if self.model is None:
            raise part.fail("a sampler, and the joint Bayes reverse draws no position by itself", "no sampler")
        claimed = (*NUMBERS, "bound", "false")
        if part.get("unmask") is None:
            part.only(("steps", "times", *claimed))
            times = tuple(item.count(0, process.T) for item in part["times"].items(most=process.T + 1))
            if (times[:1], times[-1:]) != ((0,), (process.T,)) or list(times) != sorted(set(times)):
                raise part["times"].fail("not times that rise from 0 to T")
            steps = None if part["steps"].value is None else part["steps"].count(1, process.T)
            if steps is not None and times != even_times(steps, process.T):
                raise WrongError(part["times"].path, str(list(times)), str(list(even_times(steps, process.T))))
            if times not in self.known:
                self.known[times] = Sampler(process, self.model, self.prior, times)
            return SamplerRow(steps, times, None, None, self.known[times])
        part.only(("unmask", "order", *claimed, "ties"))
        sizes = tuple(item.count(1, process.L) for item in part["unmask"].items(most=process.L))
        if sum(sizes) != process.L or process.mask is None:
            raise part["unmask"].fail("not block sizes of what an added mask hides", f"a sum of {process.L}")
        order = self._order(part["order"])
        unmasker = Unmasker(process, self.entropies, sizes, order)
        return SamplerRow(None, None, sizes, order, unmasker)

    def _order(self, part: Part) -> Order:
        if isinstance(part.value, str):
            return part.text(ORDERS)
        order = tuple(item.count(0, self.process.L - 1) for item in part.items(self.process.L))
        if len(set(order)) != len(order):
            raise part.fail("not an order of the positions", "each position once")
        return order

    def _confirm_row(self, part: Part, row: SamplerRow) -> None:
        if "excess" in row.numbers:
            self._number(part["excess"], row.numbers["excess"])
        else:
            self.uncovered.append(f"{part['excess'].path} and bound (too many states or subsets)")
        if row.order == "random" and part["kl"].value is None:
            self._confirm_unwalked(part)
            return
        if not row.is_walked:
            self.uncovered.append(f"{part.path} but for its excess (too many sequences to walk)")
            return
        for name in NUMBERS[1:]:
            self._number(part[name], row.numbers[name])
        if "excess" in row.numbers:
            self._word(part["bound"], row.bound)
        drawn = row.truth.drawn
        if row.unmask is not None:
            assert isinstance(drawn, SampledLaw)
            self._word(part["ties"], drawn.ties if row.order == "confidence" else None)
        self._false(part["false"], [] if isinstance(drawn, NoNumber) else drawn.likeliest_false)

    def _confirm_unwalked(self, part: Part) -> None:
        """Confirm that of a sampler that the run did not walk nothing but the excess is said."""
        for name in ("total_variation", "outside_support", "bound", "ties"):
            self._word(part[name], None)
        self._false(part["false"], [])
        self.uncovered.append(f"{part.path} but for its excess (the run did not walk it)")

    def _false(self, part: Part, truth: Sequence[tuple[Symbols, Fraction]]) -> None:
        """Confirm the likeliest false sequences, in their order."""
        said = part.items(most=MOST_FALSE)
        for item, (x0, mass) in zip(said, truth, strict=False):
            item.only(("x0", "mass"))
            labels = [self.symbols[k] for k in x0]
            if item["x0"].value != labels:
                raise WrongError(item["x0"].path, str(item["x0"].value), f"{labels}, with {fraction_text(mass)}")
            self._number(item["mass"], mass)
        if len(said) != len(truth):
            raise WrongError(part.path, f"{len(said)} sequences", f"{len(truth)}")

    # one claim

    def _number(self, part: Part, found: Found | Fraction) -> None:
        """Confirm a number; a share has no unit."""
        is_share, fact = isinstance(found, Fraction), self._fact(found)
        unit = "bits" if is_share else self.unit
        if part.value is None:
            raise WrongError(part.path, "null", fact.kind if isinstance(fact, Unbounded) else shown(fact, "nats"))
        claim = claims.read(part, part.path, unit)
        if claim.kind == "undecided":
            truth = fact.kind if isinstance(fact, Unbounded) else shown(fact, "nats" if is_share else unit)
            self.left_open.append((part.path, str(truth)))
            return
        confirm(claim, fact, "nats" if is_share else unit, self.digits)
        self.counts["enclosures" if claim.kind == "finite" else "infinite or undefined"] += 1
        self.counts["closed forms"] += claim.form is not None

    def _fact(self, found: Found | Fraction) -> Fact:
        if isinstance(found, NoNumber):
            cases = found.labelled(self.symbols)
            return Unbounded(found.kind, lambda witness: dict(witness) in cases)
        return Exact(found) if isinstance(found, Fraction) else found

    def _word(self, part: Part, truth: str | int | None) -> None:
        if part.value == "undecided" and truth is not None:
            self.left_open.append((part.path, str(truth)))
            return
        if part.value != truth or isinstance(part.value, bool):
            raise WrongError(part.path, quoted(part.value), quoted(truth))
        self.counts["verdicts"] += truth is not None
