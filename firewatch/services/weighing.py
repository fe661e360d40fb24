"""What the incidents of the queue would do, quickly: remembered, and never at the cost of the queue."""

from __future__ import annotations

import logging
from collections import OrderedDict
from time import monotonic
from typing import TYPE_CHECKING, Protocol

from firewatch.errors import FirewatchError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from firewatch.domain.ids import IncidentId
    from firewatch.domain.incident import Incident
    from firewatch.services.ports import Clock
    from firewatch.services.spreading import SpreadBoard

__all__ = ["ORDINARY", "Consequences", "Weigher"]

logger = logging.getLogger(__name__)

# Of a fire of which nothing is known.
ORDINARY = 1.0
# Spread takes some milliseconds an incident; a queue that took longer than this would be late for a person [s].
_BUDGET_S = 0.5
_REMEMBERED = 1000


class Consequences(Protocol):
    """What incidents would do, relative to an ordinary fire."""

    def of(self, incidents: Sequence[Incident]) -> Mapping[IncidentId, float]:
        """Return the consequence of those of which something is known; the others are ordinary."""
        ...


class Weigher:
    """Fulfils `Consequences`.

    Only open incidents with a position are weighed, each once a minute. When the time for one look at the queue is
    used up, the others keep what was found for them before, or stay ordinary until the next look.

    Parameters
    ----------
    spread : SpreadBoard
        Port.
    clock : Clock
        Port.
    budget_s : float
        How long one look may compute [s].
    timer : callable
        Elapsed seconds.
    """

    def __init__(
        self, spread: SpreadBoard, clock: Clock, budget_s: float = _BUDGET_S, timer: Callable[[], float] = monotonic
    ) -> None:
        self._spread = spread
        self._clock = clock
        self._budget_s = budget_s
        self._timer = timer
        self._known: OrderedDict[IncidentId, tuple[tuple[object, ...], float]] = OrderedDict()

    def of(self, incidents: Sequence[Incident]) -> Mapping[IncidentId, float]:
        """Return the consequence of those of which something is known; the others are ordinary."""
        at, until = self._clock.now(), self._timer() + self._budget_s
        minute = at.replace(second=0, microsecond=0)
        found: dict[IncidentId, float] = {}
        for incident in incidents:
            if not incident.is_open or incident.fix is None:
                continue
            key = (incident.fix, incident.rating, minute)
            known = self._known.get(incident.incident_id)
            if (known is None or known[0] != key) and self._timer() < until:
                known = (key, self._weigh(incident, at))
                self._remember(incident.incident_id, known)
            if known is not None:
                found[incident.incident_id] = known[1]
        return found

    def _weigh(self, incident: Incident, at: datetime) -> float:
        try:
            return self._spread.spread(incident, at).consequence.value
        except FirewatchError:
            # The queue goes on: an incident whose spread cannot be computed is an ordinary one.
            logger.exception("consequence.failed", extra={"incident_id": incident.incident_id})
            return ORDINARY

    def _remember(self, incident_id: IncidentId, known: tuple[tuple[object, ...], float]) -> None:
        self._known.pop(incident_id, None)
        self._known[incident_id] = known
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
