"""Outages of cameras in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from firewatch.domain.alert import NotifyReason

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from firewatch.domain.ids import AlertId
    from firewatch.services.outages import Outage

__all__ = ["MemoryOutageBook"]


class MemoryOutageBook:
    """Fulfils `firewatch.services.outages.OutageBook`."""

    def __init__(self) -> None:
        self._outages: dict[str, Outage] = {}
        self._told: set[AlertId] = set()

    def open_outages(self) -> tuple[Outage, ...]:
        """Return those that have not ended."""
        return tuple(one for one in self._sorted() if one.ended_at is None)

    def of_alert(self, alert_id: AlertId) -> tuple[Outage, ...]:
        """Return those whose beginning or end an alert tells of."""
        return tuple(one for one in self._sorted() if alert_id in {one.alert_id, one.back_alert_id})

    def begin(self, outages: Sequence[Outage]) -> None:
        """Store new ones."""
        self._outages |= {one.outage_id: one for one in outages}

    def end(self, outage_ids: Sequence[str], at: datetime, back_alert_id: AlertId) -> None:
        """Store that they ended."""
        for key in outage_ids:
            self._outages[key] = replace(self._outages[key], ended_at=at, back_alert_id=back_alert_id)

    def untold(self) -> tuple[tuple[AlertId, NotifyReason], ...]:
        """Return the alerts that are still to be raised."""
        begun = {one.alert_id for one in self._outages.values()} - self._told
        back = {one.back_alert_id for one in self._outages.values() if one.back_alert_id is not None} - self._told
        return (
            *((alert_id, NotifyReason.CAMERA_BLIND) for alert_id in sorted(begun)),
            *((alert_id, NotifyReason.CAMERA_BACK) for alert_id in sorted(back)),
        )

    def told(self, alert_id: AlertId, at: datetime) -> None:  # noqa: ARG002 - the store keeps when
        """Store that an alert was raised."""
        self._told.add(alert_id)

    def _sorted(self) -> list[Outage]:
        return sorted(self._outages.values(), key=lambda one: (one.tower_id, one.camera_id, one.since))
