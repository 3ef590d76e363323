"""Python's habits: what is public shows itself in a line, compares by value, pickles and is copied."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import fields, is_dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from samples import ARITHMETICS, KERNELS, LONG, MODELS, scenario, scenarios

import markovdiff as md
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.quantity import Enclosed
from markovdiff.process.chain import Chain
from markovdiff.process.distribution import Distribution
from markovdiff.process.grouping import Classes
from markovdiff.process.kernels import Blend, Gaussian, uniform
from markovdiff.process.rank_one import IdentityPlusRankOne
from markovdiff.process.transition import Dense
from markovdiff.study.shipped import shipped_scenarios

LINE = 240
"""Characters in three lines of a screen."""

ALL = list(scenarios())
NAMES = [f"{study.name}-{study.file.arithmetic.kind}" for study in ALL]


def reached(roots: list[object], depth: int = 4) -> Iterator[object]:
    """Every object of the package's own classes that attributes and items lead to."""
    seen: dict[int, object] = {}
    front = list(roots)
    for _ in range(depth):
        found: list[object] = []
        for x in front:
            if id(x) in seen:
                continue
            seen[id(x)] = x
            if isinstance(x, tuple | list):
                found += x[:3]
            elif isinstance(x, dict):
                found += list(x.values())[:3]
            elif type(x).__module__.startswith("markovdiff"):
                yield x
                found += [v for name in dir(x) if not name.startswith("_") if (v := _attribute(x, name)) is not None]
        front = found


def _attribute(x: object, name: str) -> object:
    """An attribute's value; None where the object itself refuses it (a K² table, a law that is not there)."""
    try:
        value = getattr(x, name)
    except (md.MarkovdiffError, AssertionError):
        return None
    return None if callable(value) and not is_dataclass(value) else value


def shows_itself(x: object) -> None:
    for words in (repr(x), str(x)) if is_dataclass(x) else (repr(x),):
        assert words
        assert "\n" not in words or str(x) == words
    assert len(repr(x)) <= LINE, type(x)


@pytest.mark.parametrize("study", ALL, ids=NAMES)
def test_whatever_is_public_shows_itself_in_a_line(study: md.Scenario) -> None:
    """Of a run: the scenario, its file, chain, model, laws, steps, verdicts, and what their attributes lead to."""
    chain, begun = study.chain(), []
    result = md.run(study, on_begin=lambda *told: begun.extend(told), shadow=study.file.arithmetic.kind != "float")
    roots = [study, chain, chain.at(1), chain.at(2), study.reverse_model(chain), study.prior(chain), result, begun]
    roots += [list(study.observers()), result.steps[0].law, md.INFINITY, md.entropy(["1/3", "2/3"])]
    if chain.is_markov:
        roots += [chain.transition(1), chain.at(1).deviation, study.reverse_model(chain).step(chain.at(0), chain.at(1))]  # type: ignore[union-attr]
    found = list(reached(roots))
    assert len(found) > 30
    for x in found:
        shows_itself(x)


@pytest.mark.parametrize(("kind", "T", "bits"), [("uniform", 20, 330_000), ("neighbour", 4, 66_000)])
def test_numbers_of_a_hundred_thousand_digits_show_themselves(kind: str, T: int, bits: int) -> None:
    """ᾱ_20 has 10^5 digits; neither it nor a matrix, a kernel or a form with such numbers fills the screen."""
    chain = md.loads(
        f'data = {{ weights = [{LONG}, 1] }}\n[noise]\nsteps = {T}\nkernel = {{ kind = "{kind}" }}\n'
        f'schedule = {{ kind = "constant", beta = "1/{LONG}" }}\n'
    ).chain()
    last = chain.at(T)
    assert last.marginal.d.bit_length() > bits
    for x in (
        chain,
        chain.data,
        chain.kernel,
        last,
        last.cumulative,
        last.deviation,
        last.marginal,
        last.cumulative.dense,
    ):
        shows_itself(x)
    shows_itself(md.entropy(chain.marginal(1)))


def test_many_states_and_steps_show_themselves() -> None:
    """K = 256 and T = 1000, and a label that is a page long."""
    for kernel in ('{ kind = "gaussian" }', '{ kind = "uniform" }'):
        study = md.loads(
            f'data = {{ family = {{ kind = "triangular", size = 256 }} }}\n[noise]\nsteps = 1000\nkernel = {kernel}\n'
            'schedule = { kind = "linear", start = "1/1000", stop = "1/50" }\n'
        )
        chain = study.chain()
        for x in (study, study.file, chain, chain.data, chain.kernel, chain.at(1), chain.at(2).cumulative):
            shows_itself(x)
    shows_itself(Distribution.from_weights([1, 2], ["a" * 10_000, "\x1b[31m\n"]))


