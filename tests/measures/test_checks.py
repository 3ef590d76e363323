"""Each claim about a chain, in each of the ways that it can come out, on chains small enough to check by hand."""

from dataclasses import replace
from fractions import Fraction

import pytest
from chains import (
    constant_chain,
    data_laws,
    doubly_stochastic,
    examples,
    informations,
    markov,
    processes,
    row_vector,
    with_a_memory,
)
from flint import fmpz, fmpz_mat
from hypothesis import given
from hypothesis import strategies as st

from markovdiff import INFINITY, entropy, kl
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.engines.exact.information import Information
from markovdiff.errors import InputError
from markovdiff.measures.checks import Converged, EntropyGrowth, HTheorem, Identities, MiDecay, Sdpi
from markovdiff.measures.checks.wording import Wording, at_steps
from markovdiff.process.chain import Chain
from markovdiff.process.distribution import Distribution, law_of
from markovdiff.process.kernels import Blend, absorbing, uniform, with_memory
from markovdiff.process.schedules import jump
from markovdiff.process.stationary import stationary_of_chain
from markovdiff.process.transition import Dense

half = Fraction(1, 2)
coin = Distribution.from_weights([1, 1])


def found(observer, chain):
    """What the watcher says after it saw the chain go by."""
    for now in informations(chain):
        observer.observe(now)
    return observer.conclude()


def remembering():
    """x_1 is a fair coin from either side; x_2 and later are not: I = 1, 0, then rising."""
    heads, tails = [[half, half], [Fraction(1, 4), Fraction(3, 4)]], [[Fraction(9, 10), Fraction(1, 10)], [half, half]]
    return Chain(coin, with_memory([heads, tails], 2), (), 4)


# mi-decay


def test_decay_strict():
    """Uniform noise with 0 < β < 1 loses something at every step."""
    finding = found(MiDecay(), Chain(coin, uniform(2), (Fraction(1, 10),) * 5, 5))
    assert (finding.observed, finding.decided, finding.witness) == ("strict", "exact", None)
    assert "at each of 5 steps" in finding.detail


def test_decay_equal():
    """A permutation loses nothing at any step."""
    finding = found(MiDecay(), constant_chain([half, half, 0], [[0, 1, 0], [0, 0, 1], [1, 0, 0]], 4))
    assert (finding.observed, finding.decided) == ("equal", "exact")
    assert finding.witness == {"t": 1}


def test_decay_of_both_kinds():
    """β = ½, ½, 0, ½, 1, ½: equal at t = 3 (no noise) and at t = 6 (nothing left), strict at the other four."""
    betas = tuple(map(Fraction, ["1/2", "1/2", "0", "1/2", "1", "1/2"]))
    finding = found(MiDecay(), Chain(coin, uniform(2), betas, 6))
    assert finding.observed == "non-increasing"
    assert finding.decided == "exact"
    assert finding.witness == {"t": 3}
    assert "at 2 of 6 steps (t = 3, 6)" in finding.detail
    assert "at 4 of 6 steps (t = 1…2, 4…5)" in finding.detail


def test_decay_violated():
    """A process with memory that gives information back: the first rise is at t = 2."""
    finding = found(MiDecay(), remembering())
    assert (finding.observed, finding.decided) == ("violated", "enclosure")
    assert finding.witness == {"t": 2}


@given(processes())
@examples(80)
def test_decay_sums_up_its_steps(process):
    """violated if any step rises, equal if all stay, strict if all fall, else non-increasing; t is the first such."""
    seen = [now.decay for now in informations(process.chain)[1:]]
    finding = found(MiDecay(), process.chain)
    if "violated" in seen:
        assert (finding.observed, finding.witness) == ("violated", {"t": seen.index("violated") + 1})
    elif "equal" not in seen:
        assert (finding.observed, finding.witness) == ("strict", None)
    else:
        assert finding.observed == ("equal" if set(seen) == {"equal"} else "non-increasing")
        assert finding.witness == {"t": seen.index("equal") + 1}


