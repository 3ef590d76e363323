"""Sequences: the second route agrees with the engine on all that it covers, and notices whatever is changed."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from hashlib import sha256
from itertools import product
from typing import Any

import pytest
from breadth import few
from chains import examples
from forgeries import outcome
from hypothesis import given
from hypothesis import strategies as st

import markovdiff as md
from markovdiff.audit import budget
from markovdiff.audit.claims import WrongError
from markovdiff.audit.command import examination
from markovdiff.audit.record import parse
from markovdiff.study.certificate import certificate
from markovdiff.study.result import dump
from markovdiff.study.shipped import shipped_scenarios
from markovdiff.study.unmasking import unmasking_table

SEQUENCES = [name for name in shipped_scenarios() if md.load(name).sequences is not None]


@cache
def shipped(name: str, arithmetic: str | None = None) -> Any:
    return json.loads(md.run(md.load(name).with_options(arithmetic=arithmetic)).to_json(distributions=True))


def test_the_shipped_scenarios_of_sequences() -> None:
    """There are such scenarios: what follows is not about nothing."""
    assert len(SEQUENCES) >= 7


@few("name", SEQUENCES, [name for name in SEQUENCES if name not in ("onegin", "sonnets")])
def test_every_shipped_scenario_is_confirmed(name: str) -> None:
    """The engine's result, all that is covered of it, is what the standard library finds."""
    status, said = outcome(shipped(name))
    assert status == 0, said
    assert "enclosures" in said
    assert "none wrong" in said


def fractions(weights: list[int]) -> list[str]:
    return [str(Fraction(n, sum(weights))) for n in weights]


MODELS: list[dict[str, Any]] = [
    {"kind": "bayes"},
    {"kind": "posterior-mixture"},
    {"kind": "posterior-mixture", "denoiser": "leave-one-out"},
    {"kind": "posterior-mixture", "denoiser": "data"},
    {"kind": "posterior-mixture", "error": "1/7"},
    {"kind": "d3pm"},
    {"kind": "d3pm", "denoiser": "leave-one-out"},
    {"kind": "d3pm", "denoiser": "data", "last": "formula"},
    {"kind": "d3pm", "error": "1/7"},
]


@st.composite
def scenarios(draw: st.DrawFn) -> dict[str, Any]:
    """A scenario of sequences with zeros, K ≤ 3, L ≤ 3, T ≤ 3, or of Markov data."""
    K, L, T = draw(st.integers(2, 3)), draw(st.integers(1, 3)), draw(st.integers(1, 3))

    def row(least: int = 0) -> list[str]:
        return fractions(draw(st.lists(st.integers(least, 4), min_size=K, max_size=K).filter(any)))

    symbols = list("abc"[:K])
    everything = ["".join(x) for x in product(symbols, repeat=L)]
    weights = draw(st.lists(st.integers(0, 3), min_size=len(everything), max_size=len(everything)).filter(any))
    listed = {x: w for x, w in zip(everything, weights, strict=True) if w}
    law: dict[str, Any] = draw(
        st.sampled_from(
            [{"sequences": listed}] * 3 + [{"markov": {"initial": row(), "rows": [row() for _ in symbols]}}]
        )
    )
    kernel: dict[str, Any] = draw(
        st.sampled_from(
            [
                {"kind": "uniform"},
                {"kind": "absorbing", "mask": "?"},
                {"kind": "absorbing", "mask": "a"},
                {"kind": "neighbour"},
                {"kind": "matrix", "rows": [row() for _ in symbols]},
                {"kind": "mixing", "target": row()},
            ]
        )
    )
    betas = [draw(st.sampled_from(["0", "1/3", "1/2", "1"])) for _ in range(T)]
    model = draw(st.sampled_from(MODELS))
    sampler: dict[str, Any] = {} if model["kind"] == "bayes" else {"steps": [1, T]}
    if sampler and kernel.get("mask") == "?":
        sampler |= {"unmask": [[1] * L, [L]], "order": draw(st.sampled_from(["random", "confidence", "left-to-right"]))}
    hybrid = st.sampled_from([{}, {"hybrid": "1/4"}, {"hybrid": "0"}] if sampler else [{}])
    bounds = [{"steps": T, "excess": "1/3", "outside_support": "1/9"}] if sampler else []
    return {
        "unit": draw(st.sampled_from(["bits", "nats"])),
        "data": {"length": L, "states": symbols, **law},
        "noise": {"steps": T, "kernel": kernel, "schedule": {"kind": "explicit", "betas": betas}},
        "reverse": {
            "model": model,
            **draw(hybrid),
            "prior": draw(st.sampled_from(["marginal", "marginal", "uniform"])),
        },
        **({"sampler": sampler} if sampler else {}),
        "checks": {
            "entropy-growth": "non-decreasing",
            "converged": {"information": "1/3"},
            **({"sampler": bounds} if bounds else {}),
        },
        "arithmetic": {"kind": draw(st.sampled_from(["exact", "ball"])), "digits": 12},
    }


