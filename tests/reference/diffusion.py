"""A realistic implementation of discrete diffusion in NumPy, as people write it, with bugs that can be switched on.

Right without them. Each bug is one line, marked; `compare` must name every one that changes a number.

    transposed      Q_t has columns that sum to one, and is multiplied from the wrong side
    shifted         the posterior of step t is taken with Q̄_t where Q̄_{t−1} belongs: arrays by t stand one later
    nats            natural logarithms in a report in bits
    clamp           probabilities are kept above 1e-3
    drop-prior      L without KL(p_T‖π)
    unnormalised    the reverse rows are not divided by their sums
    mean            the mean over t in place of the sum
    log             log-probabilities are returned
"""

from __future__ import annotations

from typing import Any

import numpy as np

BUGS = ("transposed", "shifted", "nats", "clamp", "drop-prior", "unnormalised", "mean", "log")
Array = Any


def transition(kind: str, K: int, beta: float, order: float = 1.0) -> Array:
    """Q_t by the formulas of Austin et al. 2021, §3.1 and appendix A.2."""
    if kind == "uniform":
        return (1 - beta) * np.eye(K) + beta / K
    if kind == "absorbing":
        mask = np.zeros((K, K))
        mask[:, -1] = 1
        return (1 - beta) * np.eye(K) + beta * mask
    if kind == "neighbour":
        Q = np.zeros((K, K))
        for i in range(K):
            for j in (i - 1, i + 1):
                Q[i, -1 - j if j < 0 else 2 * K - 1 - j if j >= K else j] += beta / 2
        return Q + (1 - beta) * np.eye(K)
    i = np.arange(K)
    off = np.exp(-4 * (i[:, None] - i[None, :]) ** 2 / ((K - 1) ** 2 * beta))
    n = np.arange(-(K - 1), K)
    Q = off / np.exp(-4 * n**2 / ((K - 1) ** 2 * beta)).sum()
    np.fill_diagonal(Q, 0)
    return Q + np.diag(1 - Q.sum(axis=1))


def entropy(p: Array) -> float:
    """H(p) in nats."""
    q = p[p > 0]
    return float(-(q * np.log(q)).sum())


def diffusion(kind: str, data: Array, betas: Array, bug: str | None = None) -> dict[str, Array]:
    """All arrays of a run, with one bug or none; the prior is uniform, the reverse model is Bayes'."""
    K = len(data)
    Q = np.array([transition(kind, K, beta) for beta in betas])
    if bug == "transposed":
        Q = Q.swapaxes(1, 2)  # the bug
    Q_bar = [np.eye(K)]
    for step in Q:
        Q_bar.append(Q_bar[-1] @ step)
    cumulative = np.array(Q_bar)
    marginal = data @ cumulative
    joint = data[:, None] * cumulative  # [t][x_0][x_t]
    with np.errstate(invalid="ignore", divide="ignore"):
        posterior = (joint / marginal[:, None, :]).swapaxes(1, 2)
        reverse = (marginal[:-1, :, None] * Q).swapaxes(1, 2)  # [t − 1][x_t][x_{t−1}]
        if bug != "unnormalised":  # the bug
            reverse = reverse / marginal[1:, :, None]
    if bug == "shifted":
        posterior = np.concatenate([posterior[:1], posterior[:-1]])  # the bug
    mutual = np.array([entropy(p) for p in marginal])
    mutual -= np.array([sum(p0 * entropy(row) for p0, row in zip(data, rows, strict=True)) for rows in cumulative])
    terms = mutual[:-1] - mutual[1:]  # of the Bayes reverse: what each step loses
    terms[0] = entropy(data) - mutual[1]  # the reconstruction
    prior = mutual[-1] + np.log(K) - entropy(marginal[-1])
    bound = terms.sum() + prior
    if bug == "drop-prior":
        bound = terms.sum()  # the bug
    if bug == "mean":
        bound = terms.mean() + prior  # the bug
    if bug == "clamp":
        posterior = np.maximum(posterior, 1e-3)  # the bug
    if bug == "log":
        with np.errstate(divide="ignore"):
            reverse = np.log(reverse)  # the bug
    unit = 1.0 if bug == "nats" else np.log(2)  # the bug
    return {
        "Q": Q,
        "Qbar": cumulative,
        "marginal": marginal,
        "data_posterior": posterior,
        "reverse": reverse,
        "entropy": np.array([entropy(p) for p in marginal]) / unit,
        "mutual_information": mutual / unit,
        "elbo_terms": terms / unit,
        "prior_term": prior / unit,
        "negative_elbo": bound / unit,
    }