# sdpi


def test_strong_decay_holds_with_equality():
    """Erasure: I_t = (1−β_t)·I_{t−1} = η·I_{t−1} at every step."""
    data = Distribution.from_weights([1, 2]).with_extra_state("[MASK]")
    finding = found(Sdpi(), Chain(data, absorbing(3, 2), (Fraction(1, 3),) * 3, 3))
    assert finding.observed == "holds"
    assert "always with equality" in finding.detail


def test_strong_decay_holds_with_slack():
    """A binary symmetric channel loses more than the coefficient says, until β = 0 keeps everything at t = 2."""
    finding = found(Sdpi(), Chain(coin, uniform(2), (Fraction(1, 3), Fraction(0), Fraction(1, 3)), 3))
    assert finding.observed == "holds"
    assert finding.witness is None
    assert finding.detail.startswith("I_t ≤ η(Q_t)·I_(t−1) at each of 3 steps")
    assert "with equality at 1 of 3 steps (t = 2)" in finding.detail


@given(markov(max_K=4, max_T=4))
@examples(60)
def test_strong_decay_is_a_theorem(process):
    """I_t ≤ η(Q_t)·I_{t−1} for every Markov chain (Cohen et al. 1993)."""
    assert found(Sdpi(), process.chain).observed == "holds"


def test_strong_decay_violated():
    """Claim a Q_2 and a Q_3 that contract by half between moments where nothing was lost: t = 2 is named."""
    chain = Chain(coin, uniform(2), (Fraction(0),) * 3, 3)
    contracting = uniform(2).transition(half)
    observer, before = Sdpi(), None
    for moment in chain.moments():
        claimed = replace(moment, transition=contracting) if moment.t >= 2 else moment
        before = Information(claimed, before)
        observer.observe(before)
    finding = observer.conclude()
    assert finding.observed == "violated"
    assert finding.witness == {"t": 2}


# identities


@given(processes(max_K=4, max_T=4))
@examples(60)
def test_identities_hold(process):
    """p_t by steps of vectors and p_0 Q̄_t by products of matrices are one law, and rows sum to one, at every t."""
    finding = found(Identities(), process.chain)
    assert (finding.observed, finding.decided, finding.witness) == ("holds", "exact", None)
    assert f"t = 0…{process.chain.T}" in finding.detail


def broken_from(t, **wrong):
    """A chain whose moments are wrong from t on."""
    observer = Identities()
    for moment in Chain(coin, uniform(2), jump(4), 4).moments():
        observer.observe(Information(replace(moment, **wrong) if moment.t >= t else moment, None))
    return observer.conclude()


def test_identities_violated_by_a_marginal():
    """A p_t off by one part in 10^30 is seen, at the first t where it is."""
    off = Fraction(1, 10**30)
    finding = broken_from(2, marginal=row_vector((half + off, half - off)))
    assert finding.observed == "violated"
    assert finding.witness["t"] == 2
    assert finding.witness["sum"] == "Σ_i J_ij ≠ p_t[j]"


def test_identities_violated_by_a_row_sum():
    """Rows that sum to 11/10 and 9/10 average to the right marginal; the rows are looked at all the same."""
    rows = Dense(RationalMatrix(fmpz_mat([[6, 5], [4, 5]]), fmpz(10)))
    finding = broken_from(3, cumulative=rows)
    assert finding.observed == "violated"
    assert finding.witness["t"] == 3
    assert finding.witness["sum"] == "Σ_j J_ij ≠ p_0[i]"


# entropy-growth


def test_entropy_growth_violated_by_absorption():
    """Erasure of a sure state: H(x_t) = h(ᾱ_t) rises to one bit at ᾱ = ½, and falls from t = 3 on."""
    data = Distribution.from_weights([1]).with_extra_state("[MASK]")
    finding = found(EntropyGrowth(), Chain(data, absorbing(2, 1), jump(4), 4))
    assert (finding.observed, finding.decided) == ("violated", "enclosure")
    assert finding.witness == {"t": 3}
    assert "at 2 of 4 steps (t = 3…4)" in finding.detail


