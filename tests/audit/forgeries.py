"""Forge results and see that none passes: `python tests/audit/forgeries.py [FORGERIES] [SEED]`, by default all and 1.

A spread of honest results (every kernel, model and prior, exact and in balls, of both schemas, and certificates) is
changed in one place after another, always so that what is said is no longer what was said. The audit has to refuse
each (status 1 or 2), to say that it confirms less (3), or to name the very key among those that it does not cover.
What would leave a record true is not tried: a bound made a little wider, a kernel called by a more general name, a law
called "given", a state that is only called something else, a closed form left out.
"""

from __future__ import annotations

import copy
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from hashlib import sha256
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from typing import Any

import markovdiff as md
from markovdiff.audit.claims import WrongError
from markovdiff.audit.command import _summary, examination
from markovdiff.audit.record import parse
from markovdiff.study.certificate import certificate
from markovdiff.study.result import dump

CHAINS = {
    "uniform": 'kernel = { kind = "uniform" }, schedule = { kind = "constant", beta = "1/7" }',
    "absorbing": 'kernel = { kind = "absorbing" }, schedule = { kind = "jump" }',
    "mixing": 'kernel = { kind = "mixing", target = "data" },'
    ' schedule = { kind = "linear", start = "1/9", stop = "1/2" }',
    "reflect": 'kernel = { kind = "neighbour" }, schedule = { kind = "constant", beta = "1/3" }',
    "periodic": 'kernel = { kind = "neighbour", boundary = "periodic" }, schedule = { kind = "cosine" }',
    "gaussian": 'kernel = { kind = "gaussian" }, schedule = { kind = "geometric", start = "1/50", stop = "1/2" }',
    "matrix": 'kernel = { kind = "matrix", rows = [["1/2","1/3","1/6"],["1/5","4/5",0],[0,"1/7","6/7"]] },'
    ' schedule = { kind = "explicit", betas = ["1/2", "1/3", 1] }',
    "per-step": 'kernel = { kind = "per-step", steps_rows = [[["2/3","1/3",0],[0,1,0],["1/4","1/4","1/2"]],'
    ' [["1/5","2/5","2/5"],["1/8","7/8",0],[0,0,1]], [[0,"1/2","1/2"],["1/3","1/3","1/3"],[1,0,0]]] }',
    "conditional": 'kernel = { kind = "conditional", rows_by_source = [[["2/3","1/3",0],[0,1,0],["1/4","1/4","1/2"]],'
    ' [["1/5","2/5","2/5"],["1/8","7/8",0],[0,0,1]], [[0,"1/2","1/2"],["1/3","1/3","1/3"],[1,0,0]]] }',
}  # fmt: skip
TABLE = [[["1/2", "1/4", "1/4"], ["1/5", "3/5", "1/5"], ["1/6", "1/6", "2/3"]]] * 3
MODELS = {
    "bayes": '{ kind = "bayes" }',
    "belief": '{ kind = "bayes", data = ["1/2", "1/4", "1/4"] }',
    "mixture": '{ kind = "posterior-mixture", error = "1/9" }',
    "mixture-data": '{ kind = "posterior-mixture", denoiser = "data" }',
    "d3pm": '{ kind = "d3pm", error = "1/5" }',
    "d3pm-data": '{ kind = "d3pm", denoiser = "data" }',
    "counted": '{ kind = "counted", trajectories = 40, smoothing = "1/2", seed = 3 }',
    "flat": '{ kind = "uniform" }',
    "table": f'{{ kind = "table", rows = {json.dumps(TABLE)} }}',
    "denoiser": '{ kind = "table", path = "denoiser.json", form = "d3pm" }',
}
SEQUENCES = {
    "uniform": 'kernel = { kind = "uniform" }, schedule = { kind = "constant", beta = "1/7" }',
    "ordinary-mask": 'kernel = { kind = "absorbing", mask = "b" }, schedule = { kind = "jump" }',
    "added-mask": 'kernel = { kind = "absorbing" }, schedule = { kind = "jump" }',
    "matrix": 'kernel = { kind = "matrix", rows = [["1/2","1/2"],["1/5","4/5"]] },'
    ' schedule = { kind = "explicit", betas = ["1/2", 1] }',
}
POSITIONWISE = {
    "mixture": '{ kind = "posterior-mixture" }',
    "d3pm": '{ kind = "d3pm", error = "1/5" }',
    "left-out": '{ kind = "d3pm", denoiser = "leave-one-out" }',
    "bayes": '{ kind = "bayes" }',
}
PRIORS = ('"marginal"', '"uniform"', '"stationary"', '["1/2", "1/3", "1/6"]')


@cache
def folder() -> Path:
    place = Path(mkdtemp(prefix="markovdiff-forgeries-"))
    (place / "denoiser.json").write_text(json.dumps({"denoiser": TABLE}), encoding="utf-8")
    return place