@pytest.mark.parametrize("study", ALL, ids=NAMES)
def test_values_are_equal_pickle_and_copy(study: md.Scenario) -> None:
    """Two scenarios of one text, their chains and their results are equal, and so is what a pickle or a copy gives."""
    name, model = study.name.rsplit("-", 1)
    again = scenario(name, model).with_options(arithmetic=study.file.arithmetic.kind)
    one, other = md.run(study), md.run(again)
    model_of = study.reverse_model(study.chain())
    for a, b in ((study, again), (study.chain(), again.chain()), (one, other)):
        assert a is not b
        assert a == b
        assert hash(a) == hash(b)
        for twin in (pickle.loads(pickle.dumps(a)), copy.deepcopy(a), copy.copy(a)):
            assert twin == a
            assert hash(twin) == hash(a)
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        twin = pickle.loads(pickle.dumps(one, protocol))
        assert twin.to_json(distributions=True) == other.to_json(distributions=True)
        assert twin.to_csv(distributions=True) == other.to_csv(distributions=True)
        assert [step.marginal for step in twin.steps] == [step.marginal for step in other.steps]
    assert repr(pickle.loads(pickle.dumps(model_of))) == repr(model_of)


@pytest.mark.parametrize("name", shipped_scenarios())
def test_a_shipped_scenario_loads_to_the_same_value_twice(name: str) -> None:
    """`md.load(x) == md.load(x)`, before and after it was asked for what it remembers."""
    one, other = md.load(name), md.load(name)
    assert one.expectations
    assert one == other
    assert pickle.loads(pickle.dumps(one)) == other == copy.deepcopy(one)
    assert one.chain() == other.chain()


def test_different_values_differ() -> None:
    """Equality looks at everything: a β, a weight, a label, a kernel's entry, a digit, a step, a law."""
    base = scenario("matrix")
    others = [scenario("matrix", beta="1/4"), scenario("matrix", weights="3, 2, 2"), scenario("uniform")]
    others += [scenario("matrix", "d3pm"), base.with_options(digits=16), base.with_options(unit="nats")]
    for other in others:
        assert base != other
        assert md.run(base) != md.run(other)
    result = md.run(base)
    changed = replace(result.steps[1], law=result.steps[2].law)
    assert result != replace(result, steps=(result.steps[0], changed, result.steps[2]))
    assert base.chain() != others[0].chain()
    assert base != "a scenario"
    assert Dense.from_rows([[1, 0], [0, 1]], "") != IdentityPlusRankOne(Fraction(1), Distribution.from_weights([1, 1]))  # type: ignore[list-item]


def test_kernels_and_matrices_compare_by_their_entries() -> None:
    """However they are held: rows from outside or integers over one denominator, grouped or state by state."""
    half = Fraction(1, 2)
    rows = ((half, half), (Fraction(0), Fraction(1)))
    held = Dense(RationalMatrix.from_rows(rows))
    assert Dense(rows) == held
    assert hash(Dense(rows)) == hash(held)
    assert Blend(Dense(rows)) == Blend(held) != Blend(Dense(((half, half), (half, half))))
    assert uniform(3) == uniform(3) != uniform(4)
    assert Gaussian(3, half) == Gaussian(3, half) != Gaussian(3, Fraction(1, 4))
    law = RationalMatrix.from_rows([[Fraction(1, 4), Fraction(1, 4), half]])
    grouped = Classes.by("aab").grouped(law)
    assert grouped == law == grouped
    assert grouped == Classes.by("abc").grouped(law)
    assert grouped != Classes.by("aabb").grouped(RationalMatrix.from_rows([[*[Fraction(1, 4)] * 4]]))
    for twin in (pickle.loads(pickle.dumps(grouped)), copy.deepcopy(grouped)):
        assert twin == grouped
        assert twin.rows() == law.rows()


def test_a_pool_of_processes_runs_scenarios() -> None:
    """`ProcessPoolExecutor().map(md.run, scenarios)` gives what running them here gives."""
    studies = [scenario("gaussian").with_options(arithmetic=kind) for kind in ARITHMETICS] + [scenario("per-step")]
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        assert list(pool.map(md.run, studies)) == list(map(md.run, studies))


