"""Small scenarios of every kernel, reverse model and arithmetic, and a tour of all that Python users call.

python tests/samples.py      the tour's hash; the same bytes, however many digits Python will print
"""

from __future__ import annotations

import copy
import hashlib
import json
import pickle
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

import markovdiff as md
from markovdiff.study.certificate import certificate
from markovdiff.study.schema import result_schema, scenario_schema

KERNELS = {
    "uniform": '{ kind = "uniform" }',
    "absorbing": '{ kind = "absorbing" }',
    "mixing": '{ kind = "mixing", target = ["1/2", "1/3", "1/6"] }',
    "mask-uniform": '{ kind = "mask-uniform", uniform = { kind = "linear", start = "1/10", stop = "1/4" } }',
    "neighbour": '{ kind = "neighbour" }',
    "gaussian": '{ kind = "gaussian" }',
    "matrix": '{ kind = "matrix", rows = [["1/2", "1/2", 0], [0, "1/3", "2/3"], [1, 0, 0]] }',
    "rate": '{ kind = "rate", rows = [[-1, 1, 0], [1, -3, 2], [0, "1/2", "-1/2"]] }',
    "per-step": '{ kind = "per-step", steps_rows = [[["1/2", "1/2", 0], [0, 1, 0], [0, 0, 1]],'
    " [[1, 0, 0], [0, 1, 0], [0, 1, 0]]] }",
    "conditional": '{ kind = "conditional", rows_by_source = [[["1/2", "1/2", 0], [0, 1, 0], [0, 0, 1]],'
    " [[1, 0, 0], [0, 1, 0], [0, 1, 0]], [[0, 1, 0], [0, 0, 1], [1, 0, 0]]] }",
}

VARIANTS = {
    "uniform-bands": '{ kind = "uniform", bands = 1 }',
    "uniform-scale": '{ kind = "uniform", scale = [1, "1/2", 3] }',
    "uniform-bands-scale": '{ kind = "uniform", bands = 1, scale = [1, 0, 2] }',
    "absorbing-scale": '{ kind = "absorbing", scale = [1, "1/2", 2] }',
    "mixing-scale": '{ kind = "mixing", target = "data", scale = [3, 1, 0] }',
    "mixing-targets": '{ kind = "mixing", targets = [["1/2", "1/2", 0], [0, 0, 1]] }',
    "mixing-targets-scale": '{ kind = "mixing", targets = [[1, 0, 0], [0, "1/3", "2/3"]], scale = [1, 2, 3] }',
    "mask-uniform-state": '{ kind = "mask-uniform", mask = "1", uniform = { kind = "constant", beta = "1/5" } }',
    "mask-uniform-erasure": '{ kind = "mask-uniform", uniform = { kind = "constant", beta = 0 } }',
    "mask-uniform-drawn": '{ kind = "mask-uniform", uniform = { kind = "constant", beta = 1 } }',
    "rate-absorbing": '{ kind = "rate", rows = [[-1, 0, 1], [0, -1, 1], [0, 0, 0]], resolution = "1/1000" }',
    "gaussian-bands": '{ kind = "gaussian", bands = 1 }',
}
"""What further keys make of a kind."""

MODELS = {
    "bayes": '{ kind = "bayes" }',
    "belief": '{ kind = "bayes", data = ["1/3", "1/3", "1/3"] }',
    "mixture": '{ kind = "posterior-mixture", error = "1/50" }',
    "d3pm": '{ kind = "d3pm" }',
    "counted": '{ kind = "counted", trajectories = 50, smoothing = "1/2", seed = 3 }',
    "uniform": '{ kind = "uniform" }',
}

ARITHMETICS = ("exact", "ball", "float")

LONG = "1" + "0" * 5000 + "7"
"""A numeral of more digits than Python reads."""


def scenario(kernel: str = "uniform", model: str = "bayes", beta: str = "1/3", weights: str = "3, 2, 1") -> md.Scenario:
    """Two steps on three states."""
    schedule = "" if kernel in ("per-step", "conditional") else f'schedule = {{ kind = "constant", beta = "{beta}" }}\n'
    reverse = "" if kernel == "conditional" else f"[reverse]\nmodel = {MODELS[model]}\n"
    table = (KERNELS | VARIANTS)[kernel]
    return md.loads(
        f"[data]\nweights = [{weights}]\n[noise]\nsteps = 2\nkernel = {table}\n{schedule}{reverse}",
        name=f"{kernel}-{model}",
    )


