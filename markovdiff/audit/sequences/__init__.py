"""The second route for sequences: laws of states are walked, pair by pair and path by path.

A record is read by `scenario` (with `law` and `models`) into a `process`. What is true at each t is found by
`information`, what the reverse model adds by `reverse`, the totals by `ledger`; the model's rows by `positions`, what
is drawn by `sampler` and `unmasking`, the information curve by `curve`. `questions`, `samplers` and `bounds` decide
the checks, and `examination` confirms the record.
"""
