"""Known numbers, known to the digit, and digits that stay right where floating point has none left."""

from fractions import Fraction
from functools import cache

import mpmath
import pytest
from chains import constant_chain, examples, informations, markov
from hypothesis import given
from hypothesis import strategies as st

from markovdiff import entropy, log
from markovdiff.process.chain import Chain
from markovdiff.process.distribution import Distribution
from markovdiff.process.kernels import absorbing, uniform
from markovdiff.process.schedules import jump

half, quarter = Fraction(1, 2), Fraction(1, 4)


def ends(shown):
    """The decimals that enclose a quantity, as exact numbers."""
    return Fraction(shown.lower), Fraction(shown.upper)


def last_place(shown):
    """One unit of the last digit shown."""
    digits, _, exponent = shown.partition("e")
    return Fraction(10) ** (int(exponent or 0) - len(digits.partition(".")[2]))


# worked by hand: uniform kernel, K = 4, p_0 = (½, ¼, ⅛, ⅛), T = 3, β_t = 1/(T−t+1), so ᾱ = 1, ⅔, ⅓, 0
SANDWICH = Chain(Distribution.from_weights([4, 2, 1, 1]), uniform(4), jump(3), 3)
ENTROPIES = ["1.75", "1.88791850267113", "1.97125183600447", "2"]
INFORMATIONS = ["1.75", "0.680399753031711", "0.178770585643888", "0"]


@pytest.mark.parametrize("t", range(4))
def test_uniform_noise_on_four_states(t):
    """H(x_t) and I(x_0; x_t) in bits, to 15 digits (worked by hand: uniform kernel, K = 4)."""
    now = informations(SANDWICH)[t]
    assert now.entropy.enclosed(15, "bits").value == ENTROPIES[t]
    assert now.mutual_information.enclosed(15, "bits").value == INFORMATIONS[t]


def test_uniform_noise_on_four_states_in_closed_form():
    """p_1 = (5, 3, 2, 2)/12 and p_2 = (4, 3, 2.5, 2.5)/12, rows of Q̄_t are ᾱ + (1−ᾱ)/4 and (1−ᾱ)/4: by hand."""
    _, one, two, _ = informations(SANDWICH)
    H_1 = entropy(["5/12", "3/12", "2/12", "2/12"])
    H_2 = entropy(["8/24", "6/24", "5/24", "5/24"])
    assert one.entropy.form() == H_1
    assert two.entropy.form() == H_2
    assert one.mutual_information.form() == H_1 - entropy(["9/12", "1/12", "1/12", "1/12"])
    assert two.mutual_information.form() == H_2 - entropy(["3/6", "1/6", "1/6", "1/6"])


def test_more_digits_are_inside_fewer():
    """The enclosure to 30 digits lies within that to 15, for every quantity at every t."""
    for now in informations(SANDWICH):
        for quantity in (now.entropy, now.mutual_information, now.conditional_entropy, now.noise_entropy):
            for unit in ("bits", "nats"):
                coarse, fine = ends(quantity.enclosed(15, unit)), ends(quantity.enclosed(30, unit))
                assert coarse[0] <= fine[0] <= fine[1] <= coarse[1]


@given(markov(max_K=4, max_T=4))
@examples(60)
def test_enclosures_are_nested(process):
    """lower_15 ≤ lower_30 ≤ upper_30 ≤ upper_15, whichever is asked for first."""
    fine = [now.mutual_information.enclosed(30, "bits") for now in informations(process.chain)]
    coarse = [now.mutual_information.enclosed(15, "bits") for now in informations(process.chain)]
    for a, b in zip(map(ends, coarse), map(ends, fine), strict=True):
        assert a[0] <= b[0] <= b[1] <= a[1]


@given(st.fractions(0, 1, max_denominator=40))
@examples(60)
def test_binary_symmetric_channel(f):
    """A fair bit flipped with probability f: I = log 2 − h(f). Source: Cover & Thomas 2006, §7.1.4."""
    now = informations(constant_chain([half, half], [[1 - f, f], [f, 1 - f]], 1))[1]
    assert now.mutual_information.form() == log(2) - entropy([f, 1 - f])
    assert now.entropy.enclosed(15, "bits").value == "1"


def test_binary_symmetric_channel_at_a_quarter():
    """f = ¼: I = ¾·log2(3) − 1 = 0.188721875540867 bits, the number again by mpmath."""
    now = informations(constant_chain([half, half], [["3/4", "1/4"], ["1/4", "3/4"]], 1))[1]
    shown = now.mutual_information.enclosed(15, "bits", closed=True)
    with mpmath.workdps(40):
        assert shown.value == mpmath.nstr(mpmath.mpf(3) / 4 * mpmath.log(3, 2) - 1, 15) == "0.188721875540867"
    assert shown.closed_form == "−1 + 3/4·log2(3)"


