"""Made-up skylines and cameras for the tests of calibration."""

from __future__ import annotations

import numpy as np

from firewatch.calibration import Horizon
from firewatch.domain.optics import Calibration
from firewatch.terrain import Skyline
from firewatch.testing.skyline_picture import skyline_rows_px

SIZE = (960, 540)


def rugged(seed: int, size_deg: float = 1.0, step_deg: float = 0.1) -> Skyline:
    """Return a skyline of ridges all round, far away."""
    rng = np.random.default_rng(seed)
    azimuth = np.arange(0.0, 360.0, step_deg)
    waves = np.arange(1, 120)
    phase = rng.uniform(0.0, 2.0 * np.pi, waves.size)
    height = rng.normal(size=waves.size) / waves**0.9
    elevation = size_deg * (height[:, None] * np.cos(np.radians(azimuth) * waves[:, None] + phase[:, None])).sum(axis=0)
    return Skyline(azimuth, elevation, np.full(azimuth.size, 20_000.0))


def camera(**changed: float) -> Calibration:
    """Return a plain camera, level, looking south-west."""
    given = {"azimuth_deg": 217.4, "tilt_deg": -1.2, "hfov_deg": 55.5, "sigma_deg": 1.0, "roll_deg": 0.8, **changed}
    return Calibration("test", **given)


def seen_by(
    look: Calibration, skyline: Skyline, rng: np.random.Generator | None = None, noise_px: float = 0.5
) -> Horizon:
    """Return the horizon that a camera would see, with some noise."""
    rows = skyline_rows_px(skyline, look, *SIZE)
    if rng is not None:
        rows = rows + rng.normal(0.0, noise_px, rows.size)
    return Horizon(rows, np.ones(rows.size), SIZE[1])
