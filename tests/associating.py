"""The associator over books in memory, and what its towers see."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from firewatch.domain.geo import Bearing, Position, wrap_deg
from firewatch.domain.ids import CameraId, PoseId, StationId, TowerId
from firewatch.domain.incident import IncidentState
from firewatch.domain.optics import Calibration
from firewatch.domain.sites import Camera, Name, Pose, SiteMap, Station, Tower
from firewatch.geodesy import inverse
from firewatch.services.association import Associator
from firewatch.services.findings import Neighbourhood
from firewatch.services.ports import SightingArrived
from firewatch.testing import (
    SCENE_START,
    FrozenClock,
    MemoryArrivals,
    MemoryCursors,
    MemoryIncidentLog,
    MemoryRatingBook,
    Ulids,
    a_message_id,
    a_sighting,
    an_event,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from firewatch.domain.incident import Change, Incident
    from firewatch.domain.vision import Sighting

TOWERS = {
    "tower-a": Position(26.90, 112.50),
    "tower-b": Position(26.90, 112.60),
    "tower-c": Position(26.98, 112.55),
}
FIRE = Position(26.94, 112.55)
OTHER_FIRE = Position(26.92, 112.58)


def _sites() -> SiteMap:
    look = Calibration("survey-1", 0.0, 0.0, 62.0, 0.5)
    camera = Camera(CameraId("north"), (Pose(PoseId("fixed"), look),), 15_000.0)
    towers = tuple(Tower(TowerId(key), Name(key, key), at, (camera,)) for key, at in TOWERS.items())
    return SiteMap(towers, (Station(StationId("hengyang"), Name("衡阳", "Hengyang"), FIRE),))


def seen(number: int, tower: str, at: Position, after_s: float = 0.0, *, revision: int = 1) -> Sighting:
    """Return what a tower sees of a place; later revisions are a little off, as real ones are."""
    azimuth = inverse(TOWERS[tower], at).azimuth_deg
    first = SCENE_START + timedelta(seconds=after_s)
    sighting = a_sighting(number, revision=revision, tower=tower, first_seen_at=first)
    return replace(sighting, bearing=Bearing(wrap_deg(azimuth + 0.05 * (revision - 1)), 0.5))


@dataclass(slots=True)
class Centre:
    """The associator over books in memory."""

    seed: int = 0
    log: MemoryIncidentLog = field(default_factory=MemoryIncidentLog)
    cursors: MemoryCursors = field(default_factory=MemoryCursors)
    ratings: MemoryRatingBook = field(default_factory=MemoryRatingBook)
    clock: FrozenClock = field(default_factory=FrozenClock)
    book: MemoryArrivals = field(init=False)
    associator: Associator = field(init=False)

    def __post_init__(self) -> None:
        self.book = MemoryArrivals(_Members(self.log))
        self.start()

    def start(self) -> None:
        """Start the associator's process (again)."""
        sites = _sites()
        self.seed += 1
        self.associator = Associator(
            book=self.book,
            log=self.log,
            cursors=self.cursors,
            sites=sites,
            neighbourhood=Neighbourhood(sites, self.ratings, UTC),
            clock=self.clock,
            new_id=Ulids(self.seed).make,
        )

    def store(self, sightings: Iterable[Sighting]) -> None:
        first = len(self.book._revisions)
        self.book.write(
            [SightingArrived(a_message_id(first + n), s, SCENE_START) for n, s in enumerate(sightings)],
        )

    def arrive(self, *sightings: Sighting) -> None:
        self.store(sightings)
        while self.associator.step():
            pass
        self.associator.refresh()

    def decide(self, incident: Incident, change: Change) -> None:
        at = SCENE_START + timedelta(hours=1)
        event = replace(an_event(len(self.log.events_after(0, 9999)), change, at=at), incident_id=incident.incident_id)
        self.log.append([event])

    def incidents(self) -> list[Incident]:
        return [one for one in self.log.incidents(open_only=False, limit=999) if one.state is not IncidentState.MERGED]

    def changes(self) -> list[Change]:
        return [logged.event.change for logged in self.log.events_after(0, 9999)]

    def picture(self) -> set[tuple[object, ...]]:
        """Return all that must not depend on the order of arrival."""
        return {
            (
                one.members,
                one.first_seen_at,
                one.opened_at,
                one.state,
                one.fix,
                one.why_not,
                one.possible_places,
                one.probability,
                one.belief_parts,
                one.rating,
                one.ended,
            )
            for one in self.incidents()
        }


class _Members(dict):  # type: ignore[type-arg]
    """Where the log says that sightings belong, also after it replaced its table."""

    def __init__(self, log: MemoryIncidentLog) -> None:
        super().__init__()
        self._log = log

    def get(self, key: object, default: object = None) -> object:
        return self._log.members.get(key, default)  # type: ignore[call-overload]
