"""Separated values as spreadsheets, pandas and numpy write them: read by a plain rule and noted, or refused."""

from __future__ import annotations

import io
from fractions import Fraction
from itertools import accumulate, pairwise
from operator import mul
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import markovdiff as md
from markovdiff.arithmetic.decimals import as_decimal

COUNTS = [("a", 3), ("b", 1)]


def data(folder: Path, content: str, label: str = "symbol", count: str = "n") -> md.Scenario:
    (folder / "c.csv").write_text(content, encoding="utf-8")
    keys = f'path = "c.csv", label = "{label}", count = "{count}"'
    noise = 'kernel = { kind = "uniform" }\nschedule = { kind = "jump" }'
    return md.loads(f"[data]\ncsv = {{ {keys} }}\n[noise]\nsteps = 1\n{noise}\n", folder=folder)


def refused(folder: Path, content: str) -> md.InputError:
    with pytest.raises(md.InputError) as caught:
        data(folder, content)
    assert "c.csv" in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("content", "notes"),
    [
        ("symbol,n\na,3\nb,1\n", []),
        ("symbol\tn\na\t3\nb\t1\n", ["fields are separated by tabs"]),
        ("symbol;n\na;3\nb;1\n", ["fields are separated by semicolons"]),
        ("# made by hand\nsymbol,n\na,3\nb,1\n", ["line 1, a comment, was left out"]),
        ("symbol,n\na,3\n# halfway\n\nb,1\n#end", ["comments in lines 3, 6 were left out"]),
        ("symbol,n\na,3\nb,1\n# total: four\n", ["line 4, a comment, was left out"]),
        ("symbol,n\na,3\n  # indented, too\nb,1\n", ["line 3, a comment, was left out"]),
        ('#a "quote, left open\nsymbol;n\na;3\n# and "another\nb;1\n',
         ["fields are separated by semicolons", "comments in lines 1, 4 were left out"]),
        ("#symbol,n\na,3\nb,1\n", None),
    ],
)  # fmt: skip
def test_counts_by_a_plain_rule(tmp_path: Path, content: str, notes: list[str] | None) -> None:
    """Tabs, semicolons and lines of comment: the same two states, and what was done stands in the notes."""
    study = data(tmp_path, content, label="#symbol" if notes is None else "symbol")
    assert list(zip(study.data.states, study.data.weights, strict=True)) == COUNTS
    assert list(study.notes) == [f"data.csv: {note}" for note in notes or []]


@pytest.mark.parametrize("line", ["# total,4", "#tag,4", " # sum, 4 "])
def test_a_comment_that_could_be_a_row_is_asked_about(tmp_path: Path, line: str) -> None:
    """It never becomes a state by itself: it is refused with both remedies, and quotes make it a state."""
    error = refused(tmp_path, f"symbol,n\na,3\n{line}\n")
    assert "line 3" in str(error.where)
    assert "delete it if it is a comment" in str(error.remedy)
    label = line.partition(",")[0]
    assert data(tmp_path, f'symbol,n\na,3\n"{label}",4\n').data.states == ("a", label)


def test_the_sign_itself_is_a_symbol(tmp_path: Path) -> None:
    """Counts of characters have a row for "#"."""
    assert data(tmp_path, 'symbol,n\n!,5\n#,2\n"""",1\n').data.states == ("!", "#", '"')


def test_a_line_inside_quotes_is_no_comment(tmp_path: Path) -> None:
    """A label of two lines may have its second begin with #."""
    assert data(tmp_path, 'symbol,n\n"a\n# b",5\nc,2\n').data.states == ("a\n# b", "c")


@pytest.mark.parametrize(
    ("content", "what", "words"),
    [
        ("a,3\nb,1\n", "no such column", "begin the file with a header"),
        ("letter,n\na,3\n", "no such column", "name one of these columns"),
        ("symbol|n\na|3\n", "no such column", "separate the fields by commas, tabs or semicolons"),
        ("# only\n#comments\n", "the file has no header", "names the columns"),
        ("symbol,n\n# nothing\n", "there are no rows below the header", "a row for each state"),
        ("symbol,n\na,3\na,1\n", "a label stands twice", "line 2"),
        ("symbol,n\na,-3\n", "a negative count", "line 2"),
        ("symbol;n\na;0,5\n", "not a rational number", "a point, not a comma"),
        ("symbol,n\na,0\nb,0\n", "the weights are all zero", "give at least one state a weight"),
    ],
)
def test_a_file_of_no_counts_is_told_its_own_fault(tmp_path: Path, content: str, what: str, words: str) -> None:
    """No header, no rows, a label twice, a negative count, a decimal comma: what, where, and what to do."""
    with pytest.raises(md.InputError) as caught:
        data(tmp_path, content)
    assert caught.value.what == what
    assert words in str(caught.value)


