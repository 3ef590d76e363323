"""`plot`: which figure, of which scenarios."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from markovdiff.arithmetic.rational import shown
from markovdiff.errors import InputError
from markovdiff.figures import curves, laws
from markovdiff.figures.style import drawn, settings
from markovdiff.study.output import check_writable, write_whole
from markovdiff.study.result import Result
from markovdiff.study.run import run
from markovdiff.study.scenario import Scenario, load

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CURVES = {"information": curves.information, "loss": curves.loss, "entropy": curves.entropy, "ledger": curves.ledger}
LAWS = {"matrix": laws.matrix, "marginal": laws.marginal, "posterior": laws.posterior}
ONE_AXES = ("information", "loss", "entropy")
WHAT = (*CURVES, *LAWS)
FORMATS = ("svg", "pdf", "png")

Given = Scenario | Result | str | Path


def plot(
    given: Given | Sequence[Given],
    what: str = "information",
    *,
    scale: str | None = None,
    times: Sequence[int] | None = None,
    size: tuple[float, float] | None = None,
    path: str | Path | None = None,
) -> Figure:
    """Draw a figure of one or several scenarios and return it, a matplotlib Figure.

    `what` is information, loss or entropy (several scenarios on one pair of axes), or ledger, matrix, marginal or
    posterior (one scenario). `given` are scenarios, their names or files, or results; the laws need a scenario. `scale`
    is linear or log, by default log where there is more than four decades to see. `times` are those of the laws, by
    default 1, T/2 and T. `size` is in inches. With `path` the figure is written too, as .svg, .pdf or .png.

    Raises InputError for what cannot be drawn, and where Matplotlib is not installed.
    """
    if what not in WHAT:
        raise InputError("no such figure", where="what", expected=f"one of {', '.join(WHAT)}", got=shown(what))
    if scale not in (None, "linear", "log"):
        raise InputError("unknown scale", where="scale", expected="linear or log", got=shown(scale))
    if path is not None:
        check_writable({"-o": str(path)})
        format_of(path)
    several = [given] if isinstance(given, Scenario | Result | str | Path) else list(given)
    if not several:
        raise InputError("nothing to draw", where="plot", expected="at least one scenario")
    if what not in ONE_AXES and len(several) > 1:
        raise InputError(f"the figure {what!r} shows one scenario", where="plot", got=f"{len(several)} of them")
    subjects = [load(one) if isinstance(one, str | Path) else one for one in several]
    figure = _of_laws(what, subjects[0], times, size) if what in LAWS else _of_runs(what, subjects, scale, times, size)
    if path is not None:
        write_whole({("-o", str(path)): picture(figure, format_of(path))})
    return figure


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
    """Return a figure as the bytes of a file; the same figure gives the same bytes."""
    undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None, "ModDate": None}, "png": {}}
    with settings(), io.BytesIO() as file:
        figure.savefig(file, format=form, metadata=undated[form])
        return file.getvalue()
