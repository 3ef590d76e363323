"""What a notebook shows never fails and is short; the notebook that ships runs, and its outputs are current."""

from __future__ import annotations

from fractions import Fraction
from html.parser import HTMLParser
from typing import Any

import notebook
import pytest

import markovdiff as md
from markovdiff.arithmetic.quantity import Enclosed
from markovdiff.study.result import Elbo
from markovdiff.study.shipped import shipped_scenarios

SHORT = 12_000
"""Characters of HTML."""


class Markup(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: Any) -> None:  # noqa: ARG002
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read(html: str) -> str:
    """Return the text of markup that is balanced and short."""
    assert len(html) < SHORT
    markup = Markup()
    markup.feed(html)
    assert not markup.open
    return markup.text


@pytest.mark.parametrize("name", shipped_scenarios())
def test_whatever_ships_shows_itself(name: str) -> None:
    """Scenario and chain of all that ships, the marginals where the chain is small."""
    study = md.load(name)
    assert study.title in read(study._repr_html_())
    chain = study.chain()
    assert ("Marginals" in read(chain._repr_html_())) == (chain.K <= 8)


@pytest.mark.parametrize("name", ["jump-masked", "two-state", "memory", "elbo-d3pm"])
@pytest.mark.parametrize("arithmetic", ["exact", "ball", "float"])
def test_a_result_shows_itself(name: str, arithmetic: Any) -> None:
    """Steps, ledger and verdicts, in every arithmetic."""
    result = md.run(md.load(name).with_options(arithmetic=arithmetic))
    text = read(result._repr_html_())
    assert all(check.check in text for check in result.checks)
    assert ("L = −ELBO" in read(result.elbo._repr_html_())) == (result.elbo.nll is not None)


def test_empty_and_partial_ones_do_not_fail() -> None:
    """A result that was interrupted, a ledger without totals, numbers that are none."""
    result = md.run(md.load("two-state"))
    begun = md.Result(result.version, "bits", result.arithmetic, result.scenario, result.steps[:1], partial=True)
    assert "interrupted" in read(begun._repr_html_())
    assert "no ledger" in read(Elbo()._repr_html_())
    assert Enclosed("inf", words="q(<x>) = 0")._repr_html_() == "inf q(&lt;x&gt;) = 0"
    assert Enclosed("0.5", "0.5", "0.5", "1/2")._repr_html_() == "0.5 = 1/2"
    assert "in [0.3, 0.4]" in Enclosed("0.33", "0.3", "0.4")._repr_html_()


def test_words_are_escaped() -> None:
    """No markup comes from a title, a description or a label."""
    bad = "<script>x</script>"
    study = md.load("two-state").replace(
        {"title": bad, "description": bad, "data.states": [bad, "b"], "noise.steps": 2}
    )
    for html in (study._repr_html_(), study.chain()._repr_html_(), md.run(study)._repr_html_()):
        assert bad in read(html)
        assert "<script" not in html


def test_a_logarithm_is_a_formula() -> None:
    r"""Exact with \log where it is short, else its first digits, marked."""
    assert md.log(2)._repr_latex_() == r"$\log 2$"
    assert (-md.log(2) / 3 + md.log(5) * 4)._repr_latex_() == r"$-\frac{1}{3} \log 2 + 4 \log 5$"
    assert (md.log(4) - 2 * md.log(2))._repr_latex_() == "$0$"
    assert md.INFINITY._repr_latex_() == r"$\infty$"
    long = md.entropy([Fraction(k, 5050) for k in range(1, 101)])
    assert long._repr_latex_().startswith(r"$\approx 4.4")
    tiny = md.log(1 + Fraction(1, 7**200))
    assert tiny._repr_latex_().startswith(r"$\approx ")
    assert tiny._repr_latex_().endswith(r"\cdot 10^{-170}$")
    assert md.log(1 + Fraction(1, 7**2000))._repr_latex_() == r"$\text{a sum of 2 logarithms}$"


def test_a_sweep_shows_its_first_rows() -> None:
    """Ten rows of it, and how many there are."""
    table = md.sweep({"base": "two-state", "grid": {"noise.steps": list(range(1, 13))}}, workers=1)
    assert "12 points, the first 10" in read(table._repr_html_())


def test_the_notebook_runs_and_is_current() -> None:
    """Each cell runs, in order, and gives the output that the file has."""
    assert notebook.renewed() == notebook.PAGE.read_text(encoding="utf-8"), f"out of date: run `{notebook.COMMAND}`"
