"""The lab without a screen: benches, pages as text, and numbers by a second route."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import mpmath
import pytest
from chains import examples
from hypothesis import given
from hypothesis import strategies as st

from markovdiff.errors import InputError
from tui import raster
from tui.lab import VIEWS, coin, numbers, page
from tui.lab.code import P
from tui.lab.dial import MAX_DENOMINATOR, Dial
from tui.lab.state import LabState

SIZES = [(120, 40), (80, 24), (60, 15), (40, 12), (20, 6), (8, 3), (1, 1)]
QUICK = [key for key, view in VIEWS.items() if not view.slow]
DIALS = [(key, index) for key, view in VIEWS.items() for index in range(len(view.dials))]


def shown(lab: LabState, width: int = 80, height: int = 24) -> str:
    return raster.text(page.render(lab, lab.view.measure(lab.values), width, height))


def real(x: Fraction) -> mpmath.mpf:
    return mpmath.mpf(x.numerator) / x.denominator


def entropy(p: list[Fraction]) -> mpmath.mpf:
    """In nats, by many digits."""
    return -mpmath.fsum(real(x) * mpmath.log(real(x)) for x in p if x)


@pytest.fixture(autouse=True)
def many_digits() -> None:
    mpmath.mp.dps = 60


def encloses(found: object, truth: mpmath.mpf) -> bool:
    """The certified bounds hold the number, and the decimals are off by less than one in the last."""
    lower, upper, value = (mpmath.mpf(getattr(found, end)) for end in ("lower", "upper", "value"))
    if lower == upper:
        return bool(abs(truth - value) < mpmath.mpf(10) ** -50)
    return bool(lower <= truth <= upper and lower <= value <= upper)


# the page


@pytest.mark.parametrize("key", VIEWS)
@pytest.mark.parametrize("size", SIZES)
def test_a_page_is_as_large_as_the_screen(key: str, size: tuple[int, int]) -> None:
    """Whatever the size, there are `height` rows of `width` cells, measured or not yet, refused or not."""
    width, height = size
    lab = LabState().turned(key)
    for _ in range(3):
        measured = lab.view.measure(lab.values)
        for known in (measured, None):
            rows = page.render(lab, known, width, height)
            assert [len(row) for row in rows] == [width] * height
        lab = lab.dragged(0, 2.0)
    assert lab.refused


@pytest.mark.parametrize("key", VIEWS)
@pytest.mark.parametrize("size", [(80, 24), (60, 15), (120, 40)])
def test_a_page_has_its_idea_its_dials_and_its_keys(key: str, size: tuple[int, int]) -> None:
    """The idea can be read whole, in one line at 80 columns; so can every dial's name and value, and the keys."""
    lab = LabState().turned(key)
    text = shown(lab, *size)
    idea = " ".join(text.splitlines()[1:3]).split()
    assert " ".join(idea).startswith(lab.view.idea) or size == (60, 15)
    assert set(lab.view.idea.split()) <= set(idea)
    if size[0] >= 80:
        assert lab.view.idea in text.splitlines()[1]
    for dial in lab.view.dials:
        wanted = dial.name if not lab.view.upright else f"{dial.name[2]} "
        assert wanted in text
        if not lab.view.upright:
            assert any(dial.name in line and f" {dial.start} " in line for line in text.splitlines())
            assert dial.words in text
    assert "esc" in text.splitlines()[-1]
    assert "? page" in text.splitlines()[-1]
    assert f"[{key} " in text.splitlines()[0]


