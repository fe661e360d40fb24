"""What a fire would do within the hour."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch.danger.fbp.fuels import FuelType
from firewatch.danger.forest_fuels import ForestFuel
from firewatch.domain.exposure import Exposure, ExposureKind
from firewatch.domain.geo import ErrorEllipse, Fix, Position
from firewatch.domain.sites import Name
from firewatch.errors import InvalidValue
from firewatch.fusion.consequence import NearExposure, consequence, exposures_near
from firewatch.fusion.spread import Quantiles, SpreadForecast, SpreadRules, predict_spread
from firewatch.fusion.spread_case import FireWeather, FuelShare, SpreadCase

PLACE = Position(27.0, 112.7)


def a_forecast(area_ha: float, head_m: float) -> SpreadForecast:
    fuel = ForestFuel("草地", "grass", FuelType.O1B, 1.6, "open")
    case = SpreadCase(
        Fix(PLACE, ErrorEllipse(0.0, 0.0, 0.0)), FireWeather(10.0, 0.0, 85.0, 40.0), (FuelShare(fuel, 1.0),)
    )
    made = predict_spread(case, np.random.default_rng(1), SpreadRules(draws=16))
    wide = Quantiles(area_ha, area_ha, area_ha), Quantiles(head_m, head_m, head_m)
    return replace(made, stages=tuple(replace(one, area_ha=wide[0], head_m=wide[1]) for one in made.stages))


def at(kind: ExposureKind, distance_m: float) -> NearExposure:
    return NearExposure(Exposure(kind, Name("某处", "somewhere"), PLACE), distance_m)


def test_a_fire_of_which_nothing_is_known_counts_one() -> None:
    unknown = consequence(None)
    assert unknown.value == 1.0
    assert [part.name for part in unknown.parts] == ["base", "area-unknown", "exposures"]


@pytest.mark.parametrize(("area", "wanted"), [(0.0, 0.5), (0.1, 0.5), (1.0, 0.5 + 1 / 3), (100.0, 1.5), (9000.0, 1.5)])
def test_area_counts_by_its_logarithm(area: float, wanted: float) -> None:
    assert consequence(a_forecast(area, 100.0)).value == pytest.approx(wanted)


def test_what_the_fire_can_reach_counts_and_is_named() -> None:
    spread = a_forecast(1.0, 800.0)
    school, far = at(ExposureKind.SCHOOL, 700.0), at(ExposureKind.VILLAGE, 5000.0)
    found = consequence(spread, [school, far])
    assert found.reached == (school,)
    spared = (1.0 - 0.9) * (1.0 - 0.7 * math.exp(-4.2))
    assert found.parts[-1].value == pytest.approx(1.5 * (1.0 - spared))


kinds = st.sampled_from(ExposureKind)
things = st.lists(st.builds(at, kinds, st.floats(0.0, 20_000.0)), max_size=8)


@given(st.floats(0.0, 1e5), st.floats(0.0, 1e4), things, kinds)
def test_it_stays_between_its_ends_and_one_thing_more_never_lowers_it(
    area: float, head: float, near: list[NearExposure], kind: ExposureKind
) -> None:
    spread = a_forecast(area, head)
    found = consequence(spread, near)
    assert 0.5 <= found.value <= 3.0
    assert found.value == math.fsum(part.value for part in found.parts)
    assert consequence(spread, [*near, at(kind, 10.0)]).value >= found.value


def test_the_larger_of_the_listed_forest_and_the_map_s_counts_and_the_rest_beside_it() -> None:
    def exposed(near: list[NearExposure], forest: float | None) -> float:
        return {part.name: part.value for part in consequence(None, near, forest).parts}["exposures"]

    listed, school = at(ExposureKind.FOREST, 0.0), at(ExposureKind.SCHOOL, 0.0)
    assert exposed([], None) == exposed([], 0.0) == 0.0
    assert exposed([], 1.0) == pytest.approx(1.5 * 0.3)
    assert exposed([listed], None) == exposed([listed], 0.4) == exposed([listed], 1.0) == exposed([], 1.0)
    assert exposed([school], 0.5) == pytest.approx(1.5 * (1.0 - 0.1 * (1.0 - 0.15)))
    with pytest.raises(InvalidValue, match="share of forest"):
        consequence(None, [], 1.5)


def test_exposures_are_found_by_their_nearest_edge() -> None:
    north = Position(27.05, 112.7)
    large = Exposure(ExposureKind.FOREST, Name("林场", "forest farm"), north, 5000.0)
    small = Exposure(ExposureKind.VILLAGE, Name("村", "village"), north)
    around = Exposure(ExposureKind.FOREST, Name("山", "hill"), PLACE, 300.0)
    near = exposures_near(PLACE, [small, large, around], 5000.0)
    assert [one.exposure for one in near] == [around, large]
    assert near[0].distance_m == 0.0
    assert near[1].distance_m == pytest.approx(540.0, abs=5.0)


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(InvalidValue):
        at(ExposureKind.POWER, -1.0)
    with pytest.raises(InvalidValue):
        Exposure(ExposureKind.POWER, Name("线", "line"), PLACE, 1e6)
