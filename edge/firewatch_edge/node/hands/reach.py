"""What hands can reach of the node."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from firewatch.domain.ids import EvidenceId, SightingId, make_ulid
from firewatch.domain.vision import Evidence, EvidenceKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from pathlib import Path

    from firewatch.domain.ids import CameraId
    from firewatch.domain.optics import Calibration
    from firewatch.domain.vision import Box, FrameStamp
    from firewatch_edge.capture import Source
    from firewatch_edge.config import CameraSection, EdgeSettings, PoseSection
    from firewatch_edge.health import MaintenanceFile
    from firewatch_edge.node.camera import CameraWorker
    from firewatch_edge.node.hands.log_ring import LogRing
    from firewatch_edge.node.hands.outcome import HandsPublisher, Outcome
    from firewatch_edge.node.held_back import HeldBack
    from firewatch_edge.node.inbox import Inbox
    from firewatch_edge.node.settings_book import SettingsBook

__all__ = ["Reach", "ReachedCamera"]


@dataclass(frozen=True, slots=True)
class ReachedCamera:
    """One camera.

    Parameters
    ----------
    section : CameraSection
        Its settings.
    worker : CameraWorker
        Reads it for the detector.
    open_again : callable
        Opens it a second time, beside the detector's own link; takes a function that says at what part of their size
        JPEGs need be decoded, or None for the whole.
    """

    section: CameraSection
    worker: CameraWorker
    open_again: Callable[[Callable[[int, int], int] | None], Source]


@dataclass(frozen=True, slots=True)
class Reach:
    """What hands can reach.

    Parameters
    ----------
    settings : EdgeSettings
        Of the node.
    publisher : HandsPublisher
        Where pictures and replies go.
    cameras : Mapping of CameraId to ReachedCamera
        In the order of the settings.
    inbox : Inbox
        Where the detector's frames pass.
    held_back : HeldBack
        What was not reported.
    pauses : MaintenanceFile
        Which cameras are paused.
    now : callable
        Returns the present as an aware UTC instant.
    config : Path or None
        The settings' file; None where the node has none.
    log : LogRing or None
        The last of the log.
    restart : threading.Event
        Set, the node ends in order and starts anew.
    book : SettingsBook or None
        What the centre has set; None where it sets nothing.
    """

    settings: EdgeSettings
    publisher: HandsPublisher
    cameras: Mapping[CameraId, ReachedCamera]
    inbox: Inbox
    held_back: HeldBack
    pauses: MaintenanceFile
    now: Callable[[], datetime]
    config: Path | None = None
    log: LogRing | None = None
    restart: threading.Event = field(default_factory=threading.Event)
    book: SettingsBook | None = None

    def calibration_of(self, camera: CameraSection, pose: PoseSection) -> Calibration:
        """Return how a pose looks now, by the centre's correction where there is one."""
        if self.book is None:
            return self.settings.calibration_of(camera, pose)
        return self.book.calibration_of(self.settings, camera, pose)

    def no_camera(self, camera_id: CameraId) -> Outcome:
        """Return the outcome of a command for a camera that is not here."""
        from firewatch_edge.node.hands.outcome import refused

        return refused("no-camera", f"this tower has no camera {camera_id}; it has {', '.join(self.cameras)}")

    def picture(
        self,
        camera_id: CameraId,
        shows: str,
        stamp: FrameStamp,
        jpeg: bytes,
        kind: EvidenceKind = EvidenceKind.FRAME,
        box: Box | None = None,
    ) -> Evidence:
        """Return a picture as evidence of what a ULID names: a sighting, a held-back entry or a command."""
        return Evidence(
            evidence_id=EvidenceId(make_ulid(self.now(), os.urandom(10))),
            sighting_id=SightingId(shows),
            tower_id=self.settings.tower_id,
            camera_id=camera_id,
            kind=kind,
            stamp=stamp,
            box=box,
            jpeg=jpeg,
        )
