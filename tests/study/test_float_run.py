"""Whole runs in float64: the ledger, the checks and the files, against exact arithmetic."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from beside import KERNELS, MODELS, PRIORS, assert_fits_the_schema, numbers_of_the_ledger, study, verdicts
from breadth import few

import markovdiff as md
from markovdiff.cli import main
from markovdiff.process.kernels import Blend
from markovdiff.study.result import TOTALS
from markovdiff.study.shipped import shipped_scenarios


@pytest.mark.slow
def test_float64_needs_no_common_denominator(tmp_path: Path) -> None:
    """300 rows of floats, each over a sum of its own: their one denominator has thousands of bits, and is not made."""
    np.save(tmp_path / "rows.npy", np.random.default_rng(1).dirichlet(np.ones(300), 300))
    scenario = md.loads(
        "data = { family = { kind = 'uniform', size = 300 } }\narithmetic = { kind = 'float' }\n"
        "[noise]\nsteps = 3\nkernel = { kind = 'matrix', path = 'rows.npy', normalise = true }\n"
        "schedule = { kind = 'constant', beta = '1/3' }\n",
        folder=tmp_path,
    )
    assert md.run(scenario).steps[3].decay == "strict"
    kernel = scenario.chain().kernel
    assert isinstance(kernel, Blend)
    assert kernel.M.denominator.bit_length() > 10_000
    assert "matrix" not in vars(kernel.M)


@pytest.mark.parametrize("data", ["weights = [5, 2, 1]", "weights = [5, 2, 0]"])
@pytest.mark.parametrize("prior", PRIORS)
@pytest.mark.parametrize("kernel", KERNELS)
def test_the_ledger_agrees_with_the_exact_one(kernel: str, prior: str, data: str) -> None:
    """Every total is the exact one to within 1e-10, infinite and undefined where that is."""
    scenario = study(KERNELS[kernel], prior, data)
    exact, near = md.run(scenario).elbo, md.run(scenario.with_options(arithmetic="float")).elbo
    for name in (*TOTALS, "nll_excess"):
        a, b = getattr(exact, name), getattr(near, name)
        assert b.lower is b.upper is None
        if a.is_finite:
            assert float(b) == pytest.approx(float(a), rel=1e-10, abs=1e-16), name
        else:
            assert (b.value, b.witness) == (a.value, a.witness), name


def test_an_undefined_likelihood_names_where() -> None:
    """A prior that reaches what the noise never does: NLL is undefined at the same (t, x_t) as exactly."""
    scenario = study(KERNELS["absorbing"], '["1/4", "1/4", "1/2"]', "weights = [5, 0, 2]")
    exact, near = md.run(scenario).elbo, md.run(scenario.with_options(arithmetic="float")).elbo
    assert exact.nll.value == near.nll.value == "undefined"
    assert exact.nll.witness == near.nll.witness == {"t": 5, "x_t": "1"}


@pytest.mark.parametrize("kind", ["float", "ball"])
def test_what_the_model_cannot_produce_is_named(kind: str) -> None:
    """A prior on a state that x0 = 2 never comes to: NLL is infinite, and the witness is that x0, as exactly."""
    scenario = study(KERNELS["matrix"], "[1, 0, 0]")
    exact, near = md.run(scenario).elbo, md.run(scenario.with_options(arithmetic=kind)).elbo
    assert exact.nll.value == near.nll.value == "inf"
    assert exact.nll.witness == near.nll.witness == {"t": 0, "x0": "2"}


@pytest.mark.parametrize("kernel", KERNELS)
def test_steps_and_verdicts_agree_with_the_exact_ones(kernel: str) -> None:
    """Rationals are decimals, quantities have no bounds, and each verdict is the exact one, labelled float."""
    scenario = study(KERNELS[kernel], '"uniform"')
    exact, near = md.run(scenario), md.run(scenario.with_options(arithmetic="float"))
    for a, b in zip(exact.steps, near.steps, strict=True):
        assert b.decay == a.decay
        assert float(b.total_variation_to_prior) == pytest.approx(float(a.total_variation_to_prior), rel=1e-10, abs=0)
        assert isinstance(b.total_variation_to_prior, Decimal)
        assert (a.dobrushin is None) == (b.dobrushin is None)
        assert [float(p) for p in b.marginal] == pytest.approx([float(p) for p in a.marginal], rel=1e-10, abs=0)
    assert [(c.check, c.observed, c.verdict) for c in near.checks] == [
        (c.check, c.observed, c.verdict) for c in exact.checks
    ]
    assert {check.decided for check in near.checks} == {"float"}
    assert not any("proved" in check.detail for check in near.checks)


SEQUENCES = [name for name in shipped_scenarios() if md.load(name).sequences is not None]


@pytest.mark.parametrize("name", SEQUENCES)
def test_sequences_are_refused_in_float64(name: str) -> None:
    """There is no such run; the message says which arithmetic there is."""
    study = md.load(name).with_options(arithmetic="float")
    with pytest.raises(md.InputError, match="sequences are not run in float64"):
        md.run(study)


@few(
    "name",
    sorted(name for name in shipped_scenarios() if not name.startswith(("elbo-", "vq-")) and name not in SEQUENCES),
    ("two-state", "memory", "two-rooms", "starter"),
)
def test_shipped_scenarios_are_never_contradicted(name: str) -> None:
    """In float64 each check of a shipped scenario holds or is undecided, and the JSON fits its schema."""
    result = md.run(md.load(name).with_options(arithmetic="float"))
    assert {check.verdict for check in result.checks} <= {"holds", "undecided"}
    assert_fits_the_schema(result)
    assert result.to_csv(distributions=True).count("\n") == len(result.steps) + 1


def test_the_command_prints_a_float_run(capsys: pytest.CaptureFixture[str]) -> None:
    """The table says float64; the exit status is the verdict's."""
    assert main(["run", "two-state", "--arithmetic", "float"]) == 0
    assert "float64: not certified" in capsys.readouterr().out
    assert main(["verify", "two-rooms", "--arithmetic", "float"]) == 0
    assert "as far as float64 reaches: it cannot tell from t = 10 on, 7 of 16 steps" in capsys.readouterr().out