@given(st.integers(0, 5000))
def test_many_comments_are_read_once(n: int) -> None:
    """Thousands of lines of comment cost what they weigh: each is looked at by itself."""
    from markovdiff.study.separated import counts_in

    text = '#"\n' * n + "s,n\na,1\n" + '#"\n' * n
    assert counts_in(text, "s", "n", "data.csv", "f")[:2] == (["a"], [1])


# matrices


ROWS = ((Fraction(9, 10), Fraction(1, 10)), (Fraction(1, 4), Fraction(3, 4)))


def matrix(folder: Path, content: str, states: str = '["a", "b"]') -> md.Scenario:
    (folder / "k.csv").write_text(content, encoding="utf-8")
    noise = 'steps = 1\nkernel = { kind = "per-step", path = "k.csv" }'
    return md.loads(f"[data]\nstates = {states}\nweights = [1, 1]\n[noise]\n{noise}\n", folder=folder)


@pytest.mark.parametrize(
    ("content", "notes"),
    [
        ("0.9,0.1\n0.25,0.75\n", []),
        ("0.9\t0.1\n0.25\t0.75\n", ["fields are separated by tabs"]),
        ("0.9;0.1\n0.25;0.75\n", ["fields are separated by semicolons"]),
        ("0.9 0.1\n0.25  0.75 \n", ["fields are separated by blanks"]),
        ("a,b\n0.9,0.1\n0.25,0.75\n", ["line 1, the header, was left out"]),
        ("# from numpy\n0.9 0.1\n# half\n0.25 0.75\n",
         ["fields are separated by blanks", "comments in lines 1, 3 were left out"]),
    ],
)  # fmt: skip
def test_matrices_by_a_plain_rule(tmp_path: Path, content: str, notes: list[str]) -> None:
    """Tabs, semicolons, blanks, comments, a header of the states in order: the same rows, and notes."""
    study = matrix(tmp_path, content)
    assert study.chain().step(1) == ROWS
    assert list(study.notes) == [f"noise.kernel.path: {note}" for note in notes]


def test_a_header_of_numbers_is_known_by_the_number_of_rows(tmp_path: Path) -> None:
    """Pandas writes "0,1" above the rows: K·n + 1 lines, the first of them the labels."""
    assert matrix(tmp_path, "0,1\n0.9,0.1\n0.25,0.75\n", '["0", "1"]').chain().step(1) == ROWS
    assert matrix(tmp_path, "0,1\n1,0\n", '["0", "1"]').chain().step(1) == ((0, 1), (1, 0))


@pytest.mark.parametrize("delimiter", [" ", ",", "\t", ";"])
def test_what_numpy_saves_is_read(tmp_path: Path, delimiter: str) -> None:
    """`np.savetxt` with its header and any delimiter."""
    out = io.StringIO()
    np.savetxt(out, np.array([[0.5, 0.5], [0.25, 0.75]]), delimiter=delimiter, header="from numpy")
    half = Fraction(1, 2)
    assert matrix(tmp_path, out.getvalue()).chain().step(1) == ((half, half), (half / 2, 3 * half / 2))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("b,a\n0.9,0.1\n0.25,0.75\n", "delete it if it is a header"),
        ("x,y\n0.9,0.1\n0.25,0.75\n", "delete it if it is a header"),
        ("0.9,0.1\n0.25\n", "2 entries"),
        ("0,9;0,1\n0,25;0,75\n", "a point, not a comma"),
        ("", "at least one matrix"),
    ],
)
def test_rows_that_no_rule_makes_plain(tmp_path: Path, content: str, words: str) -> None:
    """A header in another order, a row too short, decimal commas: refused in words."""
    with pytest.raises(md.InputError) as caught:
        matrix(tmp_path, content)
    assert words in str(caught.value)


