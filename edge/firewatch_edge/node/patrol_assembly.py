"""Puts a turning camera's patrol together from its settings."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from firewatch_edge.capture import Gate
from firewatch_edge.config import FREE_POSE, password_from
from firewatch_edge.confirm import Confirmer, Viewpoint
from firewatch_edge.detect import ViewMemory
from firewatch_edge.health import CameraMonitor
from firewatch_edge.mount import OnvifAddress, OnvifMount
from firewatch_edge.node.camera import Cadence
from firewatch_edge.node.patroller import PatrolWorker, TurningCamera
from firewatch_edge.node.references import ReferenceFile, pose_key
from firewatch_edge.node.turning import Outcomes, TurningWatch
from firewatch_edge.node.watcher import Watcher
from firewatch_edge.patrol import Patrol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from numpy.random import Generator

    from firewatch.domain.ids import PoseId
    from firewatch.domain.optics import Calibration
    from firewatch_edge.capture import Source
    from firewatch_edge.config import CameraSection, EdgeSettings, MountSection, TurningPoseSection
    from firewatch_edge.confirm import Rules
    from firewatch_edge.detect import Eyes, TileTime
    from firewatch_edge.node.camera import CameraWorker
    from firewatch_edge.node.inbox import Inbox
    from firewatch_edge.node.pipeline import Watching

__all__ = ["Surroundings", "assemble_patrol", "frames_remembered", "mount_of"]

# All poses of one camera together keep no more than about so many earlier frames, at most 2.8 MB each at 1280 x 720.
_MOST_FRAMES = 27
_FEWEST_FRAMES = 3
# A pose is compared with what it showed in the rounds before, up to twice the half hour of LY/T 2581 [s].
_OLDEST_S = 3600.0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a patrol shares with the node's other cameras."""

    eyes: Eyes
    rules: Rules
    verified: Rules | None
    randomness: Generator
    inbox: Inbox
    now: Callable[[], datetime]
    time_for: TileTime


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
    monitor = CameraMonitor(camera.camera_id, max(camera.period_s, rules.arrive_within_s), time.monotonic())
    make = _Watchers(settings, camera, surroundings)
    outcomes = Outcomes()
    watch = TurningWatch({pose.of_patrol.pose_id: make.of(pose) for pose in camera.poses}, make.free, monitor, outcomes)
    turning = TurningCamera(
        Patrol(rules, [pose.of_patrol for pose in camera.poses]),
        [settings.calibration_of(camera, pose) for pose in camera.poses],
        section.deg_per_pan,
        section.deg_per_tilt,
        f"{settings.tower.id}/{camera.id}/{FREE_POSE}"[:64],
        _references(settings, camera),
    )
    cadence = Cadence(camera.period_s, camera.timeout_s)
    worker = PatrolWorker(opener, Gate(camera.max_age_s), monitor, surroundings.inbox, cadence, surroundings.now)
    return watch, worker.drive(turning, mount_of(camera, section), outcomes)


def _references(settings: EdgeSettings, camera: CameraSection) -> ReferenceFile:
    keys = [pose_key(pose.preset, pose.position, settings.calibration_of(camera, pose)) for pose in camera.poses]
    return ReferenceFile(Path(settings.outbox.path).parent / "poses" / f"{camera.id}.npz", keys)


class _Watchers:
    """Makes the watchers of one camera."""

    def __init__(self, settings: EdgeSettings, camera: CameraSection, surroundings: Surroundings) -> None:
        self._settings, self._camera, self._with = settings, camera, surroundings
        # A sighting outlives a round in which it was missed once.
        misses = camera.patrol.dwell_frames + 1
        shared = surroundings
        self._rules = replace(shared.rules, least_misses=misses)
        self._verified = None if shared.verified is None else replace(shared.verified, least_misses=misses)

    def of(self, pose: TurningPoseSection) -> Watcher:
        return self._make(pose.of_patrol.pose_id, self._settings.calibration_of(self._camera, pose))

    def free(self, calibration: Calibration) -> Watcher:
        return self._make(FREE_POSE, calibration)

    def _make(self, pose_id: PoseId, calibration: Calibration) -> Watcher:
        shared = self._with
        sha256 = shared.eyes.detector.spec.sha256
        view = Viewpoint(self._settings.tower_id, self._camera.camera_id, pose_id, calibration, sha256)
        confirmer = Confirmer(self._rules, view, shared.randomness, self._verified)
        memory = ViewMemory(frames_remembered(len(self._camera.poses)), _OLDEST_S)
        return Watcher(shared.eyes, confirmer, memory=memory)
