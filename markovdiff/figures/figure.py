"""`plot`: which figure, of which scenarios."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from markovdiff.arithmetic.rational import shown
from markovdiff.errors import InputError
from markovdiff.figures import curves, laws
from markovdiff.figures.grids import swept
from markovdiff.figures.ledger import ledger
from markovdiff.figures.samplers import samplers
from markovdiff.figures.style import drawn, settings
from markovdiff.study.loading import load
from markovdiff.study.output import check_writable, write_whole
from markovdiff.study.result import Result
from markovdiff.study.run import run
from markovdiff.study.scenario import Scenario
from markovdiff.sweeps.sweep import Sweep, is_table, load_sweep

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CURVES = {"information": curves.information, "loss": curves.loss, "entropy": curves.entropy, "ledger": ledger}
LAWS = {"matrix": laws.matrix, "marginal": laws.marginal, "posterior": laws.posterior}
ONE_AXES = ("information", "loss", "entropy")
WHAT = (*CURVES, *LAWS, "sampler")
FORMATS = ("svg", "pdf", "png")

GLYPH = re.compile(r"Glyph ([0-9]+) .* missing")
"""What Matplotlib warns of where a font lacks a character."""

Given = Scenario | Result | Sweep | str | Path


def plot(
    given: Given | Sequence[Given],
    what: str | None = None,
    *,
    x: str | None = None,
    y: str | None = None,
    color: str | None = None,
    scale: str | None = None,
    times: Sequence[int] | None = None,
    size: tuple[float, float] | None = None,
    path: str | Path | None = None,
) -> Figure:
    """Draw a figure of one or several scenarios, or of a sweep, and return it, a matplotlib Figure.

    `what` is information (the default), loss or entropy (several scenarios on one pair of axes), or ledger, sampler,
    matrix, marginal or posterior (one scenario). `given` are scenarios, their names or files, or results; the laws need
    a scenario. `scale` is linear or log, by default log where there is more than four decades to see. `times` are those
    of the laws, by default 1, T/2 and T. `size` is in inches. With `path` the figure is written too, as .svg, .pdf or
    .png. Of a sweep, or its file (.parquet, .csv, .jsonl), the column `y` is drawn against `x`, a curve for each value
    of the column `color`.

    Raises InputError for what cannot be drawn, and where Matplotlib is not installed.
    """
    if what not in (None, *WHAT):
        raise InputError("no such figure", where="what", expected=f"one of {', '.join(WHAT)}", got=shown(what))
    if scale not in (None, "linear", "log"):
        raise InputError("unknown scale", where="scale", expected="linear or log", got=shown(scale))
    if path is not None:
        check_writable({"-o": str(path)})
        format_of(path)
    several = [given] if isinstance(given, Given) else list(given)
    if not several:
        raise InputError("nothing to draw", where="plot", expected="at least one scenario")
    tables = [one for one in several if isinstance(one, Sweep) or (isinstance(one, str | Path) and is_table(one))]
    if tables:
        _check_alone(several, what, times)
        figure = _of_sweep(tables[0], x, y, color, scale, size)
    else:
        for name, column in (("--x", x), ("--y", y), ("--color", color)):
            if column is not None:
                raise InputError("columns are a sweep's", where=name, expected="a table: .parquet, .csv or .jsonl")
        runs = [one for one in several if not isinstance(one, Sweep)]
        figure = _of_scenarios(what or "information", runs, scale, times, size)
    if path is not None:
        write_whole({("-o", str(path)): picture(figure, format_of(path))})
    return figure


def _check_alone(several: Sequence[Given], what: str | None, times: Sequence[int] | None) -> None:
    """Raise InputError where something is asked for beside a sweep's table that a sweep does not have."""
    if len(several) > 1:
        raise InputError("a sweep is drawn by itself", where="plot", got=f"{len(several)} things")
    for name, given in (("--what", what), ("--t", times)):
        if given is not None:
            raise InputError(f"a sweep's table knows no {name}", where=name, expected="--x, --y and --color")


def _of_sweep(
    given: Sweep | str | Path,
    x: str | None,
    y: str | None,
    color: str | None,
    scale: str | None,
    size: tuple[float, float] | None,
) -> Figure:
    sweep = given if isinstance(given, Sweep) else load_sweep(given)
    with drawn(1, size) as (figure, (axes,)):
        swept(axes, sweep, x, y, color, scale)
    return figure


def _of_scenarios(
    what: str,
    several: Sequence[Scenario | Result | str | Path],
    scale: str | None,
    times: Sequence[int] | None,
    size: tuple[float, float] | None,
) -> Figure:
    if what not in ONE_AXES and len(several) > 1:
        raise InputError(f"the figure {what!r} shows one scenario", where="plot", got=f"{len(several)} of them")
    subjects = [load(one) if isinstance(one, str | Path) else one for one in several]
    return _of_laws(what, subjects[0], times, size) if what in LAWS else _of_runs(what, subjects, scale, times, size)


def _of_runs(
    what: str,
    subjects: Sequence[Scenario | Result],
    scale: str | None,
    times: Sequence[int] | None,
    size: tuple[float, float] | None,
) -> Figure:
    if times is not None:
        raise InputError(f"the figure {what!r} shows all times", where="--t", remedy="leave it out")
    results = [one if isinstance(one, Result) else run(one) for one in subjects]
    if len({result.unit for result in results}) > 1:
        raise InputError("two units on one axis", where="plot", expected="bits or nats", remedy="--unit for all")
    if what == "sampler":
        with drawn(2, size, stacked=True) as (figure, panels):
            samplers(panels, results, scale)
        return figure
    with drawn(1, size) as (figure, (axes,)):
        CURVES[what](axes, results, scale)
    return figure


def _of_laws(
    what: str, subject: Scenario | Result, times: Sequence[int] | None, size: tuple[float, float] | None
) -> Figure:
    if isinstance(subject, Result):
        raise InputError(f"the figure {what!r} needs the chain", where="plot", expected="a scenario", got="a result")
    chain = subject.chain_of_one_symbol(f"plot --what {what}")
    chosen = sorted({1, (chain.T + 1) // 2, chain.T}) if times is None else list(times)
    if not chosen or not all(isinstance(t, int) and 0 <= t <= chain.T for t in chosen):
        raise InputError("no such times", where="--t", expected=f"some of 0 … {chain.T}", got=shown(chosen))
    with drawn(1 if what == "marginal" else len(chosen), size) as (figure, axes):
        LAWS[what](figure, axes, chain, chosen)
    return figure


def format_of(path: str | Path) -> str:
    """Return the format that a file's name asks for. Raises InputError for another ending."""
    form = Path(path).suffix.removeprefix(".").lower()
    if form not in FORMATS:
        raise InputError("unknown kind of picture", where="-o", expected=".svg, .pdf or .png", got=shown(str(path)))
    return form


def picture(figure: Figure, form: str) -> bytes:
    """Return a figure as the bytes of a file; the same figure gives the same bytes.

    Raises InputError where no font has a character of a label; in SVG text stays text, and the reader's fonts are used.
    """
    undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None, "ModDate": None}, "png": {}}
    with settings(), io.BytesIO() as file, warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        figure.savefig(file, format=form, metadata=undated[form])
        content = file.getvalue()
    missing = [match[1] for one in told if (match := GLYPH.match(str(one.message)))]
    if missing and form != "svg":
        raise InputError(
            "no font has these characters",
            where="plot",
            got=shown("".join(dict.fromkeys(chr(int(code)) for code in missing))),
            remedy="write .svg, use other labels, or name a font that has them under font.family in matplotlibrc",
        )
    return content
