"""The pages on sequences: their numbers by the definition, and their words where no number says it."""

from __future__ import annotations

from fractions import Fraction

import pytest

import markovdiff as md
from markovdiff.learn.blocks import Facts, Number, Table
from markovdiff.learn.contents import find
from markovdiff.learn.sheet import sheet


def block(topic: str, kind: type, **values: str) -> object:
    built = find(topic).build({name: Fraction(x) for name, x in values.items()})
    return next(b for b in built if isinstance(b, kind))


@pytest.mark.parametrize("p", ["1/2", "1/3", "0", "1", "4999/9973"])
def test_two_words_at_once_lose_their_mutual_information(p: str) -> None:
    """The loss is I(x^1; x^2) = KL(q ‖ product of marginals), and what is wrong has probability 2p(1 − p)."""
    facts, table = block("parallel", Facts, p=p), block("parallel", Table, p=p)
    assert isinstance(facts, Facts)
    assert isinstance(table, Table)
    share = Fraction(p)
    lost = facts["lost at once, the words' I"]
    assert isinstance(lost, Number)
    q, apart = table.column("data"), table.column("drawn apart")
    assert lost.value.form() == md.kl(q, apart) == md.mutual_information([[share, 0], [0, 1 - share]])  # type: ignore[union-attr, arg-type]
    assert facts["sentences that never occur"] == 2 * share * (1 - share)


@pytest.mark.parametrize(
    ("values", "words"),
    [({}, "alone, decided"), ({"stay": "1/2"}, "one of 553270671 that are equal, decided")],
)
def test_the_best_blocks_say_whether_others_are_as_good(values: dict[str, str], words: str) -> None:
    """C(63, 7) block sizes tie where the symbols are independent; for a chain the best stands alone."""
    facts = block("best-blocks", Facts, **values)
    assert isinstance(facts, Facts)
    assert facts["the best is"] == words


def test_the_best_blocks_are_the_reference_values() -> None:
    """L = 64, stays 9/10, 8 stages."""
    text = [line.text for part in sheet(find("best-blocks"), find("best-blocks").defaults) for line in part]
    assert "    best    2.310705  4 5 6 7 8 9 11 14" in text
    assert any(line.split()[:2] == ["equal", "2.798513"] for line in text)
    assert any(line.split()[:2] == ["cosine", "2.594731"] for line in text)
