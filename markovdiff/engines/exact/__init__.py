"""Exact arithmetic: rationals all the way, logarithms decided."""
