"""What is said of an answer is what a reader with the enclosures beside it would count."""

from __future__ import annotations

from fractions import Fraction

from chains import examples
from hypothesis import given
from hypothesis import strategies as st

from markovdiff.arithmetic.quantity import Enclosed
from markovdiff.bench.verify import SIX_DIGITS, Enclosure, Judgement, agree, relative, verify

F = Fraction


def point(x: object) -> Enclosure:
    return Enclosure(F(x), F(x))  # type: ignore[arg-type]


answers = st.none() | st.fractions(-2, 2, max_denominator=8)
bounds = st.tuples(*[st.fractions(0, 2, max_denominator=8)] * 2).map(lambda pair: Enclosure(min(pair), max(pair)))


@given(st.lists(st.tuples(answers, bounds), min_size=1, max_size=8))
@examples(300)
def test_counts_are_those_of_a_slow_reader(rows: list[tuple[Fraction | None, Enclosure]]) -> None:
    """Rises that the enclosures exclude, negative values and missing ones, counted one by one."""
    found = verify([v for v, _ in rows], [known for _, known in rows])
    rises = 0
    for t in range(1, len(rows)):
        (a, was), (b, now) = rows[t - 1], rows[t]
        if a is not None and b is not None and a < b and not now.upper > was.lower:
            rises += 1
    assert found.rises == rises
    assert found.negatives == len([v for v, _ in rows if v is not None and v < 0])
    assert found.missing == len([v for v, _ in rows if v is None])
    wrong = [t for t, (v, known) in enumerate(rows) if v is None or not six_digits(v, known)]
    assert found.wrong_from == (wrong[0] if wrong else None)
    assert found.is_right == (not wrong)


def six_digits(v: Fraction, known: Enclosure) -> bool:
    """Whether v is within 1e-6 of the upper bound's size of the enclosure."""
    return known.lower - SIX_DIGITS * known.upper <= v <= known.upper + SIX_DIGITS * known.upper


def test_inside_an_enclosure_nothing_is_wrong() -> None:
    """Whatever lies between the bounds may be the truth."""
    known = Enclosure(F(1, 4), F(1, 2))
    assert [relative(F(x), known) for x in ("1/4", "1/3", "1/2")] == [0, 0, 0]
    assert relative(F(1), known) == 1
    assert relative(F(0), known) == F(1, 2)


def test_where_the_truth_is_zero_only_zero_is_right() -> None:
    """A relative error has no bound there."""
    assert relative(F(0), point(0)) == 0
    assert relative(F(1, 10**300), point(0)) is None
    assert verify([F(1, 10**300)], [point(0)]).worst is None


def test_a_rise_is_false_only_where_it_is_proved_to_be() -> None:
    """Overlapping enclosures prove no fall; touching ones prove that there is no rise."""
    up = [F(1), F(2)]
    assert verify(up, [Enclosure(F(0), F(3)), Enclosure(F(0), F(3))]).rises == 0
    assert verify(up, [Enclosure(F(1), F(3)), Enclosure(F(0), F(1))]).rises == 1
    assert verify(up, [point(0), point(0)]).rises == 1


def test_what_is_sound() -> None:
    """Right to six digits, never rising, never negative: each of the three is needed."""
    assert Judgement(F(0), None, 0, 0).is_sound
    assert not Judgement(F(1), 3, 0, 0).is_sound
    assert not Judgement(F(0), None, 1, 0).is_sound
    assert not Judgement(F(0), None, 0, 1).is_sound


def test_two_enclosures_contradict_each_other_where_they_do_not_meet() -> None:
    """The first t is named; a common bound is no contradiction."""
    a = [Enclosure(F(0), F(1)), Enclosure(F(2), F(3)), Enclosure(F(5), F(6))]
    assert agree(a, [Enclosure(F(1), F(2)), Enclosure(F(3), F(4)), point(5)]) is None
    assert agree(a, [point(1), point(4), point(9)]) == 1


def test_bounds_are_read_as_the_decimals_that_they_are() -> None:
    """No float comes between."""
    assert Enclosure.of(Enclosed("0.1", "0.1", "0.2e-400")) == Enclosure(F(1, 10), F(2, 10**401))