@examples(40)
@given(scenarios())
def test_random_laws_are_confirmed(scenario: dict[str, Any]) -> None:
    """Whatever the law, the kernel and the prior, the two routes agree."""
    status, said = outcome(json.loads(md.run(md.scenario(scenario)).to_json(distributions=True)))
    assert status == 0 or ("1 left undecided" in said and "check sampler: undecided" in said), said


Change = Callable[[Any], object]


def moved(text: str) -> str:
    """The decimal with its last digit changed."""
    mantissa, e, exponent = text.partition("e")
    return f"{mantissa[:-1]}{(int(mantissa[-1]) + 1) % 10}{e}{exponent}"


def last_digit(key: str, t: int = 2) -> Change:
    def change(record: Any) -> None:
        number = record["steps"][t][key]
        for name in ("value", "lower", "upper"):
            number[name] = moved(number[name])
        number["closed_form"] = None

    return change


def put(*path: Any, value: Any) -> Change:
    def change(record: Any) -> None:
        there = record
        for key in path[:-1]:
            there = there[key]
        assert there[path[-1]] != value
        there[path[-1]] = value

    return change


def total(key: str) -> Change:
    def change(record: Any) -> None:
        number = record["elbo"][key]
        for name in ("value", "lower", "upper"):
            number[name] = moved(number[name])
        number["closed_form"] = None

    return change


def closed(*path: Any) -> Change:
    return put(*path, "closed_form", value="1/7")


STEP = ("entropy", "conditional_entropy", "noise_entropy", "mutual_information", "information_loss", "sdpi_bound")
COSTS = ("elbo_term", "model_error", "cross_entropy", "expected_total_correlation")
TOTALS = ("reconstruction", "denoising", "negative_elbo", "nll", "data_entropy", "gap", "model_error")
RATES = {"beta": 2, "alpha_bar": 2, "dobrushin": 1, "dobrushin_product": 1, "total_variation_to_prior": 2}

NONE = {"value": "0", "lower": "0", "upper": "0", "closed_form": "0"}


def at_the_start(record: Any) -> None:
    """Let t = 0 have an error of a step that there is none of."""
    record["steps"][0]["position_error"] = NONE