@few(
    ("expected", "status"),
    [("non-increasing", 0), ("strict", 3), ("equal", 3), ("violated", 3)],
    [("non-increasing", 0), ("strict", 3)],
)
def test_a_theorem_holds_as_far_as_float64_reaches(tmp_path: Path, expected: str, status: int) -> None:
    """I_t leaves float64's range at t = 512: the weak claim holds as far as that, every other is undecided."""
    checks = f'mi-decay = "{expected}"'
    kernel = '{ kind = "matrix", rows = [["3/4", "1/4"], ["1/2", "1/2"]] }'
    text = chain_of('["1/3", "2/3"]', kernel, json.dumps(["1"] * 540), checks=checks)
    found = md.run(md.loads(text).with_options(arithmetic="float"))
    (decay,) = (check for check in found.checks if check.check == "mi-decay")
    assert decay.verdict == ("holds" if status == 0 else "undecided")
    assert decay.observed == ("non-increasing" if status == 0 else "undecided")
    first = next(step.t for step in found.steps if step.decay == "undecided")
    assert decay.witness == {"t": first}
    assert f"as far as float64 reaches: it cannot tell from t = {first} on" in decay.detail
    assert {check.verdict for check in found.checks if check.check != "mi-decay"} == {"holds"}
    assert {step.mutual_information.value for step in found.steps[first:]} == {"undecided"}
    (tmp_path / "s.toml").write_text(text)
    assert main(["verify", str(tmp_path / "s.toml"), "--arithmetic", "float", "--quiet"]) == status


