"""Since when which camera looked with open eyes: what the vitals said, minute by minute.

A minute is open if a camera then said that it sees, and shut if it said that anything keeps it from seeing all of its
round. One that is neither is unknown: its node was not heard. Marks are only added, so that neither the order nor the
repetition of vitals matters.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from firewatch.domain.checks import require_utc
from firewatch.services.eyes import why_blind

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from firewatch.domain.ids import TowerId
    from firewatch.services.arrivals import VitalsArrived
    from firewatch.wire.v1 import CameraVitalsV1

__all__ = ["EyesHour", "EyesRecord", "eyes_hours", "minutes_of"]

# A turning camera looks at all its poses while its round goes on; held by a person or a candidate it does not.
_ROUND = frozenset({"turning", "settling", "dwelling"})
# What waits longer than this for the centre may be a sighting [s].
_LONGEST_WAIT_S = 60.0


@dataclass(frozen=True, slots=True)
class EyesHour:
    """One hour of one camera.

    Parameters
    ----------
    tower_id, camera_id : str
        Which camera.
    hour : datetime
        UTC instant of its beginning.
    open_minutes, shut_minutes : int
        A bit for each minute of the hour, the first one the lowest.
    """

    tower_id: TowerId
    camera_id: str
    hour: datetime
    open_minutes: int = 0
    shut_minutes: int = 0

    def __post_init__(self) -> None:
        require_utc("hour of open eyes", self.hour)


class EyesRecord(Protocol):
    """The hours that vitals told of."""

    def hours_between(self, since: datetime, until: datetime) -> tuple[EyesHour, ...]:
        """Return the hours that touch a period, in the order of tower, camera and hour."""
        ...


def eyes_hours(arrived: Iterable[VitalsArrived]) -> list[EyesHour]:
    """Return what some vitals say of their cameras' eyes, one a camera and hour, in the order of their names.

    The minute is that of the centre's clock: a node's may be wrong. Nodes of an earlier version, which do not tell how
    much they see, are left out.
    """
    found: dict[tuple[TowerId, str, datetime], list[int]] = {}
    for one in arrived:
        hour = one.received_at.replace(minute=0, second=0, microsecond=0)
        waits = (one.vitals.outbox_oldest_s or 0.0) > _LONGEST_WAIT_S
        for camera in one.vitals.cameras:
            if camera.eyes is not None:
                marks = found.setdefault((one.tower_id, camera.camera_id, hour), [0, 0])
                marks[waits or not _sees_its_round(camera)] |= 1 << one.received_at.minute
    return [EyesHour(*key, *marks) for key, marks in sorted(found.items())]


def minutes_of(since: datetime, until: datetime) -> list[tuple[datetime, int]]:
    """Return the minutes that a period touches: the hour of each, and its bit."""
    minute = since.replace(second=0, microsecond=0)
    found = []
    while minute <= until:
        found.append((minute.replace(minute=0), 1 << minute.minute))
        minute += timedelta(minutes=1)
    return found


def _sees_its_round(camera: CameraVitalsV1) -> bool:
    """Tell whether a camera reports all smoke that it can see in all its poses."""
    patrol = camera.patrol
    on_round = patrol is None or (patrol.phase in _ROUND and not patrol.blind and not patrol.is_late)
    # A mask of the node's own has set something aside: nobody here knows where.
    holds_nothing_back = camera.detections_masked == 0 and camera.exercise_until is None
    is_clear = camera.light != "night" and all(one.state == "ok" for one in camera.conditions)
    return not why_blind(camera) and on_round and holds_nothing_back and is_clear
