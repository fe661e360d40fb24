"""Open-Meteo: hourly weather of any place, past days and a week to come, as JSON.

Form by https://open-meteo.com/en/docs: ``hourly`` holds one list a variable beside ``time``; ``hourly_units`` names
their units; several places give a list of answers in the order asked. Precipitation is the sum of the hour before. An
error is ``{"error": true, "reason": "..."}``. Its past hours are a model's too: a reading says so.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from firewatch.adapters.feeds.numbers import number_in
from firewatch.domain.weather import Doubt, DoubtKind, HourlyReading
from firewatch.errors import FeedError
from firewatch.services.forecasting import ForecastRun, forecast_of, hours_of
from firewatch.services.weather_ports import Fetched

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from firewatch.adapters.feeds.web_source import WebSource
    from firewatch.danger.noon import NoonRules
    from firewatch.domain.sites import Station

__all__ = ["OpenMeteoFeed"]

# In the order of the fields of a reading.
_VARIABLES = {
    "temp_c": "temperature_2m",
    "rh_pct": "relative_humidity_2m",
    "wind_kmh": "wind_speed_10m",
    "rain_mm": "precipitation",
}
# Left empty where a server of one's own does not have it.
_DIRECTION = "wind_direction_10m"
_UNITS = {"temperature_2m": {"°C": 1.0}, "relative_humidity_2m": {"%": 1.0}, "precipitation": {"mm": 1.0}}
# Asked for in km/h; a server of one's own may answer in another.
_WIND_UNITS = {"km/h": 1.0, "m/s": 3.6, "kn": 1.852, "mp/h": 1.609344}
_PAST_DAYS, _DAYS_TO_COME = 3, 7
# At first and after a pause: the codes of a new station settle sooner, and no day of an outage stays without a reading.
# The source gives up to 92 past days (https://open-meteo.com/en/docs).
_PAST_DAYS_AFTER_A_PAUSE = 31
_PAUSE = timedelta(days=1)
_AT_ONCE = 50
_FULL_TURN_DEG = 360.0
# The model's cells are 0.25 deg at most; the answer of another place is further off.
_FURTHEST_DEG = 0.5
_MODELLED = Doubt("source", DoubtKind.SOURCE, "computed by a weather model for the place, not measured there")


class OpenMeteoFeed:
    """Fulfils `firewatch.services.weather_ports.WeatherFeed`.

    Parameters
    ----------
    name : str
        Of the feed.
    web : WebSource
        How it asks.
    url : str
        As ``https://api.open-meteo.com/v1/forecast``.
    rules : NoonRules
        Of the noon readings to come.
    key : str
        Of a paying customer; empty for none.
    """

    def __init__(self, name: str, web: WebSource, url: str, rules: NoonRules, key: str = "") -> None:
        self._name = name
        self._web = web
        self._url = url
        self._rules = rules
        self._key = key
        self._succeeded_at: datetime | None = None

    @property
    def name(self) -> str:
        """Name of the source."""
        return self._name

    def fetch(self, stations: Sequence[Station], now: datetime) -> Fetched:
        """Return past hours and the forecast of each station; raise `FeedError` if nothing."""
        fetched = Fetched()
        is_regular = self._succeeded_at is not None and now - self._succeeded_at <= _PAUSE
        past_days = _PAST_DAYS if is_regular else _PAST_DAYS_AFTER_A_PAUSE
        for start in range(0, len(stations), _AT_ONCE):
            for station, answer in self._answers(stations[start : start + _AT_ONCE], past_days):
                hours = self._hours(station, answer)
                run = ForecastRun(self._name, now, now, self._rules)
                forecasts, problems = forecast_of(station.station_id, hours, run)
                past = tuple(replace(one, doubts=(_MODELLED,)) for one in hours_of(hours, now))
                fetched = replace(
                    fetched,
                    hours=fetched.hours + past,
                    forecasts=fetched.forecasts + forecasts,
                    problems=fetched.problems + problems,
                )
        self._succeeded_at = now
        return fetched

    def _answers(self, stations: Sequence[Station], past_days: int) -> Iterator[tuple[Station, dict[str, Any]]]:
        params = {
            "latitude": ",".join(f"{station.position.lat_deg:.4f}" for station in stations),
            "longitude": ",".join(f"{station.position.lon_deg:.4f}" for station in stations),
            "hourly": ",".join([*_VARIABLES.values(), _DIRECTION]),
            "past_days": str(past_days),
            "forecast_days": str(_DAYS_TO_COME),
            "timezone": "GMT",
            "timeformat": "unixtime",
            "wind_speed_unit": "kmh",
        }
        answer = self._web.get(self._url, params | ({"apikey": self._key} if self._key else {})).json()
        answers = answer if isinstance(answer, list) else [answer]
        if len(answers) != len(stations):
            self._refuse(f"{len(answers)} places answered where {len(stations)} were asked")
        for station, one in zip(stations, answers, strict=True):
            if not isinstance(one, dict) or not isinstance(one.get("hourly"), dict):
                self._refuse(f"the answer for station {station.station_id} has no hourly values: {one!r:.120}")
            self._require_place(station, one)
            yield station, one

    def _require_place(self, station: Station, answer: dict[str, Any]) -> None:
        pairs = (("latitude", station.position.lat_deg), ("longitude", station.position.lon_deg))
        for key, wanted in pairs:
            given = answer.get(key)
            if not isinstance(given, int | float) or abs(given - wanted) > _FURTHEST_DEG:
                self._refuse(f"the answer for station {station.station_id} is of {key} {given!r}, not {wanted:g}")

    def _hours(self, station: Station, answer: dict[str, Any]) -> list[HourlyReading]:
        hourly, units = answer["hourly"], answer.get("hourly_units")
        if not isinstance(units, dict):
            self._refuse(f"hourly_units is {units!r:.80}; expected are the units by variable")
        times = self._times(hourly.get("time"), units)
        columns = [self._column(field, hourly, units, len(times)) for field in _VARIABLES]
        directions = self._directions(hourly, units, len(times))
        return [
            HourlyReading(station.station_id, at, self._name, temp_c, rh_pct, wind_kmh, rain_mm, wind_from_deg=from_deg)
            for at, from_deg, temp_c, rh_pct, wind_kmh, rain_mm in zip(times, directions, *columns, strict=True)
        ]

    def _directions(self, hourly: dict[str, Any], units: dict[str, Any], count: int) -> list[float | None]:
        given = hourly.get(_DIRECTION)
        if given is None:
            return [None] * count
        if units.get(_DIRECTION) != "°" or not isinstance(given, list) or len(given) != count:
            self._refuse(f"{_DIRECTION} in {units.get(_DIRECTION)!r} is no list of {count} directions in '°'")
        try:
            numbers = [number_in(value) for value in given]
        except ValueError as err:
            self._refuse(f"{_DIRECTION}: {err}")
        return [None if number is None else number % _FULL_TURN_DEG for number in numbers]

    def _times(self, given: object, units: dict[str, Any]) -> list[datetime]:
        unit = units.get("time")
        if unit != "unixtime" or not isinstance(given, list):
            self._refuse(f"times in {unit!r}; expected is a list in 'unixtime'")
        try:
            return [datetime.fromtimestamp(at, UTC) for at in given]
        except (TypeError, ValueError, OverflowError, OSError):
            self._refuse(f"times that are none: {given!r:.80}")

    def _column(self, field: str, hourly: dict[str, Any], units: dict[str, Any], count: int) -> list[float | None]:
        variable = _VARIABLES[field]
        given, unit = hourly.get(variable), units.get(variable)
        factor = (_WIND_UNITS if field == "wind_kmh" else _UNITS[variable]).get(str(unit))
        if factor is None:
            self._refuse(f"{variable} in {unit!r}; expected is {_wanted_unit(field)}")
        if not isinstance(given, list) or len(given) != count:
            self._refuse(f"{variable} is no list of {count} values")
        try:
            numbers = [number_in(value) for value in given]
        except ValueError as err:
            self._refuse(f"{variable}: {err}")
        return [None if number is None else number * factor for number in numbers]

    def _refuse(self, why: str) -> NoReturn:
        raise FeedError(self._name, why, retryable=True)


def _wanted_unit(field: str) -> str:
    units = _WIND_UNITS if field == "wind_kmh" else _UNITS[_VARIABLES[field]]
    return " or ".join(repr(unit) for unit in units)
