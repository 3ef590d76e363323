"""A scenario's text as a form: what is set is what is read, all else stays, and the engine's words find their field."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from breadth import STORIES, few
from chains import examples
from hypothesis import given
from hypothesis import strategies as st

from markovdiff.errors import InputError
from markovdiff.sequences.law import SequenceLaw
from markovdiff.study.loading import loads
from markovdiff.study.reading import read
from markovdiff.study.scenario import Scenario
from markovdiff.study.starter import STARTER
from tui import form
from tui.form import Form
from tui.form.choosing import GIVEN, MAX_LISTED
from tui.form.draft import LISTS
from tui.form.form import KINDED
from tui.form.judgement import MAX_TEXT

FOLDER = Path(__file__).parents[2] / "scenarios"
TEXTS = {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.toml"))} | {"starter": STARTER}
TWO_STATE = TEXTS["two-state"]
BETA = "noise.schedule.beta"


def meant(text: str) -> tuple[object, ...]:
    """All that a scenario's text resolves to."""
    s: Scenario = loads(text, folder=FOLDER)
    return s.file, s.data.states, s.data.probabilities, s.betas, s.T, s.labels, s.expectations, s.unit


def values(text: str) -> dict[str, str]:
    return {field.path: field.value for field in Form.from_text(text).fields()}


# the text


def test_choices_that_are_no_words_are_written_as_what_they_are() -> None:
    """`normalise` is true, false or "any"; the cosine's power a number: the engine reads each back."""
    text = TEXTS["starter"].replace('{ kind = "constant", beta = "1/10" }', '{ kind = "cosine" }')
    plain = Form.from_text(text).set("noise.schedule.power", "1").set("noise.schedule.cap", "9/10")
    schedule: Any = read(plain.text()).noise.schedule
    assert (schedule.power, schedule.cap) == (1, Fraction(9, 10))
    text = TEXTS["starter"].replace("weights = [5, 2, 1]", 'npy = { path = "p.npy" }')
    for choice, meant_by_it in (("any", "any"), ("true", True), ("false", False)):
        assert read(Form.from_text(text).set("data.npy.normalise", choice).text()).data.npy.normalise == meant_by_it


@pytest.mark.parametrize("name", TEXTS)
def test_the_form_of_a_scenario_is_that_scenario(name: str) -> None:
    """from_text and text are inverse to each other, to the letter; setting what is already there changes nothing."""
    text = TEXTS[name]
    made = Form.from_text(text)
    assert made.text() == text
    assert made.fields()
    for field in made.fields():
        if field.kind != "fixed" and (field.kind != "choice" or field.value in field.choices):
            assert made.set(field.path, field.value) is made


@few("name", TEXTS, STORIES[:4])
def test_choosing_and_choosing_back_is_nothing(name: str) -> None:
    """Any other kind of data, kernel, schedule, model or prior and then the first again: the same scenario.

    Where a scenario is like another that is tried whole, a third of the choices.
    """
    text = TEXTS[name]
    made, before, share = Form.from_text(text), meant(text), 1 if name in STORIES else 3
    tried = 0
    for field in made.fields():
        for choice in field.choices[len(name) % share :: share] if field.kind == "choice" and field.value else ():
            there = made.set(field.path, choice)
            assert there.field(field.path).value == choice
            assert meant(there.set(field.path, field.value).text()) == before, (field.path, choice)
            tried += choice != field.value
    assert tried > 10 / share


@few("name", TEXTS, STORIES)
def test_what_is_written_anew_means_the_same(name: str) -> None:
    """Emptying a field and typing its value again gives the scenario back."""
    text = TEXTS[name]
    for field in Form.from_text(text).fields():
        if field.kind not in ("fixed", "choice") and field.value:
            emptied = Form.from_text(text).set(field.path, "")
            assert meant(emptied.set(field.path, field.value).text()) == meant(text), field.path


def test_all_that_the_form_does_not_know_stays() -> None:
    """After an edit the only line that differs is the one that was edited; its comment is still there."""
    changed = Form.from_text(STARTER).set("noise.steps", "7").set("data.weights", "5, 2 3").text()
    new = [line for line in changed.splitlines() if line not in STARTER.splitlines()]
    assert new == ["weights = [5, 2, 3]                        # normalised exactly", "steps = 7"]
    assert len(changed.splitlines()) == len(STARTER.splitlines())


