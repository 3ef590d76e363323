"""The information: how much of x0 is left, what a step destroys, and the proofs about both."""
