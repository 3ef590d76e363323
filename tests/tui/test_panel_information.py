"""What the curves show, read as text."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

import pytest
from runs import NAMES, OWN, SIZES, drawn, film_of, read_out, shaded

from tui import raster, view
from tui.messages import Shadowed
from tui.panels import PANELS, information


@pytest.mark.parametrize("scale", view.SCALES)
@pytest.mark.parametrize("name", [*NAMES, *OWN])
def test_every_scale_draws_every_run(name: str, scale: str) -> None:
    """The curves have a picture on every scale, also where everything is 0."""
    film = film_of(name)
    for width, height in SIZES:
        drawn("information", view.ViewState(film, film.T // 2, scale=scale), width, height)


def test_a_logarithmic_scale_reaches_far() -> None:
    """dense-late loses its information below 1e-200: the axis goes down there, and the curve has no gap."""
    film = film_of("dense-late")
    shown = drawn("information", view.ViewState(film, film.T, scale="logarithmic"), 120, 40)
    exponents = [int(e) for e in re.findall(r"1e(-?\d+)", shown)]
    assert min(exponents) <= -200
    assert max(exponents) >= 0
    points = film.logarithms("mutual_information")
    assert None not in points
    assert points[-1] is not None
    assert points[-1] < -190


def test_the_curves_have_their_names_and_values_at_their_ends() -> None:
    """At the right of the plot each curve is named, in the row where it ends if there is room, with its value at t."""
    film, width, height = film_of("two-state"), 100, 24
    rows = PANELS["information"].draw(view.ViewState(film, 3, "linear"), width, height)
    for curve in information.CURVES:
        record = film.value(3, curve.quantity)
        (named,) = [y for y, row in enumerate(rows) if f"{curve.mark} {curve.words}" in raster.text([row])]
        assert view.view_state.roundings(record, 5)[0] in raster.text(rows[named : named + 1])
        inked = [y for y, row in enumerate(rows) for cell in row[-26:-22] if cell.style == curve.style]
        assert not inked or min(abs(named - y) for y in inked) <= 1


def test_a_name_reads_out_what_it_says() -> None:
    """The mouse on a curve's name finds that curve's number at the cursor, and nothing where no name is."""
    scene = view.ViewState(film_of("two-state"), 17)
    rows = PANELS["information"].draw(scene, 78, 14)
    found = {y: information.spot(scene, 70, y, 78, 14) for y in range(14)}
    for curve in information.CURVES:
        (y,) = [y for y, row in enumerate(rows) if f"{curve.mark} {curve.words}" in raster.text([row])]
        assert found.pop(y) == view.Number(curve.quantity, 17)
    assert set(found.values()) == {None}


@pytest.mark.parametrize("width", [38, 58, 100])
def test_the_curves_differ_without_colour(width: int) -> None:
    """Each has a dash and a mark of its own; the marks stand on the curves at the cursor and beside the names."""
    assert len({curve.dash for curve in information.CURVES}) == len(information.CURVES)
    assert len({curve.mark for curve in (*information.CURVES, information.SHADOW)}) == len(information.CURVES) + 1
    rows = PANELS["information"].draw(view.ViewState(film_of("two-state"), 20, "linear"), width, 24)
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
    film = film_of(name)
    known = [Fraction(film.value(t, "mutual_information")["value"]) for t in range(film.T + 1)]
    spans = max(known) > 10**4 * min((value for value in known if value), default=Fraction(1))
    assert information.scale_of(view.ViewState(film, 0)) == chosen == ("logarithmic" if spans else "linear")
    for scale in view.SCALES:
        assert information.scale_of(view.ViewState(film, 0, scale)) == scale
        assert information.title(view.ViewState(film, 0, scale)) == f"information, {scale}"


@pytest.mark.parametrize("scale", view.SCALES)
@pytest.mark.parametrize("name", ["two-state", "dense-late", "memory", "one-state"])
def test_labels_stand_where_their_values_are(name: str, scale: str) -> None:
    """A time is under its column, whole; a value is beside the row in which a curve of that value would be drawn."""
    film = film_of(name)
    for width, height in [(38, 12), (58, 14), (80, 24), (120, 40), (198, 56)]:
        for t in (0, film.T // 3, film.T):
            scene = view.ViewState(film, t, scale)
            rows = PANELS["information"].draw(scene, width, height)
            _, plot, _ = information._curves(scene, width, height)
            for found in re.finditer(r"\d+", raster.text(rows[-1:])):
                column = plot.margin + raster.column_of(int(found[0]), film.T, plot.width)
                assert found.start() <= column < found.end(), (width, height, found[0])
            for y, row in enumerate(rows[1 : 1 + plot.height]):
                if row[plot.margin - 1].char == "┤":
                    value = Decimal(raster.text([row[: plot.margin - 1]]).strip())
                    places = {"linear": value, "square root": value.sqrt(), "logarithmic": value and value.log10()}
                    assert raster.row_of(float(places[scale]), plot.low, plot.high, plot.height) == y


def test_the_zoom_has_the_numbers_and_the_formula() -> None:
    """Alone on the screen the panel has more ticks, the numbers at t to many digits, what is lost, η, the formula."""
    film = film_of("two-state")
    plain, zoomed = (
        drawn("information", view.ViewState(film, 17, "linear", zoomed=zoomed), 118, 34)
        for zoomed in ("", "information")
    )
    assert zoomed.count("┤") > plain.count("┤") - 4
    for quantity in ("mutual_information", "entropy", "sdpi_bound", "information_loss"):
        record = film.value(17, quantity)
        assert re.search(rf" {re.escape(record['value'])}  ∈ \[{record['lower']}, {record['upper']}\]", zoomed)
        assert film.value(17, quantity)["value"] not in plain
    assert film.steps[17].record["dobrushin"] in zoomed
    assert information.PANEL.formula in zoomed


def test_a_click_finds_the_time_it_points_at() -> None:
    """The column where the cursor is painted, clicked, gives a t that is painted in that column again."""
    film = film_of("two-state")
    for scale in view.SCALES:
        for t in range(film.T + 1):
            row = PANELS["information"].draw(view.ViewState(film, t, scale=scale), 70, 20)[1]
            (x,) = [x for x, cell in enumerate(row) if cell.back == "cursor"]
            again = information.time_under(view.ViewState(film, t, scale=scale), x, 70, 20)
            assert again is not None
            row = PANELS["information"].draw(view.ViewState(film, again, scale=scale), 70, 20)[1]
            assert row[x].back == "cursor", (scale, t)


@pytest.mark.parametrize("name", [*NAMES, *OWN])
def test_float64_can_be_laid_beside_every_run(name: str) -> None:
    """With or without a shadow, at any size, scale and t, panel 1 fills its place and can be pointed at."""
    film = shaded(name)
    assert len(film.float_errors) == film.T + 1
    for scale in view.SCALES:
        for t in (0, film.T):
            scene = view.ViewState(film, t, scale=scale, shadow=True)
            for width, height in SIZES:
                drawn("information", scene, width, height)
                if spot := information.spot(scene, width - 1, height // 2, width, height):
                    read_out(scene, spot, width=40)
            for width in (20, 60, 80, 120):
                read_out(scene, information.here(scene), width=width)


def test_float64_stays_where_the_truth_falls() -> None:
    """On a logarithmic scale of dense-late the last column has two curves, float64's far above the certified one."""
    film = shaded("dense-late")
    rows = PANELS["information"].draw(view.ViewState(film, 0, scale="logarithmic", shadow=True), 120, 40)
    ends = {c.style: y for y, row in enumerate(rows[1:-3]) for c in row[-28:-22] if "\u2800" < c.char <= "\u28ff"}
    assert set(ends) == {"dim", "series-2"}
    assert ends["dim"] == 2  # 5e-17, 17 of 257 decades down 36 rows
    assert ends["series-2"] == 35
    shown = raster.text(rows)
    assert "× float64" in shown
    assert "H(x_t)" not in shown


