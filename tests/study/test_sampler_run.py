"""Samplers from a scenario: results, checks and refusals, as a person meets them."""

from __future__ import annotations

import csv
import io
import json
from fractions import Fraction
from itertools import pairwise, product
from pathlib import Path

import jsonschema
import pytest

import markovdiff as md
from markovdiff.study.fingerprint import fingerprint
from markovdiff.study.schema import result_schema

PARITY = """
data = { length = 3, sequences = { "000" = 1, "011" = 1, "101" = 1, "110" = 1 } }
noise = { steps = 6, kernel = { kind = "absorbing" }, schedule = { kind = "jump" } }
"""
UNIFORM = """
data = { length = 2, sequences = { "00" = 9, "01" = 1, "10" = 1, "11" = 9 } }
noise = { steps = 4, kernel = { kind = "uniform" }, schedule = { kind = "jump" } }
"""


def run(text, **more):
    return md.run(md.loads(text, **more))


def test_a_run_says_what_is_drawn_in_so_many_steps():
    """Parity in 1, 2 and 3 steps, and unmasked by counts: the reference values, with their fractions."""
    found = run(f"{PARITY}\nsampler = {{ steps = [1, 2, 3], times = [[0, 2, 6]], unmask = [[1, 2], [2, 1]] }}")
    one, two, three, given, early, late = found.sampler
    assert (one.steps, one.times, one.bound, one.excess.value) == (1, (0, 6), "equal", "1")
    assert (two.excess.closed_form, two.kl.closed_form) == ("5/8", "4 − log2(11)")
    assert (two.total_variation.closed_form, two.outside_support.closed_form, two.bound) == ("5/16", "5/16", "strict")
    assert [(one.x0, one.mass.closed_form) for one in two.false] == [
        (tuple(x), "5/64") for x in ("001", "010", "100", "111")
    ]
    assert (three.kl.value, three.outside_support.closed_form) == ("0.362570079384708", "2/9")
    assert (given.steps, given.times) == (None, (0, 2, 6))
    assert (early.unmask, early.order, early.excess.value) == ((1, 2), "random", "1")
    assert (late.excess.value, late.kl.value, late.outside_support.value, late.false) == ("0", "0", "0", ())


def test_the_record_follows_the_schema_and_the_contract():
    """Rows have their keys in order; a sequence is a list of labels; the steps have both parts of the error."""
    result = run(f"{PARITY}\nsampler = {{ steps = [2], unmask = [[3]], order = [2, 0, 1] }}")
    record = json.loads(result.to_json())
    jsonschema.validate(record, result_schema())
    kept, unmasked = record["sampler"]
    assert list(kept) == [
        *("steps", "times", "excess", "kl", "total_variation", "outside_support", "bound", "false"),
    ]
    assert (unmasked["unmask"], unmasked["order"]) == ([3], [2, 0, 1])
    assert kept["false"][0] == {"x0": ["0", "0", "1"], "mass": kept["false"][0]["mass"]}
    assert all(step["position_error"]["value"] == "0" for step in record["steps"][1:])
    assert record["scenario"]["reverse"]["model"] == {"kind": "posterior-mixture"}


def test_ties_of_confidence_are_told():
    """Of parity all positions are equally sure until two are shown: a tie at first, and at each second symbol."""
    (drawn,) = run(f'{PARITY}\nsampler = {{ unmask = [[1, 1, 1]], order = "confidence" }}').sampler
    assert (drawn.ties, drawn.bound, drawn.kl.value) == (3, "equal", "0")
    assert drawn.record()["ties"] == 3


@pytest.mark.parametrize("model", ["posterior-mixture", "d3pm"])
@pytest.mark.parametrize("text", [PARITY, UNIFORM])
def test_the_ledger_adds_up(text, model):
    """L = H(x0) + ΣΔ_t, Δ_t is its two parts, and NLL − H(x0) is the sampler's KL of all T steps."""
    study = md.loads(
        f'{text}\nreverse.model = {{ kind = "{model}", last = "formula" }}'.replace(
            ', last = "formula"', ', last = "formula"' if model == "d3pm" else ""
        )
    )
    result = md.run(study.replace("sampler.steps", [study.T]))
    (drawn,) = result.sampler
    parts = [(s.model_error, s.expected_total_correlation, s.position_error) for s in result.steps[1:]]
    for whole, apart, own in parts:
        assert float(whole) == pytest.approx(float(apart) + float(own), rel=1e-13)
    assert sum(float(whole) for whole, _, _ in parts) == pytest.approx(float(drawn.excess), rel=1e-13)
    assert float(result.elbo.nll) - float(result.elbo.data_entropy) == pytest.approx(float(drawn.kl), rel=1e-12)
    assert result.elbo.model_error.value == drawn.excess.value
    assert all(own.value == "0" for _, _, own in parts) == (model == "posterior-mixture" or "absorbing" in text)
    assert result.passed