def honest(chain: str, model: str, prior: str, arithmetic: str, unit: str = "bits") -> md.Scenario:
    """One scenario, small, with as many checks as it can have."""
    memory = chain == "conditional"
    checks = 'mi-decay = "violated"' if memory else 'entropy-growth = "non-decreasing"'
    text = f"""
title = "A chain of three states"
description = "To be forged."
unit = "{unit}"
data = {{ states = ["a", "b", "c"], weights = [5, 2, 1] }}
noise = {{ steps = 3, {CHAINS[chain]} }}
checks = {{ {checks}, converged = {{ information = "1/3" }} }}
arithmetic = {{ kind = "{arithmetic}", digits = 12 }}
"""
    if not memory:
        text += f"reverse = {{ prior = {prior}, model = {MODELS[model]} }}\n"
    return md.loads(text, folder=folder(), name=f"{chain}-{model}")


def honest_sequences(chain: str, model: str, prior: str, arithmetic: str) -> md.Scenario:
    """One scenario of sequences, small, with as many checks as it can have."""
    unmasks = chain == "added-mask" and model != "bayes"
    samples = "" if model == "bayes" else f"[sampler]\nsteps = [1, 2]\n{'unmask = [[2], [1, 1]]' * unmasks}\n"
    apart = ', total_variation = "9/10"' * (chain != "ordinary-mask")  # where nothing is drawn: rows are undefined
    bound = "" if model == "bayes" else f", sampler = [{{ steps = 1, excess = 9{apart} }}]"
    text = f"""
title = "Sequences"
description = "To be forged."
data = {{ states = ["a", "b"], length = 2, sequences = {{ "aa" = 5, "ab" = 2, "bb" = 1 }} }}
noise = {{ steps = 2, {SEQUENCES[chain]} }}
checks = {{ entropy-growth = "non-decreasing", converged = {{ information = "1/3" }}{bound} }}
arithmetic = {{ kind = "{arithmetic}", digits = 12 }}
reverse = {{ prior = {prior}, model = {POSITIONWISE[model]} }}
{samples}
"""
    return md.loads(text, folder=folder(), name=f"sequences-{chain}-{model}")


def sequence_records() -> dict[str, dict[str, Any]]:
    """Each kernel with another model, exact and in balls."""
    made: dict[str, dict[str, Any]] = {}
    for k, (chain, model) in enumerate(zip(SEQUENCES, POSITIONWISE, strict=True)):
        for arithmetic in ("exact", "ball"):
            ran = md.run(honest_sequences(chain, model, PRIORS[k % 2], arithmetic))
            name = f"sequences-{chain}-{model}-{arithmetic}"
            made[name] = json.loads(ran.to_json(distributions=k % 2 == 0))
            if k == 2:
                made[f"{name}-certificate"] = json.loads(dump(certificate(ran, sha256(name.encode()).hexdigest())))
    return made


@cache
def records() -> dict[str, dict[str, Any]]:
    """The spread: each chain with the Bayes reverse, each model on a chain or two; both arithmetics; both schemas."""
    plans = [(chain, "bayes", PRIORS[k % 2]) for k, chain in enumerate(CHAINS)]
    plans += [("uniform", model, PRIORS[k % 4]) for k, model in enumerate(MODELS)]
    plans += [("reflect", model, '"stationary"') for model in ("mixture", "d3pm", "counted")]
    plans += [("absorbing", "mixture", '"mask"'), ("absorbing", "counted", '"uniform"')]
    made: dict[str, dict[str, Any]] = {}
    for k, (chain, model, prior) in enumerate(plans):
        for arithmetic in ("exact", "ball"):
            scenario = honest(chain, model, prior, arithmetic, ("bits", "nats")[k % 3 == 2])
            ran = md.run(scenario, shadow=k % 3 == 0)
            name = f"{chain}-{model}-{arithmetic}"
            made[name] = json.loads(ran.to_json(distributions=k % 2 == 0))
            if k % 4 == 1:
                made[f"{name}-certificate"] = json.loads(dump(certificate(ran, sha256(name.encode()).hexdigest())))
            if k % 4 == 3:
                made[name] = first_schema(made[name])
    return made | sequence_records()


def first_schema(record: dict[str, Any]) -> dict[str, Any]:
    """The record as it was written before the second schema."""
    record["schema"] = "markovdiff.result/1"
    for key in ("notes", "sequence", "sampler"):
        del record[key]
    for step in record["steps"]:
        for key in ("cross_entropy", "contraction", "dobrushin_product"):
            del step[key]
    return record


Path_ = tuple[Any, ...]

BOUNDS = ("scenario", "checks", "sampler")


