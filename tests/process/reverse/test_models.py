"""Reverse models against their definitions, each probability taken from the paths of the noise, one by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise
from random import Random
from typing import Literal

import pytest
from chains import (
    Law,
    Process,
    constant_chain,
    data_laws,
    examples,
    given_outright,
    laws,
    markov,
    probabilities,
    row_vector,
    scheduled,
    unit,
)
from flint import fmpz
from hypothesis import given
from hypothesis import strategies as st

from markovdiff.errors import LimitError
from markovdiff.process.chain import Chain
from markovdiff.process.distribution import Distribution
from markovdiff.process.kernels import Blend, uniform
from markovdiff.process.reverse import (
    D3PM,
    MAX_DRAWS,
    Bayes,
    Counted,
    Denoiser,
    DenoiserTable,
    MarginalDenoiser,
    Posterior,
    PosteriorMixture,
    ReverseModel,
    ReverseStep,
    ReverseTable,
    Row,
    Uniform,
    row_of,
)
from markovdiff.process.reverse import counted as counted_model
from markovdiff.process.transition import Dense

Rows = tuple["Law | None", ...]
Last = Literal["prediction", "formula"]
LASTS: tuple[Last, ...] = ("prediction", "formula")
ZERO = Fraction(0)

errors = st.sampled_from([Fraction(0), Fraction(1), Fraction(1, 10**40)]) | probabilities


def steps_of(chain: Chain, model: ReverseModel) -> list[ReverseStep]:
    """R_1 … R_T as the package makes them."""
    return [model.step(before, now) for before, now in pairwise(chain.moments())]


def rows_of(chain: Chain, model: ReverseModel) -> list[Rows]:
    """R_1 … R_T as Fractions."""
    return [step.fractions() for step in steps_of(chain, model)]


def normalised(weights: Sequence[Fraction]) -> Law | None:
    """Weights over their sum, or None where there is nothing to divide by."""
    total = sum(weights, ZERO)
    return tuple(w / total for w in weights) if total else None


def bayes(process: Process, t: int) -> Rows:
    """q(x_{t−1} = i | x_t = j), from the paths."""
    joint = process.table(t - 1, t)
    K = range(process.chain.K)
    return tuple(normalised([joint[i][j] for i in K]) for j in K)


def data_posterior(process: Process, t: int) -> Rows:
    """q(x0 = k | x_t = j), from the paths."""
    joint = process.table(0, t)
    K = range(process.chain.K)
    return tuple(normalised([joint[k][j] for k in K]) for j in K)


def forward(process: Process, t: int, k: int) -> dict[tuple[int, int], Fraction]:
    """q(x_{t−1} = i, x_t = j | x0 = k), from the paths that start at k."""
    return process.law_from(k, t - 1, t)


def mixture_by_definition(process: Process, t: int, guesses: Rows) -> tuple[Rows, tuple[int, ...]]:
    """Σ_k q(x_{t−1}|x_t=j,x0=k) p̃(k), p̃ restricted to the k that reach j and rescaled; and where it was."""
    K = range(process.chain.K)
    pairs = [forward(process, t, k) for k in K]
    rows: list[Law | None] = []
    restricted = []
    for j, guess in enumerate(guesses):
        posteriors = [normalised([pairs[k].get((i, j), ZERO) for i in K]) for k in K]
        if guess is None:
            rows.append(None)
            continue
        if any(g and posterior is None for g, posterior in zip(guess, posteriors, strict=True)):
            restricted.append(j)
        share = normalised(
            [g if posterior is not None else ZERO for g, posterior in zip(guess, posteriors, strict=True)]
        )
        rows.append(
            share
            and tuple(
                sum((g * row[i] for g, row in zip(share, posteriors, strict=True) if row is not None), ZERO) for i in K
            )
        )
    return tuple(rows), tuple(restricted)


def d3pm_by_definition(process: Process, t: int, guesses: Rows, last: Last = "prediction") -> Rows:
    """∝ Σ_k q(x_{t−1}, x_t=j | x0=k) p̃(k), and with `prediction` p̃ itself at t = 1."""
    if t == 1 and last == "prediction":
        return guesses
    K = range(process.chain.K)
    pairs = [forward(process, t, k) for k in K]
    return tuple(
        guess and normalised([sum((g * pairs[k].get((i, j), ZERO) for k, g in enumerate(guess)), ZERO) for i in K])
        for j, guess in enumerate(guesses)
    )


def mixed_with_uniform(row: Law | None, error: Fraction) -> Law | None:
    """(1−ε)·row + ε/K."""
    return row and tuple((1 - error) * x + error / len(row) for x in row)


@st.composite
def tables(draw: st.DrawFn, K: int, T: int) -> list[Rows]:
    """T tables of K rows, some of them undefined."""
    rows = laws(K) | st.none()
    return [tuple(draw(st.lists(rows, min_size=K, max_size=K))) for _ in range(T)]


def as_rows(table: Rows) -> tuple[Row | None, ...]:
    """In the shape that the engine holds."""
    return tuple(row and row_of(row) for row in table)


@st.composite
def denoisers(draw: st.DrawFn, process: Process) -> tuple[Denoiser, Callable[[int], Rows]]:
    """A denoiser, and p̃(x0|x_t) at each t from its definition."""
    K, T = process.chain.K, process.chain.T
    kind = draw(st.sampled_from(["posterior", "data", "table"]))
    if kind == "posterior":
        error = draw(errors)
        return Posterior(error), lambda t: tuple(mixed_with_uniform(row, error) for row in data_posterior(process, t))
    if kind == "data":
        return MarginalDenoiser(), lambda _t: (process.chain.data.probabilities,) * K
    brought = draw(tables(K, T))
    return DenoiserTable(tuple(as_rows(table) for table in brought)), lambda t: brought[t - 1]


# what each name means


@examples(60)
@given(markov())
def test_bayes_is_the_law_of_the_past_given_the_present(process: Process) -> None:
    """R_t[j, i] = q(x_{t−1} = i | x_t = j), undefined exactly where x_t = j is impossible."""
    for t, rows in enumerate(rows_of(process.chain, Bayes()), 1):
        assert rows == bayes(process, t)
        assert [row is None for row in rows] == [p == 0 for p in process.chain.marginal(t)]


@st.composite
def chains_and_beliefs(draw: st.DrawFn) -> tuple[Process, Process]:
    """A chain, and the same noise begun from another law."""
    process = draw(markov())
    chain = process.chain
    belief = Distribution.from_probabilities(draw(laws(chain.K)), chain.states)
    return process, Process(Chain(belief, chain.kernel, chain.betas, chain.T), process.laws)


@examples(60)
@given(chains_and_beliefs())
def test_bayes_under_a_belief_is_bayes_for_who_holds_it(pair: tuple[Process, Process]) -> None:
    """The reverse model of a belief r is q(x_{t−1} | x_t) of the same noise begun from r."""
    process, believed = pair
    model = Bayes(row_vector(believed.chain.data.probabilities))
    assert not model.is_bayes
    for t, rows in enumerate(rows_of(process.chain, model), 1):
        assert rows == bayes(believed, t)


@examples(80)
@given(st.data())
def test_the_mixture_is_its_definition(data: st.DataObject) -> None:
    """R_t[j] = Σ_k q(x_{t−1}|x_t=j,x0=k) p̃(k|j) over the k that reach j, rescaled, and `restricted` names those j."""
    process = data.draw(markov())
    denoiser, guesses = data.draw(denoisers(process))
    for t, step in enumerate(steps_of(process.chain, PosteriorMixture(denoiser)), 1):
        assert (step.fractions(), step.restricted) == mixture_by_definition(process, t, guesses(t))


@examples(80)
@given(st.data())
def test_d3pm_is_its_equation_4(data: st.DataObject) -> None:
    """R_t[j, i] ∝ Σ_k q(x_{t−1}=i, x_t=j|x0=k) p̃(k|j) for t ≥ 2; at t = 1 R_1[j] = p̃(·|x_1=j), or the same."""
    process, last = data.draw(markov()), data.draw(st.sampled_from(LASTS))
    denoiser, guesses = data.draw(denoisers(process))
    for t, step in enumerate(steps_of(process.chain, D3PM(denoiser, last)), 1):
        assert step.fractions() == d3pm_by_definition(process, t, guesses(t), last)
        assert step.restricted == ()


@examples(60)
@given(markov())
def test_the_mixture_of_the_truth_is_bayes(process: Process) -> None:
    """Fed q(x0|x_t), the mixture is q(x_{t−1}|x_t) wherever that is defined: the law of total probability."""
    chain = process.chain
    assert rows_of(chain, PosteriorMixture(Posterior())) == rows_of(chain, Bayes())


@examples(60)
@given(markov())
def test_d3pm_of_the_data_is_bayes_but_for_the_first_step(process: Process) -> None:
    """Fed q(x0), equation 4 is q(x_{t−1}|x_t) for t ≥ 2, and R_1 is q(x0) whatever x_1 is."""
    chain = process.chain
    first, *later = rows_of(chain, D3PM(MarginalDenoiser()))
    assert first == (chain.data.probabilities,) * chain.K
    assert later == rows_of(chain, Bayes())[1:]


@examples(60)
@given(markov())
def test_d3pm_of_the_data_with_the_formula_throughout_is_bayes(process: Process) -> None:
    """Fed q(x0), equation 4 at every t, also at t = 1, is the Bayes reverse."""
    chain = process.chain
    assert rows_of(chain, D3PM(MarginalDenoiser(), "formula")) == rows_of(chain, Bayes())


@examples(40)
@given(markov())
def test_d3pm_that_is_the_posterior_at_1_and_the_data_later_is_bayes(process: Process) -> None:
    """A p̃ that is q(x0|x_1) at t = 1 and q(x0), whatever x_t, for t ≥ 2 makes equation 4 the Bayes reverse."""
    chain = process.chain
    first = as_rows(data_posterior(process, 1))
    later = (row_of(chain.data.probabilities),) * chain.K
    trained = DenoiserTable((first, *[later] * (chain.T - 1)))
    assert rows_of(chain, D3PM(trained)) == rows_of(chain, Bayes())


@examples(40)
@given(markov())
def test_d3pm_of_the_truth_begins_with_bayes(process: Process) -> None:
    """Fed q(x0|x_t), R_1 is q(x0|x_1), the Bayes reverse of the first step."""
    chain = process.chain
    assert rows_of(chain, D3PM(Posterior()))[0] == rows_of(chain, Bayes())[0]


def test_d3pm_of_the_truth_is_not_bayes() -> None:
    """For two letters 3 : 1 and two uniform steps of β = 1/2, R_2[0] is (6/7, 1/7) and Bayes is (5/6, 1/6).

    By hand: Q keeps with 3/4, Q̄_2 with 5/8; p_2 = (9/16, 7/16), q(x0=0|x_2=0) = (3/4·5/8)/(9/16) = 5/6. Equation 4
    weighs i by Q[i,0]·Σ_k p̃_k Q[k,i]: 3/4·(5/6·3/4 + 1/6·1/4) = 1/2 against 1/4·(5/6·1/4 + 1/6·3/4) = 1/12, so
    (6/7, 1/7). Bayes weighs by Q[i,0]·p_1[i], p_1 = (5/8, 3/8): 15/32 against 3/32, so (5/6, 1/6).
    """
    data = Distribution.from_weights([3, 1])
    chain = Chain(data, uniform(2), (Fraction(1, 2),) * 2, 2)
    assert rows_of(chain, D3PM(Posterior()))[1][0] == (Fraction(6, 7), Fraction(1, 7))
    assert rows_of(chain, Bayes())[1][0] == (Fraction(5, 6), Fraction(1, 6))


@examples(40)
@given(st.data())
def test_rows_brought_along_are_taken_as_they_are(data: st.DataObject) -> None:
    """A table's R_t is the table, its undefined rows undefined; the uniform model is 1/K everywhere."""
    process = data.draw(markov())
    chain = process.chain
    brought = data.draw(tables(chain.K, chain.T))
    assert rows_of(chain, ReverseTable(tuple(as_rows(table) for table in brought))) == brought
    assert rows_of(chain, Uniform()) == [((Fraction(1, chain.K),) * chain.K,) * chain.K] * chain.T


