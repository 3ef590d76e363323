"""What the curves show, read as text."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

import pytest
from breadth import few
from runs import NAMES, OWN, SIZES, buffer_of, drawn, read_out, shaded

from tui import raster, view
from tui.messages import NaiveFloatAnswer
from tui.panels import PANELS, information
from tui.run_buffer import veiled
from tui.view import float_slips, reading


@pytest.mark.parametrize("scale", view.SCALES)
@few("name", [*NAMES, *OWN], ("two-state", "memory", "infinite", "wide"))
def test_every_scale_draws_every_run(name: str, scale: str) -> None:
    """The curves have a picture on every scale, also where everything is 0."""
    buffer = buffer_of(name)
    for width, height in SIZES:
        drawn("information", view.ViewState(buffer, buffer.T // 2, scale=scale), width, height)


def test_a_logarithmic_scale_reaches_far() -> None:
    """dense-late loses its information below 1e-200: the axis goes down there, and the curve has no gap."""
    buffer = buffer_of("dense-late")
    shown = drawn("information", view.ViewState(buffer, buffer.T, scale="logarithmic"), 120, 40)
    exponents = [int(e) for e in re.findall(r"1e(-?\d+)", shown)]
    assert min(exponents) <= -200
    assert max(exponents) >= 0
    points = buffer.logarithms("mutual_information")
    assert None not in points
    assert points[-1] is not None
    assert points[-1] < -190


def test_the_curves_have_their_names_and_values_at_their_ends() -> None:
    """At the right of the plot each curve is named, in the row where it ends if there is room, with its value at t."""
    buffer, width, height = buffer_of("two-state"), 100, 24
    rows = PANELS["information"].draw(view.ViewState(buffer, 3, "linear"), width, height)
    for curve in information.CURVES:
        record = buffer.value(3, curve.quantity)
        (named,) = [y for y, row in enumerate(rows) if f"{curve.mark} {curve.words}" in raster.text([row])]
        assert view.view_state.roundings(record, 5)[0] in raster.text(rows[named : named + 1])
        inked = [y for y, row in enumerate(rows) for cell in row[-26:-22] if cell.style == curve.style]
        assert not inked or min(abs(named - y) for y in inked) <= 1


def test_a_name_reads_out_what_it_says() -> None:
    """The mouse on a curve's name finds that curve's number at the cursor, and nothing where no name is."""
    state = view.ViewState(buffer_of("two-state"), 17)
    rows = PANELS["information"].draw(state, 78, 14)
    found = {y: information.spot(state, 70, y, 78, 14) for y in range(14)}
    for curve in information.CURVES:
        (y,) = [y for y, row in enumerate(rows) if f"{curve.mark} {curve.words}" in raster.text([row])]
        assert found.pop(y) == view.ReadNumber(curve.quantity, 17)
    assert set(found.values()) == {None}


@pytest.mark.parametrize("width", [38, 58, 100])
def test_the_curves_differ_without_colour(width: int) -> None:
    """Each has a dash and a mark of its own; the marks stand on the curves at the cursor and beside the names."""
    assert len({curve.dash for curve in information.CURVES}) == len(information.CURVES)
    assert len({curve.mark for curve in (*information.CURVES, information.SHADOW)}) == len(information.CURVES) + 1
    rows = PANELS["information"].draw(view.ViewState(buffer_of("two-state"), 20, "linear"), width, 24)
    crossed = {cell.char for row in rows[1:-2] for cell in row if cell.back == "cursor"}
    assert {"●", "○", "◆"} <= crossed
    for curve in information.CURVES:
        assert f"{curve.mark}{'' if width < 66 else ' '}{curve.brief[0]}" in raster.text(rows).replace("◆ H(", "◆ H")


@pytest.mark.parametrize(
    ("name", "chosen"), [("two-state", "logarithmic"), ("dense-late", "logarithmic"), ("memory", "linear"),
                         ("elbo-mask-prior", "linear"), ("elbo-d3pm", "linear"), ("permutation", "linear")],
)  # fmt: skip
def test_the_scale_chooses_itself(name: str, chosen: str) -> None:
    """Logarithmic where the largest I is more than 10⁴ times the least that is not 0; a chosen scale stays."""
    buffer = buffer_of(name)
    known = [Fraction(buffer.value(t, "mutual_information")["value"]) for t in range(buffer.T + 1)]
    spans = max(known) > 10**4 * min((value for value in known if value), default=Fraction(1))
    assert information.scale_of(view.ViewState(buffer, 0)) == chosen == ("logarithmic" if spans else "linear")
    for scale in view.SCALES:
        assert information.scale_of(view.ViewState(buffer, 0, scale)) == scale
        assert information.title(view.ViewState(buffer, 0, scale)) == f"information, {scale}"


@pytest.mark.parametrize("scale", view.SCALES)
@pytest.mark.parametrize("name", ["two-state", "dense-late", "memory", "one-state"])
def test_labels_stand_where_their_values_are(name: str, scale: str) -> None:
    """A time is under its column, whole; a value is beside the row in which a curve of that value would be drawn."""
    buffer = buffer_of(name)
    for width, height in [(38, 12), (58, 14), (80, 24), (120, 40), (198, 56)]:
        for t in (0, buffer.T // 3, buffer.T):
            state = view.ViewState(buffer, t, scale)
            rows = PANELS["information"].draw(state, width, height)
            _, plot, _ = information._curves(state, width, height)
            for found in re.finditer(r"\d+", raster.text(rows[-1:])):
                column = plot.margin + raster.column_of(int(found[0]), buffer.T, plot.width)
                assert found.start() <= column < found.end(), (width, height, found[0])
            for y, row in enumerate(rows[1 : 1 + plot.height]):
                if row[plot.margin - 1].char == "┤":
                    value = Decimal(raster.text([row[: plot.margin - 1]]).strip())
                    places = {"linear": value, "square root": value.sqrt(), "logarithmic": value and value.log10()}
                    assert raster.row_of(float(places[scale]), plot.low, plot.high, plot.height) == y


def test_the_zoom_has_the_numbers_and_the_formula() -> None:
    """Alone on the screen the panel has more ticks, the numbers at t to many digits, what is lost, η, the formula."""
    buffer = buffer_of("two-state")
    plain, zoomed = (
        drawn("information", view.ViewState(buffer, 17, "linear", zoomed=zoomed), 118, 34)
        for zoomed in ("", "information")
    )
    assert zoomed.count("┤") > plain.count("┤") - 4
    for quantity in ("mutual_information", "entropy", "sdpi_bound", "information_loss"):
        record = buffer.value(17, quantity)
        assert re.search(rf" {re.escape(record['value'])}  ∈ \[{record['lower']}, {record['upper']}\]", zoomed)
        assert buffer.value(17, quantity)["value"] not in plain
    assert buffer.steps[17].record["dobrushin"] in zoomed
    assert information.PANEL.formula in zoomed


def test_a_click_finds_the_time_it_points_at() -> None:
    """The column where the cursor is painted, clicked, gives a t that is painted in that column again."""
    buffer = buffer_of("two-state")
    for scale in view.SCALES:
        for t in range(buffer.T + 1):
            row = PANELS["information"].draw(view.ViewState(buffer, t, scale=scale), 70, 20)[1]
            (x,) = [x for x, cell in enumerate(row) if cell.back == "cursor"]
            again = information.time_under(view.ViewState(buffer, t, scale=scale), x, 70, 20)
            assert again is not None
            row = PANELS["information"].draw(view.ViewState(buffer, again, scale=scale), 70, 20)[1]
            assert row[x].back == "cursor", (scale, t)


@few("name", [*NAMES, *OWN], ("two-state", "infinite"))
def test_float64_can_be_laid_beside_every_run(name: str) -> None:
    """With or without a shadow, at any size, scale and t, panel 1 fills its place and can be pointed at."""
    buffer = shaded(name)
    assert len(buffer.float_errors) == buffer.T + 1
    for scale in view.SCALES:
        for t in (0, buffer.T):
            state = view.ViewState(buffer, t, scale=scale, shadow=True)
            for width, height in SIZES:
                drawn("information", state, width, height)
                if spot := information.spot(state, width - 1, height // 2, width, height):
                    read_out(state, spot, width=40)
            for width in (20, 60, 80, 120):
                read_out(state, information.here(state), width=width)


def test_float64_stays_where_the_truth_falls() -> None:
    """On a logarithmic scale of dense-late the last column has two curves, float64's far above the certified one."""
    buffer = shaded("dense-late")
    rows = PANELS["information"].draw(view.ViewState(buffer, 0, scale="logarithmic", shadow=True), 120, 40)
    ends = {c.style: y for y, row in enumerate(rows[1:-3]) for c in row[-28:-22] if "\u2800" < c.char <= "\u28ff"}
    assert set(ends) == {"dim", "series-2"}
    assert ends["dim"] == 2  # 5e-17, 17 of 257 decades down 36 rows
    assert ends["series-2"] == 35
    shown = raster.text(rows)
    assert "× float64" in shown
    assert "H(x_t)" not in shown


