"""Each fact speaks as strongly as it should, and says nothing where nothing is known."""

from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch.domain.geo import Bearing, ErrorEllipse, Fix, Position
from firewatch.domain.hotspot import Hotspot, HotspotConfidence
from firewatch.domain.ids import IncidentId, SightingId, TowerId
from firewatch.domain.sites import Name
from firewatch.domain.smoke_source import OpenHours, SmokeKind, SmokeSource
from firewatch.errors import InvalidValue
from firewatch.fusion.agreement import agreement_of, by_mast, masts_of
from firewatch.fusion.belief import TowerScore
from firewatch.fusion.evidence import (
    HALF_PERSISTENCE_S,
    Agreement,
    Growth,
    Ignitions,
    LocalHour,
    NearHotspot,
    NearSource,
    Persistence,
    PlaceHistory,
)
from firewatch.fusion.growth import growth_ratio
from firewatch.fusion.hotspots import SeenFire, SmokeLine, match_hotspot
from firewatch.fusion.intersect import TowerBearing
from firewatch.fusion.nearby import Decided, history_at, near_hotspot, source_at, source_towards
from firewatch.geodesy import direct, inverse

FIRE = Position(26.94, 112.55)
FIX = Fix(FIRE, ErrorEllipse(200.0, 80.0, 30.0))
AT = datetime(2026, 3, 3, 2, 0, tzinfo=UTC)
LOCAL = datetime(2026, 3, 3, 10, 0)  # noqa: DTZ001 - the bureau's clock, as it hangs on the wall
VECTORS = Path(__file__).resolve().parents[4] / "shared" / "data" / "location" / "vectors.json"
# Published numbers of seth-planet/wildfire-watch, fire_consensus.
GROWTH = [
    ((0.01, 0.009, 0.012, 0.011, 0.014, 0.016), 1.4),
    ((0.01, 0.011, 0.01, 0.01, 0.011, 0.01), 1.0),
    ((0.01, 0.012, 0.014, 0.016, 0.018), None),
]


@pytest.mark.parametrize(("areas", "ratio"), GROWTH)
def test_growth_is_the_published_rule(areas: tuple[float, ...], ratio: float | None) -> None:
    assert growth_ratio(areas) == (None if ratio is None else pytest.approx(ratio))


@pytest.mark.shared
def test_growth_gives_the_shared_vectors() -> None:
    if not VECTORS.exists():
        pytest.skip("the shared measuring data are not here")
    cases = json.loads(VECTORS.read_text(encoding="utf-8"))["growth_consensus"]["cases"]
    for case in cases:
        ratio = growth_ratio(case["areas"])
        assert ratio == (pytest.approx(case["ratio"]) if "ratio" in case else None)
        assert (ratio is not None and ratio >= 1.2) is case["growing"]
    assert len(cases) == 3


def test_an_area_of_nothing_is_refused() -> None:
    for bad in (0.0, -1.0, math.nan):
        with pytest.raises(InvalidValue, match="area"):
            growth_ratio([bad])


@given(st.lists(st.floats(0.01, 100.0), min_size=6, max_size=12), st.floats(0.01, 100.0))
def test_growth_does_not_depend_on_the_unit(areas: list[float], unit: float) -> None:
    ratio, other = growth_ratio(areas), growth_ratio([unit * area for area in areas])
    assert ratio == pytest.approx(other)


