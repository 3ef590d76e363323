"""What has come of the scenario's checks, in as many words as there is room for."""

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
    if failed:
        words = f"✗ {failed[0]} fails" if len(failed) == 1 else f"✗ {len(failed)} checks fail"
        return _field(before, "bad", rank + 3, words, f"✗ {len(failed)} fail" + "s" * (len(failed) == 1), "✗")
    if open_ones:
        return _field(before, "mark", rank + 3, f"? {len(open_ones)} undecided", "?")
    n = len(checks)
    if not n:
        return _field(before, "dim", rank, "no checks", "")
    where = ", float64" if any(check["decided"] == "float" for check in checks) else ""
    words = f"✓ {n} checks hold" if n > 1 else "✓ 1 check holds"
    return _field(before, "good", rank, words + where, words, f"✓ {n} hold" + "s" * (n == 1), "✓")


def _field(before: str, style: str, rank: int, *forms: str) -> Field:
    return Field([before + form if form else "" for form in dict.fromkeys(forms)], style, rank, whole=True)
