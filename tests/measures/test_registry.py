"""Every check in the registry keeps one contract: it can hold, can fail, is recorded, audited and in the schema.

What is a theorem fails here on a run whose moments were tampered with, everything else on an honest chain.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any, get_args

import jsonschema
import pytest

import markovdiff as md
from markovdiff.audit import scenario as audited
from markovdiff.audit.claims import WrongError
from markovdiff.audit.command import _summary
from markovdiff.audit.examination import Examination
from markovdiff.audit.record import parse
from markovdiff.engines.exact.information import Information
from markovdiff.measures.checks import CHECKS
from markovdiff.measures.checks.signed_steps import SignedSteps
from markovdiff.measures.checks.wording import at_steps, broken_at
from markovdiff.process.chain import Chain
from markovdiff.process.kernels import uniform
from markovdiff.process.moment import Moment
from markovdiff.process.rank_one import IdentityPlusRankOne
from markovdiff.study.schema import scenario_schema

UNIFORM = 'kernel = { kind = "uniform" }\nschedule = { kind = "explicit", betas = ["1/4", "1/4", "1/4"] }'
STILL = 'kernel = { kind = "uniform" }\nschedule = { kind = "explicit", betas = [0, 0, 0] }'
ABSORBING = 'kernel = { kind = "absorbing", mask = "b" }\nschedule = { kind = "jump" }'
REMEMBERS = (
    'kernel = { kind = "conditional", rows_by_source = [[["1/2", "1/2"], ["1/4", "3/4"]], '
    '[["9/10", "1/10"], ["1/2", "1/2"]]] }'
)

ONE_SYMBOL = [name for name, check in CHECKS.items() if not check.of_sequences]
"""Those that can be made of data that are one symbol; `sampler` has its own tests, on sequences."""

HOLDS = {name: f'{name} = "{CHECKS[name].may_be[0]}"' for name in ONE_SYMBOL} | {
    "converged": 'converged = { information = "1/2" }'
}
"""What a file says of each check where uniform noise on two states bears it out."""

FAILS = {
    "mi-decay": (REMEMBERS, 'mi-decay = "non-increasing"'),
    "h-theorem": (ABSORBING, 'h-theorem = { against = "uniform" }'),
    "dpi": (REMEMBERS, 'dpi = "holds"'),
    "entropy-growth": (ABSORBING, 'entropy-growth = "non-decreasing"'),
    "converged": (UNIFORM, "converged = { information = 0 }"),
}
"""An honest chain on which each check that is no theorem there fails."""


def contracting(moment: Moment) -> Moment:
    """The same, said to have come by a step of twice the noise: I falls by less than its coefficient, ½."""
    return replace(moment, transition=uniform(2).transition(Fraction(1, 2)))


def keeping(moment: Moment) -> Moment:
    """The same with a Q̄_t that keeps a little too much."""
    Q_bar = moment.cumulative
    assert isinstance(Q_bar, IdentityPlusRankOne)
    return replace(moment, cumulative=IdentityPlusRankOne(Q_bar.keep + Fraction(1, 10**40), Q_bar.target))


TAMPERED: dict[str, tuple[str, Callable[[Moment], Moment]]] = {
    "sdpi": (UNIFORM, contracting),
    "identities": (UNIFORM, keeping),
    "elbo-ledger": (UNIFORM, keeping),
}
"""A chain, and what is done to its moment at t = 2, for each check that is a theorem."""


def study(noise: str, checks: str, arithmetic: str = "exact") -> md.Scenario:
    data = 'data = { states = ["a", "b"], weights = [3, 1] }'
    return md.loads(f'{data}\n[noise]\nsteps = 3\n{noise}\n[checks]\n{checks}\n[arithmetic]\nkind = "{arithmetic}"\n')


def check_of(result: md.Result, name: str) -> Any:
    (found,) = (check for check in result.checks if check.check == name)
    return found


def outcome(record: Any) -> tuple[int, str]:
    """The status that the audit of a record ends with, and what it says."""
    try:
        report = Examination(parse(json.dumps(record))).run()
    except WrongError as wrong:
        return 1, str(wrong)
    except md.MarkovdiffError as error:
        return error.status, str(error)
    return report.status, _summary(report, None, 0)


def record_of(result: md.Result) -> Any:
    return json.loads(result.to_json())


def test_a_check_is_called_by_its_name_and_says_what_may_come_of_it() -> None:
    """Each key is the class's own name, and each class may hold or be violated in words that a file may expect."""
    for name, check in CHECKS.items():
        assert check.name == name
        assert "violated" in check.may_be
        words = {word for part in get_args(check.asks) or () for word in (get_args(part) or (part,))}
        assert set(check.may_be) <= words or name in ("converged", "sampler")