@examples(60)
@given(st.data())
def test_rows_sum_to_one(data: st.DataObject) -> None:
    """A row that is defined is a distribution: its numerators are not negative and sum to its denominator."""
    process = data.draw(markov())
    chain = process.chain
    denoiser, _ = data.draw(denoisers(process))
    smoothing = data.draw(probabilities)
    d3pm = [D3PM(denoiser, last) for last in LASTS]
    models = [Bayes(), PosteriorMixture(denoiser), *d3pm, Uniform(), Counted(chain, 5, smoothing, 0)]
    for model in models:
        for step in steps_of(chain, model):
            for row in step.rows:
                assert row is None or (min(row[0]) >= 0 and sum(row[0], fmpz(0)) == row[1] > 0)


@examples(40)
@given(markov())
def test_what_cannot_happen_has_no_posterior_however_much_error(process: Process) -> None:
    """A mixture row of (1−ε)·q(x0|x_t) + ε/K is undefined exactly where x_t is impossible, also at ε = 1."""
    chain = process.chain
    for t, step in enumerate(steps_of(chain, PosteriorMixture(Posterior(Fraction(1)))), 1):
        impossible = [p == 0 for p in chain.marginal(t)]
        assert [row is None for row in step.fractions()] == impossible


def test_the_guess_is_restricted_to_what_can_reach() -> None:
    """Where two states never mix, the guess (3/4, 1/4) is cut down to the one that reaches x_t, and that is noted."""
    chain = constant_chain(["3/4", "1/4"], [[1, 0], [0, 1]], 1)
    (step,) = steps_of(chain, PosteriorMixture(MarginalDenoiser()))
    assert step.fractions() == (unit(0, 2), unit(1, 2))
    assert step.restricted == (0, 1)


