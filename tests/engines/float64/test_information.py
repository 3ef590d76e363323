"""Float64 against exact arithmetic on the same chains: zero-laden, periodic, deterministic, or with a memory."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from random import Random

import numpy as np
import pytest
from breadth import few
from chains import Process, erasures, examples, informations, markov, processes
from flint import arb, ctx
from hypothesis import given
from hypothesis import strategies as st

import markovdiff as md
from markovdiff.arithmetic.arrays import NOTHING, Approximation, bregman, f, mean_f
from markovdiff.engines.exact.triangle import _columns
from markovdiff.engines.float64 import deviation_from_law as approach_floats
from markovdiff.engines.float64 import triangle as float_triangle
from markovdiff.engines.float64.contraction import Contraction, widest
from markovdiff.engines.float64.forward import DenseState, array, forward, last_of, start, vector
from markovdiff.engines.float64.information import FloatStepInformation, conditional_information, entropy, information
from markovdiff.engines.float64.ledger import FloatLedger
from markovdiff.errors import InputError
from markovdiff.measures.ledger import Totals
from markovdiff.process.chain import Chain
from markovdiff.process.distribution import Distribution
from markovdiff.process.kernels import Blend, Kernel, RankOneKernel, per_step, with_memory
from markovdiff.process.transition import Dense

RELATIVE = 1e-10
NAMES = ("entropy", "mutual_information", "conditional_entropy", "noise_entropy")


def in_floats(chain: Chain) -> list[FloatStepInformation]:
    seen: list[FloatStepInformation] = []
    for moment in forward(chain):
        seen.append(information(moment, seen[-1] if seen else None, None, None))
    return seen


def truth(quantity: object) -> float:
    return float(quantity.enclosed(17, "nats").value)  # type: ignore[attr-defined]


def agrees(near: Approximation, exactly: float, slack: float = 0.0) -> bool:
    return abs(near.value - exactly) <= RELATIVE * abs(exactly) + slack


def dense(seed: int, K: int, T: int, beta: Fraction = Fraction(1)) -> Chain:
    """Rows and data drawn from one to a thousand."""
    random = Random(seed)
    weights = [[random.randint(1, 1000) for _ in range(K)] for _ in range(K)]
    M = Dense.from_rows([[Fraction(w, sum(row)) for w in row] for row in weights], "rows")
    data = Distribution.from_weights([random.randint(1, 9) for _ in range(K)])
    return Chain(data, Blend(M), (beta,) * T, T)


@examples(150)
@given(processes(4, 5) | erasures())
def test_every_quantity_is_within_1e_10_of_the_truth(process: Process) -> None:
    """H(x_t), I, H(x0|x_t), H(x_t|x0): relative error below 1e-10; 0 where I is, as far as float64 can tell."""
    for exact, near in zip(informations(process.chain), in_floats(process.chain), strict=True):
        for name in NAMES:
            slack = near.mutual_information.noise if near.mutual_information.value == 0 or not near.markov else 0.0
            assert agrees(getattr(near, name), truth(getattr(exact, name)), slack)
        assert near.inconsistency() is None


@examples(150)
@given(processes(4, 5) | erasures())
def test_a_verdict_is_the_true_one_or_undecided(process: Process) -> None:
    """Float never says strict, equal or violated of a step that is not."""
    for exact, near in zip(informations(process.chain)[1:], in_floats(process.chain)[1:], strict=True):
        assert near.decay in (exact.decay, "undecided")
        assert agrees(near.loss, truth(exact.loss), near.loss.noise)


@few(("K", "T", "beta"), [(4, 120, "1"), (16, 100, "1"), (16, 60, "1/7"), (8, 30, "1/100000")])
def test_dense_chains_keep_their_digits_to_1e_200(K: int, T: int, beta: str) -> None:
    """Where I_t > 1e-200 on a dense random chain, I_t and its loss are within 1e-10 of the truth, each step strict."""
    chain = dense(7, K, T, Fraction(beta))
    late = 1.0
    for exact, near in zip(informations(chain)[1:], in_floats(chain)[1:], strict=True):
        late = truth(exact.mutual_information)
        if late <= 1e-200:
            break
        assert agrees(near.mutual_information, late)
        assert agrees(near.loss, truth(exact.loss))
        assert near.decay == exact.decay == "strict"
    assert beta != "1" or late < 1e-50


def test_the_textbook_sum_rises_where_this_does_not() -> None:
    """On a late chain H(x0) + H(x_t) − H(x0, x_t) rises in float64; I by the deviation falls at every step."""
    chain = dense(3, 8, 80)
    textbook = []
    for now in forward(chain):
        assert isinstance(now, DenseState)
        joint = now.p0[:, None] * (now.p + now.D)
        logs = np.log(joint + (joint == 0))
        textbook.append(entropy(now.p0) + entropy(now.p) + float((joint * logs).sum()))
    rises = sum(b > a for a, b in pairwise(textbook))
    ours = [near.mutual_information.value for near in in_floats(chain)]
    assert rises > 0
    assert all(b < a for a, b in pairwise(ours))


def test_below_the_range_of_float64_it_says_so() -> None:
    """I_T = 1e-500 is 0 give or take, its step undecided; never negative, never a rise."""
    seen = in_floats(dense(5, 8, 400))
    assert seen[-1].mutual_information.value == 0
    assert seen[-1].decay == "undecided"
    assert {near.decay for near in seen[1:]} == {"strict", "undecided"}
    assert min(near.mutual_information.value for near in seen) >= 0


def test_structure_decides_where_numbers_cannot() -> None:
    """κI + (1−κ)1πᵀ falls strictly while β > 0 and something is left, however little; β = 0 loses nothing."""
    betas = (Fraction(9, 10),) * 400 + (Fraction(0), Fraction(1), Fraction(1, 2))
    chain = Chain(Distribution.from_weights([3, 1]), RankOneKernel(Distribution.from_weights([1, 1])), betas, 403)
    assert [near.decay for near in in_floats(chain)[400:]] == ["strict", "equal", "strict", "equal"]


@examples(60)
@given(markov(4, 3))
def test_the_loss_as_a_sum_is_the_loss(process: Process) -> None:
    """I(x0; x_{t−1} | x_t), term by term, is I_{t−1} − I_t; no term is negative."""
    exact = informations(process.chain)
    moments = [now for now in forward(process.chain) if isinstance(now, DenseState)]
    for (before, now), known in zip(pairwise(moments), exact[1:], strict=False):
        assert now.Q is not None
        found, _ = conditional_information(before, now.Q)
        assert found >= 0
        assert found == pytest.approx(truth(known.loss), rel=RELATIVE, abs=1e-15)


@given(st.floats(2.0**-60, 2.0**10), st.sampled_from([-1, 1]), st.integers(1, 6))
def test_f_keeps_its_digits(size: float, sign: int, others: int) -> None:
    """f(r) is within 1e-13 of the truth, by itself and beside entries that take it into the other form."""
    r = max(sign * size, -1.0)
    with ctx.workprec(300):
        exactly = arb(r)
        truth = float((1 + exactly) * (1 + exactly).log() - exactly) if r > -1 else 1.0
    for beside in (0.0, 2.0**-6, 8.0):
        found = f(np.array([r] + [beside] * others))
        assert found[0] == pytest.approx(truth, rel=1e-13, abs=0.0)


@given(st.floats(2.0**-30, 4.0), st.integers(0, 10**6))
def test_a_mean_of_f_keeps_its_digits(size: float, seed: int) -> None:
    """Σ w p f(r) by the closed form of the large, or as f, is within 1e-12 of the sum of f in balls."""
    random = np.random.default_rng(seed)
    r = size * random.uniform(-1, 1, (5, 7)) ** 3
    r = np.maximum(r, -1.0)
    w, p = random.uniform(0, 1, 5), random.uniform(0, 1, 7)
    with ctx.workprec(300):
        terms = [
            arb(float(w[i])) * arb(float(p[j])) * ((1 + x) * (1 + x).log() - x if x > -1 else arb(1))
            for i in range(5)
            for j in range(7)
            for x in [arb(float(r[i, j]))]
        ]
        truth = float(sum(terms, arb(0)))
    assert mean_f(w, r, p) == pytest.approx(truth, rel=1e-12, abs=0.0)


@given(st.floats(-1, 1e3))
def test_f_is_not_negative_and_small_as_a_square(r: float) -> None:
    """0 ≤ f(r), and f(r) = r²/2 to within |r| for small r."""
    value = float(f(np.array([r]))[0])
    assert value >= 0
    if 0 < abs(r) < 1e-3 and r * r > 0:
        assert value == pytest.approx(r * r / 2, rel=abs(r) + 1e-15, abs=1e-307)


def test_bregman_of_nothing() -> None:
    """B(0, v) = v and B(0, 0) = 0."""
    found = bregman(np.array([0.3, 0.0]), np.array([-0.3, 0.0]))
    assert found == pytest.approx([0.3, 0.0])


@examples(80)
@given(markov(4, 3))
def test_dobrushin_is_the_exact_one(process: Process) -> None:
    """η(Q_t), also by the blend's formula and by disjoint rows."""
    chain = process.chain
    contraction = Contraction(chain)
    for t in range(1, chain.T + 1):
        assert contraction.at(t) == pytest.approx(float(chain.transition(t).dobrushin), rel=1e-12, abs=1e-15)


