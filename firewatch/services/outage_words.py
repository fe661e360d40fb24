"""An outage in words: which cameras, why, since when, and where to read what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firewatch.domain.alert import NotifyReason
from firewatch.services.ports import Words

if TYPE_CHECKING:
    from firewatch.domain.alert import Alert, Notification
    from firewatch.domain.incident import Incident
    from firewatch.domain.sites import SiteMap
    from firewatch.services.alerting import WordSmith
    from firewatch.services.outages import Outage, OutageBook
    from firewatch.services.wording import Voice

__all__ = ["OutageWords"]

# A text message is short; the page has them all.
_MOST_NAMED = 6


class OutageWords:
    """Fulfils `firewatch.services.alerting.WordSmith`: words for outages, and another's for everything else.

    Parameters
    ----------
    others : WordSmith
        Puts everything else in words.
    outages : OutageBook
        Port.
    voice : Voice
        Name, language, time zone.
    sites : SiteMap
        Names of towers.
    page : str
        Address of the Nodes page.
    """

    def __init__(self, others: WordSmith, outages: OutageBook, voice: Voice, sites: SiteMap, page: str) -> None:
        self._others = others
        self._outages = outages
        self._voice = voice
        self._sites = sites
        self._page = page

    def words(self, alert: Alert, incident: Incident | None, notification: Notification) -> Words:
        """Return subject, text, link and facts for one person."""
        if alert.reason not in {NotifyReason.CAMERA_BLIND, NotifyReason.CAMERA_BACK}:
            return self._others.words(alert, incident, notification)
        text, found = self._voice.catalogue.text, self._outages.of_alert(alert.alert_id)
        named = [self._camera(one, alert.reason) for one in found[:_MOST_NAMED]]
        if len(found) > _MOST_NAMED:
            named.append(text("notify.outage.more", count=len(found) - _MOST_NAMED))
        cameras = self._voice.catalogue.pick(zh="\uff1b", en="; ").join(named)
        key = "blind" if alert.reason is NotifyReason.CAMERA_BLIND else "back"
        subject = text(f"notify.outage.{key}.subject", centre=self._voice.centre, count=len(found))
        said = text(
            f"notify.outage.{key}", centre=self._voice.centre, count=len(found), cameras=cameras, link=self._page
        )
        facts: dict[str, object] = {"reason": str(alert.reason), "cameras": [_facts(one) for one in found]}
        return Words(subject, said, self._page, facts)

    def _camera(self, outage: Outage, reason: NotifyReason) -> str:
        texts = self._voice.catalogue
        tower = self._sites.tower(outage.tower_id)
        name = outage.tower_id if tower is None else texts.pick(zh=tower.name.zh, en=tower.name.en)
        time = outage.since.astimezone(self._voice.zone).strftime("%m-%d %H:%M")
        if reason is NotifyReason.CAMERA_BACK:
            return texts.text("notify.outage.camera.back", tower=name, camera=outage.camera_id, time=time)
        keys = (f"health.what.{outage.reason}", f"node.what.{outage.reason}")
        why = next((texts.text(key) for key in keys if texts.has(key)), outage.reason)
        return texts.text("notify.outage.camera", tower=name, camera=outage.camera_id, why=why, time=time)


def _facts(outage: Outage) -> dict[str, object]:
    return {
        "tower": outage.tower_id,
        "camera": outage.camera_id,
        "reason": outage.reason,
        "since": outage.since.isoformat(),
        "ended_at": None if outage.ended_at is None else outage.ended_at.isoformat(),
    }
