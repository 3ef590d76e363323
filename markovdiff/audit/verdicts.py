"""The checks of a record: what was observed, the verdict, its witness, how it was decided, and the words for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from markovdiff.audit import claims, questions, sentences
from markovdiff.audit.claims import WrongError
from markovdiff.audit.confirm import Fact, Unbounded, unit_of_last_digit
from markovdiff.audit.numerals import decimal, quoted, ratio
from markovdiff.audit.questions import MOST_TIMES, Answer, Watch, compare
from markovdiff.audit.record import Part
from markovdiff.audit.scenario import Question
from markovdiff.audit.sentences import UNTOLD, WHERE, Truths, at_steps, steps
from markovdiff.audit.sentences import Answer as Told
from markovdiff.errors import MarkovdiffError

RATIONAL = ("mi-decay", "identities", "elbo-ledger")
"""What a run on rationals decides without an enclosure; of noise that remembers, not the first."""


@dataclass(frozen=True)
class Checked:
    """What became of one check: its verdict confirmed or left open, and what of it is not covered."""

    is_open: bool
    truth: str
    uncovered: tuple[str, ...] = ()
    sentences: int = 0


class LedgerTruth(Protocol):
    """What the words on the ledger are compared with."""

    @property
    def restricted(self) -> Sequence[int]:
        """The steps at which a mixture's p̃ was restricted."""

    def excess_sign(self) -> int | None:
        """Return the sign of NLL − H(x_0), both finite; None if undecided."""

    def slack_sign(self) -> int | None:
        """Return the sign of L − NLL, both finite; None if undecided."""

    def is_why(self, words: str, *, of_likelihood: bool) -> Told:
        """Return whether a reason for what is no number is true."""