def test_a_law_is_tried_against_the_kernel_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether μ is stationary costs exact K² products: it is asked once, however often p_t is compared with μ."""
    asked = list[object]()
    monkeypatch.setattr(approach_floats, "is_kept", lambda _chain, law: asked.append(law) or True)
    chain = dense(3, 4, 5)
    laws, law = approach_floats.DeviationsFromLaws(chain), approach_floats.law_of_data(chain)
    assert laws.to(law) is laws.to(law)
    assert asked == [law]


@examples(80)
@given(markov(4, 4))
def test_what_is_possible_is_never_lost(process: Process) -> None:
    """The pattern of p_t > 0 is the exact one at every t, and p_T by vectors alone is p_T."""
    *_, last = process.chain.moments()
    for moment, now in zip(process.chain.moments(), forward(process.chain), strict=True):
        assert now.possible.tolist() == [n != 0 for n in moment.marginal.N.entries()]
    assert last_of(process.chain).p == pytest.approx(vector(last.marginal), rel=1e-12, abs=0)
    assert last_of(process.chain).possible.tolist() == [n != 0 for n in last.marginal.N.entries()]


def test_an_underflow_makes_nothing_impossible() -> None:
    """With ᾱ_T = 1e-400 the all-mask prior still costs +∞, and float says it."""
    text = """
        data = { weights = [3, 1] }
        reverse = { prior = "mask" }
        [noise]
        steps = 400
        kernel = { kind = "absorbing" }
        schedule = { kind = "constant", beta = "9/10" }
        """
    result = md.run(md.loads(text).with_options(arithmetic="float"))
    assert result.elbo.negative_elbo is not None
    assert result.elbo.negative_elbo.value == "inf"


def test_an_approximation_knows_what_it_cannot_tell() -> None:
    """A difference within the noise has no sign; structure gives it one."""
    one = Approximation.of(1.0)
    assert one.minus(one).sign() is None
    assert one.minus(one, zero=True) is NOTHING
    assert one.times(-3) == Approximation(-3.0, 3 * one.noise)
    assert one.times(0) is NOTHING
    assert one.compare(Fraction(2), "nats") == -1
    assert one.compare(Fraction(1), "nats") is None
    assert [one.compare(Fraction(bound), "bits") for bound in ("1.44", "1.45")] == [1, -1]


def test_a_step_of_one_source_loses_nothing() -> None:
    """A permutation: equal at each step, known from the pattern."""
    shift = Dense.from_rows([[Fraction(int(j == (i + 1) % 3)) for j in range(3)] for i in range(3)], "rows")
    chain = Chain(Distribution.from_weights([1, 2, 4]), Blend(shift), (Fraction(1),) * 5, 5)
    assert {near.decay for near in in_floats(chain)[1:]} == {"equal"}
    assert array(shift).sum() == 3
    assert start(np.array([0.0, 1.0])).vanished


@pytest.mark.parametrize("beta", ["1/5000", "1/1000000", "1/1000000000000"])
@pytest.mark.parametrize("target", [[1, 1, 1, 1], [0, 0, 0, 1], [5, 0, 2, 1], [3, 2, 0, 1]])
@pytest.mark.parametrize("weights", [[3, 2, 0, 1], [1, 1, 1, 1], [1, 1000000, 3, 2]])
def test_a_loss_far_below_what_is_left_keeps_its_digits(weights: list[int], target: list[int], beta: str) -> None:
    """κI + (1−κ)1πᵀ with a β that takes little: I_{t−1} − I_t is within 1e-9 of the truth, first, later, after much."""
    betas = (Fraction(beta),) * 3 + (Fraction(999, 1000), Fraction(beta))
    chain = Chain(Distribution.from_weights(weights), RankOneKernel(Distribution.from_weights(target)), betas, 5)
    for exact, near in zip(informations(chain)[1:], in_floats(chain)[1:], strict=True):
        assert near.loss.value == pytest.approx(truth(exact.loss), rel=1e-9, abs=0)
        assert near.decay == "strict"


@pytest.mark.parametrize("apart", [10**18, 10**25])
def test_rows_that_hardly_differ_leave_an_information_with_all_its_digits(apart: int) -> None:
    """Rows that differ by 1e-18 leave an I_t of 1e-37, and the coefficient 1e-18: differences are taken exactly."""
    rows = [[Fraction(apart + 1, 2 * apart), Fraction(apart - 1, 2 * apart)], [Fraction(1, 2), Fraction(1, 2)]]
    chain = Chain(Distribution.from_weights([3, 1]), Blend(Dense.from_rows(rows, "rows")), (Fraction(1),) * 3, 3)
    for exact, near in zip(informations(chain)[1:], in_floats(chain)[1:], strict=True):
        assert near.mutual_information.value == pytest.approx(truth(exact.mutual_information), rel=1e-12, abs=0)
        assert not near.mutual_information.is_rounding
        assert near.decay == exact.decay
        assert Contraction(chain).at(near.t) == pytest.approx(1 / (2 * apart), rel=1e-12, abs=0)


@pytest.mark.parametrize("lean", ["0", "1e-30", "1e-12"])
def test_what_a_step_leaves_below_rounding_is_zero_give_or_take(lean: str) -> None:
    """Two of three states merge, and x0 was in these: I_t is 0, or tiny, and float64 calls it 0 ± noise, no less."""
    a, b = Fraction(3, 10), Fraction(1, 5)
    blur = [[1 - a - b, a, b], [a, 1 - a - b, b], [b, b, 1 - 2 * b]]
    lean_by = Fraction(lean)
    merge = [[Fraction(1, 2) + lean_by, 0, Fraction(1, 2) - lean_by], [Fraction(1, 2), 0, Fraction(1, 2)], [0, 1, 0]]
    steps = [blur, [[Fraction(x) for x in row] for row in merge], blur, blur]
    chain = Chain(Distribution.from_weights([3, 1, 0]), per_step(steps, 3), (), 4)
    for exact, near in list(zip(informations(chain), in_floats(chain), strict=True))[2:]:
        found, true = near.mutual_information, truth(exact.mutual_information)
        assert found.is_rounding or found.value == pytest.approx(true, rel=1e-9, abs=0)  # unmarked, it keeps its digits
        assert abs(found.value - true) <= found.noise <= 1e-25
        assert near.decay in (exact.decay, "undecided")


def test_beyond_the_range_the_noise_is_no_more_than_the_smallest_float() -> None:
    """Where D itself has underflowed, I_t is 0 ± 1e-307 at most."""
    last = [near.mutual_information for near in in_floats(dense(5, 8, 900))][-1]  # in order, as a run asks
    assert last.value == 0 < last.noise < 1e-307


@pytest.mark.parametrize("M", [[[0, 1], [1, 0]], [["1/3", "2/3"], [1, 0]], [[0, 1, 0], ["1/2", 0, "1/2"], [0, 1, 0]]])
@pytest.mark.parametrize("beta", ["1/100000", "1/2", "3/4", "19/20"])
def test_a_blend_contracts_and_loses_as_it_does_exactly(M: list[list[object]], beta: str) -> None:
    """η((1−β)I + βM) is the exact one to 1e-12 for any β, and even a small loss from two sources is a loss."""
    rows = [[Fraction(str(x)) for x in row] for row in M]
    data = Distribution.from_weights([5, 2, 1][: len(M)])
    chain = Chain(data, Blend(Dense.from_rows(rows, "rows")), (Fraction(beta),) * 2, 2)
    assert Contraction(chain).at(1) == pytest.approx(float(chain.transition(1).dobrushin), rel=1e-12, abs=0)
    for exact, near in zip(informations(chain)[1:], in_floats(chain)[1:], strict=True):
        assert near.loss.value == pytest.approx(truth(exact.loss), rel=1e-9, abs=0)
        assert near.decay == exact.decay


@pytest.mark.parametrize(("smaller", "t"), [((0, 2), 2), ((1, 3), 1)])
def test_a_triangle_that_does_not_hold_is_named(
    smaller: tuple[int, int], t: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were I(x_0;x_3) more than one of its two neighbours, the finding would say so, and between which times."""
    table = {(s, u): Approximation.of(4.0 - (u - s)) for s in range(4) for u in range(s, 4)}
    table[smaller] = Approximation.of(0.5)
    monkeypatch.setattr(float_triangle, "_followed", lambda *_: table)
    found = float_triangle.triangle(dense(1, 3, 3))
    assert (found.observed, found.witness) == ("violated", {"s": 0, "t": t, "u": 3})
    assert f"I(x_0;x_3) > I(x_{smaller[0]};x_{smaller[1]})" in found.detail