def test_entropy_that_comes_back_has_not_fallen():
    """h(¼) = h(¾): from ᾱ = ¾ to ¼ the law changes and its entropy does not, which is decided as equal."""
    data = Distribution.from_weights([1]).with_extra_state("[MASK]")
    finding = found(EntropyGrowth(), Chain(data, absorbing(2, 1), (Fraction(1, 4), Fraction(2, 3)), 2))
    assert finding.observed == "non-decreasing"
    assert finding.witness is None


@given(data_laws(4), st.integers(1, 4), st.data())
@examples(60)
def test_doubly_stochastic_noise_never_orders(data, T, draw):
    """Where every Q_t is doubly stochastic H(x_t) never falls (Schur 1923), a permutation keeping it exactly."""
    steps = draw.draw(st.lists(doubly_stochastic(data.K), min_size=T, max_size=T))
    for M in steps:
        chain = Chain(data, Blend(Dense.from_rows(M, "rows")), (Fraction(1),) * T, T)
        assert found(EntropyGrowth(), chain).observed == "non-decreasing"


@given(processes())
@examples(60)
def test_entropy_growth_is_the_sign_of_each_difference(process):
    """violated exactly where some H(x_t) < H(x_{t−1}) as exact forms, and t is the first."""
    H = [entropy(process.chain.marginal(t)) for t in range(process.chain.T + 1)]
    falls = [t for t in range(1, len(H)) if H[t] < H[t - 1]]
    finding = found(EntropyGrowth(), process.chain)
    assert finding.observed == ("violated" if falls else "non-decreasing")
    assert finding.witness == ({"t": falls[0]} if falls else None)


# h-theorem


@given(markov(max_K=4, max_T=4))
@examples(80)
def test_h_theorem_holds_for_the_stationary_law(process):
    """KL(p_t ‖ μ) never rises where every step keeps μ."""
    try:
        mu = stationary_of_chain(process.chain)
    except InputError:
        return
    assert found(HTheorem(mu, "μ"), process.chain).observed == "holds"


def test_h_theorem_from_infinity():
    """Data outside the support of μ = e_1: KL is ∞ until the jump schedule's last step, and then 0: it never rises."""
    chain = Chain(Distribution.from_weights([1, 1]), absorbing(2, 1), jump(3), 3)
    assert kl(chain.marginal(2), [0, 1]) == INFINITY
    assert found(HTheorem(stationary_of_chain(chain), "μ"), chain).observed == "holds"


def test_h_theorem_violated_by_a_law_that_moves():
    """Against (½, ½) an absorbing chain that starts there goes away at once: t = 1, and to h(t) = 1 bit."""
    finding = found(HTheorem(law_of(coin), "uniform"), Chain(coin, absorbing(2, 1), jump(3), 3))
    assert finding.observed == "violated"
    assert finding.witness == {"t": 1}
    assert "KL(p_t ‖ uniform) rises at each of 3 steps" in finding.detail


def test_h_theorem_violated_by_reaching_infinity():
    """Against e_0 a chain that stays there until t = 2 and then spreads goes from 0 to ∞, once."""
    chain = Chain(Distribution.from_weights([1, 0]), uniform(2), (Fraction(0), half, half), 3)
    finding = found(HTheorem(row_vector((Fraction(1), Fraction(0))), "e_0"), chain)
    assert finding.observed == "violated"
    assert finding.witness == {"t": 2}
    assert "at 1 of 3 steps (t = 2)" in finding.detail


