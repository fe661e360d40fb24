"""Look along a bearing: by a camera that has it in view, or one that turns there, stays a while and goes back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from firewatch.domain.geo import difference_deg
from firewatch.domain.remote import LookAt
from firewatch_edge.node.errand import Errand, Glance
from firewatch_edge.node.hands.glimpse import fresh_frame
from firewatch_edge.node.hands.outcome import Outcome, failed, refused
from firewatch_edge.node.hands.snapshot import send_frame
from firewatch_edge.node.patroller import PatrolWorker

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firewatch.domain.ids import CameraId
    from firewatch.domain.optics import Calibration
    from firewatch.domain.remote import Command, Fact
    from firewatch_edge.node.hands.reach import Reach, ReachedCamera

__all__ = ["MOST_WAY_S", "LookHand"]

# Besides the way itself: a candidate is looked at first, a frame is judged, the mount answers slowly.
_MOST_WAIT_S = 120.0
# The longest way that the settings allow, and the wait.
MOST_WAY_S = 600.0 + _MOST_WAIT_S + 60.0
# What stands in the way of an errand was there before it: nothing was begun.
_NOT_BEGUN = {"driven", "not-surveyed", "out-of-range"}


@dataclass(frozen=True, slots=True)
class _View:
    """One surveyed view of one camera; how far a bearing lies from its middle [deg], and where across its picture."""

    camera: ReachedCamera
    pose_id: str
    lens: Calibration
    aside_deg: float
    across: float | None

    @property
    def has_it(self) -> bool:
        return self.across is not None and 0.0 <= self.across <= 1.0


class LookHand:
    """Does `firewatch.domain.remote.LookAt`.

    Without a camera's name: a fixed camera that has the bearing in view, since that costs nobody's round; else one that
    turns; else it is refused with the nearest view.

    Parameters
    ----------
    reach : Reach
        The node.
    """

    def __init__(self, reach: Reach) -> None:
        self._reach = reach

    def do(self, command: Command) -> Outcome:
        """Send the picture; a turning camera stays for the time asked."""
        action = command.action
        assert isinstance(action, LookAt), "the registry says so"  # noqa: S101 - as the registry pairs them
        named = action.camera_id
        if named is not None and named not in self._reach.cameras:
            return self._reach.no_camera(named)
        shows = action.sighting_id or command.command_id
        views = sorted(self._views(named, action.bearing_deg), key=lambda view: abs(view.aside_deg))
        fixed = next((view for view in views if view.has_it and not _turns(view.camera)), None)
        if fixed is not None:
            return self._by_fixed(fixed, shows)
        turning = next((view.camera for view in views if _turns(view.camera)), None)
        if turning is not None:
            return self._by_turning(turning, action, shows)
        return _out_of_view(views[0], action.bearing_deg)

    def _views(self, named: CameraId | None, bearing_deg: float) -> Iterator[_View]:
        for camera_id, camera in self._reach.cameras.items():
            if named in {None, camera_id}:
                for pose in camera.section.all_poses:
                    lens = self._reach.calibration_of(camera.section, pose)
                    aside_deg = difference_deg(bearing_deg, lens.middle_deg)
                    yield _View(camera, pose.id, lens, aside_deg, lens.across(bearing_deg))

    def _by_fixed(self, view: _View, shows: str) -> Outcome:
        frame, is_shared = fresh_frame(view.camera, self._reach.inbox)
        facts = {**_facts(view.lens, view.aside_deg), "pose_id": view.pose_id, "is_detectors_frame": is_shared}
        return send_frame(self._reach, view.camera.section.camera_id, shows, frame, is_fixed=True, **facts)

    def _by_turning(self, camera: ReachedCamera, action: LookAt, shows: str) -> Outcome:
        worker, camera_id = camera.worker, camera.section.camera_id
        assert isinstance(worker, PatrolWorker), "a camera with a mount is driven"  # noqa: S101 - as assembled
        way_s = camera.section.patrol.rules.arrive_within_s + _MOST_WAIT_S
        errand = Errand(action.bearing_deg, action.hold_s, way_s)
        worker.send(errand)
        seen = errand.wait(way_s + 30.0)
        if not isinstance(seen, Glance):
            code, why = seen
            say = refused if code in _NOT_BEGUN else failed
            return say(code, why, camera_id=camera_id, is_fixed=False)
        facts = _facts(seen.calibration, difference_deg(action.bearing_deg, seen.calibration.middle_deg))
        told: dict[str, Fact] = {**facts, "pose_id": seen.pose_id, "hold_s": action.hold_s}
        return send_frame(self._reach, camera_id, shows, seen.frame, is_fixed=False, **told)


def _turns(camera: ReachedCamera) -> bool:
    return camera.section.mount is not None


def _facts(lens: Calibration, aside_deg: float) -> dict[str, Fact]:
    return {
        "azimuth_deg": round(lens.middle_deg, 2) % 360.0,
        "sigma_deg": round(lens.sigma_deg, 2),
        "hfov_deg": round(lens.hfov_deg, 2),
        "aside_deg": round(aside_deg, 2),
    }


def _out_of_view(nearest: _View, bearing_deg: float) -> Outcome:
    section, lens = nearest.camera.section, nearest.lens
    text = (
        f"no camera has {bearing_deg:g} degrees in view; the nearest is {section.id}/{nearest.pose_id}, "
        f"which looks to {round(lens.middle_deg, 2):g} and is {lens.hfov_deg:g} degrees wide"
    )
    facts: dict[str, Fact] = {**_facts(lens, nearest.aside_deg), "nearest_camera_id": section.id}
    return refused("out-of-view", text, **facts, nearest_pose_id=nearest.pose_id)
