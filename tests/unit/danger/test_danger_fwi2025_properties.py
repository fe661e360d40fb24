"""What truly holds of FWI2025: restart, sites apart, ranges, the directions of rain, wind and curing, and refusals."""

from __future__ import annotations

import ast
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firewatch.danger import CodeArrays, IndexArrays, fbp
from firewatch.danger.fwi2025 import (
    Fwi2025Codes,
    Fwi2025Hours,
    Fwi2025Indices,
    Fwi2025Run,
    Fwi2025State,
    GrassCover,
    GrassForm,
    Sites,
    curing_of_days,
    run_fwi2025,
    summarise_days,
    sun_times,
    system,
)
from firewatch.danger.fwi2025.canopy import step_canopy
from firewatch.danger.fwi2025.grass import (
    curing_effect,
    grass_code_2025,
    grass_fire_weather_index,
    grass_spread_index,
)
from firewatch.danger.grass import grass_fuel_moisture_code
from firewatch.danger.sorption import StepWeather
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Iterator

HENGYANG = (26.9, 112.6, 8.0)
BEGIN = np.datetime64("2026-03-01T00", "h")
RH = st.floats(1.0, 100.0)  # below 1 % the two equilibria of grass cross
PCT = st.floats(0.0, 100.0)
WIND = st.floats(0.0, 100.0)
MOISTURE = st.floats(0.0, 250.0)


def hours_from(begin: np.datetime64, many: int) -> Any:
    return begin + np.arange(many).astype("timedelta64[h]")


def at_hengyang(sites: int) -> Sites:
    lat, lon, clock = (np.full(sites, value) for value in HENGYANG)
    return Sites(lat + np.linspace(-0.5, 0.5, sites), lon, clock)


def random_hours(seed: int, hours: int = 60, sites: int = 5, form: GrassForm = GrassForm.STANDING) -> Fwi2025Hours:
    rng = np.random.default_rng(seed)
    shape = (hours, sites)
    rain = np.where(rng.uniform(size=shape) < 0.25, np.round(rng.gamma(0.6, 4.0, shape), 1), 0.0)
    weather = StepWeather(rng.uniform(-15, 40, shape), rng.uniform(0, 100, shape), rng.uniform(0, 60, shape), rain)
    grass = GrassCover(rng.uniform(0, 100, shape), rng.uniform(0.1, 1.0, (1, sites)), form)
    return Fwi2025Hours(hours_from(BEGIN, hours), at_hengyang(sites), weather, grass)


def arrays(run: Fwi2025Run) -> Iterator[tuple[str, Any]]:
    for part in (run.codes, run.indices, run.sky):
        for field in fields(part):
            yield field.name, getattr(part, field.name)


def same_bits(one: Fwi2025Run, other: Fwi2025Run) -> None:
    for (name, ours), (_, theirs) in zip(arrays(one), arrays(other), strict=True):
        np.testing.assert_array_equal(ours, theirs, err_msg=name)
    for field in fields(Fwi2025State):
        np.testing.assert_array_equal(getattr(one.last, field.name), getattr(other.last, field.name))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 59))
def test_a_run_split_in_two_gives_the_bits_of_the_whole(seed: int, split: int) -> None:
    whole, everywhere = random_hours(seed), slice(None)
    run = run_fwi2025(Fwi2025State.of_codes(5), whole)
    first = run_fwi2025(Fwi2025State.of_codes(5), whole.part(slice(None, split), everywhere))
    rest = run_fwi2025(first.last, whole.part(slice(split, None), everywhere))
    for (name, all_), (_, one), (_, two) in zip(arrays(run), arrays(first), arrays(rest), strict=True):
        np.testing.assert_array_equal(all_, np.concatenate([one, two]), err_msg=name)
    for field in fields(Fwi2025State):
        np.testing.assert_array_equal(getattr(run.last, field.name), getattr(rest.last, field.name))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_a_site_alone_gives_the_bits_that_it_has_among_others(seed: int) -> None:
    together = random_hours(seed)
    start = Fwi2025State.of_codes(5, ffmc=np.linspace(0.0, 101.0, 5), dmc=np.arange(5.0), dc=np.arange(5.0) * 90.0)
    run = run_fwi2025(start, together)
    for site in range(5):
        one = slice(site, site + 1)
        alone = run_fwi2025(start.part(one), together.part(slice(None), one))
        for (name, ours), (_, theirs) in zip(arrays(run), arrays(alone), strict=True):
            np.testing.assert_array_equal(ours[:, one], theirs, err_msg=name)


