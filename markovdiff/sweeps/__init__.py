"""Sweeps: one scenario run at every point of a grid, a row a point.

grid        GRID.toml or a dict → axes → points, each a dict of keys to set
point       one point run: its axes, what is kept of its result, and how it ended
table       rows → columns of one type → Parquet, CSV, JSON lines
sweep       all points by any executor; what is done is kept when it is interrupted
"""
