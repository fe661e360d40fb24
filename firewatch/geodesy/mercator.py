"""Web Mercator, the projection of web maps: only its y, for its x goes with the longitude."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["mercator_y"]


def mercator_y(lat_deg: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return Web Mercator's y, in units of the sphere's radius, north positive; latitude within 85 [deg]."""
    return np.asarray(np.arctanh(np.sin(np.radians(np.asarray(lat_deg, dtype=np.float64)))))
