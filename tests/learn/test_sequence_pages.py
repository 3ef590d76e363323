"""The pages on sequences: their numbers by the definition, and their words where no number says it."""

from __future__ import annotations

from fractions import Fraction

import pytest

import markovdiff as md
from markovdiff.learn.blocks import Facts, NumberText, TableBlock
from markovdiff.learn.contents import find
from markovdiff.learn.layout import layout


def block(topic: str, kind: type, **values: str) -> object:
    built = find(topic).build({name: Fraction(x) for name, x in values.items()})
    return next(b for b in built if isinstance(b, kind))


@pytest.mark.parametrize("p", ["1/2", "1/3", "0", "1", "4999/9973"])
def test_two_words_at_once_lose_their_mutual_information(p: str) -> None:
    """The loss is I(x^1; x^2) = KL(q ‖ product of marginals), and what is wrong has probability 2p(1 − p)."""
    facts, table = block("parallel", Facts, p=p), block("parallel", TableBlock, p=p)
    assert isinstance(facts, Facts)
    assert isinstance(table, TableBlock)
    share = Fraction(p)
    lost = facts["lost at once, the words' I"]
    assert isinstance(lost, NumberText)
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
    text = [line.text for part in layout(find("best-blocks"), find("best-blocks").defaults) for line in part]
    assert "    best    2.310705  4 5 6 7 8 9 11 14" in text
    assert any(line.split()[:2] == ["equal", "2.798513"] for line in text)
    assert any(line.split()[:2] == ["cosine", "2.594731"] for line in text)


def test_the_path_is_forgotten_as_the_reference_says() -> None:
    """½(00) + ½(11), masked, two steps: excess 1/2, KL 2 − log2 3, and a quarter never occurs."""
    table = block("bound-and-sampler", TableBlock, agree="1", T="8")
    assert isinstance(table, TableBlock)
    rows = dict(zip(table.column("n"), zip(*map(table.column, table.head[1:4]), strict=True), strict=True))
    excess, kl, outside = rows[2]
    assert isinstance(excess, NumberText)
    assert isinstance(kl, NumberText)
    assert excess.value.form() == md.log(2) / 2  # type: ignore[union-attr]
    assert kl.value.form() == 2 * md.log(2) - md.log(3)  # type: ignore[union-attr]
    assert outside == Fraction(1, 4)
    assert rows[8][2] == Fraction(1, 16)


def test_what_is_counted_twice_gets_worse_as_the_reference_says() -> None:
    """Two bits agreeing 9/10, uniform noise: the plug-in bound rises with T, the other's halves."""
    table = block("plug-in", TableBlock)
    assert isinstance(table, TableBlock)
    rows = {row[0]: [cell.digits() for cell in row[1:] if isinstance(cell, NumberText)] for row in table.rows}
    assert rows[4] == ["0.3006174", "0.1125413", "0.1931563", "0.09625490"]
    assert rows[8] == ["0.3855789", "0.08573199", "0.09964626", "0.02805912"]
    assert rows[16] == ["0.5025859", "0.1052326", "0.05028998", "0.007248254"]
