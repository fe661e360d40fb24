"""The JSON that the API gives: words are in the asker's language, instants are UTC, positions WGS 84 unless named."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict

from firewatch.domain.incident import RejectReason
from firewatch.web.spread_schemas import SpreadOut

__all__ = [
    "ActionOut",
    "BearingOut",
    "BeatOut",
    "BeliefPartOut",
    "CardOut",
    "ClockOut",
    "DangerOut",
    "DeliveryOut",
    "DetailOut",
    "ErrorOut",
    "EyesOut",
    "LookOut",
    "NavigationOut",
    "PartOut",
    "RejectIn",
    "SightingOut",
    "StateOut",
    "StationOut",
    "TimelineOut",
    "ToldOut",
    "TomorrowOut",
    "TowerOut",
    "WhereOut",
]


class _Out(BaseModel):
    model_config = ConfigDict(frozen=True)


class NavigationOut(_Out):
    """Addresses that open a navigation app; each carries the coordinates of its own system."""

    amap: str
    baidu: str
    tencent: str


class WhereOut(_Out):
    """A located fire: WGS 84, the same in GCJ-02 for pasting into Amap, and its error at one standard deviation."""

    lat_deg: float
    lon_deg: float
    gcj_lat_deg: float
    gcj_lon_deg: float
    major_m: float
    minor_m: float
    ellipse: list[list[list[float]]]
    words: str
    navigation: NavigationOut


class PossiblePlaceOut(_Out):
    """Where an incident could also be, by which towers' bearings, and how likely (0 to 1)."""

    where: WhereOut
    towers: list[str]
    chance: float


class BearingOut(_Out):
    """A line of sight from a tower."""

    tower_id: str
    azimuth_deg: float
    sigma_deg: float
    line: list[list[float]]
    is_ended: bool


class DeliveryOut(_Out):
    """How many were told: three things, never one."""

    total: int
    sent: int
    reached: int
    acknowledged: int
    failed: int


class ClockOut(_Out):
    """The 10, 30 and 60 minutes of the call to the ranger."""

    called_at: datetime
    accept_by: datetime
    scene_by: datetime
    report_by: datetime
    accepted_at: datetime | None
    accepted_by: str | None


class CardOut(_Out):
    """An incident as a line of the queue; `number` says in words, too, that it is an exercise.

    `priority` is the probability times the consequence: it orders the queue, and hides nothing.
    """

    is_exercise: bool
    incident_id: str
    number: str
    state: str
    state_words: str
    is_open: bool
    opened_at: datetime
    changed_at: datetime
    seq: int
    place: str
    towers: list[str]
    score: float | None
    probability: float | None
    grade: int | None
    grade_words: str
    where: WhereOut | None
    bearings: list[BearingOut]
    crop_url: str | None
    delivery: DeliveryOut
    clock: ClockOut | None
    reject_words: str | None
    possible_places: list[PossiblePlaceOut] = []
    priority: float = 1.0


class LookOut(_Out):
    """One frame of a sighting; an address is None until the picture has arrived."""

    captured_at: datetime
    score: float
    box: tuple[float, float, float, float]
    width_px: int
    height_px: int
    crop_url: str | None
    frame_url: str | None


class SightingOut(_Out):
    """What one camera saw."""

    is_exercise: bool
    sighting_id: str
    tower_id: str
    tower: str
    camera_id: str
    azimuth_deg: float
    sigma_deg: float
    score: float
    frames_hit: int
    frames_seen: int
    first_seen_at: datetime
    observed_at: datetime
    model: str
    clock_doubt: str
    best: int
    looks: list[LookOut]


class PartOut(_Out):
    """One part of a rating."""

    name: str
    value: float


class DangerOut(_Out):
    """The rating that the incident is weighed with, and all its parts."""

    station: str
    weather_day: date
    grade: int | None
    words: str
    scheme: str
    parts: list[PartOut]
    marks: list[str]
    missing: list[str]
    weather: list[str]


class BeliefPartOut(_Out):
    """One part of the probability, in log-odds: `part` as it is stored, `fact` what it rests on in words."""

    name: str
    log_odds: float
    part: str = ""
    fact: str = ""


class BeliefPointOut(_Out):
    """How likely it was a fire at one time."""

    at: datetime
    probability: float


class ToldOut(_Out):
    """One notification."""

    person: str
    reason: str
    channel: str
    attempts: int
    sent_at: datetime | None
    reached_at: datetime | None
    acknowledged_at: datetime | None
    failed: str


class TimelineOut(_Out):
    """One event in words; a finding (position, probability, danger) is computed anew with each frame."""

    seq: int
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    words: str
    is_finding: bool
    ruling_id: str | None = None
    """Of what a person said of sightings and has not taken back: it can be undone."""


class DetailOut(_Out):
    """All that a person needs to decide."""

    card: CardOut
    sightings: list[SightingOut]
    danger: DangerOut | None
    belief: list[BeliefPartOut]
    told: list[ToldOut]
    timeline: list[TimelineOut]
    why_not: str
    belief_history: list[BeliefPointOut] = []
    priority_parts: list[PartOut] = []
    spread: SpreadOut | None = None


class EyesOut(_Out):
    """Whether anybody is looking: cameras that gave a fresh frame, and when the last one was taken.

    `blind` do not see though nobody planned it (no maintenance, pause or night), the first of them since `blind_since`.
    """

    online: int
    total: int
    last_frame_at: datetime | None
    blind: int = 0
    blind_since: datetime | None = None


class TowerOut(_Out):
    """A tower and how it is."""

    tower_id: str
    name: str
    lat_deg: float
    lon_deg: float
    online: int
    total: int


class StationOut(_Out):
    """A weather station and its latest rating."""

    station_id: str
    name: str
    lat_deg: float
    lon_deg: float
    grade: int | None
    words: str
    weather_day: date | None
    weather: list[str]
    marks: list[str]


class TomorrowOut(_Out):
    """Tomorrow's highest danger by forecast, and where; `grade` None where no station has a forecast."""

    day: date
    grade: int | None
    station: str
    missing: int


class StateOut(_Out):
    """The whole board at one seq of the log; `hotspots` rises with every change of them."""

    seq: int
    at: datetime
    danger: int
    hotspots: int = 0
    is_illustrative: bool
    incidents: list[CardOut]
    is_cut: bool
    eyes: EyesOut
    towers: list[TowerOut]
    stations: list[StationOut]
    tomorrow: TomorrowOut


class BeatOut(_Out):
    """Says that the stream lives.

    `danger` rises with every change of ratings and outlooks, `hotspots` with every change of hotspots and verdicts.
    """

    at: datetime
    seq: int
    eyes: EyesOut
    hotspots: int = 0
    danger: int


class RejectIn(BaseModel):
    """Why a suspected fire is none."""

    model_config = ConfigDict(extra="forbid")

    reason: RejectReason


class ActionOut(_Out):
    """What an action led to."""

    card: CardOut


class ErrorOut(_Out):
    """Why something was refused, in the asker's language."""

    error: str
    words: str