@pytest.mark.parametrize(
    ("excess", "sign"), [((1.0, 0.0), "<"), ((0.0, 0.0), "="), ((-1.0, 0.0), ">"), ((1.0, 2.0), "≤ (undecided)")]
)
def test_the_order_of_the_ledger_is_said_as_it_is(excess: tuple[float, float], sign: str) -> None:
    """H(x0) against NLL, NLL against L: below, equal, above, or not known: ≈ would say more."""
    ledger = FloatLedger.__new__(FloatLedger)
    ledger.added = Approximation.of(2.0)
    one, off = Approximation.of(1.0), Approximation(*excess)
    three = Approximation.of(3.0)
    totals = Totals(one, one, one, three, one, one, off, NOTHING, one, off)
    assert f"; H(x0) {sign} NLL {sign} L" in ledger._finding(totals).detail


@pytest.mark.parametrize("times", [[0, 1, 2, 3, 4, 5], [0, 2, 3, 5]])
@pytest.mark.parametrize("kernel", [dense(2, 3, 1).kernel, RankOneKernel(Distribution.from_weights([1, 0, 2]))])
def test_every_pair_of_times_has_its_information(kernel: Kernel, times: list[int]) -> None:
    """I(x_s; x_u) for s ≤ u among the times, β_t all different, is within 1e-10 of the truth."""
    chain = Chain(Distribution.from_weights([5, 2, 1]), kernel, tuple(Fraction(1, n) for n in (9, 3, 7, 4, 6)), 5)
    if isinstance(kernel, RankOneKernel):
        found = float_triangle._forgotten(chain, times)
    else:
        found = float_triangle._followed(chain, times, lambda _share: None)
    for k, column in enumerate(_columns(chain, times)):
        for s, pair in zip(times, column, strict=False):
            assert found[s, times[k]].value == pytest.approx(truth(pair.information), rel=RELATIVE, abs=0)