@dataclass(frozen=True)
class Forgery:
    """A change to be made to a record: where, how, and what is put there."""

    honest: Any
    path: Path_
    how: str
    value: Any

    @property
    def record(self) -> Any:
        """The record with the change made."""
        return changed(self.honest, self.path, self.value)


def outcome(record: Any) -> tuple[int, str]:
    """The status that the audit of a record ends with, and what it says."""
    try:
        report = examination(parse(json.dumps(record))).run()
    except WrongError as wrong:
        return 1, str(wrong)
    except md.MarkovdiffError as error:
        return error.status, str(error)
    return report.status, _summary(report, None, 0)


def at(record: Any, path: Path_) -> Any:
    for key in path:
        record = record[key]
    return record


def changed(record: Any, path: Path_, value: Any) -> Any:
    """The record with another value at a path; `...` takes it away."""
    forged = copy.deepcopy(record)
    there = at(forged, path[:-1])
    if value is ...:
        del there[path[-1]]
    else:
        there[path[-1]] = value
    return forged


def places(value: Any, path: Path_ = ()) -> Iterator[Path_]:
    """Every key of a record, and every place in a list."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        yield (*path, key)
        yield from places(part, (*path, key))


WORDS = (
    ("strict", "equal", "violated", "non-increasing", "holds", "fails", "non-decreasing"),
    ("exact", "enclosure", "ball", "float"),
    ("bits", "nats"),
    ("markovdiff.result/1", "markovdiff.result/2", "markovdiff.certificate/1"),
    ("posterior-mixture", "d3pm", "counted"),
    ("mi-decay", "identities", "sdpi", "h-theorem", "elbo-ledger", "dpi", "entropy-growth", "converged"),
    ("neighbour", "gaussian", "absorbing", "per-step", "conditional", "matrix"),
    ("marginal", "stationary", "uniform", "mask", "data"),
)


def others(record: Any, path: Path_) -> Iterator[tuple[str, Any]]:
    """What may be put in place of a value so that something else is said."""
    value, key = at(record, path), path[-1]
    if isinstance(path[-1], str) and path[-1] != "closed_form" and not is_optional(record, path):
        yield "left out", ...
    if isinstance(value, bool):
        yield "turned", not value
    elif isinstance(value, int) and not is_power_of_zero(record, path):
        yield "another", value + (99 if "witness" in path else 1)
    elif value is None and key not in ("closed_form", "probabilities", "relative_error"):
        yield (
            "made up",
            {"value": "0.4321", "lower": "0.4321", "upper": "0.4321", "closed_form": None},
        )  # true of no sample
        yield "made up, short", "1/2"
    elif isinstance(value, list) and value:
        if path[:3] != BOUNDS:
            yield "one less", value[:-1]
            yield "one twice", [*value, value[-1]]
    elif isinstance(value, str):
        yield from other_words(record, path, value)


def other_words(record: Any, path: Path_, value: str) -> Iterator[tuple[str, Any]]:
    """Another number, another word, another sentence."""
    key = path[-1]
    if path[:3] == ("scenario", "checks", "converged") and "scenario_sha256" in record:
        return  # another question; and a certificate has no words that tell which it was
    if key == "detail":
        yield "made up", "All of this was proved by somebody."
        yield "exaggerated", f"{value}, and for every other chain too"
        for match in list(re.finditer(r"\d+", value))[:6]:
            yield "another number", f"{value[: match.start()]}{int(match[0]) + 3}{value[match.end() :]}"
        for check in record["checks"]:
            if check["detail"] != value:
                yield "another's words", check["detail"]
    elif key in ("name", "title", "description", "markovdiff") or "versions" in path:
        yield "made up", f"{value} (certified)"
    elif key == "scenario_sha256":
        yield "zeros", "0" * 64
        yield "cut short", value[:-1]
        yield "another's", sha256(value.encode()).hexdigest()
    elif "states" in path or "witness" in path:
        yield "not a state", "nowhere" if "witness" in path else record["scenario"]["states"][path[-1] - 1]
    elif key == "closed_form":
        yield "another form", "1/3·log2(5)" if record["unit"] == "bits" else "1/3·log 5"
    else:
        yield from other_numbers(path, value)
    for words in WORDS:
        if value in words:
            yield from (("another word", word) for word in words if word != value and not fits(record, path, word))


def other_numbers(path: Path_, value: str) -> Iterator[tuple[str, Any]]:
    if re.fullmatch(r"-?\d+/\d+", value):
        n, d = value.split("/")
        yield "another fraction", f"{int(n) + 1}/{d}"
    elif re.fullmatch(r"-?\d+(\.\d+)?(e-?\d+)?", value):
        number = Decimal(value)
        last = Decimal((0, (1,), number.adjusted() - 8)) if number else Decimal(1)
        moves = {"lower": (1,), "upper": (-1,)}.get(str(path[-1]), (1, -1))
        for move in moves:
            yield "moved", f"{number + 4 * move * last:f}"
            yield "a hundredth off", f"{number * (100 + move) / 100 if number else Decimal(move)}".lower()


def is_power_of_zero(record: Any, path: Path_) -> bool:
    """Whether it is the exponent of a dyadic whose mantissa is 0, which says nothing."""
    return path[-2] in ("lower", "upper") and at(record, path[:-1])[0] == "0"


def is_optional(record: Any, path: Path_) -> bool:
    """Whether a record without this key would say no less than is needed, and nothing false."""
    asked = path[:2] == ("scenario", "checks") and len(path) == 3  # then the check itself is not the one asked for
    idle = path[-1] == "form" and "rows" in at(record, path[:-1])
    said = ("error", "denoiser", "last", "schedule", "mask")
    older = path in (("elbo", "cross_entropy"), ("elbo", "hybrid"))  # which earlier results have not
    bound = path[:3] == BOUNDS and len(path) == 6  # then less is asked
    return "versions" in path or "schedule" in path or asked or idle or older or bound or path[-1] in said


def fits(record: Any, path: Path_, word: str) -> bool:
    """Whether another word at this place is true as well."""
    scenario = record["scenario"]
    if path[-2:] == ("kernel", "kind"):
        return word in ("matrix", "mixing") or (word == "absorbing" and "1" in scenario["kernel"].get("target", ()))
    if path[-2:] == ("prior", "kind"):
        return is_called(record, scenario["reverse"]["prior"]["probabilities"], word)
    if path[-1] == "against":
        return is_called(record, scenario["checks"]["h-theorem"]["law"], word)
    return False


def is_called(record: Any, law: list[str] | None, name: str) -> bool:
    """Whether a law has this name too: told by a run of the engine, not by the audit."""
    scenario, K = record["scenario"], len(record["scenario"]["states"])
    if law is None:
        return name == "marginal"
    if name == "marginal":
        return record["steps"][-1]["total_variation_to_prior"] == "0"
    laws = {"uniform": [f"1/{K}"] * K, "data": scenario["data"], "stationary": scenario["kernel"].get("target")}
    doubly = scenario["kernel"]["kind"] in ("neighbour", "gaussian") and name == "stationary"
    preserved = name == "stationary" and law == laws["uniform"] and doubly
    return preserved or law == laws.get(name) or (name == "mask" and law == scenario["kernel"].get("target"))


NAMES = {
    "title": "title", "name": "name", "description": "description", "markovdiff": "markovdiff", "versions": "versions",
    "scenario_sha256": "scenario_sha256", "notes": "notes", "sequence": "sequence", "sampler": "sampler",
    "decided": "decided", "contraction": "contraction", "cross_entropy": "cross_entropy", "detail": "its words",
    "form": ".form", "schedule": "scenario.schedule",
}  # fmt: skip
"""What the audit calls the keys that it may leave uncovered."""


def is_named(forgery: Forgery, said: str) -> bool:
    """Whether the last line names the key that was forged; of a sentence also the check that it belongs to."""
    names = said.splitlines()[-1].partition("not covered: ")[2]
    if forgery.path[0] == "checks" and len(forgery.path) > 1:
        check = f"check {forgery.honest['checks'][forgery.path[1]]['check']}"
        if "detail" in forgery.path or f"{check} (" in names:
            return f"{check} (" in names or f"{check}: its words" in names
    return any(NAMES.get(str(key), "\0") in names for key in forgery.path)


def forgeries(record: Any) -> Iterator[Forgery]:
    """All of one record, each in one place."""
    for path in places(record):
        for how, value in others(record, path):
            yield Forgery(record, path, how, value)


def main(wanted: int = sys.maxsize, seed: int = 1) -> int:
    """Forge and audit; the exit status is 1 where a forgery passed."""
    random, found, passed = Random(seed), Counter[str](), 0
    for name, record in records().items():
        status, said = outcome(record)
        if status:
            print(f"{name}: not honest to begin with: {said}")
            return 1
    every = [(name, forgery) for name, record in records().items() for forgery in forgeries(record)]
    for name, forgery in random.sample(every, min(wanted, len(every))):
        status, said = outcome(forgery.record)
        what = {1: "called wrong", 2: "refused", 3: "not confirmed"}.get(status, "named as not covered")
        if not status and not is_named(forgery, said):
            passed += 1
            print(f"PASSED  {name}: {'.'.join(map(str, forgery.path))} {forgery.how}\n{said}")
        else:
            found[what] += 1
    counted = ", ".join(f"{n:,} {what}" for what, n in found.items())
    made = f"{sum(found.values()) + passed:,} forgeries of {len(records())} results"
    print(f"seed {seed}: {made}: {counted}; {passed} passed")
    return 1 if passed else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
