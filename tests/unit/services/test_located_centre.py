"""A centre over books in memory: ground, boxes and silent cameras move an incident, in whatever order they come."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC
from typing import TYPE_CHECKING

import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from seen_boxes import NORTH, SOUTH, WEST, lasting, looking, metres, open_ground, seen, sites, tower
from shapely.geometry import shape
from sight_lines import place

from firewatch.domain.incident import Located
from firewatch.services.association import Associator
from firewatch.services.findings import Neighbourhood
from firewatch.services.locating import Locator
from firewatch.services.ports import SightingArrived
from firewatch.services.silences import OpenEyes
from firewatch.services.whereabouts import Whereabouts, whereabouts
from firewatch.testing import (
    SCENE_START,
    FrozenClock,
    MemoryArrivals,
    MemoryCursors,
    MemoryIncidentLog,
    MemoryMaskBook,
    MemoryRatingBook,
    Ulids,
    a_message_id,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firewatch.domain.geo import Fix
    from firewatch.domain.vision import Sighting
    from firewatch.fusion import Ground

# From so nearly the same side that their bearings alone cross far along the line.
A, BESIDE = tower("a", WEST), tower("b", (-6_000.0, 1_000.0))
C, D = tower("c", SOUTH), tower("d", NORTH)


@dataclass
class Centre:
    """An associator that knows the ground once it is ready, and who looked."""

    ground: Ground | None = None
    book: MemoryArrivals = field(init=False)
    log: MemoryIncidentLog = field(default_factory=MemoryIncidentLog)

    def __post_init__(self) -> None:
        self.book = MemoryArrivals(self.log.members)
        here = sites(A, BESIDE, C, D)
        self.locator = Locator(here, lambda _towers: self.ground, OpenEyes(self.book, self.book, MemoryMaskBook()))
        self.associator = Associator(
            book=self.book,
            log=self.log,
            cursors=MemoryCursors(),
            sites=here,
            neighbourhood=Neighbourhood(here, MemoryRatingBook(), UTC),
            clock=FrozenClock(),
            new_id=Ulids(1).make,
            locator=self.locator,
        )

    def arrive(self, *items: object) -> None:
        for item in items:
            self.book.write([item])  # type: ignore[list-item]
            while self.associator.step():
                pass
            self.look_again()

    def look_again(self) -> None:
        self.associator.watch(one.incident_id for one in self.log.incidents(open_only=True, limit=9))
        self.associator.refresh()

    def fix(self) -> Fix | None:
        (incident,) = self.log.incidents(open_only=True, limit=9)
        return incident.fix

    def region(self) -> Whereabouts:
        (incident,) = self.log.incidents(open_only=True, limit=9)
        stored = self.book.sightings([sighting_id for sighting_id, _ in incident.members])
        found = whereabouts([one.sighting for one in stored], self.locator)
        assert found is not None
        return found


def told(sightings: Sequence[Sighting]) -> list[SightingArrived]:
    return [SightingArrived(a_message_id(n), one, SCENE_START) for n, one in enumerate(sightings, start=1)]


def test_boxes_move_the_position_when_the_ground_is_there_and_the_log_says_so() -> None:
    centre = Centre()
    centre.arrive(*told([seen(1, A, off_deg=0.3), seen(2, BESIDE, off_deg=-0.3)]))
    flat = centre.fix()
    assert flat is not None
    assert metres(flat.position) > 500.0
    centre.look_again()
    moves = [e.event.change for e in centre.log.events_after(0, 99) if isinstance(e.event.change, Located)]
    assert [one.fix for one in moves][-1] == flat
    centre.ground = open_ground(A, BESIDE, C, D)
    centre.look_again()
    hilly = centre.fix()
    assert hilly is not None
    assert metres(hilly.position) < 0.7 * metres(flat.position)
    again = [e.event.change for e in centre.log.events_after(0, 99) if isinstance(e.event.change, Located)]
    assert len(again) == len(moves) + 1
    best = centre.region().best
    assert best is not None
    assert metres(best.position, (0.0, 0.0)) - metres(hilly.position, (0.0, 0.0)) < 12.0


def half_of(region: dict[str, object], *, east_of: float) -> float:
    """Return the share of a region's area that lies farther east."""
    at = place(east_of, 0.0)
    east = shapely.box(at.lon_deg, 20.0, 120.0, 30.0)
    return float(shape(region).intersection(east).area / shape(region).area)


