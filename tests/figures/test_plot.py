"""Figures draw the certified numbers: what the axes hold is compared with the result; what cannot be drawn is said."""

from __future__ import annotations

import math
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest
from breadth import few

import markovdiff as md
from markovdiff.arithmetic.quantity import Enclosed
from markovdiff.cli import main
from markovdiff.cli.drawing import WHAT as OFFERED
from markovdiff.figures import style
from markovdiff.figures.figure import WHAT, picture
from markovdiff.figures.marks import FLOOR
from markovdiff.figures.samplers import count
from markovdiff.study.shipped import shipped_scenarios

Streams = pytest.CaptureFixture[str]
TWO = md.load("two-state").replace("noise.steps", 16)


def axes_of(figure: Any) -> Any:
    return figure.axes[0]


def test_the_command_offers_every_figure() -> None:
    """The list that --help shows is the library's."""
    assert OFFERED == WHAT


@pytest.mark.parametrize(("what", "key"), [("information", "mutual_information"), ("loss", "information_loss")])
@pytest.mark.parametrize("scale", ["linear", "log"])
def test_a_curve_is_the_certified_numbers(what: str, key: str, scale: str) -> None:
    """Each point is (t, the float nearest to the value), on the scale asked for."""
    result = md.run(TWO)
    axes = axes_of(md.plot(result, what, scale=scale))
    (line,) = axes.get_lines()
    expected = [(s.t, float(q)) for s in result.steps if (q := getattr(s, key)) is not None]
    np.testing.assert_array_equal(line.get_xydata(), expected)
    assert axes.get_yscale() == scale


def test_entropies_are_three_curves_with_names() -> None:
    """H(x_t), H(x0|x_t), H(x_t|x0): each its numbers, its name, and a dash of its own."""
    result = md.run(TWO)
    lines = axes_of(md.plot(result, "entropy")).get_lines()
    for line, key in zip(lines, ("entropy", "conditional_entropy", "noise_entropy"), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), [float(getattr(step, key)) for step in result.steps])
    assert [line.get_label() for line in lines] == ["$H(x_t)$", "$H(x_0|x_t)$", "$H(x_t|x_0)$"]
    assert len({str(line.get_linestyle()) + str(line.get_marker()) for line in lines}) == 3


def test_several_scenarios_share_the_axes() -> None:
    """Each has its name in the legend, its colour and its marker."""
    figure = md.plot([TWO, "jump-uniform", md.run(TWO.replace({"noise.steps": 8, "name": "short"}))])
    lines = axes_of(figure).get_lines()
    assert [line.get_label().split(" (")[0] for line in lines] == ["two-state", "jump-uniform", "short"]
    assert len({(line.get_color(), line.get_marker()) for line in lines}) == 3


def test_zero_infinite_and_undefined_are_said() -> None:
    """A logarithmic axis has no 0: the name says from when. An infinite term is ∞ at its place, never a height."""
    (line,) = axes_of(md.plot("jump-masked", scale="log")).get_lines()
    T = md.load("jump-masked").T
    assert line.get_label() == f"(0 from $t={T}$)"
    assert math.isnan(line.get_ydata()[-1])
    axes = axes_of(md.plot(TWO.replace("reverse.prior", [1, 0]), "ledger"))
    assert "∞" in [text.get_text() for text in axes.texts]
    assert "$L$ = ∞" in axes.get_title()


def test_a_scale_is_chosen_by_what_it_shows() -> None:
    """More than four decades are drawn on a logarithmic axis, which ends at 1e-300; fewer on a linear one from 0."""
    assert axes_of(md.plot(TWO)).get_yscale() == "linear"
    assert axes_of(md.plot(TWO)).get_ylim()[0] == 0
    late = axes_of(md.plot(TWO.replace({"noise.schedule.beta": "99/100", "noise.steps": 100})))
    assert late.get_yscale() == "log"
    assert late.get_ylim()[0] == FLOOR


def test_the_ledger_adds_up() -> None:
    """What is stacked is what was lost and the model's error at each step, and the prior's two parts: together L."""
    result = md.run(md.load("elbo-d3pm"))
    axes = axes_of(md.plot(result, "ledger"))
    lost, error = (patch.get_data() for patch in axes.patches if hasattr(patch, "get_data"))
    steps = result.steps[1:]
    np.testing.assert_array_equal(lost.values, [float(s.information_loss) for s in steps])
    np.testing.assert_allclose(error.values - lost.values, [float(s.model_error) for s in steps], atol=1e-15)
    prior = sum(patch.get_height() for patch in axes.patches if not hasattr(patch, "get_data"))
    assert error.values.sum() + prior == pytest.approx(float(result.elbo.negative_elbo), abs=1e-13)