def test_an_npz_brings_its_only_array_or_the_one_named_q(tmp_path: Path) -> None:
    """As `np.savez` writes it; of two arrays none is guessed."""
    exact = np.array([[0.5, 0.5], [0.25, 0.75]])
    noise = 'steps = 1\nkernel = { kind = "per-step", path = "k.npz" }'
    text = f"[data]\nweights = [1, 1]\n[noise]\n{noise}\n"
    for arrays in ({"anything": exact}, {"Q": exact[None], "betas": np.ones(1)}):
        np.savez(tmp_path / "k.npz", **arrays)
        assert md.loads(text, folder=tmp_path).chain().step(1)[1] == (Fraction(1, 4), Fraction(3, 4))
    np.savez(tmp_path / "k.npz", one=exact, other=exact)
    with pytest.raises(md.InputError, match="not exactly one matrix"):
        md.loads(text, folder=tmp_path)


BETAS = [Fraction(1, 10), Fraction(1, 4), Fraction(1, 2)]


def betas(folder: Path, file: str, kind: str = "explicit") -> md.Scenario:
    """Three steps whose numbers stand in a file."""
    noise = f'kernel = {{ kind = "uniform" }}, schedule = {{ kind = "{kind}", path = "{file}" }}'
    return md.loads(f"data = {{ weights = [3, 1] }}\nnoise = {{ {noise} }}", folder=folder)


@pytest.mark.parametrize(
    ("content", "notes"),
    [
        ("0.1\n1/4\n0.5\n", []),
        ("0.1,1/4,0.5\n", []),
        ("# made by hand\n0.1;0.25;0.5", ["fields are separated by semicolons", "line 1, a comment, was left out"]),
        ("beta\n0.1\n0.25\n0.5\n", ["the column 'beta' was read"]),
        (",betas\n0,0.1\n1,0.25\n2,0.5\n", ["the column 'betas' was read"]),
        ("t\tbeta\talpha_bar\n0\t\t1\n1\t.1\t.9\n2\t.25\t.675\n3\t.5\t.3375\n",
         ["fields are separated by tabs", "the column 'beta' was read",
          "line 2, which has nothing there, was left out"]),
    ],
)  # fmt: skip
def test_a_schedule_from_separated_values(tmp_path: Path, content: str, notes: list[str]) -> None:
    """A column alone, a row alone, or a column by its name beside an index; what was done stands in the notes."""
    for name in ("b.csv", "b.tsv"):
        (tmp_path / name).write_text(content, encoding="utf-8")
        study = betas(tmp_path, name)
        assert list(study.betas) == BETAS
        assert list(study.notes) == [f"noise.schedule.path: {note}" for note in notes]


def test_a_schedule_from_this_program_s_own_table(tmp_path: Path) -> None:
    """The columns beta and alpha_bar of `run --csv` make the chain of these decimals, exactly: 15 digits of each."""
    noise = "steps = 4, kernel = { kind = 'uniform' }, schedule = { kind = 'jump' }"
    study = md.loads(f"data = {{ weights = [3, 1] }}\nnoise = {{ {noise} }}")
    (tmp_path / "r.csv").write_text(md.run(study).to_csv(), encoding="utf-8")
    alphas = accumulate((1 - beta for beta in study.betas), mul, initial=Fraction(1))
    written = [Fraction(as_decimal(alpha, 15)) for alpha in alphas]
    meant = {
        "explicit": tuple(Fraction(as_decimal(beta, 15)) for beta in study.betas),
        "alpha": tuple(1 - now / before for before, now in pairwise(written)),
    }
    for kind, expected in meant.items():
        read = betas(tmp_path, "r.csv", kind)
        assert any("left out" in note for note in read.notes)
        assert read.betas == expected


def test_a_schedule_from_numpy_and_json(tmp_path: Path) -> None:
    """The one array, or the one that is called by the key; its floats are the exact binary numbers that they are."""
    exact = np.array([0.125, 0.25, 0.5])
    np.save(tmp_path / "b.npy", exact)
    np.savez(tmp_path / "one.npz", anything=exact)
    np.savez(tmp_path / "named.npz", betas=exact, Q=np.eye(2))
    (tmp_path / "b.json").write_text('[0.125, "1/4", 0.5]', encoding="utf-8")
    for file in ("b.npy", "one.npz", "named.npz", "b.json"):
        assert betas(tmp_path, file).betas == (Fraction(1, 8), Fraction(1, 4), Fraction(1, 2))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("1,2\n3,4\n", "not one column of numbers"),
        ("a,b\n.1,.2\n.3,.4\n", "not one column of numbers"),
        ("beta,betas\n.1,.2\n.3,.4\n", "not one column of numbers"),
        ("t,beta\n1,.1\n2\n", "a row of the wrong length"),
        ("# nothing\n", "there are no numbers"),
        (".1\nx\n", "not a rational number"),
        (".1\n2\n", "not a probability"),
    ],
)
def test_a_file_that_is_no_schedule_is_refused(tmp_path: Path, content: str, words: str) -> None:
    """What no rule makes plain is refused, with the file's name."""
    (tmp_path / "b.csv").write_text(content, encoding="utf-8")
    with pytest.raises(md.InputError, match=words):
        betas(tmp_path, "b.csv")