def test_a_camera_that_saw_nothing_shifts_the_region_and_one_that_saw_it_does_not() -> None:
    centre = Centre(open_ground(A, BESIDE, C, D))
    sighting = lasting(seen(1, A), 15)
    # By its direction alone: what the box says of the distance would leave nothing to shift.
    far = Centre(open_ground(A, BESIDE, C, D))
    blind = told([replace(sighting, calibration_id="of-another-day")])
    centre.arrive(*blind)
    far.arrive(*blind)
    before = half_of(far.region().region50, east_of=-1_000.0)
    odds = before / (1.0 - before)
    assert far.fix() is None
    far.arrive(*looking(C))
    after = half_of(far.region().region50, east_of=-1_000.0)
    assert after / (1.0 - after) < 0.6 * odds
    # The same camera in the night says nothing.
    centre.arrive(*looking(C, blind="night"))
    assert half_of(centre.region().region50, east_of=-1_000.0) == before


ITEMS = [
    *told([lasting(seen(1, A, off_deg=0.2), 12), lasting(seen(2, BESIDE), 15), seen(3, A, off_deg=0.2)]),
    *looking(C)[::2],
    *looking(D, 2, blind="dark"),
]


@settings(max_examples=8, deadline=None)
@given(st.permutations(range(len(ITEMS))))
def test_the_same_sightings_and_history_give_the_same_incident_in_any_order(order: list[int]) -> None:
    ground = open_ground(A, BESIDE, C, D)
    centre, other = Centre(ground), Centre(ground)
    other.book.write(ITEMS)
    for number in order:
        centre.book.write([ITEMS[number]])
        if number < 5:
            while centre.associator.step():
                pass
            centre.associator.refresh()
    for one in (centre, other):
        while one.associator.step():
            pass
        one.look_again()
    assert centre.fix() == other.fix()
    assert centre.fix() is not None
    assert centre.region() == other.region()


def test_two_fires_of_two_towers_are_told_from_their_ghosts_once_the_ground_is_there() -> None:
    """Seen by the same two towers at one time; the one that is farther off lies lower in both pictures."""
    fires = ((3_000.0, 500.0), (4_000.0, -2_500.0))
    seen_now = [seen(2 * n + k, by, fire) for n, fire in enumerate(fires) for k, by in enumerate((A, D), start=1)]
    smokes = [replace(one, first_seen_at=SCENE_START, observed_at=SCENE_START) for one in seen_now]
    centre = Centre()
    centre.arrive(*told(smokes))
    assert {one.fix for one in centre.log.incidents(open_only=True, limit=9)} == {None}
    centre = Centre(ground=open_ground(A, D))
    centre.arrive(*told(smokes))
    found = [one.fix for one in centre.log.incidents(open_only=True, limit=9)]
    assert all(fix is not None and min(metres(fix.position, fire) for fire in fires) < 400.0 for fix in found)
    assert len(found) == 2


def test_the_ground_of_very_many_towers_is_not_asked_for() -> None:
    many = [tower(f"t{number:02d}", (500.0 * number, 0.0)) for number in range(13)]
    locator = Locator(sites(*many), lambda towers: open_ground(*towers))
    assert locator.ground([one.tower_id for one in many[:12]]) is not None
    assert locator.ground([one.tower_id for one in many]) is None
    assert locator.ground([]) is None
