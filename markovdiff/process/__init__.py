"""The noising: a data distribution, kernels, schedules, and the chain they make."""
