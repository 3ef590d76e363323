"""What each kind of reverse model promises: its fast forms are the default's, the audit confirms, the form knows it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
import pytest
from chains import examples
from hypothesis import assume, given
from mixed_with_uniform import MixedWithUniform, MixedWithUniformSpec
from modelled import Modelled, check_meets, check_near, exactly, in_balls, in_float64, modelled, pairs
from samples import ARITHMETICS, KERNELS
from samples import MODELS as SAMPLES

import markovdiff as md
from markovdiff.audit import audit
from markovdiff.process.chain import Chain
from markovdiff.process.kernels import RankOneKernel
from markovdiff.process.moment import Moment
from markovdiff.process.reverse import Denoiser, ReverseModel, ReverseStep, Row
from markovdiff.process.reverse.registry import MODELS, SHIPPED
from markovdiff.process.support import Patterns
from markovdiff.study.schema import scenario_schema
from tui.form.tables import tables

ROWS = '[[["1/2", "1/2", 0], [0, 1, 0], ["1/3", "1/3", "1/3"]], [[1, 0, 0], [0, "1/2", "1/2"], [0, 0, 1]]]'

ALL = {
    **SAMPLES,
    "mixture of data": '{ kind = "posterior-mixture", denoiser = "data" }',
    "d3pm of data": '{ kind = "d3pm", denoiser = "data" }',
    "d3pm, formula": '{ kind = "d3pm", error = "1/7", last = "formula" }',
    "table": f'{{ kind = "table", rows = {ROWS} }}',
}


@dataclass(frozen=True, eq=False)
class PlainDenoiser(Denoiser):
    """A denoiser stripped of all but its exact rows."""

    stripped: Denoiser

    def given(self, now: Moment) -> tuple[Row | None, ...]:
        """The same rows."""
        return self.stripped.given(now)


@dataclass(frozen=True, eq=False)
class Plain(ReverseModel):
    """A model stripped of all but its exact rows and its denoiser's: everything else is the default."""

    stripped: ReverseModel

    @property
    def prediction(self) -> Denoiser | None:
        """The denoiser, stripped alike."""
        found = self.stripped.prediction
        return None if found is None else PlainDenoiser(found)

    def step(self, before: Moment, now: Moment) -> ReverseStep:
        """The same rows."""
        return self.stripped.step(before, now)


def scenario(model: str, kernel: str = "matrix") -> md.Scenario:
    """Two steps on three states."""
    schedule = 'schedule = { kind = "constant", beta = "1/3" }'
    noise = f"steps = 2\nkernel = {KERNELS[kernel]}\n{schedule}"
    return md.loads(f"data = {{ weights = [3, 2, 1] }}\n[noise]\n{noise}\n[reverse]\nmodel = {model}\n")


def test_each_kind_has_a_sample() -> None:
    """A kind that is added to the registry is not forgotten here."""
    assert {scenario(model).file.reverse.model.kind() for model in ALL.values()} == set(SHIPPED)


def dense(drawn: Modelled) -> Modelled:
    """The same, where it is a run with matrices; runs of structured chains have engines of their own."""
    assume(not isinstance(drawn.chain.kernel, RankOneKernel))
    return drawn


@examples(150)
@given(modelled())
def test_balls_are_those_of_the_exact_rows(drawn: Modelled) -> None:
    """Every line of the ledger in balls, by a model's own form and by the default, meets the exact one."""
    exact, plain = exactly(dense(drawn)), Modelled(drawn.chain, Plain(drawn.model), drawn.prior)
    for near in (in_balls(drawn, cheap=True), in_balls(plain, cheap=True)):
        for name, a, b in pairs(exact, near):
            check_meets(a, b, name)


@examples(150)
@given(modelled())
def test_floats_are_those_of_the_exact_rows(drawn: Modelled) -> None:
    """Every line of the ledger in float64, by a model's own form and by the default, is near the exact one."""
    exact, plain = exactly(dense(drawn)), Modelled(drawn.chain, Plain(drawn.model), drawn.prior)
    for near in (in_float64(drawn), in_float64(plain)):
        for name, a, b in pairs(exact, near):
            check_near(a, b, name)


