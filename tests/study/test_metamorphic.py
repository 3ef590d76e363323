"""What must not change when a question is asked in other words, from TOML text to reported digits.

A scenario and its rewording (states relabelled, doubled or added, steps split or idle, weights scaled, another unit,
the file written out again) go through the whole pipeline side by side. What has to agree is compared as it is reported:
the digits of every enclosure, as text, and rationals by equality. Where a rewording adds a known amount, the exact
forms are compared instead.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import pytest
from chains import Matrix, Process, examples, informations, laws, markov, matrices, processes, with_a_memory
from hypothesis import given
from hypothesis import strategies as st

import markovdiff as md
from markovdiff.arithmetic.quantity import Enclosed, Quantity
from markovdiff.study.result import QUANTITIES, TOTALS, Step

SCENARIOS = Path(__file__).parents[2] / "scenarios"

ENCLOSED = ("entropy", "conditional_entropy", "noise_entropy", "mutual_information", "information_loss")
"""What a step says of x0 and x_t alone, without the prior, the reverse model or the kernel's worst row."""

MODELS = ('{ kind = "bayes" }', '{ kind = "d3pm", error = "1/5" }', '{ kind = "posterior-mixture", error = "1/7" }',
          '{ kind = "d3pm", denoiser = "data" }', '{ kind = "d3pm", error = "1/5", last = "formula" }',
          '{ kind = "uniform" }')  # fmt: skip


def listed(nested: object) -> str:
    """Nested laws as TOML (and JSON) have them."""
    return json.dumps(nested, default=lambda x: str(x) if isinstance(x, Fraction) else list(x))


def question(p0: Sequence[Fraction], kernel: str, rest: str = "", top: str = "") -> md.Result:
    """The result of a scenario that is given in words."""
    return md.run(md.loads(f"{top}\ndata = {{ probabilities = {listed(p0)} }}\nnoise = {{ {kernel} }}\n{rest}"))


def steps_of(steps: Sequence[Matrix]) -> str:
    return f'kernel = {{ kind = "per-step", steps_rows = {listed(steps)} }}'


def memory_of(by_source: Sequence[Matrix], T: int) -> str:
    return f'steps = {T}, kernel = {{ kind = "conditional", rows_by_source = {listed(by_source)} }}'


def written(process: Process) -> str:
    """A process of `chains` as [noise], every step outright."""
    if process.chain.is_markov:
        return steps_of([law[0] for law in process.laws])
    return memory_of(process.laws[0], process.chain.T)


def digits(value: object) -> object:
    """A reported value without what words it was found in: its digits and bounds, or the rational itself."""
    return (value.value, value.lower, value.upper) if isinstance(value, Enclosed) else value


def told(step: Step, names: Sequence[str] = QUANTITIES) -> dict[str, object]:
    return {name: digits(getattr(step, name)) for name in names}


def totals(result: md.Result) -> dict[str, object]:
    return {name: digits(getattr(result.elbo, name)) for name in TOTALS}


def verdicts(result: md.Result) -> dict[str, tuple[str, str]]:
    return {check.check: (check.observed, check.verdict) for check in result.checks}


def same(one: md.Result, other: md.Result, names: Sequence[str] = QUANTITIES) -> None:
    """Both say the same at every t, in the ledger and in every verdict."""
    assert [told(step, names) for step in one.steps] == [told(step, names) for step in other.steps]
    assert totals(one) == totals(other)
    assert verdicts(one) == verdicts(other)


def permuted(law: Sequence[Fraction], order: Sequence[int]) -> tuple[Fraction, ...]:
    return tuple(law[i] for i in order)


def conjugate(M: Matrix, order: Sequence[int]) -> Matrix:
    """The same kernel with its states in another order."""
    return tuple(permuted(M[i], order) for i in order)


@examples(60)
@given(st.data())
def test_relabelling_permutes_laws_and_nothing_else(data: st.DataObject) -> None:
    """With the states in another order every p_t is in that order, and no other number or verdict changes."""
    process = data.draw(processes(max_K=4))
    chain, p0 = process.chain, process.chain.data.probabilities
    order, pi = data.draw(st.permutations(range(chain.K))), data.draw(laws(chain.K))
    if chain.is_markov:
        model = data.draw(st.sampled_from(MODELS))
        noise = [steps_of([conjugate(law[0], o) for law in process.laws]) for o in (range(chain.K), order)]
        rest = [f"reverse = {{ prior = {listed(p)}, model = {model} }}" for p in (pi, permuted(pi, order))]
    else:
        sources = process.laws[0]
        noise = [memory_of([conjugate(sources[k], o) for k in o], chain.T) for o in (range(chain.K), order)]
        rest = [f"reverse = {{ prior = {listed(p)} }}" for p in (pi, permuted(pi, order))]
    one = question(p0, noise[0], rest[0])
    other = question(permuted(p0, order), noise[1], rest[1])
    same(one, other)
    assert [step.marginal for step in other.steps] == [permuted(step.marginal, order) for step in one.steps]


