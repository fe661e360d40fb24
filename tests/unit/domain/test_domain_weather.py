from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from firewatch.domain.ids import StationId
from firewatch.domain.weather import Doubt, DoubtKind, Forecast, HourlyReading, Observation
from firewatch.errors import InvalidValue

NOON = datetime(2026, 3, 1, 4, tzinfo=UTC)


def observation(**changed: object) -> Observation:
    values: dict[str, object] = {
        "station_id": StationId("hengyang"),
        "observed_at": NOON,
        "temp_c": 18.0,
        "rh_pct": 40.0,
        "wind_kmh": 10.0,
        "rain_mm": 0.0,
    }
    return Observation(**(values | changed))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("temp_c", -60.0, 60.0),
        ("rh_pct", 0.0, 100.0),
        ("wind_kmh", 0.0, 400.0),
        ("rain_mm", 0.0, 2000.0),
        ("max_temp_c", -60.0, 60.0),
        ("min_rh_pct", 0.0, 100.0),
        ("max_wind_ms", 0.0, 120.0),
    ],
)
def test_a_reading_keeps_to_its_range(name: str, low: float, high: float) -> None:
    assert getattr(observation(**{name: low}), name) == low
    assert getattr(observation(**{name: high}), name) == high
    for wrong in (low - 0.1, high + 0.1, float("nan")):
        with pytest.raises(InvalidValue, match=rf"{low:g} to {high:g}"):
            observation(**{name: wrong})


def test_times_are_in_utc() -> None:
    china = timezone(timedelta(hours=8))
    with pytest.raises(InvalidValue, match="observation time"):
        observation(observed_at=NOON.astimezone(china))
    with pytest.raises(InvalidValue, match="time of receipt"):
        observation(received_at=datetime(2026, 3, 1))  # noqa: DTZ001 - a naive time is what must be refused
    assert observation(received_at=NOON + timedelta(minutes=5)).received_at is not None


def test_a_station_has_a_short_name() -> None:
    with pytest.raises(InvalidValue, match="station"):
        observation(station_id=StationId("Heng Yang"))


def test_an_extreme_that_contradicts_noon_is_kept() -> None:
    assert observation(max_temp_c=10.0).max_temp_c == 10.0


def test_the_weather_day_is_that_of_the_standard_time() -> None:
    late = observation(observed_at=datetime(2026, 3, 1, 17, tzinfo=UTC))
    assert late.weather_day(timedelta(hours=8)) == date(2026, 3, 2)
    assert late.weather_day(timedelta(0)) == date(2026, 3, 1)


def test_an_hour_keeps_any_number_but_no_nan() -> None:
    doubt = Doubt("temp_c", DoubtKind.RANGE, "999 degC; -60 to 60")
    hour = HourlyReading(StationId("hengyang"), NOON, "nmc", temp_c=999.0, doubts=(doubt,))
    assert hour.temp_c == 999.0
    assert hour.doubts[0].kind.text_key == "weather.doubt.range"
    for wrong in (float("nan"), float("inf")):
        with pytest.raises(InvalidValue, match="rh_pct"):
            HourlyReading(StationId("hengyang"), NOON, "nmc", rh_pct=wrong)


def test_a_doubt_says_why() -> None:
    with pytest.raises(InvalidValue):
        Doubt("temp_c", DoubtKind.STEP, "")


def test_a_forecast_is_of_one_station_and_in_order() -> None:
    later = observation(observed_at=NOON + timedelta(days=1))
    forecast = Forecast(StationId("hengyang"), "open-meteo", NOON, (observation(), later))
    assert [day.observed_at for day in forecast.days] == [NOON, NOON + timedelta(days=1)]
    for wrong in ((), (later, observation()), (observation(), observation()), (observation(),) * 17):
        with pytest.raises(InvalidValue, match="days of a forecast"):
            Forecast(StationId("hengyang"), "open-meteo", NOON, wrong)
    with pytest.raises(InvalidValue, match="stations of a forecast"):
        Forecast(StationId("hengyang"), "open-meteo", NOON, (observation(station_id="other"),))
