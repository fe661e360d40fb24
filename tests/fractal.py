"""Ground as rough as hills are: a surface with a power spectrum, of one seed."""

from __future__ import annotations

import numpy as np

__all__ = ["fractal_heights"]


def fractal_heights(size: int, seed: int, relief_m: float = 250.0, roughness: float = 1.9) -> np.ndarray:
    """Return heights, shape (size, size), float32, with a mean of 600 m and a standard deviation of `relief_m`."""
    rng = np.random.default_rng(seed)
    frequency = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.fftfreq(size)[None, :])
    frequency[0, 0] = 1.0
    spectrum = frequency**-roughness * np.exp(2j * np.pi * rng.random((size, size)))
    # The longest waves would make one slope of it all.
    spectrum[frequency < 3.0 / size] *= 0.5
    heights = np.fft.ifft2(spectrum).real
    return (600.0 + relief_m * (heights - heights.mean()) / heights.std()).astype(np.float32)