@pytest.mark.parametrize(
    ("key", "wanted"),
    [
        ("1", ["h(p)        0.4689955936 bits  = 1 − 9/5·log2(3) + log2(5)", "◆", "1 bit at p = ½"]),
        ("2", ["H(P)        1.75 bits  exactly", "KL(P‖Q)     0.9597589881 bits  = 5/4 − 1/8·log2(5)", "▒", "█"]),
        ("3", ["KL(P‖Q)     ≈ 0.461995 nats (float)", "KL(Q‖P)     ≈ 0.688769 nats (float)", "╌╌ reverse"]),
        ("4", ["log K − H   0.1574101096 nats", "log 2 − ½   0.1931471806 nats", "decided"]),
        ("5", ["I(x0;x_t)   0.1044559534 bits", "ᾱ = (1−β)^t 43046721/100000000", "equal, decided", "h(p(1−e)"]),
        ("6", ["KL(P‖Q)     ≈ 0.863492 nats (float)", "KL(Q‖P)     ≈ 0.510822 nats (float)", "╌ best reverse"]),
    ],
)
def test_a_page_has_its_numbers(key: str, wanted: list[str]) -> None:
    """At 80 × 24 the live numbers stand there, exact ones with their closed form, floats named as such."""
    text = shown(LabState().turned(key))
    for words in wanted:
        assert words in text, words


@pytest.mark.parametrize("key", VIEWS)
def test_the_main_number_is_on_a_small_page(key: str) -> None:
    """At 60 × 15 each view has still a picture and its main number with its unit."""
    text = shown(LabState().turned(key), 60, 15)
    assert {"1": "h(p)", "2": "H(P,Q)  ", "3": "(float)", "4": "log K − H ", "5": "I(x0;x_t)  ", "6": "(float)"}[
        key
    ] in text
    assert any(ord(c) >= 0x2801 or c in "▁▂▃▄▅▆▇█" for c in text)


@pytest.mark.parametrize("size", SIZES[:5])
def test_what_names_the_maximum_hides_nothing_of_the_curve(size: tuple[int, int]) -> None:
    """With the words and without, the curve has the same cells; only the mark takes the place of one."""
    view, (width, height) = VIEWS["1"], size
    values = LabState().values
    rows = view.render(values, view.measure(values), 0, width, height)[: max(height - 5, 1)]
    curve = raster.curves(
        [raster.Series(numbers.entropies_of_coins(), "series-1")], 0, 1, coin.TICKS, width, max(height - 5, 1)
    )
    lost = [
        was.char
        for row, before in zip(rows, curve, strict=True)
        for cell, was in zip(row, before, strict=True)
        if was.char not in (" ", cell.char)
    ]
    assert len(lost) <= 1
    assert "◆" in raster.text(rows)


