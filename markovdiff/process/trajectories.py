"""Trajectories: exact samples of the forward process, and of the reverse process from the prior.

    x_0 ~ q(x_0), x_t ~ Q_t[x_{t−1}, ·]            x_T ~ π, x_{t−1} ~ R_t[x_t, ·]

A draw inverts a cumulative distribution of integers. It takes 53 random bits, and 53 more while these leave two
states possible, so that a state is drawn with exactly its rational probability; one of probability 0 never is.
Nothing but `random()` of the generator is used, the one method whose sequence for a seed is guaranteed not to change;
its value times 2^53 is an integer, without rounding.

Q = κI + (1−κ)1πᵀ is a coin and a draw from π, and so is its Bayes reverse: stay with weight κ p_{t−1}[j], else
draw from p_{t−1} with weight (1−κ)π_j. That is O(log K) a trajectory and step. Elsewhere only the rows of visited
states are made, where the model can make one row. `pause` is called between steps: a caller can do other work there.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cache
from itertools import accumulate
from math import lcm
from random import Random
from typing import TypeAlias

from flint import fmpz

from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.errors import LimitError
from markovdiff.process.chain import Chain
from markovdiff.process.distribution import Distribution
from markovdiff.process.kernels.spec import MAX_DENSE_STATES
from markovdiff.process.masked import MaskedRankOne
from markovdiff.process.moment import Moment
from markovdiff.process.reverse import ReverseModel, Row
from markovdiff.process.transition import Dense

LAW_BITS = 2**29
"""The marginals that a dense chain's Bayes reverse needs may have this many bits together (64 MiB)."""

LEARNT_DRAWS = 2**20
"""A counted model is learnt again, which nothing can interrupt, up to this many transitions."""

MIXED_WORDS = 2**29
"""Products of 64-bit words, for all the rows of all the steps, that a mixture may take: some eight seconds."""

Pause: TypeAlias = Callable[[], None]
Sums: TypeAlias = "Sequence[int | fmpz]"
"""Cumulative numerators; the last is the denominator."""

Backward: TypeAlias = "Callable[[int], int | None]"
"""From x_t = j to a drawn x_{t−1}, or None where row j of R_t is undefined."""

_WORD = 53
_GRID = 2.0**_WORD


def draw(sums: Sums, random: Random) -> int:
    """Draw a state k with probability (sums[k] − sums[k−1]) / sums[−1], exactly.

    >>> draw([0, 0, 1, 1], Random(0))
    2
    """
    total = sums[-1]
    u = bits = 0
    while True:
        u, bits = u << _WORD | int(random.random() * _GRID), bits + _WORD
        k = bisect_right(sums, u * total >> bits)
        if (u + 1) * total <= sums[k] << bits:
            return k


def forward(chain: Chain, n: int, random: Random, pause: Pause = lambda: None) -> list[list[int]]:
    """Draw n trajectories of the forward process: T + 1 rows, row t with the n states x_t.

    >>> from markovdiff.process.kernels import uniform
    >>> still = Chain(Distribution.from_weights([0, 1]), uniform(2), (Fraction(0),), 1)
    >>> forward(still, 3, Random(0))
    [[1, 1, 1], [1, 1, 1]]
    """
    start = _sums(chain.data.weights)
    rows = [[draw(start, random) for _ in range(n)]]
    for move in _moves(chain, rows[0], random):
        rows.append([move(m, i) for m, i in enumerate(rows[-1])])
        pause()
    return rows


def _moves(chain: Chain, sources: Sequence[int], random: Random) -> Iterator[Callable[[int, int], int]]:
    """Yield for t = 1 … T a function that draws x_t, given the number of a trajectory and its x_{t−1}."""
    if not chain.is_markov:
        tables = [M.table for M in chain.by_source]
        rows = cache(lambda k, i: _sums(tables[k][i]))
        yield from [lambda m, i: draw(rows(sources[m], i), random)] * chain.T
    elif (target := chain.kernel.rank_one_target) is not None:
        fresh = _sums(target.weights)
        for beta in chain.betas:
            yield _stay_or_draw(_coin(1 - beta), fresh, random)
    else:
        before: Dense | None = None
        for t in range(1, chain.T + 1):
            if isinstance(Q := chain.transition(t), MaskedRankOne):
                yield _keep_draw_or_mask(Q, random)
                continue
            step = Q.dense
            if step is not before:
                before, move = step, _by_rows(step, random)
            yield move


def _stay_or_draw(coin: Sums, fresh: Sums, random: Random) -> Callable[[int, int], int]:
    return lambda _m, i: i if draw(coin, random) == 0 else draw(fresh, random)


