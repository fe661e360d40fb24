"""What is told of a patrol: each change once, for the log, and its state for the vitals."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from firewatch.domain.node import PatrolVitals
from firewatch_edge.patrol import Phase, View

if TYPE_CHECKING:
    from firewatch.domain.ids import CameraId, PoseId
    from firewatch_edge.patrol import PatrolReport

__all__ = ["PatrolLog"]

logger = logging.getLogger(__name__)

_BAD_VIEWS = {View.ANOTHER, View.DISPLACED, View.STRANGE}
# What is told when a phase begins and when it is over.
_TOLD = {Phase.MANUAL: ("patrol.person_drives", "patrol.goes_on"), Phase.LOST: ("mount.lost", "mount.back")}


class PatrolLog:
    """Tells what has changed; one thread owns it.

    Parameters
    ----------
    camera_id : CameraId
        Whose patrol it is.
    """

    def __init__(self, camera_id: CameraId) -> None:
        self._camera_id = camera_id
        self._last: PatrolReport | None = None
        self._why = ""
        self._aside_deg: float | None = None

    def vitals(self, report: PatrolReport) -> PatrolVitals:
        """Return a report as it goes to the centre."""
        return PatrolVitals(report.phase.value, report.pose_id, report.blind, report.cycle_s, report.is_late)

    def refused(self, why: str) -> None:
        """Note why the mount did not do what it was asked."""
        self._why = why
        logger.info("mount.refused", extra={"camera_id": self._camera_id, "why": why})

    def viewed(self, pose_id: PoseId, view: View, aside: float | None) -> None:
        """Note what the picture says of an arrival."""
        facts = {"camera_id": self._camera_id, "pose_id": pose_id, "view": view.value, "aside": aside}
        logger.log(logging.WARNING if view in _BAD_VIEWS else logging.DEBUG, "patrol.view", extra=facts)

    def azimuths(self, disagreement_deg: float | None) -> None:
        """Note by how much the poses' azimuths contradict where the mount places them; None where they do not."""
        if disagreement_deg is not None and self._aside_deg is None:
            facts = {"camera_id": self._camera_id, "by_deg": round(disagreement_deg, 1)}
            logger.error("patrol.azimuths_contradict", extra=facts)
        self._aside_deg = disagreement_deg

    def tell(self, report: PatrolReport) -> None:
        """Tell what has changed since the last report."""
        last, self._last = self._last, report
        self._tell_blind(set(report.blind), set() if last is None else set(last.blind))
        if last is None:
            return
        for phase, (begun, over) in _TOLD.items():
            if report.phase is phase and last.phase is not phase:
                self._say(logging.WARNING, begun, why=self._why if phase is Phase.LOST else "moved without our command")
            elif last.phase is phase and report.phase is not phase:
                self._say(logging.INFO, over)
        if report.rounds != last.rounds:
            self._say(logging.INFO, "patrol.round_over", cycle_s=round(report.cycle_s or 0.0, 1))
        if report.is_late and not last.is_late:
            self._say(logging.WARNING, "patrol.late", cycle_s=round(report.cycle_s or 0.0, 1))

    def _tell_blind(self, blind: set[PoseId], before: set[PoseId]) -> None:
        for pose_id in sorted(blind - before):
            self._say(logging.ERROR, "patrol.pose_blind", pose_id=pose_id)
        for pose_id in sorted(before - blind):
            self._say(logging.INFO, "patrol.pose_seen", pose_id=pose_id)

    def _say(self, level: int, event: str, **facts: object) -> None:
        logger.log(level, event, extra={"camera_id": self._camera_id, **facts})