@pytest.mark.parametrize("size", [(60, 15), (80, 24), (120, 40), (200, 60)])
def test_each_curve_of_the_growth_is_seen(size: tuple[int, int]) -> None:
    """H, log K and the asymptote all have cells of their colour, right of K = 12 too, where two of them nearly meet."""
    lab = LabState().turned("4")
    rows = page.render(lab, lab.view.measure(lab.values), *size)
    right_half = [cell for row in rows for cell in row[size[0] * 3 // 10 : size[0] * 3 // 5] if ord(cell.char) > 0x2800]
    assert {cell.style for cell in right_half if ord(cell.char) < 0x2900} == {"series-1", "series-2", "series-3"}


def test_what_does_not_fit_is_not_called_certified_if_it_is_a_float() -> None:
    """No line with ≈ says that it is certified or exact."""
    for key in VIEWS:
        for size in SIZES[:3]:
            for line in shown(LabState().turned(key), *size).splitlines():
                assert "≈" not in line or not any(w in line for w in ("certified", "exactly", "∈"))


def test_an_infinite_divergence_says_where() -> None:
    """With a's weight at 0, KL(P‖Q) and H(P,Q) are infinite at a; KL(Q‖P) is finite."""
    lab = LabState().turned("2").put("q(a)", Fraction(0))
    text = shown(lab)
    assert "KL(P‖Q)     ∞  Q rules out a, P does not" in text
    assert "▶" in text
    assert "KL(Q‖P)     ∞" not in text


# the lab


@pytest.mark.parametrize(("key", "index"), DIALS)
def test_beyond_the_end_is_refused_with_the_reason(key: str, index: int) -> None:
    """From either end a step outward changes nothing and says why; so does what is typed."""
    lab = LabState().turned(key).took(index)
    dial = lab.dial
    for end, way in ((dial.low, -1), (dial.high, 1)):
        there = lab.put(dial.name, end)
        assert there.values[dial.name] == end
        assert not there.refused
        for further in (there.moved(way), there.moved(way, far=True), there.typed(str(end + way))):
            assert further.values == there.values
            assert dial.why in further.refused
            assert str(dial.low) in further.refused


@pytest.mark.parametrize(("key", "index"), DIALS)
@pytest.mark.parametrize("share", [-0.5, 1.5])
def test_a_drag_beyond_the_rail_goes_to_the_end_and_says_so(key: str, index: int, share: float) -> None:
    """Nothing is clamped in silence: the value is the end, and the reason is there to read."""
    lab = LabState().turned(key).dragged(index, share)
    dial = lab.dial
    assert lab.values[dial.name] == (dial.low if share < 0 else dial.high)
    assert dial.why in lab.refused


@pytest.mark.parametrize(
    ("key", "index", "typed", "reason"),
    [
        ("1", 0, "x", "not a rational number"),
        ("1", 0, "", "not a rational number"),
        ("1", 0, "1/0", ""),
        ("1", 0, "nan", "not a rational number"),
        ("1", 0, f"1/{MAX_DENOMINATOR + 1}", "finer than the screen can show"),
        ("1", 0, "9" * 400, "a probability is a share"),
        ("1", 0, "1e9999", "a probability is a share"),
        ("1", 0, "-1e9999", "a probability is a share"),
        ("4", 0, "1e9999", "a law needs a state"),
        ("4", 0, "1/1e9", ""),
        ("4", 0, "5/2", "counts something"),
        ("4", 0, "0", "a law needs a state"),
        ("5", 0, "1.5", "counts something"),
    ],
)
def test_what_is_no_number_for_the_dial_is_refused(key: str, index: int, typed: str, reason: str) -> None:
    """Words, fractions where one counts, too fine and too large a number: refused in a sentence, nothing moved."""
    before = LabState().turned(key).took(index)
    after = before.typed(typed)
    assert after.values == before.values
    assert after.refused
    assert reason in after.refused
    assert len(after.refused) < 300


def test_some_weight_must_be_left() -> None:
    """Three weights can go to 0; the last one cannot, from whichever side."""
    lab = LabState().turned("2")
    for name in ("q(a)", "q(b)", "q(c)"):
        lab = lab.put(name, Fraction(0))
        assert not lab.refused
    after = lab.put("q(d)", Fraction(0))
    assert "all weights 0" in after.refused
    assert after.values["q(d)"] == 8


moves = st.lists(
    st.one_of(
        st.sampled_from(sorted(VIEWS)).map(lambda key: lambda b: b.turned(key)),
        st.tuples(st.sampled_from((-1, 1)), st.booleans()).map(lambda m: lambda b: b.moved(*m)),
        st.sampled_from((-1, 1)).map(lambda way: lambda b: b.picked(way)),
        st.floats(-1, 2).map(lambda share: lambda b: b.dragged(b.chosen, share)),
        st.fractions(-2, 70, max_denominator=200).map(lambda x: lambda b: b.typed(str(x))),
        st.just(lambda b: b.reset()),
    ),
    max_size=30,
)


@given(moves)
@examples(60)
def test_whatever_is_done_every_dial_stands_in_its_range(done: list[Callable[[LabState], LabState]]) -> None:
    """After any moves each value is allowed by its dial; a view that is quick can be measured and painted."""
    lab = LabState()
    for move in done:
        lab = move(lab)
        for key, view in VIEWS.items():
            values = lab.settings[key]
            assert [dial.check(values[dial.name]) for dial in view.dials] == list(values.values())
            view.check(values)
    if lab.key in QUICK:
        assert len(page.render(lab, lab.view.measure(lab.values), 80, 24)) == 24


def test_views_are_left_as_they_are() -> None:
    """Turning to another view and back finds the dials where they were; 0 puts back this view alone."""
    lab = LabState().moved(1).turned("5").moved(1).turned("1")
    assert lab.values["p"] == Fraction(91, 100)
    assert lab.reset().values["p"] == Fraction(9, 10)
    assert lab.reset().turned("5").values["t"] == 9


# the mouse


@pytest.mark.parametrize(("key", "index"), [(key, i) for key, i in DIALS if not VIEWS[key].upright])
def test_the_knob_follows_the_mouse(key: str, index: int) -> None:
    """Held at a column of a rail, the knob is then at that column, or at the nearest value that the dial can show."""
    lab = LabState().turned(key)
    parts = page.layout(lab, 80, 24)
    y = 1 + parts.idea + parts.body + index
    row = raster.text(page.render(lab, None, 80, 24)).splitlines()[y]
    left = min(row.index(c) for c in "━●" if c in row)
    length = sum(row.count(c) for c in "━●─")
    dial = lab.view.dials[index]
    coarse = round((length - 1) * dial.step / (dial.high - dial.low) / 2)
    for x in range(left, left + length):
        spot = page.under(lab, x, y, 80, 24)
        assert isinstance(spot, page.Rail)
        moved = lab.dragged(spot.index, spot.share)
        assert not moved.refused
        knob = raster.text(page.render(moved, None, 80, 24)).splitlines()[y].index("●")
        assert abs(knob - x) <= (3 if lab.dial.doubles else coarse)


@pytest.mark.parametrize("key", ["1", "4", "5"])
def test_a_place_in_the_picture_is_where_the_cursor_goes(key: str) -> None:
    """A click in the curves puts the cursor into that column, or the nearest that there is a value for."""
    lab = LabState().turned(key)
    for x in range(4, 44):
        spot = page.under(lab, x, 6, 80, 24)
        assert isinstance(spot, page.DialValue)
        moved = lab.put(spot.name, spot.value)
        row = page.render(moved, moved.view.measure(moved.values), 80, 24)[6]
        at = [column for column, cell in enumerate(row) if cell.back == "cursor"]
        assert abs(at[0] - x) <= (6 if key == "4" and x < 12 else 1)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_a_bar_comes_up_to_the_mouse(size: tuple[int, int]) -> None:
    """Above a bar, at the row of its bottom cell and each one higher: its share is then in that row of the picture."""
    lab = LabState().turned("2")
    text = shown(lab, *size).splitlines()
    bottom = next(y for y, words in enumerate(text) if " a 1/8 " in words) - 1
    plot = bottom - next(y for y, words in enumerate(text) if "in the ratio" in words)
    for state in range(4):
        x = size[0] * (2 * state + 1) // 8
        for up in range(plot * 17 // 20):
            spot = page.under(lab, x, bottom - up, *size)
            assert isinstance(spot, page.DialValue)
            assert spot.name == f"q({'abcd'[state]})"
            moved = lab.put(spot.name, spot.value)
            assert not moved.refused
            share = moved.view.measure(moved.values).q[state]
            assert Fraction(up, plot) <= share <= Fraction(up + 1, plot)


@pytest.mark.parametrize("state", [0, 1, 3])
def test_a_bar_pulled_to_the_top_goes_as_far_as_it_can(state: int) -> None:
    """Where the place asks for more than a weight may be, it is the most there is, and the reason can be read."""
    lab = LabState().turned("2")
    top = next(y for y in range(24) if isinstance(page.under(lab, 5 + 20 * state, y, 80, 24), page.DialValue))
    spot = page.under(lab, 5 + 20 * state, top, 80, 24)
    assert isinstance(spot, page.DialValue)
    moved = lab.put(spot.name, spot.value)
    assert moved.values == {**lab.values, spot.name: moved.dial.high}
    assert moved.dial.why in moved.refused


def test_tabs_are_where_they_are_painted() -> None:
    """Each view's number in the top line is a place that turns to it."""
    for width in (80, 60):
        lab = LabState()
        top = raster.text(page.render(lab, None, width, 24)).splitlines()[0]
        for key in VIEWS:
            assert page.under(lab, top.index(f"{key} "), 0, width, 24) == page.Tab(key)
        assert page.under(lab, 0, 0, width, 24) is None


# the numbers


@given(st.fractions(0, 1, max_denominator=MAX_DENOMINATOR))
@examples(60)
def test_a_coin_s_entropy_is_the_sum_of_its_sides(p: Fraction) -> None:
    """h(p), its two shares and 1 − h(p) enclose what many digits say."""
    mpmath.mp.dps = 60
    found, bit = numbers.binary_entropy(p), mpmath.log(2)
    assert encloses(found.entropy, entropy([p, 1 - p]) / bit)
    assert encloses(found.shortfall, 1 - entropy([p, 1 - p]) / bit)
    for share, x in ((found.heads, p), (found.tails, 1 - p)):
        assert encloses(share, -real(x) * mpmath.log(real(x)) / bit if x else mpmath.mpf(0))


@given(st.lists(st.integers(0, 64), min_size=4, max_size=4).filter(any))
@examples(60)
def test_the_bill_is_entropy_and_divergence(weights: list[int]) -> None:
    """H(P,Q) = H(P) + KL(P‖Q), infinite exactly where Q misses a state of P, and all as many digits say."""
    mpmath.mp.dps = 60
    found = numbers.coding_cost(P, tuple(map(Fraction, weights)))
    q = [Fraction(w, sum(weights)) for w in weights]
    assert list(found.q) == q
    assert encloses(found.entropy, mpmath.mpf("1.75"))
    pairs = [(a, b) for a, b in zip(q, P, strict=True) if a]
    reverse = mpmath.fsum(real(a) * mpmath.log(real(a / b)) for a, b in pairs) / mpmath.log(2)
    assert encloses(found.reverse, reverse)
    assert (found.divergence.value == "inf") == (0 in weights) == (found.cost.value == "inf")
    assert found.missing == (weights.index(0) if 0 in weights else None)
    if 0 not in weights:
        cost = -mpmath.fsum(real(a) * mpmath.log(real(b)) for a, b in zip(P, q, strict=True)) / mpmath.log(2)
        assert encloses(found.cost, cost)
        assert encloses(found.divergence, cost - mpmath.mpf("1.75"))


@pytest.mark.parametrize("K", [1, 2, 3, 12, 100, 1024])
def test_the_gap_is_what_a_sum_says(K: int) -> None:
    """H of p_k = k/Z, log K and the gap between them by plain sums of many digits; the limit is log 2 − ½."""
    Z = K * (K + 1) // 2
    H = entropy([Fraction(k, Z) for k in range(1, K + 1)])
    found = numbers.growth(K)
    assert encloses(found.entropy, H / mpmath.log(2))
    assert encloses(found.uniform, mpmath.log(K) / mpmath.log(2))
    assert encloses(found.gap, mpmath.log(K) - H)
    assert found.limit == mpmath.nstr(mpmath.log(2) - mpmath.mpf("0.5"), 10)
    assert found.bounded


def test_the_gap_grows_towards_its_limit_and_stays_below() -> None:
    """Along the picture the gap rises at every point and never meets log 2 − ½; H + gap is log K."""
    entropies, gaps = numbers.growths()
    assert list(gaps) == sorted(set(gaps))
    assert gaps[-1] < float(numbers.growth(2).limit) < gaps[-1] + 0.001
    assert numbers.growth(1024).gap.value.startswith(f"{gaps[-1]:.6f}"[:7])
    assert all(a < b for a, b in zip(entropies, numbers.doublings(), strict=True) if b)


@given(
    st.fractions(0, 1, max_denominator=50),
    st.fractions(0, 1, max_denominator=50),
    st.integers(0, 12),
)
@examples(40)
def test_the_channel_is_what_its_steps_make(p: Fraction, beta: Fraction, t: int) -> None:
    """I(x0;x_t) by pushing the joint law through t steps and summing p log p/(p p), many digits; it never rises."""
    mpmath.mp.dps = 60

    def information(times: int) -> tuple[mpmath.mpf, mpmath.mpf]:
        joint = [[p, Fraction(0)], [Fraction(0), 1 - p]]
        for _ in range(times):
            joint = [[(1 - beta) * a + beta * sum(row) / 2 for a in row] for row in joint]
        column = [joint[0][j] + joint[1][j] for j in range(2)]
        table = entropy([x for row in joint for x in row])
        return entropy([p, 1 - p]) + entropy(column) - table, entropy(column)

    found, bit = numbers.channel(p, beta, t), mpmath.log(2)
    mutual, marginal = information(t)
    assert encloses(found.information, mutual / bit)
    assert encloses(found.entropy, marginal / bit)
    assert found.agrees
    assert found.kept == (1 - beta) ** t
    assert (found.lost is None) == (t == 0)
    if found.lost is not None:
        assert encloses(found.lost, (information(t - 1)[0] - mutual) / bit)
        assert not found.lost.value.startswith("-")


def test_far_peaks_are_covered_and_sought() -> None:
    """Forward is P's mean and width; reverse has a minimum near each peak at d = 3, and one alone at d = 1."""
    far, near = numbers.peaks(Fraction(3), Fraction(1, 2)), numbers.peaks(Fraction(1), Fraction(1, 2))
    assert far.forward.width == pytest.approx(10**0.5, rel=1e-6)
    assert far.forward.centre == pytest.approx(0, abs=1e-6)
    assert [round(fit.centre) for fit in far.reverse] == [-3, 0, 3]
    assert [round(fit.centre) + 0 for fit in near.reverse] == [0]
    step = 2 * far.reach / numbers.POINTS
    for density in (far.density, far.forward.density):
        assert sum(density) * step == pytest.approx(1, abs=0.03)


def test_bells_on_states_cover_and_seek() -> None:
    """Forward has P's mean and variance; reverse has a minimum at each peak 8 states apart, one alone for near ones."""
    far, near = numbers.discrete_fits(8, Fraction(2, 5)), numbers.discrete_fits(2, Fraction(1, 2))
    fitted = far.forward.density
    mean = sum(i * q for i, q in enumerate(fitted))
    assert mean == pytest.approx(far.mean, rel=1e-6)
    assert sum((i - mean) ** 2 * q for i, q in enumerate(fitted)) == pytest.approx(far.width**2, rel=1e-6)
    assert {5, 13} <= {round(fit.centre) for fit in far.reverse}
    assert len(near.reverse) == 1
    assert sum(far.law) == pytest.approx(1)


def test_while_a_fit_is_made_the_page_says_of_what_its_numbers_are() -> None:
    """The dials are at d = 4, the numbers of d = 3: that is written above them."""
    lab = LabState().turned("3")
    old = lab.view.measure(lab.values)
    text = raster.text(page.render(lab.moved(1, far=True), old, 80, 24))
    assert "here is still d = 3, w = 1/2" in text


def test_digits_are_given_only_where_both_ends_agree() -> None:
    """An enclosure too wide for ten decimals is an error, not a guess."""
    with pytest.raises(Exception, match="too wide"):
        numbers.common_digits(Fraction(1, 10), Fraction(2, 10))


@pytest.mark.parametrize("key", VIEWS)
def test_each_view_has_its_page_with_its_own_numbers(key: str) -> None:
    """The chapter has the page; it takes the numbers of the lab, or says why not."""
    view = VIEWS[key]
    lab = LabState().turned(key)
    lines, refused = numbers.page(view.topic, view.settings(lab.values))
    assert not refused
    assert lines[0][1] == "title"
    for setting in view.settings(lab.values):
        assert any(setting in text for text, role in lines if role == "foot"), setting


def test_a_number_that_a_page_cannot_have_is_said() -> None:
    """d = 20 is beyond the page: it keeps its own, and the reason comes with it."""
    lines, refused = numbers.page("forward-reverse", ["d=20"])
    assert "further than 12" in refused
    assert any("d=3" in text for text, _ in lines)


def test_a_dial_knows_its_grid() -> None:
    """`at` undoes `share` on every value of the grid."""
    for view in VIEWS.values():
        for dial in view.dials:
            values = [dial.low + k * dial.step for k in range(int((dial.high - dial.low) / dial.step) + 1)]
            assert [dial.at(dial.share(x)) for x in values] == values
    with pytest.raises(InputError):
        Dial("n", Fraction(0), Fraction(1), Fraction(0), Fraction(1), Fraction(1), "", "no").check(Fraction(2))


def test_the_lab_loads_neither_the_engine_nor_textual(tmp_path: Path) -> None:
    """A lab and its views are imported without FLINT, numpy or Textual; so is the tour."""
    code = (
        "import sys, tui.lab.state, tui.lab.page, tui.tour\n"
        "assert not {'flint', 'numpy', 'scipy', 'textual'} & set(sys.modules), sys.modules.keys()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
