"""The mistakes that `mutate.py` makes are the ones it says, and each one listed as untellable can be made."""

from __future__ import annotations

from pathlib import Path

from mistakes import mutants
from mutate import ROOT, key, known

SOURCE = '''
def least(x: int | None, bound: int = 3) -> int:
    """The smaller of two."""
    assert bound > 0
    if x is None:
        raise ValueError("x" * 2)
    return min(x, bound + 1)
'''


def test_each_mistake_is_one_change(tmp_path: Path) -> None:
    """Operators, constants, conditions, names, arguments, a statement dropped; no text, assertion, signature."""
    path = tmp_path / "least.py"
    path.write_text(SOURCE)
    assert sorted(mutant.change for mutant in mutants(path)) == [
        "if x is None: → if x is not None:",
        "raise ValueError('x' * 2) → pass",
        "return min(x, bound + 1) → return max(x, bound + 1)",
        "return min(x, bound + 1) → return min(x, bound + 0)",
        "return min(x, bound + 1) → return min(x, bound + 2)",
        "return min(x, bound + 1) → return min(x, bound - 1)",
    ]


def test_a_mutant_does_what_its_change_says(tmp_path: Path) -> None:
    """The function with the mutant's code makes the mistake, and the next mutant makes only its own."""
    path = tmp_path / "least.py"
    path.write_text(SOURCE)
    names: dict[str, object] = {}
    exec(compile(path.read_text(), str(path), "exec"), names)
    least = names["least"]
    found = {}
    for mutant in mutants(path):
        if "return" in mutant.change:
            least.__code__ = mutant.compiled()  # type: ignore[attr-defined]
            found[mutant.change.split("→ return ")[1]] = least(9)  # type: ignore[operator]
    assert found == {"max(x, bound + 1)": 9, "min(x, bound + 0)": 3, "min(x, bound + 2)": 5, "min(x, bound - 1)": 2}


def test_every_listed_mutant_can_be_made() -> None:
    """No entry of equivalents.toml outlives the code that it speaks of."""
    listed = known()
    files = {file for file, _, _ in listed}
    functions = {(file, function) for file, function, _ in listed}
    made = {key(mutant) for file in files for mutant in mutants(ROOT / file) if (file, mutant.function) in functions}
    assert listed.keys() <= made
    assert all(len(reason) > 20 for reason in listed.values())
