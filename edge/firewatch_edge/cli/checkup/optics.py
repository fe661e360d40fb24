"""Looks at what is known of each camera's lens: a bearing is as good as that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from firewatch.errors import InvalidValue
from firewatch_edge.cli.checkup.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firewatch.domain.optics import Calibration
    from firewatch_edge.cli.checkup.finding import Level
    from firewatch_edge.config import CameraSection, EdgeSettings

__all__ = ["optics_findings"]

# From this field of view on, the edges of pictures are usually seen to bend [deg].
_WIDE_DEG = 70.0
# Corners of a chessboard are found to a fraction of a pixel: a lens that misses them by more is not the right one [px].
_ROUGH_PX = 1.0
# Any picture: the corners are what a distortion reaches last [px].
_WIDTH_PX, _HEIGHT_PX = 1600, 900


def optics_findings(settings: EdgeSettings) -> Iterator[Finding]:
    """Tell of each camera whether its lens is known or taken as straight, and how well it was calibrated."""
    for camera in settings.camera:
        known = [settings.calibration_of(camera, pose) for pose in camera.all_poses]
        yield _of_lenses(camera, known) if any(each.lens is not None for each in known) else _of_none(camera, known)


def _of_none(camera: CameraSection, known: list[Calibration]) -> Finding:
    widest = max(each.hfov_deg for each in known)
    level: Level = "warn" if widest > _WIDE_DEG else "ok"
    return Finding("optics", level, "optics.assumed", {"hfov": f"{widest:.0f}"}, camera.id)


def _of_lenses(camera: CameraSection, known: list[Calibration]) -> Finding:
    missed = _missed_px(camera)
    facts: dict[str, object] = {
        "kind": next(str(each.lens.kind) for each in known if each.lens is not None),
        "hfov": f"{max(each.hfov_deg for each in known):.1f}",
        "bend": f"{max(_bend_deg(each) for each in known):.1f}",
        "zooms": len(camera.zooms),
        "rms": "" if missed is None else f"{missed:.2f}",
    }
    if any(each.lens is None for each in known):
        return Finding("optics", "warn", "optics.some", facts, camera.id)
    if not all(_sees_its_corners(each) for each in known):
        return Finding("optics", "warn", "optics.folds", facts, camera.id)
    if missed is not None and missed > _ROUGH_PX:
        return Finding("optics", "warn", "optics.rough", facts, camera.id)
    if camera.zooms:
        return Finding("optics", "ok", "optics.zooms", facts, camera.id)
    return Finding("optics", "ok", "optics.stated" if missed is None else "optics.fitted", facts, camera.id)


def _missed_px(camera: CameraSection) -> float | None:
    """Return by how much the worst calibration of its lenses misses [px]; None where none says so."""
    own = [camera.lens, *(pose.lens for pose in camera.all_poses), *(step.lens for step in camera.zooms)]
    return max((lens.rms_px for lens in own if lens is not None and lens.rms_px is not None), default=None)


def _bend_deg(known: Calibration) -> float:
    """Return by how much the picture's edge lies beside where a lens of the same focal length would have it [deg]."""
    return 0.5 * abs(known.hfov_deg - known.plain_hfov_deg)


def _sees_its_corners(known: Calibration) -> bool:
    corners = np.array([[0.0, 0.0], [_WIDTH_PX, 0.0], [0.0, _HEIGHT_PX], [_WIDTH_PX, _HEIGHT_PX]])
    try:
        known.effective_lens.rays(corners, _WIDTH_PX, _HEIGHT_PX)
    except InvalidValue:
        return False
    return True
