"""Small pictures in text: bars and curves made of blocks of an eighth. Floats suffice: nobody reads digits off them."""

from __future__ import annotations

from collections.abc import Sequence

EIGHTHS = " ▁▂▃▄▅▆▇█"
LEFTS = " ▏▎▍▌▋▊▉█"
SHADES = "█▒░"


def bar(shares: Sequence[float], width: int) -> str:
    """Return bars end to end, lengths in shares of `width`; a single one is drawn to an eighth of a column.

    >>> bar([0.5], 4), bar([0.5, 0.25], 4)
    ('██', '██▒')
    """
    if len(shares) == 1:
        eighths = round(min(max(shares[0], 0.0), 1.0) * width * 8)
        return ("█" * (eighths // 8) + LEFTS[eighths % 8]).rstrip()
    drawn, end = "", 0.0
    for k, share in enumerate(shares):
        end = min(end + max(share, 0.0), 1.0)
        drawn += SHADES[k % len(SHADES)] * (round(end * width) - len(drawn))
    return drawn


def curve(heights: Sequence[float], rows: int) -> tuple[str, ...]:
    """Return rows of text with a column for each height in [0, 1], top row first.

    >>> curve([0, 0.5, 1], 2)
    ('  █', ' ██')
    """
    levels = [round(min(max(h, 0.0), 1.0) * rows * 8) for h in heights]
    return tuple("".join(EIGHTHS[min(max(n - 8 * row, 0), 8)] for n in levels) for row in reversed(range(rows)))


def mark(width: int, places: Sequence[tuple[int, str]]) -> str:
    """Return a line with words that begin under the given columns; one that would run out is moved left.

    >>> mark(10, [(0, "0"), (9, "1")])
    '0        1'
    """
    line = [" "] * width
    for place, words in places:
        at = max(min(place, width - len(words)), 0)
        line[at : at + len(words)] = words
    return "".join(line)