def test_errors_and_forms_pickle() -> None:
    """An error keeps its parts, a form its value; the one INFINITY stays the one."""
    error = md.InputError("what", where="here", expected="this", got="that", remedy="do")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
    form = md.entropy(["1/3", "1/6", "1/2"])
    assert pickle.loads(pickle.dumps(form)) == form == copy.deepcopy(form)
    assert pickle.loads(pickle.dumps(md.INFINITY)) is md.INFINITY


def test_a_pickle_is_made_of_the_fields_alone() -> None:
    """What was remembered on the way is neither kept nor compared."""
    one, other = scenario("matrix").chain(), scenario("matrix").chain()
    one.at(2)
    assert one.final_marginal
    assert one == other
    assert pickle.dumps(one) == pickle.dumps(other)
    assert [f.name for f in fields(Chain) if f.compare] == ["data", "kernel", "betas", "T"]


def test_numpys_integers_are_integers() -> None:
    """For a time, a state, a number of digits, a probability; booleans are none of them."""
    chain = scenario("matrix").chain()
    two = np.int64(2)
    assert chain.marginal(two) == chain.marginal(2)  # type: ignore[arg-type]
    assert chain.forward_posterior(two, x0=np.uint8(1)) == chain.forward_posterior(2, x0=1)  # type: ignore[arg-type]
    assert md.log(2).enclosure(digits=np.int32(30)) == md.log(2).enclosure(digits=30)  # type: ignore[arg-type]
    assert scenario().with_options(digits=np.int64(30)) == scenario().with_options(digits=30)  # type: ignore[arg-type]
    assert md.entropy(np.array([0, 1])) == 0  # type: ignore[arg-type]
    assert md.mutual_information(np.eye(2, dtype=int)[:1]) == 0  # type: ignore[arg-type]
    for call in (chain.marginal, chain.step, chain.cumulative, chain.data_posterior, chain.bayes_reverse):
        for wrong in (True, np.True_, 1.0, "1", None, Fraction(1)):
            with pytest.raises(md.InputError, match="no such time"):
                call(wrong)  # type: ignore[arg-type]


def test_options_are_checked_where_they_are_given() -> None:
    """Digits, a unit or an arithmetic that there is not: refused at once, and what is neither path nor name."""
    study = scenario()
    for options in ({"digits": 0}, {"digits": 10**6}, {"digits": True}, {"unit": "bit"}, {"arithmetic": "exactly"}):
        with pytest.raises(md.InputError):
            study.with_options(**options)  # type: ignore[arg-type]
    for wrong in (None, 3, ["two-state"], b"two-state", {}):
        with pytest.raises(md.InputError, match="neither a path nor a name"):
            md.load(wrong)  # type: ignore[arg-type]
    assert md.load(Path("two-state")) == md.load("two-state")


def test_every_kernel_and_model_was_shown() -> None:
    """The samples leave none out."""
    assert {study.name for study in ALL} >= {f"{kernel}-bayes" for kernel in KERNELS} | {f"matrix-{m}" for m in MODELS}


def test_an_enclosure_is_formatted_and_ordered() -> None:
    """As a Decimal where it is a number; the bounds decide an order, and refuse where they overlap."""
    q, exact = Enclosed("0.3333", "0.3333", "0.3334"), Enclosed("1.75", "1.75", "1.75")
    assert [f"{q:{spec}}" for spec in (".3f", ">8", "<8s", "", "+.1e", "08.2f")] == [
        "0.333",
        "  0.3333",
        "0.3333  ",
        "0.3333",
        "+3.3e-1",
        "00000.33",
    ]
    assert [f"{Enclosed('inf'):{spec}}" for spec in (".3f", ">6", "^5.1f", "*<6.2e", "")] == [
        "inf",
        "   inf",
        " inf ",
        "inf***",
        "inf",
    ]
    assert f"{Enclosed('undecided'):.3f}" == "undecided"
    assert q < exact <= Fraction(7, 4) <= exact < 2 < Enclosed("inf") == md.INFINITY
    assert exact == Fraction(7, 4)
    assert hash(exact) == hash(Fraction(7, 4))
    assert exact != 2
    assert q != 1
    assert q > "0.3"
    assert Enclosed("inf") <= md.INFINITY
    twin, third = Enclosed("0.3333", "0.3333", "0.3334"), Fraction(1, 3)
    for undecided in (lambda: q < third, lambda: q == third, lambda: q <= twin, lambda: Enclosed("1") > 0):
        with pytest.raises(md.InputError):
            undecided()
    with pytest.raises(md.InexactError):
        assert q < 0.5
    assert q == twin != Enclosed("0.3333", "0.3333", "0.3333")