@pytest.mark.parametrize(("values", "sites"), [(7, 3), (1, 1), (64, 4), (100_000, 100)])
def test_how_the_work_is_cut_up_changes_nothing(monkeypatch: pytest.MonkeyPatch, values: int, sites: int) -> None:
    whole = random_hours(4, sites=11)
    usual = run_fwi2025(Fwi2025State.of_codes(11), whole)
    monkeypatch.setattr(system, "_BLOCK_VALUES", values)
    monkeypatch.setattr(system, "_BLOCK_SITES", sites)
    same_bits(usual, run_fwi2025(Fwi2025State.of_codes(11), whole))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_every_output_lies_within_its_range(seed: int) -> None:
    run = run_fwi2025(Fwi2025State.of_codes(5, ffmc=0.0, dmc=0.0, dc=0.0), random_hours(seed))
    for name, values in arrays(run):
        assert np.isfinite(values).all(), name
        if name != "sunrise_h":
            assert (values >= 0.0).all(), name
    for name in ("ffmc", "gfmc"):
        assert (getattr(run.codes, name) <= 101.0).all()
    for name in ("litter_pct", "matted_pct", "standing_pct"):
        assert (getattr(run.codes, name) <= 250.0 + 1e-9).all()
    assert (run.sky.dry_hours <= 4.0).all()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.0, 60.0), st.floats(0.0, 60.0), RH)
def test_more_rain_in_an_hour_never_raises_a_code(seed: int, rain: float, more: float, rh: float) -> None:
    rng = np.random.default_rng(seed)
    falls = np.sort([rain, more])
    state = Fwi2025State.of_codes(2, *(np.full(2, rng.uniform(0, most)) for most in (100.0, 80.0, 500.0)))
    event = np.full(2, rng.choice([0.0, 0.3, 1.4, 2.5, 9.0]))
    state = Fwi2025State(*(getattr(state, field.name) for field in fields(state)[:5]), event, event * 0.0)
    weather = StepWeather(*(np.full((1, 2), value) for value in (rng.uniform(-5, 40), rh, 10.0)), falls[None])
    grass = GrassCover(np.full((1, 1), 90.0), np.full((1, 1), 0.35), GrassForm.MATTED)
    lat, lon, clock = (np.full(2, value) for value in HENGYANG)
    run = run_fwi2025(state, Fwi2025Hours(hours_from(BEGIN, 1), Sites(lat, lon, clock), weather, grass))
    for name in ("ffmc", "dmc", "dc", "gfmc"):
        less_rain, more_rain = getattr(run.codes, name)[0]
        assert more_rain <= less_rain + 1e-9, name


@settings(max_examples=300, deadline=None)
@given(moisture=MOISTURE, wind=WIND, more=WIND, cured=PCT, standing=st.booleans())
def test_more_wind_never_lowers_the_grass_spread_index(
    moisture: float, wind: float, more: float, cured: float, *, standing: bool
) -> None:
    winds = np.sort([wind, more])
    calm, windy = grass_spread_index(np.full(2, moisture), winds, curing_effect(np.full(2, cured)), np.array(standing))
    assert calm <= windy + 1e-12


@settings(max_examples=200, deadline=None)
@given(MOISTURE, WIND, PCT, PCT)
def test_more_green_grass_never_raises_a_code_or_an_index(
    moisture: float, wind: float, cured: float, more: float
) -> None:
    curing = curing_effect(np.sort([cured, more]))
    args = (np.full(2, moisture), np.full(2, wind), curing)
    for green, dead in (grass_code_2025(*args), grass_spread_index(*args, np.array([True]))):
        assert green <= dead + 1e-9