def test_a_mixture_of_nothing_is_undefined() -> None:
    """A guess that lies wholly on an x0 that cannot reach x_t leaves no mixture: the row is undefined, and noted."""
    chain = constant_chain(["1/2", "1/2"], [[1, 0], [0, 1]], 1)
    wrong = DenoiserTable((as_rows((unit(1, 2), unit(1, 2))),))
    (step,) = steps_of(chain, PosteriorMixture(wrong))
    assert step.fractions() == (None, unit(1, 2))
    assert step.restricted == (0,)


# counting


def sampled(p0: Law, Q: Sequence[Sequence[Law]], n: int, seed: int) -> list[list[list[int]]]:
    """counts[t−1][j][i] of n walks by inversion: the state drawn is the first whose cumulative probability is above u.

    All n walks take their step t before any takes step t + 1.
    """
    random = Random(seed)

    def draw(law: Law) -> int:
        u, c = Fraction(random.random()), ZERO
        for state, p in enumerate(law):
            c += p
            if u < c:
                return state
        raise AssertionError

    places = [draw(p0) for _ in range(n)]
    counts = []
    for step in Q:
        went = [draw(step[i]) for i in places]
        counts.append([[sum((a, b) == (i, j) for a, b in zip(places, went, strict=True)) for i in range(len(p0))]
                       for j in range(len(p0))])  # fmt: skip
        places = went
    return counts


