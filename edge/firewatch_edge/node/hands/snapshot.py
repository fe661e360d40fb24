"""Snapshot now: the whole picture of a camera, at its full size, as evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firewatch.domain.remote import Snapshot
from firewatch_edge.capture import whole_picture
from firewatch_edge.node.evidence import full_jpeg
from firewatch_edge.node.hands.glimpse import fresh_frame
from firewatch_edge.node.hands.outcome import Outcome
from firewatch_edge.node.patroller import PatrolWorker

if TYPE_CHECKING:
    from firewatch.domain.ids import CameraId
    from firewatch.domain.remote import Command, Fact
    from firewatch.domain.vision import Frame
    from firewatch_edge.node.hands.reach import Reach

__all__ = ["SnapshotHand", "send_frame"]


def send_frame(reach: Reach, camera_id: CameraId, shows: str, frame: Frame, **facts: Fact) -> Outcome:
    """Send a frame as evidence of what a ULID names; return the outcome that names it."""
    jpeg = full_jpeg(whole_picture(frame))
    picture = reach.picture(camera_id, shows, frame.stamp, jpeg)
    reach.publisher.evidence(picture)
    told: dict[str, Fact] = {
        "camera_id": camera_id,
        "captured_at": frame.stamp.captured_at.isoformat(),
        "width_px": frame.stamp.width_px,
        "height_px": frame.stamp.height_px,
        "jpeg_bytes": len(jpeg),
        "is_paused": reach.pauses.of(camera_id, reach.now()) is not None,
        **facts,
    }
    return Outcome(evidence_ids=(picture.evidence_id,), facts=told)


class SnapshotHand:
    """Does `firewatch.domain.remote.Snapshot`.

    Parameters
    ----------
    reach : Reach
        The node.
    """

    def __init__(self, reach: Reach) -> None:
        self._reach = reach

    def do(self, command: Command) -> Outcome:
        """Send the picture."""
        action = command.action
        assert isinstance(action, Snapshot), "the registry says so"  # noqa: S101 - as the registry pairs them
        camera = self._reach.cameras.get(action.camera_id)
        if camera is None:
            return self._reach.no_camera(action.camera_id)
        frame, is_shared = fresh_frame(camera, self._reach.inbox)
        facts: dict[str, Fact] = {"is_detectors_frame": is_shared}
        if isinstance(camera.worker, PatrolWorker):
            report = camera.worker.report()
            facts |= {"patrol_phase": report.phase.value, "pose_id": report.pose_id}
        else:
            facts["pose_id"] = camera.section.pose_id
        return send_frame(self._reach, action.camera_id, command.command_id, frame, **facts)
