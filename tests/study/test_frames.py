"""Frames hold the numbers as floats, each column of one type, in pandas and in polars."""

from __future__ import annotations

import io
import math
from typing import Any

import pytest

import markovdiff as md
from markovdiff.arithmetic.quantity import Enclosed
from markovdiff.study import frames
from markovdiff.study.result import QUANTITIES

RESULT = md.run(md.load("two-state").replace({"noise.steps": 4, "reverse.prior": [1, 0]}))
LIBRARIES = [
    pytest.param(name, marks=pytest.mark.skipif(not frames.find_spec(name), reason=f"no {name}"))
    for name in frames.LIBRARIES
]  # type: ignore[attr-defined]


def column(table: Any, name: str) -> list[Any]:
    return list(table[name])


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_frame_is_the_result(library: str) -> None:
    """A row a step, the JSON's names; each cell is the float of the number, inf where it is infinite."""
    table = RESULT.to_frame(library)
    assert type(table).__module__.split(".")[0] == library
    assert list(table.columns) == list(QUANTITIES)
    assert column(table, "t") == [0, 1, 2, 3, 4]
    assert column(table, "mutual_information") == [float(step.mutual_information) for step in RESULT.steps]
    assert column(table, "beta")[1:] == [0.1] * 4
    assert column(table, "decay")[1:] == ["strict"] * 4
    missing = column(table, "beta")[0]
    assert missing is None or math.isnan(missing)


@pytest.mark.parametrize("library", LIBRARIES)
def test_each_column_has_one_type(library: str) -> None:
    """`t` whole, `decay` text, all else float64, also a column that is empty."""
    table = RESULT.to_frame(library)
    kinds = {name: str(table[name].dtype).lower() for name in table.columns}
    assert kinds.pop("t") == "int64"
    assert kinds.pop("decay").startswith("str")
    assert set(kinds.values()) == {"float64"}


def test_infinite_undefined_and_undecided() -> None:
    """inf, NaN, and missing."""
    assert frames.cell(RESULT.elbo.negative_elbo) == math.inf
    assert repr(frames.cell(Enclosed("undefined"))) == "nan"
    assert frames.cell(Enclosed("undecided")) is None


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_sweep_is_a_frame(library: str) -> None:
    """The same columns as its CSV, read with the same types."""
    pandas = pytest.importorskip("pandas")
    sweep = md.sweep(
        {"base": "two-state", "grid": {"noise.steps": [2, 3], "noise.schedule.beta": ["1/10", "2"]}}, workers=1
    )
    table = sweep.to_frame(library)
    assert list(table.columns) == list(sweep.columns)
    assert column(table, "noise.steps") == [2, 2, 3, 3]
    read = pandas.read_csv(io.StringIO(sweep.to_csv()))
    for name in ("noise.steps", "elbo.nll"):
        assert str(read[name].dtype) == str(table[name].dtype).lower()
    assert column(table, "status") == ["fails", "refused"] * 2


def test_the_one_in_use_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a name it is the library that is loaded, then one that is installed; where there is none it is said."""
    monkeypatch.setattr(frames, "find_spec", lambda _name: True)
    for loaded in frames.LIBRARIES:
        monkeypatch.setattr("sys.modules", {loaded: None})
        assert frames.chosen(None) == loaded
        assert frames.chosen("polars") == "polars"
    monkeypatch.undo()
    monkeypatch.setattr(frames, "find_spec", lambda _name: None)
    for library in (None, *frames.LIBRARIES):
        with pytest.raises(md.InputError, match="pip install"):
            frames.chosen(library)
    with pytest.raises(md.InputError, match="no such library"):
        RESULT.to_frame("dplyr")
