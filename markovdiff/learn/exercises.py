"""The chapter's exercises with their solutions, to be run again with other numbers, and the challenge."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import pi, sqrt
from typing import TYPE_CHECKING

import markovdiff as md
from markovdiff.errors import InternalError
from markovdiff.learn import normals
from markovdiff.learn.blocks import Ask, Bar, Block, Cell, Facts, Formula, Prose, TableBlock, bits, nats
from markovdiff.learn.bound import BETA, EPS, NO_PATHS, derived, finite, ledger_steps, small_chain
from markovdiff.learn.chains import few, informations, uniform_chain
from markovdiff.learn.diffusion import REDRAW, STEPS
from markovdiff.learn.normals import SEED
from markovdiff.learn.page import Page, Parameter, Values, count, probability

if TYPE_CHECKING:
    from markovdiff.arithmetic.quantity import Quantity


def triangular(values: Values) -> Sequence[Block]:
    """Build exercise 1: the entropy of p_k = k/Z."""
    from markovdiff.continuous.closed_forms import TRIANGULAR_DEFICIT, triangular_deficit_bounds, triangular_entropy

    K = int(values["K"])
    rows = []
    for k in sorted({4, 64, 1024, K}):
        H = triangular_entropy(k)
        rows.append((k, bits(H), bits(md.log(k)), nats(md.log(k) - H)))
    low, high = triangular_deficit_bounds(K)
    gap = md.log(K) - triangular_entropy(K)
    inside = low.at_most(gap) and high.at_least(gap)
    return (
        Prose("Exercise 1. p_k = k/Z for k = 1 … K, Z = K(K+1)/2. Find the entropy, and how it grows with K."),
        Formula(("H = log Z − (1/Z) Σ k log k",)),
        Ask("The uniform law has log K. Does this one fall behind without end, or only so far?"),
        TableBlock(("K", "H, bits", "log2 K", "log K − H, nats"), tuple(rows)),
        Facts(
            (
                (f"H at K = {K}", bits(triangular_entropy(K))),
                ("log 2 − 1/2", f"≈ {agreed(*TRIANGULAR_DEFICIT.enclosure(20))} nats"),
                ("bounds at this K", "hold, decided" if inside else "FAIL"),
            )
        ),
        Prose(
            "Only so far: the gap tends to log 2 − ½ nats. Compare Σ k log k with ∫ x log x = ½K² log K − ¼K²: x log x "
            "is convex, so the trapezoids lie above it, by at most ⅛ log K. Divide by Z ≈ ½K²: H = log(½K²) − log K "
            "+ ½ + small. Seen from afar p_k is the density 2x on [0, 1], whose h is ½ − log 2: the same constant."
        ),
    )


def agreed(lower: Fraction, upper: Fraction) -> str:
    """Return the seven decimals that both ends of an enclosure round to."""
    below, above = round(lower, 7), round(upper, 7)
    if below != above:
        raise InternalError("an enclosure too wide for seven decimals", got=f"{float(lower)} … {float(upper)}")
    return f"{float(below):.7f}"


def mixture(values: Values) -> Sequence[Block]:
    """Build exercise 3: KL(N(0,1) ‖ ½N(−a,1) + ½N(a,1)) by sampling and by quadrature."""
    from markovdiff.continuous.densities import mixture as mixed
    from markovdiff.continuous.densities import normal
    from markovdiff.continuous.quadrature import kl_by_quadrature
    from markovdiff.continuous.sampling import kl_by_sampling

    a, n, seed = values["a"], int(values["n"]), int(values["seed"])
    P, Q = normal(0, 1), mixed([1, 1], [-a, a], [1, 1])
    rows: list[tuple[Cell, ...]] = []
    for name, p, q in (("KL(P‖Q)", P, Q), ("KL(Q‖P)", Q, P)):
        truth, estimate = kl_by_quadrature(p, q), kl_by_sampling(p, q, n, seed)
        low, high = estimate.interval()
        integral = f"{truth.value:.12f}" if truth.digits >= 12 else f"{truth.value:.{max(truth.digits - 1, 1)}g}"
        rows.append((name, integral, f"{estimate.value:.5f}", f"{low:.5f} … {high:.5f}", low <= truth.value <= high))
    shown = tuple((*row[:4], "yes" if row[4] else "no") for row in rows)
    spread = sqrt(1 - 2 / pi)  # the standard deviation of |x| under P: far out log p − log q is a²/2 − a|x| + log 2
    return (
        Prose(f"Exercise 3. P = N(0, 1), Q = ½N(−{a}, 1) + ½N({a}, 1). Estimate KL(P‖Q) from {n} samples."),
        Formula(("KL(P‖Q) ≈ (1/n) Σ [ log p(x_i) − log q(x_i) ],   x_i drawn from P",)),
        Ask("log of a sum has no integral in closed form. What goes wrong with sampling: anything at all?"),
        TableBlock(("nats (float)", "by quadrature", "by samples", "95 % interval", "covers"), shown),
        Prose(
            "Little goes wrong. P sits between the peaks, where Q is low but nowhere 0: log p − log q is finite and "
            "grows no faster than |x|. The average settles like 1/√n; at large n about one interval in twenty "
            "misses. Try other seeds."
        ),
        Prose(
            "The quadrature is two rules that agree on every digit shown. Write log q with the larger peak taken "
            "out, log(e^u + e^v) = u + log(1 + e^(v−u)), or far from both q is 0 to a float, and the sum infinite."
        ),
        Prose(
            f"As the peaks part the summand grows as a²/2 and its spread as a, by {spread:.1f}·a from P and by a from "
            "Q: the interval widens. Its rate, 1/√n, stays."
        ),
    )


def two_state(values: Values) -> Sequence[Block]:
    """Build exercise 4: I(x0; x_t) of two states, in closed form and by the chain."""
    from markovdiff.continuous.closed_forms import two_state_information

    p, beta, T = values["p"], values["beta"], int(values["T"])
    weights = [p.numerator, p.denominator - p.numerator]
    known = informations(uniform_chain(weights, (beta,) * T))
    top = float(known[0].mutual_information.form()) or 1.0
    rows: list[tuple[Cell, ...]] = []
    agree = True
    for t in few(T, 5):
        now = known[t]
        formula = two_state_information(p, (1 - beta) ** t)
        agree = agree and formula == now.mutual_information.form()
        ratio: Cell = (
            ""
            if now.before is None or now.before.mutual_information.is_zero()
            else _ratio(now.mutual_information, now.before.mutual_information)
        )
        decided = "" if now.before is None else now.decay
        rows.append(
            (
                t,
                bits(now.mutual_information),
                ratio,
                decided,
                Bar((float(now.mutual_information.enclosed(15, "nats")) / top,), 26),
            )
        )
    falls = all(now.decay in ("strict", "equal") for now in known[1:])
    return (
        Prose(
            f"Exercise 4. Two states, x0 = a with probability {p}; a step redraws x evenly with probability "
            f"{beta}. Find I(x0;x_t), and verify that it falls."
        ),
        Formula(
            (
                "x_t differs from x0 with probability e = (1 − ᾱ_t)/2,   ᾱ_t = (1−β)^t",
                "I(x0;x_t) = H(x_t) − H(x_t|x0) = h( p(1−e) + (1−p)e ) − h(e)",
            )
        ),
        Ask("By which factor does I fall in a step, late in the chain: 1−β, its square, or faster?"),
        TableBlock(("t", "I(x0;x_t)", "I_t/I_{t−1}", "decided", ""), tuple(rows)),
        Facts(
            (
                ("(1−β)²", (1 - beta) ** 2),
                ("formula and chain", "equal at each t shown, decided" if agree else "DIFFER"),
                ("never rises", f"proved at each of {T} steps" if falls else "NO"),
            )
        ),
        Prose(
            "Near e = ½ h is a parabola, so I is quadratic in what is left, ᾱ_t: the factor tends to (1−β)². "
            "In floats the formula's late falls drown in rounding; these verdicts are exact."
        ),
    )


def _ratio(now: Quantity, before: Quantity) -> str:
    a, b = (Fraction(x.enclosed(15, "nats").value) for x in (now, before))
    return f"{float(a / b):.5f}"


def challenge(values: Values) -> Sequence[Block]:
    """Build the challenge: the decomposition of the ELBO, proved, and checked on a chain."""
    chain = small_chain(values)
    kept, found = ledger_steps(chain, values["eps"]), derived(chain, values["eps"])
    totals = kept.totals
    L, nll, H = finite(totals.negative_elbo), finite(totals.nll), finite(totals.data_entropy)
    same = L.form() == -found.elbo
    return (
        Prose("Challenge. From log p_θ(x0) = log Σ p_θ(x0, …, x_T), derive the three terms, and say when L = H(x0)."),
        Formula(
            (
                "1  log p_θ(x0) = log E_q[ w ],  w = p_θ(x0, …, x_T) / q(x_1, …, x_T | x0)",
                "2           ≥ E_q[ log w ]                                   (Jensen)",
                "3  log w = log π(x_T) + Σ_t log p_θ(x_{t−1}|x_t) − Σ_t log q(x_t|x_{t−1})",
                "4  q(x_t|x_{t−1}) = q(x_{t−1}|x_t,x0) q(x_t|x0) / q(x_{t−1}|x0)    (t ≥ 2)",
                "5  the q(x_t|x0) cancel but for q(x_T|x0); collect by t and average: what",
                "   has a q over its p_θ or π is a KL; t = 1 has none, −log p_θ(x0|x_1)",
            )
        ),
        Ask("Step 4 needs one property of the noise. Which? And what, exactly, does step 2 lose?"),
        Facts(
            (
                ("L by the path sums", bits(-found.elbo)),
                ("L by the three terms", bits(L)),
                ("L − NLL: step 2 loses", bits(found.gap)),
                ("NLL − H(x0) = KL(q(x0)‖p_θ)", bits(nll.minus(H))),
                ("Σ Δ_t + KL(p_T‖π)", bits(finite(totals.model_error).form() + finite(totals.prior_gap).form())),
            )
        ),
        Prose(
            f"The first two are {'equal, decided' if same else 'NOT equal'}. Step 4 is Bayes given x0, and needs "
            "Markov. Step 2 loses E KL(q(path|x0) ‖ p_θ(path|x0)). That and NLL − H(x0) make the last line: L = "
            "H(x0) just where each p_θ(x_{t−1}|x_t) is the Bayes reverse and π = p_T."
        ),
    )


PAGES = (
    Page(
        "exercise-1",
        "A lopsided die",
        "the entropy of p_k = k/Z, and how it grows with K",
        triangular,
        (count("K", 12, 1, 2000, "states", "a law needs a state; above 2000 the exact sum is long and says no more"),),
    ),
    *normals.PAGES,
    Page(
        "exercise-3",
        "Between two peaks",
        "KL(N(0,1) ‖ two peaks) by Monte Carlo: what happens, and why",
        mixture,
        (
            Parameter(
                "a",
                Fraction(2),
                Fraction(1, 4),
                Fraction(8),
                "peaks at ±a",
                "nearer than ¼ the two peaks are one, and Q nearly P; beyond 8 P's samples hardly ever see them",
            ),
            count(
                "n",
                10_000,
                2,
                200_000,
                "samples",
                "an average of no samples does not exist, one says nothing of its error, and a page cannot wait for "
                "more than 200000",
            ),
            SEED,
        ),
    ),
    Page(
        "exercise-4",
        "Two states",
        "I(x0;x_t) of a two-state diffusion in closed form, and its fall",
        two_state,
        (
            probability("p", "3/4", "x0 = a"),
            probability("beta", "1/10", "redraw", REDRAW),
            count("T", 24, 1, 64, "steps", STEPS),
        ),
    ),
    Page(
        "challenge",
        "Derive the ELBO",
        "the ELBO's decomposition, proved in five steps, and checked",
        challenge,
        (
            EPS,
            BETA,
            count("T", 3, 1, 4, "steps", NO_PATHS),
        ),
    ),
)
