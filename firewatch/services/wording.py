"""A notification in words: what happened, where, how dangerous the day is, and the link to answer by."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from firewatch.domain.scales import SightingConfidence
from firewatch.errors import StoreError
from firewatch.services.ports import Words
from firewatch.services.sight_lines import pointing

if TYPE_CHECKING:
    from datetime import tzinfo

    from firewatch.domain.alert import Alert, Notification
    from firewatch.domain.danger import DangerRating
    from firewatch.domain.ids import EvidenceId
    from firewatch.domain.incident import Incident
    from firewatch.domain.sites import SiteMap
    from firewatch.services.links import CallLinks
    from firewatch.services.ports import Clock, EvidenceFiles, SightingBook, StoredSighting
    from firewatch.texts import Catalogue

__all__ = ["CatalogueWords", "Voice"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Voice:
    """How the centre speaks.

    Parameters
    ----------
    centre : str
        Its name, as at the head of a text message.
    catalogue : Catalogue
        The language.
    zone : tzinfo
        Whose clock the times are read from.
    """

    centre: str
    catalogue: Catalogue
    zone: tzinfo


class CatalogueWords:
    """Fulfils `firewatch.services.alerting.WordSmith` from the catalogue of texts.

    Parameters
    ----------
    voice : Voice
        Name, language, time zone.
    sites : SiteMap
        Names of towers and stations.
    links : CallLinks
        Signs the phone page's address.
    book, files, clock
        Ports: the sightings, their pictures, the time.
    """

    def __init__(
        self,
        *,
        voice: Voice,
        sites: SiteMap,
        links: CallLinks,
        book: SightingBook,
        files: EvidenceFiles,
        clock: Clock,
    ) -> None:
        self._voice = voice
        self._sites = sites
        self._links = links
        self._book = book
        self._files = files
        self._clock = clock

    def words(self, alert: Alert, incident: Incident | None, notification: Notification) -> Words:
        """Return subject, text, link, facts and the smoke's picture for one person."""
        text = self._voice.catalogue.text
        # A drill's message says so before anything else, however little of it a screen shows.
        is_exercise = incident is not None and incident.is_exercise
        prefix = text("exercise.prefix") if is_exercise else ""
        reason = text(f"alert.reason.{alert.reason}")
        if incident is None:
            line = f"{self._voice.centre}: {reason}"
            return Words(line, line, "", {"reason": str(alert.reason)})
        stored = self._book.sightings([sighting_id for sighting_id, _ in incident.members])
        towers = self._tower_names(incident)
        link = self._links.address(
            notification.person_id, incident.incident_id, notification.notification_id, self._clock.now()
        )
        told: dict[str, str | int] = {
            "centre": self._voice.centre,
            "reason": reason,
            "time": incident.opened_at.astimezone(self._voice.zone).strftime("%H:%M"),
            "towers": towers,
            "percent": SightingConfidence(incident.probability or _best_score(stored)).percent,
        }
        where, danger = self._where(incident, stored), self._danger(incident.rating)
        said = text("notify.text", **told, where=where, danger=danger, link=link)
        subject = text("notify.subject", centre=self._voice.centre, reason=reason, towers=towers)
        aloud = text("notify.spoken", **told)
        spoken = self._voice.catalogue.pick(zh="{0}。{1}", en="{0}. {1}").format(text("exercise.spoken"), aloud)
        return Words(
            prefix + subject,
            prefix + said,
            link,
            _facts(alert, incident),
            self._crop(stored),
            is_exercise=is_exercise,
            spoken=spoken if is_exercise else aloud,
        )

    def _tower_names(self, incident: Incident) -> str:
        names = []
        for tower_id in incident.towers:
            tower = self._sites.tower(tower_id)
            known = None if tower is None else self._voice.catalogue.pick(zh=tower.name.zh, en=tower.name.en)
            names.append(known or tower_id)
        return self._voice.catalogue.pick(zh="、", en=", ").join(names)

    def _where(self, incident: Incident, stored: tuple[StoredSighting, ...]) -> str:
        text = self._voice.catalogue.text
        if incident.fix is not None:
            place = incident.fix.position
            error = round(incident.fix.ellipse.major_m)
            return text("notify.where.fix", lat=f"{place.lat_deg:.4f}", lon=f"{place.lon_deg:.4f}", error=error)
        if not stored:
            return text("notify.where.none")
        azimuth = round(pointing(stored[0].sighting, self._sites).azimuth_deg)
        return text("notify.where.bearing", azimuth=azimuth, tower=self._tower_names(incident))

    def _danger(self, rating: DangerRating | None) -> str:
        text = self._voice.catalogue.text
        if rating is None or rating.grade is None:
            return text("notify.danger.none")
        station = next((s for s in self._sites.stations if s.station_id == rating.station_id), None)
        pick = self._voice.catalogue.pick
        name = rating.station_id if station is None else pick(zh=station.name.zh, en=station.name.en)
        grade = f"{rating.grade.value} {text(rating.grade.text_key)}"
        return text("notify.danger", grade=grade, station=name, day=rating.weather_day.isoformat())

    def _crop(self, stored: tuple[StoredSighting, ...]) -> bytes | None:
        for one in stored:
            for evidence_id in one.sighting.best_look.evidence_ids:
                picture = self._read(evidence_id)
                if picture is not None:
                    return picture
        return None

    def _read(self, evidence_id: EvidenceId) -> bytes | None:
        try:
            return self._files.read(evidence_id)
        except StoreError as err:
            # People are told without the picture rather than not at all.
            logger.warning("words.no_picture", extra={"evidence_id": evidence_id, "why": str(err)})
            return None


def _best_score(stored: tuple[StoredSighting, ...]) -> float:
    return max((one.sighting.score for one in stored), default=0.0)


def _facts(alert: Alert, incident: Incident) -> dict[str, object]:
    facts: dict[str, object] = {
        "is_exercise": incident.is_exercise,
        "reason": str(alert.reason),
        "incident_id": incident.incident_id,
        "state": str(incident.state),
        "opened_at": incident.opened_at.isoformat(),
        "towers": list(incident.towers),
        "probability": incident.probability,
        "danger_grade": None,
    }
    if incident.fix is not None:
        place, ellipse = incident.fix.position, incident.fix.ellipse
        facts["position"] = {"lat_deg": place.lat_deg, "lon_deg": place.lon_deg, "major_m": ellipse.major_m}
    if incident.rating is not None and incident.rating.grade is not None:
        facts["danger_grade"] = incident.rating.grade.value
        facts["danger_station"] = incident.rating.station_id
        facts["danger_day"] = incident.rating.weather_day.isoformat()
    return facts