def test_leave_one_out_uses_the_formula_unless_told():
    """Under uniform noise d3pm with leave-one-out is the ideal mixture; with a prediction at last it is far off."""
    ideal, formula, prediction = (
        run(f"{UNIFORM}\nreverse.model = {{ kind = {model} }}\nsampler.steps = [4]").sampler[0]
        for model in (
            '"posterior-mixture"',
            '"d3pm", denoiser = "leave-one-out"',
            '"d3pm", denoiser = "leave-one-out", last = "prediction"',
        )
    )
    assert (ideal.excess.value, ideal.kl.value) == (formula.excess.value, formula.kl.value)
    assert f"{prediction.excess:.9f}" == "0.803123782"


@pytest.mark.parametrize(
    ("bound", "verdict"),
    [
        ('{ steps = 2, kl = "541/1000", outside_support = "5/16", total_variation = "5/16", excess = "5/8" }', "holds"),
        ('{ steps = 2, kl = "540/1000" }', "fails"),
        ('{ steps = 2, outside_support = "31/100" }', "fails"),
        ("{ unmask = [2, 1], excess = 0, kl = 0, outside_support = 0 }", "holds"),
        ('{ unmask = [2, 1], order = "random", kl = 0 }', "holds"),
        ('{ times = [0, 2, 6], excess = "5/9" }', "holds"),
        ('{ times = [0, 2, 6], excess = "4/9" }', "fails"),
    ],
)
def test_bounds_are_proved_or_refuted(bound, verdict):
    """At most this, equality included: a bound that is broken names the sampler."""
    result = run(
        f"{PARITY}\nsampler = {{ steps = [2], times = [[0, 2, 6]], unmask = [[2, 1]] }}\nchecks.sampler = [{bound}]"
    )
    (check,) = [check for check in result.checks if check.check == "sampler"]
    assert (check.verdict, check.decided) == (verdict, "exact")
    assert (check.witness is None) == (verdict == "holds")
    assert "proved" in check.detail


def test_a_tight_bound_is_shown_to_hold():
    """The number and its bound have digits enough to be compared: 4 − log2 11 = 0.54056838… is at most 0.540569."""
    result = run(
        f"{PARITY}\nsampler.steps = [1, 2]\n"
        'checks.sampler = [{ steps = 2, kl = "0.540569", excess = "5/8" }, { steps = 1, kl = 1 }]'
    )
    told = "steps = 2: kl = 0.5405684 bits ≤ 0.540569; steps = 2: excess = 0.625 bits ≤ 5/8; steps = 1: kl = 1 bit ≤ 1"
    assert result.checks[-1].detail == f"each of 3 bounds holds: proved; {told}"


def test_a_bound_is_in_the_unit_of_the_file():
    """KL = 4 − log2 11 bits is under 0.38 nats, and over it in bits."""
    for unit, verdict in (("nats", "holds"), ("bits", "fails")):
        result = run(
            f'unit = "{unit}"\n{PARITY}\nsampler.steps = [2]\nchecks.sampler = [{{ steps = 2, kl = "38/100" }}]'
        )
        assert result.checks[-1].verdict == verdict
        assert unit in result.checks[-1].detail


def test_an_undefined_row_is_reported_and_its_bounds_are_undecided():
    """With a prediction at last what was drawn wrong may be redrawn: of parity no row says how."""
    result = run(
        f'{PARITY}\nreverse.model = {{ kind = "d3pm" }}\nsampler.steps = [3]\n'
        "checks.sampler = [{ steps = 3, kl = 9 }]"
    )
    (drawn,) = result.sampler
    assert drawn.kl.value == drawn.total_variation.value == drawn.outside_support.value == "undefined"
    assert drawn.kl.witness == {"t": 4, "x_t": ["0", "0", "1"]}
    assert (drawn.bound, drawn.false) == (None, ())
    assert drawn.excess.is_finite
    assert result.checks[-1].verdict == "undecided"