def test_the_moment_is_named_at_which_float64_stops_being_right() -> None:
    """The first time that is marked as wrong in kind, and how; a line stands there; and that there is none is said."""
    film = shaded("dense-late")
    wrong = [t for t, s in enumerate(film.float_errors) if s["negative"] or s["false_rise"] or s["stands_still"]]
    rows = PANELS["information"].draw(view.ViewState(film, 40, shadow=True), 120, 40)
    assert f"float64 first goes wrong at t = {wrong[0]}: it is negative" in raster.text(rows[:1])
    columns = {x for row in rows for x, cell in enumerate(row) if cell.char == "┊"}
    _, plot, _ = information._curves(view.ViewState(film, 40, shadow=True), 120, 40)
    assert columns == {plot.margin + raster.column_of(wrong[0], film.T, plot.width)}
    never = shaded("jump-masked")
    assert information.first_slip(never) is None
    assert "no false rise" in drawn("information", view.ViewState(never, 1, shadow=True), 120, 40)


def test_the_foot_has_a_mark_for_each_slip() -> None:
    """Where there is a column for every t, the strip at the foot is the shade's own marks, t by t."""
    film = shaded("dense-late")
    row = raster.text(PANELS["information"].draw(view.ViewState(film, 0, shadow=True), 320, 20)[-1:])
    strip = row[row.index("64") + 3 : -information._curves(view.ViewState(film, 0, shadow=True), 320, 20)[1].names]
    slips = [strip[raster.column_of(t, 256, len(strip))] for t in range(257)]
    for shade, slip in zip(film.float_errors, slips, strict=True):
        kind = "negative" if shade["negative"] else {"↑": "false_rise", "=": "stands_still", "·": None}[slip]
        assert kind is None or shade[kind]
        assert (slip == "−") == shade["negative"]
    assert {"−", "↑", "=", "·"} == set(slips)
    both = {"negative": True, "false_rise": True, "stands_still": False}
    assert information._slip(both) == "−"


