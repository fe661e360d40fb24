"""From where a mount stands to where its camera looks, by the poses that were surveyed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from firewatch.domain.checks import require_between
from firewatch.domain.geo import difference_deg, wrap_deg
from firewatch.domain.optics import Calibration
from firewatch.errors import InvalidValue
from firewatch_edge.patrol.port import MountPosition

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Heading"]

# A head is not levelled, and its scale is not exactly what it says: for each degree away from a surveyed pose [deg].
_SCALE_SIGMA = 0.02
# At least, of a view that nobody surveyed [deg].
_LEAST_SIGMA_DEG = 2.0
# A zoom this far from a surveyed one has another field of view.
_SAME_ZOOM = 0.02
_MOST_SIGMA_DEG = 90.0
# By how much a pose may stand aside from where the others place it [deg].
_MOST_ASIDE_DEG = 15.0


@dataclass(frozen=True, slots=True)
class Heading:
    """The azimuth of any position of one mount.

    Parameters
    ----------
    deg_per_pan : float
        Azimuth that one unit of pan turns the camera by [deg]; negative where it hangs upside down.
    deg_per_tilt : float
        Elevation that one unit of tilt raises it by [deg].
    surveyed : sequence of (MountPosition, Calibration), length n >= 1
        The poses that were surveyed and whose position is known.
    """

    deg_per_pan: float
    deg_per_tilt: float
    surveyed: Sequence[tuple[MountPosition, Calibration]]

    def __post_init__(self) -> None:
        require_between("degrees a unit of pan", abs(self.deg_per_pan), 1.0, 720.0)
        if not self.surveyed:
            raise InvalidValue("surveyed poses", "none", "at least one whose position is known")

    def calibration_at(self, position: MountPosition, calibration_id: str) -> Calibration:
        """Return how the camera looks from a position that nobody surveyed.

        Parameters
        ----------
        position : MountPosition
            As the mount tells it.
        calibration_id : str
            Name for it.

        Returns
        -------
        Calibration
            From the surveyed pose that is nearest in pan. Sigma joins that pose's own with 2 deg, 2 % of the way from
            it and, where the zoom is another one, a quarter of the widest field of view: where in the picture a smoke
            stands then says little.
        """
        near, known = min(self.surveyed, key=lambda pair: abs(self._turned_deg(pair[0], position)))
        turned = self._turned_deg(near, position)
        same = [lens.hfov_deg for at, lens in self.surveyed if abs(at.zoom - position.zoom) <= _SAME_ZOOM]
        hfov = same[0] if same else max(lens.hfov_deg for _, lens in self.surveyed)
        doubt = 0.0 if same else 0.25 * hfov
        sigma = math.hypot(known.sigma_deg, _LEAST_SIGMA_DEG, _SCALE_SIGMA * abs(turned), doubt)
        tilt = known.tilt_deg + (position.tilt - near.tilt) * self.deg_per_tilt
        return Calibration(
            calibration_id,
            wrap_deg(known.azimuth_deg + turned),
            min(90.0, max(-90.0, tilt)),
            hfov,
            min(_MOST_SIGMA_DEG, sigma),
        )

    def position_at(self, azimuth_deg: float) -> MountPosition | None:
        """Return where the mount must stand to look along an azimuth.

        Parameters
        ----------
        azimuth_deg : float
            True azimuth, [0, 360) [deg].

        Returns
        -------
        MountPosition or None
            That of the nearest surveyed pose where the azimuth lies in the middle half of its view: its past, its masks
            and its picture are known. Else its tilt and zoom, turned in pan. None where the head does not turn there.
        """
        near, known = min(self.surveyed, key=lambda pair: abs(difference_deg(azimuth_deg, pair[1].azimuth_deg)))
        aside_deg = difference_deg(azimuth_deg, known.azimuth_deg)
        if abs(aside_deg) <= 0.25 * known.hfov_deg:
            return near
        pan = near.pan + aside_deg / self.deg_per_pan
        if abs(pan) > 1.0:
            pan -= math.copysign(360.0 / abs(self.deg_per_pan), pan)
        return MountPosition(pan, near.tilt, near.zoom) if abs(pan) <= 1.0 else None

    def disagreement_deg(self) -> float:
        """Return by how much the azimuths of the poses contradict their pans at most [deg]."""
        first, lens = self.surveyed[0]
        return max(
            abs(difference_deg(other.azimuth_deg, wrap_deg(lens.azimuth_deg + self._turned_deg(first, at))))
            for at, other in self.surveyed
        )

    def contradicts(self) -> bool:
        """Tell whether some pose's azimuth cannot be right, if the others' are (or `deg_per_pan` is wrong)."""
        return self.disagreement_deg() > _MOST_ASIDE_DEG

    def _turned_deg(self, near: MountPosition, position: MountPosition) -> float:
        """Return how far the camera is turned from one position to another, the short way [deg]."""
        turned = (position.pan - near.pan) * self.deg_per_pan
        return math.remainder(turned, 360.0)