@st.composite
def counted(draw: st.DrawFn) -> tuple[Process, int, Fraction, int]:
    """A chain, n, a smoothing, and a seed."""
    process = draw(markov())
    smoothing = draw(st.sampled_from([Fraction(0), Fraction(1), Fraction(1, 3), Fraction(5, 2)]))
    return process, draw(st.integers(1, 40)), smoothing, draw(st.integers(0, 2**70))


@examples(60)
@given(counted())
def test_counted_is_what_a_naive_sampler_counts(case: tuple[Process, int, Fraction, int]) -> None:
    """R_t[j, i] = (n_t(i→j) + s)/(n_t(·→j) + K·s) with what plain inversion of the same `random()` counts."""
    process, n, s, seed = case
    chain = process.chain
    Q = [law[0] for law in process.laws]
    expected = [
        tuple(normalised([c + s for c in row]) for row in table)
        for table in sampled(chain.data.probabilities, Q, n, seed)
    ]
    assert rows_of(chain, Counted(chain, n, s, seed)) == expected


@examples(60)
@given(counted())
def test_without_smoothing_what_was_not_visited_is_undefined(case: tuple[Process, int, Fraction, int]) -> None:
    """Smoothing 0 leaves a row undefined exactly where no walk ever was; with smoothing every entry is positive."""
    process, n, _, seed = case
    chain = process.chain
    bare = rows_of(chain, Counted(chain, n, ZERO, seed))
    counts = sampled(chain.data.probabilities, [law[0] for law in process.laws], n, seed)
    assert [[row is None for row in table] for table in bare] == [[not any(row) for row in table] for table in counts]
    for table in rows_of(chain, Counted(chain, n, Fraction(1, 7), seed)):
        assert all(row is not None and min(row) > 0 for row in table)


@examples(40)
@given(counted())
def test_a_seed_settles_the_table(case: tuple[Process, int, Fraction, int]) -> None:
    """The same seed counts the same table, whether it is asked from t = 1 on or from T back."""
    process, n, s, seed = case
    chain = process.chain
    one, other = Counted(chain, n, s, seed), Counted(chain, n, s, seed)
    moments = list(pairwise(chain.moments()))
    backward = [other.step(before, now).fractions() for before, now in reversed(moments)]
    assert rows_of(chain, one) == backward[::-1] == rows_of(chain, one)


