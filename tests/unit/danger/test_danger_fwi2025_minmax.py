"""Hours that are made of days: where they lie, where the rain falls, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firewatch.danger.fwi2025 import MinMaxDays, Sites, hours_of_days, minmax_of_noon
from firewatch.danger.sorption import StepWeather
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers: TypeAlias = npt.NDArray[np.float64]

DAYS = np.datetime64("2026-03-01", "D") + np.arange(4).astype("timedelta64[D]")


def site(lat: float = 26.9) -> Sites:
    return Sites(np.array([lat, lat]), np.array([112.6, 113.0]), np.array([8.0, 8.0]))


def some_days(seed: int = 1, days: npt.NDArray[np.datetime64] = DAYS) -> MinMaxDays:
    rng = np.random.default_rng(seed)
    shape = (len(days), 2)

    def pair(low: float, high: float) -> tuple[Numbers, Numbers]:
        ends = np.sort(rng.uniform(low, high, (2, *shape)), axis=0)
        return ends[0], ends[1]

    return MinMaxDays(days, pair(-5, 40), pair(0, 100), pair(0, 60), rng.choice([0.0, 3.4], shape))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.floats(-55.0, 55.0))
def test_the_hours_lie_between_the_extremes_of_their_days_and_lose_no_rain(seed: int, lat: float) -> None:
    days = some_days(seed)
    hour, weather = hours_of_days(site(lat), days)
    assert len(hour) == 96
    assert (np.diff(hour).astype(int) == 1).all()
    np.testing.assert_allclose(weather.rain_mm.sum(axis=0), days.rain_mm.sum(axis=0), rtol=1e-12)
    for values, (low, high) in (
        (weather.temp_c, days.temp_c),
        (weather.rh_pct, days.rh_pct),
        (weather.wind_kmh, days.wind_kmh),
    ):
        assert (values >= low.min(axis=0) - 1e-9).all()
        assert (values <= high.max(axis=0) + 1e-9).all()


def test_the_warmest_hour_is_the_driest_and_in_the_afternoon() -> None:
    shape = (4, 2)
    same = MinMaxDays(
        DAYS,
        (np.full(shape, 8.0), np.full(shape, 25.0)),
        (np.full(shape, 30.0), np.full(shape, 90.0)),
        (np.full(shape, 2.0), np.full(shape, 18.0)),
        np.full(shape, 1.0),
    )
    hour, weather = hours_of_days(site(), same)
    day = slice(24, 48)
    assert weather.temp_c[day].argmax(axis=0).tolist() == weather.rh_pct[day].argmin(axis=0).tolist() == [15, 15]
    assert weather.temp_c[day].max() == pytest.approx(25.0, abs=0.1)
    # The sun rises at 06:48 there: the day's rain falls in the hour that ends at 07:00.
    assert (hour[weather.rain_mm[:, 0] > 0.0] - DAYS.astype("datetime64[h]")).astype(int).tolist() == [7, 7, 7, 7]
    np.testing.assert_allclose(weather.temp_c[24:48], weather.temp_c[48:72], atol=0.1)


def test_noon_air_holds_as_much_water_at_its_coldest_unless_that_is_too_much() -> None:
    noon = StepWeather(*(np.full((4, 2), value) for value in (20.0, 50.0, 10.0, 2.0)))
    days = minmax_of_noon(DAYS, noon)
    assert (days.temp_c[0][0, 0], days.temp_c[1][0, 0]) == (pytest.approx(8.6), 22.0)
    assert days.rh_pct[0][0, 0] < 50.0 < days.rh_pct[1][0, 0] <= 100.0
    wet = minmax_of_noon(DAYS, StepWeather(*(np.full((4, 2), value) for value in (20.0, 99.0, 10.0, 2.0))))
    assert (wet.rh_pct[1] == 100.0).all()
    frost = minmax_of_noon(DAYS, StepWeather(*(np.full((4, 2), value) for value in (-59.0, 99.0, 10.0, 2.0))))
    assert (frost.temp_c[0] <= frost.temp_c[1]).all()


def test_days_that_cannot_be_are_refused() -> None:
    good = some_days()
    pairs = (good.temp_c, good.rh_pct, good.wind_kmh)
    with pytest.raises(InvalidValue, match=r"day after 2026-03-01 .*2026-03-02: none left out"):
        MinMaxDays(DAYS[[0, 2, 3]], *((low[:3], high[:3]) for low, high in pairs), good.rain_mm[:3])
    with pytest.raises(InvalidValue, match="greatest less least temperature"):
        MinMaxDays(DAYS, good.temp_c[::-1], good.rh_pct, good.wind_kmh, good.rain_mm)
    with pytest.raises(InvalidValue, match="greatest relative humidity"):
        MinMaxDays(DAYS, good.temp_c, (good.rh_pct[0], good.rh_pct[1] + 100.0), good.wind_kmh, good.rain_mm)
    with pytest.raises(InvalidValue, match="rain of the day"):
        MinMaxDays(DAYS, *pairs, good.rain_mm - 1.0)
    with pytest.raises(InvalidValue, match="shapes of the days' arrays"):
        MinMaxDays(DAYS, *pairs, good.rain_mm[:2])
    winter = some_days(days=np.datetime64("2026-12-20", "D") + np.arange(4).astype("timedelta64[D]"))
    with pytest.raises(InvalidValue, match="hours of sun"):
        hours_of_days(site(68.0), winter)