@pytest.mark.parametrize("model", MODELS)
@few("kernel", KERNELS)
def test_a_models_ledger_agrees_with_the_exact_one(kernel: str, model: str) -> None:
    """Of any model each step's term and error and each total are the exact ones, as is the verdict.

    To nine digits, or to 1e-14 where it is a difference of numbers near one, each rounded at 1e-16.
    """
    scenario = study(KERNELS[kernel], '["1/2", "1/4", "1/4"]', model=model)
    exact, near = (md.run(scenario.with_options(arithmetic=kind)) for kind in ("exact", "float"))
    for name, c, d in numbers_of_the_ledger(exact, near):
        if d.value == "undecided":
            assert float(c) == 0, name
        elif c.is_finite:
            assert float(d) == pytest.approx(float(c), rel=1e-9, abs=1e-14), name
        else:
            assert (d.value, d.witness) == (c.value, c.witness), name
    assert verdicts(near) == verdicts(exact)
    assert near.elbo.negative_elbo.lower is None


@few(
    "name",
    sorted(name for name in shipped_scenarios() if name.startswith("elbo-")),
    ("elbo-mask-prior", "elbo-d3pm", "elbo-tight"),
)
def test_shipped_ledgers_come_out_as_they_do_exactly(name: str) -> None:
    """L, NLL and Σ Δ_t of a shipped scenario are the exact ones; no check fails."""
    exact, near = (md.run(md.load(name).with_options(arithmetic=kind)) for kind in ("exact", "float"))
    for total in TOTALS:
        a, b = getattr(exact.elbo, total), getattr(near.elbo, total)
        if name == "elbo-d3pm-trained" and b.value == "undecided":
            assert float(a) == 0, total
        elif a.is_finite:
            assert float(b) == pytest.approx(float(a), rel=1e-9, abs=1e-14), total
        else:
            assert (b.value, b.witness) == (a.value, a.witness), total
    assert {check.verdict for check in near.checks} <= {"holds", "undecided"}
    assert_fits_the_schema(near)


def test_a_models_matrices_too_large_for_the_machine_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A structured chain of 20,000 states costs little; a reverse model with its K × K matrices is refused at once."""
    path = tmp_path / "vocabulary.toml"
    noise = '[noise]\nsteps = 50\nkernel = { kind = "uniform" }\nschedule = { kind = "constant", beta = "1/10" }\n'
    path.write_text(
        f'data = {{ family = {{ kind = "uniform", size = 20000 }} }}\n{noise}[reverse.model]\nkind = "d3pm"\n'
    )
    assert main(["run", str(path), "--arithmetic", "float"]) == 3
    assert "too big for this machine" in capsys.readouterr().err


def both(text: str) -> tuple[md.Result, md.Result]:
    """A scenario run exactly and in float64."""
    scenario = md.loads(text)
    return md.run(scenario), md.run(scenario.with_options(arithmetic="float"))


def chain_of(data: str, kernel: str, betas: str, reverse: str = "", checks: str = "") -> str:
    """A scenario's text."""
    steps = betas.count(",") + 1
    return (
        f"data = {{ probabilities = {data} }}\n[noise]\nsteps = {steps}\nkernel = {kernel}\n"
        f'schedule = {{ kind = "explicit", betas = {betas} }}\n[reverse]\n{reverse}\n[checks]\n{checks}\n'
    )


TINY = f'["1e-300", "{Fraction(1) - Fraction(1, 10**300)}"]'
"""Data that are all but certain."""

QUANTITIES = ("entropy", "mutual_information", "conditional_entropy", "noise_entropy", "information_loss")


@pytest.mark.parametrize("kernel", ['{ kind = "uniform" }', '{ kind = "absorbing" }', KERNELS["matrix"]])
@pytest.mark.parametrize("rare", ["1e-17", "1e-300"])
def test_data_that_are_nearly_certain_keep_every_digit(kernel: str, rare: str) -> None:
    """With q(x0 = 0) = 1 − ε every quantity is the exact one to 1e-10: 1 − p_0 is summed from the others."""
    most = 1 - Fraction(rare)
    exact, near = both(chain_of(f'["{most}", "{rare}", 0]', kernel, '["1/10", "1e-8", "1/2"]', 'prior = "uniform"'))
    for a, b in zip(exact.steps, near.steps, strict=True):
        for name in QUANTITIES:
            c, d = getattr(a, name), getattr(b, name)
            assert (c is None) == (d is None)
            if c is not None and float(c) > 1e-300:
                assert d.value == "undecided" or float(d) == pytest.approx(float(c), rel=1e-10, abs=0), (a.t, name)
        assert float(b.total_variation_to_prior or 0) == pytest.approx(
            float(a.total_variation_to_prior), rel=1e-10, abs=0
        )