@pytest.mark.parametrize(
    ("fact", "strength"),
    [
        (Persistence(0.0), 0.0),
        (Persistence(HALF_PERSISTENCE_S), 0.5),
        (Persistence(HALF_PERSISTENCE_S, 0.5), 0.25),
        (Growth(2.0), 1.0),
        (Growth(1.0), 0.0),
        (Growth(0.5), -1.0),
        (Growth(9.0), 1.0),
        (Agreement(2, 90.0, None), 0.5),
        (Agreement(3, 90.0, 1.0), 1.0),
        (Agreement(3, 30.0, 1.0), 0.5),
        (Agreement(3, 90.0, 0.1), 0.0),
        (Agreement(3, 30.0, 0.01), -1.0),
        (Agreement(3, 30.0, 0.0), -1.0),
        (NearHotspot(0.0, 0.0, 0.0, 0.0, 0.8), 0.8),
        (NearHotspot(0.0, 0.0, 90.0, 60.0, 0.8), 0.4),
        (NearHotspot(500.0, 1.0, 0.0, 0.0, 1.0), math.exp(-0.5)),
        (NearHotspot(0.0, 0.0, 0.0, 0.0, 0.8, is_located=False), 0.4),
        (LocalHour(14.0), 1.0),
        (LocalHour(2.0), -1.0),
        (LocalHour(8.0), 0.0),
        (Ignitions(10.0), 1.0),
        (Ignitions(1.0), 0.0),
        (NearSource("砖", "Bricks", 0.0, is_located=True), 1.0),
        (NearSource("砖", "Bricks", 0.0, is_located=False), 0.5),
        (PlaceHistory(0.0, 0.0), 0.0),
        (PlaceHistory(0.0, 6.0), -1.0),
        (PlaceHistory(6.0, 0.0), 1.0),
    ],
)
def test_how_strongly_each_fact_speaks(fact: Persistence, strength: float) -> None:
    assert fact.strength == pytest.approx(strength, abs=1e-12)


@pytest.mark.parametrize(("masts", "strength"), [(2, 0.5), (3, 2.0 / 3.0), (4, 0.75)])
def test_the_second_mast_says_most(masts: int, strength: float) -> None:
    assert Agreement(masts, 60.0, None).masts_strength == pytest.approx(strength)


@pytest.mark.parametrize(
    "bad",
    [
        lambda: Persistence(-1.0),
        lambda: Persistence(1.0, 1.1),
        lambda: Growth(0.0),
        lambda: Agreement(1, 60.0, None),
        lambda: Agreement(2, 91.0, None),
        lambda: Agreement(3, 60.0, 1.1),
        lambda: NearHotspot(0.0, -1.0, 0.0, 0.0, 0.5),
        lambda: LocalHour(25.0),
        lambda: Ignitions(0.0),
        lambda: PlaceHistory(-1.0, 0.0),
        lambda: NearSource("", "x", 0.0, is_located=True),
    ],
)
def test_a_fact_out_of_range_is_refused(bad: object) -> None:
    with pytest.raises(InvalidValue):
        bad()  # type: ignore[operator]


def towards(tower: str, azimuth_deg: float, off_deg: float = 0.0, distance_m: float = 5000.0) -> TowerBearing:
    """Return what a tower measures that lies in a direction from the fire."""
    at = direct(FIRE, azimuth_deg, distance_m)
    return TowerBearing(TowerId(tower), at, Bearing((inverse(at, FIRE).azimuth_deg + off_deg) % 360.0, 0.5))


def test_towers_agree_on_the_place_that_they_point_to() -> None:
    agreement = agreement_of([towards("a", 0.0), towards("b", 90.0), towards("c", 200.0)], FIRE)
    assert agreement is not None
    assert (agreement.masts, round(agreement.crossing_deg)) == (3, 90)
    assert agreement.chance == pytest.approx(1.0, abs=1e-6)
    off = agreement_of([towards("a", 0.0), towards("b", 90.0), towards("c", 200.0, 2.0)], FIRE)
    assert off is not None
    assert off.chance == pytest.approx(math.erfc(4.0 / math.sqrt(2.0)), rel=1e-2)  # 4 sigma, 1 degree of freedom
    assert off.strength == -1.0 < agreement.strength


def test_two_towers_cannot_disagree_and_one_mast_says_nothing() -> None:
    two = agreement_of([towards("a", 0.0), towards("b", 60.0)], FIRE)
    assert two is not None
    assert (two.chance, round(two.crossing_deg)) == (None, 60)
    beside = towards("a2", 0.3)  # 26 m along the ring from a
    assert agreement_of([towards("a", 0.0), beside], FIRE) is None
    assert agreement_of([], FIRE) is None


@given(st.permutations([towards("a", 0.0), towards("b", 90.0, 0.4), towards("c", 200.0), towards("a", 0.0, 0.2)]))
def test_the_order_of_bearings_does_not_matter(order: list[TowerBearing]) -> None:
    assert agreement_of(order, FIRE) == agreement_of(sorted(order, key=lambda b: b.tower_id), FIRE)


