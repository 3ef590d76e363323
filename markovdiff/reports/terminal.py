"""What a person reads: the table of a run, its verdicts in words, at 80 columns.

Numbers are the certified ones, rounded to fewer digits; nothing is computed here.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_FLOOR, Context, Decimal
from fractions import Fraction
from itertools import pairwise

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from markovdiff.arithmetic.decimals import decimal_text
from markovdiff.arithmetic.decimals import show as show_decimal
from markovdiff.arithmetic.quantity import Enclosed
from markovdiff.arithmetic.rational import rational, shown, text
from markovdiff.errors import printable
from markovdiff.study.naive_float import FloatError
from markovdiff.study.naive_float import shown as error_shown
from markovdiff.study.result import Check, Elbo, Result, Step
from markovdiff.study.summary import Summary, is_something_for_nothing, turning_points

DIGITS = 7
"""Significant digits in the table."""

MOST_ROWS = 24
"""Steps shown of a long run, besides its turning points."""

DECAY = {"strict": "↓ strict", "equal": "= equal", "violated": "↑ VIOLATED", "undecided": "? undecided", None: ""}
MARKS = {"holds": ("✓", "green"), "fails": ("✗", "bold red"), "undecided": ("?", "yellow")}


def show(result: Result, console: Console, rows: range | None = None, *, terms: bool = False) -> None:
    """Print the whole report of a run; `rows` asks for given steps, `terms` for the ledger step by step."""
    console.print(_heading(result))
    shaded = any(step.shadow for step in result.steps)
    console.print(shadow_table(result, rows) if shaded else _table(result, rows))
    if result.partial:
        done = f"PARTIAL: interrupted after t = {result.steps[-1].t} of {result.scenario['steps']}"
        console.print(Text(f"{done}; no ledger, no verdicts", style="bold yellow"))
    if result.elbo.negative_elbo is not None:
        if terms:
            console.print(per_step(result, rows))
        console.print(ledger(result.elbo, result.unit))
    console.print(verdicts(result.checks))
    console.print(notes(result))


def notes(result: Result) -> RenderableType:
    """Return what was done to the input, one line each."""
    return Group(*(Text(f"note: {printable(note)}", style="yellow") for note in result.notes))


def facts(result: Result) -> str:
    """Return in one line how many states and steps there are, and the noise."""
    scenario = result.scenario
    betas = scenario["betas"]
    kernel, states = scenario["kernel"], scenario["states"]
    assert isinstance(kernel, dict)
    assert isinstance(states, list)
    noise = str(kernel["kind"]) + (f", {_beta_range(betas)}" if isinstance(betas, list) else "")
    sequences = scenario.get("sequences")
    each = f"L = {sequences['length']} symbols of K = {len(states)}" if isinstance(sequences, dict) else ""
    return f"{each or f'K = {len(states)} states'} · T = {scenario['steps']} steps · {noise}"


def _heading(result: Result) -> RenderableType:
    scenario = result.scenario
    lines = [Text(printable(str(scenario["title"])), style="bold"), Text(facts(result), style="dim")]
    if scenario["description"]:
        lines.append(Text("\n" + printable(" ".join(str(scenario["description"]).split()))))
    return Group(*lines, Text())


def _beta_range(betas: Sequence[str]) -> str:
    values = [rational(beta) for beta in betas]
    low, high = min(values), max(values)
    return f"β = {short(low)}" if low == high else f"β from {short(low)} to {short(high)}"


def _table(result: Result, rows: range | None) -> RenderableType:
    shown = chosen(result.steps, rows)
    table = Table(box=None, padding=(0, 1), header_style="bold", show_edge=False)
    for name in ("t", "β", "H(x_t)", "I(x0;x_t)", "lost"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for step in shown:
        table.add_row(
            str(step.t),
            "" if step.beta is None else short(step.beta),
            number(step.entropy),
            number(step.mutual_information),
            "" if step.information_loss is None else number(step.information_loss),
            Text(DECAY[step.decay], style="bold red" if step.decay == "violated" else ""),
        )
    return Group(table, Text(_note(result, len(shown)), style="dim"), Text())


def chosen(steps: Sequence[Step], rows: range | None) -> list[Step]:
    """Return the steps that were asked for, or those worth a row."""
    return [step for step in steps if step.t in rows] if rows is not None else thinned(steps)


def _note(result: Result, shown: int) -> str:
    kind, digits = result.arithmetic["kind"], result.arithmetic["digits"]
    note = f"{result.unit}, " + ("float64: not certified" if kind == "float" else f"certified to {digits} digits")
    if shown < len(result.steps):
        note += f"; {shown} of {len(result.steps)} rows, --steps A:B for others"
    return note


SHADOW_DIGITS = 6
"""Significant digits of the truth and of float64 in the table that shows both."""


def shadow_table(result: Result, rows: range | None) -> RenderableType:
    """Return I(x0;x_t) and float64's value side by side, with float64's mistakes marked and summed up.

    The error is relative: |float64 − I| / I, by the certified bounds of I.
    """
    shown = chosen(result.steps, rows)
    table = Table(box=None, padding=(0, 1), header_style="bold", show_edge=False)
    for name in ("t", "I(x0;x_t)", "", "float64", "error"):
        table.add_column(name, justify="right" if name else "left", no_wrap=True)
    table.add_column("")
    for step in shown:
        if step.shadow is not None:
            table.add_row(
                str(step.t),
                number(step.mutual_information, SHADOW_DIGITS),
                Text(DECAY[step.decay], style="bold red" if step.decay == "violated" else ""),
                "no number" if step.shadow.value is None else _float(step.shadow.value),
                _error(step),
                Text(marks(step.shadow), style="dim" if step.shadow.stands_still else "yellow"),
            )
    formula = "float64: Σ q·log(q/(p_0 p_t)), q = p_0 Q̄_t;   error: |float64 − I| / I"
    sums = Text(_sentence(Summary.of(result.steps)), style="bold")
    return Group(table, Text(f"{_note(result, len(shown))}\n{formula}", style="dim"), sums, Text())


def marks(error: FloatError) -> str:
    """Return in words what is wrong with float64 at this step."""
    wrong = (
        ("↑ false rise", error.false_rise),
        ("= stands still", error.stands_still),
        ("− negative", error.negative),
    )
    return " ".join(words for words, so in wrong if so)


def _float(value: float) -> str:
    return decimal_text(Context(prec=SHADOW_DIGITS).create_decimal_from_float(value))


def _error(step: Step) -> str:
    """Return the relative error; ∞ where the truth is 0 and float64 is not."""
    shadow = step.shadow
    if shadow is None or shadow.error is None:
        return "∞" if is_something_for_nothing(step) else ""
    return error_shown(shadow.error)


def _sentence(counts: Summary) -> str:
    """Return a sentence on what float64 got wrong in the whole run."""
    wrong = [f"rises {_times(counts.rises)} where the truth does not"]
    if counts.still:
        wrong.append(f"stands still {_times(counts.still)} where it falls")
    if counts.something:
        wrong.append(f"is not 0 {_times(counts.something)} where the truth is")
    wrong.append(f"is negative {_times(counts.negatives)}")
    worst = ""
    if counts.worst is not None:
        worst = f"worst relative error {error_shown(counts.worst[1])} at t = {counts.worst[0]}; "
    sound = "at no t" if counts.sound_until is None else f"up to t = {counts.sound_until}"
    return f"float64 {', '.join(wrong)}; {worst}3 digits right {sound}"


def _times(n: int) -> str:
    return {1: "once", 2: "twice"}.get(n, f"{n} times")


DECIMALS = 8
"""Decimals of the ledger: the same in every line, so that a reader can add the lines up."""


def readings(elbo: Elbo) -> tuple[tuple[tuple[str, Enclosed | None], ...], ...]:
    """Return the three ways to write L as a sum, each as names and numbers."""
    return (
        (("reconstruction", elbo.reconstruction), ("denoising", elbo.denoising), ("prior matching", elbo.prior)),
        (("H(x0)", elbo.data_entropy), ("model error", elbo.model_error), ("prior gap", elbo.prior_gap)),
        (("H(x0)", elbo.data_entropy), ("NLL − H(x0)", elbo.nll_excess), ("L − NLL", elbo.gap)),
    )


def ledger(elbo: Elbo, unit: str) -> RenderableType:
    """Return L three times: by its terms, and by both exact splits of its excess over H(x0)."""
    lines_of = readings(elbo)
    table = Table(box=None, padding=(0, 1, 0, 0), show_header=False)
    for _ in lines_of:
        table.add_column(no_wrap=True)
        table.add_column(justify="right", no_wrap=True, min_width=DECIMALS + 2)
        table.add_column(width=1)
    columns = [adding_up([value for _, value in lines], elbo.negative_elbo) for lines in lines_of]
    for k, names in enumerate(zip(*lines_of, strict=True)):
        table.add_row(
            *(cell for (name, _), column in zip(names, columns, strict=True) for cell in (name, column[k], ""))
        )
    table.add_row(*(cell for _ in lines_of for cell in ("", Text("─" * (DECIMALS + 2), style="dim"), "")))
    total = Text(fixed(elbo.negative_elbo), style="bold")
    table.add_row(*(cell for _ in lines_of for cell in (Text("L = −ELBO", style="bold"), total, "")))
    parts: list[RenderableType] = [Text(f"where every {unit[:-1]} of the ELBO goes", style="dim"), table]
    parts += [Text(f"  {why}", style="yellow") for why in reasons(elbo)]
    parts += map(Text, hybrid_loss(elbo))
    return Group(*parts, Text())


def hybrid_loss(elbo: Elbo) -> list[str]:
    """Return the sentence on the hybrid loss, where it was asked for."""
    if elbo.hybrid is None:
        return []
    return [f"hybrid loss L + λ·ΣC_t = {fixed(elbo.hybrid)}, with ΣC_t = {fixed(elbo.cross_entropy)}"]


def reasons(elbo: Elbo) -> list[str]:
    """Return a sentence for each total that has no number: why."""
    values = [elbo.reconstruction, elbo.denoising, elbo.prior, elbo.nll, elbo.gap]
    words = {v.words: "∞" if v.value == "inf" else v.value for v in values if v is not None and v.words}
    return [f"{value}: {why}" for why, value in words.items()]


def adding_up(parts: Sequence[Enclosed | None], total: Enclosed | None) -> list[str]:
    """Return the parts in fixed decimals, rounded so that they add up to the rounded total.

    Each is rounded down and the missing units go to the largest remainders: every line is still within one unit of its
    last digit. A line too small for the decimals is shown by itself, in scientific notation.
    """
    shown_as = [fixed(part) for part in parts]
    if total is None or not total.is_finite or any(part is None or not part.is_finite for part in parts):
        return shown_as
    unit = Decimal(10) ** -DECIMALS
    exact = [Decimal(part.value) for part in parts if part is not None]
    whole = [(x / unit).to_integral_value(ROUND_FLOOR) for x in exact]
    missing = int((Decimal(total.value) / unit).to_integral_value() - sum(whole))
    order = sorted(range(len(exact)), key=lambda k: whole[k] - exact[k] / unit)
    for k in order[: max(missing, 0)]:
        whole[k] += 1
    return [
        text if "e" in text or text == "0" else f"{w * unit:.{DECIMALS}f}"
        for text, w in zip(shown_as, whole, strict=True)
    ]


def fixed(value: Enclosed | None) -> str:
    """Return a value in fixed decimals, or in scientific notation where it is too small for them."""
    if value is None or not value.is_finite:
        return "" if value is None else number(value)
    exact = Decimal(value.value)
    if not exact:
        return "0"
    if abs(exact) < Decimal(10) ** -DECIMALS:
        return number(value, 4)
    return f"{exact:.{DECIMALS}f}"


def per_step(result: Result, rows: range | None) -> RenderableType:
    """Return each step's term of the ELBO: the information it destroyed, and the model's own error.

    Beside it stands the cross-entropy of the denoiser, where the model has one.
    """
    table = Table(box=None, padding=(0, 1), header_style="bold", show_edge=False)
    costs = ("cross-entropy",) if result.elbo.cross_entropy is not None else ()
    for name in ("t", "term", "=", "lost", "+", "model error", *costs):
        table.add_column(name, justify="right", no_wrap=True)
    for step in result.steps[1:]:
        if (rows is None or step.t in rows) and step.elbo_term and step.model_error:
            paid = paid_at(step)
            assert paid is not None
            cost = [number(step.cross_entropy)] if costs and step.cross_entropy is not None else []
            table.add_row(str(step.t), number(step.elbo_term), "", number(paid), "", number(step.model_error), *cost)
    parts = [apart(result, rows)] if has_parts(result) else []
    return Group(table, Text("t = 1 is the reconstruction: it pays for H(x0|x_1)", style="dim"), Text(), *parts)


def has_parts(result: Result) -> bool:
    """Return whether the model error has two parts: of sequences, where the model treats each position by itself."""
    return any(step.position_error is not None for step in result.steps)


def apart(result: Result, rows: range | None) -> RenderableType:
    """Return the two parts of the model error at each step: of drawing apart, and of each position's own model."""
    table = Table(box=None, padding=(0, 1), header_style="bold", show_edge=False)
    for name in ("t", "model error", "=", "drawn apart", "+", "each position's own"):
        table.add_column(name, justify="right", no_wrap=True)
    for step in result.steps[1:]:
        if (rows is None or step.t in rows) and step.model_error and (parts := parts_of(step)):
            table.add_row(str(step.t), number(step.model_error), "", number(parts[0]), "", number(parts[1]))
    words = "drawn apart: E TC(x_(t−1)|x_t); own: Σ_l E KL(q(x_(t−1)^l|x_t) ‖ r^l)"
    return Group(table, Text(words, style="dim"), Text())


