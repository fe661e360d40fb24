"""What the settings say of tiles, and how large a camera's frames must be decoded for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firewatch_edge.detect import TilesWanted, TileTime, plan_tiles, without_tiles

if TYPE_CHECKING:
    from collections.abc import Callable

    from firewatch_edge.config import CameraSection, EdgeSettings
    from firewatch_edge.detect import TilePlan

__all__ = ["plan_of", "reduction_for", "tile_time", "tiles_of"]


def plan_of(
    settings: EdgeSettings, camera: CameraSection, size_px: tuple[int, int], input_px: tuple[int, int]
) -> TilePlan:
    """Return how a camera's frames of a size are cut for a network's input, by the settings."""
    narrowest = min(settings.calibration_of(camera, pose).plain_hfov_deg for pose in camera.all_poses)
    plan = plan_tiles(*size_px, narrowest, input_px)
    return plan if settings.tiles.enabled and settings.temporal.enabled else without_tiles(plan)


def tiles_of(settings: EdgeSettings, camera: CameraSection) -> TilesWanted | None:
    """Return what tiles of a camera are made from; None where there shall be none."""
    pose = camera.all_poses[0]
    width = settings.calibration_of(camera, pose).plain_hfov_deg
    return TilesWanted(width, pose.horizon) if settings.tiles.enabled else None


def tile_time(settings: EdgeSettings) -> TileTime:
    """Return the time that there is for a frame: all cameras share one detector."""
    frames_per_s = sum(1.0 / camera.period_s for camera in settings.camera)
    return TileTime(settings.tiles.busy / frames_per_s)


def reduction_for(
    settings: EdgeSettings, camera: CameraSection, input_px: tuple[int, int]
) -> Callable[[int, int], int]:
    """Return what says at which part of its size a camera's JPEG need be decoded for the whole frame.

    What waits for its turn, one frame a camera, stays so small; a tile that is looked at asks for more then.
    """
    return lambda width, height: without_tiles(plan_of(settings, camera, (width, height), input_px)).decoded
