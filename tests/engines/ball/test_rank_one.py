"""Balls of κI + (1−κ)1μᵀ: every enclosure meets the exact one, nothing is undecided, at any t and with any prior."""

from __future__ import annotations

import copy
import pickle
from fractions import Fraction

import pytest
from flint import ctx
from mixing import search

import markovdiff as md
from markovdiff.arithmetic.enclosure import bounds
from markovdiff.engines.ball.information import TimeStep
from markovdiff.engines.ball.rank_one_forward import RankOneRecursion
from markovdiff.engines.ball.rank_one_information import RankOneBallInformation, RankOneSetting
from markovdiff.process.chain import Chain
from markovdiff.process.rank_one import IdentityPlusRankOne


def test_balls_and_rationals_agree_on_random_chains() -> None:
    """Quantities, zeros, infinities, witnesses, decays and verdicts (the command runs more of them)."""
    seen, wrong = search(25, seed=3)
    assert wrong == []
    assert seen > 1000


def long_chain(T: int, beta: str, kernel: str = "uniform", digits: int = 15) -> md.Scenario:
    return md.loads(
        f'data = {{ weights = [5, 2, 1] }}\nreverse = {{ prior = "uniform" }}\n[noise]\nsteps = {T}\n'
        f'kernel = {{ kind = "{kernel}" }}\nschedule = {{ kind = "constant", beta = "{beta}" }}\n'
        f'[arithmetic]\nkind = "ball"\ndigits = {digits}\n'
    ).with_options(unit="nats")


def test_digits_hold_when_little_is_left() -> None:
    """At κ = 2^-200 I_t is ½κ²·χ² to 30 digits and more: χ² = Σ_i p_i Σ_j (δ_ij − p_j)²/μ_j = 3·(1 − Σ p²)."""
    result = md.run(long_chain(200, "1/2", digits=20))
    chi = 3 * (1 - Fraction(25 + 4 + 1, 64))
    truth = chi / 2 / 2**400
    found = result.steps[200].mutual_information
    assert found.lower is not None
    assert abs(Fraction(found.value) / truth - 1) < Fraction(1, 10**19)
    assert [step.decay for step in result.steps[1:]] == ["strict"] * 200


def test_a_fall_too_small_to_see_is_strict_all_the_same() -> None:
    """β = 10^-1000: what a step destroys is found to its digits, about β·(1 − 1/3)·log(1/β) nats."""
    study = long_chain(2, "1e-1000")
    result = md.run(study)
    assert [step.decay for step in result.steps[1:]] == ["strict"] * 2
    loss = result.steps[2].information_loss
    assert loss is not None
    assert loss.value == md.run(study.with_options(arithmetic="exact")).steps[2].information_loss.value  # type: ignore[union-attr]
    assert abs(Fraction(loss.value) * 10**1000 / Fraction("1535.0567") - 1) < Fraction(1, 1000)
    assert all(check.verdict == "holds" for check in result.checks)


