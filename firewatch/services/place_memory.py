"""What operators decided at places before: a memory that follows the log of incidents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from firewatch.fusion.nearby import HISTORY_REACH_M, Decided
from firewatch.services.labelling import UNDECIDED, label_of

if TYPE_CHECKING:
    from datetime import datetime

    from firewatch.domain.geo import Position
    from firewatch.domain.ids import IncidentId
    from firewatch.domain.incident import Incident

__all__ = ["DecidedIncident", "DecisionLog", "PlaceMemory", "was_fire"]

_BATCH = 500
# The latest so many: more than a city decides in twenty years.
_MOST = 20_000
# A degree of latitude is 111 km; of longitude, up to 70 degrees from the equator, at least 38 km.
_REACH_LAT_DEG, _REACH_LON_DEG = HISTORY_REACH_M / 110_000.0, HISTORY_REACH_M / 38_000.0


@dataclass(frozen=True, slots=True)
class DecidedIncident:
    """An incident about which somebody decided: confirmed, dismissed, or taken back.

    Parameters
    ----------
    seq : int
        Place in the log of that event.
    at : datetime
        UTC instant of the decision.
    incident : Incident
        Its state now.
    """

    seq: int
    at: datetime
    incident: Incident


class DecisionLog(Protocol):
    """The decisions in the log of incidents."""

    def decided_after(self, seq: int, limit: int) -> tuple[DecidedIncident, ...]:
        """Return at most `limit` confirmations, dismissals and reopenings with a later seq, in order."""
        ...


def was_fire(incident: Incident) -> bool | None:
    """Return what stands of an incident: confirmed, dismissed, or None while nobody has decided; a drill's is None."""
    decision = label_of(incident)
    if decision == UNDECIDED or incident.is_exercise:
        return None
    return decision.verdict == "confirmed"


class PlaceMemory:
    """Fulfils `firewatch.services.believing.PastDecisions`.

    Parameters
    ----------
    log : DecisionLog
        Port; what is new in it is read whenever the memory is asked.
    """

    def __init__(self, log: DecisionLog) -> None:
        self._log = log
        self._seq = 0
        self._known: dict[IncidentId, Decided] = {}

    def near(self, place: Position) -> tuple[Decided, ...]:
        """Return the decisions about located incidents near a place, oldest first."""
        self._follow()
        return tuple(each for each in self._known.values() if _is_near(each.place, place))

    def _follow(self) -> None:
        while True:
            page = self._log.decided_after(self._seq, _BATCH)
            for decided in page:
                self._take(decided)
            if len(page) < _BATCH:
                return

    def _take(self, decided: DecidedIncident) -> None:
        self._seq, incident = decided.seq, decided.incident
        # Anew, at the end: the oldest stand first and are forgotten first.
        self._known.pop(incident.incident_id, None)
        fire = was_fire(incident)
        if fire is not None and incident.fix is not None:
            self._known[incident.incident_id] = Decided(incident.fix.position, decided.at, fire)
        if len(self._known) > _MOST:
            del self._known[next(iter(self._known))]


def _is_near(one: Position, other: Position) -> bool:
    return (
        abs(one.lat_deg - other.lat_deg) <= _REACH_LAT_DEG
        # Across the date line nothing is near: no tower stands there.
        and abs(one.lon_deg - other.lon_deg) <= _REACH_LON_DEG
    )