@given(
    processes().flatmap(
        lambda p: st.tuples(st.just(p), st.lists(st.integers(0, 4), min_size=p.chain.K, max_size=p.chain.K))
    )
)
@examples(80)
def test_h_theorem_is_the_order_of_divergences(drawn):
    """Against any law: violated exactly where some KL(p_t ‖ μ) > KL(p_{t−1} ‖ μ), ∞ included, and t is the first."""
    process, weights = drawn
    law = Distribution.from_weights([w + (not any(weights)) for w in weights])
    D = [kl(process.chain.marginal(t), law.probabilities) for t in range(process.chain.T + 1)]
    rises = [t for t in range(1, len(D)) if D[t - 1] != INFINITY and (D[t] == INFINITY or D[t] > D[t - 1])]
    finding = found(HTheorem(law_of(law), "named"), process.chain)
    assert finding.observed == ("violated" if rises else "holds")
    assert finding.witness == ({"t": rises[0]} if rises else None)


# converged


def erasure_of_a_bit():
    """H(x_0) = 1 bit and ᾱ_1 = ½: I_1 is half a bit, exactly."""
    return Chain(coin.with_extra_state("[MASK]"), absorbing(3, 2), (half,), 1)


@pytest.mark.parametrize(
    ("bound", "observed"),
    [
        (half, "holds"),
        (half + Fraction(1, 10**60), "holds"),
        (half - Fraction(1, 10**60), "violated"),
        (Fraction(0), "violated"),
        (Fraction(1), "holds"),
    ],
)
def test_converged_at_the_very_bound(bound, observed):
    """I_T = ½ bit exactly: at most ½ holds, and 10^−60 less does not."""
    finding = found(Converged(bound, "bits"), erasure_of_a_bit())
    assert finding.observed == observed
    assert finding.witness == (None if observed == "holds" else {"t": 1})
    assert finding.detail.startswith("I(x0;x_1) = 0.5 bits is ")


@pytest.mark.parametrize(
    ("bound", "observed"), [("0.34657", "violated"), ("0.34658", "holds"), ("0", "violated"), ("1/3", "violated")]
)
def test_converged_in_nats(bound, observed):
    """½·log 2 = 0.346573590279972… (OEIS A002162, halved) against rationals in nats, which it never equals."""
    assert found(Converged(Fraction(bound), "nats"), erasure_of_a_bit()).observed == observed


@pytest.mark.parametrize("unit", ["bits", "nats"])
def test_converged_to_nothing(unit):
    """The jump schedule ends at I_T = 0 exactly, which is at most 0 in either unit."""
    chain = Chain(Distribution.from_weights([1, 2]), uniform(2), jump(5), 5)
    assert found(Converged(Fraction(0), unit), chain).observed == "holds"


@given(with_a_memory(), st.fractions(0, 1, max_denominator=50))
@examples(40)
def test_converged_looks_at_the_end_alone(process, bound):
    """Only I_T counts, however large or small I was before."""
    within = informations(process.chain)[-1].mutual_information.form() <= bound
    assert found(Converged(bound, "nats"), process.chain).observed == ("holds" if within else "violated")


@pytest.mark.parametrize(
    ("ts", "words"),
    [
        ([1, 2, 3, 4, 5, 6, 7, 8, 9], "at each of 9 steps"),
        ([4], "at 1 of 9 steps (t = 4)"),
        ([1, 2, 5, 7, 8], "at 5 of 9 steps (t = 1…2, 5, 7…8)"),
        ([1, 3, 5, 7], "at 4 of 9 steps (t = 1, 3, 5, …)"),
    ],
)
def test_steps_are_named_in_runs_and_three_runs_at_most(ts, words):
    """Where, in words: neighbouring steps joined, and an ellipsis exactly where runs are left out."""
    assert at_steps(ts, 9) == words


@pytest.mark.parametrize(("arithmetic", "words"), [("float", "beyond float64"), ("ball", "enclosures")])
def test_what_could_not_be_told_is_blamed_on_the_arithmetic_in_use(arithmetic, words):
    """A float run speaks of float64, a ball run of enclosures, and only exact and ball say "proved"."""
    wording = Wording(arithmetic)
    assert words in wording.cannot_tell
    assert ("proved" in wording.how) == (arithmetic != "float")
