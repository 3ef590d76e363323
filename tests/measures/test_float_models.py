"""The ledger of any reverse model in float64, against the exact one."""

from __future__ import annotations

from hypothesis import given

from markovdiff.measures.terms import Totals, Unbounded
from tests.chains import examples
from tests.modelled import Modelled, exactly, in_float64, modelled


def check_near(exact: object, near: object, name: str) -> None:
    """A term is the exact one to within 1e-9 of itself, or of what is told apart; infinite or undefined as it is."""
    if isinstance(exact, Unbounded):
        assert isinstance(near, Unbounded), (name, exact, near)
        assert (near.kind, near.witness) == (exact.kind, exact.witness), name
        return
    assert not isinstance(near, Unbounded), (name, near)
    truth = float(exact.ball(200))
    assert abs(near.value - truth) <= 1e-9 * truth + min(near.noise, 1e-13), (name, truth, near)


@examples(1500)
@given(modelled())
def test_every_line_is_the_exact_one(drawn: Modelled) -> None:
    """Each Δ_t, each term and each total agree with the exact ledger, whatever is infinite or undefined agrees too."""
    steps, totals, _finding = exactly(drawn)
    near_steps, near_totals, near_finding = in_float64(drawn)
    for t, (a, b) in enumerate(zip(steps, near_steps, strict=True), 1):
        check_near(a.error, b.error, f"Δ_{t}")
        check_near(a.term, b.term, f"term {t}")
    for name in Totals.__slots__:
        check_near(getattr(totals, name), getattr(near_totals, name), name)
    assert near_finding.observed == "holds"