def patterns(chain: Chain, model: ReverseModel) -> Patterns:
    """The model's patterns over the chain's own."""
    return Patterns(chain, model, model.speaks_of(chain), lambda t: np.array(chain.transition(t).dense.support))


@examples(150)
@given(modelled())
def test_a_model_s_pattern_is_that_of_its_exact_rows(drawn: Modelled) -> None:
    """R_t > 0, a row being there, and a mixture being restricted are exactly what the rational rows say."""
    chain, model = drawn.chain, drawn.model
    mine, default = patterns(chain, model), patterns(chain, Plain(model))
    for t in range(1, chain.T + 1):
        (*_, a), (*_, b) = mine.at(t), default.at(t)
        assert (a.defined == b.defined).all()
        assert (a.cells[a.defined] == b.cells[b.defined]).all()
        assert a.restricted == b.restricted


@examples(100)
@given(modelled())
def test_what_a_model_knows_of_itself_is_so(drawn: Modelled) -> None:
    """A model that is the Bayes reverse at t by definition has its rows; one that ends in the data has q(x0) in R_1."""
    chain, model = drawn.chain, drawn.model
    for before, now in pairwise(chain.moments()):
        rows = model.step(before, now).fractions()
        if model.is_bayes_at(now.t):
            there = [(row, truth) for row, truth in zip(rows, chain.bayes_reverse(now.t), strict=True) if truth]
            assert all(row == truth for row, truth in there)
        if model.ends_in_data and now.t == 1:
            assert set(rows) == {chain.data.probabilities}


@pytest.mark.parametrize("arithmetic", ["exact", "ball"])
@pytest.mark.parametrize("model", ALL.values(), ids=ALL)
def test_a_record_is_enough_for_the_audit(model: str, arithmetic: str, tmp_path: Path) -> None:
    """The second route recomputes the run from what the model recorded."""
    file = tmp_path / "result.json"
    result = md.run(scenario(model).with_options(arithmetic=arithmetic))
    file.write_text(result.to_json(), encoding="utf-8")
    assert audit(str(file)) == 0


@pytest.mark.parametrize("model", ALL.values(), ids=ALL)
def test_the_record_of_an_unknown_kind_has_the_rows(model: str) -> None:
    """The default record has every exact row, whatever the kind."""
    study = scenario(model)
    chain = study.chain()
    made = study.reverse_model(chain)
    assert made is not None
    record = super(type(study.file.reverse.model), study.file.reverse.model).record(made, chain)
    steps = [made.step(before, now).fractions() for before, now in pairwise(chain.moments())]
    assert record == {"rows": [[row and [str(x) for x in row] for row in rows] for rows in steps]}


@pytest.mark.parametrize("arithmetic", ARITHMETICS)
@pytest.mark.parametrize("kernel", ["uniform", "matrix"])
def test_a_model_that_overrides_nothing_runs_in_every_arithmetic(kernel: str, arithmetic: str) -> None:
    """Its ledger is that of the same rows brought as a table, with a dense kernel and with a structured one."""
    study = scenario(ALL["uniform"], kernel).with_options(arithmetic=arithmetic)
    reverse = msgspec.structs.replace(study.file.reverse, model=MixedWithUniformSpec(MixedWithUniform().share))
    own = md.run(replace(study, file=msgspec.structs.replace(study.file, reverse=reverse)))
    steps = [MixedWithUniform().step(*moments).fractions() for moments in pairwise(study.chain().moments())]
    rows = str([[[str(x) for x in row] for row in step] for step in steps]).replace("'", '"')
    brought = md.run(scenario(f'{{ kind = "table", rows = {rows} }}', kernel).with_options(arithmetic=arithmetic))
    assert own.elbo == brought.elbo
    assert [step.elbo_term for step in own.steps] == [step.elbo_term for step in brought.steps]


def test_form_and_schema_are_made_from_the_registry() -> None:
    """Each kind stands in the form, in the registry's order, with its keys, and in the schema."""
    assert list(tables("reverse.model")) == list(MODELS)
    assert {spec.__name__ for spec in MODELS.values()} <= set(scenario_schema()["$defs"])
    for kind, spec in MODELS.items():
        assert [key.name for key in tables("reverse.model")[kind].keys] == list(spec.__struct_fields__)
