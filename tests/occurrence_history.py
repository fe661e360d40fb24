"""Histories of fires with a known truth, small enough for tests."""

from __future__ import annotations

import numpy as np

from firewatch.learning.candidates import OccurrenceData

__all__ = ["history"]


def history(
    seed: int, days: int = 1200, blocks: int = 4, slope: float = 1.5, *, at_most: int | None = 1
) -> OccurrenceData:
    """Return days whose log-rate of fire is -1.5 + slope * dry + 0.8 * feast, and a column that says nothing."""
    rng = np.random.default_rng(seed)
    dry, noise = rng.normal(size=days), rng.gamma(2.0, size=days)
    feast = (rng.random(days) < 0.2).astype(np.float64)
    eta = -1.5 + slope * dry + 0.8 * feast * (slope != 0)
    if at_most == 1:
        count = (rng.random(days) < 1 / (1 + np.exp(-eta))).astype(np.float64)
    else:
        count = rng.poisson(np.exp(np.minimum(eta, 3.0))).astype(np.float64)
    columns = {"dry": dry, "feast": feast, "noise": noise}
    order = np.arange(days)
    return OccurrenceData(
        columns,
        {name: name for name in columns},
        count,
        np.where(order % 2 == 0, "a", "b"),
        1 + (order % 12),
        order * blocks // days,
    )
