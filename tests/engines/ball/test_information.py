"""Balls against exact arithmetic: each enclosure contains the truth, with relative digits, each verdict is its own."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from chains import Process, constant_chain, examples, informations, processes
from flint import arb, ctx, fmpq
from hypothesis import given

from markovdiff.engines.ball.forward import EnclosureRecursion, Enclosures
from markovdiff.engines.ball.information import BallInformation, ExactOracle, TimeStep
from markovdiff.engines.ball.sums import SMALL_BALL, information
from markovdiff.engines.exact.information import Information
from markovdiff.process.chain import Chain
from markovdiff.process.distribution import Distribution
from markovdiff.process.kernels import Blend, Gaussian, per_step
from markovdiff.process.transition import Dense
from markovdiff.study.balls import needed_bits

NAMES = ("entropy", "mutual_information", "conditional_entropy", "noise_entropy")
DIGITS = 15


def in_balls(chain: Chain, exact: list[Information], *, cheap: bool = True) -> list[BallInformation]:
    """Each with Dobrushin's coefficient from the exact chain."""
    walk = EnclosureRecursion(chain, needed_bits(chain, DIGITS))
    zeros, seen = ExactOracle(chain, walk, cheap), list[BallInformation]()
    for known in exact:
        place = TimeStep(known.t, known.moment.beta, None, chain.is_markov)
        seen.append(BallInformation(place, seen[-1] if seen else None, zeros, known.dobrushin))
        assert seen[-1].mutual_information is not None
    return seen


def agree(near: object, exact: object) -> None:
    """The enclosure of 15 digits meets one of 30, and is no wider than 15 relative digits are."""
    wide = near.enclosed(DIGITS, "nats")  # type: ignore[attr-defined]
    truth = exact.enclosed(2 * DIGITS, "nats")  # type: ignore[attr-defined]
    low, high = Fraction(wide.lower), Fraction(wide.upper)
    assert low <= Fraction(truth.upper)
    assert Fraction(truth.lower) <= high
    assert high - low <= 2 * Fraction(10) ** (1 - DIGITS) * abs(Fraction(wide.value))


@examples(60)
@given(processes(4, 4))
def test_balls_contain_the_truth_with_relative_digits(process: Process) -> None:
    """H, I, H(x0|x_t), H(x_t|x0) and the loss, on chains of every kind; each verdict is the exact one."""
    exact = informations(process.chain)
    for near, known in zip(in_balls(process.chain, exact), exact, strict=True):
        for name in NAMES:
            agree(getattr(near, name), getattr(known, name))
        assert near.inconsistency() is None
        if known.before is not None:
            agree(near.loss, known.loss)
            assert near.decay == known.decay
            assert near.law_stays == known.law_stays
            if near.markov:
                assert near.slack_sign == known.slack_sign


def test_the_digits_are_relative_at_1e_minus_300() -> None:
    """I = 1e-300 has its fifteen digits, and its fall is proved."""
    rows = [[".34", ".33", ".33"], [".33", ".34", ".33"], [".32", ".34", ".34"]]  # a step leaves a ten-thousandth of I
    chain = constant_chain(["1/2", "1/3", "1/6"], rows, 78)
    exact = informations(chain)
    near = in_balls(chain, exact, cheap=False)
    for now, truth in zip(near, exact, strict=True):  # in order, as a run asks: each t knows of the one before
        agree(now.mutual_information, truth.mutual_information)
    assert float(exact[-1].mutual_information.enclosed(3, "nats").value) < 1e-290
    assert {known.decay for known in near[1:]} == {"strict"}


def test_a_walk_that_was_forecast_too_low_is_started_again() -> None:
    """From 64 bits on, the precision rises until the digits are there."""
    chain = constant_chain(
        ["1/2", "1/3", "1/6"], [["1/2", "1/4", "1/4"], ["1/5", "2/5", "2/5"], ["1/7", "3/7", "3/7"]], 40
    )
    exact, walk = informations(chain), EnclosureRecursion(chain, 64)
    near = BallInformation(TimeStep(40, None, None, True), None, ExactOracle(chain, walk, False), None)
    agree(near.mutual_information, exact[-1].mutual_information)
    assert walk.bits > 64


@pytest.mark.parametrize(
    ("weights", "held"),
    [
        ([1], 1),
        ([5, 3, 2, 7, 1], 3),
        ([5, 3, 2, 7, 1, 4], 3),
        ([0, 3, 2, 7, 1, 0], 2),
        ([4, 0, 1], 1),
        ([5, 3, 0, 0], 2),
    ],
)
def test_half_of_a_mirrored_chain_is_all_of_it(weights: list[int], held: int) -> None:
    """A Gaussian's Q̄_t read backwards is itself: with half of its rows held, every number is still the true one."""
    kernel = Gaussian(len(weights), Fraction(1, 2**32))
    betas = (Fraction(1, 10), Fraction(1, 3), Fraction(1))
    chain = Chain(Distribution.from_weights(weights), kernel, betas, 3)
    exact, walk = informations(chain), EnclosureRecursion(chain, 200)
    for near, known in zip(in_balls(chain, exact, cheap=False), exact, strict=True):
        state = walk.at(known.t)
        assert state.W.nrows() == held
        assert near.inconsistency() is None
        truth = [row for row, w in zip(chain.cumulative(known.t), weights, strict=True) if w]
        for row, true_row in zip(state.rows, truth, strict=True):
            for x, true in zip(row, true_row, strict=True):
                with ctx.workprec(400):  # where these dyadic numbers are exact
                    assert x.contains(arb(fmpq(true.numerator, true.denominator)))
        for name in NAMES:
            agree(getattr(near, name), getattr(known, name))


