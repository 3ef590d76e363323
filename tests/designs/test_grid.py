"""The best times to keep: every grid's excess by enumerated paths, the curve's own formula, and what is refused."""

from __future__ import annotations

import json
from fractions import Fraction
from itertools import combinations
from math import comb
from pathlib import Path

import pytest
from click.testing import CliRunner
from sequence_laws import STAYS, markov
from sequence_paths import Sampler, Sequences

import markovdiff as md
from markovdiff.arithmetic.logform import LogForm
from markovdiff.cli import cli
from markovdiff.designs.grid import GridDesign, all_jumps, grid
from markovdiff.engines.exact.position_ledger import PositionReverse
from markovdiff.sequences.position_models import PositionMixture, PositionPosterior
from markovdiff.study.scenario import Scenario
from markovdiff.study.written import toml_of

AGREE = {"00": 9, "01": 1, "10": 1, "11": 9}
CORRELATED = {"00": 5, "01": 1, "10": 2, "11": 4}


def scenario(sequences: dict[str, int], T: int, kernel: str = "uniform", **more: object) -> Scenario:
    noise = {"steps": T, "kernel": {"kind": kernel}, "schedule": {"kind": "jump"}}
    return md.scenario({"data": {"length": 2, "sequences": sequences}, "noise": noise, **more})


def grids(T: int, keep: int) -> list[tuple[int, ...]]:
    return [(0, *between, T) for between in combinations(range(1, T), keep - 1)]


def enumerated(given: Scenario, times: tuple[int, ...], model: str, denoiser: str, last: str) -> LogForm | None:
    """KL of the model's paths from q's over these times, path by path, in fractions."""
    chain = given.sequence_chain()
    assert chain is not None
    noise = [[list(row) for row in chain.symbol.step(t)] for t in range(1, chain.T + 1)]
    law = {x: Fraction(w, chain.law.total) for x, w in chain.law.support}
    process = Sequences(law, noise)
    belief = {"posterior": process.posterior, "leave-one-out": process.leave_one_out, "data": process.data}[denoiser]
    return Sampler(process, belief, model, last, times).excess()


@pytest.mark.parametrize(
    ("law", "model", "denoiser", "last"),
    [
        (AGREE, "posterior-mixture", "posterior", "formula"),
        (CORRELATED, "d3pm", "leave-one-out", "prediction"),
        (CORRELATED, "d3pm", "posterior", "formula"),
    ],
)
def test_no_grid_has_less_by_enumerated_paths(law: dict[str, int], model: str, denoiser: str, last: str) -> None:
    """Each grid's excess is the divergence of its paths; the design is the least of them, and counts its equals."""
    spec: dict[str, object] = {"kind": model}
    spec |= {} if denoiser == "posterior" else {"denoiser": denoiser}
    spec |= {} if model == "posterior-mixture" else {"last": last}
    given = scenario(law, 4, reverse={"model": spec})
    for keep in (2, 3):
        known = {times: enumerated(given, times, model, denoiser, last) for times in grids(4, keep)}
        found = grid(given, keep)
        least = known[found.times]
        assert least is not None
        assert all(form is not None and form >= least for form in known.values())
        assert found.ties == sum(form == least for form in known.values())
        assert found.decided
        low, high = least.enclosure(20, "bits")
        assert Fraction(str(found.excess.lower)) <= high
        assert low <= Fraction(str(found.excess.upper))


