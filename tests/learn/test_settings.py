"""What `--set` refuses, and that it says why."""

from __future__ import annotations

from fractions import Fraction

import pytest

from markovdiff.errors import InputError
from markovdiff.learn.contents import find, pages
from markovdiff.learn.layout import layout
from markovdiff.learn.page import MAX_DENOMINATOR


@pytest.mark.parametrize(
    ("topic", "setting", "says"),
    [
        ("entropy", "q=1/2", "no such number"),
        ("maximum", "k=3", "did you mean 'K'"),
        ("maximum", "tlit=1/2", "did you mean 'tilt'"),
        ("entropy", "p", "KEY=VALUE"),
        ("entropy", "=1/2", "no such number"),
        ("entropy", "p=", "not a rational number"),
        ("entropy", "p=often", "not a rational number"),
        ("entropy", "p=nan", "not a rational number"),
        ("entropy", "p=inf", "not a rational number"),
        ("entropy", "p=1/0", "division by zero"),
        ("entropy", "p=3/2", "a probability is a share"),
        ("entropy", "p=-1/2", "a probability is a share"),
        ("entropy", "p=1/10001", "a finer number"),
        ("entropy", "p=1e-400000000", "too long"),
        ("surprisal", "p=0", "log p needs p > 0"),
        ("cross-entropy", "q=0", "log q needs"),
        ("maximum", "K=1", "no choice"),
        ("maximum", "K=5/2", "counts something"),
        ("maximum", "K=10000000", "page says no more"),
        ("likelihood", "tails=0", "without data"),
        ("gaussians", "s=0", "a standard deviation is positive"),
        ("gaussian-maximum", "variance=-1", "a variance is an average of squares"),
        ("exercise-2", "rho=1", "positive definite"),
        ("exercise-3", "n=0", "an average of no samples"),
        ("score", "beta=1", "no inverse"),
    ],
)
def test_what_cannot_be_set_is_refused_with_the_reason(topic: str, setting: str, says: str) -> None:
    """Unknown keys, what is no number, what is out of range: each with a sentence, and where it was."""
    with pytest.raises(InputError) as refused:
        find(topic).read([setting])
    assert says in str(refused.value)
    assert "--set" in (refused.value.where or "")


@pytest.mark.parametrize(
    ("written", "value"), [("1/3", Fraction(1, 3)), ("0.1", Fraction(1, 10)), (" 1 ", Fraction(1))]
)
def test_a_number_is_exactly_what_was_written(written: str, value: Fraction) -> None:
    """A decimal is the decimal, not a float; blanks do not matter; and the last setting counts."""
    assert find("entropy").read(["p=1/7", f" p ={written}"]) == {"p": value}


def test_just_outside_is_outside() -> None:
    """Each end of each parameter: the end itself is in or out as it says, one step further is out."""
    step = Fraction(1, MAX_DENOMINATOR)
    for page in pages().values():
        for p in page.parameters:
            for end, inside, name in ((p.low, 1, "low"), (p.high, -1, "high")):
                if p.open in (name, "both"):
                    with pytest.raises(InputError):
                        page.read([f"{p.name}={end}"])
                else:
                    assert page.read([f"{p.name}={end}"])[p.name] == end
                with pytest.raises(InputError):
                    page.read([f"{p.name}={end - inside * (1 if p.whole else step)}"])


def test_every_refusal_has_its_own_words() -> None:
    """No parameter goes without a reason."""
    assert all(len(p.why.split()) >= 8 for page in pages().values() for p in page.parameters)


@pytest.mark.parametrize(("topic", "apart", "near"), [("forward-reverse", "d=3", "d=2"), ("modes", "gap=8", "gap=4")])
def test_a_page_claims_no_seeking_where_there_is_one_minimum(topic: str, apart: str, near: str) -> None:
    """Far peaks have a reverse minimum each; near ones share one, and then the page does not say that Q seeks."""
    page = find(topic)
    for setting, seeks in ((apart, True), (near, False)):
        words = " ".join(line.text.strip() for part in layout(page, page.read([setting])) for line in part)
        assert ("the lowest minimum is on one peak" in words) is seeks


@pytest.mark.parametrize(("topic", "setting"), [("forward-reverse", "d=5/2"), ("forward-reverse", "d=14/5")])
def test_a_page_says_where_covering_is_still_the_best(topic: str, setting: str) -> None:
    """At distances in between each peak has a minimum, and the one that covers both lies lower."""
    page = find(topic)
    words = " ".join(line.text.strip() for part in layout(page, page.read([setting])) for line in part)
    assert "(3 in reverse)" in words
    assert "the lowest minimum still covers both peaks" in words
