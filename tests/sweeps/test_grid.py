"""A grid's points: every combination, ranges exact or rounded once; what is no grid is refused before it runs."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import mpmath
import pytest

import markovdiff as md
from markovdiff.sweeps.grid import Grid, grid, load_grid


def points(**tables: Any) -> list[dict[str, Any]]:
    return list(grid({"base": "two-state", **tables}).points())


def test_every_combination_in_order() -> None:
    """The points are the product of the axes, the last running fastest, and zipped lists after them together."""
    found = points(
        grid={"noise.steps": [4, 8], "unit": ["bits", "nats"]}, zip={"arithmetic.digits": [9, 12], "title": ["a", "b"]}
    )
    expected = product([4, 8], ["bits", "nats"], [(9, "a"), (12, "b")])
    assert [tuple(point.values()) for point in found] == [(s, u, d, t) for s, u, (d, t) in expected]
    assert list(found[0]) == ["noise.steps", "unit", "arithmetic.digits", "title"]


def test_a_linear_range_is_exact() -> None:
    """Equal steps between its ends, as fractions; whole numbers are integers."""
    found = points(grid={"noise.schedule.beta": {"start": "1/10", "stop": "1/2", "count": 4}})
    assert [Fraction(p["noise.schedule.beta"]) for p in found] == [Fraction(n, 30) for n in (3, 7, 11, 15)]
    assert [p["noise.steps"] for p in points(grid={"noise.steps": {"start": 2, "stop": 8, "count": 4}})] == [2, 4, 6, 8]


def test_a_logarithmic_range_is_rounded_once() -> None:
    """Equal ratios between its ends, each value the decimal of 15 digits nearest to mpmath's of 60."""
    made = {"start": "1/1000", "stop": "7/10", "count": 9, "scale": "log"}
    found = [Fraction(p["noise.schedule.beta"]) for p in points(grid={"noise.schedule.beta": made})]
    with mpmath.workdps(60):
        for i, value in enumerate(found[1:-1], 1):
            true = mpmath.power(10, -3) * mpmath.power(700, mpmath.mpf(i) / 8)
            assert value == Fraction(Decimal(mpmath.nstr(true, 15, strip_zeros=False)))
    assert (found[0], found[-1]) == (Fraction(1, 1000), Fraction(7, 10))
    made = {"start": 8, "stop": 64, "count": 4, "scale": "log"}
    assert [p["noise.steps"] for p in points(grid={"noise.steps": made})] == [8, 16, 32, 64]


def test_a_file_and_a_dict_are_one_grid(tmp_path: Path) -> None:
    """Keys may be quoted or not, and the base is beside the file or ships."""
    (tmp_path / "g.toml").write_text('base = "two-state"\n[grid]\nnoise.steps = [2, 4]\n', encoding="utf-8")
    (tmp_path / "h.toml").write_text('base = "b.toml"\n[grid]\n"noise.steps" = [2, 4]\n', encoding="utf-8")
    source = (Path(__file__).parents[2] / "scenarios" / "two-state.toml").read_text(encoding="utf-8")
    (tmp_path / "b.toml").write_text(source, encoding="utf-8")
    made = load_grid(tmp_path / "g.toml")
    assert list(made.points()) == [{"noise.steps": 2}, {"noise.steps": 4}]
    beside = load_grid(tmp_path / "h.toml")
    assert beside.base.file == made.base.file
    assert grid({"base": md.load("two-state"), "grid": {"noise.steps": [2, 4]}}).digest() == made.digest()


def test_the_hash_knows_what_rows_depend_on() -> None:
    """Another value, another thing kept or another base give another hash."""
    one = {"base": "two-state", "grid": {"noise.steps": [2, 4]}}
    others = [
        one | {"grid": {"noise.steps": [2, 5]}},
        one | {"keep": ["elbo.nll"]},
        one | {"base": "permutation"},
        one | {"base": md.load("two-state").replace("noise.schedule.beta", "1/11")},
    ]
    assert len({grid(tables).digest() for tables in (one, *others)}) == 5


@pytest.mark.parametrize(
    ("tables", "where"),
    [
        ({"gird": {}}, "gird"),
        ({}, "grid"),
        ({"grid": {"noise.steps": []}}, "grid.noise.steps"),
        ({"grid": {"noise.steps": 3}}, "grid.noise.steps"),
        ({"grid": {"noise.stps": [3]}}, "noise.stps"),
        ({"grid": {"noise.kernel": [{"kind": "uniform"}], "noise.kernel.reech": [1]}}, "noise.kernel.reech"),
        ({"grid": [1]}, "grid"),
        ({"zip": {"noise.steps": [1, 2], "title": ["a"]}}, "zip"),
        ({"grid": {"noise.steps": [1]}, "zip": {"noise.steps": [1]}}, "zip.noise.steps"),
        ({"grid": {"noise.steps": {"start": 1, "stop": 2}}}, "grid.noise.steps.count"),
        ({"grid": {"noise.steps": {"start": 1, "stop": 2, "count": 1}}}, "grid.noise.steps.count"),
        ({"grid": {"noise.steps": {"start": 1, "stop": 2, "count": 2, "scale": "cubic"}}}, "grid.noise.steps.scale"),
        ({"grid": {"noise.steps": {"start": 0, "stop": 2, "count": 2, "scale": "log"}}}, "grid.noise.steps"),
        ({"grid": {"noise.steps": {"start": 1, "stop": 2, "count": 2, "by": 1}}}, "grid.noise.steps.by"),
        ({"grid": {"noise.steps": [1]}, "keep": []}, "keep"),
        ({"grid": {"noise.steps": [1]}, "keep": "elbo.nll"}, "keep"),
        (
            {"grid": {"a": {"start": 0, "stop": 1, "count": 40000}, "b": {"start": 0, "stop": 1, "count": 25001}}},
            "grid",
        ),
    ],
)
def test_what_is_no_grid(tables: dict[str, Any], where: str) -> None:
    """The complaint names the key."""
    with pytest.raises(md.InputError) as caught:
        grid({"base": "two-state", **tables})
    assert caught.value.where == where
    if "a" in tables.get("grid", {}):
        assert caught.value.got == "1,000,040,000"


def test_a_base_is_needed() -> None:
    """Without a base, or with one that is not there, nothing is run."""
    with pytest.raises(md.InputError, match="'base' is missing"):
        grid({"grid": {"noise.steps": [1]}})
    with pytest.raises(md.InputError, match="no such scenario"):
        grid({"base": "two-stat", "grid": {"noise.steps": [1]}})


def test_a_key_that_one_kind_has_is_no_error_of_the_grid() -> None:
    """`reach` is a key of the neighbour kernel: with others it is their rows that are refused."""
    made = grid(
        {"base": "two-state", "grid": {"noise.kernel.kind": ["uniform", "neighbour"], "noise.kernel.reach": [1]}}
    )
    assert isinstance(made, Grid)
    assert len(made) == 2