@pytest.mark.parametrize("arithmetic", ["exact", "ball", "float"])
@pytest.mark.parametrize("name", ONE_SYMBOL)
def test_each_holds_where_it_should_in_every_arithmetic(name: str, arithmetic: str) -> None:
    """Uniform noise on two states bears every check out, whatever the arithmetic."""
    found = check_of(md.run(study(UNIFORM, HOLDS[name], arithmetic)), name)
    assert found.verdict == "holds"
    assert found.observed in CHECKS[name].may_be
    assert found.detail


@pytest.mark.parametrize("name", FAILS)
def test_each_that_is_no_theorem_fails_on_some_chain(name: str) -> None:
    """The violation is observed, with a witness, and the verdict is that the check fails; the audit agrees."""
    result = md.run(study(*FAILS[name]))
    found = check_of(result, name)
    assert (found.observed, found.verdict) == ("violated", "fails")
    assert found.witness
    status, said = outcome(record_of(result))
    assert status == 0, said


@pytest.mark.parametrize("name", TAMPERED)
def test_each_that_is_a_theorem_fails_on_a_run_that_is_none(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault in the moments at t = 2 is found by the check, and the audit refuses the record."""
    noise, tamper = TAMPERED[name]
    honest = Chain.moments

    def moments(chain: Chain, *args: Any) -> Iterator[Moment]:
        return (tamper(moment) if moment.t == 2 else moment for moment in honest(chain, *args))

    monkeypatch.setattr(Chain, "moments", moments)
    result = md.run(study(noise, f'{name} = "holds"'))
    assert check_of(result, name).observed == "violated"
    monkeypatch.undo()
    assert outcome(record_of(result))[0] == 1


def test_every_check_fails_somewhere() -> None:
    """No check is left out of the two tests above."""
    assert {*FAILS, *TAMPERED} == set(ONE_SYMBOL)


def test_each_is_recorded_in_the_registry_s_order_and_audited() -> None:
    """A file that asks for all has all in its result, in order, and the audit confirms each with its words."""
    result = md.run(study(UNIFORM, "\n".join(HOLDS.values())))
    record = record_of(result)
    assert list(record["scenario"]["checks"]) == [check["check"] for check in record["checks"]] == ONE_SYMBOL
    status, said = outcome(record)
    assert status == 0, said
    assert "words" not in said


def test_the_audit_knows_the_same_checks_and_the_same_words() -> None:
    """The audit shares no code with the registry, so that what it knows is compared here."""
    assert tuple(ONE_SYMBOL) == audited.CHECKS
    for name in ONE_SYMBOL:
        assert audited.EXPECTED.get(name, ("holds", "violated")) == CHECKS[name].may_be


@pytest.mark.parametrize("name", CHECKS)
def test_each_is_made_by_default_as_it_says(name: str) -> None:
    """Without a word in the file a check is made exactly where `default` says what is expected."""
    for noise in (UNIFORM, REMEMBERS, STILL):
        scenario = study(noise, "")
        assert scenario.expectations.get(name) == CHECKS[name].default(scenario)


@pytest.mark.parametrize("name", CHECKS)
def test_each_is_in_the_schema_with_what_may_be_said_of_it(name: str) -> None:
    """The schema takes what the tests here write, and refuses a word that is none of the check's."""
    schema = scenario_schema()
    known = schema["$defs"]["Checks"]["properties"]
    assert list(known) == list(CHECKS)
    validator = jsonschema.Draft202012Validator({**known[name], "$defs": schema["$defs"]})
    for word in () if name in ("converged", "sampler") else CHECKS[name].may_be:
        validator.validate(word)
        study(UNIFORM, f'{name} = "{word}"')
    assert not validator.is_valid("perhaps")
    with pytest.raises(md.InputError, match=f"checks.{name}"):
        study(UNIFORM, f'{name} = "perhaps"')


def test_an_unknown_check_is_refused_with_the_names_that_exist() -> None:
    """The complaint lists every check, and the nearest one."""
    with pytest.raises(md.InputError) as refused:
        study(UNIFORM, 'mi-decays = "strict"')
    assert refused.value.where == "checks.mi-decays"
    assert refused.value.expected == f"one of {', '.join(sorted(CHECKS))}"
    assert refused.value.remedy == "did you mean 'mi-decay'?"


@pytest.mark.parametrize("name", [name for name in ONE_SYMBOL if CHECKS[name].needs_markov])
def test_what_is_not_defined_with_memory_is_refused_there(name: str) -> None:
    """A file that asks for it of a process with memory is told so, by the key."""
    with pytest.raises(md.InputError, match="not defined for a process with memory") as refused:
        study(REMEMBERS, f'{name} = "holds"')
    assert refused.value.where == f"checks.{name}"


# the words, where some steps are undecided


def test_undecided_steps_are_not_said_to_keep_what_others_break() -> None:
    """Of steps +, −, ?, − the claim is broken at least at two, and the third is called undecided."""
    seen = SignedSteps()
    chain = Chain(md.load("two-state").chain().data, uniform(2), (Fraction(1, 4),) * 4, 4)
    infos = [Information(moment, None) for moment in chain.moments()]
    for now, sign in zip(infos[1:], (1, -1, None, -1), strict=True):
        seen.enter(now, sign)
    found = seen.finding("it never falls", "it falls")
    assert found.observed == "violated"
    assert found.witness == {"t": 2}
    assert found.detail == "it falls at least at 2 of 4 steps (t = 2, 4): proved; undecided at 1 of 4 steps (t = 3)"


TURNS = (
    'kernel = { kind = "per-step", steps_rows = [[[0, 1, 0], [0, 0, 1], [1, 0, 0]], [["1/3", "1/3", "1/3"], '
    '["1/3", "1/3", "1/3"], ["1/3", "1/3", "1/3"]], [[1, 0, 0], [1, 0, 0], [0, 1, 0]], [[1, 0, 0], [1, 0, 0], '
    "[0, 1, 0]]] }"
)
"""A permutation, which leaves the entropy as it is; then uniform, then two steps that order."""


def turning(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The record of a run in balls that cannot tell what the permutation does to the entropy."""
    monkeypatch.setattr("markovdiff.study.balls.CHEAP_SECONDS", 0.0)
    data = 'data = { weights = [3, 2, 2] }\narithmetic = { kind = "ball" }'
    return record_of(md.run(md.loads(f'{data}\n[noise]\n{TURNS}\n[checks]\nentropy-growth = "violated"')))


SAID = "H(x_t) falls at least at 2 of 4 steps (t = 3…4): proved; undecided at 1 of 4 steps (t = 1)"


def test_balls_say_which_steps_they_did_not_decide_and_the_audit_confirms_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """H stays at t = 1, where nothing but an exact law tells; it falls at t = 3 and t = 4."""
    record = turning(monkeypatch)
    (check,) = (check for check in record["checks"] if check["check"] == "entropy-growth")
    assert check["detail"] == SAID
    said = outcome(record)[1]
    assert "check entropy-growth: its words" not in said


@pytest.mark.parametrize(
    "words",
    [
        "H(x_t) falls at 1 of 4 steps (t = 3): proved",
        "H(x_t) falls at least at 2 of 4 steps (t = 3…4): proved",
        "H(x_t) falls at least at 1 of 4 steps (t = 3): proved; undecided at 1 of 4 steps (t = 1)",
        "H(x_t) falls at least at 2 of 4 steps (t = 2…3): proved; undecided at 1 of 4 steps (t = 4)",
        "H(x_t) falls at least at 2 of 4 steps (t = 3…4): proved; undecided at 1 of 4 steps (t = 4)",
        "H(x_t) falls at least at 2 of 4 steps (t = 3…4): proved; undecided at 1 of 4 steps (t = 9)",
    ],
)
def test_the_audit_refuses_other_words(words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer steps than there are, without a word on the others; a step that does not fall; a step that is both."""
    record = turning(monkeypatch)
    (check,) = (check for check in record["checks"] if check["check"] == "entropy-growth")
    check["detail"] = words
    status, said = outcome(record)
    assert status == 1
    assert "check entropy-growth, detail" in said


def test_long_lists_of_steps_are_cut_short_and_not_confirmed() -> None:
    """Where runs are left out of the words, the audit says that it cannot confirm them."""
    from markovdiff.audit.sentences import UNTOLD, is_split

    odd = list(range(1, 12, 2))
    words = broken_at("it falls", odd, [2], 12, ".")
    assert words == f"it falls at least {at_steps(odd, 12)}.; undecided at 1 of 12 steps (t = 2)"
    assert is_split(odd, at_steps(odd, 12), at_steps([2], 12), 12) == UNTOLD
    assert is_split([2, 4], at_steps(odd, 12), at_steps([2], 12), 12) is False


def test_a_step_rounded_to_the_identity_leaves_the_law_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Balls without an exact chain know from the integers of Q_t that p_t = p_{t−1}: KL to μ and H are decided."""
    monkeypatch.setattr("markovdiff.study.balls.CHEAP_SECONDS", 0.0)
    scenario = md.loads(
        'data = { family = { kind = "triangular", size = 8 } }\n[noise]\nsteps = 6\nkernel = { kind = "gaussian" }\n'
        'schedule = { kind = "explicit", betas = ["1/10000", "1/10000", "1/100", "1/10000", "1/10", "1/4"] }\n'
        '[checks]\nentropy-growth = "non-decreasing"\nh-theorem = "holds"\n[arithmetic]\nkind = "ball"\n'
    )
    result = md.run(scenario)
    assert [step.decay for step in result.steps[1:]] == ["equal", "equal", "strict", "equal", "strict", "strict"]
    assert check_of(result, "h-theorem").verdict == "holds"
    assert check_of(result, "entropy-growth").verdict == "holds"


def test_the_divergence_from_the_data_is_known_to_begin_at_0(monkeypatch: pytest.MonkeyPatch) -> None:
    """KL(p_0 ‖ data) = 0 needs no exact chain, so that its first rise is proved like the others."""
    monkeypatch.setattr("markovdiff.study.balls.CHEAP_SECONDS", 0.0)
    scenario = md.loads(
        'data = { weights = [5, 2, 1] }\n[noise]\nsteps = 5\nkernel = { kind = "neighbour" }\n'
        'schedule = { kind = "constant", beta = "1/3" }\n'
        '[checks]\nh-theorem = { expected = "violated", against = "data" }\n'
    )
    exact, near = (check_of(md.run(scenario.with_options(arithmetic=kind)), "h-theorem") for kind in ("exact", "ball"))
    assert near.detail == exact.detail == "KL(p_t ‖ data) rises at each of 5 steps: proved"
