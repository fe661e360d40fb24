"""All of one incident: frames, reasons, deliveries, timeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firewatch.domain.incident import (
    Accepted,
    AlertRaised,
    BeliefChanged,
    Confirmed,
    Located,
    Matched,
    MatchUndone,
    Merged,
    Opened,
    Rated,
    Rejected,
    Reopened,
    SightingEnded,
    SightingJoined,
    SightingLeft,
    Unmatched,
)
from firewatch.domain.vision import EvidenceKind
from firewatch.fusion.priority import prioritise
from firewatch.services.matching import standing_rulings
from firewatch.services.sight_lines import pointing
from firewatch.web.belief_words import belief_history, belief_parts
from firewatch.web.cards import card_out, evidence_url, picture_of
from firewatch.web.danger_parts import part_values
from firewatch.web.schemas import (
    DangerOut,
    DetailOut,
    LookOut,
    PartOut,
    SightingOut,
    TimelineOut,
    ToldOut,
)
from firewatch.web.spread_part import spread_out

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from firewatch.domain.danger import DangerRating
    from firewatch.domain.ids import SightingId, TowerId
    from firewatch.domain.incident import Incident
    from firewatch.domain.vision import ClockState, Look, Sighting
    from firewatch.services.ports import LoggedEvent
    from firewatch.services.spreading import IncidentSpread
    from firewatch.services.views import IncidentDetail, Picture, Told
    from firewatch.web.words import Speaker

__all__ = ["danger_parts", "detail_out"]


def detail_out(detail: IncidentDetail, speaker: Speaker, spread: IncidentSpread | None = None) -> DetailOut:
    """Return the JSON of an incident, with how it spreads where somebody computes that."""
    card = detail.card
    incident = card.incident
    standing = standing_rulings(logged.event.change for logged in detail.events)
    return DetailOut(
        card=card_out(card, speaker),
        sightings=[_sighting(sighting, card.pictures, speaker) for sighting in card.sightings],
        danger=_danger(incident, detail, speaker),
        belief=belief_parts(incident, speaker),
        told=[_told(one, speaker) for one in card.told],
        timeline=[_timeline(logged, detail, standing, speaker) for logged in detail.events],
        why_not=incident.why_not,
        belief_history=belief_history(detail.events),
        priority_parts=[PartOut(name=name, value=factor) for name, factor in _priority_parts(detail, speaker)],
        spread=None if spread is None else spread_out(spread, speaker),
    )


def _priority_parts(detail: IncidentDetail, speaker: Speaker) -> list[tuple[str, float]]:
    priority = prioritise(detail.card.incident.probability, detail.card.consequence)
    return [(speaker.texts.text(f"priority.{name}"), factor) for name, factor in priority.parts]


def _sighting(sighting: Sighting, pictures: Sequence[Picture], speaker: Speaker) -> SightingOut:
    looks = [_look(look, pictures) for look in sighting.looks]
    bearing = pointing(sighting, speaker.sites)
    return SightingOut(
        is_exercise=sighting.is_exercise,
        sighting_id=sighting.sighting_id,
        tower_id=sighting.tower_id,
        tower=speaker.tower(sighting.tower_id),
        camera_id=sighting.camera_id,
        azimuth_deg=round(bearing.azimuth_deg, 2),
        sigma_deg=round(bearing.sigma_deg, 2),
        score=sighting.score,
        frames_hit=sighting.frames_hit,
        frames_seen=sighting.frames_seen,
        first_seen_at=sighting.first_seen_at,
        observed_at=sighting.observed_at,
        model=sighting.model_sha256[:8],
        clock_doubt=_clock_doubt(sighting.clock, speaker),
        best=_best(looks),
        looks=looks,
    )


def _clock_doubt(clock: ClockState, speaker: Speaker) -> str:
    """Return why the times are not to be trusted; empty where a time service held the clock, or nobody said."""
    key = f"clock_doubt.{clock.value}"
    return speaker.texts.text(key) if speaker.texts.has(key) else ""


def _look(look: Look, pictures: Sequence[Picture]) -> LookOut:
    return LookOut(
        captured_at=look.stamp.captured_at,
        score=look.score,
        box=(look.box.x0, look.box.y0, look.box.x1, look.box.y1),
        width_px=look.stamp.width_px,
        height_px=look.stamp.height_px,
        crop_url=evidence_url(picture_of(look, pictures, EvidenceKind.CROP)),
        frame_url=evidence_url(picture_of(look, pictures, EvidenceKind.FRAME)),
    )


def _best(looks: Sequence[LookOut]) -> int:
    # A look without a picture is a poor place to start, however well it scored.
    def rank(index: int) -> tuple[bool, float]:
        look = looks[index]
        return (look.crop_url is not None or look.frame_url is not None, look.score)

    return max(range(len(looks)), key=rank)


def danger_parts(rating: DangerRating, speaker: Speaker) -> list[PartOut]:
    """Return every number that a rating was made of."""
    codes, indices = rating.codes, rating.indices
    fwi = {
        "ffmc": codes.ffmc,
        "dmc": codes.dmc,
        "dc": codes.dc,
        "isi": indices.isi,
        "bui": indices.bui,
        "fwi": indices.fwi,
        "dsr": indices.dsr,
    }
    graded = [PartOut(name=name, value=points) for name, points in part_values(rating, speaker).items()]
    coded = [PartOut(name=speaker.texts.text(f"danger.part.{key}"), value=round(v, 1)) for key, v in fwi.items()]
    return graded + coded


def _danger(incident: Incident, detail: IncidentDetail, speaker: Speaker) -> DangerOut | None:
    rating = incident.rating
    if rating is None:
        return None
    station = speaker.station(rating.station_id)
    if incident.rating_distance_m is None:
        words = speaker.texts.text("danger.station.only", station=station)
    else:
        km = f"{incident.rating_distance_m / 1000:.1f}"
        words = speaker.texts.text("danger.station", station=station, km=km)
    return DangerOut(
        station=words,
        weather_day=rating.weather_day,
        grade=rating.grade.value if rating.grade else None,
        words=speaker.danger(rating),
        scheme=rating.scheme,
        parts=danger_parts(rating, speaker),
        marks=speaker.marks(rating),
        missing=list(rating.missing),
        weather=speaker.weather(detail.weather),
    )


def _told(one: Told, speaker: Speaker) -> ToldOut:
    notification = one.notification
    return ToldOut(
        person=one.person_name,
        reason=speaker.texts.text(f"alert.reason.{one.alert.reason.value}"),
        # An address holds keys and numbers of people: the page needs to know the kind of channel only.
        channel=notification.channel.partition(":")[0],
        attempts=notification.attempts,
        sent_at=notification.sent_at,
        reached_at=notification.reached_at,
        acknowledged_at=notification.acknowledged_at,
        failed=notification.failed,
    )


def _timeline(logged: LoggedEvent, detail: IncidentDetail, standing: Collection[str], speaker: Speaker) -> TimelineOut:
    event = logged.event
    said = event.change.ruling_id if isinstance(event.change, Matched | Unmatched) else ""
    return TimelineOut(
        seq=logged.seq,
        occurred_at=event.occurred_at,
        recorded_at=event.recorded_at,
        actor=speaker.actor(event.actor),
        words=_event_words(logged, detail, speaker),
        is_finding=isinstance(event.change, Located | BeliefChanged | Rated),
        ruling_id=said if said in standing else None,
    )


def _event_words(logged: LoggedEvent, detail: IncidentDetail, speaker: Speaker) -> str:
    match logged.event.change:
        case Opened() | SightingJoined() | SightingLeft() | SightingEnded() | Merged() as change:
            return _membership_words(change, speaker)
        case Located() | BeliefChanged() | Rated() as change:
            return _finding_words(change, speaker)
        case AlertRaised() as change:
            return speaker.texts.text("event.alert", reason=speaker.texts.text(f"alert.reason.{change.reason}"))
        case Accepted() as change:
            return speaker.texts.text("event.accepted", person=_person(change.person_id, detail))
        case Confirmed() | Rejected() | Reopened() as change:
            return _decision_words(change, speaker.actor(logged.event.actor), speaker)
        case Matched() | Unmatched() | MatchUndone() as change:
            return _ruling_words(change, speaker.actor(logged.event.actor), detail, speaker)


def _membership_words(change: Opened | SightingJoined | SightingLeft | SightingEnded | Merged, speaker: Speaker) -> str:
    match change:
        case Opened():
            prefix = speaker.texts.text("exercise.prefix") if change.is_exercise else ""
            return prefix + speaker.texts.text("event.opened", tower=speaker.tower(change.tower_id))
        case SightingJoined():
            return speaker.texts.text("event.joined", tower=speaker.tower(change.tower_id))
        case SightingLeft():
            return speaker.texts.text("event.left")
        case SightingEnded():
            return speaker.texts.text("event.ended")
        case Merged():
            return speaker.texts.text("event.merged")


def _finding_words(change: Located | BeliefChanged | Rated, speaker: Speaker) -> str:
    words = _plain_finding(change, speaker)
    if not isinstance(change, Located) or not change.recalibrated:
        return words
    towers = [speaker.tower(tower_id) for tower_id in dict.fromkeys(one.tower_id for one in change.recalibrated)]
    names = speaker.texts.text("list.comma").join(towers)
    return speaker.texts.text("event.recalibrated", words=words, towers=names)


def _plain_finding(change: Located | BeliefChanged | Rated, speaker: Speaker) -> str:
    match change:
        case Located(fix=None, possible_places=(_, *_)):
            return speaker.texts.text("event.several", count=str(len(change.possible_places)))
        case Located(fix=None):
            return speaker.texts.text("event.unlocated")
        case Located(fix=fix):
            return speaker.texts.text("event.located", major=f"{fix.ellipse.major_m:.0f}" if fix else "")
        case BeliefChanged():
            return speaker.texts.text("event.belief", percent=speaker.percent(change.probability))
        case Rated():
            if change.rating is None or change.rating.grade is None:
                return speaker.texts.text("event.unrated")
            grade = change.rating.grade.value
            return speaker.texts.text("event.rated", grade=grade, word=speaker.grade(change.rating))


def _decision_words(change: Confirmed | Rejected | Reopened, actor: str, speaker: Speaker) -> str:
    match change:
        case Confirmed():
            return speaker.texts.text("event.confirmed", actor=actor)
        case Rejected():
            reason = speaker.texts.text(f"reject.{change.reason.value}")
            return speaker.texts.text("event.rejected", actor=actor, reason=reason)
        case Reopened():
            return speaker.texts.text("event.reopened", actor=actor)


def _ruling_words(
    change: Matched | Unmatched | MatchUndone, actor: str, detail: IncidentDetail, speaker: Speaker
) -> str:
    match change:
        case Matched():
            return speaker.texts.text("event.matched", actor=actor, reason=change.reason)
        case Unmatched():
            tower = dict(_seen_by(detail)).get(change.sighting_id)
            name = speaker.tower(tower) if tower else change.sighting_id[-4:]
            return speaker.texts.text("event.unmatched", actor=actor, tower=name, reason=change.reason)
        case MatchUndone():
            return speaker.texts.text("event.match_undone", actor=actor, reason=change.reason)


def _seen_by(detail: IncidentDetail) -> Iterator[tuple[SightingId, TowerId]]:
    """Yield every sighting that ever was of the incident with its tower."""
    for logged in detail.events:
        if isinstance(change := logged.event.change, Opened | SightingJoined):
            yield change.sighting_id, change.tower_id


def _person(person_id: str, detail: IncidentDetail) -> str:
    names = {one.notification.person_id: one.person_name for one in detail.card.told}
    return next((name for known, name in names.items() if known == person_id), person_id)
