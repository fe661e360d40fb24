"""What is said of an incident is a function of its sightings, in parts that add up."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch.domain.danger import DangerGrade
from firewatch.domain.geo import Bearing, Position
from firewatch.domain.ids import CameraId, PoseId, SightingId, StationId, TowerId
from firewatch.domain.incident import BeliefChanged, Located, Opened, Rated, fold
from firewatch.domain.optics import Calibration
from firewatch.domain.sites import Camera, Name, Pose, SiteMap, Station, Tower
from firewatch.fusion.triage import Term
from firewatch.geodesy import inverse
from firewatch.services.findings import Neighbourhood, find_changes
from firewatch.services.sight_lines import calibrations_today, place
from firewatch.testing import SCENE_START, MemoryRatingBook, a_rating, a_sighting, a_ulid, an_event

PLACES = {"tower-a": Position(26.90, 112.50), "tower-b": Position(26.90, 112.60), "tower-c": Position(26.98, 112.55)}
FIRE = Position(26.94, 112.55)
_CAMERA = Camera(CameraId("north"), (Pose(PoseId("fixed"), Calibration("survey-1", 0.0, 0.0, 62.0, 0.5)),), 15_000.0)
SITES = SiteMap(
    tuple(Tower(TowerId(key), Name(key, key), at, (_CAMERA,)) for key, at in PLACES.items()),
    (
        Station(StationId("near"), Name("近", "Near"), Position(26.93, 112.55)),
        Station(StationId("far"), Name("远", "Far"), Position(26.60, 112.55)),
    ),
)
BEIJING = timezone(timedelta(hours=8))
OPENED = fold([an_event(1, Opened(SightingId(a_ulid("sighting", 1)), TowerId("tower-a")))])
assert OPENED is not None
SEEN = [
    replace(a_sighting(n, tower=key), bearing=Bearing(inverse(at, FIRE).azimuth_deg, 0.5), score=0.7 + n / 100)
    for n, (key, at) in enumerate(PLACES.items(), start=1)
]


def found(*ratings, seen=SEEN, incident=OPENED, at=SCENE_START):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN002, ANN201
    book = MemoryRatingBook()
    book.put(ratings)
    return find_changes(incident, seen, SITES, Neighbourhood(SITES, book, BEIJING), at)


@given(st.lists(st.floats(0.0, 1.0), min_size=3, max_size=3), st.one_of(st.none(), st.sampled_from(list(DangerGrade))))
def test_the_parts_of_a_probability_add_up_to_it(scores: list[float], grade: DangerGrade | None) -> None:
    seen = [replace(one, score=score) for one, score in zip(SEEN, scores, strict=True)]
    ratings = [] if grade is None else [a_rating("near", grade=grade)]
    belief = next(change for change in found(*ratings, seen=seen) if isinstance(change, BeliefChanged))
    total = math.fsum(log_odds for _, log_odds in belief.parts)
    assert belief.probability == pytest.approx(1.0 / (1.0 + math.exp(-total)), abs=1e-9)
    others = {term.value for term in Term if term is not Term.TOWER}
    assert {name for name, _ in belief.parts} == {"base", *(f"tower:{key}" for key in PLACES), *others}


@given(st.permutations(SEEN))
def test_the_order_of_the_sightings_changes_nothing(order: list[object]) -> None:
    assert found(seen=order) == found()


def test_towers_that_cross_locate_the_fire_and_one_tower_says_why_it_cannot() -> None:
    located = next(change for change in found() if isinstance(change, Located))
    assert located.fix is not None
    assert inverse(located.fix.position, FIRE).distance_m < 50.0
    alone = next(change for change in found(seen=SEEN[:1]) if isinstance(change, Located))
    assert alone.fix is None
    assert "one place only" in alone.why_not


def test_without_a_rating_nothing_is_muted() -> None:
    changes = found()
    belief = next(change for change in changes if isinstance(change, BeliefChanged))
    assert dict(belief.parts)["danger"] == 0.0
    assert not [change for change in changes if isinstance(change, Rated)]


@pytest.mark.parametrize(("days_before", "expected"), [(0, "near"), (1, "near"), (2, "near"), (3, "far"), (-1, "far")])
def test_the_rating_is_of_the_nearest_station_and_of_the_day_or_two_before(days_before: int, expected: str) -> None:
    near = a_rating("near", at=SCENE_START - timedelta(days=days_before))
    rated = next(change for change in found(near, a_rating("far")) if isinstance(change, Rated))
    assert rated.rating is not None
    assert rated.rating.station_id == expected


def test_a_late_sighting_has_the_danger_of_its_day_though_a_later_day_is_rated() -> None:
    before, after = (a_rating("near", at=SCENE_START + timedelta(days=days)) for days in (-1, 4))
    rated = next(change for change in found(before, after) if isinstance(change, Rated))
    assert rated.rating == before


def test_the_day_is_the_bureaus_not_greenwichs() -> None:
    evening = SCENE_START.replace(hour=17)
    today, tomorrow = a_rating("near"), a_rating("near", at=SCENE_START + timedelta(days=1))
    rated = next(change for change in found(today, tomorrow, at=evening) if isinstance(change, Rated))
    assert rated.rating == tomorrow
    assert evening.astimezone(UTC).date() == SCENE_START.date()


def test_what_has_not_changed_in_meaning_is_no_event() -> None:
    assert OPENED is not None
    first = found(a_rating("near"))
    opened = an_event(1, Opened(SightingId(a_ulid("sighting", 1)), TowerId("tower-a")))
    incident = fold([opened, *(an_event(n, change) for n, change in enumerate(first, start=2))])
    assert found(a_rating("near"), incident=incident) == ()
    nudged = [replace(one, score=one.score + 0.001) for one in SEEN]
    assert found(a_rating("near"), incident=incident, seen=nudged) == ()
    assert len(found(incident=incident)) == 2


def test_a_sighting_of_an_unknown_tower_or_camera_has_no_place() -> None:
    assert place(replace(SEEN[0], tower_id=TowerId("nowhere")), SITES) is None
    assert place(replace(SEEN[0], camera_id=CameraId("south")), SITES) is None
    assert found(seen=[replace(SEEN[0], tower_id=TowerId("nowhere"))])


def _corrected(tower_id: str, **changed: object) -> SiteMap:
    """Return the sites with one tower's pose corrected."""
    pose = replace(
        _CAMERA.poses[0], calibration=Calibration("survey-2", 0.0, 0.0, 62.0, 0.5, **changed), corrects=("survey-1",)
    )  # type: ignore[arg-type]
    camera = replace(_CAMERA, poses=(pose,))
    towers = tuple(replace(one, cameras=(camera,)) if one.tower_id == tower_id else one for one in SITES.towers)
    return replace(SITES, towers=towers)


