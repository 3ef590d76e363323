"""Small scenarios that are run in another arithmetic beside the exact one, and the numbers of both, in pairs."""

from __future__ import annotations

import json
from collections.abc import Iterator

import jsonschema

import markovdiff as md
from markovdiff.arithmetic.quantity import Enclosed
from markovdiff.study.result import TOTALS
from markovdiff.study.schema import result_schema

KERNELS = {
    "uniform": '{ kind = "uniform" }',
    "absorbing": '{ kind = "absorbing", mask = "2" }',
    "mixing": '{ kind = "mixing", target = ["1/2", "0", "1/2"] }',
    "neighbour": '{ kind = "neighbour" }',
    "gaussian": '{ kind = "gaussian" }',
    "matrix": '{ kind = "matrix", rows = [["1/2", "1/2", 0], ["1/3", "1/3", "1/3"], [0, 0, 1]] }',
}

PRIORS = ['"marginal"', '"uniform"', '["1/2", "1/4", "1/4"]', "[0, 0, 1]", "[1, 0, 0]"]

MODELS = [
    '{ kind = "posterior-mixture", error = "1/50" }',
    '{ kind = "posterior-mixture", denoiser = "data" }',
    '{ kind = "d3pm" }',
    '{ kind = "d3pm", error = 1 }',
    '{ kind = "d3pm", denoiser = "data" }',
    '{ kind = "d3pm", last = "formula" }',
    '{ kind = "d3pm", denoiser = "data", last = "formula" }',
    '{ kind = "bayes", data = ["1/3", "2/3", 0] }',
    '{ kind = "counted", trajectories = 50, smoothing = "1/2" }',
    '{ kind = "uniform" }',
]


def study(
    kernel: str,
    prior: str = '"marginal"',
    data: str = "weights = [5, 2, 1]",
    *,
    model: str = '{ kind = "bayes" }',
    steps: int = 5,
) -> md.Scenario:
    """A scenario of three states, with β_t from 1/10 to 1/2."""
    return md.loads(
        f"data = {{ {data} }}\nreverse = {{ prior = {prior}, model = {model} }}\n"
        f'[noise]\nsteps = {steps}\nkernel = {kernel}\nschedule = {{ kind = "linear", start = "1/10", stop = "1/2" }}\n'
    )


def numbers_of_the_ledger(exact: md.Result, near: md.Result) -> Iterator[tuple[str, Enclosed, Enclosed]]:
    """Each number of both, by its name: the steps' terms and errors, and the totals."""
    records = [(a, b, ("elbo_term", "model_error")) for a, b in zip(exact.steps[1:], near.steps[1:], strict=True)]
    for a, b, names in [*records, (exact.elbo, near.elbo, (*TOTALS, "nll_excess"))]:
        for name in names:
            yield name, getattr(a, name), getattr(b, name)


def verdicts(result: md.Result) -> list[tuple[str, str]]:
    """Each check with its verdict."""
    return [(check.check, check.verdict) for check in result.checks]


def assert_fits_the_schema(result: md.Result) -> None:
    """The JSON with all its laws is of the form that is published."""
    jsonschema.Draft202012Validator(result_schema()).validate(json.loads(result.to_json(distributions=True)))
