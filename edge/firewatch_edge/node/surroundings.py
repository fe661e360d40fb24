"""What the cameras of a node share, and how the watcher of one pose is made of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from firewatch.domain.ids import PoseId
from firewatch_edge.confirm import Confirmer, Viewpoint
from firewatch_edge.detect import ViewMemory
from firewatch_edge.node.looking import end_open, end_outdated, pose_terms, rules_of
from firewatch_edge.node.tiling import sight_of, tiles_of
from firewatch_edge.node.watcher import Watcher

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from numpy.random import Generator

    from firewatch.domain.optics import Calibration
    from firewatch_edge.config import CameraSection, EdgeSettings, PoseSection
    from firewatch_edge.detect import Eyes, TileTime
    from firewatch_edge.node.handover import Handover
    from firewatch_edge.node.holding import Holding
    from firewatch_edge.node.inbox import Inbox
    from firewatch_edge.node.open_sightings import OpenSightings
    from firewatch_edge.node.settings_book import SettingsBook

__all__ = ["Surroundings"]

# From so many views on, what they keep of earlier frames is a sixth of the node's memory.
_MANY_VIEWS = 4


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the cameras of a node share.

    Parameters
    ----------
    settings : EdgeSettings
        Of the node.
    eyes : Eyes
        The networks.
    randomness : Generator
        For ids.
    inbox : Inbox
        Where frames come in.
    now : callable
        Returns the present as an aware UTC instant.
    time_for : TileTime
        For tiles.
    book : SettingsBook
        What the centre has set.
    open_sightings : OpenSightings
        What an earlier run left open.
    handover : Handover or Holding
        Where what ends before the first frame goes.
    """

    settings: EdgeSettings
    eyes: Eyes
    randomness: Generator
    inbox: Inbox
    now: Callable[[], datetime]
    time_for: TileTime
    book: SettingsBook
    open_sightings: OpenSightings
    handover: Handover | Holding

    @property
    def has_many_views(self) -> bool:
        """Whether the views' earlier frames must be kept small."""
        return sum(len(camera.all_poses) for camera in self.settings.camera) >= _MANY_VIEWS

    def watcher(
        self,
        camera: CameraSection,
        pose: PoseSection,
        *,
        memory: ViewMemory | None = None,
        least_misses: int = 1,
    ) -> Watcher:
        """Return who watches a surveyed pose, going on with what an earlier run left open."""
        own = self._view(camera, PoseId(pose.id), self.settings.calibration_of(camera, pose))
        view = replace(own, calibration=self.book.calibration_of(self.settings, camera, pose))
        end_outdated(self.open_sightings, view, self.handover)
        terms = pose_terms(self.settings, pose, self.eyes, own, self.book, least_misses)
        resumed = self.open_sightings.of(view)
        sight = sight_of(self.eyes, tiles_of(self.settings, camera, pose), self.time_for)
        memory = memory or ViewMemory(speed=self.settings.confirmation.speed, is_frugal=self.has_many_views)
        return Watcher(self.eyes, self._confirmer(view), terms.at, resumed, memory=memory, sight=sight)

    def free_watcher(
        self, camera: CameraSection, pose_id: PoseId, calibration: Calibration, memory: ViewMemory, least_misses: int
    ) -> Watcher:
        """Return who watches a view that nobody surveyed: without masks of its own, with nothing to go on with."""
        view = self._view(camera, pose_id, calibration)
        terms = pose_terms(self.settings, None, self.eyes, view, self.book, least_misses)
        return Watcher(self.eyes, self._confirmer(view), terms.at, memory=memory)

    def end_free(self, camera: CameraSection, pose_id: PoseId) -> None:
        """End what an earlier run left open in views that nobody surveyed: the camera looks elsewhere now."""
        view = self._view(camera, pose_id, self.settings.calibration_of(camera))
        end_open(self.open_sightings, self.open_sightings.of_pose(view), self.handover)

    def _view(self, camera: CameraSection, pose_id: PoseId, calibration: Calibration) -> Viewpoint:
        sha256 = self.eyes.detector.spec.sha256
        return Viewpoint(self.settings.tower_id, camera.camera_id, pose_id, calibration, sha256)

    def _confirmer(self, view: Viewpoint) -> Confirmer:
        # Each frame's terms say by which rules it goes.
        return Confirmer(rules_of(self.settings.confirmation, self.eyes.detector.spec), view, self.randomness)