@examples(40)
@given(st.data())
def test_a_table_is_relabelled_with_its_states(data: st.DataObject) -> None:
    """A reverse table in another order of the states, rows and columns, leaves every bit of the ledger where it was."""
    process = data.draw(markov())
    chain, K = process.chain, process.chain.K
    order, tables = (
        data.draw(st.permutations(range(K))),
        data.draw(st.lists(matrices(K), min_size=chain.T, max_size=chain.T)),
    )
    results = [
        question(
            permuted(chain.data.probabilities, o),
            steps_of([conjugate(law[0], o) for law in process.laws]),
            f'reverse.model = {{ kind = "table", rows = {listed([conjugate(R, o) for R in tables])} }}',
        )
        for o in (range(K), order)
    ]
    same(*results)


def doubled(M: Matrix, s: int, share: Fraction) -> Matrix:
    """State s as itself and a last state: whoever comes to s comes to the one with `share`, else to the other."""
    rows = [(*row[:s], share * row[s], *row[s + 1 :], (1 - share) * row[s]) for row in M]
    return (*rows, rows[s])


@examples(50)
@given(st.data())
def test_equal_states_lumped(data: st.DataObject) -> None:
    """Two states with one row between them tell no more of x0 than one: H(x_t) loses p_t[s]·h(share), I_t nothing."""
    process = data.draw(markov())
    chain, p0 = process.chain, process.chain.data.probabilities
    s, share = data.draw(st.integers(0, chain.K - 1)), data.draw(st.sampled_from([Fraction(n, 5) for n in range(1, 5)]))
    steps = [law[0] for law in process.laws]
    start = (*p0[:s], share * p0[s], *p0[s + 1 :], (1 - share) * p0[s])
    fine = md.loads(
        f"data.probabilities = {listed(start)}\nnoise = {{ {steps_of([doubled(Q, s, share) for Q in steps])} }}"
    )
    coarse = md.loads(f"data.probabilities = {listed(p0)}\nnoise = {{ {steps_of(steps)} }}")
    coin = md.entropy([share, 1 - share])
    for few, many in zip(informations(coarse.chain()), informations(fine.chain()), strict=True):
        p = coarse.chain().marginal(few.moment.t)[s]
        assert many.entropy.form() == few.entropy.form() + coin * p
        if few.moment.t:
            assert many.mutual_information.form() == few.mutual_information.form()
            assert many.dobrushin == few.dobrushin
        if few.moment.t > 1:
            assert many.decay == few.decay
    reported = [
        [told(step, ("mutual_information", "dobrushin")) for step in md.run(s).steps[1:]] for s in (coarse, fine)
    ]
    assert reported[0] == reported[1]


def product(A: Matrix, B: Matrix) -> Matrix:
    return tuple(
        tuple(sum((a * b for a, b in zip(row, column, strict=True)), Fraction(0)) for column in zip(*B, strict=True))
        for row in A
    )


@examples(50)
@given(st.data())
def test_a_step_split_in_two(data: st.DataObject) -> None:
    """The chain that makes two steps at once is the same chain seen less often: what it says at its own times, and
    the loss over the two together, do not change, nor does L under the exact reverse."""
    process = data.draw(markov(max_T=4).filter(lambda p: p.chain.T > 1))
    chain, p0 = process.chain, process.chain.data.probabilities
    steps = [law[0] for law in process.laws]
    t = data.draw(st.integers(1, chain.T - 1))
    fine = question(p0, steps_of(steps))
    coarse = question(p0, steps_of([*steps[: t - 1], product(steps[t - 1], steps[t]), *steps[t + 1 :]]))
    seen = [step for step in fine.steps if step.t != t]
    names = ("entropy", "conditional_entropy", "noise_entropy", "mutual_information", "total_variation_to_prior")
    assert [told(step, names) for step in seen] == [told(step, names) for step in coarse.steps]
    kept = ("negative_elbo", "nll", "data_entropy", "model_error", "prior_gap")
    assert [totals(fine)[name] for name in kept] == [totals(coarse)[name] for name in kept]
    both = "equal" if {fine.steps[t].decay, fine.steps[t + 1].decay} == {"equal"} else "strict"
    assert coarse.steps[t].decay == both


