"""Hotspots and incidents: near in space and time, one heat or several, and what it says."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firewatch.domain.geo import ErrorEllipse, Fix, Position
from firewatch.domain.hotspot import HeatSource, Hotspot
from firewatch.domain.ids import IncidentId
from firewatch.domain.sites import Name
from firewatch.errors import InvalidValue
from firewatch.fusion.hotspots import (
    HotspotRules,
    SeenFire,
    SmokeLine,
    element_side_m,
    group_hotspots,
    heat_source_at,
    match_hotspot,
)
from firewatch.geodesy import direct
from firewatch.testing import SCENE_START

PLACE = Position(27.0, 112.7)
HOUR = timedelta(hours=1)
FIRE = SeenFire(IncidentId("A"), SCENE_START, SCENE_START + HOUR, Fix(PLACE, ErrorEllipse(200.0, 100.0, 30.0)))


def spot(azimuth: float = 0.0, metres: float = 0.0, hours: float = 0.0, **facts: Any) -> Hotspot:
    named: dict[str, Any] = {"satellite": "N20", "size_km2": 0.16} | facts
    return Hotspot(direct(PLACE, azimuth, metres), SCENE_START + hours * HOUR, **named)


def test_a_hotspot_on_the_fix_is_matched_and_one_far_away_is_not() -> None:
    match = match_hotspot(spot(90.0, 150.0, 0.5), [FIRE])
    assert match is not None
    assert (match.incident_id, match.minutes, match.apart_min, match.is_located) == ("A", 30.0, 0.0, True)
    assert match.distance_m == pytest.approx(150.0, abs=0.1)
    assert match_hotspot(spot(90.0, 3000.0), [FIRE]) is None
    assert match_hotspot(spot(), []) is None


def test_the_chi_square_counts_both_errors_in_their_directions() -> None:
    sigma = 400.0 * math.hypot(1.0 / math.sqrt(12.0), 0.25)
    for azimuth, axis in ((30.0, 200.0), (120.0, 100.0)):
        match = match_hotspot(spot(azimuth, 300.0), [FIRE])
        assert match is not None
        assert match.chi_square == pytest.approx(300.0**2 / (axis**2 + sigma**2), rel=1e-3)


def test_a_true_hotspot_is_lost_as_rarely_as_the_rules_say() -> None:
    rng = np.random.default_rng(3)
    rules, sigma = HotspotRules(chance=0.1), 400.0 * math.hypot(1.0 / math.sqrt(12.0), 0.25)
    theta = math.radians(30.0)
    lost = 0
    for _ in range(2000):
        along, across = rng.normal(0.0, math.hypot(200.0, sigma)), rng.normal(0.0, math.hypot(100.0, sigma))
        east = along * math.sin(theta) + across * math.cos(theta)
        north = along * math.cos(theta) - across * math.sin(theta)
        lost += (
            match_hotspot(spot(math.degrees(math.atan2(east, north)), math.hypot(east, north)), [FIRE], rules) is None
        )
    assert lost / 2000 == pytest.approx(0.1, abs=0.025)


@pytest.mark.parametrize(("hours", "matched"), [(-3.1, 0), (-2.9, 1), (3.9, 1), (4.1, 0)])
def test_the_window_reaches_before_the_first_and_after_the_last_frame(hours: float, matched: int) -> None:
    assert (match_hotspot(spot(hours=hours), [FIRE]) is not None) == bool(matched)


@pytest.mark.parametrize(("hours", "minutes", "apart"), [(-0.5, -30.0, 30.0), (0.7, 42.0, 0.0), (1.5, 90.0, 30.0)])
def test_a_hotspot_while_smoke_was_seen_is_not_apart(hours: float, minutes: float, apart: float) -> None:
    match = match_hotspot(spot(hours=hours), [FIRE])
    assert match is not None
    assert (match.minutes, match.apart_min) == pytest.approx((minutes, apart))


def test_of_two_incidents_the_likelier_one_is_taken() -> None:
    other = replace(
        FIRE, incident_id=IncidentId("B"), fix=Fix(direct(PLACE, 90.0, 700.0), ErrorEllipse(50.0, 50.0, 0.0))
    )
    match = match_hotspot(spot(90.0, 600.0), [FIRE, other])
    assert match is not None
    assert match.incident_id == "B"


def test_a_hotspot_on_the_line_of_a_camera_is_seen() -> None:
    line = SmokeLine(direct(PLACE, 180.0, 8000.0), 0.0, 0.5, 15_000.0)
    unlocated = replace(FIRE, fix=None, lines=(line,))
    match = match_hotspot(spot(90.0, 200.0), [unlocated])
    assert match is not None
    assert match.distance_m == pytest.approx(200.0, abs=2.0)
    assert not match.is_located
    assert match_hotspot(spot(90.0, 2000.0), [unlocated]) is None
    assert match_hotspot(spot(), [replace(unlocated, lines=(replace(line, reach_m=5000.0),))]) is None
    assert match_hotspot(spot(), [replace(unlocated, lines=(replace(line, azimuth_deg=180.0),))]) is None
    assert match_hotspot(spot(), [replace(unlocated, lines=())]) is None


@pytest.mark.parametrize(
    ("satellite", "size", "side"),
    [
        ("N20", None, 375.0),
        ("Terra", None, 1000.0),
        ("Himawari-9", None, 2000.0),
        ("X", None, 1000.0),
        ("N", 4.0, 2000.0),
    ],
)
def test_the_element_is_as_large_as_told_or_as_its_satellite_has_it(
    satellite: str, size: float | None, side: float
) -> None:
    assert element_side_m(spot(satellite=satellite, size_km2=size)) == pytest.approx(side)


def test_elements_that_touch_are_one_heat_and_distant_or_late_ones_are_not() -> None:
    chain = [spot(90.0, 400.0 * step, step) for step in range(5)]
    far, late = spot(0.0, 9000.0, 2.0), spot(0.0, 0.0, 20.0)
    beside = spot(90.0, 9000.0)
    assert group_hotspots([*chain, far, late, beside]) == [[0, 1, 2, 3, 4], [7], [5], [6]]
    assert group_hotspots([]) == []


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0.0, 359.0), st.floats(0.0, 4000.0), st.floats(0.0, 12.0)), max_size=9), st.randoms()
)
def test_groups_do_not_depend_on_order(places: list[tuple[float, float, float]], random: Any) -> None:
    spots = [spot(*place) for place in places]
    shuffled = spots.copy()
    random.shuffle(shuffled)

    def groups(given_spots: list[Hotspot]) -> set[frozenset[Hotspot]]:
        return {frozenset(given_spots[index] for index in group) for group in group_hotspots(given_spots)}

    assert groups(shuffled) == groups(spots)
    assert sum(len(group) for group in group_hotspots(spots)) == len(spots)


def test_a_works_is_known_to_be_warm() -> None:
    works = HeatSource(Name("水泥厂", "cement works"), PLACE, 300.0)
    mine = HeatSource(Name("矿", "mine"), direct(PLACE, 0.0, 900.0), 300.0)
    assert heat_source_at(spot(0.0, 500.0), [works, mine]) is mine
    assert heat_source_at(spot(180.0, 500.0), [mine, works]) is works
    assert heat_source_at(spot(180.0, 700.0), [mine, works]) is None


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(InvalidValue):
        HotspotRules(chance=0.9)
    with pytest.raises(InvalidValue):
        HeatSource(Name("厂", "works"), PLACE, 1e6)
