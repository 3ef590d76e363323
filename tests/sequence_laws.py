"""Laws of sequences for tests: strategies, chains written out, and entropies straight from the definition."""

from fractions import Fraction
from itertools import pairwise, product

from hypothesis import strategies as st

from markovdiff.arithmetic.logform import LogForm, log
from markovdiff.sequences.curve import InformationCurve
from markovdiff.sequences.markov_entropies import MarkovEntropies

STAYS = [["9/10", "1/10"], ["1/10", "9/10"]]


def markov(initial, rows, length):
    """The curve of a chain by the O(L²) formula."""
    return InformationCurve(MarkovEntropies(tuple(map(Fraction, initial)), tuple(map(tuple, exact(rows))), length))


def exact(rows):
    return [[Fraction(x) for x in row] for row in rows]


def written_out(initial, rows, length):
    """The same chain as a mapping of its sequences to probabilities."""
    P, law = exact(rows), {}
    for x in product(range(len(initial)), repeat=length):
        weight = Fraction(initial[x[0]])
        for a, b in pairwise(x):
            weight *= P[a][b]
        law[x] = weight
    return law


def entropy(weights):
    """H of integer or rational weights, as a LogForm, straight from the definition."""
    total = sum(weights)
    return sum((-log(Fraction(w) / total) * (Fraction(w) / total) for w in weights if w), LogForm())


def projection(law, positions):
    found = {}
    for x, w in law.items():
        key = tuple(x[i] for i in positions)
        found[key] = found.get(key, 0) + w
    return found


def conditional(law, i, given):
    """H(x^i | x^S) as the mean, over what S may show, of the entropy of what is left: no difference of entropies."""
    seen = projection(law, given)
    total = sum(law.values())
    parts = LogForm()
    for s, w in seen.items():
        agreeing = {x: v for x, v in law.items() if tuple(x[k] for k in given) == s}
        if w:
            parts += entropy(projection(agreeing, [i]).values()) * (Fraction(w) / total)
    return parts


laws = st.integers(1, 4).flatmap(
    lambda L: st.dictionaries(st.tuples(*[st.integers(0, 2)] * L), st.integers(0, 5), min_size=1, max_size=12).filter(
        lambda law: any(law.values())
    )
)


@st.composite
def chains(draw):
    """(initial, rows, L) of small chains, with zeros: periodic, reducible and deterministic ones too."""
    K = draw(st.integers(1, 3))

    def distribution():
        weights = draw(st.lists(st.integers(0, 4), min_size=K, max_size=K).filter(any))
        return [Fraction(w, sum(weights)) for w in weights]

    return distribution(), [distribution() for _ in range(K)], draw(st.integers(1, 5))