@pytest.mark.parametrize("what", ["matrix", "posterior"])
def test_a_map_is_the_exact_table(what: str) -> None:
    """Each cell is the probability rounded once, on a scale from 0 to 1; an impossible condition is a blank row."""
    study = md.load("jump-masked")
    chain = study.chain()
    figure = md.plot(study, what, times=[0, chain.T])
    for axes, t in zip(figure.axes, (0, chain.T), strict=False):
        rows = chain.cumulative(t) if what == "matrix" else chain.data_posterior(t)
        drawn = np.ma.filled(axes.images[0].get_array().astype(float), math.nan)
        expected = [[math.nan] * chain.K if row is None else [float(x) for x in row] for row in rows]
        np.testing.assert_array_equal(drawn, expected)
        assert axes.images[0].get_clim() == (0, 1)


def test_labels_of_a_matrix_have_room() -> None:
    """Up to 16 states each has its label, of 26 every second one, at its own row and column."""
    for name, step in (("elbo-mask-prior", 1), ("letters-uniform", 2)):
        study = md.load(name)
        axes = md.plot(study, "matrix", times=[1]).axes[0]
        for axis in (axes.xaxis, axes.yaxis):
            assert [label.get_text() for label in axis.get_ticklabels()] == list(study.chain().states[::step])
            np.testing.assert_array_equal(axis.get_ticklocs(), range(0, study.K, step))


def test_laws_are_beside_the_data() -> None:
    """Bars are the data, curves are p_t at the times asked for."""
    axes = axes_of(md.plot(TWO, "marginal", times=[4, 16]))
    assert [patch.get_height() for patch in axes.patches] == [0.75, 0.25]
    for line, t in zip(axes.get_lines(), (4, 16), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), [float(x) for x in TWO.chain().marginal(t)])


SAMPLERS = md.load("pronouns").replace({"sampler.times": [[0, 1, 4]], "checks": {}})


def test_samplers_are_the_certified_numbers() -> None:
    """Four numbers of each sampler: a curve over the steps, open points for times and for stages of unmasking."""
    result = md.run(SAMPLERS)
    panels = md.plot(result, "sampler").axes
    names = ("excess", "kl", "total_variation", "outside_support")
    lines = [line for axes in panels for line in axes.get_lines()]
    assert len(lines) == 2 * len(names)
    for k, name in enumerate(names):
        drawn = {True: lines[2 * k], False: lines[2 * k + 1]}
        for evenly, line in drawn.items():
            rows = [(count(one), float(getattr(one, name))) for one in result.sampler if bool(one.steps) is evenly]
            np.testing.assert_array_equal(line.get_xydata(), sorted(rows))
            assert (line.get_linestyle() == "None") is not evenly
    assert sorted(map(count, result.sampler)) == [1, 1, 2, 2, 2, 4]
    assert {text.get_text() for text in panels[0].texts} == {"2", "1+1", "times given"}
    (legend,) = panels[0].figure.legends
    assert len(legend.get_texts()) == len(names)


def test_names_too_close_to_be_read_share_a_line() -> None:
    """Two rows of three stages whose excesses are near are one label, the higher first; far ones are two."""
    result = md.run(SAMPLERS)
    near, far = ((0.5, 0.49), (0.5, 0.1))
    for heights, names in ((near, {"2+2, 1+3"}), (far, {"2+2", "1+3"})):
        rows = [
            replace(result.sampler[-1], steps=None, times=None, unmask=sizes, order="random", excess=Enclosed(str(x)))
            for sizes, x in zip(((2, 2), (1, 3)), heights, strict=True)
        ]
        axes = md.plot(replace(result, sampler=(result.sampler[0], *rows)), "sampler").axes[0]
        assert {text.get_text() for text in axes.texts} == names


def test_samplers_without_a_number_are_marked() -> None:
    """An infinite excess is ∞ at its place; on a logarithmic axis an exact 0 is 0 at the bottom; nothing else moves."""
    result = md.run(SAMPLERS)
    infinite = replace(result.sampler[1], excess=Enclosed("inf"), kl=Enclosed("undefined"))
    panels = md.plot(replace(result, sampler=(result.sampler[0], infinite)), "sampler").axes
    marks = [(text.get_text(), text.get_position()) for text in panels[0].texts]
    assert marks == [("∞", (2, 1.0)), ("?", (2, 0.0))]
    assert len(panels[0].get_lines()[0].get_xdata()) == 1
    zero = [text for text in md.plot(result, "sampler", scale="log").axes[1].texts if text.get_text() == "0"]
    assert {text.get_position() for text in zero} == {(2, 0.0)}


@few("form", ["svg", "pdf", "png"])
def test_a_file_is_the_same_bytes_each_time(form: str, tmp_path: Path) -> None:
    """In each format; and drawing leaves Matplotlib's own settings as they were."""
    import matplotlib

    before = dict(matplotlib.rcParams)
    paths = [tmp_path / f"{k}.{form}" for k in range(2)]
    for path in paths:
        md.plot(TWO, path=path)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert dict(matplotlib.rcParams) == before