def test_a_second_camera_on_a_mast_is_no_second_witness() -> None:
    places = {
        TowerId(k): p for k, p in (("b", FIRE), ("a", direct(FIRE, 10.0, 50.0)), ("c", direct(FIRE, 10.0, 900.0)))
    }
    masts = masts_of(places)
    assert masts == {"a": "a", "b": "a", "c": "c"}
    told = by_mast([TowerScore(TowerId(t), SightingId(t), 1, 0.8) for t in "bz"], masts)
    assert [score.tower_id for score in told] == ["a", "z"]


def a_hotspot(distance_m: float, minutes: float, confidence: HotspotConfidence | None = None) -> Hotspot:
    return Hotspot(direct(FIRE, 45.0, distance_m), AT + timedelta(minutes=minutes), "N20", confidence)


def test_the_hotspot_that_says_most_counts() -> None:
    fire = SeenFire(IncidentId("A"), AT, AT, FIX)
    near, far = a_hotspot(100.0, -20.0, HotspotConfidence.HIGH), a_hotspot(4000.0, 0.0, HotspotConfidence.HIGH)
    found = near_hotspot([far, near], fire)
    assert found is not None
    assert found.distance_m == pytest.approx(100.0)
    assert (found.minutes, found.apart_min) == (20.0, 20.0)
    assert found == near_hotspot([near, far], fire)
    assert near_hotspot([], fire) is None
    assert near_hotspot([far], fire) is None, "what belongs to no incident says nothing for one"
    surer = [near_hotspot([a_hotspot(100.0, 0.0, c)], fire) for c in (HotspotConfidence.LOW, None)]
    assert surer[0] is not None
    assert surer[1] is not None
    assert surer[0].strength < surer[1].strength


@given(st.floats(0.0, 3000.0), st.floats(-400.0, 400.0), st.booleans())
def test_a_hotspot_speaks_for_an_incident_exactly_where_it_belongs_to_it(
    far_m: float,
    minutes: float,
    is_located: bool,  # noqa: FBT001 - drawn
) -> None:
    line = SmokeLine(direct(FIRE, 180.0, 6000.0), 0.0, 0.5, 12_000.0)
    fire = SeenFire(IncidentId("A"), AT, AT + timedelta(hours=1), FIX if is_located else None, (line,))
    spot = a_hotspot(far_m, minutes)
    near, match = near_hotspot([spot], fire), match_hotspot(spot, [fire])
    assert (near is None) == (match is None)
    assert near is None or 0.0 < near.strength <= 0.6 + 1e-9


NAME = Name("砖厂", "Brickworks")
DAY = (OpenHours(time(8), time(18)),)


def chimney(distance_m: float = 0.0, hours: tuple[OpenHours, ...] = DAY, key: str = "bricks") -> SmokeSource:
    return SmokeSource(key, NAME, SmokeKind.CHIMNEY, (direct(FIRE, 80.0, distance_m),), 100.0, hours)


def square(half_m: float, east_m: float = 0.0) -> SmokeSource:
    middle = direct(FIRE, 90.0 if east_m >= 0.0 else 270.0, abs(east_m))
    corners = tuple(direct(middle, azimuth, half_m * math.sqrt(2.0)) for azimuth in (45.0, 135.0, 225.0, 315.0))
    return SmokeSource("yard", NAME, SmokeKind.SACRIFICE, corners, 10.0)


def test_a_source_explains_a_smoke_by_distance_in_errors_of_the_position() -> None:
    at, near = source_at([chimney()], FIX, LOCAL), source_at([chimney(500.0)], FIX, LOCAL)
    assert at is not None
    assert near is not None
    assert (at.sigmas, at.name_zh, at.is_located) == (0.0, "砖厂", True)
    assert near.sigmas == pytest.approx(2.0, rel=1e-3)  # 500 m less the 100 m of the source, by 200 m
    assert source_at([chimney(500.0, key="z"), chimney(key="a")], FIX, LOCAL) == at
    for far_m in (950.0, 30_000.0):
        assert source_at([chimney(far_m)], FIX, LOCAL) is None
    assert source_towards([chimney()], towards("a", 0.0, off_deg=5.0), 15_000.0, LOCAL) is None
    assert source_at([], FIX, LOCAL) is None


def test_a_closed_source_explains_nothing() -> None:
    assert source_at([chimney()], FIX, LOCAL.replace(hour=20)) is None
    assert source_towards([chimney()], towards("a", 0.0), 15_000.0, LOCAL.replace(hour=20)) is None