def test_the_moment_is_named_at_which_float64_stops_being_right() -> None:
    """The first time that is marked as wrong in kind, and how; a line stands there; and that there is none is said."""
    buffer = shaded("dense-late")
    wrong = [t for t, s in enumerate(buffer.float_errors) if s["negative"] or s["false_rise"] or s["stands_still"]]
    rows = PANELS["information"].draw(view.ViewState(buffer, 40, shadow=True), 120, 40)
    assert f"fewer than 3 digits from t = 14 and is negative at t = {wrong[0]}" in raster.text(rows[:1])
    for width in (66, 50):
        narrow = raster.text(PANELS["information"].draw(view.ViewState(buffer, 40, shadow=True), width, 12)[:1])
        assert "from t = 14" in narrow
        assert f"t = {wrong[0]}" not in narrow
    columns = {x for row in rows for x, cell in enumerate(row) if cell.char == "┊"}
    _, plot, _ = information._curves(view.ViewState(buffer, 40, shadow=True), 120, 40)
    assert columns == {plot.margin + raster.column_of(wrong[0], buffer.T, plot.width)}
    never = shaded("jump-masked")
    assert float_slips.first_slip(never) is None
    assert "no false rise" in drawn("information", view.ViewState(never, 1, shadow=True), 120, 40)