def test_text_in_svg_is_text(tmp_path: Path) -> None:
    """Labels can be searched and edited; the figure is as wide as a column."""
    md.plot([TWO, "jump-uniform"], path=tmp_path / "f.svg")
    root = ElementTree.parse(tmp_path / "f.svg").getroot()
    assert "two-state" in "".join(root.itertext())
    assert float(root.attrib["width"].removesuffix("pt")) == pytest.approx(72 * style.COLUMN)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["two-state", "-o", "f.jpg"], "unknown kind of picture"),
        (["two-state", "-o", "no/f.svg"], "no such folder"),
        (["two-state", "jump-masked", "-o", "f.svg", "--what", "ledger"], "shows one scenario"),
        (["two-state", "-o", "f.svg", "--what", "ledger", "--scale", "log"], "no logarithmic scale"),
        (["memory", "-o", "f.svg", "--what", "ledger"], "there is no ledger"),
        (["two-state", "-o", "f.svg", "--what", "matrix", "--t", "1,65"], "no such times"),
        (["two-state", "-o", "f.svg", "--t", "1"], "shows all times"),
        (["two-state", "-o", "f.svg", "--t", "1;2"], "A,B"),
        (["two-state", "-o", "f.svg", "--size", "0x3"], "WxH"),
        (["two-state", "-o", "f.svg", "--what", "sampler"], "no sampler to draw"),
    ],
)
def test_what_cannot_be_drawn(
    arguments: list[str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One message, status 2, no file."""
    monkeypatch.chdir(tmp_path)
    assert main(["plot", *arguments]) == 2
    assert words in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_font_that_is_not_there(tmp_path: Path, capsys: Streams, caplog: pytest.LogCaptureFixture) -> None:
    """One message where none of the user's fonts is installed; where one is, it is taken, and nothing is said."""
    file = tmp_path / "f.png"
    with matplotlib.rc_context({"font.family": ["No Such Font"]}):
        assert main(["plot", "two-state", "-o", str(file)]) == 2
    told = capsys.readouterr().err
    assert "no such font" in told
    assert "'No Such Font'" in told
    assert not file.exists()
    with matplotlib.rc_context({"font.family": ["No Such Font", "sans-serif"]}):
        assert main(["plot", "two-state", "-o", str(file)]) == 0
    assert file.exists()
    assert not caplog.records


@few("form", ["svg", "pdf", "png"])
def test_a_font_that_lacks_a_letter(form: str, tmp_path: Path, capsys: Streams) -> None:
    """Where letters are drawn one message names those that no font has; in SVG they stay text. No warning is left."""
    file = tmp_path / f"f.{form}"
    status = main(["plot", "two-state", "--set", 'data.states=["漢","b"]', "--what", "marginal", "-o", str(file)])
    told = capsys.readouterr().err
    assert file.exists() == (status == 0) == (form == "svg")
    assert told.count("markovdiff:") == (form != "svg")
    assert ("'漢'" in told) == (form != "svg")


def test_matplotlib_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Streams) -> None:
    """One message with what installs it."""
    for name in ("matplotlib", "matplotlib.figure"):
        monkeypatch.setitem(sys.modules, name, None)
    assert main(["plot", "two-state", "-o", str(tmp_path / "f.svg")]) == 2
    assert "pip install 'markovdiff[plot]'" in capsys.readouterr().err


def test_the_command_draws(tmp_path: Path) -> None:
    """With keys set, the size and the unit asked for."""
    file = tmp_path / "f.png"
    arguments = ["two-state", "-o", str(file), "--set", "noise.steps=4", "--unit", "nats", "--size", "4x3"]
    assert main(["plot", *arguments]) == 0
    assert file.read_bytes().startswith(b"\x89PNG")


def test_a_result_draws_itself_but_no_chain() -> None:
    """`result.plot()` is `md.plot(result)`; the laws need the scenario."""
    result = md.run(TWO)
    assert picture(result.plot(), "svg") == picture(md.plot(result), "svg")
    with pytest.raises(md.InputError, match="needs the chain"):
        result.plot("matrix")
    with pytest.raises(md.InputError, match="two units"):
        md.plot([result, TWO.with_options(unit="nats")])


@pytest.mark.slow
@pytest.mark.parametrize(("turn", "name"), list(enumerate(shipped_scenarios())))
def test_every_scenario_that_ships_is_drawn(turn: int, name: str) -> None:
    """Each shipped scenario has three figures drawn, in turn, and all refused that it has not: no ledger, sequences."""
    study = md.load(name)
    result = md.run(study)
    refused = {"ledger"} if result.elbo.nll is None else set()
    refused |= set() if result.sampler else {"sampler"}
    refused |= {"matrix", "posterior"} if study.K > 512 else set()
    refused |= {"matrix", "marginal", "posterior"} if study.sequences else set()
    there = sorted(set(WHAT) - refused)
    for what in {there[(turn + k) % len(there)] for k in range(3)}:
        picture(md.plot(study if what in ("matrix", "marginal", "posterior") else result, what), "svg")
    for what in refused:
        with pytest.raises(md.InputError):
            md.plot(study, what)