@examples(50)
@given(st.data())
def test_an_impossible_state_changes_nothing(data: st.DataObject) -> None:
    """A state without data that no state leads to adds nothing; its own row copies another, so η stays too."""
    process = data.draw(processes(max_K=3))
    chain, p0 = process.chain, process.chain.data.probabilities
    twin = data.draw(st.integers(0, chain.K - 1))

    def wider(M: Matrix) -> Matrix:
        rows = [(*row, Fraction(0)) for row in M]
        return (*rows, rows[twin])

    if chain.is_markov:
        added = steps_of([wider(law[0]) for law in process.laws])
    else:
        sources = [wider(M) for M in process.laws[0]]
        added = memory_of([*sources, sources[twin]], chain.T)
    one, other = question(p0, written(process)), question((*p0, Fraction(0)), added)
    same(one, other)
    assert [(*step.marginal, Fraction(0)) for step in one.steps] == [step.marginal for step in other.steps]


@examples(50)
@given(st.data())
def test_idle_steps_change_nothing(data: st.DataObject) -> None:
    """A step that is the identity loses nothing, has η = 1 (or 0 for a lone state), and leaves the rest alone."""
    process = data.draw(markov())
    chain, p0 = process.chain, process.chain.data.probabilities
    steps = [law[0] for law in process.laws]
    t = data.draw(st.integers(1, chain.T + 1))
    idle = tuple(tuple(Fraction(int(i == j)) for j in range(chain.K)) for i in range(chain.K))
    plain, slow = question(p0, steps_of(steps)), question(p0, steps_of([*steps[: t - 1], idle, *steps[t - 1 :]]))
    moved = slow.steps[t]
    assert (moved.decay, moved.dobrushin, digits(moved.information_loss)) == (
        "equal",
        min(chain.K - 1, 1),
        ("0", "0", "0"),
    )
    assert moved.marginal == slow.steps[t - 1].marginal
    names = (*ENCLOSED, "decay", "dobrushin", "sdpi_bound", "total_variation_to_prior", "model_error")
    assert [told(s, names) for s in plain.steps] == [told(s, names) for s in slow.steps if s.t != t]
    kept = ("negative_elbo", "nll", "data_entropy", "prior", "gap", "model_error", "prior_gap")
    assert [totals(plain)[name] for name in kept] == [totals(slow)[name] for name in kept]


@examples(30)
@given(st.lists(st.integers(0, 9), min_size=1, max_size=4).filter(any), st.fractions(Fraction(1, 50), 50), st.data())
def test_weights_may_be_scaled(weights: list[int], factor: Fraction, data: st.DataObject) -> None:
    """Weights are a law up to scale: a multiple of them gives the same bytes."""
    noise = (
        '{ steps = 3, kernel = { kind = "absorbing" }, schedule = { kind = "linear", start = "1/9", stop = "2/3" } }'
    )
    one, other = (
        md.run(md.loads(f"data.weights = {listed(w)}\nnoise = {noise}"))
        for w in (weights, [factor * n for n in weights])
    )
    assert one.to_json(distributions=True) == other.to_json(distributions=True)


def within(form: md.LogForm, value: Enclosed, unit: md.LogForm | int) -> bool:
    """Whether lower ≤ form/unit ≤ upper, decided."""
    assert value.lower is not None
    assert value.upper is not None
    return form >= unit * Fraction(value.lower) and form <= unit * Fraction(value.upper)


@examples(40)
@given(processes())
def test_bits_and_nats_are_one_number(process: Process) -> None:
    """The unit changes digits alone: bounds in bits times log 2, and bounds in nats, both hold the exact form."""
    p0, noise = process.chain.data.probabilities, written(process)
    bits, nats = (question(p0, noise, top=f'unit = "{unit}"') for unit in ("bits", "nats"))
    exact = [name for name in QUANTITIES if not isinstance(getattr(bits.steps[-1], name), Enclosed)]
    assert [told(step, exact) for step in bits.steps] == [told(step, exact) for step in nats.steps]
    assert verdicts(bits) == verdicts(nats)
    names = ("entropy", "mutual_information", "conditional_entropy", "noise_entropy")
    for now, b, n in zip(informations(process.chain), bits.steps, nats.steps, strict=True):
        for name in names:
            quantity: Quantity = getattr(now, name)
            assert within(quantity.form(), getattr(b, name), md.log(2)), (name, b.t)
            assert within(quantity.form(), getattr(n, name), 1), (name, n.t)


