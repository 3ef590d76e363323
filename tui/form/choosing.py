"""Another kind of data, kernel, schedule, model or law is chosen: what it begins with, and what goes with it.

What a kind had before is put away and comes back with it, so that to choose and to choose back is nothing.
"""

from __future__ import annotations

from fractions import Fraction
from math import lcm

from tui.form import toml, words
from tui.form.draft import FILES, LISTS, Draft
from tui.form.tables import tables

GIVEN = "given"
"""The choice, where a law may be named, of writing its probabilities."""

MADE_UP = "noise.steps, made up"
"""What is remembered where the number of steps was not in the file: the list that brought it gave it."""

MATRICES = ("rows", "steps_rows", "rows_by_source")
"""Keys that hold a matrix or more, each instead of a `path`."""

DEFAULTS = {
    "ratio": '"1/2"', "p": '"1/2"', "state": "0", "path": '""', "label": '"symbol"', "count": '"n"', "target": '"data"',
    "beta": '"1/10"', "start": '"1/50"', "stop": '"1/4"', "trajectories": "1000",
}  # fmt: skip
"""What a key that has to be there is first given."""

MAX_CELLS, MAX_LISTED, MAX_MADE = 4096, 16, 64
"""Matrices of more entries, lists of more steps, laws of more states are not made up for somebody who chooses them."""


def choose(draft: Draft, table: str, kind: str) -> Draft:
    """Choose another kind of table, with the values that it last had, or else those that it is best begun with."""
    before = toml.written(draft.text, tuple(table.split(".")))
    now = draft.remember(f"{table}:{draft.kind_at(table)}", before)
    keys = draft.stash.get(f"{table}:{kind}") or _beginning(draft, table, kind)
    if not before:
        return now.put(table, toml.inline(keys))
    for key in before.keys() - keys.keys():
        now = now.drop(f"{table}.{key}")
    for key, literal in keys.items():
        now = now.put(f"{table}.{key}", literal)
    return now


def settled(before: Draft, draft: Draft) -> Draft:
    """Return what goes with another kernel or schedule: a schedule, steps, a reverse model, or none."""
    draft = draft.restore("noise.schedule") if draft.has_schedule else draft.set_aside("noise.schedule")
    if draft.has_schedule and draft.at("noise.schedule") is None:
        draft = choose(draft, "noise.schedule", next(iter(tables("noise.schedule"))))
    has_memory = not draft.kernel.is_markov
    draft = draft.set_aside("reverse.model") if has_memory else draft.restore("reverse.model")
    if draft.brings_steps:
        if draft.at("noise.steps") != draft.listed:
            return draft.set_aside("noise.steps")
        return draft.drop("noise.steps") if MADE_UP in draft.stash else draft
    T = before.T
    draft = draft.restore("noise.steps")
    if draft.at("noise.steps") is not None:
        return draft
    return draft.put("noise.steps", str(T)).remember(MADE_UP, {"": str(T)})


def choose_data(draft: Draft, kind: str) -> Draft:
    """Choose another form of [data]."""
    families, before = tables("data.family"), draft.data_form
    target = "family" if kind in families else kind
    literal = draft.remembered(f"data:{kind}") or _new_data(draft, kind)
    if before:
        draft = draft.remember(
            f"data:{before}", {"": draft.literal("data.family" if before in families else f"data.{before}")}
        )
    for other in (*LISTS, *FILES, "family"):
        draft = draft.drop(f"data.{other}")
    draft = draft.put(f"data.{target}", literal)
    return draft.set_aside("data.states") if kind in ("text", "csv") else draft.restore("data.states")


def _new_data(draft: Draft, kind: str) -> str:
    if kind in LISTS:
        return words.numbers(" ".join(_same_law(draft, kind)))
    return toml.inline(_beginning(draft, *(("data.family", kind) if kind not in FILES else (f"data.{kind}", ""))))


def _same_law(draft: Draft, kind: str) -> list[str]:
    """Return the law that is written, in the other way of writing it; else a uniform one."""
    listed = draft.at("data.weights") or draft.at("data.probabilities")
    try:
        numbers = [Fraction(str(x)) for x in listed] if isinstance(listed, list) else []
    except (ValueError, ZeroDivisionError):
        numbers = []
    if not numbers or min(numbers) < 0 or not sum(numbers):
        numbers = [Fraction(1)] * (draft.K if 0 < draft.K <= MAX_MADE else 4)
    whole = sum(numbers) if kind == "probabilities" else Fraction(1, lcm(*(x.denominator for x in numbers)))
    return [str(x / whole) for x in numbers]


def name_law(draft: Draft, path: str, name: str) -> Draft:
    """Put a law by its name, or its probabilities."""
    key = f"{path}:{GIVEN}"
    if name != GIVEN:
        listed = isinstance(draft.at(path), list)
        return (draft.remember(key, {"": draft.literal(path)}) if listed else draft).put(path, toml.quoted(name))
    K = max(draft.K + (path == "reverse.prior" and draft.adds_state), 1)
    return draft.put(path, draft.remembered(key) or words.array([toml.quoted(f"1/{K}")] * K))


def _beginning(draft: Draft, table: str, kind: str) -> dict[str, str]:
    """Return the keys that are required, and those that the kind needs to mean anything."""
    from markovdiff.process.kernels.registry import KERNELS

    T = min(draft.T, MAX_LISTED)
    made = {
        "size": str(draft.K or 8),
        "betas": words.array(['"1/10"'] * T),
        "alphas": words.array(words.number(str(Fraction(T - t, T))) for t in range(1, T + 1)),
    }
    found = {"kind": toml.quoted(kind)} if kind else {}
    spec = KERNELS.get(kind) if table == "noise.kernel" else None
    made |= {} if spec is None else spec.begins
    for key in tables(table)[kind].keys:
        literal = made.get(key.name) or (DEFAULTS.get(key.name) if key.required else None)
        if key.name in MATRICES and table == "noise.kernel":
            copies = {"rows": 1, "steps_rows": T, "rows_by_source": draft.K}[key.name]
            stays = '"-1/2"' if spec is not None and spec.family.takes_rates else '"1/2"'
            literal = _walk(draft.K, copies, key.name, stays)
        if literal is not None:
            found[key.name] = literal
    return found


def _walk(K: int, copies: int, name: str, stays: str) -> str | None:
    """Return rows where half moves on by one, the diagonal as given; None where they would be long: the engine asks."""
    if not 0 < K * K * copies <= MAX_CELLS:
        return None
    diagonal = stays if K > 1 else {'"1/2"': "1"}.get(stays, "0")
    places = {0: diagonal, **({1: '"1/2"'} if K > 1 else {})}
    rows = words.array(words.array(places.get((j - i) % K, "0") for j in range(K)) for i in range(K))
    return rows if name == "rows" else words.array([rows] * copies)
