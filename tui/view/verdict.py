"""Say what came of the scenario's checks, in as many words as there is room for.

That is which fail, what is undecided, and whether the rest was proved or only computed in float64.
"""

from __future__ import annotations

from tui.rows import RowField
from tui.run_buffer import RunBuffer

KIND_RANK = 5
"""By how much longer it is told how the verdict is known than that it holds of how many checks."""


def verdict(run: RunBuffer, before: str = "", rank: int = 0) -> list[RowField]:
    """Return the state of the checks as fields: failed, undecided, running, or that all hold and how that is known.

    How it is known outlasts the count of the checks, but not that I rises, where that was expected.
    """
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
    where = "float64" if any(check["decided"] == "float" for check in checks) else "proved"
    words = f"✓ {n} checks hold" if n > 1 else "✓ 1 check holds"
    short = f"✓ {n} hold" + "s" * (n == 1)
    if any((check["check"], check["expected"]) == ("mi-decay", "violated") for check in checks):
        rises = "; I rises, as expected"
        forms = (
            f"{words}, {where}{rises}",
            words + rises,
            f"{short}, {where}; I rises",
            f"{short}; I rises",
            short,
            "✓",
        )
        return _field(before, "good", rank + 1, *forms)
    return [*_field(before, "good", rank, words, short, "✓"), *_field(", ", "good", rank + KIND_RANK, where, "")]


def _field(before: str, style: str, rank: int, *forms: str) -> list[RowField]:
    return [RowField([before + form if form else "" for form in dict.fromkeys(forms)], style, rank, whole=True)]