def test_both_numbers_are_read_out() -> None:
    """At t = 256 of dense-late the line has the certified value, float64's, its error, and that it is stuck."""
    film = shaded("dense-late")
    shown = read_out(view.ViewState(film, 256, shadow=True), view.Number("mutual_information", 256))
    value = film.value(256, "mutual_information")
    assert value is not None
    assert value["value"] in shown
    shade = film.float_error(256)
    assert shade is not None
    assert f"float64 {float(shade['mutual_information']):.6g}, error ≤ {shade['relative_error']['upper']}" in shown
    assert "stuck" in shown
    assert value["value"] in read_out(
        view.ViewState(film, 256, shadow=True), information.here(view.ViewState(film, 256)), width=44
    )
    for spot in (view.Number("entropy", 256), view.Number("mutual_information", 256)):
        assert "float64" not in read_out(view.ViewState(film, 256), spot)
    assert "float64" not in read_out(view.ViewState(film, 256, shadow=True), view.Number("entropy", 256))


def test_a_float_run_has_no_shadow() -> None:
    """Beside numbers that are not certified there is none; it is said why, and the panel is as it was."""
    film = shaded("two-state", "float")
    assert isinstance(film.shadowed, Shadowed)
    assert "certified" in film.shadowed.words
    assert drawn("information", view.ViewState(film, 3, shadow=True), 80, 20) == drawn(
        "information", view.ViewState(film, 3), 80, 20
    )
    assert len(shaded("two-state", "ball").float_errors) == 65


def test_while_it_is_not_there_the_panel_waits() -> None:
    """Asked for and not yet come: the first row says so, and nothing else has changed place."""
    film = film_of("two-state")
    rows, before = (
        drawn("information", view.ViewState(film, 3, shadow=True), 100, 20),
        drawn("information", view.ViewState(film, 3), 100, 20),
    )
    assert "float64 …" in rows.splitlines()[0]
    assert rows.splitlines()[1:] == before.splitlines()[1:]
