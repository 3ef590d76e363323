"""[reverse] as a user meets it: models named in a file, tables brought along, and the ledger in the result."""

from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import jsonschema
import pytest
from scenario_texts import (
    GOOD,
    model_record,
    refused,
    run,
    scenario_text,
    table,
)

import markovdiff as md
from markovdiff.arithmetic.logform import log
from markovdiff.arithmetic.quantity import Enclosed
from markovdiff.cli import main
from markovdiff.study.schema import result_schema
from markovdiff.study.shipped import shipped_scenarios

ELBO = sorted(name for name in shipped_scenarios() if name.startswith("elbo-"))
KEYS = [
    "reconstruction",
    "denoising",
    "prior",
    "negative_elbo",
    "nll",
    "data_entropy",
    "gap",
    "model_error",
    "prior_gap",
]


# parameters


ABSORBING = '{ kind = "absorbing" }'
MEMORY = '{ kind = "conditional", rows_by_source = [[[1, 0], [0, 1]], [["1/2", "1/2"], ["1/2", "1/2"]]] }'


@pytest.mark.parametrize("belief", ['["1"]', '["1/2", "1/4", "1/4"]', "[]"])
@pytest.mark.parametrize("kernel", ['{ kind = "uniform" }', ABSORBING])
def test_a_belief_is_about_the_states_of_the_data(belief: str, kernel: str) -> None:
    """A belief has one probability for each state of [data], the added mask not counted."""
    error = refused(f'kind = "bayes", data = {belief}', kernel=kernel)
    assert error.what == "a belief of the wrong length"
    assert error.where == "reverse.model.data"
    assert str(error.expected).startswith("2 ")
    assert run('kind = "bayes", data = ["1/2", "1/2"]', kernel=kernel).passed


@pytest.mark.parametrize("belief", ['["1/2", "0.499999999999"]', '["3/2", "-1/2"]', "[0, 0]"])
def test_a_belief_is_a_distribution(belief: str) -> None:
    """A belief that does not sum to exactly one, or is negative, is refused at its key."""
    assert str(refused(f'kind = "bayes", data = {belief}').where).startswith("reverse.model.data")


@pytest.mark.parametrize("kind", ["posterior-mixture", "d3pm"])
def test_the_error_is_a_probability(kind: str) -> None:
    """Error ε ∈ [0, 1]: the ends are taken, what lies outside is refused."""
    for error in ("-1/1000000", "1.000000001", "2"):
        assert refused(f'kind = "{kind}", error = "{error}"').where == "reverse.model.error"
    for error in ("0", "1", "0.5"):
        assert run(f'kind = "{kind}", error = "{error}"').passed


@pytest.mark.parametrize("kind", ["posterior-mixture", "d3pm"])
def test_one_denoiser_is_enough(kind: str) -> None:
    """An error mixes the true posterior; beside `denoiser = "data"` it has no meaning, be it 0."""
    for error in ("1/10", "0"):
        assert refused(f'kind = "{kind}", error = "{error}", denoiser = "data"').what == "two denoisers"
    assert run(f'kind = "{kind}", denoiser = "data"').passed


@pytest.mark.parametrize(
    ("model", "where"),
    [
        ('kind = "counted", trajectories = 10, smoothing = "-1/2"', "reverse.model.smoothing"),
        ('kind = "counted", trajectories = 0', "reverse.model.trajectories"),
        ('kind = "counted", trajectories = 10000001', "reverse.model.trajectories"),
        ('kind = "counted", trajectories = 10, seed = -1', "reverse.model.seed"),
        ('kind = "counted"', "reverse.model"),
        ('kind = "bayes", trajectories = 3', "reverse.model"),
        ('kind = "uniform", error = 0', "reverse.model"),
        ('kind = "learned"', "reverse.model"),
        ('kind = "table", rows = [], form = "bayes"', "reverse.model.form"),
        ('kind = "d3pm", denoiser = "posterior"', "reverse.model.denoiser"),
        ('kind = "d3pm", last = "posterior"', "reverse.model.last"),
        ('kind = "posterior-mixture", last = "formula"', "reverse.model"),
        (table(GOOD) + ', last = "formula"', "reverse.model.last"),
        (table(GOOD) + ', form = "d3pm", last = "formula"', "reverse.model.last"),
    ],
)
def test_parameters_out_of_place_are_refused(model: str, where: str) -> None:
    """Negative smoothing, too many trajectories, unknown kinds and keys: refused with the key's path."""
    assert str(refused(model).where).startswith(where)


