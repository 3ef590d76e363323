"""Logarithms of integers between proven bounds, by integer arithmetic alone.

`Logarithms(bits)` gives for each n ≥ 1 an integer L with L ≤ 2^bits·log n ≤ L + slack, slack = bits + 64; one ulp is
2^-bits. With n = 2^e·x, 1 ≤ x < 2, three divisions by 1 + k/2^8, 1 + k/2^16, 1 + k/2^24 (k < 256, the leading bits)
leave 1 ≤ y < 1 + 2^-24, and log y = 2·atanh z, z = (y − 1)/(y + 1) < 2^-24. All is rounded down; errors have one sign:

- cutting n, and the three divisions, move y down by a relative 2^-bits at most each: at most 4 ulps;
- log 2 and the three tables have 64 more bits and are cut to this precision: below 2 ulps each, 8 in all;
- the series Σ z^(2m+1)/(2m+1), in ulps: with Z ≤ z < Z + 1 and V = ⌊Z²⌋, z² < V + 2, the powers t_m = ⌊t_{m−1}·V⌋ fall
  short by less than 2, since a shortfall s becomes at most 1 + s·z² + 2·2^-24; divided by 2m + 1 and rounded down, a
  term is short by less than 3. Once t_m = 0 the rest is below 2/(1 − z²) < 3. That happens after bits/48 + 2 terms at
  most, so 2·atanh z is short by less than 2·(3·(bits/48 + 2) + 3) = bits/8 + 18 ulps.

Together 30 + bits/8 < slack. The tables: log((256+k)/256) adds up 2·atanh(1/(2m+1)) for m = 256 …; the others are the
series with rational z. log 2 = 18·atanh(1/26) − 2·atanh(1/4801) + 8·atanh(1/8749), as
(27/25)^9·(2400/2401)·(4375/4374)^4 = 2.
"""

from __future__ import annotations

from functools import cache

GUARD = 64
"""Bits that constants are kept with beyond the precision they are used at."""

MAX_KEPT = 60_000
"""Logarithms remembered at one precision before all are forgotten."""


def atanh_below(p: int, q: int, bits: int) -> tuple[int, int]:
    """Return (A, s) with A ≤ 2^bits·atanh(p/q) ≤ A + s, for 0 ≤ p/q ≤ 1/2.

    With the powers rounded down one by one, each falls short by less than 1 + ¼ + … < 2, and so each term by less
    than 3; the rest, after a power below 2, is less than 3.
    """
    power, square, over = (p << bits) // q, p * p, q * q
    total = n = 0
    while power:
        total += power // (2 * n + 1)
        power = power * square // over
        n += 1
    return total, 3 * n + 3


@cache
def log_two(bits: int) -> tuple[int, int]:
    """Return (L, s) with L ≤ 2^bits·log 2 ≤ L + s."""
    a, ea = atanh_below(1, 26, bits)
    b, eb = atanh_below(1, 4801, bits)
    c, ec = atanh_below(1, 8749, bits)
    return 18 * a - 2 * (b + eb) + 8 * c, 18 * ea + 2 * eb + 8 * ec


class Logarithms:
    """Bounds for 2^bits·log n, remembered.

    >>> logs = Logarithms(64)
    >>> logs.below(2) <= 12786308645202655659 < logs.below(2) + logs.slack
    True
    """

    def __init__(self, bits: int) -> None:
        self.bits = bits
        self.slack = bits + 64
        self._two = log_two(bits + GUARD)[0]
        self._first = self._coarse_table()
        self._fine: dict[tuple[int, int], int] = {}
        self._kept: dict[int, int] = {}

    def _coarse_table(self) -> list[int]:
        """Return 2^bits·log((256+k)/256), rounded down: log((m+1)/m) = 2·atanh(1/(2m+1)), added up."""
        table, total = [0], 0
        for m in range(256, 511):
            total += 2 * atanh_below(1, 2 * m + 1, self.bits + GUARD)[0]
            table.append(total >> GUARD)
        return table

    def _fine_log(self, level: int, k: int) -> int:
        """Return 2^bits·log(1 + k/2^level), rounded down: 2·atanh(k/(2^(level+1) + k))."""
        if (level, k) not in self._fine:
            self._fine[level, k] = 2 * atanh_below(k, (2 << level) + k, self.bits + GUARD)[0] >> GUARD
        return self._fine[level, k]

    def below(self, n: int) -> int:
        """Return L with L ≤ 2^bits·log n ≤ L + slack."""
        kept = self._kept.get(n)
        if kept is None:
            if len(self._kept) > MAX_KEPT:
                self._kept.clear()
            kept = self._kept[n] = self._log(n)
        return kept

    def _log(self, n: int) -> int:
        bits = self.bits
        e = n.bit_length() - 1
        y = n >> (e - bits) if e > bits else n << (bits - e)
        result = e * self._two >> GUARD
        k = (y >> (bits - 8)) - 256
        result += self._first[k]
        y = (y << 8) // (256 + k)
        for level in (16, 24):
            k = (y - (1 << bits)) >> (bits - level)
            if k:
                result += self._fine_log(level, k)
                y = (y << level) // ((1 << level) + k)
        return result + 2 * self._atanh(y)

    def _atanh(self, y: int) -> int:
        """Return 2^bits·atanh((y − 1)/(y + 1)) for y = 2^bits·y, rounded down."""
        bits, one = self.bits, 1 << self.bits
        power = ((y - one) << bits) // (y + one)
        square = power * power >> bits
        total, odd = power, 1
        while power := power * square >> bits:
            odd += 2
            total += power // odd
        return total


@cache
def logarithms(bits: int) -> Logarithms:
    """Return the one `Logarithms` of a precision."""
    return Logarithms(bits)


def step_up(bits: int) -> int:
    """Return the least precision ≥ `bits` among 192, 256, 320, 384, 448, 512, 640, 768, …: few, so tables are shared.

    >>> step_up(100), step_up(300), step_up(1100)
    (192, 320, 1280)
    """
    if bits <= 192:
        return 192
    quarter = 1 << max(bits.bit_length() - 3, 6)
    return -(-bits // quarter) * quarter