def test_a_correction_of_a_pose_is_told_as_the_reason_once() -> None:
    opened = an_event(1, Opened(SightingId(a_ulid("sighting", 1)), TowerId("tower-a")))
    ratings = Neighbourhood(SITES, MemoryRatingBook(), BEIJING)
    first = find_changes(OPENED, SEEN, SITES, ratings, SCENE_START)
    located = next(change for change in first if isinstance(change, Located))
    assert located.recalibrated == ()
    assert {(one.tower_id, one.sent, one.used) for one in located.calibrations} == {
        (key, "survey-1", "survey-1") for key in PLACES
    }
    events = [opened, *(an_event(n, change) for n, change in enumerate(first, start=2))]
    corrected = _corrected("tower-a")
    again = find_changes(fold(events), SEEN, corrected, ratings, SCENE_START)  # type: ignore[arg-type]
    moved = next(change for change in again if isinstance(change, Located))
    assert [(one.tower_id, one.used) for one in moved.recalibrated] == [("tower-a", "survey-2")]
    assert moved.fix != located.fix
    events += [an_event(n, change) for n, change in enumerate(again, start=len(events) + 1)]
    incident = fold(events)
    assert incident is not None
    assert incident.calibrations == moved.calibrations
    assert find_changes(incident, SEEN, corrected, ratings, SCENE_START) == ()
    # What another sighting moves is not a correction's doing, though its own pose is one that was corrected.
    joined = find_changes(
        fold([opened, an_event(2, Located(None, "x", (), located.calibrations[1:]))]),
        SEEN,
        corrected,
        ratings,
        SCENE_START,
    )  # type: ignore[arg-type]
    assert next(change for change in joined if isinstance(change, Located)).recalibrated == ()


def test_calibrations_are_told_of_cameras_on_no_map_as_they_were_sent() -> None:
    strange = replace(SEEN[0], tower_id=TowerId("nowhere"))
    other = replace(SEEN[1], camera_id=CameraId("south"))
    unknown = replace(SEEN[2], pose_id=PoseId("elsewhere"))
    told = calibrations_today([unknown, other, strange, strange], SITES)
    assert [(one.tower_id, one.camera_id, one.used) for one in told] == [
        ("nowhere", "north", "survey-1"),
        ("tower-b", "south", "survey-1"),
        ("tower-c", "north", "survey-1"),
    ]