@pytest.mark.parametrize("prior", ['["1/2"]', '["1/2", "1/4"]', '"mask"', '"gaussian"'])
def test_the_prior_is_a_law_on_the_states(prior: str) -> None:
    """A prior of the wrong length or sum, or a mask where there is none, is refused at `reverse.prior`."""
    assert str(refused('kind = "uniform"', prior).where).startswith("reverse.prior")


@pytest.mark.parametrize(
    "model",
    [
        'kind = "uniform"',
        'kind = "d3pm"',
        'kind = "counted", trajectories = 5',
        'kind = "bayes", data = ["1/2", "1/2"]',
        table(GOOD),
    ],
)
def test_a_process_with_memory_has_no_reverse_model(model: str) -> None:
    """Asked for a model, a process with memory is refused; not asked, its ledger's fields are null."""
    memory = {"kernel": MEMORY, "noise": ""}
    assert refused(model, **memory).where == "reverse.model"
    result = run(**memory)
    record = result.record()
    assert record["elbo"] == dict.fromkeys(KEYS)
    assert record["scenario"]["reverse"]["model"] is None
    assert all(step["elbo_term"] is None and step["model_error"] is None for step in record["steps"])
    jsonschema.Draft202012Validator(result_schema()).validate(record)


def test_the_shell_sees_status_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A bad table for `run` or `verify` is status 2; the message names file, key and row in a folder however deep."""
    rows = [GOOD[0], [["0.500000000001", "0.5"], GOOD[1][1]]]
    path = tmp_path / ("a-long-folder" * 9) / "study.toml"
    path.parent.mkdir()
    path.write_text(scenario_text(table(rows)), encoding="utf-8")
    for command in ("run", "verify"):
        assert main([command, str(path)]) == 2
        message = capsys.readouterr().err
        assert str(path) in message
        assert "reverse.model.rows[1][0]" in message
        assert "Traceback" not in message


# the ledger in the result


def bounds(shown: object) -> tuple[Fraction, Fraction]:
    assert isinstance(shown, Enclosed)
    assert shown.lower is not None
    assert shown.upper is not None
    return Fraction(shown.lower), Fraction(shown.upper)


def meet(one: tuple[Fraction, Fraction], parts: Sequence[tuple[Fraction, Fraction]]) -> bool:
    """Whether a number and a sum, each known between bounds, can be equal."""
    return one[0] <= sum(p[1] for p in parts) and sum(p[0] for p in parts) <= one[1]


@pytest.fixture(scope="module")
def shipped() -> dict[str, md.Result]:
    """The results of the scenarios about the ELBO."""
    return {name: md.run(md.load(name)) for name in ELBO}


def test_what_ships() -> None:
    """The scenarios about the ELBO are these."""
    assert ELBO == [
        "elbo-counted-100",
        "elbo-counted-1000",
        "elbo-counted-10000",
        "elbo-d3pm",
        "elbo-d3pm-trained",
        "elbo-mask-prior",
        "elbo-mixture",
        "elbo-table",
        "elbo-tight",
        "elbo-wrong-belief",
    ]


@pytest.mark.parametrize("name", ELBO)
def test_the_lines_add_up(name: str, shipped: dict[str, md.Result]) -> None:
    """Every sum that the ledger claims is possible within the exact bounds that it shows, and every check holds."""
    result = shipped[name]
    elbo, steps = result.elbo, result.steps[1:]
    assert result.passed
    finite = elbo.negative_elbo is not None and elbo.negative_elbo.value != "inf"
    terms, errors = [bounds(step.elbo_term) for step in steps], [bounds(step.model_error) for step in steps]
    assert elbo.reconstruction == steps[0].elbo_term
    assert meet(bounds(elbo.denoising), terms[1:])
    assert meet(bounds(elbo.model_error), errors)
    assert meet(terms[0], [bounds(steps[0].conditional_entropy), errors[0]])
    for step, term, error in zip(steps[1:], terms[1:], errors[1:], strict=True):
        assert meet(term, [bounds(step.information_loss), error])
    assert bounds(elbo.data_entropy)[0] <= bounds(elbo.nll)[1]
    if finite:
        parts = [bounds(line) for line in (elbo.data_entropy, elbo.model_error, elbo.prior_gap)]
        assert meet(bounds(elbo.negative_elbo), parts)
        assert meet(bounds(elbo.negative_elbo), [*terms, bounds(elbo.prior)])
        assert meet(bounds(elbo.negative_elbo), [bounds(elbo.nll), bounds(elbo.gap)])
        assert meet(bounds(elbo.nll), [bounds(elbo.data_entropy), bounds(elbo.nll_excess)])
        assert meet(bounds(elbo.prior), [bounds(steps[-1].mutual_information), bounds(elbo.prior_gap)])


@pytest.mark.parametrize("name", ["elbo-tight", "elbo-mixture", "elbo-d3pm-trained"])
def test_what_is_right_has_no_error(name: str, shipped: dict[str, md.Result]) -> None:
    """Bayes, the mixture of the true posterior, equation 4 as L wants it: every Δ_t is 0, and L = NLL = H(x0)."""
    result = shipped[name]
    assert {step.model_error.value for step in result.steps[1:] if step.model_error} == {"0"}
    assert result.elbo.gap == result.elbo.prior_gap == result.elbo.nll_excess == Enclosed("0", "0", "0", "0")
    assert result.elbo.negative_elbo == result.elbo.nll == result.elbo.data_entropy
    assert order(result) == "H(x0) = NLL = L"


def order(result: md.Result) -> str:
    """What the finding says of H(x0), NLL and L."""
    (check,) = [check for check in result.checks if check.check == "elbo-ledger"]
    return check.detail.split("; ")[1]


def test_a_tight_elbo_is_paid_in_instalments(shipped: dict[str, md.Result]) -> None:
    """Of the tight ELBO each denoising term is what the step destroyed, and none is 0."""
    for step in shipped["elbo-tight"].steps[2:]:
        assert step.elbo_term == step.information_loss
        assert bounds(step.elbo_term)[0] > 0


def test_equation_4_is_wrong_with_the_truth(shipped: dict[str, md.Result]) -> None:
    """D3PM's form of the true posterior, on the mixture's chain: Δ_1 = 0, all later ones positive, 0.216 bits."""
    first, *later = [bounds(step.model_error) for step in shipped["elbo-d3pm"].steps[1:]]
    assert first == (0, 0)
    assert all(lower > 0 for lower, _ in later)
    lower, upper = bounds(shipped["elbo-d3pm"].elbo.model_error)
    assert Fraction("0.2155") < lower <= upper < Fraction("0.2165")
    assert order(shipped["elbo-d3pm"]) == "H(x0) < NLL < L"
    for key in ("states", "data", "kernel", "steps", "betas"):
        assert shipped["elbo-d3pm"].scenario[key] == shipped["elbo-mixture"].scenario[key]


def test_an_all_mask_prior_is_infinitely_wrong(shipped: dict[str, md.Result]) -> None:
    """What is left unmasked makes L = +∞ with a letter as witness, while NLL = H(x0) = 7/4 and no step errs."""
    result = shipped["elbo-mask-prior"]
    elbo = result.elbo
    witness = {"t": 10, "x0": "a", "x_t": "a"}
    for line in (elbo.negative_elbo, elbo.prior, elbo.prior_gap, elbo.gap):
        assert line is not None
        assert (line.value, line.witness) == ("inf", witness)
    assert elbo.nll == Enclosed("1.75", "1.75", "1.75", "7/4")
    assert elbo.model_error == Enclosed("0", "0", "0", "0")
    assert order(result) == "H(x0) = NLL < L = +∞"
    (check,) = [check for check in result.checks if check.check == "elbo-ledger"]
    assert check.witness == witness
    assert "1/1000 of it is still unmasked at T = 10" in check.detail


def test_a_wrong_belief_costs_what_it_is_off_by(shipped: dict[str, md.Result]) -> None:
    """NLL = L = H(x0) + KL(p_0‖uniform) = 7/4 + 1/4 bits, no gap; the error falls with every step outward."""
    result = shipped["elbo-wrong-belief"]
    assert result.elbo.nll == result.elbo.negative_elbo == Enclosed("2", "2", "2", "2")
    assert result.elbo.nll_excess == Enclosed("0.25", "0.25", "0.25", "1/4")
    assert result.elbo.gap == Enclosed("0", "0", "0", "0")
    assert order(result) == "H(x0) < NLL = L"
    errors = [bounds(step.model_error) for step in result.steps[1:]]
    assert all(near[0] > far[1] > 0 for near, far in pairwise(errors))


def test_counting_more_errs_less(shipped: dict[str, md.Result]) -> None:
    """ΣΔ_t of 100 samples > of 1000 > of 10000 > 0, each by about ten times, and at every step alike."""
    results = [shipped[f"elbo-counted-{n}"] for n in (100, 1000, 10000)]
    totals = [bounds(result.elbo.model_error) for result in results]
    for few, many in pairwise(totals):
        assert few[0] > many[1]
        assert 5 < few[0] / many[1] < 20
    assert totals[-1][0] > 0
    for steps in zip(*(result.steps[1:] for result in results), strict=True):
        few, more, most = (bounds(step.model_error) for step in steps)
        assert few[0] > more[1]
        assert more[0] > most[1]
        assert most[0] > 0


def test_a_table_brought_along_errs_at_every_step(shipped: dict[str, md.Result]) -> None:
    """The hand-made table is nobody's posterior: every Δ_t and the uniform prior's KL(p_T‖π) are positive."""
    result = shipped["elbo-table"]
    assert all(bounds(step.model_error)[0] > 0 for step in result.steps[1:])
    assert bounds(result.elbo.prior_gap)[0] > 0
    assert order(result) == "H(x0) < NLL < L"
    path = Path(shipped_scenarios()["elbo-table"]).with_name("elbo-table.json")
    assert model_record(result)["rows"] == json.loads(path.read_text(encoding="utf-8"))["reverse"]


# JSON


FINITE = scenario_text('kind = "posterior-mixture", error = "1/10"', '"uniform"')
INFINITE = scenario_text('kind = "bayes"', "[1, 0]")
UNDEFINED = scenario_text(
    'kind = "bayes", data = [1, 0]', "[1, 0]", kernel='{ kind = "matrix", rows = [[1, 0], [0, 1]] }'
)


@pytest.mark.parametrize(
    ("text", "values"),
    [(FINITE, set()), (INFINITE, {"inf"}), (UNDEFINED, {"inf", "undefined"})],
    ids=["finite", "infinite", "undefined"],
)
def test_the_json_has_the_ledger(text: str, values: set[str]) -> None:
    """`elbo` has exactly its nine keys; the schema describes numbers, +∞ and the undefined, with witnesses."""
    record = json.loads(md.run(md.loads(text)).to_json())
    jsonschema.Draft202012Validator(result_schema()).validate(record)
    assert list(record["elbo"]) == KEYS
    assert {q["value"] for q in record["elbo"].values()} & {"inf", "undefined"} == values
    for q in record["elbo"].values():
        if q["value"] in ("inf", "undefined"):
            assert set(q) == {"value", "witness"}
            assert q["witness"]
        else:
            assert set(q) == {"value", "lower", "upper", "closed_form"}
            assert Fraction(q["lower"]) <= Fraction(q["value"]) <= Fraction(q["upper"])
    assert record["steps"][0]["elbo_term"] is None
    assert record["steps"][0]["model_error"] is None
    assert record["steps"][1]["elbo_term"] == record["elbo"]["reconstruction"]


@pytest.mark.parametrize("name", ELBO)
def test_what_ships_fits_the_schema(name: str, shipped: dict[str, md.Result]) -> None:
    """The results of the shipped scenarios are as the schema says, and two runs give the same bytes."""
    jsonschema.Draft202012Validator(result_schema()).validate(json.loads(shipped[name].to_json()))
    assert md.run(md.load(name)).to_json() == shipped[name].to_json()


def test_the_schema_refuses_another_ledger() -> None:
    """A key too many or too few in `elbo`, or an infinity without its witness, does not fit the schema."""
    validator = jsonschema.Draft202012Validator(result_schema())
    record = json.loads(md.run(md.loads(INFINITE)).to_json())
    more = record | {"elbo": record["elbo"] | {"nll_excess": record["elbo"]["nll"]}}
    fewer = record | {"elbo": {key: q for key, q in record["elbo"].items() if key != "gap"}}
    bare = record | {"elbo": record["elbo"] | {"prior": {"value": "inf"}}}
    assert validator.is_valid(record)
    assert not any(validator.is_valid(other) for other in (more, fewer, bare))


def test_more_digits_lie_within_fewer() -> None:
    """At 50 digits every line of the ledger lies within its enclosure at 15."""
    scenario = md.loads(FINITE)
    coarse, fine = (md.run(scenario.with_options(digits=n)) for n in (15, 50))
    for key in (*KEYS, "nll_excess"):
        (a, b), (c, d) = bounds(getattr(coarse.elbo, key)), bounds(getattr(fine.elbo, key))
        assert a <= c <= d <= b
    for a, b in zip(coarse.steps[1:], fine.steps[1:], strict=True):
        for key in ("elbo_term", "model_error"):
            wide, narrow = bounds(getattr(a, key)), bounds(getattr(b, key))
            assert wide[0] <= narrow[0] <= narrow[1] <= wide[1]


def test_nats_are_bits_times_log_2() -> None:
    """The same ledger in nats: each enclosure in bits, times log 2, meets the one in nats."""
    scenario = md.loads(FINITE)
    bits, nats = (md.run(scenario.with_options(unit=unit)) for unit in ("bits", "nats"))
    for key in KEYS:
        (a, b), (c, d) = bounds(getattr(bits.elbo, key)), bounds(getattr(nats.elbo, key))
        assert log(2) * a <= d
        assert c <= log(2) * b


def test_a_ledger_expected_to_fail_fails() -> None:
    """The identity is a theorem: where it is expected to be violated the verdict is "fails"."""
    result = run(more='[checks]\nelbo-ledger = "violated"')
    (check,) = [check for check in result.checks if check.check == "elbo-ledger"]
    assert (check.expected, check.observed, check.verdict) == ("violated", "holds", "fails")
    assert not result.passed


def test_a_seed_settles_the_bytes() -> None:
    """A counted model is part of the result, rows and seed: the same seed gives the same bytes, another seed others."""
    text = 'kind = "counted", trajectories = 20, seed = {}'
    one, same, other = (run(text.format(seed)).to_json() for seed in (7, 7, 8))
    assert one == same != other
    record = model_record(run(text.format(7)))
    assert (record["trajectories"], record["seed"]) == (20, 7)
    assert all(sum(map(Fraction, row)) == 1 for matrix in record["rows"] for row in matrix)


def test_counted_adds_one_by_default() -> None:
    """Without a word about smoothing one is added to each count."""
    text = 'kind = "counted", trajectories = 20, seed = 7'
    assert model_record(run(text))["rows"] == model_record(run(text + ", smoothing = 1"))["rows"]
    assert model_record(run(text))["rows"] != model_record(run(text + ", smoothing = 0"))["rows"]
