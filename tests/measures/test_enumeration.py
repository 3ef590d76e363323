"""Every reported quantity is, exactly, the one that a list of all paths gives."""

from fractions import Fraction

from chains import examples, informations, markov, processes
from hypothesis import given
from hypothesis import strategies as st

from markovdiff import conditional_entropy, entropy, joint_entropy, kl, mutual_information


def H(law):
    """The entropy of a law collected from paths."""
    return entropy(list(law.values()))


@given(processes())
@examples(120)
def test_entropies_are_those_of_the_paths(process):
    """H(x_t), I(x_0; x_t), H(x_0 | x_t) and H(x_t | x_0) are those of the enumerated joint, exactly."""
    for now in informations(process.chain):
        joint = process.table(0, now.moment.t)
        assert now.entropy.form() == H(process.law(now.moment.t))
        assert now.mutual_information.form() == mutual_information(joint)
        assert now.conditional_entropy.form() == conditional_entropy(joint)
        assert now.noise_entropy.form() == conditional_entropy(joint, given="rows")


@given(markov())
@examples(120)
def test_the_loss_is_a_conditional_information(process):
    """I_{t−1} − I_t = I(x_0; x_{t−1} | x_t), the latter summed over triples: the chain rule and the Markov property."""
    for now in informations(process.chain)[1:]:
        t = now.moment.t
        triples = process.law(0, t - 1, t)
        given_next = H(process.law(0, t)) + H(process.law(t - 1, t)) - H(triples) - H(process.law(t))
        assert now.loss.form() == given_next
        assert now.loss.form() == now.before.mutual_information.form() - now.mutual_information.form()


@given(markov())
@examples(60)
def test_the_loss_is_an_average_divergence(process):
    """I_{t−1} − I_t = E KL( q(x_{t−1} | x_t, x_0) ‖ q(x_{t−1} | x_t) ), from the chain's own posteriors."""
    chain = process.chain
    for now in informations(chain)[1:]:
        t = now.moment.t
        reverse = chain.bayes_reverse(t)
        cost = sum(p * kl(chain.forward_posterior(t, x0=k)[j], reverse[j]) for (k, j), p in process.law(0, t).items())
        assert now.loss.form() == cost


@given(processes())
@examples(80)
def test_four_formulas_for_one_information(process):
    """I_t = H(x_0) − H(x_0|x_t) = H(x_t) − H(x_t|x_0) = H(x_0) + H(x_t) − H(x_0, x_t) = KL(joint ‖ product)."""
    first = informations(process.chain)[0]
    for now in informations(process.chain):
        joint = process.table(0, now.moment.t)
        flat = [x for row in joint for x in row]
        apart = [a * b for a in process.chain.data.probabilities for b in process.chain.marginal(now.moment.t)]
        I_t = now.mutual_information.form()
        assert I_t == first.entropy.form() - now.conditional_entropy.form()
        assert I_t == now.entropy.form() - now.noise_entropy.form()
        assert I_t == first.entropy.form() + now.entropy.form() - joint_entropy(joint)
        assert I_t == kl(flat, apart)


@given(processes(), st.sampled_from(["bits", "nats"]), st.sampled_from([3, 15]))
@examples(80)
def test_digits_enclose_the_paths_number(process, unit, digits):
    """lower ≤ truth ≤ upper, truth a form from the paths at 60 digits; upper − lower at most two in the last digit."""
    for now in informations(process.chain):
        joint = process.table(0, now.moment.t)
        for quantity, form in (
            (now.entropy, H(process.law(now.moment.t))),
            (now.mutual_information, mutual_information(joint)),
            (now.conditional_entropy, conditional_entropy(joint)),
            (now.noise_entropy, conditional_entropy(joint, given="rows")),
        ):
            shown = quantity.enclosed(digits, unit)
            lower, value, upper = (Fraction(x) for x in (shown.lower, shown.value, shown.upper))
            below, above = form.enclosure(digits=60, unit=unit)
            assert lower <= above
            assert below <= upper
            assert lower <= value <= upper
            assert upper - lower <= 20 * abs(value) / 10**digits
            assert form.is_zero() == (lower == upper == 0)


@given(processes())
@examples(60)
def test_information_is_between_nothing_and_everything(process):
    """0 ≤ I_t ≤ min(H(x_0), H(x_t)), with I_0 = H(x_0): signs of exact forms."""
    first = informations(process.chain)[0]
    assert first.mutual_information.form() == first.entropy.form()
    for now in informations(process.chain):
        assert now.mutual_information.sign() >= 0
        assert now.conditional_entropy.sign() >= 0
        assert now.noise_entropy.sign() >= 0
        assert first.entropy.minus(now.mutual_information).sign() == now.conditional_entropy.sign()


@given(processes())
@examples(60)
def test_certainty_and_independence_are_seen_without_logarithms(process):
    """I_t = 0 ⇔ the joint is a product; H(x_0|x_t) = 0 ⇔ x_t tells x_0; H(x_t|x_0) = 0 ⇔ x_0 tells x_t."""
    for now in informations(process.chain):
        joint = process.table(0, now.moment.t)
        rows, columns = [sum(row) for row in joint], [sum(column) for column in zip(*joint, strict=True)]
        is_product = all(
            x == a * b for a, row in zip(rows, joint, strict=True) for b, x in zip(columns, row, strict=True)
        )
        assert now.mutual_information.is_zero() == is_product == now.moment.deviation.vanishes
        assert now.conditional_entropy.is_zero() == all(
            sum(x > 0 for x in column) <= 1 for column in zip(*joint, strict=True)
        )
        assert now.noise_entropy.is_zero() == all(sum(x > 0 for x in row) <= 1 for row in joint)
