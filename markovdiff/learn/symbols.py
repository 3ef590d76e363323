"""The notation, each symbol with its value in one small chain, so that no definition stays abstract."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from markovdiff.learn.blocks import Block, Facts, Prose, TableBlock, bits
from markovdiff.learn.page import Page, Values, probability

ROOM = 18
"""Columns for a law in the table."""


def notation(values: Values) -> Sequence[Block]:
    """Build the page with every symbol of the chapter, on two states and two steps."""
    from markovdiff.engines.exact.information import Information
    from markovdiff.learn.chains import uniform_chain

    chain = uniform_chain([3, 1], (values["beta"],) * 2)
    now = list(chain.moments())[-1]
    rows = (
        ("x0, x_t", "the data; the data after t steps of noise", "a or b"),
        ("K, T", "states; steps", f"{chain.K}, {chain.T}"),
        ("p_0 = q(x0)", "the data's law", _row(chain.marginal(0))),
        ("Q_t[i,j]", "q(x_t=j | x_{t−1}=i); a row sums to 1", _row(chain.step(1)[0])),
        ("Qbar_t", "Q_1 ⋯ Q_t: q(x_t=j | x0=i)", _row(chain.cumulative(2)[0])),
        ("ᾱ_t", "Π (1−β): the share no noise has touched", _row((now.alpha_bar or Fraction(0),))),
        ("p_t", "q(x_t) = p_0 Qbar_t, the marginal", _row(chain.marginal(2))),
        ("R_t[j,i]", "a model's p_θ(x_{t−1}=i | x_t=j)", _row(chain.bayes_reverse(2)[0])),
        ("π", "p(x_T), where the reverse process starts", _row(chain.marginal(2))),
    )
    known = Information(now, None)
    return (
        Prose("The noise q runs forward, x0 → x_1 → … → x_T. The model p_θ runs back."),
        TableBlock(("symbol", "what it is", "here"), rows),
        Prose("(Q, Qbar, R: row a. R is the Bayes reverse and π is p_T: the best there are.)"),
        Facts(
            (
                ("H(x_2)", bits(known.entropy)),
                ("H(x0|x_2)", bits(known.conditional_entropy)),
                ("I(x0;x_2)", bits(known.mutual_information)),
            )
        ),
        Prose(
            "H is entropy, H(P,Q) cross-entropy, KL(P‖Q) divergence, I information; h belongs to a density. "
            "0·log 0 = 0. Bits unless nats are named; 1 nat = 1/log 2 bits."
        ),
    )


def _row(row: Sequence[Fraction] | None) -> str:
    """Return a law as fractions, or as decimals where those are too long for the table."""
    if row is None:
        return "none"
    exact = "  ".join(map(str, row))
    return exact if len(exact) <= ROOM else "≈ " + "  ".join(f"{float(x):.4f}" for x in row)


PAGES = (
    Page(
        "notation",
        "The symbols",
        "every symbol of the chapter, with its value in a small chain",
        notation,
        (probability("beta", "1/5", "noise a step", "β is the probability of a redraw: from none, 0, to all, 1"),),
    ),
)