def test_wholly_cured_grass_has_nearly_the_code_of_its_moisture() -> None:
    moisture = np.array([3.0, 10.0, 30.0, 100.0])
    code = grass_code_2025(moisture, np.full(4, 10.0), curing_effect(np.full(4, 100.0)))
    np.testing.assert_allclose(code, grass_fuel_moisture_code(moisture), atol=0.05)


def test_the_grass_fire_weather_index_is_of_two_pieces() -> None:
    at_100 = 100.0 / 300.0 / 0.35 * 1.11
    below, above = grass_fire_weather_index(np.array([at_100 * (1 - 1e-9), at_100 * (1 + 1e-9)]), np.array(0.35))
    assert (below, above) == (pytest.approx(4.0), pytest.approx(np.log(100.0 / 60.0) / 0.14))
    assert grass_fire_weather_index(np.array([0.0]), np.array(0.35)) == 0.0


def test_rain_reaches_a_layer_once_its_event_has_passed_the_threshold() -> None:
    falls = [1.4, 0.1, 0.0, 0.6, 0.0, 0.0, 0.0, 0.0, 0.0, 0.7]
    event, dry, through, left = np.zeros(1), np.zeros(1), [], []
    for fall in falls:
        event, dry, rain = step_canopy(event, dry, np.array([fall]))
        through.append(float(rain.through(1.5)[0]) if rain.at.size else 0.0)
        left.append((round(float(event[0]), 9), float(dry[0])))
    assert through == pytest.approx([0.0, 0.0, 0.0, 0.6, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    assert left == [(1.4, 0), (1.5, 0), (1.5, 1), (2.1, 0), *((2.1, dry) for dry in (1, 2, 3, 4)), (0, 0), (0.7, 0)]


@pytest.mark.parametrize("name", ["temp_c", "rh_pct", "wind_kmh", "rain_mm"])
def test_a_missing_reading_leaves_its_site_unknown_from_then_on_and_no_other(name: str) -> None:
    whole = random_hours(7)
    readings = {field: getattr(whole.weather, field).copy() for field in ("temp_c", "rh_pct", "wind_kmh", "rain_mm")}
    readings[name][20, 2] = np.nan
    gap = Fwi2025Hours(whole.hour, whole.sites, StepWeather(**readings), whole.grass)
    start = Fwi2025State.of_codes(5)
    run, usual = run_fwi2025(start, gap), run_fwi2025(start, whole)
    for index in ("fwi", "gfwi"):
        values = getattr(run.indices, index)
        assert np.isnan(values[20:, 2]).all()
        others = [0, 1, 3, 4]
        np.testing.assert_array_equal(values[:, others], getattr(usual.indices, index)[:, others])
        np.testing.assert_array_equal(values[:20], getattr(usual.indices, index)[:20])


def test_measured_radiation_takes_the_place_of_the_estimate() -> None:
    whole = random_hours(3, form=GrassForm.MATTED)
    start = Fwi2025State.of_codes(5)
    run = run_fwi2025(start, whole)
    told = Fwi2025Hours(whole.hour, whole.sites, whole.weather, whole.grass, run.sky.solar_kw_m2)
    same_bits(run, run_fwi2025(start, told))
    dark = Fwi2025Hours(whole.hour, whole.sites, whole.weather, whole.grass, np.zeros((1, 1)))
    shaded = run_fwi2025(start, dark)
    dry = whole.weather.rain_mm[0] == 0.0
    assert dry.any()
    np.testing.assert_allclose(shaded.codes.matted_pct[0, dry], shaded.codes.standing_pct[0, dry], rtol=1e-12)
    assert (shaded.codes.matted_pct >= run.codes.matted_pct - 1e-9).mean() > 0.9


def test_the_form_of_the_grass_chooses_what_burns() -> None:
    june = np.datetime64("2026-06-30T00", "h")
    whole = random_hours(5, hours=48)
    runs = {}
    for form in GrassForm:
        cover = GrassCover(whole.grass.cured_pct, whole.grass.load_kg_m2, form)
        given_ = Fwi2025Hours(hours_from(june, 48), whole.sites, whole.weather, cover)
        runs[form] = run_fwi2025(Fwi2025State.of_codes(5), given_).codes.gfmc
    np.testing.assert_array_equal(runs[GrassForm.BY_DATE][:24], runs[GrassForm.MATTED][:24])
    np.testing.assert_array_equal(runs[GrassForm.BY_DATE][24:], runs[GrassForm.STANDING][24:])
    assert (runs[GrassForm.MATTED] != runs[GrassForm.STANDING]).any()
    south = Sites(-whole.sites.lat_deg, whole.sites.lon_deg, whole.sites.utc_offset_h)
    by_date = GrassCover(whole.grass.cured_pct, whole.grass.load_kg_m2)
    with pytest.raises(InvalidValue, match="south of the equator"):
        run_fwi2025(Fwi2025State.of_codes(5), Fwi2025Hours(whole.hour, south, whole.weather, by_date))


@settings(max_examples=100, deadline=None)
@given(st.floats(-64.0, 64.0), st.integers(0, 364))
def test_a_day_and_the_day_half_a_year_later_share_the_sun(lat: float, day: int) -> None:
    both = np.datetime64("2026-01-01") + np.array([day, day + 182])
    here = Sites(np.array([lat, -lat]), np.zeros(2), np.zeros(2))
    sunlight = sun_times(here, both).sunlight_h
    assert ((sunlight > 0.0) & (sunlight < 24.0)).all()
    # Refraction and the sun's own width lengthen every day, so that north and south together have over 24 h.
    assert (sunlight.sum(axis=1) > 24.0).all()


def test_the_sun_beyond_the_polar_circle() -> None:
    pole = Sites(np.array([80.0]), np.array([0.0]), np.array([0.0]))
    sunlight = sun_times(pole, np.array(["2026-06-21", "2026-12-21"], dtype="datetime64[D]")).sunlight_h[:, 0]
    np.testing.assert_allclose(sunlight, [24.0, 0.0], atol=1e-9)


def test_a_day_is_summed_up_at_its_peak_or_at_five_in_the_afternoon() -> None:
    whole = random_hours(9, hours=60, sites=2)
    run = run_fwi2025(Fwi2025State.of_codes(2), whole)
    days = summarise_days(whole, run)
    # From 1 March 00:00 to 3 March 11:00: 28 February's night and 3 March have no 17:00.
    assert days.day.astype(str).tolist() == ["2026-03-01", "2026-03-02"]
    for index, first in enumerate((5, 29)):
        hours = slice(first, first + 24)
        for site in range(2):
            is_dry = (run.codes.ffmc[hours, site] >= 85.0).any()
            assert is_dry or days.peak_hour[index, site] == 17
            assert first <= days.peak[index, site] < first + 24
            assert 0 <= days.spread_hours[index, site] <= 24
    short = whole.part(slice(0, 10), slice(None))
    none = summarise_days(short, run_fwi2025(Fwi2025State.of_codes(2), short))
    assert none.day.size == 0
    assert none.isi_smooth.shape == none.peak.shape == (0, 2)


def test_the_codes_are_no_codes_of_1987_and_fire_behaviour_knows_nothing_of_them() -> None:
    assert not issubclass(Fwi2025Codes, CodeArrays)
    assert not issubclass(Fwi2025Indices, IndexArrays)
    files = sorted(Path(fbp.__path__[0]).glob("*.py"))
    assert len(files) > 5
    for path in files:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            module = node.module if isinstance(node, ast.ImportFrom) else None
            assert module is None or "fwi2025" not in module, path.name


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ((95.0, 112.6, 8.0), r"latitude \(deg\) at \(0,\) is 95.0; allowed is -90 to 90"),
        ((26.9, 190.0, 8.0), "longitude, east positive"),
        ((26.9, 112.6, 15.0), "hours ahead of UTC at .* is 15.0; allowed is -12 to 14"),
        ((26.9, -112.6, 8.0), "is 8.0; allowed is -11.5 to -3.5 h at longitude -112.6, which is positive in the east"),
        ((np.nan, 112.6, 8.0), "latitude"),
    ],
)
def test_a_site_that_cannot_be_is_refused(place: tuple[float, float, float], told: str) -> None:
    with pytest.raises(InvalidValue, match=told):
        Sites(*(np.array([value]) for value in place))