@pytest.mark.parametrize("model", ['{ kind = "uniform" }', '{ kind = "counted", trajectories = 100, seed = 9 }'])
def test_what_a_model_gives_to_a_rare_x0_counts(model: str) -> None:
    """KL(p_0‖m_0) has m_0's mass also at a state whose p_0 is below what a model's errors are followed to."""
    kernel = '{ kind = "matrix", rows = [["1/2", "1/2"], [1, 0]] }'
    exact, near = both(chain_of(TINY, kernel, '["1/100", "1/2"]', f'prior = ["7/16", "9/16"]\nmodel = {model}'))
    for name in ("nll", "gap", "negative_elbo"):
        assert float(getattr(near.elbo, name)) == pytest.approx(float(getattr(exact.elbo, name)), rel=1e-9, abs=0), name


def test_a_likelihood_below_rounding_is_not_zero() -> None:
    """A prior that leads back to x0 = b with probability 1e-40 costs log 1e40, and is not infinite."""
    prior = f'prior = ["1e-40", "{1 - Fraction(1, 10**40)}"]'
    exact, near = both(chain_of('["1/2", "1/2"]', '{ kind = "absorbing", mask = "1" }', '["1e-30"]', prior))
    assert exact.elbo.nll.is_finite
    for name in ("nll", "gap", "negative_elbo", "prior_gap"):
        assert float(getattr(near.elbo, name)) == pytest.approx(float(getattr(exact.elbo, name)), rel=1e-10, abs=0), (
            name
        )


TOO_SMALL = {
    "data": ('["1/2", "1/4", "1/4"]', '{ kind = "uniform" }', '["1e-305"]', ""),
    "geometric data": ("", "", "", ""),
    "kernel": ('["1/2", "1/4", "1/4"]', KERNELS["matrix"], '["1e-301"]', ""),
    "prior": (
        '["1/2", "1/4", "1/4"]',
        '{ kind = "uniform" }',
        '["1/2"]',
        f'["1e-320", "1/2", "{Fraction(1, 2) - Fraction(1, 10**320)}"]',
    ),
}


@pytest.mark.parametrize("case", TOO_SMALL)
def test_a_probability_below_its_range_is_refused(case: str) -> None:
    """What float64 would round to zero, or overflow with, is named before the run; balls take it."""
    data, kernel, betas, prior = TOO_SMALL[case]
    text = chain_of(data, kernel, betas, f"prior = {prior}" if prior else "")
    if case == "geometric data":
        text = (
            'data = { family = { kind = "geometric", ratio = "1/100", size = 170 } }\n[noise]\nsteps = 2\n'
            'kernel = { kind = "neighbour" }\nschedule = { kind = "constant", beta = "1/3" }\n'
        )
    scenario = md.loads(text)
    with pytest.raises(md.InputError, match="smaller than float64"):
        md.run(scenario.with_options(arithmetic="float"))
    assert md.run(scenario.with_options(arithmetic="ball")).passed


def test_a_claim_that_is_no_theorem_is_not_granted_for_want_of_digits() -> None:
    """H(x_t) and a KL move by 1e-40: float64 cannot say which way, and says so; of a theorem it need not."""
    checks = 'entropy-growth = "non-decreasing"\nh-theorem = { against = ["1/2", "1/2"] }'
    kernel = '{ kind = "matrix", rows = [["1/2", "1/2"], ["1/10", "9/10"]] }'
    exact, near = both(chain_of('["1/2", "1/2"]', kernel, '["1e-20"]', checks=checks))
    verdicts = {c.check: c.observed for c in exact.checks}
    assert (verdicts["entropy-growth"], verdicts["h-theorem"]) == ("violated", "violated")
    verdicts = {c.check: c.observed for c in near.checks}
    assert (verdicts["entropy-growth"], verdicts["h-theorem"]) == ("undecided", "undecided")
    _, near = both(chain_of('["1/3", "2/3"]', '{ kind = "uniform" }', '["99/100", "1e-20"]', checks=checks))
    assert {c.observed for c in near.checks if c.check in ("entropy-growth", "h-theorem")} == {
        "holds",
        "non-decreasing",
    }


