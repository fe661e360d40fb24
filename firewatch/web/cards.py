"""An incident as a line of the queue and a shape on the map."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from firewatch.domain.alert import NotifyReason
from firewatch.domain.roster import Role
from firewatch.domain.vision import EvidenceKind
from firewatch.geodesy import direct, ellipse_polygon, inverse, to_gcj02
from firewatch.services.sight_lines import pointing
from firewatch.web.navigation import navigation
from firewatch.web.schemas import BearingOut, CardOut, ClockOut, DeliveryOut, WhereOut

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firewatch.domain.geo import Fix, Position
    from firewatch.domain.ids import EvidenceId
    from firewatch.domain.sites import Tower
    from firewatch.domain.vision import Look, Sighting
    from firewatch.services.views import IncidentCard, Picture, Told
    from firewatch.web.words import Speaker

__all__ = [
    "ACCEPT_WITHIN",
    "REPORT_WITHIN",
    "SCENE_WITHIN",
    "card_out",
    "clock_of",
    "evidence_url",
    "picture_of",
    "place_words",
    "sight_words",
]

# The province's "131": accept, be there, report.
ACCEPT_WITHIN = timedelta(minutes=10)
SCENE_WITHIN = timedelta(minutes=30)
REPORT_WITHIN = timedelta(minutes=60)
# A bearing without a known camera is drawn this long.
_LINE_M = 15_000.0


def card_out(card: IncidentCard, speaker: Speaker) -> CardOut:
    """Return the JSON of a card."""
    incident = card.incident
    best = max(card.sightings, key=lambda sighting: sighting.score, default=None)
    reason = incident.reject_reason
    return CardOut(
        is_exercise=incident.is_exercise,
        incident_id=incident.incident_id,
        number=speaker.number(incident),
        state=incident.state.value,
        state_words=speaker.texts.text(f"incident.state.{incident.state.value}"),
        is_open=incident.is_open,
        opened_at=incident.opened_at,
        changed_at=incident.changed_at,
        seq=card.seq,
        place=place_words(card, speaker),
        towers=[speaker.tower(tower_id) for tower_id in incident.towers],
        score=best.score if best else None,
        probability=incident.probability,
        grade=incident.rating.grade.value if incident.rating and incident.rating.grade else None,
        grade_words=speaker.danger(incident.rating),
        where=_where(incident.fix, speaker, is_exercise=incident.is_exercise) if incident.fix else None,
        bearings=[line for sighting in card.sightings for line in _bearing(sighting, card, speaker)],
        crop_url=_best_crop(card.sightings, card.pictures),
        delivery=_delivery(card.told),
        clock=clock_of(card.told),
        reject_words=speaker.texts.text(f"reject.{reason.value}") if reason else None,
    )


def place_words(card: IncidentCard, speaker: Speaker) -> str:
    """Return where it is, seen from the nearest tower that sees it; the bearing alone while it is not located."""
    if card.incident.fix:
        nearest = _nearest_tower(card.incident.fix.position, card, speaker)
        if nearest is not None:
            return sight_words(nearest, card.incident.fix.position, speaker)
    if not card.sightings:
        return speaker.texts.text("where.unlocated")
    sighting = card.sightings[0]
    azimuth = pointing(sighting, speaker.sites).azimuth_deg
    return speaker.texts.text(
        "where.bearing",
        tower=speaker.tower(sighting.tower_id),
        azimuth=f"{azimuth:03.0f}",
        direction=speaker.direction(azimuth),
    )


def sight_words(tower: Tower, place: Position, speaker: Speaker) -> str:
    """Return direction and distance of a place from a tower."""
    leg = inverse(tower.position, place)
    return speaker.texts.text(
        "where.from",
        tower=speaker.name(tower.name),
        direction=speaker.direction(leg.azimuth_deg),
        km=f"{leg.distance_m / 1000:.1f}",
    )


def _nearest_tower(place: Position, card: IncidentCard, speaker: Speaker) -> Tower | None:
    seeing = set(card.incident.towers)
    towers = [tower for tower in speaker.sites.towers if tower.tower_id in seeing] or list(speaker.sites.towers)
    return min(towers, key=lambda tower: inverse(tower.position, place).distance_m, default=None)


def _where(fix: Fix, speaker: Speaker, *, is_exercise: bool) -> WhereOut:
    # The name of the goal in another firm's app: there, too, a drill must read as one.
    goal = (speaker.texts.text("exercise.prefix") if is_exercise else "") + speaker.texts.text("map.incident")
    shifted = to_gcj02(fix.position)
    error = speaker.texts.text("where.error", major=f"{fix.ellipse.major_m:.0f}", minor=f"{fix.ellipse.minor_m:.0f}")
    return WhereOut(
        lat_deg=round(fix.position.lat_deg, 6),
        lon_deg=round(fix.position.lon_deg, 6),
        gcj_lat_deg=round(shifted.lat_deg, 6),
        gcj_lon_deg=round(shifted.lon_deg, 6),
        major_m=round(fix.ellipse.major_m, 1),
        minor_m=round(fix.ellipse.minor_m, 1),
        ellipse=ellipse_polygon(fix.position, fix.ellipse),
        words=error,
        navigation=navigation(fix.position, goal),
    )


def _bearing(sighting: Sighting, card: IncidentCard, speaker: Speaker) -> list[BearingOut]:
    tower = speaker.sites.tower(sighting.tower_id)
    if tower is None:
        return []
    camera_range = next((c.range_m for c in tower.cameras if c.camera_id == sighting.camera_id), _LINE_M)
    bearing = pointing(sighting, speaker.sites)
    end = direct(tower.position, bearing.azimuth_deg, camera_range)
    start = [tower.position.lon_deg, tower.position.lat_deg]
    return [
        BearingOut(
            tower_id=sighting.tower_id,
            azimuth_deg=bearing.azimuth_deg,
            sigma_deg=bearing.sigma_deg,
            line=[start, [round(end.lon_deg, 6), round(end.lat_deg, 6)]],
            is_ended=sighting.sighting_id in card.incident.ended,
        )
    ]


def picture_of(look: Look, pictures: Sequence[Picture], kind: EvidenceKind) -> EvidenceId | None:
    """Return the picture of one kind of a look, None until it has arrived."""
    named = set(look.evidence_ids)
    return next((p.evidence_id for p in pictures if p.evidence_id in named and p.kind is kind), None)


def evidence_url(evidence_id: EvidenceId | None) -> str | None:
    """Return where the picture is."""
    return f"/api/v1/evidence/{evidence_id}.jpg" if evidence_id else None


def _best_crop(sightings: Sequence[Sighting], pictures: Sequence[Picture]) -> str | None:
    looks = sorted((look for s in sightings for look in s.looks), key=lambda look: -look.score)
    found = (picture_of(look, pictures, EvidenceKind.CROP) for look in looks)
    return evidence_url(next((evidence_id for evidence_id in found if evidence_id), None))


def _delivery(told: Sequence[Told]) -> DeliveryOut:
    notifications = [one.notification for one in told]
    return DeliveryOut(
        total=len(notifications),
        sent=sum(n.sent_at is not None for n in notifications),
        reached=sum(n.reached_at is not None for n in notifications),
        acknowledged=sum(n.acknowledged_at is not None for n in notifications),
        failed=sum(n.sent_at is None and bool(n.failed) for n in notifications),
    )


def clock_of(told: Sequence[Told]) -> ClockOut | None:
    """Return the three deadlines, counted from the first call to a person; None before anybody was called."""
    calls = [one for one in told if one.alert.reason is not NotifyReason.NODE_LOST]
    if not calls:
        return None
    # The law's clock belongs to the ranger; a centre whose roster has no ranger counts for whoever is called.
    rangers = [one for one in calls if one.role is Role.RANGER] or calls
    called_at = min(one.alert.raised_at for one in rangers)
    answered = [(n.acknowledged_at, one.person_name) for one in rangers if (n := one.notification).acknowledged_at]
    accepted_at, accepted_by = min(answered, default=(None, None))
    return ClockOut(
        called_at=called_at,
        accept_by=called_at + ACCEPT_WITHIN,
        scene_by=called_at + SCENE_WITHIN,
        report_by=called_at + REPORT_WITHIN,
        accepted_at=accepted_at,
        accepted_by=accepted_by,
    )
