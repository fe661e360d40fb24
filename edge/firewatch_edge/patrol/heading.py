"""From where a mount stands to where its camera looks, by the poses that were surveyed."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from firewatch.domain.checks import require_between
from firewatch.domain.geo import difference_deg, wrap_deg
from firewatch.domain.mounting import AngleErrors, HeadOffset
from firewatch.errors import InvalidValue
from firewatch_edge.patrol.port import MountPosition

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firewatch.domain.lens import Lens
    from firewatch.domain.optics import Calibration
    from firewatch.domain.zoom import ZoomTable

__all__ = ["Heading"]

# A head is not levelled, and its scale is not exactly what it says: for each degree away from a surveyed pose [deg].
_SCALE_SIGMA = 0.02
# At least, of a view that nobody surveyed [deg].
_LEAST_SIGMA_DEG = 2.0
# A zoom this far from a surveyed one has another field of view.
_SAME_ZOOM = 0.02
_MOST_SIGMA_DEG = 90.0
_WIDEST_PLAIN_DEG = 150.0
# A head that stands less beside its pose stands at it [deg]; a focal length moves what is this far from the axis [deg].
_NOTHING_DEG, _EDGE_DEG = 0.01, 30.0
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
    zooms : ZoomTable or None
        The lenses by zoom, where the settings give them.
    """

    deg_per_pan: float
    deg_per_tilt: float
    surveyed: Sequence[tuple[MountPosition, Calibration]]
    zooms: ZoomTable | None = None

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
            From the surveyed pose that is nearest in pan, with its roll and mount; the lens is that of the zoom, by
            the table of zooms or a pose of the same zoom. Sigma joins the pose's own with 2 deg, 2 % of the way from
            it and, where nothing tells the lens at this zoom, a quarter of the widest field of view: where in the
            picture a smoke stands then says little.
        """
        near, known = min(self.surveyed, key=lambda pair: abs(self._turned_deg(pair[0], position)))
        turned = self._turned_deg(near, position)
        raised = (position.tilt - near.tilt) * self.deg_per_tilt
        zoomed = self._zoomed(position.zoom)
        hfov = zoomed[1] if zoomed else max(lens.hfov_deg for _, lens in self.surveyed)
        # Without its zoom known, a lens is worth nothing.
        lens = zoomed[0] if zoomed else None if hfov <= _WIDEST_PLAIN_DEG else known.lens
        doubt = 0.0 if zoomed else 0.25 * hfov
        sigma = math.hypot(known.sigma_deg, _LEAST_SIGMA_DEG, _SCALE_SIGMA * abs(turned), doubt)
        return replace(
            known,
            calibration_id=calibration_id,
            azimuth_deg=wrap_deg(known.azimuth_deg + turned),
            tilt_deg=min(90.0, max(-90.0, known.tilt_deg + raised)),
            hfov_deg=hfov if lens is None else lens.hfov_deg(),
            sigma_deg=min(_MOST_SIGMA_DEG, sigma),
            lens=lens,
            errors=self._errors(known, raised),
        )

    def offset_at(self, pose: MountPosition, position: MountPosition) -> HeadOffset | None:
        """Return by how much a head stands beside a pose.

        Parameters
        ----------
        pose, position : MountPosition
            Where the pose was surveyed, and what the mount tells now.

        Returns
        -------
        HeadOffset or None
            With the focal length of the table of zooms, where that knows both zooms; None where it is next to nothing.
        """
        turned = self._turned_deg(pose, position)
        raised = (position.tilt - pose.tilt) * self.deg_per_tilt
        focal = 1.0
        if self.zooms is not None and self.zooms.covers(pose.zoom) and self.zooms.covers(position.zoom):
            focal = self.zooms.lens_at(position.zoom).focal / self.zooms.lens_at(pose.zoom).focal
        if max(abs(turned), abs(raised), _EDGE_DEG * abs(focal - 1.0)) < _NOTHING_DEG:
            return None
        return HeadOffset(turned, min(90.0, max(-90.0, raised)), min(10.0, max(0.1, focal)))

    def _zoomed(self, zoom: float) -> tuple[Lens | None, float] | None:
        """Return lens and field of view at a zoom, by the table or a pose of that zoom; None where neither tells."""
        if self.zooms is not None and self.zooms.covers(zoom):
            lens = self.zooms.lens_at(zoom)
            return lens, lens.hfov_deg()
        same = (known for at, known in self.surveyed if abs(at.zoom - zoom) <= _SAME_ZOOM)
        return next(((known.lens, known.hfov_deg) for known in same), None)

    def _errors(self, known: Calibration, raised_deg: float) -> AngleErrors | None:
        """Return the errors of the angles of a view that nobody surveyed; None where those of the pose are unknown."""
        if known.errors is None:
            return None
        tilt = math.hypot(known.errors.tilt_deg, _LEAST_SIGMA_DEG, _SCALE_SIGMA * abs(raised_deg))
        return AngleErrors(min(_MOST_SIGMA_DEG, tilt), known.errors.roll_deg, known.errors.hfov_deg)

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
        near, known = min(self.surveyed, key=lambda pair: abs(difference_deg(azimuth_deg, pair[1].middle_deg)))
        aside_deg = difference_deg(azimuth_deg, known.middle_deg)
        across = known.across(azimuth_deg)
        if across is not None and 0.25 <= across <= 0.75:  # noqa: PLR2004 - the middle half
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