def test_a_difference_that_is_rounding_is_undecided() -> None:
    """L − NLL of a model that misses by 1e-200 is not shown as 5e-17: its digits would be rounding."""
    model = 'model = { kind = "d3pm", error = "1e-100" }\nprior = "uniform"'
    exact, near = both(chain_of('["1/2", "1/3", "1/6"]', KERNELS["neighbour"], '["1/10", "1/3", "1/2"]', model))
    for name in TOTALS:
        a, b = getattr(exact.elbo, name), getattr(near.elbo, name)
        assert b.value == "undecided" or float(b) == pytest.approx(float(a), rel=1e-9, abs=0), name


def test_denoising_is_the_losses_added_up() -> None:
    """I_1 − I_T, of which nothing is left when it is subtracted, keeps its digits as a sum of losses."""
    exact, near = both(chain_of('["1/2", "1/3", "1/6"]', '{ kind = "uniform" }', '["1/10", "1e-20", "1e-25"]'))
    assert float(near.elbo.denoising) == pytest.approx(float(exact.elbo.denoising), rel=1e-9, abs=0)


def test_a_structured_loss_keeps_its_digits_late() -> None:
    """Where u = 1 + r is 1 but for r = 1e-16, log u is that of r."""
    kept = 1 - Fraction(1, 10**16)
    exact, near = both(chain_of('["6/13", "7/13"]', '{ kind = "uniform" }', f'["{kept}", "1/10", "1e-30"]'))
    for a, b in zip(exact.steps[1:], near.steps[1:], strict=True):
        assert float(b.information_loss) == pytest.approx(float(a.information_loss), rel=1e-10, abs=0), a.t


def test_the_distance_to_where_a_chain_ends_keeps_its_digits() -> None:
    """TV(p_t, p_T) by the law that every step preserves: p_t − p_T itself is soon rounding."""
    kernel = '{ kind = "matrix", rows = [["1/2", "1/4", "1/4"], ["1/3", "1/3", "1/3"], ["1/5", "2/5", "2/5"]] }'
    exact, near = both(chain_of('["1/2", "1/3", "1/6"]', kernel, str(["9/10", "1/2"] * 40).replace("'", '"')))
    assert 0 < float(exact.steps[-2].total_variation_to_prior) < 1e-29
    for a, b in zip(exact.steps, near.steps, strict=True):
        assert float(b.total_variation_to_prior) == pytest.approx(float(a.total_variation_to_prior), rel=1e-9, abs=0)


def test_a_likelihood_that_underflows_is_undecided_not_infinite() -> None:
    """A table that leads back to x0 = a with 1e-600: −log of it is finite, float64 has no number for it and says so."""
    rare = f'["1e-200", "{1 - Fraction(1, 10**200)}"]'
    table = f"[[{rare}, [0, 1]], [{rare}, [0, 1]], [{rare}, [0, 1]]]"
    model = f'model = {{ kind = "table", rows = {table} }}\nprior = "uniform"'
    exact, near = both(chain_of('["1/2", "1/2"]', '{ kind = "uniform" }', '["1/2", "1/2", "1/2"]', model))
    assert exact.elbo.nll.is_finite
    assert near.elbo.nll.value == "undecided"
    assert near.elbo.nll.witness == {"t": 3}


