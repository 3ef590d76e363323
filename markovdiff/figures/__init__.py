"""Figures for a paper, drawn by Matplotlib from certified numbers.

style       sizes, colours and dashes: fit for a column, told apart in grey and by the colour-blind
curves      what a run found over time: information, loss, entropy, the ledger
laws        what the chain is at some times: Q̄_t, p_t, q(x0 | x_t)
figure      which of them, of which scenarios: `md.plot`
"""