KERNELS = (
    'kind = "uniform"',
    'kind = "neighbour"',
    'kind = "neighbour", boundary = "periodic", reach = 2',
    'kind = "gaussian", resolution = "1/64"',
    'kind = "absorbing"',
    'kind = "absorbing", mask = "b"',
    'kind = "mixing", target = "data"',
    'kind = "mixing", target = ["1/6", 0, "5/6"]',
    'kind = "matrix", rows = [[0, 1, 0], [0, "1/3", "2/3"], [1, 0, 0]]',
)
SYMMETRIC = KERNELS[:4]
SCHEDULES = ('kind = "jump"', 'kind = "constant", beta = "1/7"', 'kind = "linear", start = "1/10", stop = 1',
             'kind = "cosine", resolution = "1/256"', 'kind = "explicit", betas = [0, "1/2", 1]')  # fmt: skip
PRIORS = ('"marginal"', '"uniform"')


def outright(study: md.Scenario) -> str:
    """A scenario written out again: every step, the prior and the law measured against as plain rationals."""
    chain = study.chain()
    record = md.run(study).scenario
    reverse: dict[str, dict[str, object]] = record["reverse"]  # type: ignore[assignment]
    checks: dict[str, object] = dict(record["checks"])  # type: ignore[call-overload]
    text = f"unit = {listed(study.unit)}\n[data]\nstates = {listed(chain.states)}\n"
    text += f"probabilities = {listed(chain.data.probabilities)}\n[checks]\n"
    for name, asked in checks.items():
        if isinstance(asked, str):
            text += f"{name} = {listed(asked)}\n"
        elif name == "h-theorem":
            text += f"{name} = {{ expected = {listed(asked['expected'])}, against = {listed(asked['law'])} }}\n"  # type: ignore[index]
        else:
            text += f"{name} = {{ information = {listed(asked['information'])} }}\n"  # type: ignore[index]
    text += f"[reverse]\nprior = {listed(reverse['prior']['probabilities'])}\n"
    return text + f"[noise]\n{steps_of([chain.step(t) for t in range(1, chain.T + 1)])}\n"


FORMULAS = ("beta", "alpha_bar")
"""What a chain given outright has not, though its steps are the same."""


def reads_back(study: md.Scenario) -> None:
    names = [name for name in QUANTITIES if name not in FORMULAS]
    one, other = md.run(study), md.run(md.loads(outright(study)))
    same(one, other, names)
    assert [step.marginal for step in one.steps] == [step.marginal for step in other.steps]


@examples(60)
@given(laws(3), st.sampled_from(KERNELS), st.sampled_from(SCHEDULES), st.sampled_from(PRIORS))
def test_every_kernel_is_its_matrices(p0: tuple[Fraction, ...], kernel: str, schedule: str, prior: str) -> None:
    """A kernel with a formula, and the same steps written out as matrices: two routes, the same digits."""
    study = md.loads(
        f'data = {{ states = ["a", "b", "c"], probabilities = {listed(p0)} }}\nreverse.prior = {prior}\n'
        f"noise = {{ steps = 3, kernel = {{ {kernel} }}, schedule = {{ {schedule} }} }}"
    )
    reads_back(study)


@pytest.mark.parametrize("name", ["elbo-tight", "jump-masked", "jump-uniform", "mask-hump", "permutation", "two-rooms"])
def test_a_shipped_scenario_read_back(name: str) -> None:
    """What a shipped scenario resolves to, written out and read again, is the same scenario."""
    study = md.load(name)
    assert study.model == type(study.model)()
    reads_back(study)


@examples(40)
@given(
    st.lists(st.integers(0, 6), min_size=2, max_size=5).filter(any),
    st.sampled_from(SYMMETRIC),
    st.sampled_from(SCHEDULES),
)
def test_the_mirror_image_under_symmetric_noise(weights: list[int], kernel: str, schedule: str) -> None:
    """Noise that treats both ends alike says the same of data in reverse order, whose laws are the mirror images."""
    noise = f"{{ steps = 3, kernel = {{ {kernel} }}, schedule = {{ {schedule} }} }}"
    one, other = (md.run(md.loads(f"data.weights = {w}\nnoise = {noise}")) for w in (weights, weights[::-1]))
    same(one, other)
    assert [step.marginal[::-1] for step in one.steps] == [step.marginal for step in other.steps]


@examples(30)
@given(with_a_memory())
def test_noise_that_remembers_nothing_is_a_chain(process: Process) -> None:
    """One matrix for every x0 is a Markov chain: told as either, H and I have the same digits, and so has decay."""
    M, chain = process.laws[0][0], process.chain
    p0 = chain.data.probabilities
    forgetful, plain = question(p0, memory_of([M] * chain.K, chain.T)), question(p0, steps_of([M] * chain.T))
    names = (*ENCLOSED, "decay")
    assert [told(step, names) for step in forgetful.steps] == [told(step, names) for step in plain.steps]
