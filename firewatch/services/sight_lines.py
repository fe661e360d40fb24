"""Where a sighting points by what is known of its camera today, which may be more than when it was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firewatch.domain.incident import UsedCalibration
from firewatch.domain.sight import sight_line
from firewatch.errors import InvalidValue
from firewatch.fusion.rays import Placed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from firewatch.domain.geo import Bearing
    from firewatch.domain.sight import SightLine
    from firewatch.domain.sites import Camera, Pose, SiteMap
    from firewatch.domain.vision import Sighting

__all__ = ["bearing_today", "calibrations_today", "is_recalibrated", "line_today", "place", "pointing"]


def line_today(sighting: Sighting, camera: Camera) -> SightLine | None:
    """Return the line from a camera to the base of a smoke, by the sighting's latest box.

    Parameters
    ----------
    sighting : Sighting
        With its boxes.
    camera : Camera
        The sighting's, as the sites have it.

    Returns
    -------
    SightLine or None
        By the calibration of the sites where that is the one which the node used, or corrects it; None where the node
        looked by another one (it may know better: then its bearing is all there is), and where the box lies outside
        what the lens can see.
    """
    pose = _pose(sighting, camera)
    if pose is None or not (_is_the_same(sighting, pose) or _corrects(sighting, pose)):
        return None
    look = sighting.looks[-1]
    try:
        return sight_line(pose.calibration, look.box, look.stamp.width_px, look.stamp.height_px)
    except InvalidValue:
        # A wrong lens in a file must not lose a smoke.
        return None


def bearing_today(sighting: Sighting, camera: Camera) -> Bearing:
    """Return the bearing as its node computed it, or by the sites' calibration where that corrects the node's."""
    line = line_today(sighting, camera) if is_recalibrated(sighting, camera) else None
    return sighting.bearing if line is None else line.bearing


def pointing(sighting: Sighting, sites: SiteMap) -> Bearing:
    """Return the bearing that pages and messages show: `bearing_today`, or as it was sent from a camera on no map."""
    tower = sites.tower(sighting.tower_id)
    cameras = () if tower is None else tower.cameras
    camera = next((each for each in cameras if each.camera_id == sighting.camera_id), None)
    return sighting.bearing if camera is None else bearing_today(sighting, camera)


def place(sighting: Sighting, sites: SiteMap) -> Placed | None:
    """Return what association needs of a sighting; None where its tower or camera is on no map."""
    tower = sites.tower(sighting.tower_id)
    camera = None if tower is None else next((c for c in tower.cameras if c.camera_id == sighting.camera_id), None)
    if tower is None or camera is None:
        return None
    return Placed(
        sighting.sighting_id,
        sighting.tower_id,
        tower.position,
        bearing_today(sighting, camera),
        camera.range_m,
        sighting.first_seen_at,
        sighting.observed_at,
    )


def calibrations_today(sightings: Iterable[Sighting], sites: SiteMap) -> tuple[UsedCalibration, ...]:
    """Return by which calibrations some sightings are read, each once, by tower; of cameras on no map, as sent."""
    found = set()
    for sighting in sightings:
        tower = sites.tower(sighting.tower_id)
        cameras = () if tower is None else tower.cameras
        camera = next((each for each in cameras if each.camera_id == sighting.camera_id), None)
        pose = None if camera is None else _pose(sighting, camera)
        sent = sighting.calibration_id
        used = pose.calibration.calibration_id if pose is not None and _corrects(sighting, pose) else sent
        found.add((sighting.tower_id, sighting.camera_id, sighting.pose_id, sent, used))
    return tuple(UsedCalibration(*one) for one in sorted(found))


def is_recalibrated(sighting: Sighting, camera: Camera) -> bool:
    """Tell whether the sites correct the calibration by which the node computed a sighting's bearing."""
    pose = _pose(sighting, camera)
    return pose is not None and _corrects(sighting, pose)


def _pose(sighting: Sighting, camera: Camera) -> Pose | None:
    return next((pose for pose in camera.poses if pose.pose_id == sighting.pose_id), None)


def _is_the_same(sighting: Sighting, pose: Pose) -> bool:
    return sighting.calibration_id == pose.calibration.calibration_id


def _corrects(sighting: Sighting, pose: Pose) -> bool:
    is_late_enough = pose.since is None or sighting.observed_at >= pose.since
    return sighting.calibration_id in pose.corrects and is_late_enough
