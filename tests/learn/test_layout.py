"""The list of contents, and the blocks that pages are made of."""

from __future__ import annotations

from fractions import Fraction

import pytest
from rich.cells import cell_len

from markovdiff.errors import InputError
from markovdiff.learn.blocks import Bar, Facts, NumberText, TableBlock
from markovdiff.learn.contents import SECTIONS, after, find, pages
from markovdiff.learn.layout import listing, table_of_contents
from markovdiff.learn.page import HEIGHT, WIDTH

NAMES = list(pages())


def test_the_contents_fit_and_name_every_page() -> None:
    """The two columns fit a screen, and every page is in them, as in the list for pipes."""
    lines = table_of_contents()
    assert len(lines) <= HEIGHT
    assert all(cell_len(line.text) <= WIDTH for line in lines)
    shown = {word for line in lines for word in line.text.split()}
    assert set(NAMES) <= shown
    assert [line.split()[0] for line in listing()] == NAMES
    assert all(cell_len(line) <= 90 for line in listing())


def test_pages_follow_each_other_to_the_end() -> None:
    """From the first page `next` leads through all of them, section by section."""
    page, seen = pages()[NAMES[0]], []
    while page is not None:
        seen.append(page.name)
        page = after(page)
    assert seen == NAMES == [p.name for section in SECTIONS for p in section.pages]
    assert len(set(NAMES)) == len(NAMES)


def test_an_unknown_topic_names_the_nearest() -> None:
    """A misspelt topic is answered with the one that was meant."""
    with pytest.raises(InputError, match="did you mean 'entropy'"):
        find("entropie")
    with pytest.raises(InputError, match="see `markovdiff learn`"):
        find("zzz")


def test_cells_line_up() -> None:
    """A table's columns begin where their headings do, or end there."""
    table = TableBlock(("n", "word", "x"), ((1, "a", 0.5), (100, "bc", Fraction(1, 3))))
    assert table.lines() == ["    n  word    x", "    1  a     0.5", "  100  bc    1/3"]
    assert table.column("n") == (1, 100)


def test_a_float_is_labelled_and_an_exact_number_is_not() -> None:
    """Whoever reads a page can tell what is certified from what is not."""
    facts = Facts((("a", NumberText(0.5, "nats")), ("b", 0.5), ("c", Fraction(1, 2)), ("d", "word")))
    assert facts.lines() == ["  a ≈ 0.5 nats  (float)", "  b ≈ 0.5  (float)", "  c = 1/2", "  d   word"]


@pytest.mark.parametrize(
    ("shares", "drawn"), [((0.0,), ""), ((1.0,), "████"), ((0.28125,), "█▏"), ((0.25, 0.5), "█▒▒")]
)
def test_bars_are_as_long_as_their_numbers(shares: tuple[float, ...], drawn: str) -> None:
    """To an eighth of a column alone, to a column in company."""
    assert Bar(shares, 4).text() == drawn