def test_a_clock_beyond_the_date_line_is_believed() -> None:
    assert Sites(np.array([-17.0]), np.array([-179.0]), np.array([12.0])).lat_deg.size == 1


def wrong_hours(**changes: object) -> Fwi2025Hours:
    whole = random_hours(1, hours=6, sites=2)
    parts = {field.name: getattr(whole, field.name) for field in fields(whole)} | changes
    return Fwi2025Hours(**parts)


def test_hours_that_cannot_be_are_refused() -> None:
    hour = hours_from(BEGIN, 6)
    gap = hour.copy()
    gap[3:] += np.timedelta64(2, "h")
    with pytest.raises(InvalidValue, match=r"hour after 2026-03-01T02 .*2026-03-01T03: none left out"):
        wrong_hours(hour=gap)
    with pytest.raises(InvalidValue, match="none left out"):
        wrong_hours(hour=hour[::-1])
    with pytest.raises(InvalidValue, match=r"shape of the weather arrays is \(6, 2\); .*\(5, 2\)"):
        wrong_hours(hour=hour[:5])
    with pytest.raises(InvalidValue, match="solar radiation"):
        wrong_hours(solar_kw_m2=np.full((6, 2), 700.0))
    with pytest.raises(InvalidValue, match="shape of grass or solar"):
        wrong_hours(solar_kw_m2=np.zeros((6, 3)))
    half = np.zeros((6, 2))
    none = np.zeros((0, 2))
    with pytest.raises(InvalidValue, match="at least one of each"):
        wrong_hours(hour=hour[:0], weather=StepWeather(none, none, none, none))
    with pytest.raises(InvalidValue, match="length of a step"):
        wrong_hours(weather=StepWeather(half, half, half, half, hours=0.5))
    with pytest.raises(InvalidValue, match="sites of the start"):
        run_fwi2025(Fwi2025State.of_codes(3), wrong_hours())
    with pytest.raises(InvalidValue, match=r"shapes of the sites.* arrays"):
        Sites(np.zeros(2), np.zeros(3), np.zeros(2))


