"""Words and numbers as people read them, in the asker's language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from firewatch.domain.geo import wrap_deg
from firewatch.domain.roster import LOCAL_OPERATOR, SYSTEM

if TYPE_CHECKING:
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

    from firewatch.domain.danger import DangerRating
    from firewatch.domain.incident import Incident
    from firewatch.domain.roster import Actor
    from firewatch.domain.sites import Name, SiteMap
    from firewatch.domain.weather import Observation
    from firewatch.texts import Catalogue

__all__ = ["Speaker"]

_OCTANT_DEG = 45.0
_MINUTE_S, _HOUR_S = 60, 3600
_BARELY = 0.01
# Three of the five tables are usually marked: they are said in one breath.
_UNCONFIRMED = "danger.mark.to_be_confirmed."


@dataclass(frozen=True, slots=True)
class Speaker:
    """Says things in one language and time zone.

    Parameters
    ----------
    texts : Catalogue
        The language.
    time_zone : ZoneInfo
        Of clock times.
    sites : SiteMap
        Gives places their names.
    """

    texts: Catalogue
    time_zone: ZoneInfo
    sites: SiteMap

    def name(self, name: Name) -> str:
        """Return a place's name."""
        return self.texts.pick(zh=name.zh, en=name.en)

    def tower(self, tower_id: str) -> str:
        """Return a tower's name; its id where the site map does not know it."""
        for tower in self.sites.towers:
            if tower.tower_id == tower_id:
                return self.name(tower.name)
        return tower_id

    def station(self, station_id: str) -> str:
        """Return a station's name; its id where the site map does not know it."""
        for station in self.sites.stations:
            if station.station_id == station_id:
                return self.name(station.name)
        return station_id

    def area_of(self, station_id: str) -> str:
        """Return the name of the county-level unit that a station speaks for; nothing where it speaks for none."""
        codes = {one.area_code for one in self.sites.stations if one.station_id == station_id}
        return next((self.name(area.name) for area in self.sites.areas if area.area_code in codes), "")

    def actor(self, actor: Actor) -> str:
        """Return who did it."""
        if actor in (LOCAL_OPERATOR, SYSTEM):
            return self.texts.text(f"actor.{actor.actor_id}")
        return actor.name

    def direction(self, azimuth_deg: float) -> str:
        """Return one of eight directions."""
        octant = int(wrap_deg(azimuth_deg + _OCTANT_DEG / 2) // _OCTANT_DEG)
        return self.texts.text(f"direction.{octant}")

    def number(self, incident: Incident) -> str:
        """Return the short name of an incident: month and day it was opened, and the end of its id.

        An exercise's begins with that word: wherever an incident is named, it is told apart.
        """
        local = incident.opened_at.astimezone(self.time_zone)
        prefix = self.texts.text("exercise.prefix") if incident.is_exercise else ""
        return f"{prefix}{local:%m%d}-{incident.incident_id[-4:]}"

    def clock(self, instant: datetime) -> str:
        """Return hours, minutes and seconds."""
        return f"{instant.astimezone(self.time_zone):%H:%M:%S}"

    def minute(self, instant: datetime) -> str:
        """Return hours and minutes."""
        return f"{instant.astimezone(self.time_zone):%H:%M}"

    def short_stamp(self, instant: datetime) -> str:
        """Return month, day, hours and minutes."""
        return f"{instant.astimezone(self.time_zone):%m-%d %H:%M}"

    def stamp(self, instant: datetime) -> str:
        """Return month, day, hours, minutes and seconds."""
        return f"{instant.astimezone(self.time_zone):%m-%d %H:%M:%S}"

    def age(self, seconds: float) -> str:
        """Return how long ago something was: seconds, from two minutes on minutes, from two hours on hours."""
        if seconds < 2 * _MINUTE_S:
            return self.texts.text("time.ago.seconds", count=f"{max(0.0, seconds):.0f}")
        if seconds < 2 * _HOUR_S:
            return self.texts.text("time.ago.minutes", count=f"{seconds / _MINUTE_S:.0f}")
        return self.texts.text("time.ago.hours", count=f"{seconds / _HOUR_S:.0f}")

    def days_ago(self, day: date, at: datetime) -> int:
        """Return how many days ago a day was, by the bureau's calendar."""
        return (at.astimezone(self.time_zone).date() - day).days

    def grade(self, rating: DangerRating | None) -> str:
        """Return the word of a grade; "no data" where there is none, never "low"."""
        if rating is None or rating.grade is None:
            return self.texts.text("danger.grade.none")
        return self.texts.text(rating.grade.text_key)

    def danger(self, rating: DangerRating | None) -> str:
        """Return number and word of a grade, with the scale's name."""
        if rating is None or rating.grade is None:
            return self.texts.text("danger.grade.none")
        return self.texts.text("danger.label", grade=rating.grade.value, word=self.grade(rating))

    def old_danger(self, rating: DangerRating) -> str:
        """Return that a rating is too old to go by, with what it was."""
        return self.texts.text("danger.outdated", day=f"{rating.weather_day:%m-%d}", words=self.danger(rating))

    def percent(self, probability: float) -> str:
        """Return per cent without the sign; what is not certain never reads as 0 or 100."""
        if 0.0 < probability < _BARELY:
            return "<1"
        return ">99" if 1.0 - _BARELY < probability < 1.0 else f"{probability * 100:.0f}"

    def marks(self, rating: DangerRating | None) -> list[str]:
        """Return what a reader must know of a rating; a mark without a text is shown as it is, never dropped."""
        if rating is None:
            return []
        others = [mark for mark in rating.marks if not mark.startswith(_UNCONFIRMED)]
        said = [self.texts.text(mark) if self.texts.has(mark) else mark for mark in others]
        unverified = self.unverified(rating)
        return [*said, unverified] if unverified else said

    def unverified(self, rating: DangerRating) -> str:
        """Return which tables of a rating are still to be verified, in one breath; nothing where none is."""
        marks = [mark for mark in rating.marks if mark.startswith(_UNCONFIRMED)]
        tables = [_table_name(mark.removeprefix(_UNCONFIRMED)) for mark in marks]
        joined = self.texts.pick(zh="、", en=", ").join(tables)
        return self.texts.text("danger.unverified", parts=joined) if tables else ""

    def weather(self, weather: Observation | None) -> list[str]:
        """Return the noon reading in words, one each."""
        if weather is None:
            return []
        values = {"temp": weather.temp_c, "rh": weather.rh_pct, "wind": weather.wind_kmh, "rain": weather.rain_mm}
        return [self.texts.text(f"weather.{key}", value=f"{value:g}") for key, value in values.items()]

    def extremes(self, weather: Observation | None) -> list[str]:
        """Return the day's highest temperature, lowest humidity and strongest wind in words, one each."""
        if weather is None:
            return []
        values = {"max_temp": weather.max_temp_c, "min_rh": weather.min_rh_pct, "max_wind": weather.max_wind_ms}
        none = self.texts.text("danger.grade.none")
        return [
            self.texts.text(f"weather.{key}", value=none if value is None else f"{value:g}")
            for key, value in values.items()
        ]


def _table_name(part: str) -> str:
    """Return the name of a part's table: HTZ's are the letters A to E, a filled standard's as the bureau named them."""
    return part.upper() if len(part) == 1 else part