def test_a_likelihood_far_below_the_data_keeps_its_digits() -> None:
    """log m_0 is not lost in the allowance for a deviation of −1, where m_0/p_0 is carried itself."""
    rare = f'["1e-200", "{1 - Fraction(1, 10**200)}"]'
    model = f'model = {{ kind = "table", rows = [[{rare}, {rare}]] }}\nprior = "uniform"'
    exact, near = both(chain_of('["1/2", "1/2"]', '{ kind = "uniform" }', '["1/2"]', model))
    assert float(near.elbo.nll) == pytest.approx(float(exact.elbo.nll), rel=1e-10, abs=0)


def test_what_is_lost_in_rounding_is_not_said_to_have_converged() -> None:
    """Where a step leaves 1e-16 of D and p_t is 1e-16 somewhere, I_t is 1e-16, not its square: no bound below holds."""
    kernel = '{ kind = "matrix", rows = [[0, 0, 1], [0, 1, 0], [0, 1, 0]] }'
    kept = 1 - Fraction(1, 10**16)
    checks = 'converged = { information = "1e-20" }'
    exact, near = both(chain_of('["1/2", "1/4", "1/4"]', kernel, f'["{kept}", "{kept}"]', checks=checks))
    (observed,) = (c.observed for c in exact.checks if c.check == "converged")
    assert observed == "violated"
    (observed,) = (c.observed for c in near.checks if c.check == "converged")
    assert observed != "holds"


def test_a_likelihood_is_right_where_rounding_hides_the_deviation() -> None:
    """Of D a step leaves 1e-17, all of it where p_T is 1e-17: there Q̄_T/p_T says what the prior leads back to."""
    kernel = '{ kind = "matrix", rows = [[0, 1], [0, 1]] }'
    betas = f'["1/2", "{1 - Fraction(1, 10**16)}"]'
    exact, near = both(chain_of('["1/10", "9/10"]', kernel, betas, 'prior = "uniform"'))
    assert float(near.elbo.nll) == pytest.approx(float(exact.elbo.nll), rel=1e-9, abs=0)


def test_a_state_that_is_nearly_impossible_breaks_no_triangle() -> None:
    """H(x_1) with p_1 = 1e-317 somewhere is a number, dpi is no violation, and balls forecast their bits."""
    rest = 1 - Fraction("1e-300") - Fraction("1e-5")
    kernel = '{ kind = "matrix", rows = [[1, 0, 0], [0, 1, 0], [1, 0, 0]] }'
    text = chain_of(f'["{rest}", "1e-5", "1e-300"]', kernel, f'["{1 - Fraction(1, 10**16)}", "1e-30"]')
    exact, near = both(text)
    verdicts = {c.check: c.observed for c in near.checks}
    assert (verdicts["dpi"], verdicts["sdpi"]) == ("holds", "holds")
    assert md.run(md.loads(text).with_options(arithmetic="ball")).passed
    assert exact.passed


def test_a_distance_beyond_float64_is_not_zero() -> None:
    """TV(p_2, p_T) is 1e-360 or so: no float, and not 0; at T itself it is 0."""
    noise = 'kernel = { kind = "uniform" }, schedule = { kind = "explicit", betas = ["0.ones", "0.ones", "1/2"] }'
    noise = noise.replace("ones", "9" * 180)
    study = md.loads('data = { probabilities = ["3/4", "1/4"] }\nnoise = { steps = 3, ' + noise + " }\n")
    exact, near = md.run(study), md.run(study.with_options(arithmetic="float"))
    assert [float(step.total_variation_to_prior) > 0 for step in exact.steps[:2]] == [True, True]
    assert 0 < exact.steps[2].total_variation_to_prior < Fraction(1, 10**359)
    assert near.steps[2].total_variation_to_prior is None
    assert near.steps[3].total_variation_to_prior == 0


def test_a_distance_that_is_known_to_be_zero_is_told() -> None:
    """TV(p_t, π) = 0 exactly where the data are kept by every step, and at t = 0 where they are the prior."""
    for name in ("neighbours", "own-marginal"):
        kept = md.run(md.load(name).with_options(arithmetic="float"))
        assert all(step.total_variation_to_prior == 0 for step in kept.steps)
    started = md.run(md.load("neighbours-lookalike").with_options(arithmetic="float"))
    assert started.steps[0].total_variation_to_prior == 0