def test_a_state_or_a_cover_that_cannot_be_is_refused() -> None:
    with pytest.raises(InvalidValue, match="FFMC is 102"):
        Fwi2025State.of_codes(1, ffmc=102.0)
    with pytest.raises(InvalidValue, match="DMC"):
        Fwi2025State.of_codes(1, dmc=-1.0)
    good = Fwi2025State.of_codes(2)
    parts = [getattr(good, field.name) for field in fields(good)]
    with pytest.raises(InvalidValue, match="hours since the last rain"):
        Fwi2025State(*parts[:6], np.full(2, 5.0))
    with pytest.raises(InvalidValue, match="shapes of the state"):
        Fwi2025State(*parts[:6], np.zeros(3))
    with pytest.raises(InvalidValue, match="cured share"):
        GrassCover(np.array(101.0), np.array(0.35))
    with pytest.raises(InvalidValue, match="load of the grass"):
        GrassCover(np.array(50.0), np.array(0.0))


def test_the_curing_that_is_known_by_date_ends_where_it_was_published() -> None:
    days = np.array(["2026-05-10", "2026-05-20", "2026-08-27"], dtype="datetime64[D]")
    np.testing.assert_allclose(curing_of_days(days), [84.4, 78.1, 42.2], rtol=1e-12)
    for day in ("2026-05-09", "2026-08-28", "2026-02-01"):
        with pytest.raises(InvalidValue, match=f"day is '{day}'; allowed is 10 May to 27 August"):
            curing_of_days(np.array([day], dtype="datetime64[D]"))
