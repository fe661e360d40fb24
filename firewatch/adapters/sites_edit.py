"""A new calibration into the file of sites, which stays as its people wrote it otherwise."""

from __future__ import annotations

import codecs
import json
from itertools import count
from typing import TYPE_CHECKING, Any

import msgspec

from firewatch.adapters.sites_geojson import read_sites
from firewatch.adapters.whole_file import write_whole
from firewatch.errors import ConfigError
from firewatch.optics_forms import ErrorsForm, LensForm

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from firewatch.domain.ids import CameraId, PoseId, TowerId
    from firewatch.domain.optics import Calibration

__all__ = ["pose_fields", "write_calibration"]

_DIGITS = 4


def write_calibration(  # noqa: PLR0913 - which pose, what is new, what it replaces
    path: Path,
    tower_id: TowerId,
    camera_id: CameraId,
    pose_id: PoseId,
    calibration: Calibration,
    *,
    corrects: tuple[str, ...],
    since: datetime | None = None,
) -> Path:
    """Give a pose its new calibration.

    Parameters
    ----------
    path : Path
        The sites' GeoJSON.
    tower_id, camera_id, pose_id
        The pose.
    calibration : Calibration
        The new one. The mount is left as it is.
    corrects : tuple of str
        The calibrations that it corrects; those that the pose corrected before stay.
    since : datetime or None
        UTC instant from which on the old ones were wrong; None for always.

    Returns
    -------
    Path
        A copy of the file as it was, beside it.

    Raises
    ------
    ConfigError
        If the file cannot be read, or would not be valid any more: then it stays as it was.
    ObservationError
        If it cannot be written.
    """
    read_sites(path)
    old = path.read_bytes()
    sites = json.loads(old.removeprefix(codecs.BOM_UTF8))
    pose = _pose(sites, path, (tower_id, camera_id, pose_id))
    before = [pose.get("calibration", "v1"), *pose.get("corrects", [])]
    known = dict.fromkeys(name for name in (*corrects, *before) if name != calibration.calibration_id)
    pose |= pose_fields(calibration) | {"corrects": list(known)}
    pose.pop("since", None)
    pose.pop("zoom", None)
    if since is not None:
        pose["since"] = since.isoformat().replace("+00:00", "Z")
    new = (json.dumps(sites, ensure_ascii=False, indent=2) + "\n").encode()
    trial = path.with_name(f".{path.name}.trial")
    write_whole(trial, new)
    try:
        read_sites(trial)
    finally:
        trial.unlink()
    copy = _free_name(path, calibration.calibration_id)
    write_whole(copy, old)
    write_whole(path, new)
    return copy


def _pose(sites: dict[str, Any], path: Path, names: tuple[str, str, str]) -> dict[str, Any]:
    tower_id, camera_id, pose_id = names
    for properties in (feature["properties"] for feature in sites["features"]):
        if properties.get("kind") == "tower" and properties["id"] == tower_id:
            for camera in (camera for camera in properties["cameras"] if camera["id"] == camera_id):
                found: list[dict[str, Any]] = [pose for pose in camera["poses"] if pose["id"] == pose_id]
                if found:
                    return found[0]
    raise ConfigError(str(path), "features", f"has no pose {'/'.join(names)}")


def pose_fields(calibration: Calibration) -> dict[str, Any]:
    """Return a calibration as the fields of a pose in the sites, without its mount; angles to 0.0001 degree."""
    angles = {
        "azimuth_deg": round(calibration.azimuth_deg, _DIGITS) % 360.0,
        "tilt_deg": round(calibration.tilt_deg, _DIGITS),
        "roll_deg": round(calibration.roll_deg, _DIGITS),
        "hfov_deg": round(calibration.hfov_deg, _DIGITS),
        "sigma_deg": round(calibration.sigma_deg, _DIGITS),
        "calibration": calibration.calibration_id,
    }
    lens = {} if calibration.lens is None else {"lens": msgspec.to_builtins(LensForm.of(calibration.lens))}
    errors = {} if calibration.errors is None else {"errors": msgspec.to_builtins(ErrorsForm.of(calibration.errors))}
    return angles | lens | errors


def _free_name(path: Path, calibration_id: str) -> Path:
    """Return a name beside the file that nothing has yet."""
    stem = f"{path.name}.before-{calibration_id.replace('/', '-')}"
    names = (path.with_name(stem if number == 0 else f"{stem}-{number}") for number in count())
    return next(name for name in names if not name.exists())
