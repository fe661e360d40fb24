"""How frames are looked at in tiles, and how large they must be decoded for it: the service and ``replay`` alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firewatch_edge.capture import whole_picture
from firewatch_edge.detect import Sight, TilesWanted, TileTime, plan_tiles, whole_reduction, without_tiles

if TYPE_CHECKING:
    from collections.abc import Callable

    from firewatch_edge.config import CameraSection, EdgeSettings, PoseSection
    from firewatch_edge.detect import Eyes, TilePlan

__all__ = ["plan_of", "reduction_for", "sight_of", "tile_time", "tiles_of"]


def plan_of(
    settings: EdgeSettings, camera: CameraSection, size_px: tuple[int, int], input_px: tuple[int, int]
) -> TilePlan:
    """Return how a camera's frames of a size are cut for a network's input, by the settings."""
    narrowest = min(settings.calibration_of(camera, pose).plain_hfov_deg for pose in camera.all_poses)
    plan = plan_tiles(*size_px, narrowest, input_px)
    return plan if settings.tiles.enabled and settings.temporal.enabled else without_tiles(plan)


def tiles_of(settings: EdgeSettings, camera: CameraSection, pose: PoseSection) -> TilesWanted | None:
    """Return what tiles of a camera's pose are made from; None where there shall be none."""
    width = settings.calibration_of(camera, pose).plain_hfov_deg
    return TilesWanted(width, pose.horizon) if settings.tiles.enabled else None


def sight_of(eyes: Eyes, wanted: TilesWanted | None, time_for: TileTime | None = None) -> Sight:
    """Return how the frames of a pose are looked at; without `time_for` at every tile of every frame.

    What only a tile shows must be compared with its past: without a verifier there are no tiles.
    """
    return Sight(eyes.detector, None if eyes.verifier is None else wanted, time_for, whole_picture)


def tile_time(settings: EdgeSettings) -> TileTime:
    """Return the time that there is for a frame: all cameras share one detector."""
    frames_per_s = sum(1.0 / camera.period_s for camera in settings.camera)
    return TileTime(settings.tiles.busy / frames_per_s)


def reduction_for(eyes: Eyes) -> Callable[[int, int], int]:
    """Return what says at which part of its size a JPEG need be decoded for the whole frame.

    What waits for its turn, one frame a camera, stays so small; a tile that is looked at asks for more then.
    """
    input_px = eyes.detector.input_px
    return lambda width, height: whole_reduction(width, height, input_px)
