"""What can happen to an incident: the changes of its append-only events."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from firewatch.domain.checks import require_between, require_text, require_utc
from firewatch.domain.ids import require_ulid

if TYPE_CHECKING:
    from datetime import datetime

    from firewatch.domain.danger import DangerRating
    from firewatch.domain.geo import Fix
    from firewatch.domain.ids import CameraId, IncidentId, PersonId, PoseId, SightingId, TowerId
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
    "MatchUndone",
    "Matched",
    "Merged",
    "Opened",
    "PossiblePlace",
    "Rated",
    "RejectReason",
    "Rejected",
    "Reopened",
    "SightingEnded",
    "SightingJoined",
    "SightingLeft",
    "Unmatched",
    "UsedCalibration",
]


# Of what a person says in their own words, as many characters are kept.
_LONGEST_REASON = 200


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
class PossiblePlace:
    """A place where some bearings of an incident could cross as well.

    Parameters
    ----------
    fix : Fix
        The place.
    towers : tuple of TowerId
        Whose bearings cross there.
    chance : float
        Its probability among all ways to divide the bearings around it into fires, 0 to 1.
    """

    fix: Fix
    towers: tuple[TowerId, ...]
    chance: float

    def __post_init__(self) -> None:
        require_between("chance of a place", self.chance, 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class UsedCalibration:
    """By which calibration the directions of one pose were read.

    Parameters
    ----------
    tower_id, camera_id, pose_id : str
        Whose.
    sent : str
        The calibration that its node knew.
    used : str
        The same, or the one of the sites that corrects it.
    """

    tower_id: TowerId
    camera_id: CameraId
    pose_id: PoseId
    sent: str
    used: str


@dataclass(frozen=True, slots=True)
class Located:
    """The position became known, changed by more than findings are rounded to, or was lost (None).

    Parameters
    ----------
    fix : Fix or None
        Where; None with the reason in `why_not`.
    why_not : str
        Why there is none.
    possible_places : tuple of PossiblePlace
        Where it could also be, the likeliest first.
    calibrations : tuple of UsedCalibration
        By which its sightings were read; none in events of before it was told.
    recalibrated : tuple of UsedCalibration
        Those of them that a correction of the sites changed since it was last located: why it moved. None where
        sightings moved it.
    """

    fix: Fix | None
    why_not: str = ""
    possible_places: tuple[PossiblePlace, ...] = ()
    calibrations: tuple[UsedCalibration, ...] = ()
    recalibrated: tuple[UsedCalibration, ...] = ()


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


@dataclass(frozen=True, slots=True)
class Matched:
    """A person says that sightings of two incidents are of one fire; stands until undone.

    Parameters
    ----------
    ruling_id : str
        ULID: the same in the logs of both incidents.
    sighting_ids : tuple of SightingId
        All that are of one fire.
    incident_ids : tuple of IncidentId
        The incidents that held them then.
    reason : str
        Why, in the person's words.
    """

    ruling_id: str
    sighting_ids: tuple[SightingId, ...]
    incident_ids: tuple[IncidentId, ...]
    reason: str

    def __post_init__(self) -> None:
        require_ulid("ruling", self.ruling_id)
        require_text("reason", self.reason, _LONGEST_REASON)


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A person says that a sighting is not of this fire; stands until undone.

    Parameters
    ----------
    ruling_id : str
        ULID.
    sighting_id : SightingId
        The one.
    others : tuple of SightingId
        The other members of the incident then: none of them is of one fire with it.
    reason : str
        Why, in the person's words.
    """

    ruling_id: str
    sighting_id: SightingId
    others: tuple[SightingId, ...]
    reason: str

    def __post_init__(self) -> None:
        require_ulid("ruling", self.ruling_id)
        require_text("reason", self.reason, _LONGEST_REASON)


@dataclass(frozen=True, slots=True)
class MatchUndone:
    """A person takes back what was said of sightings.

    Parameters
    ----------
    ruling_id : str
        Of the `Matched` or `Unmatched` that no longer stands.
    reason : str
        Why, in the person's words.
    """

    ruling_id: str
    reason: str

    def __post_init__(self) -> None:
        require_ulid("ruling", self.ruling_id)
        require_text("reason", self.reason, _LONGEST_REASON)


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
    | Matched
    | Unmatched
    | MatchUndone
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
