"""Puts a turning camera's patrol together from its settings."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from firewatch_edge.capture import Gate
from firewatch_edge.config import FREE_POSE, password_from
from firewatch_edge.detect import ViewMemory
from firewatch_edge.health import CameraMonitor, ReferenceFolder, ViewedPose
from firewatch_edge.mount import OnvifAddress, OnvifMount
from firewatch_edge.node.camera import Cadence
from firewatch_edge.node.patroller import PatrolWorker, TurningCamera
from firewatch_edge.node.references import ReferenceFile, pose_key
from firewatch_edge.node.turning import Outcomes, TurningWatch
from firewatch_edge.patrol import Patrol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from firewatch.domain.ids import PoseId
    from firewatch.domain.optics import Calibration
    from firewatch_edge.capture import Source
    from firewatch_edge.config import CameraSection, EdgeSettings, MountSection, TurningPoseSection
    from firewatch_edge.node.camera import CameraWorker
    from firewatch_edge.node.pipeline import Watching
    from firewatch_edge.node.settings_book import SettingsBook
    from firewatch_edge.node.surroundings import Surroundings
    from firewatch_edge.node.watcher import Watcher

__all__ = ["assemble_patrol", "frames_remembered", "mount_of"]

# All poses of one camera together keep no more than about so many earlier frames, at most 2.8 MB each at 1280 x 720.
_MOST_FRAMES = 27
_FEWEST_FRAMES = 3
# A pose is compared with what it showed in the rounds before, up to twice the half hour of LY/T 2581 [s].
_OLDEST_S = 3600.0


def frames_remembered(poses: int) -> int:
    """Return how many earlier frames each of so many poses keeps."""
    return max(_FEWEST_FRAMES, _MOST_FRAMES // poses)


def mount_of(camera: CameraSection, mount: MountSection, environment: Mapping[str, str] | None = None) -> OnvifMount:
    """Return what turns a camera; nothing is asked of it yet.

    Raises
    ------
    ConfigError
        If the password is missing from the environment, or the library of the extra is not installed.
    """
    is_own = bool(mount.username)
    variable = mount.password_env if is_own else camera.password_env
    password = password_from(f"camera {camera.id} mount.password_env", variable, environment)
    username = mount.username if is_own else camera.username
    return OnvifMount(OnvifAddress(mount.url, username, password, mount.profile, mount.timeout_s))


def assemble_patrol(
    settings: EdgeSettings, camera: CameraSection, opener: Callable[[], Source], surroundings: Surroundings
) -> tuple[Watching, CameraWorker]:
    """Return who watches a turning camera and who drives it.

    Parameters
    ----------
    settings : EdgeSettings
        Of the node.
    camera : CameraSection
        One with a mount.
    opener : callable
        Opens its frames.
    surroundings : Surroundings
        What it shares.

    Raises
    ------
    ConfigError
        As `mount_of`.
    """
    section = camera.mount
    assert section is not None, "a camera with poses has a mount"  # noqa: S101 - config.patrol_checks
    rules = camera.patrol.rules
    # On its way a camera gives no frame that counts.
    period_s = max(camera.period_s, rules.arrive_within_s)
    monitor = CameraMonitor(camera.camera_id, period_s, time.monotonic(), poses=_viewed(settings, camera))
    make = _Watchers(camera, surroundings)
    outcomes = Outcomes()
    watch = TurningWatch({pose.of_patrol.pose_id: make.of(pose) for pose in camera.poses}, make.free, monitor, outcomes)
    turning = TurningCamera(
        Patrol(rules, [pose.of_patrol for pose in camera.poses]),
        _Calibrations(settings, camera, surroundings.book),
        section.deg_per_pan,
        section.deg_per_tilt,
        f"{settings.tower.id}/{camera.id}/{FREE_POSE}"[:64],
        _references(settings, camera),
        camera.zoom_table,
    )
    cadence = Cadence(camera.period_s, camera.timeout_s)
    worker = PatrolWorker(opener, Gate(camera.max_age_s), monitor, surroundings.inbox, cadence, surroundings.now)
    return watch, worker.drive(turning, mount_of(camera, section), outcomes)


def _viewed(settings: EdgeSettings, camera: CameraSection) -> dict[PoseId, ViewedPose]:
    """Return the poses whose lens and view are compared with a reference picture of each."""
    folder = ReferenceFolder(Path(settings.health.path) / "reference")
    viewed = {}
    for pose in camera.poses:
        pose_id, width = pose.of_patrol.pose_id, settings.calibration_of(camera, pose).plain_hfov_deg
        viewed[pose_id] = ViewedPose(camera.camera_id, pose_id, width, pose.sigma_deg, folder, is_turning=True)
    return viewed


def _references(settings: EdgeSettings, camera: CameraSection) -> ReferenceFile:
    keys = [pose_key(pose.preset, pose.position, settings.calibration_of(camera, pose)) for pose in camera.poses]
    return ReferenceFile(Path(settings.outbox.path).parent / "poses" / f"{camera.id}.npz", keys)


class _Calibrations:
    """How the poses of a round look, by what the centre has corrected so far."""

    def __init__(self, settings: EdgeSettings, camera: CameraSection, book: SettingsBook) -> None:
        self._settings, self._camera, self._book = settings, camera, book

    def __iter__(self) -> Iterator[Calibration]:
        for pose in self._camera.poses:
            yield self._book.calibration_of(self._settings, self._camera, pose)


class _Watchers:
    """Makes the watchers of one camera."""

    def __init__(self, camera: CameraSection, surroundings: Surroundings) -> None:
        self._camera, self._with = camera, surroundings
        # A sighting outlives a round in which it was missed once.
        self._least_misses = camera.patrol.dwell_frames + 1
        surroundings.end_free(camera, FREE_POSE)

    def of(self, pose: TurningPoseSection) -> Watcher:
        return self._with.watcher(self._camera, pose, memory=self._memory(), least_misses=self._least_misses)

    def free(self, calibration: Calibration) -> Watcher:
        return self._with.free_watcher(self._camera, FREE_POSE, calibration, self._memory(), self._least_misses)

    def _memory(self) -> ViewMemory:
        speed, is_frugal = self._with.settings.confirmation.speed, self._with.has_many_views
        return ViewMemory(frames_remembered(len(self._camera.poses)), _OLDEST_S, speed=speed, is_frugal=is_frugal)
