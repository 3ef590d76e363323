"""Run the notebook that ships, cell by cell, and write what each shows into it: `python tests/reports/notebook.py`.

Cells are plain Python without magics, so nothing of Jupyter is needed: a cell's last expression shows itself by
`_repr_html_`, `_repr_latex_` or `repr`, as Jupyter would have it. What a cell displays by an id, as progress does, is
kept as it is shown last, which is what a notebook's file keeps.
"""

from __future__ import annotations

import ast
import io
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

PAGE = Path(__file__).parents[2] / "scenarios" / "tour.ipynb"
COMMAND = "python tests/reports/notebook.py"


def renewed() -> str:
    """Return the notebook's text with every output made anew."""
    page = json.loads(PAGE.read_text(encoding="utf-8"))
    names: dict[str, Any] = {}
    code = [cell for cell in page["cells"] if cell["cell_type"] == "code"]
    for count, cell in enumerate(code, start=1):
        cell["execution_count"] = count
        cell["outputs"] = outputs("".join(cell["source"]), names, count)
    return json.dumps(page, ensure_ascii=False, indent=1) + "\n"


def outputs(source: str, names: dict[str, Any], count: int) -> list[dict[str, Any]]:
    """Run a cell; return what it printed and what its last expression shows."""
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    shown: list[dict[str, Any]] = []
    with redirect_stdout(io.StringIO()) as printed, kernel() as displayed:
        exec(compile(tree, "cell", "exec"), names)
        value = None if last is None else eval(compile(ast.Expression(last.value), "cell", "eval"), names)
    shown += [{"data": bundle(states[-1]), "metadata": {}, "output_type": "display_data"} for states in displayed]
    if printed.getvalue():
        shown.append({"name": "stdout", "output_type": "stream", "text": printed.getvalue().splitlines(True)})
    if value is not None:
        shown.append({"data": bundle(value), "execution_count": count, "metadata": {}, "output_type": "execute_result"})
    return shown


def bundle(value: Any) -> dict[str, list[str]]:
    """Return how a value shows itself, by the kind of text."""
    data = {"text/plain": [repr(value)]}
    for kind, method in (("text/html", "_repr_html_"), ("text/latex", "_repr_latex_")):
        if hasattr(value, method) and not type(value).__module__.startswith("pandas"):
            data[kind] = getattr(value, method)().splitlines(True)
    return data


@contextmanager
def kernel() -> Iterator[list[list[Any]]]:
    """Let code find a notebook's kernel, as far as it may ask for one; give the states of each output with an id."""
    displayed: list[list[Any]] = []

    def display(value: Any, *, display_id: bool) -> Any:
        assert display_id
        displayed.append([value])
        return SimpleNamespace(update=displayed[-1].append)

    running, shows = ModuleType("IPython"), ModuleType("IPython.display")
    running.get_ipython = lambda: SimpleNamespace(kernel=True)  # type: ignore[attr-defined]
    shows.display = display  # type: ignore[attr-defined]
    sys.modules |= {"IPython": running, "IPython.display": shows}
    try:
        yield displayed
    finally:
        del sys.modules["IPython"], sys.modules["IPython.display"]


if __name__ == "__main__":
    PAGE.write_text(renewed(), encoding="utf-8")
