"""Diffusion: where the information goes, what entropy does meanwhile, and the ratios that lead back. Exact, in bits."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING

from markovdiff.learn.blocks import Ask, Bar, Block, Cell, Facts, Formula, Prose, TableBlock, bits
from markovdiff.learn.chains import LETTERS, few, informations, masking_chain, uniform_chain
from markovdiff.learn.page import MAX_DENOMINATOR, Page, Parameter, Values, count, probability

if TYPE_CHECKING:
    from markovdiff.arithmetic.quantity import Quantity

REDRAW = "β is the probability that a step redraws x: from none, 0, to all, 1"
STEPS = "time is counted in whole steps, and a page has room for few rows: more than 64 say nothing new"


def information_flow(values: Values) -> Sequence[Block]:
    """Build the page on I_t and the loss of each step."""
    K, T = int(values["K"]), int(values["T"])
    known = informations(uniform_chain(list(range(K, 0, -1)), (values["beta"],) * T))
    H = known[0].mutual_information.form()
    rows: list[tuple[Cell, ...]] = []
    for t in few(T, 6):
        now = known[t]
        lost, decided = ("", "") if now.before is None else (bits(now.loss), now.decay)
        rows.append(
            (t, bits(now.mutual_information), lost, decided, Bar((_float(now.mutual_information) / float(H),), 26))
        )
    half = next(
        (
            now.moment.t
            for now in known
            if known[0].mutual_information.minus(now.mutual_information.times(Fraction(2))).sign() >= 0
        ),
        None,
    )
    losses = sum((now.loss.form() for now in known[1:]), 0 * H)
    words = (
        f"t = {half} is the first with half or less"
        if half is not None
        else f"half is not lost in {T} step{'s' if T > 1 else ''}"
    )
    return (
        Prose(
            f"{K} states, data q(x0) ∝ {K}, …, 1. Each step redraws x evenly with probability {values['beta']}. "
            "Forward, information about x0 is destroyed; backward, each step must recover some."
        ),
        Ask(f"After how many of the {T} steps is half of the information gone: half of them, more, fewer?"),
        TableBlock(("t", "I(x0;x_t)", "lost in step t", "decided", ""), tuple(rows)),
        Facts(
            (
                ("H(x0)", bits(H)),
                ("half", words),
                ("losses + I_T", bits(losses + known[-1].mutual_information.form())),
            )
        ),
        Prose(
            "The losses telescope: with what is left they make H(x0) again. I_t never rises, each verdict proved. "
            "I(x0;x_T) ≈ 0 is the aim: then x_T can be drawn without knowing x0."
        ),
    )


def entropy_flow(values: Values) -> Sequence[Block]:
    """Build the page on H(x_t) under even redraws and under masking."""
    T, beta = int(values["T"]), values["beta"]
    even, masked = (informations(make([3, 1], (beta,) * T)) for make in (uniform_chain, masking_chain))
    top = max(_float(now.entropy) for now in (*even, *masked))
    rows = []
    for t in few(T, 6):
        a, b = even[t].entropy, masked[t].entropy
        bars = Bar((_float(a) / top,), 16), Bar((_float(b) / top,), 16)
        rows.append((t, bits(a), bars[0], bits(b), bars[1], bits(masked[t].mutual_information)))
    peak = max(masked, key=lambda now: _float(now.entropy)).moment.t
    left = masked[-1].moment.alpha_bar or Fraction(0)
    return (
        Prose(
            f"A coin, 3/4 to 1/4, noised twice over. Even: a step redraws it with probability {beta}. Masking: a step "
            "covers it for good with that probability."
        ),
        Ask("Noise makes things more random. So does H(x_t) rise all the way, in both?"),
        TableBlock(("t", "H even", "", "H masked", "", "I masked"), tuple(rows)),
        Facts(
            (
                ("highest H, masked", f"at t = {peak}"),
                ("not masked at T", left if len(str(left)) <= 9 else f"≈ {float(left):.5g}"),
            )
        ),
        Prose(
            "Even redraws treat all states alike (doubly stochastic): there H never falls. Masking adds the doubt "
            "whether x is covered, and removes it once x surely is: a covered coin surprises nobody. I falls all the "
            "same."
        ),
        Prose("Entropy travels from H(x0) to the prior's, up or down. Information about x0 only goes down."),
    )


def score(values: Values) -> Sequence[Block]:
    """Build the page on the ratios p_t(y)/p_t(x) and the Bayes reverse made of them."""
    from markovdiff.learn.score import concrete_score, reverse_from_score, reverse_from_score_before

    beta, t = values["beta"], int(values["t"])
    chain = uniform_chain([6, 3, 1], (beta,) * t)
    ratios, bayes = concrete_score(chain, t), chain.bayes_reverse(t)
    after, before = reverse_from_score(chain, t), reverse_from_score_before(chain, t)
    same = all(
        R is not None and S is not None and B is not None and R[i] == S[i] == B[i]
        for (R, S, B), i in product(zip(after, before, bayes, strict=True), range(3))
    )
    rows = [
        (LETTERS[j], *(_short(x) for x in ratios[j] or ()), "", *(_short(x) for x in bayes[j] or ())) for j in range(3)
    ]
    return (
        Prose(
            "On the line the score ∂ log p_t(x) points uphill, to where p_t is larger. States have no slope; in its "
            "place stand the ratios p_t(y)/p_t(x): above 1, y is the likelier one."
        ),
        Formula(
            (
                "q(x_{t−1}=i | x_t=j) = Q_t[i,j] · p_{t−1}(i) / p_t(j)",
                "p_{t−1}(i) / p_t(j)  = Σ_k p_t(k)/p_t(j) · Q_t⁻¹[k,i]",
            )
        ),
        Ask("Whoever knows the ratios at t and the noise Q_t, but not the data: can they reverse the step exactly?"),
        TableBlock(("x_t", "→ a", "→ b", "→ c", "", "R: a", "b", "c"), tuple(rows)),
        Facts(
            (
                ("reverse from the ratios", "equal to the Bayes reverse, entry by entry" if same else "NOT equal"),
                ("entries compared", len(bayes) * 3),
            )
        ),
        Prose(
            f"Left: p_t(y)/p_t(x) at t = {t}. Right: the Bayes reverse R_t. The formula rebuilt the right side from "
            "the left and from Q_t, which has an inverse here. So whoever learns the ratios has the reverse: this is "
            "the idea of score matching for states."
        ),
    )


def continuous_time(values: Values) -> Sequence[Block]:
    """Build the page on −dI/dσ, and the loss of a step as its integral."""
    from markovdiff.arithmetic.enclosure import bits_for
    from markovdiff.continuous.rates import RateProcess

    chain = uniform_chain([6, 3, 1], (values["beta"],) * int(values["T"]))
    known, R = informations(chain), chain.kernel.generator
    assert R is not None
    process = RateProcess(chain.data.probabilities, R)
    levels = [chain.kernel.level(chain.betas[:t]) for t in range(chain.T + 1)]
    rows: list[tuple[Cell, ...]] = []
    meet = []
    for t in few(chain.T, 5, 2):
        start, stop = levels[t - 1], levels[t]
        assert start is not None
        assert stop is not None
        integral, loss = process.score_entropy(start, stop), known[t].loss
        meet.append(integral.ball(bits_for(15)).overlaps(loss.ball(bits_for(15))))
        rows.append((t, bits(process.loss_rate(start)), bits(process.loss_rate(stop)), bits(integral), bits(loss)))
    return (
        Prose(
            f"Let noise come without pause: e^(σR), σ from 0 on, redraws x evenly at rate 1. A step of β = "
            f"{values['beta']} is the time −log(1−β) of it. I(x0;x_σ) falls at every σ, and how fast is known:"
        ),
        Formula(
            (
                "−dI/dσ  = Σ q(x0) Σ_{x≠y} p(x) R(x,y) φ(r(x), r(y)),  r(x) = q(x|x0)/p(x)",
                "φ(a, b) = a·log(a/b) − a + b ≥ 0",
            )
        ),
        Ask("A step loses I_{t−1} − I_t. What is the sum of −dI/dσ over the time of the step, exactly?"),
        TableBlock(("t", "−dI/dσ before", "after", "its integral", "lost in step t"), tuple(rows)),
        Facts((("integral and loss", "their enclosures meet at every t shown" if all(meet) else "do NOT meet"),)),
        Prose(
            "The sum in the formula is the score entropy, which SEDD trains on, at the true score; the integral is "
            "enclosed by quadrature, the loss comes from two informations. So many small steps cost what one large "
            "step costs: the loss depends on where the noise begins and ends, not on how it is cut."
        ),
    )


def _float(quantity: Quantity) -> float:
    """Return a number as a float, for a bar."""
    return float(quantity.enclosed(15, "nats"))


def _short(x: Fraction) -> str:
    """Return a fraction as it is, or as a decimal where that is too long for a table."""
    exact = str(x) if x.denominator < MAX_DENOMINATOR else ""
    return exact if 0 < len(exact) <= 9 else f"≈{float(x):.5g}"


BETA = probability("beta", "1/5", "redraw", REDRAW)

PAGES = (
    Page(
        "information-flow",
        "Down it goes",
        "I(x0;x_t) step by step: each loss proved, all of them adding up",
        information_flow,
        (
            count("K", 4, 2, 26, "states", "one state holds no information to lose; letters end at 26"),
            BETA,
            count("T", 12, 1, 64, "steps", STEPS),
        ),
    ),
    Page(
        "entropy-flow",
        "More, less random",
        "H(x_t) may rise and fall while the information only falls",
        entropy_flow,
        (probability("beta", "1/5", "noise a step", REDRAW), count("T", 12, 1, 64, "steps", STEPS)),
    ),
    Page(
        "score",
        "Which way is up",
        "with the noise known, the ratios p_t(y)/p_t(x) give the reverse",
        score,
        (
            Parameter(
                "beta",
                Fraction(1, 5),
                Fraction(0),
                Fraction(1),
                "redraw",
                "with β = 1 a step forgets everything: Q_t has no inverse, and no ratio at t tells what was before",
                open="high",
            ),
            count(
                "t", 2, 1, 8, "time", "a step leads from t−1 to t: the first is 1, and after 8 the numbers grow long"
            ),
        ),
    ),
    Page(
        "continuous-time",
        "Without pause",
        "the loss of a step is the integral of the score entropy",
        continuous_time,
        (
            Parameter(
                "beta",
                Fraction(1, 5),
                Fraction(1, 100),
                Fraction(9, 10),
                "redraw",
                "with β = 0 no time passes, and past 9/10 a step or two lose all",
            ),
            count(
                "T",
                6,
                2,
                12,
                "steps",
                "at σ = 0 the score entropy is infinite, so the page begins with step 2, and it has room for few",
            ),
        ),
    ),
)
