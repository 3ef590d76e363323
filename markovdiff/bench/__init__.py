"""The benchmarks: this engine beside what else computes I(x0; x_t), as ratios, and what each gets wrong."""