def test_the_foot_has_a_mark_for_each_slip() -> None:
    """Where there is a column for every t, the strip at the foot is the float_error's own marks, t by t."""
    buffer = shaded("dense-late")
    row = raster.text(PANELS["information"].draw(view.ViewState(buffer, 0, shadow=True), 320, 20)[-1:])
    strip = row[row.index("64") + 3 : -information._curves(view.ViewState(buffer, 0, shadow=True), 320, 20)[1].names]
    slips = [strip[raster.column_of(t, 256, len(strip))] for t in range(257)]
    for float_error, slip in zip(buffer.float_errors, slips, strict=True):
        kind = "negative" if float_error["negative"] else {"↑": "false_rise", "=": "stands_still", "·": None}[slip]
        assert kind is None or float_error[kind]
        assert (slip == "−") == float_error["negative"]
    assert {"−", "↑", "=", "·"} == set(slips)
    both = {"negative": True, "false_rise": True, "stands_still": False}
    assert float_slips.slip_of(both) == "−"


def test_both_numbers_are_read_out() -> None:
    """At t = 256 of dense-late the line has the certified value, float64's, its error, and that it is stuck."""
    buffer = shaded("dense-late")
    shown = read_out(view.ViewState(buffer, 256, shadow=True), view.ReadNumber("mutual_information", 256))
    value = buffer.value(256, "mutual_information")
    assert value is not None
    assert value["value"] in shown
    float_error = buffer.float_error(256)
    assert float_error is not None
    off = reading.off_by(float_error["relative_error"]["upper"])
    assert f"float64 {float(float_error['mutual_information']):.6g}, {off}" in shown
    assert "stuck" in shown
    assert value["value"] in read_out(
        view.ViewState(buffer, 256, shadow=True), information.here(view.ViewState(buffer, 256)), width=44
    )
    for spot in (view.ReadNumber("entropy", 256), view.ReadNumber("mutual_information", 256)):
        assert "float64" not in read_out(view.ViewState(buffer, 256), spot)
    assert "float64" not in read_out(view.ViewState(buffer, 256, shadow=True), view.ReadNumber("entropy", 256))


def test_a_float_run_has_no_shadow() -> None:
    """Beside numbers that are not certified there is none; it is said why, and the panel is as it was."""
    buffer = shaded("two-state", "float")
    assert isinstance(buffer.shadowed, NaiveFloatAnswer)
    assert "certified" in buffer.shadowed.words
    assert drawn("information", view.ViewState(buffer, 3, shadow=True), 80, 20) == drawn(
        "information", view.ViewState(buffer, 3), 80, 20
    )
    assert len(shaded("two-state", "ball").float_errors) == 65


def test_while_it_is_not_there_the_panel_waits() -> None:
    """Asked for and not yet come: the first row says so, and nothing else has changed place."""
    buffer = buffer_of("two-state")
    rows, before = (
        drawn("information", view.ViewState(buffer, 3, shadow=True), 100, 20),
        drawn("information", view.ViewState(buffer, 3), 100, 20),
    )
    assert "float64 …" in rows.splitlines()[0]
    assert rows.splitlines()[1:] == before.splitlines()[1:]


def test_alone_the_numbers_stand_wherever_one_has_been_before() -> None:
    """Of a run that ended early: at a time that has not come there are none, and at one that has they are all there."""
    buffer = buffer_of("two-state", 0.5)
    here, beyond = (view.ViewState(buffer, t, zoomed="information") for t in (3, 60))
    first = drawn("information", here, 100, 30)
    assert "lost here" in first
    assert "lost here" not in drawn("information", beyond, 100, 30)
    assert drawn("information", here, 100, 30) == first


def test_the_future_of_float64_is_veiled_too() -> None:
    """That it keeps fewer than three digits from t = 14 on is told when t = 14 has come, and not at t = 2."""
    whole = shaded("dense-late")
    for t, told in ((2, False), (20, True)):
        state = view.ViewState(veiled(whole, t), t, shadow=True)
        assert ("from t = 14" in drawn("information", state, 120, 20)) == told
