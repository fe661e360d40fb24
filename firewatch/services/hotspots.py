"""Hotspots of satellites: kept, matched with incidents, and a list of places to verify where no camera sees a fire."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from firewatch.domain.hotspot import HotspotConfidence, Verdict
from firewatch.domain.incident import IncidentState
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
from firewatch.services.cross_look import lookers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from firewatch.domain.geo import Position
    from firewatch.domain.hotspot import HeatSource, HotspotId, KeptHotspot, VerdictReason
    from firewatch.domain.ids import IncidentId
    from firewatch.domain.sites import SiteMap, Tower
    from firewatch.fusion import Ground
    from firewatch.fusion.hotspots import HotspotMatch
    from firewatch.services.cross_look import Vantage
    from firewatch.services.ports import Clock
    from firewatch.services.views import IncidentBoard, IncidentCard

__all__ = ["HeatState", "HotspotBook", "HotspotDesk", "HotspotPages", "VerifyItem"]

# What is older is shown no more.
_SHOWN = timedelta(hours=24)
# A verdict holds for what the satellites see up to so long after it: a fire that goes on is looked at again.
_VERDICT_HOLDS = timedelta(hours=6)
_MOST_INCIDENTS = 200
_RANKS = {None: 0, HotspotConfidence.LOW: 1, HotspotConfidence.NOMINAL: 2, HotspotConfidence.HIGH: 3}


class HotspotBook(Protocol):
    """The hotspots and the verdicts about them."""

    def put(self, given: Sequence[KeptHotspot]) -> int:
        """Store those that are not known yet, in one transaction; return how many they were."""
        ...

    def between(self, since: datetime, until: datetime) -> tuple[KeptHotspot, ...]:
        """Return those from `since` to `until`, both included, oldest first."""
        ...

    def say(self, verdict: Verdict) -> None:
        """Store a verdict."""
        ...

    def undo(self, verdict_id: str, at: datetime, by: str) -> bool:
        """Mark a verdict as taken back; return False where it was already, or is unknown."""
        ...

    def verdicts(self, since: datetime) -> tuple[Verdict, ...]:
        """Return the verdicts since an instant, those taken back, too, oldest first."""
        ...

    def changes(self) -> int:
        """Return a number that rises with each change."""
        ...


class HeatState(StrEnum):
    """What is to be done about a heat."""

    VERIFY = "verify"  # no camera sees a fire there
    MATCHED = "matched"  # an incident is there
    CLOSED = "closed"  # a person said what it is


@dataclass(frozen=True, slots=True)
class VerifyItem:
    """One heat: hotspots that belong together.

    Parameters
    ----------
    item_id : HotspotId
        That of its earliest hotspot of the last day.
    hotspots : tuple of KeptHotspot
        Oldest first.
    position : Position
        Middle of the latest of them.
    radius_m : float
        Half the diagonal of its element: the fire is somewhere within [m].
    state : HeatState
        What is to be done.
    match : HotspotMatch or None
        The incident that it belongs to.
    dismissed : IncidentId or None
        An incident there that people dismissed: the satellite says otherwise, and so it is to be verified.
    source : HeatSource or None
        A place known to be warm.
    verdict : Verdict or None
        What a person said last, while it holds.
    vantages : tuple of Vantage
        The towers that could look, the most useful first.
    """

    item_id: HotspotId
    hotspots: tuple[KeptHotspot, ...]
    position: Position
    radius_m: float
    state: HeatState
    match: HotspotMatch | None
    dismissed: IncidentId | None
    source: HeatSource | None
    verdict: Verdict | None
    vantages: tuple[Vantage, ...]

    @property
    def first_at(self) -> datetime:
        """UTC instant of the earliest."""
        return self.hotspots[0].hotspot.at

    @property
    def last_at(self) -> datetime:
        """UTC instant of the latest."""
        return self.hotspots[-1].hotspot.at

    @property
    def satellites(self) -> tuple[str, ...]:
        """Which saw it, by name."""
        return tuple(sorted({one.hotspot.satellite for one in self.hotspots}))

    @property
    def confidence(self) -> HotspotConfidence | None:
        """The highest that a source told."""
        return max((one.hotspot.confidence for one in self.hotspots), key=lambda level: _RANKS[level])

    @property
    def frp_mw(self) -> float | None:
        """The strongest radiative power of one element [MW]."""
        return max((one.hotspot.frp_mw for one in self.hotspots if one.hotspot.frp_mw is not None), default=None)


class HotspotPages(Protocol):
    """The hotspots as people read them, and what they say of them (`HotspotDesk`)."""

    def items(self, at: datetime) -> tuple[VerifyItem, ...]:
        """Return the heats of the last day: those to verify first, known sources after others, the latest first."""
        ...

    def changes(self) -> int:
        """Return a number that rises with each change."""
        ...

    def close(self, item_id: HotspotId, reason: VerdictReason, by: str, note: str = "") -> Verdict:
        """Say what a heat is; raise `InvalidValue` where no such item is to verify."""
        ...

    def undo(self, verdict_id: str, by: str) -> None:
        """Take a verdict back; raise `InvalidValue` where none of that id stands."""
        ...


class HotspotDesk:
    """Fulfils `HotspotPages`.

    Parameters
    ----------
    book : HotspotBook
        Port.
    incidents : IncidentBoard
        Port.
    sites : SiteMap
        The towers.
    sources : sequence of HeatSource
        Places known to be warm.
    clock : Clock
        Dates what people say.
    new_id : callable
        Makes a ULID for an instant.
    ground_of : callable
        From towers to heights and visibility around them; None for the plane.
    """

    def __init__(  # noqa: PLR0913 - the ports of one desk
        self,
        book: HotspotBook,
        incidents: IncidentBoard,
        sites: SiteMap,
        sources: Sequence[HeatSource],
        clock: Clock,
        new_id: Callable[[datetime], str],
        *,
        ground_of: Callable[[Sequence[Tower]], Ground | None] = lambda _towers: None,
    ) -> None:
        self._ground_of = ground_of
        self._book = book
        self._incidents = incidents
        self._sites = sites
        self._sources = tuple(sources)
        self._clock = clock
        self._new_id = new_id
        self._rules = HotspotRules()

    def changes(self) -> int:
        """Return a number that rises with each change."""
        return self._book.changes()

    def items(self, at: datetime) -> tuple[VerifyItem, ...]:
        """Return the heats of the last day: those to verify first, known sources after others, the latest first."""
        kept = self._book.between(at - _SHOWN, at)
        if not kept:
            return ()
        fires, dismissed = self._fires(at)
        verdicts = [one for one in self._book.verdicts(at - 2 * _SHOWN) if one.undone_at is None]
        groups = group_hotspots([one.hotspot for one in kept], self._rules)
        items = [self._item([kept[index] for index in group], fires, dismissed, verdicts) for group in groups]
        order = list(HeatState)
        items.sort(key=lambda one: one.last_at, reverse=True)
        return tuple(sorted(items, key=lambda one: (order.index(one.state), one.source is not None)))

    def close(self, item_id: HotspotId, reason: VerdictReason, by: str, note: str = "") -> Verdict:
        """Say what a heat is; raise `InvalidValue` where no such item is to verify."""
        now = self._clock.now()
        item = next((one for one in self.items(now) if one.item_id == item_id), None)
        if item is None or item.state is not HeatState.VERIFY:
            raise InvalidValue("hotspot", item_id, "one of those to verify")
        verdict = Verdict(self._new_id(now), tuple(one.hotspot_id for one in item.hotspots), reason, now, by, note)
        self._book.say(verdict)
        return verdict

    def undo(self, verdict_id: str, by: str) -> None:
        """Take a verdict back; raise `InvalidValue` where none of that id stands."""
        if not self._book.undo(verdict_id, self._clock.now(), by):
            raise InvalidValue("verdict", verdict_id, "the id of one that stands")

    def _fires(self, at: datetime) -> tuple[list[SeenFire], list[SeenFire]]:
        """Return the incidents of the last day, and those among them that people dismissed."""
        fires: list[SeenFire] = []
        dismissed: list[SeenFire] = []
        for card in self._incidents.incidents(_MOST_INCIDENTS):
            state = card.incident.state
            if card.incident.is_exercise or state is IncidentState.MERGED or not card.sightings:
                continue
            (dismissed if state is IncidentState.FALSE_ALARM else fires).append(_seen(card, self._sites, at))
        return fires, dismissed

    def _item(
        self,
        group: list[KeptHotspot],
        fires: Sequence[SeenFire],
        dismissed: Sequence[SeenFire],
        verdicts: Sequence[Verdict],
    ) -> VerifyItem:
        latest = group[-1].hotspot
        match, contradicted = self._best(group, fires), self._best(group, dismissed)
        verdict = _standing(group, verdicts)
        state = HeatState.MATCHED if match else HeatState.CLOSED if verdict else HeatState.VERIFY
        radius_m = element_side_m(latest) / 2.0**0.5
        return VerifyItem(
            item_id=group[0].hotspot_id,
            hotspots=tuple(group),
            position=latest.position,
            radius_m=radius_m,
            state=state,
            match=match,
            dismissed=contradicted.incident_id if contradicted and not match else None,
            source=next((found for one in group if (found := heat_source_at(one.hotspot, self._sources))), None),
            verdict=verdict,
            vantages=() if state is not HeatState.VERIFY else self._lookers(latest.position, radius_m),
        )

    def _lookers(self, place: Position, radius_m: float) -> tuple[Vantage, ...]:
        return tuple(lookers(place, self._sites, radius_m, self._ground_of))

    def _best(self, group: Iterable[KeptHotspot], fires: Sequence[SeenFire]) -> HotspotMatch | None:
        found = [match for one in group if (match := match_hotspot(one.hotspot, fires, self._rules)) is not None]
        return min(found, key=lambda one: one.chi_square, default=None)


def _seen(card: IncidentCard, sites: SiteMap, at: datetime) -> SeenFire:
    lines = []
    for sighting in card.sightings:
        tower = sites.tower(sighting.tower_id)
        camera = next((one for one in tower.cameras if one.camera_id == sighting.camera_id), None) if tower else None
        if tower is not None and camera is not None:
            bearing = sighting.bearing
            lines.append(SmokeLine(tower.position, bearing.azimuth_deg, bearing.sigma_deg, camera.range_m))
    first_at = min(one.first_seen_at for one in card.sightings)
    last_at = max(one.observed_at for one in card.sightings)
    # What is open may still burn, whether or not a camera sees it.
    last_at = max(at, last_at) if card.incident.is_open else last_at
    return SeenFire(card.incident.incident_id, first_at, last_at, card.incident.fix, tuple(lines))


def _standing(group: Sequence[KeptHotspot], verdicts: Sequence[Verdict]) -> Verdict | None:
    members = {one.hotspot_id for one in group}
    of_it = [one for one in verdicts if members & set(one.members)]
    latest = max(of_it, key=lambda one: one.at, default=None)
    holds = latest is not None and group[-1].hotspot.at <= latest.at + _VERDICT_HOLDS
    return latest if holds else None
