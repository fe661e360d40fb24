"""What truly holds in the FBP System, whatever the numbers; and how the bad ones are refused."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from firewatch.danger import FfmcFamily
from firewatch.danger.fbp import (
    FbpCases,
    FbpMethod,
    FbpWeather,
    FireKind,
    FireRun,
    FoliarSeason,
    FuelBed,
    FuelType,
    InputPolicy,
    PerimeterForm,
    Terrain,
    behaviour_table,
    crown,
    fuel_codes,
    growth,
    moisture,
    predict_behaviour,
    predict_primary,
    shape,
    slope,
    spread,
)
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

BURNING = st.sampled_from([fuel for fuel in FuelType if fuel.burns])
ISI, BUI, FFMC = st.floats(0.0, 150.0), st.floats(1.0, 300.0), st.floats(60.0, 99.0)
WIND, SLOPE, PERCENT, ANGLE = st.floats(0.0, 120.0), st.floats(0.0, 100.0), st.floats(0.0, 100.0), st.floats(0.0, 360.0)
RATE, MINUTES, FRACTION = st.floats(1e-3, 200.0), st.floats(0.0, 1000.0), st.floats(0.0, 1.0)
ROUNDING = 1e-9


@given(BURNING, PERCENT, ISI, ISI, BUI)
def test_a_higher_spread_index_never_slows_the_surface_fire(
    fuel: FuelType, share: float, isi: float, other: float, bui: float
) -> None:
    bed = FuelBed.of(fuel, conifer_pct=share, dead_fir_pct=share)
    slow, fast = spread.surface_rate_of_spread(bed, sorted((isi, other)), bui)
    # In place of no rate at all stands the reference program's 1e-6 m/min, above the rates of the smallest indices.
    assert fast >= slow * (1.0 - ROUNDING) - 1e-6


@given(BURNING, BUI, BUI)
def test_a_higher_buildup_index_never_lowers_the_buildup_effect(fuel: FuelType, bui: float, other: float) -> None:
    low, high = spread.buildup_effect(fuel, sorted((bui, other)))
    assert high >= low * (1.0 - ROUNDING)


@given(PERCENT, PERCENT)
def test_more_cured_grass_never_slows_the_fire(cured: float, other: float) -> None:
    green, dry = spread.curing_factor(sorted((cured, other)))
    assert dry >= green - 1e-3  # the two published pieces meet with a step of less than that


@given(BURNING, FFMC, SLOPE)
def test_a_slope_is_never_worth_a_wind_down_it(fuel: FuelType, ffmc: float, steep: float) -> None:
    assert slope.slope_equivalent_wind(FuelBed.of(fuel), ffmc, steep, 100.0, 1.0) >= -1e-6


@given(WIND, ANGLE, WIND, ANGLE)
def test_wind_and_slope_add_as_vectors_do(wind: float, to: float, uphill: float, up: float) -> None:
    net = slope.add_winds(wind, to, uphill, up)
    assert abs(wind - uphill) - ROUNDING <= net.speed_kmh <= wind + uphill + ROUNDING
    assert 0.0 <= net.azimuth_deg < 360.0
    turned = slope.add_winds(uphill, up, wind, to)
    assert turned.speed_kmh == pytest.approx(net.speed_kmh.item(), abs=ROUNDING)


@given(WIND, ANGLE)
def test_without_a_slope_the_net_wind_is_the_wind(wind: float, to: float) -> None:
    assume(wind > 1e-3)
    net = slope.add_winds(wind, to, 0.0, 0.0)
    assert net.speed_kmh == pytest.approx(wind)
    assert np.cos(np.radians(net.azimuth_deg - to)) == pytest.approx(1.0)


def test_without_any_wind_the_azimuth_is_north() -> None:
    net = slope.add_winds(0.0, 90.0, 0.0, 180.0)
    assert (net.speed_kmh, net.azimuth_deg) == (0.0, 0.0)


@given(RATE, RATE, RATE, ANGLE)
def test_the_rate_in_a_direction_is_a_point_of_the_fires_ellipse(
    ros: float, fros: float, other: float, theta: float
) -> None:
    bros, ros = sorted((ros, other))
    assume(bros > 0.01 * ros)
    assume(fros > 0.01 * ros)
    assume(abs(np.cos(np.radians(theta))) > 0.01)  # the formula divides by it
    rate = shape.rate_of_spread_at(theta, ros, fros, bros)
    along = (rate * np.cos(np.radians(theta)) - (ros - bros) / 2.0) / ((ros + bros) / 2.0)
    across = rate * np.sin(np.radians(theta)) / fros
    assert along**2 + across**2 == pytest.approx(1.0, rel=1e-6)


@given(RATE, RATE, RATE)
def test_the_head_and_the_back_are_the_ends_of_the_ellipse(ros: float, fros: float, bros: float) -> None:
    ahead, behind = shape.rate_of_spread_at([0.0, 180.0], ros, fros, bros)
    assert ahead == pytest.approx(ros)
    assert behind == pytest.approx(bros, rel=1e-6, abs=1e-6 * ros)


def test_beside_the_head_the_rate_is_finite_where_the_cosine_is_zero() -> None:
    assert np.isfinite(shape.rate_of_spread_at(90.0, 10.0, 3.0, 1.0))


@given(RATE, st.floats(1.0, 10.0), ANGLE, ANGLE)
def test_no_direction_outruns_the_head(ros: float, ratio: float, towards: float, head: float) -> None:
    assert shape.rate_of_spread_towards(towards, head, ros, ratio) <= ros * (1.0 + ROUNDING)
    assert shape.rate_of_spread_towards(head, head, ros, ratio) == pytest.approx(ros)


def test_the_perimeters_two_forms_differ_as_they_say() -> None:
    form = PerimeterForm.CFFDRS
    assert shape.rate_of_spread_at(180.0, 10.0, 3.0, 1.0) == pytest.approx(1.0)
    assert shape.rate_of_spread_at(180.0, 10.0, 3.0, 1.0, form=form) == pytest.approx(10.0)
    assert shape.rate_of_spread_towards(90.0, 90.0, 10.0, 3.0) == pytest.approx(10.0)
    assert shape.rate_of_spread_towards(90.0, 90.0, 10.0, 3.0, form=form) < 5.0


@given(BURNING, FRACTION, RATE, MINUTES, MINUTES)
def test_an_accelerating_fire_nears_its_equilibrium_and_stays_behind_it(
    fuel: FuelType, fraction: float, ros: float, minutes: float, more: float
) -> None:
    alpha = growth.acceleration_per_min(fuel, fraction)
    early, late = sorted((minutes, more))
    rates = growth.rate_of_spread_at_time(ros, alpha, [early, late])
    assert rates[0] <= rates[1] <= ros
    distances = growth.distance_at_time(ros, alpha, [early, late])
    assert -ROUNDING * ros * 1e3 <= distances[0] <= distances[1] + ROUNDING
    assert distances[1] <= ros * late + ROUNDING
    ratios = growth.length_to_breadth_at_time(4.0, alpha, [early, late])
    assert 1.0 <= ratios[0] <= ratios[1] <= 4.0


@given(st.floats(-90.0, 90.0), st.floats(50.0, 140.0), st.floats(0.0, 3000.0), st.integers(0, 366))
def test_needles_hold_between_85_and_120_per_cent_of_water(lat: float, west: float, height: float, day: int) -> None:
    least = moisture.minimum_foliar_moisture_day(lat, west, height)
    assert least == np.rint(least)
    assert 85.0 <= moisture.foliar_moisture_content(day, least) <= 120.0


@given(st.sampled_from(list(FuelType)), WIND)
def test_a_fire_is_never_broader_than_long(fuel: FuelType, wind: float) -> None:
    assert shape.length_to_breadth(fuel, wind) >= 1.0


@given(RATE, RATE)
def test_crowns_burn_only_above_the_critical_rate(rate: float, critical: float) -> None:
    fraction = crown.crown_fraction_burned(rate, critical)
    assert 0.0 <= fraction <= 1.0
    assert (fraction > 0.0) == (rate > critical) or abs(rate - critical) < 1e-12


def test_kinds_of_fire_change_at_a_tenth_and_nine_tenths() -> None:
    kinds = crown.fire_kinds([0.0, 0.0999, 0.1, 0.8999, 0.9, 1.0, np.nan])
    assert kinds.tolist() == ["S", "S", "I", "I", "C", "C", "NA"]


def test_the_height_of_the_crowns_is_measured_or_planted_or_the_types() -> None:
    fuels = [FuelType.C6, FuelType.C6, FuelType.C6, FuelType.C6, FuelType.C3]
    heights = crown.crown_base_height(fuels, [5.0, 0.0, np.nan, 60.0, 0.0], [0, 0, 1000, 100, 1000], [0, 14, 14, 5, 14])
    np.testing.assert_allclose(heights, [5.0, 7.0, -11.2 + 1.06 * 14 + 1.7, 1e-7, 8.0])


# --- many cases at once


def cases(seed: int, shape_: tuple[int, ...], fuel: FuelType | None = None) -> FbpCases:
    rng = np.random.default_rng(seed)

    def some(low: float, high: float) -> npt.NDArray[np.float64]:
        return rng.uniform(low, high, shape_)

    kinds = rng.integers(0, len(FuelType), shape_) if fuel is None else np.full(shape_, int(fuel))
    bed = FuelBed.of(
        kinds, conifer_pct=some(0, 100), dead_fir_pct=some(0, 100), cured_pct=some(0, 100), grass_load_kg_m2=some(0, 2)
    )
    slopes = np.where(rng.random(shape_) < 0.3, 0.0, some(0, 80))
    zero = np.zeros(shape_)
    return FbpCases(
        bed,
        FbpWeather(some(60, 99), some(0, 200), some(0, 80), some(0, 360), zero),
        Terrain(slopes, some(0, 360)),
        FoliarSeason(some(20, 65), some(60, 130), some(0, 1500), some(90, 300).round(), zero, zero),
        FireRun(some(0, 6), some(0, 360), rng.random(shape_) < 0.5, rng.random(shape_) < 0.8),
    )


def take(whole: Any, index: Any) -> Any:
    """Return a place of a part's or the outputs' arrays, or of cases."""
    parts = [getattr(whole, each.name) for each in fields(whole)]
    return type(whole)(*(np.asarray(p[index]) if isinstance(p, np.ndarray) else take(p, index) for p in parts))


def assert_same(one: Any, other: Any) -> None:
    for each in fields(one):
        np.testing.assert_array_equal(getattr(one, each.name), getattr(other, each.name), err_msg=each.name)


@pytest.mark.parametrize("seed", range(3))
def test_a_grids_cell_equals_the_place_alone_bit_for_bit(seed: int) -> None:
    grid = cases(seed, (7, 9))
    primary, secondary = predict_behaviour(grid)
    assert primary.ros.shape == secondary.tros_t.shape == (7, 9)
    for index in [(0, 0), (3, 5), (6, 8)]:
        alone = predict_behaviour(take(grid, index))
        assert alone[0].ros.shape == ()
        assert_same(alone[0], take(primary, index))
        assert_same(alone[1], take(secondary, index))


def test_blocks_change_nothing() -> None:
    many = cases(5, (20_000,))
    primary, secondary = predict_behaviour(many)
    assert_same(predict_primary(many), primary)
    some = slice(8000, 8400)  # across the border of two blocks
    first, second = predict_behaviour(take(many, some))
    assert_same(first, take(primary, some))
    assert_same(second, take(secondary, some))


def test_no_cases_give_no_outputs() -> None:
    assert predict_primary(cases(1, (0,))).ros.shape == (0,)


@pytest.mark.parametrize("fuel", [FuelType.NF, FuelType.WA])
def test_where_nothing_burns_everything_is_zero(fuel: FuelType) -> None:
    primary, secondary = predict_behaviour(cases(2, (5,), fuel))
    assert primary.fd.tolist() == [FireKind.NONE] * 5
    numbers = [getattr(o, e.name) for o in (primary, secondary) for e in fields(o) if e.name != "fd"]
    assert not np.array(numbers).any()
    bed = FuelBed.of(fuel)
    assert spread.rate_of_spread(bed, 10.0, 50.0, 100.0, 1.0) == 0.0
    assert slope.slope_equivalent_wind(bed, 90.0, 30.0, 100.0, 1.0) == 0.0


@pytest.mark.parametrize("seed", range(3))
def test_the_outputs_agree_with_each_other(seed: int) -> None:
    some = cases(seed, (2000,))
    primary, secondary = predict_behaviour(some, FbpMethod())
    np.testing.assert_allclose(primary.tfc, primary.sfc + primary.cfc)
    np.testing.assert_allclose(primary.hfi, 300.0 * primary.tfc * primary.ros)
    assert ((primary.cfb >= 0.0) & (primary.cfb <= 1.0)).all()
    assert (secondary.bros <= primary.ros * (1 + ROUNDING)).all()
    assert (secondary.tros <= primary.ros * (1 + ROUNDING)).all()
    some_back = spread.back_rate_of_spread(
        *(some.bed, some.weather.ffmc, secondary.wsv, np.where(some.run.with_buildup, some.weather.bui, 0.0)),
        *(secondary.fmc, primary.sfc),
    )
    np.testing.assert_allclose(secondary.bros, some_back, rtol=1e-12)
    steady = ~some.run.accelerates
    np.testing.assert_array_equal(secondary.hros_t[steady], primary.ros[steady])
    assert (secondary.hros_t <= primary.ros * (1 + ROUNDING)).all()


def test_a_given_index_counts_where_the_fine_fuel_code_is_zero() -> None:
    table = behaviour_table({"FFMC": [0, 90], "ISI": [12.5, 12.5], "GS": [20, 20]})
    assert table["ISI"][0] == 12.5
    assert table["ISI"][1] != 12.5
    assert table["WSV"][0] == 10.0


def test_given_days_and_moistures_come_before_computed_ones() -> None:
    table = behaviour_table({"D0": [140, 0, 0], "FMC": [0, 97, 0], "Dj": [140, 140, 140]})
    np.testing.assert_allclose(table["FMC"][:2], [85.0, 97.0])
    assert table["D0"][0] == 140
    assert table["D0"][1] == table["D0"][2] != 140


# --- what is missing


PLACES: list[tuple[str, str, set[FuelType]]] = [
    ("bed", "conifer_pct", {FuelType.M1, FuelType.M2}),
    ("bed", "dead_fir_pct", {FuelType.M3, FuelType.M4}),
    ("bed", "cured_pct", {FuelType.O1A, FuelType.O1B}),
    ("bed", "grass_load_kg_m2", {FuelType.O1A, FuelType.O1B}),
    ("weather", "ffmc", {fuel for fuel in FuelType if fuel.burns}),
    ("weather", "bui", {fuel for fuel in FuelType if fuel.burns}),
    ("weather", "wind_kmh", {fuel for fuel in FuelType if fuel.burns}),
    ("terrain", "slope_pct", {fuel for fuel in FuelType if fuel.burns}),
    ("season", "day_of_year", {fuel for fuel in FuelType if fuel.parameters.crown_load_kg_m2 > 0.0}),
    ("season", "lat_deg", {fuel for fuel in FuelType if fuel.parameters.crown_load_kg_m2 > 0.0}),
]


@pytest.mark.parametrize(("part", "name", "needing"), PLACES)
@pytest.mark.parametrize("fuel", list(FuelType))
def test_what_is_missing_is_missing_where_it_is_needed(
    part: str, name: str, needing: set[FuelType], fuel: FuelType
) -> None:
    some = cases(3, (4,), fuel)
    array = getattr(getattr(some, part), name).copy()
    array[1] = np.nan
    changed = type(getattr(some, part))(
        *(array if e.name == name else getattr(getattr(some, part), e.name) for e in fields(getattr(some, part)))
    )
    whole = FbpCases(*(changed if e.name == part else getattr(some, e.name) for e in fields(some)))
    missing = np.isnan(predict_primary(whole).hfi)
    assert missing.tolist() == [False, fuel in needing, False, False]


# --- what is refused


def test_fuel_types_are_read_as_people_write_them() -> None:
    assert fuel_codes(["C-2", "c2", " O-1a ", "o1b", "NF", "D 1"]).tolist() == [1, 1, 12, 13, 17, 7]


def bed_with(**changed: Any) -> FuelBed:
    bed = FuelBed.of([FuelType.C2, FuelType.M1])
    return FuelBed(**{e.name: changed.get(e.name, getattr(bed, e.name)) for e in fields(bed)})


REFUSED: list[tuple[Callable[[], object], str]] = [
    (lambda: fuel_codes(["C2", "C9"]), "fuel type of row 2 is 'C9'; allowed is C1, C2"),
    (lambda: bed_with(conifer_pct=np.zeros(3)), "shapes of the fuel bed's arrays"),
    (lambda: bed_with(fuel=np.array([1, 19])), "fuel codes is (1, 19); allowed is 0 to 18"),
    (lambda: bed_with(conifer_pct=np.array([50.0, 101.0])), "conifer_pct at (1,) is 101.0; allowed is 0 to 100"),
    (lambda: bed_with(crown_load_kg_m2=np.array([-1.0, 1.0])), "crown_load_kg_m2 at (0,) is -1.0; allowed is at least"),
    (lambda: cases_with_wind(np.array([10.0, -1.0])), "wind at 10 m (km/h) at (1,) is -1.0; allowed is 0 to 400"),
    (lambda: cases_with_wind(np.array([10.0])), "shapes of the"),
    (lambda: behaviour_table({"FFMC": [90], "BUI": [60, 70]}), "lengths of the columns"),
    (lambda: behaviour_table({"FFMC": ["90", "wet"]}), "FFMC of row 2 is 'wet'; allowed is a number"),
    (lambda: strict({"FFMC": [90, 102]}), "FFMC of row 2 is 102.0; allowed is 0 to 101"),
    (lambda: strict({"cc": [50, 0]}), "CC of row 2 is 0.0; allowed is above 0 to 100"),
    (lambda: strict({"FuelType": ["C2", ""]}), "fuel type of row 2 is ''"),
]


def cases_with_wind(wind: npt.NDArray[np.float64]) -> FbpCases:
    some = cases(1, (2,))
    rest = np.full(wind.shape, 50.0)
    return FbpCases(some.bed, FbpWeather(rest, rest, wind, rest, rest), some.terrain, some.season, some.run)


def strict(columns: dict[str, list[Any]]) -> object:
    return behaviour_table(columns, policy=InputPolicy.STRICT)


@pytest.mark.parametrize(("attempt", "message"), REFUSED)
def test_bad_input_is_refused_with_what_was_given_and_what_is_allowed(
    attempt: Callable[[], object], message: str
) -> None:
    with pytest.raises(InvalidValue) as caught:
        attempt()
    assert message in str(caught.value)


def test_the_constants_of_1987_reach_every_output() -> None:
    some = cases(4, (200,), FuelType.C3)
    classic, today = (
        predict_behaviour(some, FbpMethod(family))[1] for family in (FfmcFamily.CLASSIC, FfmcFamily.CFFDRS)
    )
    assert (classic.isi > today.isi).all()
    assert (classic.bros > today.bros)[today.bros > 1e-12].mean() > 0.9