def parts_of(step: Step) -> tuple[Enclosed, Enclosed] | None:
    """Return both parts of the model error, where it has them."""
    both = step.expected_total_correlation, step.position_error
    return None if both[0] is None or both[1] is None else (both[0], both[1])


def paid_at(step: Step) -> Enclosed | None:
    """Return what a term pays for: H(x0|x_1) at t = 1, else the information that the step lost."""
    return step.conditional_entropy if step.t == 1 else step.information_loss


def verdicts(checks: Sequence[Check]) -> RenderableType:
    """Return a mark, the check's name, and the finding in words, wrapped to the width of the screen."""
    table = Table(box=None, padding=(0, 1, 0, 0), show_header=False, show_edge=False)
    for check in checks:
        mark, style = MARKS[check.verdict]
        table.add_row(
            Text(f"{mark} {check.verdict}", style=style), Text(check.check, style="bold"), Text(outcome(check))
        )
    return table


def verdict_lines(result: Result) -> list[Text]:
    """Return one line a check, however long, with the scenario's name first; then one line a note."""
    lines = []
    for check in result.checks:
        mark, style = MARKS[check.verdict]
        line = Text.assemble(
            (f"{mark} {check.verdict:<9}", style),
            f" {printable(str(result.scenario['name']))}  ",
            (check.check, "bold"),
        )
        lines.append(line.append(f"  {outcome(check)}"))
    return lines + [
        Text(f"  note      {printable(str(result.scenario['name']))}  {printable(note)}", style="yellow")
        for note in result.notes
    ]


