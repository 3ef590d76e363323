"""The ELBO: its three terms and where every bit of them goes, and the derivation line by line. Exact, in bits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

from markovdiff.errors import InternalError
from markovdiff.learn.blocks import Ask, Block, Cell, Facts, Formula, Prose, TableBlock, bits
from markovdiff.learn.chains import informations, uniform_chain
from markovdiff.learn.page import Page, Values, count, probability

if TYPE_CHECKING:
    from markovdiff.arithmetic.quantity import Quantity
    from markovdiff.engines.exact.information import Information
    from markovdiff.learn.derivation import Derivation
    from markovdiff.measures.ledger import Term, Totals
    from markovdiff.process.chain import Chain
    from markovdiff.process.reverse import ReverseModel


def small_chain(values: Values) -> Chain:
    """Return the chain of three letters, 4 : 2 : 1, redrawn evenly with probability β a step."""
    return uniform_chain([4, 2, 1], (values["beta"],) * int(values["T"]))


def imperfect(error: Fraction) -> ReverseModel:
    """Return a model that guesses x0 by the true posterior, mixed with a share of pure guessing."""
    from markovdiff.process.reverse import Posterior, PosteriorMixture

    return PosteriorMixture(Posterior(error))


@dataclass(frozen=True, eq=False)
class LedgerSteps:
    """A ledger that is closed: its steps and its totals, with a uniform prior."""

    steps: tuple[tuple[Information, Quantity, Quantity], ...]
    """For t = 1 … T what is known, the step's term, and the model's error in it."""
    totals: Totals[Term]


def ledger_steps(chain: Chain, error: Fraction) -> LedgerSteps:
    """Keep the ledger of the imperfect model, started from the uniform law."""
    from markovdiff.arithmetic.matrix import RationalMatrix
    from markovdiff.engines.exact.ledger import Ledger

    prior = RationalMatrix.from_rows([[Fraction(1, chain.K)] * chain.K])
    ledger = Ledger(chain, imperfect(error), prior, digits=15)
    steps = []
    for now in informations(chain):
        entry = ledger.observe(now)
        if entry is not None:
            steps.append((now, finite(entry.term), finite(entry.error)))
    return LedgerSteps(tuple(steps), ledger.conclude()[0])


def finite(term: Term) -> Quantity:
    """Return the term as a number: in these chains the model allows everything that the noise does."""
    from markovdiff.arithmetic.quantity import Quantity

    if not isinstance(term, Quantity):
        raise InternalError("a term that should be finite is not", got=term.words)
    return term


def elbo(values: Values) -> Sequence[Block]:
    """Build the page on the three terms, step by step, and on what the same total pays for."""
    chain = small_chain(values)
    kept, by_paths = ledger_steps(chain, values["eps"]), derived(chain, values["eps"])
    totals = kept.totals
    rows: list[tuple[Cell, ...]] = []
    for now, term, error in kept.steps:
        first = now.moment.t == 1
        paid = now.conditional_entropy if first else now.loss
        name = "reconstruction  L_0" if first else f"denoising  L_{now.moment.t - 1}"
        rows.append((name, bits(term), bits(paid), bits(error)))
    left = kept.steps[-1][0].mutual_information
    rows.append(
        (f"prior matching  L_{chain.T}", bits(finite(totals.prior)), bits(left), bits(finite(totals.prior_gap)))
    )
    total = finite(totals.negative_elbo)
    rows.append(
        ("L = −ELBO", bits(total), bits(finite(totals.data_entropy)), bits(total.minus(finite(totals.data_entropy))))
    )
    return (
        Prose(
            "A model is trained by L = −ELBO: reconstruct x0 from x_1, undo each step, end where the prior begins. "
            "Each term is an average over q."
        ),
        Formula(
            (
                "L = E[−log p_θ(x0|x_1)] + Σ E KL( q(x_{t−1}|x_t,x0) ‖ p_θ(x_{t−1}|x_t) )",
                "                        + E KL( q(x_T|x0) ‖ π )",
            )
        ),
        Ask("If the model were perfect, which of these terms would become 0?"),
        TableBlock(("term", "bits", "information", "+ own error"), tuple(rows)),
        Facts(
            (
                ("NLL, E[−log p_θ(x0)]", bits(finite(totals.nll))),
                ("L, listing all paths", "the same, decided" if total.form() == -by_paths.elbo else "NOT the same"),
            )
        ),
        Prose(
            "In general none. L_0 pays for H(x0|x_1), a denoising term for what its step destroyed, the prior for "
            "what is left, I(x0;x_T): together H(x0). Training can remove the errors of the steps; the prior's own, "
            "KL(p_T‖π), stays, for π is not trained. Try --set eps=0. H(x0) ≤ NLL ≤ L always."
        ),
    )


WORDS = {
    "likelihood": ("E log p_θ(x0)", "what we want"),
    "marginal": ("E log Σ p_θ(x0, …, x_T)", "sum over all paths to x0"),
    "expectation": ("E log E_q[ p_θ(path) / q(path|x0) ]", "times q over q"),
    "jensen": ("E E_q log[ p_θ(path) / q(path|x0) ]", "Jensen: log is concave"),
    "chain rule": ("E[ log π + Σ log R_t − Σ log Q_t ]", "Markov: steps multiply"),
    "bayes": ("… Q_t by posteriors given x0", "Bayes, given x0, t ≥ 2"),
    "three terms": ("−L_0 − Σ L_{t−1} − L_T", "q(x_t|x0) telescopes"),
    "ledger": ("−H(x0) − Σ Δ_t − KL(p_T‖π)", "what each term pays for"),
}
"""The lines of the derivation, shorter, and the reason of each."""


def derived(chain: Chain, error: Fraction) -> Derivation:
    """Return the derivation for the imperfect model, started from the uniform law."""
    from markovdiff.learn.derivation import derive_elbo

    model, moments = imperfect(error), list(chain.moments())
    reverse = [model.step(before, now).fractions() for before, now in pairwise(moments)]
    return derive_elbo(chain, reverse, [Fraction(1, chain.K)] * chain.K)


def derivation(values: Values) -> Sequence[Block]:
    """Build the page with each line of the derivation, its value, and its relation to the line before, decided."""
    chain = small_chain(values)
    found = derived(chain, values["eps"])
    rows = tuple(
        (f"{line.found or ' '} {bits(line.value).digits()}", *WORDS.get(line.name, (line.formula[:36], "")))
        for line in found.lines
    )
    return (
        Prose(
            f"A chain so small that all its {found.paths} paths x0 → … → x_{chain.T} can be listed. R_t is the model's "
            "step, Q_t the noise's. Each line is summed in its own way."
        ),
        Ask("One of these steps may lose something, all others only rewrite. Which one?"),
        TableBlock(("bits", "line", "because"), rows),
        Facts(
            (("lost at Jensen's line", bits(found.gap)), ("all as claimed", "yes, decided" if found.holds else "NO"))
        ),
        Prose(
            "That loss is E KL(q(path|x0) ‖ p_θ(path|x0)): how far the model's posterior over paths is from the "
            "noise. The last line is −L by what it pays for (see `elbo`)."
        ),
    )


NO_PATHS = "with no step there is no path; with T steps there are 3^(T+1), and they are listed: at most 4 steps"

EPS = probability(
    "eps", "1/4", "guessing", "eps is the share of pure guessing in the model: from none, 0, to nothing else, 1"
)
BETA = probability("beta", "1/4", "redraw", "β is the probability that a step redraws x: from none, 0, to all, 1")

PAGES = (
    Page(
        "elbo",
        "Three terms",
        "reconstruction, denoising, prior: and what each of them pays for",
        elbo,
        (
            EPS,
            BETA,
            count("T", 3, 1, 4, "steps", NO_PATHS),
        ),
    ),
    Page(
        "derivation",
        "Line by line",
        "from log p(x0) to a sum of KLs, each line with its exact value",
        derivation,
        (
            EPS,
            BETA,
            count("T", 3, 1, 4, "steps", NO_PATHS),
        ),
    ),
)
