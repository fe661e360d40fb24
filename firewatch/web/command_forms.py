"""What a form asks of a tower."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from firewatch.domain.geo import wrap_deg
from firewatch.domain.ids import CameraId, require_slug
from firewatch.domain.remote import (
    EndExercise,
    Exercise,
    FetchHeldBack,
    FetchLogs,
    LiveLook,
    LookAt,
    Pause,
    Reload,
    Resume,
    Snapshot,
)
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

    from firewatch.domain.remote import Action, UpdateModel

__all__ = ["FIELDS", "CommandForm"]

# All that a form may bring, besides what every form has.
FIELDS = (
    "kind", "camera", "bearing_deg", "hold_s", "until", "reason", "hours", "most", "minutes", "azimuth_deg", "sure",
    "model",
)  # fmt: skip


class CommandForm:
    """The fields of one form, as texts.

    Parameters
    ----------
    fields : dict of str to str
        By name; one that is not there is empty.
    now : datetime
        UTC instant.
    zone : ZoneInfo
        In which a person writes clock times.
    update : callable taking a str
        Returns the update to the model package that is meant.
    """

    def __init__(
        self, fields: dict[str, str], now: datetime, zone: ZoneInfo, update: Callable[[str], UpdateModel]
    ) -> None:
        self._fields = fields
        self._now = now
        self._zone = zone
        self._update = update

    def action(self) -> Action:
        """Return what is asked for; raise `InvalidValue` naming the field that cannot be used."""
        kinds: dict[str, Callable[[], Action]] = {
            "snapshot": lambda: Snapshot(camera_id=self._camera()),
            "look": self._look,
            "live": lambda: LiveLook(camera_id=self._camera()),
            "held_back": self._held_back,
            "pause": self._pause,
            "resume": lambda: Resume(camera_id=self._camera()),
            "exercise": self._exercise,
            "end_exercise": EndExercise,
            "reload": Reload,
            "logs": FetchLogs,
            "update_model": lambda: self._update(self._text("model")),
        }
        kind = self._text("kind")
        if kind not in kinds:
            raise InvalidValue("kind of command", kind[:40], ", ".join(kinds))
        return kinds[kind]()

    def _look(self) -> Action:
        camera = self._text("camera")
        return LookAt(
            bearing_deg=wrap_deg(self._number("bearing_deg")),
            camera_id=CameraId(require_slug("camera", camera)) if camera else None,
            hold_s=self._number("hold_s"),
        )

    def _held_back(self) -> Action:
        hours = self._number("hours")
        if not 0.0 < hours <= _MOST_HOURS:
            raise InvalidValue("hours", hours, f"above 0, at most {_MOST_HOURS:g}")
        return FetchHeldBack(since=self._now - timedelta(hours=hours), most=round(self._number("most")))

    def _pause(self) -> Action:
        return Pause(camera_id=self._camera(), until=self._instant("until"), reason=self._text("reason"))

    def _exercise(self) -> Action:
        if not self._text("sure"):
            raise InvalidValue("sure", "", "yes: everybody on duty knows of the exercise")
        minutes = self._number("minutes")
        if minutes < _LEAST_MINUTES:
            raise InvalidValue("minutes", minutes, "1 to 30")
        azimuth_deg = wrap_deg(self._number("azimuth_deg")) if self._text("azimuth_deg") else None
        return Exercise(camera_id=self._camera(), minutes=minutes, azimuth_deg=azimuth_deg)

    def _camera(self) -> CameraId:
        return CameraId(require_slug("camera", self._text("camera")))

    def _text(self, name: str) -> str:
        return self._fields.get(name, "").strip()

    def _number(self, name: str) -> float:
        given = self._text(name)
        try:
            number = float(given)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise InvalidValue(name, given[:40], "a number")
        return number

    def _instant(self, name: str) -> datetime:
        given = self._text(name)
        try:
            # As a browser's field for day and time gives it: by the bureau's clock.
            return datetime.fromisoformat(given).replace(tzinfo=self._zone).astimezone(UTC)
        except (ValueError, OverflowError) as err:
            raise InvalidValue(name, given[:40], "day and time, as 2026-04-05T15:00") from err


_MOST_HOURS = 720.0
# What is shorter ends before a fire that begins small has been found.
_LEAST_MINUTES = 1.0