def test_rows_with_equal_columns_are_as_far_apart_as_they_are() -> None:
    """η is over all columns, also where two are the same; equal rows are no distance apart."""
    assert widest(np.array([[0.6, 0.2, 0.2], [0.2, 0.4, 0.4], [0.1, 0.45, 0.45]])) == pytest.approx(0.5)
    assert widest(np.array([[0.6, 0.4]] * 2)) == 0


def test_pairs_of_times_with_a_memory_are_refused() -> None:
    """Given x_s, what follows still depends on x_0: float64 does not follow that, and says what to do."""
    stay, swap = ([[Fraction(int((i == j) == same)) for j in range(2)] for i in range(2)] for same in (True, False))
    chain = Chain(Distribution.from_weights([1, 2]), with_memory([stay, swap], 2), (), 3)
    with pytest.raises(InputError, match="memory"):
        float_triangle.triangle(chain)


def test_a_step_that_almost_swaps_halfway_still_contracts_to_something() -> None:
    """Two states that swap with probability β = 1/2 + 2^-42: η = 2β − 1 = 2^-41, and not 1 − 2β."""
    swap = Dense.from_rows([[Fraction(0), Fraction(1)], [Fraction(1), Fraction(0)]], "rows")
    chain = Chain(Distribution.from_weights([1, 2]), Blend(swap), (Fraction(1, 2) + Fraction(1, 2**42),), 1)
    assert Contraction(chain).at(1) == pytest.approx(2**-41, rel=1e-3, abs=0)


def test_what_only_the_data_had_is_gone_once_all_is_forgotten() -> None:
    """κI + (1−κ)1πᵀ: a state that π misses is possible while ᾱ_t > 0, and impossible from ᾱ_t = 0 on."""
    chain = Chain(
        Distribution.from_weights([1, 2, 0]),
        RankOneKernel(Distribution.from_weights([0, 1, 1])),
        (Fraction(1, 2), Fraction(1), Fraction(1, 2)),
        3,
    )
    found = [now.possible.tolist() for now in forward(chain)]
    assert found == [[True, True, False], [True, True, True], [False, True, True], [False, True, True]]
