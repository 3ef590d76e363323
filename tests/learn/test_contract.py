"""What every page of the chapter keeps to, whatever is set. A page that is added to a section's PAGES is tested here.

It fits a small terminal, asks before it tells, shows other numbers for each key that may be set, and computes every
number that it can. What a page claims in words has its own test in test_claims.py.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cache
from itertools import product
from pathlib import Path

import pytest
from rich.cells import cell_len

import markovdiff.learn
from markovdiff.cli import main
from markovdiff.errors import InputError
from markovdiff.learn.blocks import Ask, Block, Facts, TableBlock
from markovdiff.learn.contents import find, pages
from markovdiff.learn.layout import Line, layout
from markovdiff.learn.page import HEIGHT, WIDTH, Page, Parameter

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


@cache
def usual(name: str) -> list[list[Line]]:
    """A page at its defaults, laid out once for all tests."""
    return layout(find(name), find(name).defaults)


@cache
def built(name: str) -> Sequence[Block]:
    """The blocks of a page at its defaults, built once for all tests."""
    return find(name).build()


@pytest.mark.parametrize("all_of_them", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["some", "all"])
@pytest.mark.parametrize("name", NAMES)
def test_every_page_fits_and_holds_whatever_is_set(name: str, all_of_them: bool) -> None:
    """At the defaults, at every extreme, with long fractions: at most 80 columns and 23 lines, no verdict broken.

    Daily at the defaults and with long fractions, or at one extreme where no fraction may be set.
    """
    page = find(name)
    first, *rest = settings(page)
    for values in [first, *(rest if all_of_them else rest[-1:])]:
        lines = [line for stretch in (usual(name) if values is first else layout(page, values)) for line in stretch]
        assert len(lines) <= HEIGHT, values
        wide = [line.text for line in lines if cell_len(line.text) > WIDTH]
        assert not wide, values
        text = " ".join(line.text for line in lines)
        assert not [bad for bad in BROKEN if bad in text], values


@pytest.mark.parametrize("name", NAMES)
def test_a_page_asks_before_it_tells(name: str) -> None:
    """There is one question (the notation has none), numbers come after it, and they are there."""
    blocks = built(name)
    asked = [k for k, block in enumerate(blocks) if isinstance(block, Ask)]
    told = [k for k, block in enumerate(blocks) if isinstance(block, Facts | TableBlock)]
    assert told
    assert len(asked) == (name != "notation")
    assert all(k > asked[0] for k in told if asked)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.slow
def test_the_same_page_twice_is_the_same(name: str) -> None:
    """A page is a function of its values, dice included."""
    assert layout(find(name), find(name).defaults) == usual(name)


@pytest.mark.parametrize("name", NAMES)
def test_a_setting_changes_the_page(name: str) -> None:
    """Every parameter matters: some extreme of it shows other numbers, or other words."""
    page = find(name)
    default = [block.lines() for block in built(name)]
    for parameter in page.parameters:
        moved = (value for value in extremes(parameter) if value != parameter.default)
        others = ([b.lines() for b in page.build({parameter.name: value})] for value in moved)
        assert any(other != default for other in others), parameter.name


def test_defaults_are_values_that_may_be_set() -> None:
    """What holds unless it is set passes the page's own reading."""
    for page in pages().values():
        assert page.read(f"{name}={value}" for name, value in page.defaults.items()) == page.defaults


@pytest.mark.parametrize("name", NAMES)
def test_a_page_leaves_a_line_for_the_answer(name: str) -> None:
    """Asked for one line less, a page gives up a blank line, where it has one."""
    page = pages()[name]
    asking = layout(page, page.defaults, HEIGHT - 1)
    before, after = (sum(len(part) for part in parts) for parts in (usual(name), asking))
    words = [[line.text for part in parts for line in part if line.role != "blank"] for parts in (usual(name), asking)]
    assert words[0] == words[1]
    assert after == min(before, max(HEIGHT - 1, len(words[0])))


@pytest.mark.parametrize("name", NAMES)
def test_the_command_prints_the_page(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`learn NAME` ends with status 0, and every line of the page is there in its order."""
    assert main(["learn", name]) == 0
    out, at = capsys.readouterr().out, 0
    for line in (line for stretch in usual(name) for line in stretch):
        at = out.index(line.text, at) + len(line.text)


LISTS = [(name, array.name) for name in NAMES for array in find(name).arrays]


@pytest.mark.parametrize(("name", "key"), LISTS)
def test_a_list_that_is_set_changes_the_page(name: str, key: str) -> None:
    """The example that the page itself gives is taken, and then other numbers or other words are shown."""
    page = find(name)
    (array,) = [array for array in page.arrays if array.name == key]
    values = page.read([array.example])
    assert [block.lines() for block in page.build(values)] != [block.lines() for block in built(name)]
    with pytest.raises(InputError, match="such as " + re.escape(array.example)):
        page.read([f"{key}=1/2"])


@pytest.mark.parametrize("name", NAMES)
def test_a_key_is_a_number_or_refused_in_words(name: str) -> None:
    """Every key of every page says what is wrong with a word in place of a number, and where."""
    for key in find(name).keys:
        with pytest.raises(InputError) as refused:
            find(name).read([f"{key}=often"])
        assert refused.value.where == f"--set {key}"
        assert refused.value.expected


def written(path: Path) -> Iterator[str]:
    """The words of a module that a page may show: its strings, without docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node.value


def test_no_decimal_is_typed_where_it_can_be_computed() -> None:
    """No decimal stands in the words of a page, but for a half in code, how one is written, and papers on arXiv."""
    room = Path(markovdiff.learn.__file__).parent
    found = {
        (path.name, decimal)
        for path in room.glob("*.py")
        for words in written(path)
        for decimal in re.findall(r"\d+\.\d+", re.sub(r"\b\d{4}\.\d{5}\b", "", words))
    }
    assert found == {("normals.py", "0.5"), ("page.py", "0.1234")}
