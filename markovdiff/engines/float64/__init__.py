"""Float64 that keeps its relative accuracy, labelled and never called proved."""
