"""What a scenario file may not say: each refusal names the key, and ends in a short message."""

from __future__ import annotations

from pathlib import Path

import pytest
from scenario_texts import CONSTANT, text

import markovdiff as md

FIVE_THREES = "3" * 5000


# what is refused


def reverse(line: str) -> str:
    return text() + f"[reverse]\n{line}\n"


def checks(line: str, kernel: str = '{ kind = "uniform" }') -> str:
    return text(kernel=kernel) + f"[checks]\n{line}\n"


def arithmetic(line: str) -> str:
    return text() + f"[arithmetic]\n{line}\n"


def schedule(table: str, steps: str = "3") -> str:
    return text(noise=f"steps = {steps}\nschedule = {table}")


MEMORY = '{ kind = "conditional", rows_by_source = [[[1, 0], [0, 1]], [[1, 0], [0, 1]]] }'
STILL = '{ kind = "matrix", rows = [[1, 0], [0, 1]] }'

REFUSED: dict[str, tuple[str, str, str]] = {
    # unknown keys, at every level: the key that was meant is named
    "top": ("nmae = 'x'\n" + text(), "nmae", "did you mean 'name'"),
    "data": (text("weigths = [1]"), "data.weigths", "did you mean 'weights'"),
    "family": (text('family = { kind = "zipf", siz = 3 }'), "data.family.siz", "did you mean 'size'"),
    "text": (text('text = { path = "x", uint = "word" }'), "data.text.uint", "did you mean 'unit'"),
    "noise": (text(noise=f"step = 3\nschedule = {CONSTANT}"), "noise.step", "did you mean 'steps'"),
    "kernel": (text(kernel='{ kind = "neighbour", raech = 2 }'), "noise.kernel.raech", "did you mean 'reach'"),
    "schedule": (schedule('{ kind = "constant", bta = 1 }'), "noise.schedule.bta", "beta"),
    "reverse": (reverse('priro = "uniform"'), "reverse.priro", "did you mean 'prior'"),
    "model": (reverse('model = { kind = "bayes", x = 1 }'), "reverse.model.x", "'x'"),
    "checks": (checks('mi_decay = "strict"'), "checks.mi_decay", "did you mean 'mi-decay'"),
    "h-theorem": (checks('h-theorem = { agianst = "uniform" }'), "checks.h-theorem.agianst", "against"),
    "arithmetic": (arithmetic("digit = 3"), "arithmetic.digit", "did you mean 'digits'"),
    # missing keys
    "no data": ("[noise]\nkernel = { kind = 'uniform' }", "data", "'data' is missing"),
    "no noise": ("[data]\nweights = [1]", "noise", "'noise' is missing"),
    "no kind": (text(kernel="{}"), "noise.kernel.kind", "'kind' is missing"),
    "no target": (text(kernel='{ kind = "mixing" }'), "noise.kernel.target", "'target' is missing"),
    "no beta": (schedule('{ kind = "constant" }'), "noise.schedule.beta", "'beta' is missing"),
    "no schedule": (text(noise="steps = 3"), "noise.schedule", "no schedule"),
    "no steps": (text(noise='schedule = { kind = "jump" }'), "noise.steps", "steps is missing"),
    "no rows": (text(kernel='{ kind = "matrix" }'), "noise.kernel", "rows or path"),
    "no size": (text('family = { kind = "uniform" }'), "data.family.size", "size"),
    "no form": (text(""), "data", "exactly one"),
    "two forms": (text("weights = [1]\nprobabilities = [1]"), "data", "probabilities and weights"),
    # wrong types, everywhere a type can be wrong
    "name int": ("name = 3\n" + text(), "name", "a string"),
    "title date": ("title = 1979-05-27\n" + text(), "title", "a string"),
    "description list": ("description = ['x']\n" + text(), "description", "a string"),
    "unit word": ("unit = 'bit'\n" + text(), "unit", "bits"),
    "data string": ("data = 'x'\n[noise]\nkernel = { kind = 'uniform' }", "data", "a table"),
    "weights string": (text('weights = "3,1"'), "data.weights", "a list"),
    "weight date": (text("weights = [1979-05-27, 1]"), "data.weights[0]", "rational"),
    "weight bool": (text("weights = [1, true]"), "data.weights[1]", "rational"),
    "weight list": (text("weights = [[1], 1]"), "data.weights[0]", "rational"),
    "weight table": (text("weights = [{ a = 1 }]"), "data.weights[0]", "rational"),
    "weight nan": (text("weights = [nan, 1]"), "data.weights[0]", "rational"),
    "weight inf": (text("weights = [1, -inf]"), "data.weights[1]", "rational"),
    "weight words": (text('weights = ["three", 1]'), "data.weights[0]", "'three'"),
    "weight spaced": (text('weights = ["1 / 2", 1]'), "data.weights[0]", "rational"),
    "weight over zero": (text('weights = ["1/0", 1]'), "data.weights[0]", "zero"),
    "weight thai": (text('weights = ["๑", 1]'), "data.weights[0]", "rational"),
    "states ints": (text("states = [1, 2]\nweights = [1, 1]"), "data.states[0]", "a string"),
    "size decimal": (text('family = { kind = "uniform", size = 3.0 }'), "data.family.size", "an integer"),
    "kernel string": (text(kernel='"uniform"'), "noise.kernel", "a table"),
    "kernel kind": (text(kernel='{ kind = "unifrom" }'), "noise.kernel.kind", "uniform, absorbing"),
    "kernel kind int": (text(kernel="{ kind = 3 }"), "noise.kernel.kind", ""),
    "mask int": (text(kernel='{ kind = "absorbing", mask = 1 }'), "noise.kernel.mask", "a string"),
    "target word": (text(kernel='{ kind = "mixing", target = "datum" }'), "noise.kernel.target", "data"),
    "rows flat": (text(kernel='{ kind = "matrix", rows = [1, 0] }'), "noise.kernel.rows[0]", "a list"),
    "rows deep": (text(kernel='{ kind = "matrix", rows = [[[1]], [[1]]] }'), "noise.kernel.rows[0][0]", "rational"),
    "steps string": (schedule('{ kind = "jump" }', '"3"'), "noise.steps", "an integer"),
    "steps decimal": (schedule('{ kind = "jump" }', "3.0"), "noise.steps", "an integer"),
    "steps bool": (schedule('{ kind = "jump" }', "true"), "noise.steps", "an integer"),
    "schedule kind": (schedule('{ kind = "constnat" }'), "noise.schedule.kind", "constant, linear"),
    "beta bool": (schedule('{ kind = "constant", beta = true }'), "noise.schedule.beta", "rational"),
    "prior word": (reverse('prior = "margnal"'), "reverse.prior", "marginal"),
    "prior int": (reverse("prior = 1"), "reverse.prior", ""),
    "model word": (reverse('model = { kind = "d4pm" }'), "reverse.model.kind", ""),
    "check word": (checks('mi-decay = "strictly"'), "checks.mi-decay", "strict"),
    "check int": (checks("dpi = 1"), "checks.dpi", ""),
    "check h word": (checks('h-theorem = "hold"'), "checks.h-theorem", "holds, violated"),
    "check h against": (checks('h-theorem = { against = "statonary" }'), "checks.h-theorem.against", "stationary"),
    "check converged number": (checks("converged = 0.1"), "checks.converged", "a table"),
    "check converged empty": (checks("converged = {}"), "checks.converged", "'information' is missing"),
    "check converged nan": (checks("converged = { information = nan }"), "checks.converged.information", "rational"),
    "arithmetic kind": (arithmetic('kind = "exakt"'), "arithmetic.kind", "exact"),
    "digits 0": (arithmetic("digits = 0"), "arithmetic.digits", "≥ 1"),
    "digits 1001": (arithmetic("digits = 1001"), "arithmetic.digits", "≤ 1000"),
    "digits decimal": (arithmetic("digits = 1.5"), "arithmetic.digits", "an integer"),
    # values that are no distribution
    "weight negative": (text("weights = [2, -1]"), "data.weights, state '1'", "≥ 0"),
    "weights zero": (text("weights = [0, 0]"), "data.weights", "a weight"),
    "weights empty": (text("weights = []"), "data.weights", "at least one state"),
    "probabilities off": (text("probabilities = [0.5, 0.500000000001]"), "data.probabilities", "exactly 1"),
    "probability negative": (text('probabilities = ["3/2", "-1/2"]'), "data.probabilities[1]", "≥ 0"),
    "labels short": (text('states = ["a"]\nweights = [1, 1]'), "data.weights", "data.states"),
    "labels repeated": (text('states = ["a", "a"]\nweights = [1, 1]'), "data.states", "'a'"),
    "labels twice": (text('states = ["a"]\ntext = { path = "x" }'), "data.states", "own labels"),
    "ratio": (text('family = { kind = "geometric", size = 2, ratio = 0 }'), "data.family.ratio", "> 0"),
    "p": (text('family = { kind = "binomial", size = 2, p = 2 }'), "data.family.p", "from 0 to 1"),
    "point label": (text('family = { kind = "point", size = 2, state = "x" }'), "data.family.state", "'x'"),
    "point number": (text('family = { kind = "point", size = 2, state = 2 }'), "data.family.state", "0 to 1"),
    "zipf exponent": (text('family = { kind = "zipf", size = 2, exponent = 17 }'), "data.family.exponent", "≤ 16"),
    "target sum": (text(kernel='{ kind = "mixing", target = [2, 1] }'), "noise.kernel.target", "exactly 1"),
    "target length": (text(kernel='{ kind = "mixing", target = [1] }'), "noise.kernel.target", "2 probabilities"),
    "row off": (
        text(kernel='{ kind = "matrix", rows = [[1, 0], [0.5, 0.500000000001]] }'),
        "noise.kernel.rows[1]",
        "1e-12",
    ),
    "row negative": (text(kernel='{ kind = "matrix", rows = [[2, -1], [0, 1]] }'), "noise.kernel.rows[0][1]", "≥ 0"),
    "row short": (text(kernel='{ kind = "matrix", rows = [[1, 0], [1]] }'), "noise.kernel.rows[1]", "2 entries"),
    "rows short": (text(kernel='{ kind = "matrix", rows = [[1, 0]] }'), "noise.kernel.rows", "2 rows"),
    "rows twice": (text(kernel='{ kind = "matrix", rows = [[1]], path = "x" }'), "noise.kernel", "either"),
    "reach": (text(kernel='{ kind = "neighbour", reach = 3 }'), "noise.kernel.reach", "1 to K = 2"),
    "resolution 0": (text(kernel='{ kind = "gaussian", resolution = 0 }'), "noise.kernel.resolution", "1/n"),
    "resolution < 0": (text(kernel='{ kind = "gaussian", resolution = -1 }'), "noise.kernel.resolution", "1/n"),
    "resolution 2/3": (text(kernel='{ kind = "gaussian", resolution = "2/3" }'), "noise.kernel.resolution", "1/n"),
    "cosine resolution": (schedule('{ kind = "cosine", resolution = 0 }'), "noise.schedule.resolution", "1/n"),
    "beta 2": (schedule('{ kind = "constant", beta = 2 }'), "noise.schedule.beta", "0 to 1"),
    "start < 0": (schedule('{ kind = "linear", start = -0.1, stop = 1 }'), "noise.schedule.start", "0 to 1"),
    "geometric 0": (schedule('{ kind = "geometric", start = 0, stop = 1 }'), "noise.schedule.start", "0 < β"),
    "s < 0": (schedule('{ kind = "cosine", s = -1 }'), "noise.schedule.s", "s ≥ 0"),
    "betas[1]": (schedule('{ kind = "explicit", betas = [0, 2, 1] }'), "noise.schedule.betas[1]", "0 to 1"),
    "alphas rise": (schedule('{ kind = "alpha", alphas = ["1/2", "3/4", 0] }'), "noise.schedule.alphas[1]", "1/2"),
    "betas count": (
        schedule('{ kind = "explicit", betas = [1] }'),
        "noise.schedule.betas",
        "3, as many as noise.steps",
    ),
    "alphas count": (
        schedule('{ kind = "alpha", alphas = [1] }'),
        "noise.schedule.alphas",
        "3, as many as noise.steps",
    ),
    "betas none": (text(noise='schedule = { kind = "explicit", betas = [] }'), "noise.steps", "1 to"),
    # keys that do not go together
    "per-step schedule": (
        text(kernel='{ kind = "per-step", steps_rows = [[[1, 0], [0, 1]]] }'),
        "noise.schedule",
        "no schedule",
    ),
    "per-step count": (
        text(kernel='{ kind = "per-step", steps_rows = [[[1, 0], [0, 1]]] }', noise="steps = 2"),
        "noise.kernel.steps_rows",
        "2, as many as noise.steps",
    ),
    "per-step none": (text(kernel='{ kind = "per-step", steps_rows = [] }', noise=""), "noise.kernel.steps_rows", ""),
    "per-step row": (
        text(kernel='{ kind = "per-step", steps_rows = [[[1, 0], [0, 1]], [[1, 0], [1, 1]]] }', noise=""),
        "noise.kernel.steps_rows[1][1]",
        "exactly 1",
    ),
    "sources": (
        text(kernel='{ kind = "conditional", rows_by_source = [[[1, 0], [0, 1]]] }', noise="steps = 1"),
        "noise.kernel.rows_by_source",
        "2 matrices",
    ),
    "memory schedule": (text(kernel=MEMORY), "noise.schedule", "no schedule"),
    "memory no steps": (text(kernel=MEMORY, noise=""), "noise.steps", "steps is missing"),
    "memory sdpi": (text(kernel=MEMORY, noise='steps = 1\n[checks]\nsdpi = "holds"'), "checks.sdpi", "memory"),
    "memory h": (text(kernel=MEMORY, noise='steps = 1\n[checks]\nh-theorem = "holds"'), "checks.h-theorem", "memory"),
    "memory prior": (
        text(kernel=MEMORY, noise='steps = 1\n[reverse]\nprior = "stationary"'),
        "reverse.prior",
        "memory",
    ),
    "no mask": (reverse('prior = "mask"'), "reverse.prior", "no mask"),
    "prior length": (reverse("prior = [1]"), "reverse.prior", "2 probabilities"),
    "prior sum": (reverse('prior = ["1/2", "1/3"]'), "reverse.prior", "exactly 1"),
    "prior reducible": (text(kernel=STILL) + '[reverse]\nprior = "stationary"', "reverse.prior", "not unique"),
    "h reducible": (checks('h-theorem = "holds"', STILL), "checks.h-theorem", "not unique"),
    "h length": (checks("h-theorem = { against = [1] }"), "checks.h-theorem.against", "2 probabilities"),
    # fixed limits
    "K": (text('family = { kind = "uniform", size = 1000000000 }'), "data.family.size", "131072"),
    "T": (schedule('{ kind = "jump" }', "1000000000"), "noise.steps", "100000"),
    "T beyond 64 bits": (schedule('{ kind = "jump" }', "1" + "0" * 30), "noise.steps", "100000"),
    "dense K": (text('family = { kind = "uniform", size = 2049 }', '{ kind = "neighbour" }'), "noise.kernel", "2048"),
    "exponent": (text("weights = [1e99999, 1]"), "data.weights[0]", "10000 digits"),
    "digits": (text(f'weights = ["{"7" * 20000}", 1]'), "data.weights[0]", "10000 digits"),
    # no TOML at all
    "empty": ("", "data", "'data' is missing"),
    "broken": ("[data\n", "", "line 1"),
    "twice": ("a = 1\na = 2\n" + text(), "", "line 2"),
    "deep": ("a = " + "[" * 100_000, "", "nested too deeply"),
    "exponent beyond reading": (text("weights = [1e99999999999999999999, 1]"), "", "too long"),
    "integer beyond reading": (text(f"weights = [{'7' * 20000}, 1]"), "", ""),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_the_keys_path(case: str) -> None:
    """What a file may not say raises InputError that names the key and says what was expected, or what to do."""
    content, where, hint = REFUSED[case]
    with pytest.raises(md.InputError) as caught:
        md.loads(content)
    error = caught.value
    assert (error.where or "").startswith(where)
    assert hint in str(error)
    assert error.expected or error.remedy
    assert error.status == 2


HUGE_HEX = "0x" + "f" * 20_000

HOSTILE: dict[str, str] = {
    "a probability of 5000 digits": text(f'probabilities = ["{FIVE_THREES}", 1]'),
    "a probability of a hundred thousand bits": text(f"probabilities = [{HUGE_HEX}, 1]"),
    "a row of 5000 digits": text(kernel=f'{{ kind = "matrix", rows = [[1, 0], ["{FIVE_THREES}", 0]] }}'),
    "a target of 5000 digits": text(kernel=f'{{ kind = "mixing", target = ["{FIVE_THREES}", 0] }}'),
    "a ratio of 5000 digits": text(f'family = {{ kind = "geometric", size = 2, ratio = "-1/{FIVE_THREES}" }}'),
    "a p of 5000 digits": text(f'family = {{ kind = "binomial", size = 2, p = "{FIVE_THREES}" }}'),
    "a size of 80000 bits": text(f'family = {{ kind = "uniform", size = {HUGE_HEX} }}'),
    "a state of 80000 bits": text(f'family = {{ kind = "point", size = 2, state = {HUGE_HEX} }}'),
    "an exponent of 80000 bits": text(f'family = {{ kind = "zipf", size = 2, exponent = {HUGE_HEX} }}'),
    "steps of 80000 bits": schedule('{ kind = "jump" }', HUGE_HEX),
    "digits of 80000 bits": arithmetic(f"digits = {HUGE_HEX}"),
    "a reach of 80000 bits": text(kernel=f'{{ kind = "neighbour", reach = {HUGE_HEX} }}'),
    "a β of 5000 digits": schedule(f'{{ kind = "constant", beta = "{FIVE_THREES}" }}'),
    "an ᾱ of 5000 digits": schedule(f'{{ kind = "alpha", alphas = ["{FIVE_THREES}"] }}', "1"),
    "a resolution of 5000 digits": text(kernel=f'{{ kind = "gaussian", resolution = "{FIVE_THREES}" }}'),
    "a weight of 5000 digits below zero": text(f'weights = ["-{FIVE_THREES}", 1]'),
    "an unknown key of 5000 letters": f"{'k' * 5000} = 1\n" + text(),
    "a title that is a long list": f"title = [{'1, ' * 5000}]\n" + text(),
    "an unknown kind of 5000 letters": text(kernel=f'{{ kind = "{"k" * 5000}" }}'),
    "rows nested 300 deep": text(kernel=f'{{ kind = "matrix", rows = {"[" * 300}1{"]" * 300} }}'),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_input_ends_in_a_short_message(case: str) -> None:
    """However long the thing that is wrong, it is refused as InputError, in a message that fits a screen."""
    with pytest.raises(md.InputError) as caught:
        md.loads(HOSTILE[case])
    assert len(str(caught.value)) < 2000


@pytest.mark.parametrize("key", ["weights", "probabilities"])
def test_listed_states_have_the_same_limit(key: str) -> None:
    """K is at most 131072 for a list that is written out, as it is for a family."""
    with pytest.raises(md.LimitError):
        md.loads(text(f"{key} = [{'0, ' * 131_072}1]"))


@pytest.mark.parametrize(
    "content",
    [
        text(f'probabilities = ["0.{"9" * 400}", 0]'),
        text(kernel=f'{{ kind = "matrix", rows = [["0.{"9" * 400}", 0], [0, 1]] }}'),
    ],
    ids=["probabilities", "row"],
)
def test_a_tiny_deficit_is_not_called_zero(content: str) -> None:
    """A sum that misses one by 1e-400 is refused, and the message does not say that it is off by 0."""
    with pytest.raises(md.InputError) as caught:
        md.loads(content)
    assert not (caught.value.got or "").rstrip(")").endswith((" 0", "-0"))


@pytest.mark.parametrize(("unit", "verdict"), [("bits", "fails"), ("nats", "holds")])
def test_the_bound_of_convergence_is_in_the_scenarios_unit(unit: str, verdict: str) -> None:
    """`converged` bounds I_T in the file's `unit`: 0.33 bits (0.23 nats) are over 0.3 bits and under 0.3 nats."""
    study = md.loads(f'unit = "{unit}"\n' + checks('converged = { information = "3/10" }'))
    assert {check.check: check.verdict for check in md.run(study).checks}["converged"] == verdict


def test_a_displayed_unit_moves_no_bound() -> None:
    """Asking for nats on display changes no verdict: the bound stays in the unit of the file that states it."""
    study = md.loads(checks('converged = { information = "3/10" }'))
    shown = [md.run(study.with_options(unit=unit)) for unit in ("bits", "nats")]
    assert [[check.verdict for check in result.checks] for result in shown] == [
        [check.verdict for check in shown[0].checks]
    ] * 2


@pytest.mark.parametrize(
    ("bound", "verdict"), [("1e9999", "holds"), ("1e-9999", "fails"), ("-1", "fails"), ("0", "fails")]
)
def test_any_bound_of_convergence_is_decided(bound: str, verdict: str) -> None:
    """However large or small the bound, `converged` comes to a verdict."""
    study = md.loads(checks(f'converged = {{ information = "{bound}" }}'))
    assert {check.check: check.verdict for check in md.run(study).checks}["converged"] == verdict


def test_a_shipped_name_loads_and_a_near_miss_is_named() -> None:
    """`load` takes the name of a scenario that ships; a misspelt one is answered with the near one."""
    assert md.load("two-state").chain().states == ("a", "b")
    with pytest.raises(md.InputError, match="'two-state'"):
        md.load("two-stat")


def test_an_error_names_the_file(tmp_path: Path) -> None:
    """An error in a loaded file has the file's path in front of the key's."""
    path = tmp_path / "s.toml"
    path.write_text(text("weights = [2, -1]"), encoding="utf-8")
    with pytest.raises(md.InputError) as caught:
        md.load(path)
    assert caught.value.where == f"{path}: data.weights, state '1'"


def test_not_utf8_names_the_line(tmp_path: Path) -> None:
    """A file that is not UTF-8 is refused with the line and the byte."""
    path = tmp_path / "s.toml"
    path.write_bytes(b"a = 1\nb = '\xe9'\n")
    with pytest.raises(md.InputError) as caught:
        md.load(path)
    assert "line 2" in str(caught.value)
    assert "0xe9" in str(caught.value)
