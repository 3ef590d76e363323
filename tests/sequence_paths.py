"""What a sampler draws from sequences, by enumerating all paths with Fractions: nothing of the product but logarithms.

A law is {sequence: probability}, a kernel a list of rows. `noise` is Q_1 … Q_T, of one symbol. A grid is the list of
times kept, from 0 to T. Where R_t is asked for an x_t that it does not know, `reverse_rows` gives None.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, pairwise, product
from math import prod

from markovdiff.arithmetic.logform import LogForm, log

Law = dict[tuple[int, ...], Fraction]


def matmul(A, B):
    return [[sum((a * B[m][j] for m, a in enumerate(row)), Fraction(0)) for j in range(len(B))] for row in A]


class Sequences:
    """Data, noise, and everything that is conditioned on x_t."""

    def __init__(self, law: Law, noise) -> None:
        self.law, self.noise = law, noise
        self.K, self.L, self.T = len(noise[0]), len(next(iter(law))), len(noise)
        self.states = list(product(range(self.K), repeat=self.L))

    def between(self, s, t):
        """The kernel from time s to time t."""
        Q = [[Fraction(i == j) for j in range(self.K)] for i in range(self.K)]
        for step in self.noise[s:t]:
            Q = matmul(Q, step)
        return Q

    def chance(self, Q, x, y):
        return prod((Q[a][b] for a, b in zip(x, y, strict=True)), start=Fraction(1))

    def joint(self, t):
        """q(x_0, x_t), where positive."""
        Q = self.between(0, t)
        cells = {(x, y): p * self.chance(Q, x, y) for x, p in self.law.items() for y in self.states}
        return {pair: p for pair, p in cells.items() if p}

    def marginal(self, t):
        return totals((y, p) for (_, y), p in self.joint(t).items())

    def is_possible(self, x):
        return any(self.marginal(t).get(x) for t in range(self.T + 1))

    def posterior(self, t, y, place):
        """q(x_0^l | x_t = y)."""
        return self._belief(t, place, lambda seen: seen == y)

    def leave_one_out(self, t, y, place):
        """q(x_0^l | x_t^{−l} = y^{−l})."""
        rest = without(y, place)
        return self._belief(t, place, lambda seen: without(seen, place) == rest)

    def data(self, _t, _y, place):
        """q(x_0^l)."""
        return [sum((p for x, p in self.law.items() if x[place] == k), Fraction(0)) for k in range(self.K)]

    def mixed_with_uniform(self, error):
        """(1 − ε)·q(x_0^l | x_t) + ε/K."""

        def belief(t, y, place):
            known = self.posterior(t, y, place)
            return known and [(1 - error) * p + error / self.K for p in known]

        return belief

    def _belief(self, t, place, holds):
        found = [Fraction(0)] * self.K
        for (x, y), p in self.joint(t).items():
            if holds(y):
                found[x[place]] += p
        return normalised(found)

    def bayes(self, s, t, y, place):
        """q(x_s^l | x_t = y), straight from the joint law of x_s and x_t."""
        Q = self.between(s, t)
        found = [Fraction(0)] * self.K
        for x, p in self.marginal(s).items():
            found[x[place]] += p * self.chance(Q, x, y)
        return normalised(found)

    def reverse_rows(self, s, t, y, belief, model, last="formula"):
        """For each position r^l(x_s^l | x_t = y); None where that is undefined."""
        before, step, now = self.between(0, s), self.between(s, t), self.between(0, t)
        rows = []
        for place, j in enumerate(y):
            p = belief(t, y, place)
            if p is None:
                return None
            if model == "posterior-mixture":
                p = [a / now[k][j] if now[k][j] else Fraction(0) for k, a in enumerate(p)]
            elif s == 0 and last == "prediction":
                rows.append(p)
                continue
            mixed = [sum((p[k] * before[k][i] for k in range(self.K)), Fraction(0)) for i in range(self.K)]
            row = normalised([step[i][j] * mixed[i] for i in range(self.K)])
            if row is None:
                return None
            rows.append(row)
        return rows


class Sampler:
    """One reverse model on one grid: rows are asked for once."""

    def __init__(self, process: Sequences, belief, model, last, times, prior: Law | None = None, fixes=False) -> None:
        self.process, self.times, self.fixes = process, times, fixes
        self.prior = process.marginal(times[-1]) if prior is None else prior
        self.belief, self.model, self.last = belief, model, last
        self._rows: dict = {}

    def rows(self, s, t, y):
        if (s, t, y) not in self._rows:
            self._rows[s, t, y] = self.process.reverse_rows(s, t, y, self.belief, self.model, self.last)
        return self._rows[s, t, y]

    def drawn(self):
        """(ν, None); or (None, (t, x_t)) where the sampler meets a row that is undefined.

        With `fixes` (an added mask, and a model that leaves what is unmasked), what can never occur stays as it is.
        """
        masses = self.prior
        for s, t in reversed(list(pairwise(self.times))):
            parts = []
            for y, m in sorted(masses.items()):
                rows = self.rows(s, t, y)
                if rows is None:
                    if not self.fixes or self.process.is_possible(y):
                        return None, (t, y)
                    parts.append((y, m))
                    continue
                parts += [(x, m * prod(r[k] for r, k in zip(rows, x, strict=True))) for x in self.process.states]
            masses = {x: m for x, m in totals(parts).items() if m}
        return masses, None

    def paths(self, law):
        """Every path (x_0, x_{s_1}, …, x_T) that q takes, with q(path) and p(path)."""
        steps = [(s, t, self.process.between(s, t)) for s, t in pairwise(self.times)]
        found = [((x,), p, Fraction(1)) for x, p in law.items() if p]
        for s, t, Q in steps:
            longer = []
            for path, q, p in found:
                for y in self.process.states:
                    if c := self.process.chance(Q, path[-1], y):
                        rows = self.rows(s, t, y)
                        back = prod(r[k] for r, k in zip(rows, path[-1], strict=True))
                        longer.append(((*path, y), q * c, p * back))
            found = longer
        return [(path, q, p * self.prior.get(path[-1], Fraction(0))) for path, q, p in found]

    def excess(self):
        """KL(q(path) ‖ p(path)): all that the bound loses. None where it is infinite."""
        return divergence([(q, p) for _, q, p in self.paths(self.process.law)])


def drawn_in_blocks(law: Law, sizes, choose):
    """(ν on complete sequences, excess) of unmasking by counts; `choose(shown, b, belief)` gives the blocks tried.

    The blocks are sets of positions with their chances. The excess is the divergence of the laws of (blocks, x_0).
    """
    L = len(next(iter(law)))
    nu, cells = [], []
    for x in product(sorted({k for y in law for k in y}), repeat=L):
        for chance, likelihood in _ways(law, x, (), sizes, choose, L):
            nu.append((x, chance * likelihood))
            if law.get(x):
                cells.append((chance * law[x], chance * likelihood))
    return {x: p for x, p in totals(nu).items() if p}, divergence(cells)


def _ways(law, x, shown, sizes, choose, L):
    if not sizes:
        yield Fraction(1), Fraction(1)
        return
    known = {at: x[at] for at in shown}
    left = [at for at in range(L) if at not in known]
    beliefs = {at: conditional(law, known, at) for at in left}
    if any(b is None for b in beliefs.values()):
        return
    for block, chance in choose(left, sizes[0], beliefs):
        drawn = prod((beliefs[at].get(x[at], Fraction(0)) for at in block), start=Fraction(1))
        if drawn:
            for c, p in _ways(law, x, (*shown, *block), sizes[1:], choose, L):
                yield chance * c, drawn * p


def at_random(left, b, _beliefs):
    blocks = list(combinations(left, b))
    return [(block, Fraction(1, len(blocks))) for block in blocks]


def in_order(order):
    return lambda left, b, _beliefs: [(tuple(at for at in order if at in left)[:b], Fraction(1))]


def by_confidence(left, b, beliefs):
    surest = sorted(left, key=lambda at: (-max(beliefs[at].values()), at))
    return [(tuple(surest[:b]), Fraction(1))]


def conditional(law, known, place):
    """q(x^l | x^S) as a mapping; None where x^S is impossible."""
    kept = [(x[place], p) for x, p in law.items() if all(x[at] == k for at, k in known.items())]
    found = totals(kept)
    total = sum(found.values(), Fraction(0))
    return {k: p / total for k, p in found.items()} if total else None


def divergence(cells) -> LogForm | None:
    """Σ q log(q/p), exactly; None where infinite."""
    if any(q and not p for q, p in cells):
        return None
    return sum((log(q / p) * q for q, p in cells if q), LogForm())


def kl(law: Law, nu) -> LogForm | None:
    return divergence([(p, nu.get(x, Fraction(0))) for x, p in law.items()])


def total_variation(law: Law, nu):
    return sum((abs(law.get(x, Fraction(0)) - nu.get(x, Fraction(0))) for x in {*law, *nu}), Fraction(0)) / 2


def outside(law: Law, nu):
    return sum((p for x, p in nu.items() if not law.get(x)), Fraction(0))


def totals(pairs):
    found: dict = {}
    for key, p in pairs:
        found[key] = found.get(key, Fraction(0)) + p
    return found


def without(x, place):
    return x[:place] + x[place + 1 :]


def normalised(row):
    total = sum(row, Fraction(0))
    return [p / total for p in row] if total else None


def absorbing(beta, K, mask):
    return [[(1 - beta) * (i == j) + beta * (j == mask) for j in range(K)] for i in range(K)]


def uniform(beta, K):
    return [[(1 - beta) * (i == j) + beta / K for j in range(K)] for i in range(K)]


def jump(T):
    return [Fraction(1, T - t + 1) for t in range(1, T + 1)]