keys = st.sampled_from(["a", "b", "c", "a-b", "x y", "ü", '"'])
leaves = st.one_of(
    st.integers(), st.booleans(), st.text(max_size=6), st.lists(st.integers() | st.text(max_size=3), max_size=3),
    st.just([{"a": 1}, {"b": [{}, "]"]}]),
)  # fmt: skip
trees = st.dictionaries(keys, st.recursive(leaves, lambda inner: st.dictionaries(keys, inner, max_size=3)), max_size=4)


def literal(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{form.quoted(k)} = {literal(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[\n  # a ] in a comment\n  " + ",\n  ".join(map(literal, value)) + "\n]" if value else "[ ]"
    return (
        str(value).lower() if isinstance(value, bool) else form.quoted(value) if isinstance(value, str) else str(value)
    )


def long(text: str) -> str:
    """A string over several lines, with quotes in it."""
    return '"""\n' + text.replace("\\", "\\\\").replace('"""', '""\\"').replace("\x7f", "\\u007f") + '"""'


@st.composite
def documents(draw: st.DrawFn, tree: dict[str, Any], path: tuple[str, ...] = (), section: int = 0) -> str:
    """A table's text: each of its tables as { }, by dotted keys, or under a header of its own."""
    lines, later = [], []
    for key, value in tree.items():
        name = ".".join(form.quoted(k) for k in (*path[section:], key))
        style = draw(st.sampled_from(["inline", "dotted", "header"])) if isinstance(value, dict) and value else "inline"
        if style == "header" and len(path) == section:
            header = ".".join(form.quoted(k) for k in (*path, key))
            body = draw(documents(value, (*path, key), len(path) + 1))
            later.append(f"\n[{header}]  # [a header]\n{body}")
        elif style == "dotted":
            lines.append(draw(documents(value, (*path, key), section)))
        else:
            is_plain = isinstance(value, str) and all(c >= " " for c in value) and not value.endswith('"')
            lines.append(f"{name} = {long(value) if is_plain and draw(st.booleans()) else literal(value)}  # = [\n")
    return "# begin\n" * (not path) + "".join(lines) + "".join(later)


@st.composite
def edits(draw: st.DrawFn) -> tuple[str, dict[str, Any], tuple[str, ...], Any]:
    """A text, what it says, a path through tables, and a value for it."""
    tree = draw(trees)
    path, at = [], tree
    for _ in range(draw(st.integers(1, 3))):
        path.append(draw(keys))
        here = at.get(path[-1])
        if not isinstance(here, dict):
            break
        at = here
    return draw(documents(tree)), tree, tuple(path), draw(leaves)


@given(edits())
@examples(400)
def test_put_changes_one_value(edit: tuple[str, dict[str, Any], tuple[str, ...], Any]) -> None:
    """However a text is laid out, putting a value at a path does that and nothing else."""
    text, tree, path, value = edit
    assert tomllib.loads(text) == tree
    at = wanted = tomllib.loads(text)
    for key in path[:-1]:
        at = at.setdefault(key, {})
    if isinstance(at.get(path[-1]), dict):
        return
    at[path[-1]] = value
    assert tomllib.loads(form.put(text, path, literal(value))) == wanted


@given(edits())
@examples(400)
def test_drop_takes_away_one_thing(edit: tuple[str, dict[str, Any], tuple[str, ...], Any]) -> None:
    """Dropping a path takes away what is there, with all below it, and nothing else; empty tables may go, too."""
    text, _, path, _ = edit
    wanted: Any = tomllib.loads(text)
    at = wanted
    for key in path[:-1]:
        at = at.get(key, {})
    at.pop(path[-1], None)
    assert full(tomllib.loads(form.drop(text, path))) == full(wanted)


def full(value: Any) -> Any:
    """Without empty tables: dotted keys and headers of deeper tables imply theirs only while they are there."""
    if not isinstance(value, dict):
        return value
    return {k: v for k, inner in value.items() if (v := full(inner)) != {}}


# values


@given(st.sampled_from(list(TEXTS)), st.data(), st.text(max_size=12) | st.from_regex(r"[0-9./e \[\],\"-]{0,9}"))
@examples(200)
def test_whatever_is_typed_is_toml(name: str, data: st.DataObject, typed: str) -> None:
    """Any text in any field: the file stays TOML, every other field stays, and the reader answers in words."""
    made = Form.from_text(TEXTS[name])
    field = data.draw(st.sampled_from([field for field in made.fields() if field.kind not in ("fixed", "choice")]))
    now = made.set(field.path, typed)
    assert tomllib.loads(now.text())
    others = {path: value for path, value in values(TEXTS[name]).items() if path not in (field.path, "noise.steps")}
    assert others.items() <= values(now.text()).items() or field.path.endswith(".path")
    found = form.problem(now.text(), FOLDER, name)
    assert found is None or found.message


@given(
    st.fractions(0, 1) | st.decimals(0, 1, places=6).map(str) | st.sampled_from(["1e-3", ".5", "+1/2", " 1/3 ", "1."])
)
@examples(100)
def test_a_number_is_the_number_typed(number: object) -> None:
    """A fraction, a decimal or an exponent is read as exactly the number that it is."""
    text = Form.from_text(TWO_STATE).set(BETA, str(number)).text()
    assert loads(text).betas[0] == Fraction(str(number).strip())


@given(st.lists(st.fractions(0, 9), min_size=1, max_size=6), st.sampled_from([" ", ", ", ",", " ; ", "  "]))
@examples(60)
def test_numbers_in_a_row(numbers: list[Fraction], between: str) -> None:
    """Blanks, commas, brackets and quotes around numbers are all the same."""
    made = Form.from_text(TWO_STATE).set("data.kind", "weights")
    for written in (between.join(map(str, numbers)), str([str(x) for x in numbers])):
        assert read(made.set("data.weights", written).text()).data.weights == numbers
    assert made.set("data.weights", between.join(map(str, numbers))).field("data.weights").value.split() == list(
        map(str, numbers)
    )


@given(st.lists(st.text(max_size=5).filter(lambda label: "\n" not in label), max_size=5))
@examples(100)
def test_labels_are_shown_as_they_can_be_typed(labels: list[str]) -> None:
    """The value of the field of labels, typed into another form, gives the same labels."""
    text = form.put(TWO_STATE, ("data", "states"), literal(labels) if labels else "[]")
    shown = Form.from_text(text).field("data.states").value
    again = Form.from_text(form.put(TWO_STATE, ("data", "states"), '["other"]')).set("data.states", shown)
    assert (read(again.text()).data.states or []) == labels


def test_a_state_by_label_or_number() -> None:
    """A number is a state's number, unless a label is written so."""
    made = Form.from_text(TWO_STATE).set("data.kind", "point")
    assert loads(made.set("data.family.state", "1").text()).data.probabilities == (0, 1)
    assert loads(made.set("data.family.state", "b").text()).data.probabilities == (0, 1)
    named = made.set("data.states", "1 0")
    assert loads(named.set("data.family.state", "1").text()).data.probabilities == (1, 0)


# choices


@pytest.mark.parametrize("choice", [*LISTS, "uniform", "triangular", "zipf", "geometric", "binomial", "point"])
def test_every_law_begins_well(choice: str) -> None:
    """A form of data that is chosen is a scenario at once, with as many states as before."""
    made = Form.from_text(TEXTS["elbo-d3pm"]).set("data.kind", choice)
    assert loads(made.text()).data.K == 4


def test_weights_and_probabilities_are_one_law() -> None:
    """From probabilities to weights and on to probabilities: the same law, exactly."""
    made = Form.from_text(TEXTS["elbo-d3pm"]).set("data.kind", "weights")
    assert made.field("data.weights").value == "4 2 1 1"
    fresh = Form.from_text(made.text()).set("data.kind", "probabilities")
    assert fresh.field("data.probabilities").value == "1/2 1/4 1/8 1/8"


@pytest.mark.parametrize("table", KINDED)
@few("name", ["two-state", "pixels", "starter", "own-marginal", "memory"], ["two-state", "memory"])
def test_every_kind_shows_its_keys_and_begins_well(table: str, name: str) -> None:
    """Each kind of kernel, schedule and model is a scenario at once; only a table must be brought."""
    made = Form.from_text(TEXTS[name].partition("[checks]")[0])
    paths = [field.path for field in made.fields()]
    if f"{table}.kind" not in paths:
        assert name == "memory"
        return
    for kind in made.field(f"{table}.kind").choices:
        chosen = made.set(f"{table}.kind", kind)
        found = form.problem(chosen.text(), FOLDER, name)
        if table == "reverse.model" and kind == "table":
            assert found is not None
            assert (found.path, chosen.field("reverse.model.path").value) == ("reverse.model.kind", "")
        elif kind == "mutual-information" and not chosen.draft.kernel.is_structured:
            assert found is not None
            assert found.path == "noise.schedule.kind"
        else:
            assert found is None, (kind, found)


def test_how_equation_4_ends_is_asked_where_it_is_used() -> None:
    """`last` is a field of the model d3pm, and of a table put through that form; of no other table."""
    made = Form.from_text(TEXTS["elbo-d3pm"])
    assert made.field("reverse.model.last").choices == ("", "formula", "prediction")
    assert 'last = "formula"' in made.set("reverse.model.last", "formula").text()
    table = Form.from_text(TEXTS["elbo-d3pm-trained"])
    assert table.field("reverse.model.last").value == ""
    other = table.set("reverse.model.form", "posterior-mixture")
    assert "reverse.model.last" not in [field.path for field in other.fields()]


def test_choosing_a_kernel_with_memory_and_back() -> None:
    """It has no schedule and no reverse model; both are there again afterwards, as they were."""
    text = TEXTS["elbo-d3pm"]
    there = Form.from_text(text).set("noise.kernel.kind", "conditional")
    assert not {BETA, "noise.schedule.kind", "reverse.model.kind"} & set(values(there.text()))
    back = there.set("noise.kernel.kind", "uniform")
    assert meant(back.text()) == meant(text)


def test_a_list_of_steps_brings_their_number() -> None:
    """Editing β_1 … β_T does not quarrel with `steps`."""
    made = Form.from_text(TWO_STATE).set("noise.schedule.kind", "explicit")
    assert loads(made.text()).T == MAX_LISTED
    made = made.set("noise.schedule.betas", "1/2 0.25 0")
    assert loads(made.text()).betas == (Fraction(1, 2), Fraction(1, 4), 0)
    assert meant(made.set("noise.schedule.kind", "constant").text()) == meant(TWO_STATE)


def test_a_path_takes_the_place_of_the_rows() -> None:
    """Naming a file puts the matrix away, emptying the name brings it back; else it would be given twice."""
    text = TEXTS["permutation"]
    made = Form.from_text(text).set("noise.kernel.path", "k.npy")
    assert "rows" not in tomllib.loads(made.text())["noise"]["kernel"]
    assert meant(made.set("noise.kernel.path", "").text()) == meant(text)


def test_a_law_by_name_or_written_out() -> None:
    """A prior that is given begins uniform on the chain's states, the added mask among them."""
    made = Form.from_text(TEXTS["jump-masked"]).set("reverse.prior.kind", GIVEN)
    assert made.field("reverse.prior").value == " ".join(["1/5"] * 5)
    assert form.problem(made.text()) is None
    assert "reverse.prior" not in values(made.set("reverse.prior.kind", "mask").text())


def test_nudging() -> None:
    """A number is doubled or halved exactly, a whole one moves by one and not below it; words stay."""
    made = Form.from_text(TWO_STATE)
    assert made.nudged(BETA, 1).field(BETA).value == "1/5"
    assert made.nudged(BETA, -1).field(BETA).value == "1/20"
    assert made.nudged("noise.steps", 1).field("noise.steps").value == "65"
    assert made.set("noise.steps", "1").nudged("noise.steps", -1).field("noise.steps").value == "1"
    for path in ("title", "data.kind", "data.probabilities"):
        assert made.nudged(path, 1) is made
    assert made.set(BETA, "3/").nudged(BETA, 1).field(BETA).value == "3/"


def test_no_such_field() -> None:
    """What is not on the form cannot be set, nor what is not among the choices, nor a matrix."""
    for path, value in (("checks.dpi", "holds"), ("noise.kernel.kind", "unform"), ("noise.schedule.start", "1")):
        with pytest.raises(KeyError):
            Form.from_text(TWO_STATE).set(path, value)
    with pytest.raises(KeyError):
        Form.from_text(TEXTS["permutation"]).set("noise.kernel.rows", "1")


# the judgement

BAD = [
    (BETA, "2", "β is not a probability"),
    (BETA, "abc", "not a rational number"),
    (BETA, "", "not a rational number"),
    (BETA, "1/0", "division by zero"),
    ("noise.steps", "0", "an integer ≥ 1"),
    ("noise.steps", "x", "an integer"),
    ("noise.steps", "100001", "too many steps"),
    ("noise.steps", "9" * 400, "too many steps"),
    ("data.probabilities", "1/2 1/3", "do not sum to one"),
    ("data.probabilities", "", "do not sum to one"),
    ("data.probabilities", "3/2 -1/2", "negative"),
    ("data.probabilities", "1", "labels and numbers do not match"),
]


@pytest.mark.parametrize(("path", "value", "words"), BAD)
def test_the_engines_words_stand_beside_the_field(path: str, value: str, words: str) -> None:
    """What is said of a bad value is what the engine says, and it is said at the field it was typed into."""
    text = Form.from_text(TWO_STATE).set(path, value).text()
    found = form.problem(text)
    assert found is not None
    assert (found.path, words in found.message) == (path, True), found
    with pytest.raises(InputError) as raised:
        loads(text)
    for part in (raised.value.what, raised.value.expected, raised.value.got, raised.value.remedy):
        assert (part or "") in found.message
    assert form.failure(str(raised.value), text) == found


@pytest.mark.parametrize(
    ("edits", "path"),
    [
        ({"data.kind": "weights", "data.weights": ""}, "data.weights"),
        ({"data.kind": "uniform", "data.family.size": "99999999"}, "data.family.size"),
        ({"data.kind": "csv", "data.csv.path": "nowhere.csv"}, "data.csv.path"),
        ({"data.kind": "text", "data.text.path": "\0"}, "data.text.path"),
        ({"noise.kernel.kind": "neighbour", "noise.kernel.reach": "-1"}, "noise.kernel.reach"),
        ({"reverse.prior.kind": "mask"}, "reverse.prior.kind"),
        ({"reverse.prior.kind": "given", "reverse.prior": "1/2"}, "reverse.prior"),
        ({"reverse.model.kind": "bayes", "reverse.model.data": "1 2 3"}, "reverse.model.data"),
        ({"reverse.model.kind": "d3pm", "reverse.model.error": "2"}, "reverse.model.error"),
        ({"reverse.model.kind": "counted", "reverse.model.trajectories": "0"}, "reverse.model.trajectories"),
        ({"noise.schedule.kind": "explicit", "noise.schedule.betas": "0.1 0.2 7"}, "noise.schedule.betas"),
    ],
)
def test_errors_find_their_field(edits: dict[str, str], path: str) -> None:
    """Each is placed at the field whose value is at fault."""
    made = Form.from_text(TWO_STATE)
    for where, value in edits.items():
        made = made.set(where, value)
    found = form.problem(made.text(), FOLDER)
    assert found is not None
    assert found.path == path, found


def test_errors_without_a_field_are_for_the_foot() -> None:
    """What no field can mend has no path, and says where it is."""
    for text in ("a = = 1", "", TWO_STATE.replace('"strict"', '"stritc"'), TWO_STATE + "digits = 7\n"):
        found = form.problem(text)
        assert found is not None
        assert found.path is None, found
    assert "checks.mi-decay" in form.problem(TWO_STATE.replace('"strict"', '"stritc"')).message  # type: ignore[union-attr]
    assert Form.from_text("a = = 1").fields() == []


def test_a_file_of_another_shape_can_be_mended() -> None:
    """Where a table should be and is none, choosing a kind makes one."""
    made = Form.from_text("noise = 3\n[data]\nweights = [1, 1]\n")
    assert form.problem(made.text()) is not None
    assert form.problem(made.set("noise.kernel.kind", "uniform").text()) is None


def test_what_would_take_long_is_left_to_the_engine(tmp_path: Path) -> None:
    """Many steps, many states, a large file: only the shape is judged here. Past a limit the engine refuses at once."""
    (tmp_path / "large.txt").write_text("a" * (MAX_TEXT + 1), encoding="utf-8")
    two = Form.from_text(TWO_STATE)
    assert form.light(two.text())
    assert not form.light(two.set("noise.steps", "50000").text())
    assert form.light(two.set("noise.steps", "500000").text())
    assert not form.light(two.set("data.kind", "uniform").set("data.family.size", "2000").text())
    named = two.set("data.kind", "text").set("data.text.path", "large.txt").text()
    assert form.light(named, "elsewhere")
    assert not form.light(named, tmp_path)
    assert form.problem(two.set("noise.steps", "50000").set(BETA, "2").text()) is None
    assert form.problem(two.set("noise.steps", "50000").set(BETA, "x").text()) is not None


# files


def test_a_moved_scenario_finds_its_files(tmp_path: Path) -> None:
    """Saved elsewhere, it resolves to the same; in its own folder not a letter changes."""
    for name in ("letters-masked", "elbo-table"):
        text = form.moved(TEXTS[name], FOLDER, tmp_path)
        assert text != TEXTS[name]
        there = loads(text, folder=tmp_path)
        assert (there.data, there.betas) == (loads(TEXTS[name], folder=FOLDER).data, there.betas)
        assert form.moved(TEXTS[name], FOLDER, FOLDER / ".." / FOLDER.name) == TEXTS[name]
    assert form.moved(TWO_STATE, FOLDER, tmp_path) == TWO_STATE


def test_saving_never_over_another(tmp_path: Path) -> None:
    """A new name is written; an old one only when told so; the free name is free."""
    assert form.free_name(tmp_path, "a") == "a-2.toml"
    form.save("x = 1\r\n", tmp_path / "a-2.toml")
    assert form.free_name(tmp_path, "a") == "a-3.toml"
    with pytest.raises(FileExistsError):
        form.save("x = 2", tmp_path / "a-2.toml")
    assert (tmp_path / "a-2.toml").read_bytes() == b"x = 1\r\n"
    form.save("x = 3", tmp_path / "a-2.toml", over=True)
    assert (tmp_path / "a-2.toml").read_bytes() == b"x = 3"
    with pytest.raises(OSError, match="nowhere"):
        form.save("x = 4", tmp_path / "nowhere" / "a.toml")
    with pytest.raises(UnicodeEncodeError):
        form.save("\udc80", tmp_path / "b.toml")
    assert [path.name for path in tmp_path.iterdir()] == ["a-2.toml"]


def test_the_form_is_light_to_import() -> None:
    """Neither Textual nor FLINT is loaded before the first field is asked for."""
    code = "import sys, tui.form\nassert not {'textual', 'flint', 'msgspec'} & set(sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


SEQUENCES = """
[data]
length = 2
sequences = { "00" = 1, "11" = 1 }

[noise]
steps = 2
kernel = { kind = "absorbing" }
schedule = { kind = "jump" }
"""


def test_a_law_of_sequences_is_shown_and_to_be_edited_as_text() -> None:
    """The form names what it cannot edit, refuses to set it, and leaves it alone while other fields are set."""
    made = Form.from_text(SEQUENCES)
    assert (made.field("data.kind").kind, made.field("data.kind").value) == ("fixed", "sequences")
    assert (made.field("data.sequences").kind, made.field("data.sequences").value) == ("fixed", "2 entries")
    with pytest.raises(KeyError):
        made.set("data.kind", "weights")
    other = made.set("noise.kernel.kind", "uniform").set("noise.steps", "3").set("data.length", "3").text()
    assert 'sequences = { "00" = 1, "11" = 1 }' in other
    changed = loads(made.set("noise.kernel.kind", "uniform").text()).sequences
    assert changed == SequenceLaw(("0", "1"), 2, (((0, 0), 1), ((1, 1), 1)), 2)