def test_nothing_is_made_dense_and_no_rational_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run in balls forms no matrix, and no exact ᾱ_t where enclosures tell all that is asked."""

    def never(*_given: object) -> None:
        raise AssertionError("an exact number of many bits")

    monkeypatch.setattr(IdentityPlusRankOne, "dense", property(never))
    monkeypatch.setattr(IdentityPlusRankOne, "push", never)
    monkeypatch.setattr(RankOneRecursion, "share", never)
    monkeypatch.setattr("markovdiff.study.balls.CHEAP_SECONDS", 0.0)
    for prior in ("uniform", "stationary", "marginal"):
        study = md.loads(
            f'data = {{ family = {{ kind = "zipf", size = 40 }} }}\nreverse = {{ prior = "{prior}" }}\n[noise]\n'
            'steps = 70\nkernel = { kind = "uniform" }\nschedule = { kind = "cosine" }\n'
        )
        result = md.run(study.with_options(arithmetic="ball"))
        assert all(check.verdict == "holds" for check in result.checks)
        assert {check.decided for check in result.checks} == {"enclosure"}


def test_a_run_keeps_no_past() -> None:
    """What is remembered of a step holds on to none of those before it."""
    chain = long_chain(5, "1/3").chain()
    setting = RankOneSetting(RankOneRecursion(chain, ()), cheap=False)
    now = RankOneBallInformation(TimeStep(0, None, None, markov=True), None, setting)
    for t in range(1, 6):
        kept = now.forget()
        assert not hasattr(kept, "before")
        now = RankOneBallInformation(TimeStep(t, chain.betas[t - 1], None, markov=True), kept, setting)
        held = [
            cell.cell_contents for q in (now.entropy, now.mutual_information) for cell in q._evaluate.__closure__ or ()
        ]
        assert not any(isinstance(thing, RankOneBallInformation) for thing in held)


@pytest.mark.parametrize("place", [Fraction(1, 4), Fraction(1, 4) + Fraction(1, 2**200)])
def test_a_prior_is_told_from_a_law_that_is_nearly_it(place: Fraction) -> None:
    """κ_2 = ¼ exactly: TV(p_2, π) and KL(p_2‖π) are zero, or 2^-200 and its like."""
    mu, p0 = Fraction(1, 3), (Fraction(5, 8), Fraction(1, 4), Fraction(1, 8))
    prior = [str(place * p + (1 - place) * mu) for p in p0]
    study = md.loads(
        f"data = {{ weights = [5, 2, 1] }}\nreverse = {{ prior = {prior} }}\n[noise]\nsteps = 2\n"
        'kernel = { kind = "uniform" }\nschedule = { kind = "constant", beta = "1/2" }\n'
    )
    exact, ball = (md.run(study.with_options(arithmetic=kind)) for kind in ("exact", "ball"))
    same = place == Fraction(1, 4)
    assert (ball.steps[2].total_variation_to_prior == 0) == same
    assert ball.elbo.prior_gap is not None
    assert exact.elbo.prior_gap is not None
    assert ball.elbo.prior_gap.value == exact.elbo.prior_gap.value
    assert (ball.elbo.prior_gap.value == "0") == same
    assert ball.elbo.nll_excess is not None
    assert exact.elbo.nll_excess is not None
    assert ball.elbo.nll_excess.value == exact.elbo.nll_excess.value


def test_results_pickle_and_compare() -> None:
    """Two runs are equal; so is a copy, and a result that went through a pickle; another law is not."""
    result, again = (md.run(long_chain(3, "1/3")) for _ in range(2))
    assert result == again == pickle.loads(pickle.dumps(result)) == copy.deepcopy(result)
    assert result.steps[1].law != result.steps[2].law
    assert len(repr(result.steps[1].law)) <= 200


def test_the_precision_is_left_as_it_was() -> None:
    """`flint.ctx` after a run is `flint.ctx` before it."""
    before = ctx.prec, ctx.threads
    md.run(long_chain(3, "1/3"))
    assert (ctx.prec, ctx.threads) == before


def test_every_kappa_has_its_digits() -> None:
    """κ_t and 1 − κ_t are the exact products, and exactly 0 and 1 where they are."""
    study = md.loads(
        'data = { weights = [1, 2] }\n[noise]\nsteps = 4\nkernel = { kind = "uniform" }\n'
        'schedule = { kind = "explicit", betas = [0, "1/3", 1, "1/2"] }\n'
    )
    chain: Chain = study.chain()
    walk = RankOneRecursion(chain, ())
    exact = [Fraction(1), Fraction(1), Fraction(2, 3), Fraction(0), Fraction(0)]
    assert [walk.share(t) for t in range(5)] == exact
    assert [walk.is_kept(t) for t in range(5)] == [True, True, False, False, False]
    assert [walk.is_gone(t) for t in range(5)] == [False, False, False, True, True]
    for t, share in enumerate(exact):
        keep, fresh = walk.kept(t, 128)
        for number, truth in ((keep, share), (fresh, 1 - share)):
            low, high = bounds(number)
            assert low <= truth <= high
            assert truth not in (0, 1) or low == high
        assert keep.rel_accuracy_bits() > 100
        assert fresh.rel_accuracy_bits() > 100
