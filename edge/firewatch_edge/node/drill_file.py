"""A drill: who shall see a painted smoke, where and until when; kept on the disk, never longer than half an hour."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import msgspec

from firewatch.domain.checks import require_between
from firewatch.domain.ids import SLUG_PATTERN, ULID_PATTERN, CameraId, PoseId
from firewatch.errors import InvalidValue
from firewatch_edge.node.kept_file import write_kept

__all__ = ["MOST_MINUTES", "Aim", "Drill", "DrillFile", "Moment", "steady_now"]

logger = logging.getLogger(__name__)

# Long enough for two rounds of a turning camera; what is forgotten ends by itself.
MOST_MINUTES = 30.0
_BOOT = Path("/proc/sys/kernel/random/boot_id")
# Nearer than this a painted smoke fills the picture; farther than that it is no more than haze.
_NEAREST_M, _FARTHEST_M = 500.0, 25_000.0


@dataclass(frozen=True, slots=True)
class Moment:
    """A time on the computer's own clock, which nobody sets: its start, and how long ago that was [s]."""

    boot: str
    at_s: float


def steady_now() -> Moment:
    """Return the present by the clock that runs since the computer was switched on, in every process the same."""
    try:
        boot = _BOOT.read_text(encoding="ascii").strip()
    except OSError:
        # Without a name the start of a drill still says by how much this clock has gone on.
        boot = ""
    return Moment(boot, time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)))


class Aim(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the smoke rises.

    Parameters
    ----------
    azimuth_deg : float or None
        True azimuth from the tower, [0, 360) [deg]; None means the middle of the picture.
    distance_m : float
        From the tower, 500 to 25,000 [m]: it says how large the smoke looks.
    at : (float, float) or None
        In place of the azimuth: the fire's place in the picture, in shares of its width and height from the top left.
    """

    azimuth_deg: float | None = None
    distance_m: float = 4000.0
    at: tuple[float, float] | None = None

    def checked(self) -> Aim:
        """Return it; raise `InvalidValue` where a number is none that can be meant."""
        require_between("distance of the exercise (m)", self.distance_m, _NEAREST_M, _FARTHEST_M)
        if self.azimuth_deg is not None and not 0.0 <= self.azimuth_deg < 360.0:  # noqa: PLR2004 - a full turn
            raise InvalidValue("azimuth of the exercise", self.azimuth_deg, "a true azimuth of 0 to below 360 degrees")
        for share in self.at or ():
            require_between("place of the exercise in the picture", share, 0.0, 1.0)
        return self


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    drill_id: Annotated[str, msgspec.Meta(pattern=ULID_PATTERN)]
    camera: Annotated[str, msgspec.Meta(pattern=SLUG_PATTERN)]
    pose: Annotated[str, msgspec.Meta(pattern=SLUG_PATTERN)]
    started_at: Annotated[datetime, msgspec.Meta(tz=True)]
    minutes: Annotated[float, msgspec.Meta(gt=0.0, le=MOST_MINUTES)]
    boot: str
    boot_s: Annotated[float, msgspec.Meta(ge=0.0)]
    aim: Aim


@dataclass(frozen=True, slots=True)
class Drill:
    """One exercise at one pose.

    Parameters
    ----------
    drill_id : str
        ULID.
    camera_id, pose_id
        In whose pictures the smoke is painted.
    started_at : datetime
        UTC.
    start : Moment
        The same on the clock that nobody sets.
    minutes : float
        How long it lasts at most, above 0 to 30.
    aim : Aim
        Where.
    """

    drill_id: str
    camera_id: CameraId
    pose_id: PoseId
    started_at: datetime
    start: Moment
    minutes: float
    aim: Aim

    def __post_init__(self) -> None:
        if not 0.0 < self.minutes <= MOST_MINUTES:
            raise InvalidValue("minutes of exercise", self.minutes, f"above 0, at most {MOST_MINUTES:g}; hold another")
        self.aim.checked()

    @property
    def until(self) -> datetime:
        """The UTC instant of its end."""
        return self.started_at + timedelta(minutes=self.minutes)

    def burning_s(self, now: Moment) -> float:
        """Return for how long the fire would have burned [s]."""
        return now.at_s - self.start.at_s

    def holds(self, at: datetime, now: Moment) -> bool:
        """Tell whether it goes on, by both clocks.

        A wall clock that is set on past the end ends it; one that is set back does not prolong it; and it does not
        outlive the computer's own restart, over which no clock tells for sure how much of it is left.
        """
        return now.boot == self.start.boot and 0.0 <= self.burning_s(now) < self.minutes * 60.0 and at < self.until


class DrillFile:
    """The node reads it, the command line and the centre's commands write it; all may do so at any time.

    Parameters
    ----------
    path : Path
        The file; where there is none, there is no drill.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int, int] | None = None
        self._known: Drill | None = None

    def begin(self, drill: Drill) -> None:
        """Begin a drill, in the place of any other; raises `OSError` where it cannot be written."""
        entry = _Entry(
            drill.drill_id,
            drill.camera_id,
            drill.pose_id,
            drill.started_at,
            drill.minutes,
            drill.start.boot,
            drill.start.at_s,
            drill.aim,
        )
        write_kept(self._path, msgspec.json.format(msgspec.json.encode(entry)) + b"\n")

    def end(self) -> bool:
        """End the drill; return whether there was a file of any. Raises `OSError` where it cannot be taken away."""
        try:
            self._path.unlink()
        except FileNotFoundError:
            return False
        return True

    def present(self, at: datetime, now: Moment) -> Drill | None:
        """Return the drill that goes on now; never raises: a file that cannot be read is no drill."""
        try:
            facts = self._path.stat()
        except OSError:
            self._stamp, self._known = None, None
            return None
        stamp = (facts.st_mtime_ns, facts.st_ino, facts.st_size)
        if stamp != self._stamp:
            self._stamp, self._known = stamp, self._read()
        drill = self._known
        return drill if drill is not None and drill.holds(at, now) else None

    def _read(self) -> Drill | None:
        try:
            entry = msgspec.json.decode(self._path.read_bytes(), type=_Entry)
            return Drill(
                entry.drill_id,
                CameraId(entry.camera),
                PoseId(entry.pose),
                entry.started_at,
                Moment(entry.boot, entry.boot_s),
                entry.minutes,
                entry.aim,
            )
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError, InvalidValue) as err:
            logger.error("drill.unreadable", extra={"path": str(self._path), "why": str(err)})  # noqa: TRY400 - no fault of ours
            return None
