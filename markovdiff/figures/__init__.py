"""Figures for a paper, drawn by Matplotlib from certified numbers.

style       sizes, colours and dashes: fit for a column, told apart in grey and by the colour-blind
marks       what has no height is said at an edge; ticks, scales, a legend that hides nothing
curves      what a run found over time: information, loss, entropy
ledger      each step's term of L, stacked
samplers    what samplers draw, against their number of steps
laws        what the chain is at some times: Q̄_t, p_t, q(x0 | x_t)
grids       a column of a sweep's table against a key
figure      which of them, of which scenarios: `md.plot`
"""
