"""The scenario that `markovdiff new` writes: small, complete, and with every common choice beside it."""

from markovdiff.process.kernels.registry import KERNELS

COLUMN = 43
"""Where remarks begin."""


def _kernels() -> str:
    """Return a line for each example of a kernel; the first is the scenario's own."""
    lines: list[str] = []
    for table, remark in (example for spec in KERNELS.values() for example in spec.starter):
        line = f"{'# ' if lines else ''}kernel = {table}"
        lines.append(f"{line:<{COLUMN}}# {remark}" if remark else line)
    return "\n".join(lines)


STARTER = f"""\
# A markovdiff scenario. Run it with: markovdiff run THIS-FILE
# Every number may be "3/4", 3, or 0.75; a decimal means exactly the decimal written.

title = "My first chain"
description = "Three letters, noised towards the uniform distribution."
unit = "bits"                              # or "nats"

[data]                                     # q(x0), in exactly one form:
states = ["a", "b", "c"]                   # labels, optional
weights = [5, 2, 1]                        # normalised exactly
# probabilities = ["5/8", "1/4", "1/8"]    # must sum to exactly 1
# family = {{ kind = "zipf", size = 8 }}     # uniform, triangular, zipf, geometric, binomial, point
# text = {{ path = "corpus.txt", unit = "character" }}      # or "word", "byte"
# csv = {{ path = "counts.csv", label = "symbol", count = "n" }}
# length = 3                               # three such symbols, each noised by itself; or windows of a text, or
# sequences = {{ "aab" = 3, "bba" = 1 }}     # with length = 3 and no other form

[noise]
steps = 32
{_kernels()}
schedule = {{ kind = "constant", beta = "1/10" }}
# schedule = {{ kind = "linear", start = 0.01, stop = 0.2 }}
# schedule = {{ kind = "cosine" }}           # power = 1, cap = "999/1000"; also: jump, geometric, explicit, alpha, …

[reverse]
prior = "marginal"                         # or "stationary", "uniform", "mask", or probabilities

[checks]                                   # what is expected; `markovdiff verify` exits 1 otherwise
mi-decay = "strict"                        # "strict", "non-increasing", "equal", "violated"
converged = {{ information = "1/100" }}      # I(x0;x_T) at most this, in the unit above

[arithmetic]
digits = 15                                # certified significant digits
"""
