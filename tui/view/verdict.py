"""Say what came of the scenario's checks, in as many words as there is room for.

That is which fail, what is undecided, and whether the rest was proved or only computed in float64.
"""

from __future__ import annotations

from tui.rows import Field
from tui.run_buffer import RunBuffer


def verdict(run: RunBuffer, before: str = "", rank: int = 0) -> Field:
    """Return the state of the checks as a field: failed, undecided, running, or that all hold."""
    if run.finished is None:
        ended = run.trouble is not None
        return _field(
            before, "bad" if ended else "dim", rank, *(("✗ ended early", "✗") if ended else ("… running", "…"))
        )
    checks = run.finished["checks"]
    failed = [check["check"] for check in checks if check["verdict"] == "fails"]
    open_ones = [check["check"] for check in checks if check["verdict"] not in ("fails", "holds")]
    n = len(checks)
    if failed:
        words = f"✗ {failed[0]} fails" if len(failed) == 1 else f"✗ {len(failed)} checks fail"
        besides = f"{words}, {len(open_ones)} undecided" if open_ones else words
        return _field(before, "bad", rank + 3, besides, words, f"✗ {len(failed)} fail" + "s" * (len(failed) == 1), "✗")
    if open_ones:
        words, held = f"? {len(open_ones)} undecided", n - len(open_ones)
        return _field(before, "mark", rank + 3, f"{words}, {held} hold" + "s" * (held == 1), words, "?")
    if not n:
        return _field(before, "dim", rank, "no checks", "")
    where = ", float64" if any(check["decided"] == "float" for check in checks) else ", proved"
    words = f"✓ {n} checks hold" if n > 1 else "✓ 1 check holds"
    return _field(before, "good", rank, words + where, words, f"✓ {n} hold" + "s" * (n == 1), "✓")


def _field(before: str, style: str, rank: int, *forms: str) -> Field:
    return Field([before + form if form else "" for form in dict.fromkeys(forms)], style, rank, whole=True)