def scenarios() -> Iterator[md.Scenario]:
    """Each kernel with the default model, each model with a structured and with a dense kernel; in each arithmetic."""
    pairs = [(kernel, "bayes") for kernel in KERNELS]
    pairs += [(kernel, model) for kernel in ("uniform", "matrix") for model in MODELS if model != "bayes"]
    for kernel, model in pairs:
        for arithmetic in ARITHMETICS:
            yield scenario(kernel, model).with_options(arithmetic=arithmetic)


def tour() -> Iterator[str]:
    """What each public call says, where it meets numbers of thousands of digits."""
    tiny, huge = Fraction(1, 10**6000 + 7), 10**6000 + 7
    p = [tiny, 1 - tiny]
    forms = [md.entropy(p), md.kl(p, ["1/2", "1/2"]), md.cross_entropy(p, p), md.jensen_shannon(p, [0, 1])]
    forms += [md.mutual_information([[tiny, 0], [0, 1 - tiny]]), md.joint_entropy([[tiny, 1 - tiny]])]
    forms += [
        md.log(huge),
        md.log(str(Fraction(1, 3))),
        md.log(Decimal("1e6000")),
        md.log("1" * 6000),
        md.log(2) * huge,
    ]
    for form in forms:
        assert isinstance(form, md.LogForm)
        yield f"{form!s}{form!r}{float(form)!r}{form.closed_form('bits', 80)}{form > tiny}{form == md.log(2)}"
        yield "".join(f"{len(x.denominator.to_bytes(9000))}" for x in form.enclosure(digits=1000, unit="bits"))
    chain = md.load("two-state").chain()
    refusals = [
        lambda: chain.marginal(huge),
        lambda: chain.step(-huge),
        lambda: chain.cumulative(tiny),  # type: ignore[arg-type]
        lambda: chain.forward_posterior(1, x0=huge),
        lambda: md.entropy([huge]),
        lambda: md.entropy([[huge]]),
        lambda: md.entropy({huge}),
        lambda: md.log(-huge),
        lambda: md.log({huge: (tiny,)}),
        lambda: md.log(2).enclosure(digits=huge),
        lambda: md.load("two-state").with_options(digits=huge),
        lambda: md.load(huge),  # type: ignore[arg-type]
        lambda: md.loads(huge),  # type: ignore[arg-type]
        lambda: md.run(huge),  # type: ignore[arg-type]
        lambda: scenario(weights=f"-{LONG}, 1, 1"),
        lambda: scenario(beta=LONG),
        lambda: md.loads(f"data = {{ weights = [1] }}\nnoise = {{ steps = {LONG}, kernel = {KERNELS['uniform']} }}"),
    ]
    for refused in refusals:
        try:
            refused()
        except md.InputError as error:
            yield f"{error}{error!r}"
        else:
            raise AssertionError("not refused")
    for beta, weights in (("1/3", f"{LONG}, 0x{'f' * 4000}, {'1_0' * 2000}.5"), (f"1/{LONG}", "3, 2, 1")):
        for arithmetic in ("exact", "ball"):
            yield from _told(scenario("matrix", "d3pm", beta, weights).with_options(arithmetic=arithmetic, digits=1000))


def _told(study: md.Scenario) -> Iterator[str]:
    """A run, and every form in which it can be written, kept or copied."""
    result = md.run(study, shadow=True)
    yield result.to_json(distributions=True)
    yield result.to_csv(distributions=True)
    yield json.dumps(certificate(result, "0"))
    yield f"{study!r}{study.file!r}{study.chain()!r}{result!r}{result.steps!r}{result.elbo!r}{result.checks!r}"
    for step in result.steps:
        yield f"{step.entropy!s}{step.entropy:.3f}{float(step.entropy)!r}{step.entropy >= 0}"
    assert pickle.loads(pickle.dumps(result)) == result == copy.deepcopy(result)
    yield json.dumps([result_schema(), scenario_schema()])


if __name__ == "__main__":
    digest = hashlib.sha256()
    for words in tour():
        digest.update(words.encode())
    print(digest.hexdigest())