@pytest.mark.parametrize(("east_m", "sigmas"), [(0.0, 0.0), (250.0, 0.0), (300.0, 0.2), (-500.0, 1.2), (905.0, 3.225)])
def test_inside_an_area_and_beside_it(east_m: float, sigmas: float) -> None:
    found = source_at([square(250.0, east_m)], FIX, LOCAL)
    assert found is not None
    assert found.sigmas == pytest.approx(sigmas, abs=2e-3)


def test_a_source_may_have_two_corners_at_one_place() -> None:
    outline = (direct(FIRE, 0.0, 300.0), direct(FIRE, 0.0, 300.0), direct(FIRE, 20.0, 400.0))
    found = source_at([SmokeSource("s", NAME, SmokeKind.OTHER, outline, 100.0)], FIX, LOCAL)
    assert found is not None
    assert found.sigmas == pytest.approx(1.0, rel=1e-3)


def test_a_bearing_alone_meets_what_lies_in_its_direction_and_range() -> None:
    seen = towards("a", 0.0, off_deg=0.0)
    at = source_towards([chimney()], seen, 15_000.0, LOCAL)
    assert at is not None
    assert (at.sigmas, at.is_located) == (0.0, False)
    beside = source_towards([chimney()], towards("a", 0.0, off_deg=2.0), 15_000.0, LOCAL)
    assert beside is not None
    # 2 degrees less the half width of the source, atan(100 m / 5 km) = 1.15 degrees, by 0.5.
    assert beside.sigmas == pytest.approx((2.0 - math.degrees(math.atan(100.0 / 5000.0))) / 0.5, abs=0.01)
    assert source_towards([chimney()], seen, 4000.0, LOCAL) is None
    assert source_towards([square(250.0)], seen, 15_000.0, LOCAL) is not None


def decided(distance_m: float, days_ago: float, *, fire: bool) -> Decided:
    return Decided(direct(FIRE, 120.0, distance_m), AT - timedelta(days=days_ago), was_fire=fire)


def test_what_was_decided_near_counts_less_with_distance_and_age_and_never_from_the_future() -> None:
    assert history_at([], FIRE, AT) is None
    assert history_at([decided(2000.0, 1.0, fire=False), decided(0.0, -1.0, fire=True)], FIRE, AT) is None
    here = history_at([decided(0.0, 0.0, fire=True)], FIRE, AT)
    assert here == PlaceHistory(1.0, 0.0)
    off = history_at([decided(400.0, 365.0, fire=False)], FIRE, AT)
    assert off is not None
    assert off.false_alarms == pytest.approx(0.5 * math.exp(-0.5), rel=1e-3)


@given(st.permutations([decided(100.0 * n, 30.0 * n, fire=n % 2 == 0) for n in range(6)]))
def test_the_order_of_decisions_does_not_matter(order: list[Decided]) -> None:
    assert history_at(order, FIRE, AT) == history_at(sorted(order, key=lambda d: d.at), FIRE, AT)


def test_opening_hours_may_go_over_midnight() -> None:
    night = OpenHours(time(22), time(4))
    assert [night.holds(time(hour)) for hour in (21, 22, 0, 3, 4)] == [False, True, True, True, False]
    assert [DAY[0].holds(time(hour)) for hour in (7, 8, 17, 18)] == [False, True, True, False]


def test_a_permit_holds_on_its_days_only_and_must_end() -> None:
    days = {"valid_from": date(2026, 3, 2), "valid_until": date(2026, 3, 4)}
    permit = SmokeSource("permit", NAME, SmokeKind.PERMITTED_BURN, (FIRE,), note="No. 31", **days)
    assert [permit.smokes_at(LOCAL.replace(day=day)) for day in (1, 2, 4, 5)] == [False, True, True, False]
    with pytest.raises(InvalidValue, match="last day"):
        SmokeSource("permit", NAME, SmokeKind.PERMITTED_BURN, (FIRE,))
    with pytest.raises(InvalidValue, match="not before the first"):
        SmokeSource("x", NAME, SmokeKind.OTHER, (FIRE,), valid_from=date(2026, 3, 2), valid_until=date(2026, 3, 1))
    with pytest.raises(InvalidValue, match="corners"):
        SmokeSource("x", NAME, SmokeKind.OTHER, (FIRE, FIRE))
