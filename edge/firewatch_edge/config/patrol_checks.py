"""Whether the settings of a camera's poses, mount and round go together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from firewatch.domain.ids import PoseId
from firewatch.errors import ConfigError, InvalidValue
from firewatch_edge.config.optics import calibrated
from firewatch_edge.mount import OnvifAddress
from firewatch_edge.patrol import Heading

if TYPE_CHECKING:
    from firewatch_edge.config.camera_sections import CameraSection
    from firewatch_edge.config.patrol_sections import MountSection, TurningPoseSection

__all__ = ["FREE_POSE", "MOST_POSES", "check_azimuths", "check_poses", "with_sweep"]

# What a camera shows while a person drives it.
FREE_POSE = PoseId("free")
# Each keeps at least two earlier frames in memory.
MOST_POSES = 24


def with_sweep(camera: CameraSection) -> CameraSection:
    """Return the camera with the poses of its sweep in place of it."""
    if camera.sweep is None or camera.poses:
        return camera
    return msgspec.structs.replace(camera, poses=camera.sweep.all_poses(), sweep=None)


def check_poses(file: str, key: str, camera: CameraSection) -> None:
    """Raise `ConfigError` where a camera's poses and mount cannot be used together.

    Parameters
    ----------
    file : str
        Where the settings came from.
    key : str
        The camera's place in them.
    camera : CameraSection
        After `with_sweep`.
    """
    if (camera.pose is not None) == bool(camera.poses):
        raise ConfigError(file, f"{key}.pose", "a camera has one pose, or poses (or a sweep) and a mount")
    if camera.sweep is not None:
        raise ConfigError(file, f"{key}.sweep", "poses or a sweep, not both")
    if (camera.mount is not None) != bool(camera.poses):
        raise ConfigError(file, f"{key}.mount", "a camera with poses needs a mount; one with a single pose has none")
    if camera.mount is not None:
        _check_turning(file, key, camera, camera.mount)


def _check_turning(file: str, key: str, camera: CameraSection, mount: MountSection) -> None:
    if camera.is_recorded:
        raise ConfigError(file, f"{key}.mount", f"a {camera.kind} does not turn")
    try:
        OnvifAddress(mount.url)
    except InvalidValue as err:
        raise ConfigError(file, f"{key}.mount.url", str(err)) from err
    if abs(mount.deg_per_pan) < 1.0:
        raise ConfigError(file, f"{key}.mount.deg_per_pan", f"{mount.deg_per_pan:g}: at least 1 degree either way")
    if len(camera.poses) > MOST_POSES:
        raise ConfigError(file, f"{key}.poses", f"{len(camera.poses)} poses: at most {MOST_POSES}")
    names = [pose.id for pose in camera.poses]
    for number, pose in enumerate(camera.poses):
        _check_pose(file, f"{key}.poses[{number}]", pose, names.index(pose.id) != number)


def _check_pose(file: str, key: str, pose: TurningPoseSection, is_second: bool) -> None:  # noqa: FBT001 - one caller
    if is_second or pose.id == FREE_POSE:
        why = "names two poses" if is_second else "is kept for what a camera shows while a person drives it"
        raise ConfigError(file, f"{key}.id", f"{pose.id!r} {why}")
    if bool(pose.preset) == (pose.pan is not None):
        raise ConfigError(file, f"{key}.preset", "a pose has either a preset or pan (with tilt and zoom)")
    if pose.preset and (pose.tilt or pose.zoom):
        raise ConfigError(file, f"{key}.tilt", "a preset has its own tilt and zoom")


def check_azimuths(file: str, key: str, camera: CameraSection) -> None:
    """Refuse azimuths that contradict the pans: such a camera would locate its fires wrongly for years.

    Parameters
    ----------
    file, key, camera
        As of `check_poses`; after `firewatch_edge.config.optics.with_widths`.
    """
    mount = camera.mount
    known = [(pose.position, calibrated("check", camera, pose)) for pose in camera.poses if pose.position is not None]
    if mount is None or not known:
        return
    heading = Heading(mount.deg_per_pan, mount.deg_per_tilt, known)
    if heading.contradicts():
        why = (
            f"azimuths and pans contradict each other by {heading.disagreement_deg():.0f} degrees at "
            f"{mount.deg_per_pan:g} degrees a unit of pan: correct an azimuth, or mount.deg_per_pan"
        )
        raise ConfigError(file, f"{key}.poses", why)
