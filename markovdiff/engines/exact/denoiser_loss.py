"""C_t = E[−log p̃(x0 | x_t)] in rationals: each cell of the joint law pays for the logarithm of p̃ there."""

from __future__ import annotations

from flint import fmpz

from markovdiff.arithmetic.logform import LogForm
from markovdiff.arithmetic.quantity import Quantity
from markovdiff.engines.exact.information import Information
from markovdiff.measures.denoiser_loss import excluded, silent
from markovdiff.measures.information import SPARE_BITS, first_missing
from markovdiff.measures.ledger import Term, Unbounded
from markovdiff.process.reverse.denoisers import Denoiser
from markovdiff.process.reverse.rows import columns, scaled


def denoiser_cost(now: Information, denoiser: Denoiser, states: tuple[str, ...]) -> Term:
    """Return C_t, or why it is no number."""
    if denoiser.is_posterior:
        return now.conditional_entropy
    if denoiser.is_data:
        return now.data_entropy
    moment = now.moment
    kernel = moment.cumulative.dense
    multiples: dict[fmpz, fmpz] = {}
    infinite: Unbounded | None = None
    sure = True
    joint = columns(scaled(moment.data, kernel.table))
    for j, (column, row) in enumerate(zip(joint, denoiser.given(moment), strict=True)):
        if all(a == 0 for a in column):
            continue
        if row is None:
            return silent(moment.t, j, states)
        if (k := first_missing(column, row[0])) is not None:
            infinite = infinite or excluded(moment.t, k, j, states)
            continue
        for a, n in zip(column, row[0], strict=True):
            if a != 0:
                multiples[n] = multiples.get(n, fmpz(0)) - a
                multiples[row[1]] = multiples.get(row[1], fmpz(0)) + a
                sure &= bool(n == row[1])
    if infinite is not None:
        return infinite
    form = LogForm(((c, b) for b, c in multiples.items()), moment.data.d * kernel.matrix.d)
    return Quantity(lambda bits: form.ball(bits + SPARE_BITS), lambda: form, zero=sure)
