"""The optics of a camera in the settings: lens, zooms, bracket, angles; as they stand in the centre's sites."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from firewatch.domain.optics import Calibration
from firewatch.errors import ConfigError, InvalidValue
from firewatch.optics_forms import read_lens_file, zoom_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from firewatch.domain.lens import Lens
    from firewatch_edge.config.camera_sections import CameraSection
    from firewatch_edge.config.patrol_sections import PoseSection

__all__ = ["calibrated", "lens_of", "with_lens_files", "with_widths"]


def with_lens_files(raw: dict[str, Any], file: Path) -> dict[str, Any]:
    """Return settings as they were read with each lens that is named by its file in place of the name.

    Parameters
    ----------
    raw : dict
        Of TOML; it is changed.
    file : Path
        Where it stands: relative paths start from its folder.

    Raises
    ------
    ConfigError
        If the file of a lens cannot be read or is none.
    """
    for key, table in _tables_with_lenses(raw):
        named = table.get("lens")
        if not isinstance(named, str):
            continue
        try:
            told = read_lens_file(file.resolve().parent / Path(named).expanduser())
        except ConfigError as err:
            raise ConfigError(str(file), f"{key}.lens", f"{named}: {err.why}") from err
        table["lens"] = {**msgspec.to_builtins(told.lens), "rms_px": told.rms_px}
    return raw


def _tables_with_lenses(raw: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every table that may have a lens, with its place; what is no table is left to the checks of types."""
    for number, camera in _tables(raw.get("camera")):
        key = f"camera[{number}]"
        yield key, camera
        if isinstance(camera.get("pose"), dict):
            yield f"{key}.pose", camera["pose"]
        for name in ("poses", "zooms"):
            for place, table in _tables(camera.get(name)):
                yield f"{key}.{name}[{place}]", table


def _tables(found: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    rows = enumerate(found if isinstance(found, list) else ())
    yield from ((number, each) for number, each in rows if isinstance(each, dict))


def lens_of(camera: CameraSection, pose: PoseSection) -> Lens | None:
    """Return a pose's lens: its own, that of its zoom, the camera's; None for a plain one of its field of view.

    A preset's zoom is that at which the table's lens has the pose's field of view.

    Raises
    ------
    InvalidValue
        If a lens is none, or the zoom lies beyond the table.
    """
    if pose.lens is not None:
        return pose.lens.lens()
    table = camera.zoom_table
    if table is None:
        return None if camera.lens is None else camera.lens.lens()
    zoom = pose.told_zoom
    if zoom is None:
        zoom = table.zoom_of(pose.hfov_deg)
        if zoom is None:
            raise InvalidValue("horizontal field of view (deg)", pose.hfov_deg, "one of a zoom of camera.zooms")
    return table.lens_at(zoom)


def calibrated(name: str, camera: CameraSection, pose: PoseSection) -> Calibration:
    """Return the calibration of a pose under a name; raise `InvalidValue` where its numbers do not go together."""
    return Calibration(
        name,
        pose.azimuth_deg,
        pose.tilt_deg,
        pose.hfov_deg,
        pose.sigma_deg,
        pose.roll_deg,
        lens_of(camera, pose),
        None if camera.bracket is None else camera.bracket.mount(),
        None if pose.errors is None else pose.errors.errors(),
    )


def with_widths(file: str, key: str, camera: CameraSection) -> CameraSection:
    """Return the camera with the field of view of its lens at each pose that states none.

    Parameters
    ----------
    file : str
        Where the settings came from.
    key : str
        The camera's place in them.
    camera : CameraSection
        After `firewatch_edge.config.patrol_checks.with_sweep`.

    Raises
    ------
    ConfigError
        If a lens, a zoom, a bracket or the errors of a pose are none, or nothing tells a pose's field of view.
    """
    _check_shared(file, key, camera)
    if camera.pose is not None:
        return msgspec.structs.replace(camera, pose=_with_width(file, f"{key}.pose", camera, camera.pose))
    poses = tuple(_with_width(file, f"{key}.poses[{number}]", camera, pose) for number, pose in enumerate(camera.poses))
    return msgspec.structs.replace(camera, poses=poses)


def _check_shared(file: str, key: str, camera: CameraSection) -> None:
    parts: dict[str, Callable[[], object] | None] = {
        "lens": None if camera.lens is None else camera.lens.lens,
        "zooms": partial(zoom_table, camera.zooms) if camera.zooms else None,
        "bracket": None if camera.bracket is None else camera.bracket.mount,
    }
    for part, make in parts.items():
        try:
            _ = make and make()
        except InvalidValue as err:
            raise ConfigError(file, f"{key}.{part}", str(err)) from err
    if camera.lens is not None and camera.zooms:
        raise ConfigError(file, f"{key}.zooms", "a camera has one lens, or zooms; a pose may have a lens of its own")
    if camera.zooms and camera.pose is not None:
        raise ConfigError(file, f"{key}.zooms", "a camera with a single pose does not zoom: give it a lens")


def _with_width(file: str, key: str, camera: CameraSection, pose: Any) -> Any:
    try:
        if not pose.hfov_deg and (pose.lens is not None or camera.lens is not None or pose.told_zoom is not None):
            lens = lens_of(camera, pose)
            pose = pose if lens is None else msgspec.structs.replace(pose, hfov_deg=round(lens.hfov_deg(), 4))
        if not pose.hfov_deg:
            raise ConfigError(
                file, f"{key}.hfov_deg", "missing: nothing else tells the field of view; give it, or a lens"
            )
        calibrated("check", camera, pose)
    except InvalidValue as err:
        raise ConfigError(file, key, str(err)) from err
    return pose