@dataclass(frozen=True, eq=False)
class Verdicts:
    """Examines checks, once every step has been seen.

    `on_rationals` says whether the run decided things without balls: None where either may be so.
    """

    watch: Watch
    ledger: LedgerTruth | None
    elbo: Fact | None
    nll: Fact | None
    shown: set[str]
    on_rationals: bool | None
    is_certificate: bool

    def check(self, part: Part, question: Question) -> Checked:
        """Confirm one check. Raise WrongError where something in it is false."""
        where = f"check {question.name}"
        keys = ("check", "expected", "observed", "verdict", "witness")
        part.only(keys, () if self.is_certificate else ("decided", "detail"))
        if part["check"].value != question.name or part["expected"].value != question.expected:
            said = f"{quoted(part['check'].value)}, expected {quoted(part['expected'].value)}"
            raise WrongError(part.path, said, f"{question.name}, expected {question.expected}")
        answer = self.watch.answer(question)
        observed, verdict = part["observed"].text(), part["verdict"].text()
        if observed == "undecided":
            if verdict != observed:
                raise WrongError(f"{where}, verdict", quoted(verdict), observed)
            return Checked(True, answer.observed, (f"{where}: its words",) if not self.is_certificate else ())
        if observed != answer.observed:
            raise WrongError(f"{where}, observed", quoted(observed), answer.observed)
        agrees = observed == question.expected or (
            question.name == "mi-decay" and question.expected == "non-increasing" and observed in ("strict", "equal")
        )
        if verdict != ("holds" if agrees else "fails"):
            raise WrongError(f"{where}, verdict", quoted(verdict), "holds" if agrees else "fails")
        self._witness(part["witness"], where, question, answer)
        if self.is_certificate:
            return Checked(False, observed)
        self._decided(part["decided"], where, question)
        detail = part["detail"].text()
        told = sentences.is_confirmed(f"{where}, detail", detail, self._truths(question, answer, detail))
        return Checked(False, observed, () if told else (f"{where}: its words",), int(told))

    def _witness(self, part: Part, where: str, question: Question, answer: Answer) -> None:
        shown = None if part.value is None else part.witness()
        if question.name == "elbo-ledger" and isinstance(self.elbo, Unbounded):
            fits = shown is not None and (self.elbo.holds(shown) or "elbo-ledger" in self.shown)
        else:
            fits = questions.shows(answer, shown)
        if not fits:
            said = "none" if shown is None else claims.witness_text(shown)
            raise WrongError(f"{where}, witness", said, "not one that shows what was observed")

    def _decided(self, part: Part, where: str, question: Question) -> None:
        """Check how a claim was decided, by rationals or by an enclosure: it follows from the arithmetic."""
        said = part.text(("exact", "enclosure"))
        can = question.name in RATIONAL and (question.name != "mi-decay" or self.watch.process.is_markov)
        words = {"enclosure"} if not can or self.on_rationals is False else {"exact"}
        if can and self.on_rationals is None:
            words = {"exact", "enclosure"}
        if said not in words:
            raise WrongError(f"{where}, decided", said, next(iter(words)))

    # the words

    def _truths(self, question: Question, answer: Answer, said: str) -> Truths:
        T = self.watch.process.T
        times = sorted(times[0] for times in answer.shows if len(times) == 1)
        match question.name:
            case "mi-decay":
                return self._decay(said)
            case "identities":
                agree = f"the four formulas of I(x0;x_t) agree at each t = 0…{T}, "
                return self._by_route(
                    f"{agree}coefficient by coefficient: proved",
                    f"{agree}as far as enclosures of every coefficient can tell",
                )
            case "sdpi":
                always = at_steps(range(1, T + 1), T)
                sharper = f"I_t ≤ η_KL(Q_t)·I_(t−1) {always}: proved"  # a theorem, said where η_KL is given
                return Truths([f"I_t ≤ η(Q_t)·I_(t−1) {always}{self._tight()}: proved"], [sharper])
            case "h-theorem":
                law = {"stationary": "stationary law", "given": "the law given"}.get(question.against, question.against)
                if answer.observed == "holds":
                    return Truths([f"KL(p_t ‖ {law}) never rises in {T} {steps(T)}: proved"])
                return self._broken(f"KL(p_t ‖ {law}) rises", times, ": proved", said)
            case "entropy-growth":
                if not times:
                    return Truths([f"H(x_t) never falls in {T} {steps(T)}: proved"])
                return self._broken("H(x_t) falls", times, ": proved", said)
            case "converged":
                return Truths(decides=lambda clause: self._is_left(clause, question))
            case "dpi":
                return self._triangle(answer)
        return self._books()

    def _by_route(self, exact: str, balls: str) -> Truths:
        if self.on_rationals is None:
            return Truths(may=[exact, balls])
        return Truths([exact if self.on_rationals else balls])

    def _broken(self, claim: str, times: Sequence[int], ending: str, said: str) -> Truths:
        """Return the clauses on where a claim is broken. Balls may name fewer steps, if they name the undecided too."""
        T = self.watch.process.T
        whole = f"{claim} {at_steps(times, T)}{ending}"
        form = (
            rf"(?P<claim>{re.escape(claim)} at least (?P<least>{WHERE}){re.escape(ending)}); "
            rf"(?P<rest>undecided (?P<open>{WHERE}))(?:; .*)?"
        )
        parted = None if self.on_rationals else re.fullmatch(form, said, re.DOTALL)
        fits = parted and sentences.is_split(times, parted["least"], parted["open"], T)
        if parted is None or fits is False:
            return Truths([whole])
        clauses = [parted["claim"], parted["rest"]]
        return Truths(clauses) if fits is True else Truths(decides=lambda one: UNTOLD if one in clauses else None)

    def _decay(self, said: str) -> Truths:
        T = self.watch.process.T
        at = {
            word: [t for t, d in enumerate(self.watch.decays, 1) if d == word]
            for word in ("strict", "equal", "violated")
        }
        if at["violated"]:
            return self._broken("I(x0;x_t) rises", at["violated"], ": the inequality is violated, proved", said)
        falls = [f"falls strictly {at_steps(at['strict'], T)}"] if at["strict"] else []
        stays = [f"stays the same {at_steps(at['equal'], T)}"] if at["equal"] else []
        return Truths([f"I(x0;x_t) {', '.join(falls + stays)}: proved"])

    def _tight(self) -> str:
        T, tight = self.watch.process.T, self.watch.tight
        if not tight:
            return ""
        return ", always with equality" if len(tight) == T > 1 else f", with equality {at_steps(tight, T)}"

    def _is_left(self, clause: str, question: Question) -> Told:
        """Return whether a clause states I_T truly, in three digits, and the bound."""
        T, left = self.watch.process.T, self.watch.last
        match = re.fullmatch(
            rf"I\(x0;x_{T}\) = ([-\d.e]+) (bits|nats) is (at most|more than) ([-+\d/.e]+|about .*): proved", clause
        )
        if match is None or left is None:
            return None
        side = "at most" if compare(left, question.bound, question.unit) <= 0 else "more than"
        if match[2] != question.unit or match[3] != side:
            return False
        try:
            value, bound = decimal(match[1]), match[4].replace("e+", "e")
            is_decimal = "." in bound or "e" in bound
            if not bound.startswith("about ") and question.bound != (
                decimal(bound).value if is_decimal else ratio(bound)
            ):
                return False
        except MarkovdiffError:
            return UNTOLD
        if value.value == 0 or value.shown > 3:
            return left.is_zero() if value.value == 0 else False
        one = unit_of_last_digit(value.value, 3)
        near = compare(left, value.value - one, question.unit) > 0 > compare(left, value.value + one, question.unit)
        return near and (UNTOLD if bound.startswith("about ") else True)

    def _triangle(self, answer: Answer) -> Truths:
        T = self.watch.process.T
        if answer.observed == "holds":
            looked = f"0…{T}" if T <= MOST_TIMES else f"{MOST_TIMES} evenly spaced times of 0…{T}"
            claim = f"I(x_s;x_u) ≤ min(I(x_s;x_t), I(x_t;x_u)) for s ≤ t ≤ u in {looked}"
            return Truths([f"{claim}: proved"])

        def shows(clause: str) -> bool | None:
            match = re.fullmatch(
                r"I\(x_(\d{1,6});x_(\d{1,6})\) > I\(x_(\d{1,6});x_(\d{1,6})\): the triangle is violated, proved", clause
            )
            if match is None:
                return None
            s, u, a, b = map(int, match.groups())
            return (a == s or b == u) and (s, b if a == s else a, u) in answer.shows

        return Truths(decides=shows)

    def _books(self) -> Truths:
        """Return the true clauses on the ledger: its identity, H(x_0) ≤ NLL ≤ L, mixtures, what is no number."""
        assert self.ledger is not None
        T = self.watch.process.T
        identity = "L = H(x0) + ΣΔ_t + KL(p_T‖π)"
        exact = f"{identity}, coefficient by coefficient: proved"
        balls = [
            f"the enclosures of both sides of {identity} meet",
            "at each step the enclosures of both formulas of its term meet",
        ]
        must, may = ([exact], []) if self.on_rationals else ([], balls + [exact] * (self.on_rationals is None))
        if self.ledger.restricted:
            must.append(f"p̃ was restricted to the x0 that can reach x_t {at_steps(self.ledger.restricted, T)}")
        return Truths(must, may, self._is_of_books)

    def _is_of_books(self, clause: str) -> Told:
        L, nll = self.elbo, self.nll
        kinds = {"+∞": "inf", "undefined": "undefined"}
        if match := re.fullmatch(r"(both sides are|NLL is) (\+∞|undefined): (.*)", clause, re.DOTALL):
            fact = L if match[1] == "both sides are" else nll
            if not isinstance(fact, Unbounded) or fact.kind != kinds[match[2]]:
                return False
            assert self.ledger is not None
            return self.ledger.is_why(match[3], of_likelihood=match[1] == "NLL is")
        sign = r"(<|=|>|≤ \(undecided\)|≤ \(not finite\))"
        match = re.fullmatch(rf"H\(x0\) {sign} NLL(?:(, and L is undefined)| {sign} L( = \+∞)?)", clause)
        if match is None:
            return None
        if (match[2] is not None) != (isinstance(L, Unbounded) and L.kind == "undefined"):
            return False
        if (match[4] is not None) and not (isinstance(L, Unbounded) and L.kind == "inf"):
            return False
        fits = [self._fits(match[1], self._excess_sign, unbounded=isinstance(nll, Unbounded))]
        if match[3] is not None:
            unbounded = isinstance(nll, Unbounded) or isinstance(L, Unbounded)
            fits.append(self._fits(match[3], self._slack_sign, unbounded=unbounded))
        return False if False in fits else UNTOLD if None in fits else True

    @staticmethod
    def _fits(said: str, sign: Callable[[], int | None], *, unbounded: bool) -> bool | None:
        if said == "≤ (not finite)":
            return unbounded
        if said == "≤ (undecided)":
            return None
        true = sign()
        return None if true is None else said == {-1: ">", 0: "=", 1: "<"}[true]

    def _excess_sign(self) -> int | None:
        """Return the sign of NLL − H(x_0)."""
        assert self.ledger is not None
        return None if isinstance(self.nll, Unbounded) else self.ledger.excess_sign()

    def _slack_sign(self) -> int | None:
        """Return the sign of L − NLL."""
        assert self.ledger is not None
        if isinstance(self.nll, Unbounded):
            return None
        return 1 if isinstance(self.elbo, Unbounded) else self.ledger.slack_sign()