def outcome(check: Check) -> str:
    """Return the finding in words, and what was expected where that is something else."""
    if check.verdict != "holds":
        return f"{check.detail}; expected {check.expected}"
    return check.detail + (" (as expected)" if "violated" in (check.observed, check.expected) else "")


def number(value: Enclosed, digits: int = DIGITS) -> str:
    """Return a certified value rounded to a few digits; one that ends keeps its own length."""
    if not value.is_finite:
        return "∞" if value.value == "inf" else value.value
    exact = Decimal(value.value)
    rounded = Context(prec=digits).create_decimal(exact)
    if not rounded or (rounded == exact and value.lower == value.upper):
        rounded = rounded.normalize()
    _, figures, exponent = rounded.as_tuple()
    mantissa = int("".join(map(str, figures))) * (-1 if rounded < 0 else 1)
    return show_decimal(mantissa, int(exponent))


def short(x: Fraction | Decimal) -> str:
    """Return a rational in at most eleven characters, marked with ≈ where it was rounded."""
    if isinstance(x, Decimal):
        return decimal_text(x) if len(decimal_text(x)) <= 11 else f"≈{float(x):.6g}"
    exact = text(x)
    return exact if len(exact) <= 11 else f"≈{float(x):.6g}" if float(x) else shown(x, 0)


def thinned(steps: Sequence[Step], most: int = MOST_ROWS) -> list[Step]:
    """Return the steps worth a row: both ends, turning points of H and float64, new verdicts, and evenly between."""
    if len(steps) <= most + 4:
        return list(steps)
    last = len(steps) - 1
    keep = {0, 1, last} | {round(k * last / (most - 1)) for k in range(most)}
    trends = [_trend(a, b) for a, b in pairwise(steps)]
    turning = [t for t in range(1, last) if trends[t - 1] * trends[t] < 0]
    changing = [t for t in range(2, last + 1) if steps[t].decay != steps[t - 1].decay]
    keep.update(turning[:8])
    keep.update(s for t in changing[:8] for s in (t - 1, t))
    keep.update(turning_points(steps))
    return [steps[t] for t in sorted(keep)]


def _trend(before: Step, after: Step) -> int:
    if not (before.entropy.is_finite and after.entropy.is_finite):
        return 0
    a, b = Decimal(before.entropy.value), Decimal(after.entropy.value)
    return (b > a) - (b < a)
