"""What the curves show, read as text."""

from __future__ import annotations

import re

import pytest
from runs import NAMES, OWN, SIZES, drawn, film_of, lines, read_out, shaded

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


def test_the_curves_have_their_names() -> None:
    """The legend names the four curves."""
    first = lines("information", "two-state", 3, 100)[0]
    assert all(words in first for words in ("I(x0;x_t)", "H(x_t)", "H(x0|x_t)", "bound"))


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
    ends = {cell.style: y for y, row in enumerate(rows[1:-1]) for cell in row[-6:] if "\u2800" < cell.char <= "\u28ff"}
    assert set(ends) == {"dim", "series-2"}
    assert ends["dim"] == 2  # 5e-17, 17 of 257 decades down 38 rows
    assert ends["series-2"] == 37
    legend = raster.text(rows[:1])
    assert "float64" in legend
    assert "H(x_t)" not in legend


def test_the_foot_has_a_mark_for_each_slip() -> None:
    """Where there is a column for every t, the strip at the foot is the shade's own marks, t by t."""
    film = shaded("dense-late")
    row = raster.text(PANELS["information"].draw(view.ViewState(film, 0, shadow=True), 2 * 257, 20)[-1:])
    strip = row[row.index("64") + 3 :]
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


def test_while_it_is_not_there_the_legend_waits() -> None:
    """Asked for and not yet come: the legend has dots, and nothing else has changed place."""
    film = film_of("two-state")
    rows, before = (
        drawn("information", view.ViewState(film, 3, shadow=True), 100, 20),
        drawn("information", view.ViewState(film, 3), 100, 20),
    )
    assert "float64 …" in rows.splitlines()[0]
    assert rows.splitlines()[1:] == before.splitlines()[1:]
