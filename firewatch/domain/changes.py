"""What can happen to an incident: the changes of its append-only events."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from firewatch.domain.checks import require_between, require_utc
from firewatch.domain.ids import require_ulid

if TYPE_CHECKING:
    from datetime import datetime

    from firewatch.domain.danger import DangerRating
    from firewatch.domain.geo import Fix
    from firewatch.domain.ids import IncidentId, PersonId, SightingId, TowerId
    from firewatch.domain.roster import Actor

__all__ = [
    "Accepted",
    "AlertRaised",
    "BeliefChanged",
    "BeliefFact",
    "Change",
    "Confirmed",
    "IncidentEvent",
    "Located",
    "Merged",
    "Opened",
    "Rated",
    "RejectReason",
    "Rejected",
    "Reopened",
    "SightingEnded",
    "SightingJoined",
    "SightingLeft",
]


class RejectReason(StrEnum):
    """Why a suspected fire was none: the finer labels train the next detector."""

    FARM_BURNING = "farm_burning"
    SACRIFICE = "sacrifice"
    COOKING_SMOKE = "cooking_smoke"
    INDUSTRIAL = "industrial"
    FOG_CLOUD = "fog_cloud"
    DUST = "dust"
    GLARE = "glare"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Opened:
    """The first sighting opened the incident, and says whether it is an exercise; it occurred at its first frame."""

    sighting_id: SightingId
    tower_id: TowerId
    is_exercise: bool = False


@dataclass(frozen=True, slots=True)
class SightingJoined:
    """Another sighting, or another tower, sees the same smoke; the event occurred at its first frame."""

    sighting_id: SightingId
    tower_id: TowerId
    is_exercise: bool = False


@dataclass(frozen=True, slots=True)
class SightingLeft:
    """A sighting turned out to belong to another incident."""

    sighting_id: SightingId


@dataclass(frozen=True, slots=True)
class SightingEnded:
    """A camera no longer sees the smoke."""

    sighting_id: SightingId


@dataclass(frozen=True, slots=True)
class Located:
    """The position became known, changed by more than findings are rounded to, or was lost (None)."""

    fix: Fix | None
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class BeliefFact:
    """A fact behind one part of a belief, so that a page can say it in words.

    Parameters
    ----------
    part : str
        The part's name.
    name : str
        What is told, as ``minutes``; its unit is in the name.
    number : float or None
        Its value; None for a text.
    text : str
        Its value where it is no number.
    """

    part: str
    name: str
    number: float | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class BeliefChanged:
    """How likely it is a fire changed in meaning.

    Parameters
    ----------
    probability : float
        0 to 1.
    parts : tuple of (str, float)
        Each part's name and its log-odds.
    facts : tuple of BeliefFact
        What the parts rest on; none in events of before it was told.
    """

    probability: float
    parts: tuple[tuple[str, float], ...]
    facts: tuple[BeliefFact, ...] = ()

    def __post_init__(self) -> None:
        require_between("probability", self.probability, 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Rated:
    """The fire danger of the nearest station and day, or None: nothing is muted without one."""

    rating: DangerRating | None
    distance_m: float | None = None


@dataclass(frozen=True, slots=True)
class AlertRaised:
    """People are being told."""

    alert_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """A ranger accepted the call."""

    person_id: PersonId


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A person says it is a fire."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A person says it is none."""

    reason: RejectReason
    note: str = ""


@dataclass(frozen=True, slots=True)
class Reopened:
    """A person takes the rejection back."""


@dataclass(frozen=True, slots=True)
class Merged:
    """It was the same fire as an incident opened earlier; that one goes on."""

    into: IncidentId


Change = (
    Opened
    | SightingJoined
    | SightingLeft
    | SightingEnded
    | Located
    | BeliefChanged
    | Rated
    | AlertRaised
    | Accepted
    | Confirmed
    | Rejected
    | Reopened
    | Merged
)


@dataclass(frozen=True, slots=True)
class IncidentEvent:
    """One change of meaning.

    Parameters
    ----------
    event_id : str
        ULID.
    incident_id : IncidentId
        ULID.
    occurred_at, recorded_at : datetime
        UTC instants: when it happened, and when the centre learned it.
    actor : Actor
        Who did it.
    change : Change
        What changed.
    """

    event_id: str
    incident_id: IncidentId
    occurred_at: datetime
    recorded_at: datetime
    actor: Actor
    change: Change

    def __post_init__(self) -> None:
        require_ulid("event", self.event_id)
        require_ulid("incident", self.incident_id)
        require_utc("occurred", self.occurred_at)
        require_utc("recorded", self.recorded_at)