def test_counted_never_walks_where_the_noise_cannot() -> None:
    """What is counted has positive probability: of a permutation only its inverse is learned."""
    chain = constant_chain(["1/2", "1/3", "1/6"], [[0, 1, 0], [0, 0, 1], [1, 0, 0]], 3)
    for table in rows_of(chain, Counted(chain, 50, ZERO, 3)):
        assert table == (unit(2, 3), unit(0, 3), unit(1, 3))


def test_one_table_is_kept_as_a_reference() -> None:
    """Eight walks from the seed 2026 count what they counted when this was written.

    Python guarantees that random.Random(seed).random() gives the same sequence for ever, and of the generator
    nothing else is used.
    """
    data = Distribution.from_weights([1, 2, 3])
    chain = Chain(data, Blend(Dense.from_rows([[Fraction(1, 3)] * 3] * 3, "rows")), (Fraction(1, 2),) * 2, 2)
    assert rows_of(chain, Counted(chain, 8, Fraction(1, 2), 2026)) == [
        (row("1/3 1/3 1/3"), row("5/11 3/11 3/11"), row("1/11 1/11 9/11")),
        (row("1/5 3/5 1/5"), row("1/11 7/11 3/11"), row("1/9 1/9 7/9")),
    ]


def row(text: str) -> Law:
    """A row of fractions, written out."""
    return tuple(Fraction(word) for word in text.split())


@pytest.mark.parametrize(
    ("weights", "u", "state"),
    [
        ([1, 1], Fraction(1, 2), 1),
        ([1, 1], Fraction(1, 2) - Fraction(1, 2**53), 0),
        ([1, 2], Fraction(2**53 // 3, 2**53), 0),
        ([1, 2], Fraction(2**53 // 3 + 1, 2**53), 1),
        ([0, 1, 0], Fraction(0), 1),
        ([0, 1, 0], 1 - Fraction(1, 2**53), 1),
        ([1, 0, 3], Fraction(1, 4), 2),
        ([1, 0, 3], Fraction(1, 4) - Fraction(1, 2**53), 0),
    ],
)
def test_a_draw_is_compared_exactly(
    monkeypatch: pytest.MonkeyPatch, weights: list[int], u: Fraction, state: int
) -> None:
    """The state drawn by u is the first whose exact cumulative probability is above u, to the last of u's 53 bits."""

    class Fixed:
        def __init__(self, _seed: int) -> None:
            pass

        def random(self) -> float:
            return float(u)

    monkeypatch.setattr(counted_model, "Random", Fixed)
    K = len(weights)
    chain = constant_chain(Distribution.from_weights(weights).probabilities, [unit(i, K) for i in range(K)], 1)
    (rows,) = rows_of(chain, Counted(chain, 1, ZERO, 0))
    assert rows == tuple(unit(j, K) if j == state else None for j in range(K))


def test_another_seed_counts_another_table() -> None:
    """The seed matters: two hundred walks from two seeds do not agree."""
    chain = Chain(Distribution.from_weights([1, 2, 3]), uniform(3), (Fraction(1, 2),) * 2, 2)
    assert rows_of(chain, Counted(chain, 200, ZERO, 1)) != rows_of(chain, Counted(chain, 200, ZERO, 2))


@pytest.mark.parametrize("T", [1, 7])
def test_sampling_has_a_limit(T: int) -> None:
    """One walk more than MAX_DRAWS/T is refused before anything is drawn; the limit itself is not."""
    chain = Chain(Distribution.from_weights([1, 1]), uniform(2), (Fraction(1, 2),) * T, T)
    assert Counted(chain, MAX_DRAWS // T, ZERO, 0).trajectories == MAX_DRAWS // T
    with pytest.raises(LimitError) as caught:
        Counted(chain, MAX_DRAWS // T + 1, ZERO, 0)
    assert caught.value.status == 2
    assert caught.value.where == "reverse.model.trajectories"


@examples(30)
@given(data_laws(3), st.data())
def test_every_kind_of_chain_is_walked(data: Distribution, more: st.DataObject) -> None:
    """Scheduled or given step by step, one state or several, each R_t has K rows of K entries."""
    T = more.draw(st.integers(1, 3))
    process = more.draw(scheduled(data, T) | given_outright(data, T))
    for model in (Bayes(), Counted(process.chain, 3, ZERO, 0), PosteriorMixture(MarginalDenoiser()), D3PM(Posterior())):
        rows = rows_of(process.chain, model)
        assert len(rows) == T
        assert all(len(table) == data.K and all(row is None or len(row) == data.K for row in table) for table in rows)
