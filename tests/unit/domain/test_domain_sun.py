"""The sun's height against published values, and the light that follows from it."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch.domain.sun import (
    CIVIL_TWILIGHT_DEG,
    SUNRISE_DEG,
    Light,
    _apparent_place,
    light_of,
    sun_direction,
    sun_elevation_deg,
)
from firewatch.errors import InvalidValue

HENGYANG = (26.9, 112.6)
# Reda and Andreas (2008), NREL/TP-560-34302, appendix A.5: the worked example, at 39.742476 N, 105.1786 W.
NREL = (39.742476, -105.1786)


def test_the_worked_example_of_the_solar_position_algorithm() -> None:
    """12:30:30 seven hours behind UTC: topocentric height 39.872046 deg before refraction (tables A5.1 and A5.2)."""
    at = datetime(2003, 10, 17, 19, 30, 30, tzinfo=UTC)
    assert sun_elevation_deg(at, *NREL) == pytest.approx(39.872046, abs=0.01)


@pytest.mark.parametrize(
    "at",
    [
        datetime(2003, 10, 17, 13, 12, 43, 460_000, tzinfo=UTC),
        datetime(2003, 10, 17, 0, 20, 19, 190_000, tzinfo=UTC),
    ],
)
def test_at_the_published_sunrise_and_sunset_the_rim_is_on_the_horizon(at: datetime) -> None:
    """The same example: sunrise 06:12:43.46, sunset 17:20:19.19 of that zone; both of the day in UTC."""
    assert sun_elevation_deg(at, *NREL) == pytest.approx(SUNRISE_DEG, abs=0.02)


def test_the_worked_example_of_the_sun_in_meeus() -> None:
    """Astronomical Algorithms, example 25.a: 1992 October 13.0; right ascension 198.38083, declination -7.78507."""
    days = (datetime(1992, 10, 13, tzinfo=UTC) - datetime(2000, 1, 1, 12, tzinfo=UTC)).total_seconds() / 86400.0
    right_ascension, declination = (math.degrees(each) for each in _apparent_place(days / 36525.0))
    assert right_ascension % 360.0 == pytest.approx(198.38083, abs=1e-4)
    assert declination == pytest.approx(-7.78507, abs=1e-4)


@pytest.mark.parametrize(
    ("at", "declination_deg"),
    [
        # Equinoxes and solstices as the U.S. Naval Observatory publishes them (Earth's Seasons), to the minute.
        (datetime(2024, 3, 20, 3, 6, tzinfo=UTC), 0.0),
        (datetime(2024, 6, 20, 20, 51, tzinfo=UTC), 23.436),
        (datetime(2024, 9, 22, 12, 44, tzinfo=UTC), 0.0),
        (datetime(2024, 12, 21, 9, 20, tzinfo=UTC), -23.436),
    ],
)
def test_over_the_pole_the_sun_stands_as_high_as_its_declination(at: datetime, declination_deg: float) -> None:
    assert sun_elevation_deg(at, 90.0, 0.0) == pytest.approx(declination_deg, abs=0.01)
    assert sun_elevation_deg(at, -90.0, 0.0) == pytest.approx(-declination_deg, abs=0.01)


def test_day_twilight_and_night_follow_each_other_over_hengyang() -> None:
    start = datetime(2026, 4, 5, 4, 0, tzinfo=UTC)
    lights = [light_of(start + timedelta(minutes=m), *HENGYANG) for m in range(24 * 60)]
    changes = [light for i, light in enumerate(lights) if i == 0 or light is not lights[i - 1]]
    assert changes == [Light.DAY, Light.TWILIGHT, Light.NIGHT, Light.TWILIGHT, Light.DAY]
    # At this latitude, near an equinox, the sun takes 23 minutes from one limit to the other.
    assert lights.count(Light.TWILIGHT) == pytest.approx(46, abs=2)


def test_a_northern_summer_knows_no_night() -> None:
    start = datetime(2026, 6, 21, tzinfo=UTC)
    assert all(light_of(start + timedelta(hours=h), 68.0, 20.0) is Light.DAY for h in range(24))


@given(
    st.datetimes(datetime(1950, 1, 1), datetime(2050, 1, 1)),  # noqa: DTZ001 - made aware below
    st.floats(-90.0, 90.0),
    st.floats(-180.0, 180.0),
)
def test_the_light_is_that_of_the_height_and_the_antipode_sees_the_sun_below(
    naive: datetime, lat_deg: float, lon_deg: float
) -> None:
    at = naive.replace(tzinfo=UTC)
    elevation = sun_elevation_deg(at, lat_deg, lon_deg)
    opposite = sun_elevation_deg(at, -lat_deg, lon_deg - math.copysign(180.0, lon_deg))
    assert elevation == pytest.approx(-opposite, abs=1e-5)
    light = light_of(at, lat_deg, lon_deg)
    assert (light is Light.DAY) is (elevation >= SUNRISE_DEG)
    assert (light is Light.NIGHT) is (elevation < CIVIL_TWILIGHT_DEG)


def test_where_it_is_said_wrongly_it_is_refused() -> None:
    at = datetime(2026, 4, 5, tzinfo=UTC)
    with pytest.raises(InvalidValue, match="latitude"):
        sun_elevation_deg(at, 90.1, 0.0)
    with pytest.raises(InvalidValue, match="longitude"):
        sun_elevation_deg(at, 0.0, float("nan"))
    with pytest.raises(InvalidValue, match="UTC"):
        sun_elevation_deg(at.replace(tzinfo=None), 0.0, 0.0)


def test_the_sun_is_seen_where_the_solar_position_algorithm_has_it() -> None:
    # Table A5.1 of NREL/TP-560-34302: azimuth 194.340241, zenith 50.111622, at 1830 m, 820 mbar and 11 deg C.
    seen = sun_direction(datetime(2003, 10, 17, 19, 30, 30, tzinfo=UTC), *NREL)
    assert seen.azimuth_deg == pytest.approx(194.340241, abs=0.01)
    assert seen.elevation_deg == pytest.approx(90.0 - 50.111622, abs=0.01)


def test_the_air_lifts_a_setting_sun_by_half_a_degree() -> None:
    at = datetime(2024, 3, 20, 10, 35, tzinfo=UTC)
    true_deg, seen = sun_elevation_deg(at, 26.9, 112.6), sun_direction(at, 26.9, 112.6)
    assert -1.0 < true_deg < 1.5
    assert 0.2 < seen.elevation_deg - true_deg < 0.65
    assert seen.azimuth_deg == pytest.approx(270.0, abs=1.0)
    midnight = datetime(2024, 3, 20, 16, 30, tzinfo=UTC)
    assert sun_direction(midnight, 26.9, 112.6).elevation_deg < -60.0