def test_z_channel():
    """0 ↦ 0, 1 ↦ 0 or 1 evenly, from a fair bit: I = h(¼) − ½ bit. Source: Cover & Thomas 2006, exercise 7.8."""
    now = informations(constant_chain([half, half], [[1, 0], [half, half]], 1))[1]
    assert now.mutual_information.form() == entropy([quarter, 1 - quarter]) - half * log(2)


def test_noisy_typewriter():
    """26 letters, each kept or moved one on, evenly: I = log 13. Source: Cover & Thomas 2006, §7.1.3."""
    K = 26
    rows = [[half if j in (i, (i + 1) % K) else 0 for j in range(K)] for i in range(K)]
    now = informations(constant_chain([Fraction(1, K)] * K, rows, 1))[1]
    assert now.mutual_information.form() == log(13)
    assert now.noise_entropy.form() == log(2)


def test_the_mask_makes_a_hump():
    """A sure state erased evenly over four steps: H(x_t) = h(t/4) = 0, 0.811…, 1, 0.811…, 0 bits, and I_t = 0."""
    data = Distribution.from_weights([1]).with_extra_state("[MASK]")
    seen = informations(Chain(data, absorbing(2, 1), jump(4), 4))
    values = ["0", "0.811278124459133", "1", "0.811278124459133", "0"]
    assert [now.entropy.enclosed(15, "bits").value for now in seen] == values
    assert all(now.mutual_information.is_zero() for now in seen)


# late times: one dense matrix, in thousandths, applied 256 times

K_LATE, T_LATE = 8, 256
LATE_ROWS = [
    [211, 89, 143, 61, 127, 173, 97, 99],
    [67, 307, 41, 113, 151, 83, 139, 99],
    [157, 53, 229, 131, 73, 109, 101, 147],
    [79, 167, 103, 191, 59, 149, 181, 71],
    [137, 71, 163, 47, 241, 107, 89, 145],
    [101, 193, 37, 179, 83, 223, 61, 123],
    [43, 127, 197, 97, 113, 59, 269, 95],
    [181, 103, 67, 139, 173, 79, 31, 227],
]


@cache
def late():
    """The run of the late chain, p_0 = (1, …, 8)/36."""
    rows = [[Fraction(n, 1000) for n in row] for row in LATE_ROWS]
    return informations(constant_chain([Fraction(k, 36) for k in range(1, K_LATE + 1)], rows, T_LATE))


def test_late_losses_are_proved():
    """Every one of 256 steps of a dense chain loses something, and I_256 is below 10^−60 bits, not zero."""
    assert {now.decay for now in late()[1:]} == {"strict"}
    final = late()[-1].mutual_information
    assert final.sign() > 0
    assert 0 < ends(final.enclosed(15, "bits"))[1] < Fraction(1, 10**60)


def test_late_digits_are_right():
    """At every t the enclosure at 40 digits lies within that at 15, which shows 15, right to one in the last."""
    for now in late():
        quantities = [now.entropy, now.mutual_information, now.conditional_entropy, now.noise_entropy]
        for quantity in quantities if now.before is None else [*quantities, now.loss]:
            coarse, fine = quantity.enclosed(15, "bits"), quantity.enclosed(40, "bits")
            assert ends(coarse)[0] <= ends(fine)[0] <= ends(fine)[1] <= ends(coarse)[1]
            assert abs(Fraction(coarse.value) - Fraction(fine.value)) <= last_place(coarse.value)
            assert coarse.value == "0" or 10**14 <= Fraction(coarse.value) / last_place(coarse.value) < 10**15


def test_late_information_by_another_route():
    """I_256 by the textbook Σ J log(J/pq), at 400 digits by mpmath from the exact joint, lies in the enclosure."""
    now = late()[-1]
    with mpmath.workdps(400):
        p0 = [mpmath.mpf(k) / 36 for k in range(1, K_LATE + 1)]
        M = mpmath.matrix(LATE_ROWS) / 1000
        Q_bar = M**T_LATE
        p_T = [mpmath.fsum(p0[i] * Q_bar[i, j] for i in range(K_LATE)) for j in range(K_LATE)]
        textbook = mpmath.fsum(
            p0[i] * Q_bar[i, j] * mpmath.log(Q_bar[i, j] / p_T[j], 2) for i in range(K_LATE) for j in range(K_LATE)
        )
        lower, upper = (
            mpmath.mpf(x.numerator) / x.denominator for x in ends(now.mutual_information.enclosed(30, "bits"))
        )
        assert lower <= textbook <= upper