def test_under_a_mask_a_jump_costs_what_the_curve_says() -> None:
    """Σ L!/(m! b! u!) ᾱ_t^m (ᾱ_s−ᾱ_t)^b (1−ᾱ_s)^u Σ_{j=m}^{m+b−1} (c_m − c_j), exactly: m are seen, b come at once."""
    L, T = 4, 4
    text = "noise = { steps = 4, kernel = { kind = 'absorbing' }, schedule = { kind = 'jump' } }\n[data]\nlength = 4\n"
    rows = 'markov = { initial = ["1/2", "1/2"], rows = [["9/10", "1/10"], ["1/10", "9/10"]] }'
    chain = md.loads(text + rows).sequence_chain()
    assert chain is not None
    c = [q.form() for q in markov(["1/2", "1/2"], STAYS, L).increments]
    model = PositionReverse(chain, PositionMixture(PositionPosterior(Fraction(0))))
    for jump in all_jumps(chain):
        late, early = (1 - Fraction(t, T) for t in (jump.t, jump.s))
        expected = LogForm()
        for m in range(L + 1):
            for b in range(L - m + 1):
                chance = comb(L, m) * comb(L - m, b) * late**m * (early - late) ** b * (1 - early) ** (L - m - b)
                expected += sum((c[m] - c[j] for j in range(m, m + b)), LogForm()) * chance
        assert model.parts(jump).apart.form() == expected


def test_a_step_that_does_nothing_makes_a_tie_and_it_is_told() -> None:
    """Q_2 = I: to keep time 1 or time 2 is the same."""
    noise = {
        "steps": 3,
        "kernel": {"kind": "uniform"},
        "schedule": {"kind": "explicit", "betas": ["1/2", 0, "1/2"]},
    }
    found = grid(md.scenario({"data": {"length": 2, "sequences": AGREE}, "noise": noise}), 2)
    assert (found.times, found.ties, found.decided) == ((0, 1, 3), 2, True)
    assert "2 of which share it" in found.scenario


def test_parity_in_two_jumps() -> None:
    """Three bits with an even sum, T = 6: to keep t = 2 costs 5/9 of a bit, equal jumps 5/8."""
    found = grid("parity", 2)
    assert (found.times, found.excess.value, found.even_times) == ((0, 2, 6), "0.555555555555556", (0, 3, 6))
    assert found.even_excess.value == "0.625"
    assert found.grids == 5


def test_the_grid_of_least_excess_need_not_have_the_least_divergence() -> None:
    """Of the two-jump grids of `pair-uniform` with T = 8, t = 2 has the least excess and t = 1 the least KL(q‖ν)."""
    times = [list(grid_times) for grid_times in grids(8, 2)]
    given = md.load("pair-uniform").replace({"noise.steps": 8, "checks": {}, "sampler": {"times": times}})
    found = md.run(given).sampler
    least = [min(found, key=lambda row: float(getattr(row, name) or 0)).times for name in ("excess", "kl")]
    assert least == [(0, 2, 8), (0, 1, 8)]
    assert grid(given, 2).times == (0, 2, 8)


def test_all_times_are_the_only_grid_and_its_excess_is_that_of_the_run() -> None:
    """Keeping all T leaves no choice: L − H(x0) of the ledger."""
    given = scenario(CORRELATED, 5)
    found, elbo = grid(given, 5), md.run(given).elbo
    assert elbo is not None
    assert (found.times, found.grids, found.ties) == ((0, 1, 2, 3, 4, 5), 1, 1)
    assert float(found.excess) == pytest.approx(float(elbo.negative_elbo) - float(elbo.data_entropy), abs=1e-14)


@pytest.mark.parametrize("name", ["parity", "pronouns", "bridge-plug-in"])
def test_the_written_scenario_verifies(name: str) -> None:
    """It is the same chain, with the grid, and a check that proves the excess to the last digit told."""
    found = grid(name, 3)
    made = md.loads(found.scenario)
    result = md.run(made)
    assert result.passed
    assert any(check.check == "sampler" and check.verdict == "holds" for check in result.checks)
    shown = next(row for row in result.sampler if row.times == found.times)
    assert (shown.excess.lower, shown.excess.upper) == (found.excess.lower, found.excess.upper)
    below = made.replace("checks.sampler", [{"times": list(found.times), "excess": found.excess.lower}])
    assert found.excess.lower == found.excess.upper or not md.run(below).passed


