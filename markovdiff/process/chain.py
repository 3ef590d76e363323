"""The forward process: q(x0), then T steps of noise, every probability an exact rational.

    p_t = p_0 Q̄_t,   Q̄_t = Q_1 ⋯ Q_t,   Q_t[i, j] = q(x_t = j | x_{t−1} = i)

The chain streams: `moments()` makes each step from the one before and keeps nothing, so a run holds
a few matrices however long it is. The methods that take a t (what a person at a prompt asks) walk
the same stream and remember where they are.

A process with memory has q(x_t | x_{t−1}, x_0 = k) = M_k instead of Q_t. Row k of Q̄_t then evolves
by its own matrix; everything about pairs (x_0, x_t) stays defined, Q_t does not.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from importlib import import_module
from math import prod

from flint import fmpz, fmpz_mat

from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.rational import shown, whole
from markovdiff.arithmetic.value import brief, from_fields, one_line
from markovdiff.cached import cached_property
from markovdiff.errors import InputError, InternalError, LimitError
from markovdiff.process.classes import CommunicatingClass
from markovdiff.process.distribution import Distribution
from markovdiff.process.grouping import Classes
from markovdiff.process.kernels import Kernel
from markovdiff.process.moment import Moment
from markovdiff.process.rank_one import IdentityPlusRankOne
from markovdiff.process.transition import Dense, Transition

Row = tuple[Fraction, ...]

MAX_ENTRIES = 2**22
"""Entries that a table handed to a person may have: as Fractions they take about a gigabyte."""


MAX_SAMPLED = 2**24
"""States that `Chain.sample` draws at once: some ten seconds of work, and up to a gigabyte where K is large."""


@dataclass(frozen=True)
class Chain:
    """T steps of a noising kernel from a data distribution.

    `betas` are β_1 … β_T; empty where the kernel has none (per step, with memory), and then `T`
    alone says how many steps there are.

    >>> from markovdiff.process.kernels import uniform
    >>> coin = Distribution.from_weights([3, 1], ["a", "b"])
    >>> Chain(coin, uniform(2), (Fraction(1, 10),), 1).marginal(1)
    (Fraction(29, 40), Fraction(11, 40))
    """

    data: Distribution
    kernel: Kernel
    betas: tuple[Fraction, ...]
    T: int
    _walk: list[dict[int, Moment]] = field(default_factory=list, init=False, compare=False)
    _made: dict[Fraction, Transition] = field(default_factory=dict, init=False, compare=False)

    __reduce__ = from_fields

    def __repr__(self) -> str:
        betas = f", β = {brief(self.betas)}" if self.betas else ""
        return one_line(f"<Chain of {self.T} steps on {self.K} states, {type(self.kernel).__name__}{betas}>")

    def _repr_html_(self) -> str:
        return str(import_module("markovdiff.reports.notebook").of_chain(self))

    def __post_init__(self) -> None:
        if self.kernel.K != self.data.K:
            raise InputError(
                "the kernel and the data have different numbers of states",
                where="noise.kernel",
                expected=f"{self.data.K}, the states of [data]",
                got=str(self.kernel.K),
            )
        brought = len(self.betas) if self.kernel.has_schedule else self.kernel.steps_brought
        if brought not in (None, self.T):
            raise InputError(
                "not one β, or one matrix, a step",
                where="noise.schedule" if self.betas else "noise",
                expected=f"{self.T} of them",
                got=str(brought),
            )

    @property
    def K(self) -> int:
        """The number of states."""
        return self.data.K

    @property
    def states(self) -> tuple[str, ...]:
        """The labels of the states."""
        return self.data.states

    @property
    def is_markov(self) -> bool:
        """Whether x_t depends on x_{t−1} alone."""
        return self.kernel.is_markov

    @property
    def target(self) -> Distribution:
        """The law that the kernel forgets towards. Raise InternalError where there is no such law."""
        if (target := self.kernel.rank_one_target) is None:
            raise InternalError(f"a kernel that forgets towards one law was expected, not {self.kernel!r}")
        return target

    @property
    def by_source(self) -> tuple[Dense, ...]:
        """The matrix of each x_0. Raise InternalError where the process has no memory."""
        if (given := self.kernel.matrices_given_x0) is None:
            raise InternalError(f"a process with memory was expected, not {self.kernel!r}")
        return given

    def strength(self, t: int) -> Fraction:
        """Return what the kernel makes Q_t of: β_t, or t itself where it has no schedule or its Q_t has more to it."""
        return self.betas[t - 1] if self._goes_by_beta else Fraction(t)

    @cached_property
    def strengths(self) -> tuple[Fraction, ...]:
        """The same for t = 1 … T."""
        return self.betas if self._goes_by_beta else tuple(map(Fraction, range(1, self.T + 1)))

    @property
    def _goes_by_beta(self) -> bool:
        return self.kernel.has_schedule and not self.kernel.takes_time

    def transition(self, t: int) -> Transition:
        """Return Q_t in the shape the engine uses, t = 1 … T; equal β give one and the same object."""
        t = self._check(t, first=1)
        beta = self.strength(t)
        made = self._made.get(beta)
        if made is None:
            if len(self._made) >= 2:
                self._made.clear()
            made = self._made.setdefault(beta, self.kernel.transition(beta))
        return made

    @cached_property
    def alike(self) -> Classes | None:
        """The states that the chain cannot tell apart, where its kernel forgets towards one target."""
        return None if self.kernel.rank_one_target is None else self.classes_beside(())

    def classes_beside(self, laws: Iterable[Iterable[Hashable]]) -> Classes:
        """Return the states that such a chain cannot tell apart, nor any of these laws, given as weights."""
        return Classes.by(zip(self.data.weights, self.target.weights, *laws, strict=True))

    def moments(self, classes: Classes | None = None) -> Iterator[Moment]:
        """Yield the process at t = 0, 1, …, T, each made from the one before; on `classes` where given."""
        moment = self._start(classes)
        yield moment
        for _ in range(self.T):
            moment = self._next(moment)
            yield moment

    def _start(self, classes: Classes | None = None) -> Moment:
        p0 = RationalMatrix(fmpz_mat([[fmpz(w) for w in self.data.weights]]), fmpz(self.data.total))
        if classes is not None:
            p0 = classes.grouped(p0)
        identity = self.kernel.identity()
        alpha_bar = None if identity is None else Fraction(1)
        identity = identity or Dense(RationalMatrix.identity(self.K))
        return Moment(0, None, alpha_bar, None, identity, p0, p0, self.data.support)

    def _next(self, before: Moment) -> Moment:
        t = before.t + 1
        beta = self.betas[t - 1] if self.betas else None
        kept = None if before.alpha_bar is None else self.kernel.kept(self.strength(t))
        alpha_bar = None if before.alpha_bar is None or kept is None else before.alpha_bar * kept
        transition: Transition | None = None
        cumulative: Transition
        if not self.is_markov:
            cumulative = self._rowwise(before.cumulative.dense)
            marginal = cumulative.push(before.data)
        else:
            transition = self.transition(t)
            cumulative = before.cumulative.then(transition)
            marginal = transition.push(before.marginal)
        return Moment(t, beta, alpha_bar, transition, cumulative, marginal, before.data, before.support)

    def _rowwise(self, before: Dense) -> Dense:
        """Return Q̄_t, whose row k is row k of Q̄_{t−1} times M_k."""
        rows = [
            RationalMatrix(fmpz_mat([before.table[k]]), before.matrix.d) @ M.matrix
            for k, M in enumerate(self.by_source)
        ]
        return Dense(_stack(rows))

    def at(self, t: int) -> Moment:
        """Return the process at time t, walking on from the last two t asked for where possible."""
        t = self._check(t, first=0)
        walk = self._walk[-1] if self._walk else {}
        passed = [s for s in walk if s <= t]
        moment = walk[max(passed)] if passed else self._start()
        recent = {moment.t: moment}
        while moment.t < t:
            moment = self._next(moment)
            recent = {moment.t - 1: recent[moment.t - 1], moment.t: moment}
        self._walk[:] = [recent]
        return moment

    def _check(self, t: object, first: int) -> int:
        time = whole(t)
        if time is None or not first <= time <= self.T:
            raise InputError(
                "no such time", where="t", expected=f"an integer from {first} to T = {self.T}", got=shown(t)
            )
        return time

    def _check_table(self, name: str) -> None:
        if self.K**2 > MAX_ENTRIES:
            raise LimitError(
                f"a table of K² = {self.K**2:,} probabilities would exhaust the memory",
                where=f"chain.{name}",
                expected=f"at most {MAX_ENTRIES:,} entries",
                got=f"K = {self.K:,}",
                remedy="ask for `marginal(t)`, or md.run: a kernel that forgets towards one target needs no table",
            )

    # what a person asks

    def marginal(self, t: int) -> Row:
        """Return p_t = q(x_t), a tuple of K Fractions."""
        return self.at(t).probabilities

    def step(self, t: int) -> tuple[Row, ...]:
        """Return Q_t as rows, `step(t)[i][j]` = q(x_t = j | x_{t−1} = i), t = 1 … T.

        Raises LimitError, as all that gives a table does, where K² is past `MAX_ENTRIES`.
        """
        self._check_table("step")
        return self.transition(t).rows()

    def cumulative(self, t: int) -> tuple[Row, ...]:
        """Return Q̄_t as rows, `cumulative(t)[i][j]` = q(x_t = j | x_0 = i)."""
        self._check_table("cumulative")
        return self.at(t).cumulative.rows()

    def joint(self, t: int) -> tuple[Row, ...]:
        """Return the table q(x_0 = i, x_t = j) = p_0[i] Q̄_t[i, j]."""
        p0 = self.data.probabilities
        return tuple(tuple(p * x for x in row) for p, row in zip(p0, self.cumulative(t), strict=True))

    def data_posterior(self, t: int) -> tuple[Row | None, ...]:
        """Return for each j the row q(x_0 | x_t = j) by Bayes, or None where x_t = j is impossible."""
        return tuple(_normalised(column) for column in zip(*self.joint(t), strict=True))

    def bayes_reverse(self, t: int) -> tuple[Row | None, ...]:
        """Return for each j the row q(x_{t−1} | x_t = j), or None where x_t = j is impossible; t = 1 … T."""
        return tuple(_normalised(column) for column in zip(*self._pair(t), strict=True))

    def _pair(self, t: int) -> tuple[Row, ...]:
        """Return the table q(x_{t−1} = i, x_t = j)."""
        t = self._check(t, first=1)
        if not self.is_markov:
            before = self.joint(t - 1)
            K = range(self.K)
            steps = [M.rows() for M in self.by_source]
            return tuple(tuple(sum((before[k][i] * steps[k][i][j] for k in K), Fraction(0)) for j in K) for i in K)
        p = self.marginal(t - 1)
        return tuple(tuple(a * x for x in row) for a, row in zip(p, self.step(t), strict=True))

    def forward_posterior(self, t: int, x0: int | str) -> tuple[Row | None, ...]:
        """Return for each j the row q(x_{t−1} | x_t = j, x_0), or None where x_0 cannot become x_t = j; t = 1 … T.

        `x0` is the number or the label of a state.
        """
        t = self._check(t, first=1)
        k = self._state(x0)
        before = self.cumulative(t - 1)[k]
        step = self.step(t) if self.is_markov else self.by_source[k].rows()
        pairs = [[b * x for x in row] for b, row in zip(before, step, strict=True)]
        return tuple(_normalised(column) for column in zip(*pairs, strict=True))

    def classes(self, t: int | None = None) -> tuple[CommunicatingClass, ...]:
        """Return the communicating classes of Q_t, states as numbers; without `t`, those that every step has in common.

        Raises InputError where the process has memory, or the steps differ in their classes and no `t` is given.

        >>> from markovdiff.process.kernels import absorbing
        >>> coin = Distribution.from_weights([1, 1])
        >>> [c.states for c in Chain(coin, absorbing(2, 1), (Fraction(1, 2),), 1).classes()]
        [(0,), (1,)]
        """
        if not self.is_markov:
            raise InputError("a process with memory has no classes", where="chain.classes", expected="a Markov chain")
        if t is not None:
            return self.transition(t).communicating_classes()
        first: tuple[CommunicatingClass, ...] | None = None
        for strength in dict.fromkeys(self.strengths):
            found = self.kernel.transition(strength).communicating_classes()
            if first is not None and found != first:
                raise InputError(
                    "the classes change from step to step",
                    where="chain.classes",
                    expected="the same classes at every step, or a step",
                    got=f"others at t = {self.strengths.index(strength) + 1} than at t = 1",
                    remedy="ask for one step: chain.classes(t)",
                )
            first = found
        assert first is not None
        return first

    def stationary(self) -> Row:
        """Return the law that every step preserves, exactly. Raise InputError where there is none, or more than one.

        >>> from markovdiff.process.kernels import absorbing
        >>> Chain(Distribution.from_weights([1, 1]), absorbing(2, 1), (Fraction(1, 2),), 1).stationary()
        (Fraction(0, 1), Fraction(1, 1))
        """
        from markovdiff.process.stationary import stationary_of_chain

        return stationary_of_chain(self).rows()[0]

    def sample(self, n: int, *, seed: int = 0) -> tuple[tuple[int, ...], ...]:
        """Draw n trajectories (x_0, …, x_T), each a tuple of T + 1 states as numbers 0 … K−1, exactly.

        Each state is drawn with its rational probability, by comparing integers. The same seed gives the same
        trajectories on every machine and in every version of Python. `chain.states[i]` is the label of state i.

        Raises InputError unless n and seed are integers of at least 0; LimitError where n·(T + 1) is past
        `MAX_SAMPLED`.

        >>> from markovdiff.process.kernels import absorbing
        >>> chain = Chain(Distribution.from_weights([1, 0]), absorbing(2, 1), (Fraction(0), Fraction(1)), 2)
        >>> chain.sample(2, seed=7)
        ((0, 0, 1), (0, 0, 1))
        """
        from random import Random

        from markovdiff.process.trajectories import forward

        n, seed = _at_least_0(n, "n"), _at_least_0(seed, "seed")
        if n * (self.T + 1) > MAX_SAMPLED:
            raise LimitError(
                "too many states to sample",
                where="chain.sample",
                expected=f"n·(T + 1) at most {MAX_SAMPLED:,}",
                got=f"{shown(n)} × {self.T + 1:,}",
                remedy="sample fewer trajectories at a time, each time with another seed",
            )
        return tuple(zip(*forward(self, n, Random(seed)), strict=True))  # noqa: S311  (sampling, not secrets)

    def _state(self, x0: int | str) -> int:
        if isinstance(x0, str) and x0 in self.states:
            return self.states.index(x0)
        k = whole(x0)
        if k is not None and 0 <= k < self.K:
            return k
        raise InputError("no such state", where="x0", expected=f"0 … {self.K - 1}, or a label", got=shown(x0))

    @cached_property
    def final_marginal(self) -> RationalMatrix:
        """p_T, by vectors alone."""
        if not self.is_markov:
            return self.at(self.T).marginal
        p = self._start().marginal
        if (target := self.kernel.rank_one_target) is not None:
            return IdentityPlusRankOne(prod((1 - beta for beta in self.betas), start=Fraction(1)), target).push(p)
        for t in range(1, self.T + 1):
            p = self.transition(t).push(p)
        return p


def _at_least_0(value: object, where: str) -> int:
    number = whole(value)
    if number is None or number < 0:
        raise InputError("a whole number is needed", where=where, expected="an integer of at least 0", got=shown(value))
    return number


def _normalised(column: Sequence[Fraction]) -> Row | None:
    total = sum(column, Fraction(0))
    return tuple(x / total for x in column) if total else None


def _stack(rows: Sequence[RationalMatrix]) -> RationalMatrix:
    d = fmpz(1)
    for row in rows:
        d = d.lcm(row.d)
    return RationalMatrix(fmpz_mat([[n * (d // row.d) for n in row.N.entries()] for row in rows]), d)
