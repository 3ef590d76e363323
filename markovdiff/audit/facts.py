"""The truth about one step, from the joint laws of x_0, x_{t−1} and x_t.

With q(k, i, j) = q(x_0 = k, x_{t−1} = i, x_t = j), every sum over what is possible:

    I(x_0;x_t)   = H(x_0) + H(x_t) − H(x_0, x_t)
    H(x_0|x_t)   = H(x_0, x_t) − H(x_t),     H(x_t|x_0) = H(x_0, x_t) − H(x_0)
    loss         = I(x_0; x_{t−1} | x_t) = H(x_0, x_t) + H(x_{t−1}, x_t) − H(x_t) − H(x_0, x_{t−1}, x_t)
    Δ_t          = Σ q(i, j) log( q(i, j) / (q(j) R_t[j][i]) )
    term, t ≥ 2  = Σ q(k, i, j) log( q(k, i, j) / (q(k, j) R_t[j][i]) ),     t = 1:  −Σ q(k, j) log R_1[j][k]
    cross-entropy of a denoiser = −Σ q(k, j) log p̃(k | x_t = j)

With memory there is no chain rule, and the loss is I_{t−1} − I_t itself. That something is exactly zero is decided on
rationals: independence entry by entry; a loss is zero when q(x_0 | x_{t−1} = i) = q(x_0 | x_t = j) wherever i → j is
possible; Δ_t when R_t[j][i] q(j) = q(i, j). Where R_t is undefined though x_t = j occurs, so are Δ_t and the term;
where R_t[j][i] = 0 though i → j occurs they are infinite.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from markovdiff.audit.confirm import Fact, Unbounded
from markovdiff.audit.logsum import LogSum
from markovdiff.audit.process import Moment
from markovdiff.audit.reverse import Row, Rows, step_of

ONE, MINUS = Fraction(1), Fraction(-1)


def entropy(counts: Sequence[int], total: int) -> LogSum:
    """Return −Σ p log p, p = n/total."""
    form = LogSum(total)
    form.add(total, total)
    for n in counts:
        if n:
            form.add(-n, n)
    return form.known(total in counts)


def divergence(p: Sequence[Fraction], q: Sequence[Fraction]) -> LogSum | None:
    """Return Σ p log(p/q); None where it is infinite."""
    if any(a and not b for a, b in zip(p, q, strict=True)):
        return None
    form = LogSum()
    pairs = [(a, b) for a, b in zip(p, q, strict=True) if a]
    logs = [(a, n) for a, b in pairs for n in (a.numerator, b.denominator)]
    logs += [(-a, n) for a, b in pairs for n in (a.denominator, b.numerator)]
    return form.minus_logarithms((-a, n) for a, n in logs).known(list(p) == list(q))


@dataclass(frozen=True, eq=False)
class Facts:
    """What is true at t: `before` is the moment before (None at t = 0), `rows` R_t (None without a reverse model).

    `guess` is the denoiser p̃(x_0 | x_t), where the model has one.
    """

    states: tuple[str, ...]
    now: Moment
    before: Moment | None
    rows: Rows | None
    guess: Sequence[Row | None] | None = None

    @cached_property
    def entropy(self) -> LogSum:
        """H(x_t)."""
        return entropy(self.now.P, self.now.S)

    @cached_property
    def data_entropy(self) -> LogSum:
        """H(x_0)."""
        return entropy(self.now.data, sum(self.now.data))

    @cached_property
    def joint_entropy(self) -> LogSum:
        """H(x_0, x_t)."""
        return _joint_entropy(self.now)

    @cached_property
    def mutual(self) -> LogSum:
        """I(x_0;x_t)."""
        return _information(self.now, self.data_entropy, self.entropy, self.joint_entropy)

    @cached_property
    def earlier(self) -> LogSum:
        """I(x_0;x_{t−1})."""
        before = self.before
        assert before is not None
        return _information(before, self.data_entropy, entropy(before.P, before.S), _joint_entropy(before))

    @cached_property
    def conditional(self) -> LogSum:
        """H(x_0|x_t)."""
        form = LogSum.total([(ONE, self.joint_entropy), (MINUS, self.entropy)])
        return form.known(all(sum(map(bool, column)) <= 1 for column in zip(*self.now.joint, strict=True)))

    @cached_property
    def noise(self) -> LogSum:
        """H(x_t|x_0)."""
        form = LogSum.total([(ONE, self.joint_entropy), (MINUS, self.data_entropy)])
        return form.known(all(sum(map(bool, row)) <= 1 for row in self.now.joint))

    @cached_property
    def loss(self) -> LogSum:
        """I(x_0; x_{t−1} | x_t); with memory I_{t−1} − I_t."""
        assert self.before is not None
        if self.now.step is None:
            return LogSum.total([(ONE, self.earlier), (MINUS, self.mutual)])
        parts = [
            (ONE, self.joint_entropy),
            (ONE, self._pair_entropy),
            (MINUS, self.entropy),
            (MINUS, self._triple_entropy),
        ]
        return LogSum.total(parts).known(self.loses_nothing)

    @cached_property
    def loses_nothing(self) -> bool:
        """Whether x_0 and x_{t−1} are independent given x_t."""
        assert self.before is not None
        before, now, step = self.before, self.now, step_of(self.now)
        given = [[line[i] for line in before.joint] for i in range(len(now.P))]
        return all(
            _proportional(given[i], before.P[i], column, P)
            for sources, column, P in zip(step.columns, zip(*now.joint, strict=True), now.P, strict=True)
            if P
            for i, _ in sources
            if before.P[i]
        )

    @cached_property
    def pair(self) -> list[list[int]]:
        """q(x_{t−1} = i, x_t = j), over S·g: the denominator before times that of the step."""
        assert self.before is not None
        return [[P * n for n in row] for P, row in zip(self.before.P, step_of(self.now).N, strict=True)]

    @property
    def _scale(self) -> int:
        return self.now.S * self.now.g

    @cached_property
    def _pair_entropy(self) -> LogSum:
        return entropy([n for row in self.pair for n in row], self._scale)

    @cached_property
    def _triple_entropy(self) -> LogSum:
        """H(x_0, x_{t−1}, x_t), each q(k, i, j) a product of three: w_k, C_{t−1}[k][i], N_t[i][j]."""
        assert self.before is not None
        step = step_of(self.now)
        form = LogSum(self._scale)
        form.add(self._scale, self._scale)
        for w, row in zip(self.before.data, self.before.C, strict=True):
            for c in row:
                form.add(-w * c * step.d, w or 1)
                form.add(-w * c * step.d, c or 1)
        for pairs, row in zip(self.pair, step.N, strict=True):
            for a, n in zip(pairs, row, strict=True):
                form.add(-a, n or 1)
        return form

    # what the reverse model adds

    @cached_property
    def error(self) -> Fact:
        """Δ_t."""
        if self.unbounded is not None:
            return self.unbounded
        form = LogSum(self._scale)
        fits = True
        for j, (P, column) in enumerate(zip(self.now.P, zip(*self.pair, strict=True), strict=True)):
            whole = P * self.now.g
            for i, a in enumerate(column):
                if a:
                    n, total = self._row(j)[0][i], self._row(j)[1]
                    form.add(a, a)
                    form.add(-a, whole)
                    form.add(-a, n)
                    form.add(a, total)
                    fits = fits and n * whole == a * total
        return form.known(fits)

    @cached_property
    def term(self) -> Fact:
        """The term of −ELBO that belongs to step t."""
        assert self.before is not None
        if self.unbounded is not None:
            return self.unbounded
        cost = LogSum(self._scale)
        for j, column in enumerate(zip(*self.pair, strict=True)):
            for i, a in enumerate(column):
                if a:
                    cost.add(-a, self._row(j)[0][i])
                    cost.add(a, self._row(j)[1])
        error = self.error
        assert isinstance(error, LogSum)
        if self.now.t == 1:
            return cost.known(error.is_zero() and self.conditional.is_zero())
        parts = [(ONE, cost), (ONE, self.joint_entropy), (MINUS, self._triple_entropy)]
        return LogSum.total(parts).known(error.is_zero() and self.loses_nothing)

    @cached_property
    def cross_entropy(self) -> Fact:
        """E[−log p̃(x_0 | x_t)]: undefined where p̃ is at an x_t that occurs, infinite where it misses an x_0."""
        assert self.guess is not None
        columns = list(zip(self.guess, zip(*self.now.joint, strict=True), strict=True))
        if any(row is None and any(column) for row, column in columns):
            return Unbounded("undefined", self._is_unsaid)
        cost = LogSum(self.now.S)
        for row, column in columns:
            for k, a in enumerate(column):
                if row is not None and a:
                    if not row[0][k]:
                        return Unbounded("inf", self._is_missed)
                    cost.add(-a, row[0][k])
                    cost.add(a, row[1])
        return cost

    def _is_unsaid(self, witness: Mapping[str, Any]) -> bool:
        if set(witness) != {"t", "x_t"} or witness["t"] != self.now.t or self.guess is None:
            return False
        pairs = zip(self.now.P, self.guess, strict=True)
        return any(P and row is None for _, (P, row) in self._at(witness["x_t"], pairs))

    def _is_missed(self, witness: Mapping[str, Any]) -> bool:
        if set(witness) != {"t", "x0", "x_t"} or witness["t"] != self.now.t or self.guess is None:
            return False
        return any(
            row is not None and line[j] and not row[0][k]
            for j, row in self._at(witness["x_t"], self.guess)
            for k, line in self._at(witness["x0"], self.now.joint)
        )

    def _row(self, j: int) -> tuple[list[int], int]:
        assert self.rows is not None
        row = self.rows[j]
        assert row is not None
        return row

    @cached_property
    def unbounded(self) -> Unbounded | None:
        """Whether Δ_t is undefined or infinite."""
        assert self.rows is not None
        if any(P and row is None for P, row in zip(self.now.P, self.rows, strict=True)):
            return Unbounded("undefined", self.is_undefined_at)
        for j, row in enumerate(self.rows):
            if row is not None and any(
                a and not n for a, n in zip((line[j] for line in self.pair), row[0], strict=True)
            ):
                return Unbounded("inf", self.is_infinite_at)
        return None

    def words(self) -> set[str]:
        """Return the true sentences on why Δ_t is no number."""
        t, states = self.now.t, self.states
        found = {
            f"R_{t} says nothing about x_{t} = {label!r}, which occurs"
            for label, P, row in zip(states, self.now.P, self.rows or (), strict=True)
            if P and row is None
        }
        for j, row in enumerate(self.rows or ()):
            if row is not None:
                found |= {
                    f"R_{t} holds x_{t - 1} = {states[i]!r} impossible given x_{t} = {states[j]!r}, and it occurs"
                    for i, line in enumerate(self.pair)
                    if line[j] and not row[0][i]
                }
        return found

    def is_undefined_at(self, witness: Mapping[str, Any]) -> bool:
        """Return whether the model says nothing about an x_t that occurs."""
        if set(witness) != {"t", "x_t"} or witness["t"] != self.now.t or self.rows is None:
            return False
        return any(
            P and row is None for j, (P, row) in self._at(witness["x_t"], zip(self.now.P, self.rows, strict=True))
        )

    def is_infinite_at(self, witness: Mapping[str, Any]) -> bool:
        """Return whether x_0 → x_{t−1} → x_t occurs and the model holds the way back impossible."""
        if set(witness) != {"t", "x0", "x_t", "x_t-1"} or witness["t"] != self.now.t or self.before is None:
            return False
        assert self.rows is not None
        return any(
            row is not None and line[i] and step_of(self.now).N[i][j] and not row[0][i]
            for j, row in self._at(witness["x_t"], self.rows)
            for i, _ in self._at(witness["x_t-1"], self.states)
            for _, line in self._at(witness["x0"], self.before.joint)
        )

    def _at(self, label: object, values: Iterable[Any]) -> list[tuple[int, Any]]:
        """Return the index of a label and the value at it; nothing where there is no such label."""
        places = [k for k, state in enumerate(self.states) if state == label]
        held = list(values)
        return [(k, held[k]) for k in places]


def _joint_entropy(now: Moment) -> LogSum:
    """Return H(x_0, x_t), each q(k, j) a product of two: w_k and C_t[k][j]."""
    form = LogSum(now.S)
    form.add(now.S, now.S)
    for w, row in zip(now.data, now.C, strict=True):
        if w:
            form.add(-w * sum(row), w)
            for c in row:
                form.add(-w * c, c or 1)
    return form


def _information(now: Moment, H0: LogSum, H: LogSum, joint: LogSum) -> LogSum:
    form = LogSum.total([(ONE, H0), (ONE, H), (MINUS, joint)])
    s = sum(now.data)
    apart = all(
        c * s == P for w, row in zip(now.data, now.C, strict=True) if w for c, P in zip(row, now.P, strict=True)
    )
    return form.known(apart)


def _proportional(a: Sequence[int], whole: int, b: Sequence[int], other: int) -> bool:
    """Return whether a/whole = b/other, entry by entry."""
    return all(x * other == y * whole for x, y in zip(a, b, strict=True))
