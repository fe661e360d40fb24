"""Each tower hears what it is to look by when that changes: the fire danger of its place, and its masks.

This is the one publisher of a tower's settings, which travel as a whole: who sets a part stores it, and this puts the
parts together. After a start every tower hears all of it again.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from firewatch.domain.tower_settings import PlaceRating, PoseCalibration, TowerSettings
from firewatch.errors import TransportError
from firewatch.services.masks import masks_at

if TYPE_CHECKING:
    from datetime import datetime

    from firewatch.domain.geo import Position
    from firewatch.domain.ids import TowerId
    from firewatch.domain.sites import SiteMap, Tower
    from firewatch.domain.tower_settings import PoseMask
    from firewatch.services.findings import Neighbourhood
    from firewatch.services.masks import MaskBook
    from firewatch.services.ports import Clock

__all__ = ["RATING_LIFE", "TowerRatings", "TowerSettingsSender"]

logger = logging.getLogger(__name__)

# A rating is of a noon; the next one is due a day later, and a station that reports late has some hours more.
RATING_LIFE = timedelta(hours=30)


def corrections_of(tower: Tower) -> tuple[PoseCalibration, ...]:
    """Return the calibrations of a tower's poses that correct others, so that its node looks by them too."""
    return tuple(
        PoseCalibration(camera.camera_id, pose.pose_id, pose.calibration, pose.corrects)
        for camera in tower.cameras
        for pose in camera.poses
        if pose.corrects
    )


class TowerSettingsSender(Protocol):
    """Brings settings to towers."""

    def send(self, tower_id: TowerId, settings: TowerSettings) -> None:
        """Leave settings for a tower, which need not be there now; raises `TransportError` where that cannot be."""
        ...


class TowerRatings:
    """Tells towers the danger of their places, and their masks.

    Parameters
    ----------
    sites : SiteMap
        The towers.
    neighbourhood : Neighbourhood
        Finds the rating that is nearest to a place.
    sender : TowerSettingsSender
        Brings it there.
    clock : Clock
        Tells what has expired.
    masks : MaskBook or None
        The masks that people drew here; None where nobody can.
    """

    def __init__(
        self,
        sites: SiteMap,
        neighbourhood: Neighbourhood,
        sender: TowerSettingsSender,
        clock: Clock,
        masks: MaskBook | None = None,
    ) -> None:
        self._sites = sites
        self._neighbourhood = neighbourhood
        self._sender = sender
        self._clock = clock
        self._masks = masks
        self._told: dict[TowerId, tuple[PlaceRating | None, tuple[PoseMask, ...]]] = {}
        # The sites are read once: what they correct is told with all else.
        self._corrections = {tower.tower_id: corrections_of(tower) for tower in sites.towers}

    def step(self) -> int:
        """Tell each tower whose settings are others than it was told, in this run of the program; return how many."""
        now, told = self._clock.now(), 0
        standing = () if self._masks is None else self._masks.standing()
        for tower in self._sites.towers:
            rating, masks = self._rating(tower.position, now), masks_at(standing, tower.tower_id, now)
            if self._told.get(tower.tower_id) == (rating, masks):
                continue
            try:
                corrections = self._corrections[tower.tower_id]
                self._sender.send(tower.tower_id, TowerSettings(now, rating, masks=masks, calibrations=corrections))
            except TransportError as err:
                # The next step tries again; a tower without a rating mutes nothing.
                logger.warning("tower_ratings.not_sent", extra={"tower_id": tower.tower_id, "why": str(err)})
                return told
            self._told[tower.tower_id] = (rating, masks)
            told += 1
        return told

    def _rating(self, place: Position, now: datetime) -> PlaceRating | None:
        nearest = self._neighbourhood.rating(place, now)
        if nearest is None or nearest.rating.grade is None:
            return None
        valid_until = nearest.rating.valid_at + RATING_LIFE
        return PlaceRating(nearest.rating.grade, valid_until) if now < valid_until else None
