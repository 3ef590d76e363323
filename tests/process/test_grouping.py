"""Like states taken as one: no quantity can tell the difference."""

from __future__ import annotations

from fractions import Fraction

import pytest
from chains import examples, row_vector
from hypothesis import given
from hypothesis import strategies as st

from markovdiff.engines.exact.information import Information
from markovdiff.engines.exact.ledger import Ledger
from markovdiff.errors import InternalError
from markovdiff.measures.information import divergence_of
from markovdiff.process.chain import Chain
from markovdiff.process.distribution import Distribution
from markovdiff.process.grouping import Classes
from markovdiff.process.kernels import RankOneKernel
from markovdiff.process.reverse import Bayes
from markovdiff.study.exact import total_variation

betas = st.sampled_from([Fraction(0), Fraction(1)]) | st.fractions(0, 1, max_denominator=12)


@st.composite
def forgetting(draw: st.DrawFn) -> Chain:
    """A kernel that forgets towards a target, its weights and the data's from a few values, zeros among them."""
    K = draw(st.integers(1, 7))
    weights = st.lists(st.integers(0, 2), min_size=K, max_size=K).filter(any)
    data, target = (Distribution.from_weights(draw(weights)) for _ in range(2))
    steps = draw(st.lists(betas, min_size=1, max_size=4))
    return Chain(data, RankOneKernel(target), tuple(steps), len(steps))


def told(chain: Chain, classes: Classes | None) -> list[list[object]]:
    """Everything that a run reports of each step, and the ledger, exactly."""
    prior = chain.final_marginal
    ledger = Ledger(chain, Bayes(), prior, 15)
    steps: list[list[object]] = []
    before: Information | None = None
    for moment in chain.moments(classes):
        now = Information(moment, before)
        ledger.observe(now)
        losses = [] if before is None else [now.loss.form(), now.decay, now.slack_sign]
        numbers = [now.entropy, now.conditional_entropy, now.noise_entropy, now.mutual_information]
        enclosed = [quantity.enclosed(20, "bits") for quantity in numbers]
        forms = [quantity.form() for quantity in numbers]
        distance = total_variation(moment.marginal, prior)
        steps.append([*forms, *enclosed, *losses, distance, moment.marginal.rows(), moment.deviation.vanishes])
        before = now
    totals, finding = ledger.conclude()
    return [*steps, [totals.negative_elbo.form(), finding]]  # type: ignore[union-attr]


@examples(60)
@given(forgetting())
def test_classes_tell_what_states_tell(chain: Chain) -> None:
    """Every quantity, verdict and ledger line of the chain on classes is that of the chain on states."""
    assert told(chain, chain.alike) == told(chain, None)


@examples(60)
@given(forgetting(), st.lists(st.integers(0, 3), min_size=7, max_size=7).filter(lambda w: all(w[:1])))
def test_divergence_from_a_law_of_the_classes(chain: Chain, weights: list[int]) -> None:
    """KL(p_t ‖ μ) for a μ that has one value in each class; None where p_t has mass that μ misses."""
    assert chain.alike is not None
    chosen = [weights[k] for k in chain.alike.of_state]
    law = row_vector([Fraction(n, sum(chosen)) for n in chosen])
    for few, all_of_them in zip(chain.moments(chain.alike), chain.moments(), strict=True):
        one, other = divergence_of(few.marginal, law), divergence_of(all_of_them.marginal, law)
        assert (one and one.form()) == (other and other.form())


@examples(60)
@given(st.lists(st.integers(0, 3), min_size=1, max_size=9))
def test_classes_are_the_states_with_equal_keys(keys: list[int]) -> None:
    """Two states share a class exactly when their keys are equal; first and copies say which and how many."""
    classes = Classes.by(keys)
    assert [keys[classes.first[k]] for k in classes.of_state] == keys
    assert len(set(keys)) == len(classes.first)
    assert [keys.count(keys[i]) for i in classes.first] == list(classes.multiplicities)
    assert [keys.index(keys[i]) for i in classes.first] == list(classes.first)


def test_a_law_that_tells_like_states_apart_is_not_grouped() -> None:
    """A law with two values in one class is refused, never averaged."""
    classes = Classes.by("aab")
    law = row_vector([Fraction(1, 2), Fraction(1, 4), Fraction(1, 4)])
    assert not classes.holds(law)
    with pytest.raises(InternalError):
        classes.grouped(law)
