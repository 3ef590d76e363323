"""Two variables: what one tells about the other, and that processing only loses it. Exact, in bits."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import product

import markovdiff as md
from markovdiff.learn.blocks import Ask, Bar, Block, Facts, Formula, Prose, TableBlock, bits
from markovdiff.learn.page import Page, Values, probability

Joint = list[list[Fraction]]


def flipped(p: Fraction, e: Fraction) -> Joint:
    """Return the joint law of a coin and of the same coin seen through a channel that flips it with probability e."""
    return [[p * (1 - e), p * e], [(1 - p) * e, (1 - p) * (1 - e)]]


def mutual_information(values: Values) -> Sequence[Block]:
    """Build the page on I(X;Y), by a KL and by three differences of entropies."""
    joint = flipped(values["p"], values["e"])
    X, Y = [sum(row) for row in joint], [sum(column) for column in zip(*joint, strict=True)]
    H_X, H_Y, H_XY = md.entropy(X), md.entropy(Y), md.joint_entropy(joint)
    cells = [x for row in joint for x in row]
    apart = md.kl(cells, [a * b for a in X for b in Y])
    ways = (
        ("KL( p(x,y) ‖ p(x)p(y) )", apart),
        ("H(X) − H(X|Y)", H_X - md.conditional_entropy(joint)),
        ("H(Y) − H(Y|X)", H_Y - md.conditional_entropy(joint, given="rows")),
        ("H(X) + H(Y) − H(X,Y)", H_X + H_Y - H_XY),
    )
    same = all(value == ways[0][1] for _, value in ways)
    itself = md.mutual_information([[X[0], 0], [0, X[1]]])
    independent = all(joint[i][j] == X[i] * Y[j] for i, j in product(range(2), repeat=2))
    return (
        Prose(
            f"X is heads with probability {values['p']}. You see Y: X, but flipped with probability {values['e']}. How "
            "many bits does Y tell about X? Four people compute it in four ways."
        ),
        Ask("Whose answer is the largest? And which flip probability leaves nothing?"),
        Facts(tuple((name, bits(value)) for name, value in ways)),
        Prose(
            f"Equal, all four: {'decided' if same else 'NO'}. The first says why I ≥ 0, and that I = 0 exactly when X "
            "and Y are independent. The others say that X tells of Y what Y tells of X."
        ),
        Facts(
            (
                ("I(X;X)", bits(itself)),
                ("H(X)", bits(H_X)),
                ("I(X;Y) = 0", "yes: p(x,y) = p(x)p(y) in every cell" if independent else "no: not independent"),
            )
        ),
        Prose(
            "X tells everything about itself, H(X): no Y tells more. A flip of 1/2 leaves nothing: Y is then a fair "
            "coin, whatever X is. Independence was tested on the fractions, with no logarithm: nearly nothing is not "
            "taken for nothing."
        ),
    )


def data_processing(values: Values) -> Sequence[Block]:
    """Build the page on I(X;Z) ≤ I(X;Y) in a chain of two channels, and on what memory does."""
    p, a, b = values["p"], values["a"], values["b"]
    XY = flipped(p, a)
    XZ = flipped(p, a * (1 - b) + (1 - a) * b)
    law = {(x, y, z): XY[x][y] * (1 - b if y == z else b) for x, y, z in product(range(2), repeat=3)}
    YZ = [[sum((law[x, y, z] for x in range(2)), Fraction(0)) for z in range(2)] for y in range(2)]
    H_X = md.entropy([p, 1 - p])
    I_XY, I_XZ = md.mutual_information(XY), md.mutual_information(XZ)
    lost = I_XY - I_XZ
    rows = tuple(
        (name, bits(value), Bar(_left_and_lost(value, H_X), 30))
        for name, value in (("I(X;X)", H_X), ("I(X;Y)", I_XY), ("I(X;Z)", I_XZ))
    )
    return (
        Prose(
            f"X → Y → Z: Y is X flipped with probability {a}, Z is Y flipped with probability {b}. Z knows of X only "
            "what Y told it."
        ),
        Formula(("I(X;Z) ≤ I(X;Y)         lost: I(X;Y) − I(X;Z) = I(X;Y|Z) ≥ 0",)),
        Ask("Can any treatment of Z bring back what the second channel lost: a clever filter, a huge network?"),
        TableBlock(("", "bits", "left █   lost ▒"), rows),
        Facts(
            (
                ("I(X;Y) − I(X;Z)", bits(lost)),
                ("I(X;Y|Z)", bits(conditional_information(law))),
                ("I(Y;Z)", bits(md.mutual_information(YZ))),
            )
        ),
        Prose(
            "The first two agree: the loss is what Y still knew of X when Z is known. A filter only adds an arrow, "
            "Z → W, and falls under the same inequality."
        ),
        Prose(
            "The inequality needs the chain. Let the second box look back at X and set Z = X: then I(X;Z) = H(X) "
            "again. `markovdiff verify memory` finds such a rise and proves it."
        ),
    )


def _left_and_lost(left: md.LogForm, of: md.LogForm) -> tuple[float, float]:
    """Return the fractions kept and lost; both are 0 when there was no information."""
    top = float(of) or 1.0
    return float(left) / top, float(of - left) / top


def conditional_information(law: dict[tuple[int, int, int], Fraction]) -> md.LogForm:
    """Build the page on I(X;Y|Z) = H(X,Z) + H(Y,Z) − H(X,Y,Z) − H(Z), each from its own marginal."""

    def H(*axes: int) -> md.LogForm:
        marginal: dict[tuple[int, ...], Fraction] = {}
        for cell, mass in law.items():
            key = tuple(cell[k] for k in axes)
            marginal[key] = marginal.get(key, Fraction(0)) + mass
        return md.entropy(list(marginal.values()))

    return H(0, 2) + H(1, 2) - H(0, 1, 2) - H(2)


PAGES = (
    Page(
        "mutual-information",
        "What Y tells of X",
        "mutual information four ways, and that they are one number",
        mutual_information,
        (probability("p", "1/2", "heads"), probability("e", "1/10", "flip")),
    ),
    Page(
        "data-processing",
        "Lost for good",
        "X → Y → Z: what a channel has lost no processing brings back",
        data_processing,
        (probability("p", "1/2", "heads"), probability("a", "1/10", "first flip"), probability("b", "1/5", "second")),
    ),
)