@pytest.mark.parametrize("keys", ["", 'betas = [0.5], path = "b.csv"'])
def test_a_schedule_has_exactly_one_source(tmp_path: Path, keys: str) -> None:
    """Neither, or both, is refused."""
    schedule = f'{{ kind = "explicit"{", " if keys else ""}{keys} }}'
    with pytest.raises(md.InputError, match="the numbers are"):
        md.loads(
            f"data = {{ weights = [3, 1] }}\nnoise = {{ kernel = {{ kind = 'uniform' }}, schedule = {schedule} }}",
            folder=tmp_path,
        )


@pytest.mark.parametrize(
    ("content", "states", "what"),
    [
        (",a,b\na,1/2,1/2\nb,0,1\n", '["a", "b"]', []),
        (",0,1\n0,0.5,0.5\n1,0,1\n", '["a", "b"]', []),
        ("\ta\tb\na\t.5\t.5\nb\t0\t1\n", '["a", "b"]', ["fields are separated by tabs"]),
        ("state;a;b\n0;.5;.5\n1;0;1\n", '["a", "b"]', ["fields are separated by semicolons"]),
    ],
)
def test_an_index_beside_a_matrix_is_left_out_and_told(
    tmp_path: Path, content: str, states: str, what: list[str]
) -> None:
    """A header and a first column that name the states in their order, as pandas writes both."""
    (tmp_path / "k.csv").write_text(content, encoding="utf-8")
    kernel = 'kernel = { kind = "matrix", path = "k.csv" }, schedule = { kind = "constant", beta = 1 }'
    study = md.loads(
        f"data = {{ states = {states}, weights = [1, 1] }}\nnoise = {{ steps = 1, {kernel} }}", folder=tmp_path
    )
    assert study.chain().step(1) == ((Fraction(1, 2), Fraction(1, 2)), (0, 1))
    told = [*what, "line 1, the header, was left out", "the first column, an index, was left out"]
    assert list(study.notes) == [f"noise.kernel.path: {words}" for words in told]


@pytest.mark.parametrize("content", [",b,a\na,1/2,1/2\nb,0,1\n", ",a,b\nb,1/2,1/2\na,0,1\n", "a,1/2,1/2\nb,0,1\n"])
def test_an_index_in_another_order_is_refused(tmp_path: Path, content: str) -> None:
    """States in another order, or an index without a header: no rule says what was meant."""
    (tmp_path / "k.csv").write_text(content, encoding="utf-8")
    kernel = 'kernel = { kind = "matrix", path = "k.csv" }, schedule = { kind = "constant", beta = 1 }'
    with pytest.raises(md.InputError):
        md.loads(
            f'data = {{ states = ["a", "b"], weights = [1, 1] }}\nnoise = {{ steps = 1, {kernel} }}', folder=tmp_path
        )


def test_data_from_an_npz(tmp_path: Path) -> None:
    """Its only array, or the one that is called p, weights or probabilities."""
    noise = 'noise = { steps = 1, kernel = { kind = "uniform" }, schedule = { kind = "jump" } }'
    text = f'data = {{ npy = {{ path = "d.npz" }} }}\n{noise}'
    for arrays in ({"x": np.array([3, 1])}, {"weights": np.array([3, 1]), "Q": np.eye(2)}):
        np.savez(tmp_path / "d.npz", **arrays)
        assert md.loads(text, folder=tmp_path).data.probabilities == (Fraction(3, 4), Fraction(1, 4))
    np.savez(tmp_path / "d.npz", one=np.array([3, 1]), other=np.array([3, 1]))
    with pytest.raises(md.InputError, match="not exactly one vector"):
        md.loads(text, folder=tmp_path)