REFUSED = [
    (PARITY, "sampler.steps = [7]", "sampler.steps[0]", "no such number of steps"),
    (PARITY, "sampler.times = [[0, 3]]", "sampler.times[0]", "no times to keep"),
    (PARITY, "sampler.times = [[0, 4, 3, 6]]", "sampler.times[0]", "no times to keep"),
    (PARITY, "sampler.unmask = [[3], [1, 1]]", "sampler.unmask[1]", "do not add up"),
    (PARITY, "sampler = { unmask = [[3]], order = [0, 1] }", "sampler.order", "no order"),
    (PARITY, 'sampler.order = "confidence"', "sampler.order", "without block sizes"),
    (UNIFORM, "sampler.unmask = [[1, 1]]", "sampler.unmask", "kernel that masks"),
    (PARITY, "sampler.steps = [2]\nchecks.sampler = [{ steps = 3, kl = 1 }]", "checks.sampler[0]", "not computed"),
    (PARITY, "checks.sampler = [{ unmask = [1, 2], kl = 1 }]", "checks.sampler[0]", "not computed"),
    (PARITY, "sampler.steps = [2]\nchecks.sampler = [{ kl = 1 }]", "checks.sampler[0]", "no one sampler"),
    (PARITY, "sampler.steps = [2]\nchecks.sampler = [{ steps = 2 }]", "checks.sampler[0]", "nothing is bounded"),
    (PARITY, "sampler.steps = [2]\nchecks.sampler = [{ steps = 2, kl = -1 }]", "checks.sampler[0].kl", "negative"),
    (PARITY, 'reverse.model = { kind = "bayes" }\nsampler.steps = [2]', "sampler", "joint Bayes"),
    (PARITY, 'reverse.model = { kind = "uniform" }', "reverse.model", "of one symbol"),
    (PARITY, 'reverse.model = { kind = "counted", trajectories = 9 }', "reverse.model", "of one symbol"),
    (PARITY, 'reverse.model = { kind = "d3pm", error = "1/2", denoiser = "data" }', "reverse.model", "two denoisers"),
    (PARITY, 'reverse.model = { kind = "d3pm", error = 2 }', "reverse.model.error", "not a probability"),
]


@pytest.mark.parametrize(("text", "keys", "where", "what"), REFUSED)
def test_what_cannot_be_had_is_refused_when_it_is_read(text, keys, where, what):
    """The message says what, where, and what was expected."""
    with pytest.raises(md.InputError, match=what) as refused:
        md.loads(f"{text}\n{keys}")
    assert refused.value.where == where
    assert refused.value.expected


def test_a_sequence_given_twice_and_an_order_alone_say_what_came():
    """The weights of both, and the order that has no block sizes."""
    twice = '{ tokens = ["a", "b"], weight = 1 }, { tokens = ["a", "b"], weight = "1/2" }'
    with pytest.raises(md.InputError, match="given twice") as refused:
        md.loads(f"data = {{ length = 2, sequences = [{twice}] }}\n" + UNIFORM.splitlines()[2])
    assert refused.value.got == "weights 1 and 1/2"
    with pytest.raises(md.InputError, match="without block sizes") as refused:
        md.loads(f'{PARITY}\nsampler.order = "confidence"')
    assert refused.value.got == "order = 'confidence' alone"


def test_csv_has_both_parts_of_the_model_error():
    """Of the mixture the second is 0, so the first is Δ_t; where nothing is drawn apart there are no such columns."""
    names = ("expected_total_correlation", "position_error")
    study = md.loads(PARITY)
    header, first, *rows = csv.reader(io.StringIO(md.run(study).to_csv(), newline=""))
    assert tuple(header[-2:]) == names
    assert first[-2:] == ["", ""]
    delta = header.index("model_error")
    assert [row[-2:] for row in rows] == [[row[delta], "0.0"] for row in rows]
    joint = md.run(study.replace("reverse.model", {"kind": "bayes"})).to_csv()
    assert not any(name in joint for name in names)


def test_an_ordinary_symbol_as_mask_is_named():
    """A kernel that masks with a symbol of the data is absorbing all the same: what is wrong is its mask."""
    with pytest.raises(md.InputError, match="kernel that masks") as refused:
        md.loads(PARITY.replace('"absorbing"', '"absorbing", mask = "1"') + "sampler.unmask = [[3]]")
    assert refused.value.got == 'kind = "absorbing" with the mask "1", which the data have'


