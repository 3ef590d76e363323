"""Every page, whatever is set, is a page: it builds, it fits, it asks before it tells."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product

import pytest
from rich.cells import cell_len

from markovdiff.errors import InputError
from markovdiff.learn.blocks import Ask, Bar, Facts, Number, Table
from markovdiff.learn.contents import SECTIONS, after, find, pages
from markovdiff.learn.page import HEIGHT, WIDTH, Page, Parameter
from markovdiff.learn.sheet import Line, listing, sheet, table_of_contents

NAMES = list(pages())
FINE = Fraction(1, 9973)
"""A step from an open end; a prime of four digits makes the longest fractions that may be set."""

BROKEN = ("NOT", "NO ", "FAIL", "DIFFER", "nan", "None", "violated")
"""How a page would say that a theorem failed, or show that it has no number."""


def extremes(parameter: Parameter) -> list[Fraction]:
    """Both ends, or just inside them, and the default."""
    low = parameter.low + (FINE if parameter.open in ("low", "both") else 0)
    high = parameter.high - (FINE if parameter.open in ("high", "both") else 0)
    return sorted({low, parameter.default, high})


def settings(page: Page) -> Iterator[dict[str, Fraction]]:
    """The defaults, every combination of ends, and the awkward middle."""
    yield page.defaults
    moved = [parameter for parameter in page.parameters if parameter.name != "seed"]
    for values in product(*((min(extremes(p)), max(extremes(p))) for p in moved)):
        yield {**page.defaults, **dict(zip([p.name for p in moved], values, strict=True))}
    awkward = {p.name: Fraction(4999, 9973) for p in page.parameters if not p.whole and p.low <= 0 and p.high >= 1}
    yield {**page.defaults, **awkward}


def lines_of(page: Page, values: dict[str, Fraction]) -> list[Line]:
    return [line for stretch in sheet(page, values) for line in stretch]


@pytest.mark.parametrize("name", NAMES)
def test_every_page_fits_and_holds_whatever_is_set(name: str) -> None:
    """At the defaults, at every extreme, with long fractions: at most 80 columns and 23 lines, no verdict broken."""
    page = find(name)
    for values in settings(page):
        lines = lines_of(page, values)
        assert len(lines) <= HEIGHT, values
        wide = [line.text for line in lines if cell_len(line.text) > WIDTH]
        assert not wide, values
        text = " ".join(line.text for line in lines)
        assert not [bad for bad in BROKEN if bad in text], values


@pytest.mark.parametrize("name", NAMES)
def test_a_page_asks_before_it_tells(name: str) -> None:
    """There is one question (the notation has none), numbers come after it, and they are there."""
    blocks = find(name).build()
    asked = [k for k, block in enumerate(blocks) if isinstance(block, Ask)]
    told = [k for k, block in enumerate(blocks) if isinstance(block, Facts | Table)]
    assert told
    assert len(asked) == (name != "notation")
    assert all(k > asked[0] for k in told if asked)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_page_twice_is_the_same(name: str) -> None:
    """A page is a function of its values, dice included."""
    page = find(name)
    assert sheet(page, page.defaults) == sheet(page, page.defaults)


@pytest.mark.parametrize("name", NAMES)
def test_a_setting_changes_the_page(name: str) -> None:
    """Every parameter matters: some extreme of it shows other numbers, or other words."""
    page = find(name)
    usual = [block.lines() for block in page.build()]
    for parameter in page.parameters:
        others = [[b.lines() for b in page.build({parameter.name: value})] for value in extremes(parameter)]
        assert any(other != usual for other in others), parameter.name


def test_defaults_are_values_that_may_be_set() -> None:
    """What holds unless it is set passes the page's own reading."""
    for page in pages().values():
        assert page.read(f"{name}={value}" for name, value in page.defaults.items()) == page.defaults


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
    table = Table(("n", "word", "x"), ((1, "a", 0.5), (100, "bc", Fraction(1, 3))))
    assert table.lines() == ["    n  word    x", "    1  a     0.5", "  100  bc    1/3"]
    assert table.column("n") == (1, 100)


def test_a_float_is_labelled_and_an_exact_number_is_not() -> None:
    """Whoever reads a page can tell what is certified from what is not."""
    facts = Facts((("a", Number(0.5, "nats")), ("b", 0.5), ("c", Fraction(1, 2)), ("d", "word")))
    assert facts.lines() == ["  a ≈ 0.5 nats  (float)", "  b ≈ 0.5  (float)", "  c = 1/2", "  d   word"]


@pytest.mark.parametrize(
    ("shares", "drawn"), [((0.0,), ""), ((1.0,), "████"), ((0.28125,), "█▏"), ((0.25, 0.5), "█▒▒")]
)
def test_bars_are_as_long_as_their_numbers(shares: tuple[float, ...], drawn: str) -> None:
    """To an eighth of a column alone, to a column in company."""
    assert Bar(shares, 4).text() == drawn


@pytest.mark.parametrize("name", NAMES)
def test_a_page_leaves_a_line_for_the_answer(name: str) -> None:
    """Asked for one line less, a page gives up a blank line, where it has one."""
    page = pages()[name]
    usual, asking = sheet(page, page.defaults), sheet(page, page.defaults, HEIGHT - 1)
    before, after = (sum(len(part) for part in parts) for parts in (usual, asking))
    words = [[line.text for part in parts for line in part if line.role != "blank"] for parts in (usual, asking)]
    assert words[0] == words[1]
    assert after == min(before, max(HEIGHT - 1, len(words[0])))
