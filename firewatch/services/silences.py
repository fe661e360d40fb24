"""Cameras that looked while a smoke stood, and reported nothing: what the place of a fire is weighed with.

On the safe side throughout: a camera counts only where it is known that it saw its whole view all the time.
"""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING

from firewatch.fusion import Eye, NotSeen
from firewatch.services.eyes_record import minutes_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from firewatch.domain.ids import TowerId
    from firewatch.domain.optics import Calibration
    from firewatch.domain.sites import Camera, Pose, Tower
    from firewatch.domain.vision import Sighting
    from firewatch.services.eyes_record import EyesHour, EyesRecord
    from firewatch.services.masks import MaskBook, SetMask
    from firewatch.services.ports import SightingBook

__all__ = ["OpenEyes"]

# A camera must have looked from the first frame of a smoke on for so long at each of its poses, to find it with such a
# chance: it takes several frames to be sure, and what the first camera saw was small. By judgement, until operators'
# records say better [min].
_CHANCES = ((10.0, 0.7), (5.0, 0.5), (3.0, 0.3))
# Later it says nothing new; and of so many minutes vitals must have come, for some get lost on the way.
_LONGEST, _LEAST_HEARD = timedelta(hours=1), 0.8
# What a camera reports this long before or after may be of the same smoke, by another's clock.
_AROUND = timedelta(minutes=30)
# Off each side of the picture: half a smoke is none [deg].
_SIDE_DEG = 1.0
# The picture's height over its width, at least; the horizon must lie in its middle part, as a share of the half.
_FLATTEST, _MIDDLE = 9.0 / 16.0, 0.7
# How far below a tower the ground of its surroundings may lie [m].
_DEEPEST_M = 500.0
_MOST_NEAREST_M = 60_000.0


class OpenEyes:
    """Fulfils `firewatch.services.locating.Silences`.

    Parameters
    ----------
    record : EyesRecord
        Port: when which camera saw.
    book : SightingBook
        Port: what cameras reported.
    masks : MaskBook
        Port: poses with a mask say nothing.
    """

    def __init__(self, record: EyesRecord, book: SightingBook, masks: MaskBook) -> None:
        self._record = record
        self._book = book
        self._masks = masks

    def of(self, sightings: Sequence[Sighting], towers: Sequence[Tower]) -> tuple[NotSeen, ...]:
        """Return the views of these towers that were looking while some sightings, at least one, lasted.

        Of an exercise there are none: its smoke is painted into the pictures of one camera.
        """
        first = min(sighting.first_seen_at for sighting in sightings)
        last = min(max(sighting.observed_at for sighting in sightings), first + _LONGEST)
        if not towers or _chance((last - first) / timedelta(minutes=1)) == 0.0 or sightings[0].is_exercise:
            return ()
        hours: dict[tuple[TowerId, str], dict[datetime, EyesHour]] = {}
        for hour in self._record.hours_between(first, last):
            hours.setdefault((hour.tower_id, hour.camera_id), {})[hour.hour] = hour
        chances = {
            (tower.tower_id, camera.camera_id): _chance(
                _open_minutes(hours.get((tower.tower_id, camera.camera_id), {}), first, last) / len(camera.poses)
            )
            for tower in towers
            for camera in tower.cameras
        }
        if not any(chances.values()):
            return ()
        busy = {
            (stored.sighting.tower_id, stored.sighting.camera_id)
            for stored in self._book.observed_between(first - _AROUND, last + _AROUND)
        }
        return tuple(
            silence
            for tower in towers
            for camera in tower.cameras
            if (tower.tower_id, camera.camera_id) not in busy
            for silence in self._views(tower, camera, chances[tower.tower_id, camera.camera_id], (first, last))
        )

    def _views(
        self, tower: Tower, camera: Camera, chance: float, period: tuple[datetime, datetime]
    ) -> tuple[NotSeen, ...]:
        if chance == 0.0:
            return ()
        masked = {mask.placed.pose_id for mask in self._masks.of_tower(tower.tower_id) if _held(mask, camera, *period)}
        eye = Eye(tower.tower_id, tower.position, camera.range_m)
        views = [_view(pose, eye, chance) for pose in camera.poses if pose.pose_id not in masked]
        return tuple(view for view in views if view is not None)


def _chance(minutes: float) -> float:
    return next((chance for least, chance in _CHANCES if minutes >= least), 0.0)


def _open_minutes(hours: Mapping[datetime, EyesHour], first: datetime, last: datetime) -> int:
    """Return for how many minutes a camera saw; 0 where it did not for one, or was not heard for many."""
    minutes = minutes_of(first, last)
    known = [(hours.get(hour), bit) for hour, bit in minutes]
    if any(hour is not None and hour.shut_minutes & bit for hour, bit in known):
        return 0
    heard = sum(hour is not None and bool(hour.open_minutes & bit) for hour, bit in known)
    return len(minutes) - 1 if heard >= _LEAST_HEARD * len(minutes) else 0


def _held(mask: SetMask, camera: Camera, first: datetime, last: datetime) -> bool:
    if mask.placed.camera_id != camera.camera_id or mask.set_at > last:
        return False
    until = mask.placed.mask.until
    return (mask.removed_at is None or mask.removed_at >= first) and (until is None or until >= first.date())


def _view(pose: Pose, eye: Eye, chance: float) -> NotSeen | None:
    """Return the view of a pose; None where the horizon is not well within it."""
    look: Calibration = pose.calibration
    half_deg = look.hfov_deg / 2.0 - 2.0 * look.sigma_deg - _SIDE_DEG
    up_deg = math.degrees(math.atan(_FLATTEST * math.tan(math.radians(min(look.hfov_deg, 150.0)) / 2.0)))
    if half_deg < _SIDE_DEG or abs(look.tilt_deg) > _MIDDLE * up_deg:
        return None
    nearest_m = _DEEPEST_M / math.tan(math.radians(up_deg - look.tilt_deg))
    return NotSeen(eye, look.azimuth_deg, min(180.0, half_deg), chance, min(_MOST_NEAREST_M, max(0.0, nearest_m)))