def refused(given: Scenario, keep: int) -> str:
    with pytest.raises(md.MarkovdiffError) as told:
        grid(given, keep)
    return str(told.value)


def test_refusals() -> None:
    """One symbol, a joint reverse, more times than there are, a prior that misses mass, too many jumps."""
    assert "add `length`" in refused(md.load("two-state"), 2)
    assert "does not draw positions apart" in refused(scenario(AGREE, 3, reverse={"model": {"kind": "bayes"}}), 2)
    assert "from 1 to 3" in refused(scenario(AGREE, 3), 4)
    noise = {"steps": 3, "kernel": {"kind": "absorbing"}, "schedule": {"kind": "constant", "beta": "1/2"}}
    masked = md.scenario({"data": {"length": 2, "sequences": AGREE}, "noise": noise, "reverse": {"prior": "mask"}})
    assert "every grid has an excess of +∞" in refused(masked, 2)
    assert "`markovdiff steps`" in refused(scenario(AGREE, 60_000), 2)


def test_a_jump_of_infinite_error_is_never_taken(tmp_path: Path) -> None:
    """A table that is sure of a symbol at t = 2, wrongly: no jump from 2 down to 0; and at t = 3 too: none at all."""
    fair, sure = [[[0.5, 0.5]]] * 2, [[[1, 0]]] * 2
    tables = {"some.json": [fair, sure, fair], "more.json": [fair, sure, sure]}
    for name, table in tables.items():
        (tmp_path / name).write_text(json.dumps({"denoiser": table}))
    text = "data = { length = 1, sequences = { 0 = 1, 1 = 1 } }\nreverse.model = { kind = 'table', path = 'some.json', "
    noise = "noise = { steps = 3, kernel = { kind = 'uniform' }, schedule = { kind = 'constant', beta = '1/2' } }"
    given = md.loads(f"{text} form = 'posterior-mixture' }}\n{noise}", folder=tmp_path)
    found = grid(given, 2)
    assert (found.times, found.ties, found.unusable, found.grids) == ((0, 1, 3), 1, 1, 2)
    assert (found.even_times, found.even_excess.value) == ((0, 2, 3), "inf")
    assert str(tmp_path / "some.json") in found.scenario
    assert "no grid has a finite excess" in refused(given.replace("reverse.model.path", "more.json"), 1)


def test_every_shipped_scenario_is_written_as_it_is_read() -> None:
    """TOML of a scenario, read again, is the same file; files that it names are named by absolute paths."""
    from markovdiff.study.shipped import shipped_scenarios

    for name in shipped_scenarios():
        given = md.load(name)
        text = toml_of(given)
        again = md.loads(text)
        assert toml_of(again) == text
        assert "path" in text or again.file == given.file, name


def test_command(tmp_path: Path) -> None:
    """The file verifies; JSON has the object's names; an option of the other goal is refused."""
    run, file = CliRunner().invoke, tmp_path / "grid.toml"
    made = run(cli, ["design", "parity", "--for", "steps", "--keep", "2", "-o", str(file)])
    assert made.exit_code == 0
    assert "times 0, 2, 6: excess 0.555555555555556 bits; equal jumps have 0.625" in " ".join(made.output.split())
    assert run(cli, ["verify", str(file)]).exit_code == 0
    found = json.loads(run(cli, ["design", "parity", "--for", "steps", "--keep", "3", "--json"]).output)
    assert found["times"] == [0, 1, 3, 6]
    for wrong in (["--for", "steps"], ["--for", "steps", "--keep", "2", "--steps", "3"]):
        assert run(cli, ["design", "parity", *wrong]).exit_code != 0
    assert run(cli, ["design", "two-state", "--for", "mutual-information", "--keep", "2"]).exit_code != 0
    assert isinstance(md.design("parity", "steps", keep=2), GridDesign)