FORGERIES: dict[str, tuple[Change, str]] = {
    "an error of no step": (at_the_start, "t = 0, position_error"),
    "a contraction": (put("steps", 1, "contraction", value=NONE), "t = 1, contraction"),
    **{key: (last_digit(key), f"t = 2, {key}") for key in (*STEP, *COSTS)},
    **{f"total {key}": (total(key), key) for key in TOTALS},
    **{f"form {key}": (closed("steps", 2, key), f"t = 2, {key}, closed_form") for key in (*STEP, *COSTS)},
    **{key: (put("steps", t, key, value="1/9"), f"t = {t}, {key}") for key, t in RATES.items()},
    "nothing added": (
        put("steps", 2, "position_error", value={"value": "1", "lower": "1", "upper": "1", "closed_form": "1"}),
        "t = 2, position_error",
    ),
    "an infinite term": (
        put("steps", 2, "elbo_term", value={"value": "inf", "witness": {"t": 2, "x_t": ["0", "0", "0"]}}),
        "t = 2, elbo_term",
    ),
    "decay": (put("steps", 3, "decay", value="equal"), "t = 3, decay"),
    "probability": (put("steps", 1, "marginal", 0, "probability", value="1/5"), "t = 1, marginal[0].probability"),
    "sequence": (put("steps", 1, "marginal", 0, "x_t", value=["1", "1", "1"]), "steps[1].marginal[0].x_t"),
    "weight": (put("scenario", "sequences", "support", 0, "weight", value="2"), "scenario.sequences.total"),
    "verdict": (put("checks", 0, "observed", value="equal"), "check mi-decay, observed"),
    "agreement": (put("checks", 0, "verdict", value="fails"), "check mi-decay, verdict"),
    "how": (put("checks", 0, "decided", value="enclosure"), "check mi-decay, decided"),
    "words": (
        put("checks", 0, "detail", value="I(x0;x_t) falls strictly at each of 5 steps: proved"),
        "check mi-decay, detail",
    ),
    "order": (
        put(
            "checks",
            4,
            "detail",
            value="L = H(x0) + ΣΔ_t + KL(p_T‖π), coefficient by coefficient: proved; H(x0) = NLL < L",
        ),
        "check elbo-ledger, detail",
    ),
    "curve": (closed("sequence", "information_curve", 1), "sequence.information_curve[1], closed_form"),
    "excess": (closed("sampler", 1, "excess"), "sampler[1].excess, closed_form"),
    "false": (put("sampler", 1, "false", 0, "x0", value=["0", "0", "0"]), "sampler[1].false[0].x0"),
    "a sampler left out": (lambda record: record["sampler"].pop(0), "sampler"),
    "a sampler told twice": (lambda record: record["sampler"].append(record["sampler"][0]), "sampler"),
    "another sampler": (put("scenario", "samplers", 0, value={"steps": 5}), "scenario.samplers[0]"),
    "bound": (put("sampler", 1, "bound", value="equal"), "sampler[1].bound"),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_is_named(name: str) -> None:
    """What was changed is called wrong, at its place."""
    change, place = FORGERIES[name]
    record = copy.deepcopy(shipped("parity"))
    change(record)
    status, said = outcome(record)
    assert status == 1, said
    assert said.startswith(place), said


def unsaid() -> Any:
    """A run whose model says nothing about an x_T that its prior reaches, and misses what the data have."""
    scenario = {
        "data": {"length": 2, "states": ["a", "b"], "sequences": {"aa": 1, "ab": 1}},
        "noise": {"steps": 2, "kernel": {"kind": "absorbing", "mask": "?"}, "schedule": {"kind": "jump"}},
        "reverse": {"prior": "uniform"},
    }
    return json.loads(md.run(md.scenario(scenario)).to_json())


def test_what_is_no_number_is_confirmed_by_its_witness() -> None:
    """A witness that shows nothing is wrong, at its place; so is a reason that is none."""
    record = unsaid()
    assert record["elbo"]["nll"]["value"] == "undefined"
    status, said = outcome(record)
    assert status == 0, said
    forged = copy.deepcopy(record)
    forged["elbo"]["nll"]["witness"]["x_t"] = ["?", "?"]
    assert outcome(forged)[1].startswith("nll, witness")
    forged = copy.deepcopy(record)
    ledger = next(check for check in forged["checks"] if check["check"] == "elbo-ledger")
    assert "NLL is undefined" in ledger["detail"]
    ledger["detail"] = ledger["detail"].replace("R_2 says", "R_1 says")
    assert outcome(forged)[1].startswith("check elbo-ledger, detail")


def test_weights_moved_with_their_total_are_seen_in_the_numbers() -> None:
    """A law that is not the one that was run has another entropy."""
    record = copy.deepcopy(shipped("parity"))
    record["scenario"]["sequences"]["support"][0]["weight"] = "2"
    record["scenario"]["sequences"]["total"] = "5"
    status, said = outcome(record)
    assert status == 1, said
    assert said.startswith("t = 0, entropy"), said


def test_a_certificate_is_confirmed_but_for_its_samplers() -> None:
    """It has no samplers; that the check on them is not covered is said."""
    ran = md.run(md.load("parity"))
    record = json.loads(dump(certificate(ran, sha256(b"a scenario's file").hexdigest())))
    status, said = outcome(record)
    assert status == 0, said
    assert "check sampler (a certificate has no samplers)" in said
    record["steps"][2]["model_error"]["lower"] = ["1", 0]
    assert outcome(record)[0] == 1


def test_a_part_of_the_steps_is_confirmed_alone() -> None:
    """A forgery elsewhere is not seen, and the report says which part was examined."""
    record = copy.deepcopy(shipped("parity"))
    last_digit("entropy", t=5)(record)
    report = examination(parse(json.dumps(record))).run([1, 2])
    assert (report.status, report.is_whole) == (0, False)
    assert {"the ledger", "sequence", "sampler"} <= set(report.uncovered)
    with pytest.raises(WrongError, match="t = 5, entropy"):
        examination(parse(json.dumps(record))).run([5])


def test_tables_of_other_commands_are_no_results() -> None:
    """The table of `unmask` names its scenario and does not have it: what is expected is said, and what came."""
    record = unmasking_table(md.load("parity"), 2).record()
    with pytest.raises(md.InputError, match="schema") as refused:
        examination(parse(json.dumps(record)))
    assert "markovdiff.result/2" in str(refused.value.expected)
    assert refused.value.got == "'markovdiff.unmask/1'"


def test_what_is_too_much_is_refused_in_words() -> None:
    """A law is written out, and each piece of work counted before it is done: neither is begun that would not end."""
    fair = ["1/2", "1/2"]
    record = copy.deepcopy(shipped("parity"))
    record["scenario"]["sequences"] = {"length": 256, "initial": [*fair, "0"], "rows": [[*fair, "0"]] * 3}
    status, said = outcome(record)
    assert status == 3
    assert "a law of too many sequences" in said
    with budget.limited(minutes=1e-5):
        status, said = outcome(shipped("parity"))
    assert status == 3
    assert "the audit would take too long" in said
