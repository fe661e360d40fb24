"""Begins and ends drills, for the command line and for the centre's commands alike."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from firewatch.domain.ids import PoseId, make_ulid
from firewatch.domain.sun import Light, light_of
from firewatch.errors import InvalidValue
from firewatch_edge.detect import load_spec
from firewatch_edge.detect.shipped import shipped_model
from firewatch_edge.node.drill_file import Aim, Drill, DrillFile, steady_now
from firewatch_edge.node.drill_picture import require_in_view
from firewatch_edge.node.looking import beside_outbox

if TYPE_CHECKING:
    from datetime import datetime

    from firewatch.domain.ids import CameraId
    from firewatch_edge.config import CameraSection, EdgeSettings, PoseSection
    from firewatch_edge.node.drill_file import Moment

__all__ = ["DrillOrders", "drill_file"]


def drill_file(settings: EdgeSettings) -> DrillFile:
    """Return where a node's drill is written down."""
    return DrillFile(beside_outbox(settings, "drill.json"))


class DrillOrders:
    """Begins and ends the drill of a node, running or not.

    Parameters
    ----------
    settings : EdgeSettings
        Of the node.
    """

    def __init__(self, settings: EdgeSettings) -> None:
        self._settings = settings
        self._file = drill_file(settings)

    def begin(
        self,
        camera_id: CameraId,
        pose_id: PoseId | None,
        minutes: float,
        aim: Aim,
        at: datetime,
        now: Moment | None = None,
    ) -> Drill:
        """Begin a drill with the camera's next frame.

        Parameters
        ----------
        camera_id : CameraId
            In whose pictures the smoke is painted.
        pose_id : PoseId or None
            At which of its poses; None for its only one, or the first of its round.
        minutes : float
            How long, above 0 to 30.
        aim : Aim
            Where the smoke rises.
        at : datetime
            UTC, now.
        now : Moment, optional
            The same on the clock that nobody sets.

        Returns
        -------
        Drill
            As it is written down.

        Raises
        ------
        InvalidValue
            If there is no such camera or pose, the pose does not look there, it is too long, another drill goes on, or
            it is night and the model was not tried at night: nothing would be found.
        OSError
            If it cannot be written down.
        """
        now = now or steady_now()
        camera = self._camera(camera_id)
        pose = self._pose(camera, pose_id)
        require_in_view(aim.checked(), self._settings.calibration_of(camera, pose))
        self._require_light(at)
        running = self.present(at, now)
        if running is not None:
            raise InvalidValue("exercise", f"another one, at {running.camera_id}", "one at a time; end that one first")
        drill = Drill(make_ulid(at, os.urandom(10)), camera.camera_id, PoseId(pose.id), at, now, minutes, aim)
        self._file.begin(drill)
        return drill

    def present(self, at: datetime, now: Moment | None = None) -> Drill | None:
        """Return the drill that goes on now (UTC); None where none does."""
        return self._file.present(at, now or steady_now())

    def end(self, at: datetime) -> Drill | None:
        """End the drill; return the one that went on (UTC). Raises `OSError` where it cannot be written down."""
        running = self.present(at)
        self._file.end()
        return running

    def _camera(self, camera_id: CameraId) -> CameraSection:
        cameras = {camera.camera_id: camera for camera in self._settings.camera}
        if camera_id not in cameras:
            raise InvalidValue("camera of the exercise", camera_id, f"one of {', '.join(sorted(cameras))}")
        return cameras[camera_id]

    def _pose(self, camera: CameraSection, pose_id: PoseId | None) -> PoseSection:
        poses = {pose.id: pose for pose in camera.all_poses}
        if pose_id is None:
            return camera.all_poses[0]
        if pose_id not in poses:
            raise InvalidValue("pose of the exercise", pose_id, f"one of {', '.join(poses)}")
        return poses[pose_id]

    def _require_light(self, at: datetime) -> None:
        tower = self._settings.tower
        if tower.lat_deg is None or tower.lon_deg is None:
            return
        chosen = self._settings.model.path
        light = light_of(at, tower.lat_deg, tower.lon_deg)
        if light is Light.NIGHT and light.value not in load_spec(Path(chosen) if chosen else shipped_model()).light:
            why = "a time by day or in twilight: this model does not report what it sees at night"
            raise InvalidValue("time of the exercise", at.isoformat(timespec="minutes"), why)