def test_one_symbol_has_no_sampler():
    """Neither a sampler nor leave-one-out speak of one symbol."""
    one = PARITY.replace('length = 3, sequences = { "000" = 1, "011" = 1, "101" = 1, "110" = 1 }', "weights = [1, 2]")
    with pytest.raises(md.InputError, match="of sequences"):
        md.loads(f"{one}\nsampler.steps = [2]")
    with pytest.raises(md.InputError, match="other positions"):
        md.loads(f'{one}\nreverse.model = {{ kind = "d3pm", denoiser = "leave-one-out" }}')


@pytest.mark.parametrize("form", ["posterior-mixture", "d3pm"])
def test_a_brought_table_is_what_it_says(tmp_path: Path, form: str):
    """The posterior marginals, written out as a table, give what the ideal denoiser gives; null is undefined.

    The record has the table, and a hash of the scenario knows it.
    """
    text = 'data = { length = 2, sequences = { "00" = 1, "01" = 2, "11" = 1 } }\n' + UNIFORM.splitlines()[2]
    study = md.loads(text)
    chain = study.sequence_chain()
    tables = []
    for t in range(1, study.T + 1):
        given = [chain.data_posterior(t, x) for x in product("01", repeat=2)]
        rows = [
            [[str(sum((p for x, p in law.items() if x[place] == k), Fraction(0))) for k in "01"] for place in range(2)]
            for law in given
        ]
        tables.append(rows)
    (tmp_path / "mine.json").write_text(json.dumps({"denoiser": tables}))
    ideal = run(f'{text}\nreverse.model = {{ kind = "{form}" }}\nsampler.steps = [2, 4]')
    model = f'reverse.model = {{ kind = "table", path = "mine.json", form = "{form}" }}'
    brought = run(f"{text}\n{model}\nsampler.steps = [2, 4]", folder=tmp_path)
    assert [row.record() for row in brought.sampler] == [row.record() for row in ideal.sampler]
    before = fingerprint(md.loads(f"{text}\n{model}", folder=tmp_path))
    tables[0][1] = None
    (tmp_path / "mine.json").write_text(json.dumps({"denoiser": tables}))
    assert fingerprint(md.loads(f"{text}\n{model}", folder=tmp_path)) != before
    undefined = run(f"{text}\n{model}\nsampler.steps = [4]", folder=tmp_path)
    assert undefined.scenario["reverse"]["model"]["denoiser_rows"] == tables
    assert undefined.sampler[0].excess.value == "undefined"
    assert undefined.elbo.negative_elbo.value == "undefined"


def test_a_padded_table_says_so(tmp_path: Path):
    """A denoiser whose rows lack the added mask has 0 there, and the result says so."""
    text = """
data = { length = 1, sequences = { "a" = 1, "b" = 3 } }
noise = { steps = 1, kernel = { kind = "absorbing" }, schedule = { kind = "jump" } }
reverse.model = { kind = "table", path = "mine.json" }
"""
    (tmp_path / "mine.json").write_text(json.dumps({"denoiser": [[[["1/4", "3/4"]]] * 3]}))
    assert run(text, folder=tmp_path).notes == (
        "reverse.model.path: the added mask has no column in the denoiser; padded with 0",
    )


def test_shares_fall_as_steps_are_added():
    """Two symbols that must agree: with more steps less is drawn that never occurs."""
    text = PARITY.replace('"000" = 1, "011" = 1, "101" = 1, "110" = 1', '"000" = 1, "111" = 1')
    found = run(f"{text}\nsampler.steps = [1, 2, 3, 6]").sampler
    assert all(float(a.kl) > float(b.kl) for a, b in pairwise(found))
    assert all(float(a.outside_support) > float(b.outside_support) for a, b in pairwise(found))


def test_a_share_shows_as_many_digits_as_are_certified():
    """Rounding carries 0.0996 to 0.1, which has one digit, not to 0.10, which has two."""
    text = """
data = { length = 1, sequences = { "a" = 996, "b" = 9004 } }
noise = { steps = 1, kernel = { kind = "uniform" }, schedule = { kind = "constant", beta = 0 } }
reverse = { prior = [0, 1] }
sampler.steps = [1]
arithmetic.digits = 1
"""
    (row,) = run(text).sampler
    assert (row.total_variation.value, row.total_variation.lower, row.total_variation.upper) == ("0.1", "0.09", "0.10")