def test_an_equality_without_the_exact_chain_is_undecided() -> None:
    """Two rooms with equal rows: from t = 1 on nothing is lost, which balls alone never say."""
    rows = [["1/2", "1/2", 0, 0], ["1/2", "1/2", 0, 0], [0, 0, "1/3", "2/3"], [0, 0, "1/3", "2/3"]]
    chain = constant_chain(["1/4", "1/4", "1/4", "1/4"], rows, 3)
    exact = informations(chain)
    assert [known.decay for known in in_balls(chain, exact)[1:]] == ["strict", "equal", "equal"]
    alone = in_balls(chain, exact, cheap=False)
    assert [known.decay for known in alone[1:]] == ["strict", "undecided", "undecided"]


def test_patterns_know_their_zeros() -> None:
    """A permutation loses nothing, meets η·I with equality, reveals x0 and adds no noise, without the exact chain."""
    shift = Dense.from_rows([[Fraction(int(j == (i + 1) % 3)) for j in range(3)] for i in range(3)], "rows")
    chain = Chain(Distribution.from_weights([1, 2, 4]), Blend(shift), (Fraction(1),) * 4, 4)
    near = in_balls(chain, informations(chain), cheap=False)
    assert {known.decay for known in near[1:]} == {"equal"}
    assert {known.slack_sign for known in near[1:]} == {0}
    assert all(known.conditional_entropy.known_zero and known.noise_entropy.known_zero for known in near)


@pytest.mark.parametrize("size", [2**-23, 2**-25, 2**-60])
def test_both_forms_of_the_information_meet(size: float) -> None:
    """On either side of |r| = 2^-24, I is Σ p_0 ½ Σ (1 ± r) log(1 ± r) for rows (1 ± r)/2."""
    with ctx.workprec(400):
        r, half = arb(size), arb(1) / 2
        W = [[half * (1 + r), half * (1 - r)], [half * (1 - r), half * (1 + r)]]
        state = Enclosures(1, 400, [half, half], [half, half], _matrix(W), np.ones((2, 2), dtype=bool))
        truth = ((1 + r) * (1 + r).log() + (1 - r) * (1 - r).log()) / 2
        assert information(state).overlaps(truth)
        assert information(state).rel_accuracy_bits() > 200
        assert (r < SMALL_BALL) == (size < 2**-24)


def _matrix(rows: list[list[arb]]) -> object:
    from flint import arb_mat

    return arb_mat(rows)


def test_each_step_contracts_by_its_own_strength() -> None:
    """η(Q_t) = 1 − β_t on two states that swap halfway, for β that changes, stays and comes back."""
    half = Dense.from_rows([[Fraction(1, 2)] * 2] * 2, "rows")
    betas = tuple(Fraction(1, n) for n in (3, 3, 5, 3, 7))
    walk = EnclosureRecursion(Chain(Distribution.from_weights([1, 2]), Blend(half), betas, 5), 128)
    assert [walk.dobrushin(t) for t in (1, 2, 3, 4, 5)] == [1 - beta for beta in betas]


def test_a_state_that_a_step_empties_is_impossible_again() -> None:
    """All states can be reached at t = 1 and t = 3; at t = 2 the second cannot, its probability the exact 0."""
    half, gone = [[Fraction(1, 2)] * 2] * 2, [[Fraction(1), Fraction(0)]] * 2
    chain = Chain(Distribution.from_weights([1, 2]), per_step([half, gone, half], 2), (), 3)
    walk = EnclosureRecursion(chain, 128)
    assert [walk.at(t).possible.tolist() for t in range(4)] == [[True] * 2, [True] * 2, [True, False], [True] * 2]
    assert walk.at(2).p[1].is_zero()


def test_a_step_is_undone_where_each_state_has_one_origin() -> None:
    """Two states that merge are told apart no more; one that splits is, where x_{t−1} can be nowhere else."""
    merge, split = [[1, 0], [1, 0]], [[Fraction(1, 2)] * 2, [0, 1]]
    for start, rows, undone in (([1, 1], merge, False), ([1, 0], split, True), ([1, 1], split, False)):
        step = [[Fraction(x) for x in row] for row in rows]
        walk = EnclosureRecursion(Chain(Distribution.from_weights(start), per_step([step], 2), (), 1), 128)
        assert walk.undone_by_one(1) is undone, (start, rows)