def _keep_draw_or_mask(Q: MaskedRankOne, random: Random) -> Callable[[int, int], int]:
    """Keep, draw evenly from the states besides the mask, or mask; the mask stays."""
    parts = (Q.keep, Q.fresh, Q.gone)
    d = lcm(*(part.denominator for part in parts))
    shares, evenly = _sums([part.numerator * (d // part.denominator) for part in parts]), range(1, Q.K)

    def move(_m: int, i: int) -> int:
        what = 0 if i == Q.mask else draw(shares, random)
        if what == 1:
            drawn = draw(evenly, random)
            return drawn + (drawn >= Q.mask)
        return i if what == 0 else Q.mask

    return move


def _by_rows(step: Dense, random: Random) -> Callable[[int, int], int]:
    row = cache(lambda i: _sums(step.table[i]))
    return lambda _m, i: draw(row(i), random)


def backward(
    chain: Chain, model: ReverseModel, prior: RationalMatrix, n: int, random: Random,
    kept: Mapping[int, Moment] | None = None, pause: Pause = lambda: None,
) -> list[list[int | None]]:  # fmt: skip
    """Draw n trajectories of the reverse process from the prior: T + 1 rows, row t with the n states x_t.

    A trajectory that meets an undefined row of the model is None from there down to t = 0. `kept` are moments of the
    chain that are known already; a mixture needs them all. Raises LimitError where the model's rows are too many, or
    their fractions too long, to be made within seconds.
    """
    start = _sums(prior.table()[0])
    rows: list[list[int | None]] = [[draw(start, random) for _ in range(n)]]
    for back in _backs(chain, model, random, kept or {}, pause):
        rows.append([None if j is None else back(j) for j in rows[-1]])
        pause()
    return rows[::-1]


def _backs(
    chain: Chain, model: ReverseModel, random: Random, kept: Mapping[int, Moment], pause: Pause
) -> Iterator[Backward]:
    """Yield for t = T, …, 1 a function that draws x_{t−1} from x_t."""
    times = range(chain.T, 0, -1)
    if model.is_bayes or model.belief is not None:
        if chain.kernel.rank_one_target is not None:
            yield from _bayes_rank_one(chain, chain.target, model, random)
            return
        if chain.K > MAX_DENSE_STATES:
            raise _too_large(f"K × K matrices, K = {chain.K:,}, of {chain.T} steps")
        laws = _laws(chain, model, kept, pause)
        for t in times:
            yield _bayes(laws[t - 1], chain.transition(t).dense, random)
        return
    if model.depends_on_process:
        _check_mixture(chain, kept)
    elif model.draws > LEARNT_DRAWS:
        raise _too_large(f"{model.draws} transitions to learn from again")
    for t in times:
        rows = model.rows_alone(chain, t)
        yield _from_table(model.step(kept[t - 1], kept[t]).rows if rows is None else rows, random)


def _bayes_rank_one(chain: Chain, target: Distribution, model: ReverseModel, random: Random) -> Iterator[Backward]:
    """Draw from R_t[j, ·] ∝ κ p_{t−1}[j] e_j + (1−κ) π_j p_{t−1}, with p_{t−1} = ᾱ r + (1−ᾱ)π for a belief r."""
    belief = chain.at(0).data if model.belief is None else model.belief
    x, X = belief.table()[0], belief.d
    w, W = target.weights, target.total
    first, fresh = _sums(x), _sums(w)
    alphas = list(accumulate((1 - beta for beta in chain.betas), lambda a, b: a * b, initial=Fraction(1)))

    def at(t: int) -> Backward:
        keep, (A, B) = 1 - chain.betas[t - 1], alphas[t - 1].as_integer_ratio()
        u, v = keep.as_integer_ratio()
        unchanged = _coin(alphas[t - 1])
        of_x, of_w, to_w = u * A * W, u * (B - A) * X, (v - u) * B * X

        @cache
        def coin(j: int) -> Sums:
            return _sums([of_x * x[j] + of_w * w[j], to_w * w[j]])

        def back(j: int) -> int | None:
            if coin(j)[-1] == 0:
                return None
            if draw(coin(j), random) == 0:
                return j
            return draw(first if draw(unchanged, random) == 0 else fresh, random)

        return back

    return map(at, range(chain.T, 0, -1))


def _laws(chain: Chain, model: ReverseModel, kept: Mapping[int, Moment], pause: Pause) -> list[RationalMatrix]:
    """Return p_0 … p_{T−1}, or the belief pushed along them: vectors alone, a K-th of what a run carries."""
    if model.belief is None and all(t in kept for t in range(chain.T)):
        return [kept[t].marginal for t in range(chain.T)]
    laws = [chain.at(0).data if model.belief is None else model.belief]
    bits = 0
    for t in range(1, chain.T):
        laws.append(chain.transition(t).push(laws[-1]))
        bits += laws[-1].d.bit_length() * chain.K
        if bits > LAW_BITS:
            raise _too_large("the marginals' fractions are too long")
        pause()
    return laws


def _bayes(p: RationalMatrix, step: Dense, random: Random) -> Backward:
    """Draw from R_t[j, i] ∝ p_{t−1}[i] Q_t[i, j]; a row is made when it is first needed."""
    weights = p.table()[0]
    return _from_rows(lambda j: [a * row[j] for a, row in zip(weights, step.table, strict=True)], random)


def _from_table(rows: Sequence[Row | None], random: Random) -> Backward:
    def numerators(j: int) -> Sequence[fmpz]:
        row = rows[j]
        return [fmpz(0)] if row is None else row[0]

    return _from_rows(numerators, random)


def _from_rows(numerators: Callable[[int], Sequence[fmpz]], random: Random) -> Backward:
    """Draw from row j; a row that sums to 0 is undefined."""
    row = cache(lambda j: _sums(numerators(j)))
    return lambda j: draw(row(j), random) if row(j)[-1] != 0 else None


def _check_mixture(chain: Chain, kept: Mapping[int, Moment]) -> None:
    """Raise LimitError unless the moments are there and all the rows of a mixture, K³ products a step, are cheap."""
    if any(t not in kept for t in range(chain.T + 1)):
        raise _too_large("the model needs matrices that were too large to keep")
    words = sum(now.marginal.d.bit_length() // 64 + 1 for now in kept.values())
    if words * chain.K**3 > MIXED_WORDS:
        raise _too_large(f"all {chain.K} rows of {chain.T} tables of long fractions")


def _too_large(where: str) -> LimitError:
    return LimitError("too large to sample back", where=where)


def _sums(numerators: Sequence[int | fmpz]) -> Sums:
    return list(accumulate(numerators))


def _coin(p: Fraction) -> Sums:
    """Return the cumulative weights of 0 with probability p, else 1."""
    return [p.numerator, p.denominator]
