"""What stands where: towers with their cameras, weather stations."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from firewatch.domain.checks import require_between, require_text
from firewatch.domain.ids import require_slug
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from firewatch.domain.geo import Position
    from firewatch.domain.ids import CameraId, PoseId, StationId, TowerId
    from firewatch.domain.optics import Calibration

__all__ = ["USUAL_MAST_M", "Area", "Camera", "Name", "Pose", "SiteMap", "Station", "Tower"]

_AREA_DIGITS = 6
# What a watchtower or a telecom mast on a hill usually has below its cameras [m].
USUAL_MAST_M = 20.0


@dataclass(frozen=True, slots=True)
class Name:
    """A place's name in Chinese and English."""

    zh: str
    en: str

    def __post_init__(self) -> None:
        require_text("Chinese name", self.zh, 80)
        require_text("English name", self.en, 80)


@dataclass(frozen=True, slots=True)
class Pose:
    """One direction in which a camera looks; a fixed camera has one."""

    pose_id: PoseId
    calibration: Calibration

    def __post_init__(self) -> None:
        require_slug("pose", self.pose_id)


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera on a tower.

    Parameters
    ----------
    camera_id : CameraId
        Unique within its tower.
    poses : tuple of Pose
        At least one.
    range_m : float
        How far it can be expected to see smoke on a clear day [m].
    """

    camera_id: CameraId
    poses: tuple[Pose, ...]
    range_m: float = 15_000.0

    def __post_init__(self) -> None:
        require_slug("camera", self.camera_id)
        require_between("camera range (m)", self.range_m, 100.0, 60_000.0)
        _require_unique(f"poses of camera {self.camera_id}", [pose.pose_id for pose in self.poses])
        if not self.poses:
            raise InvalidValue(f"poses of camera {self.camera_id}", "none", "at least one")

    def pose(self, pose_id: PoseId) -> Pose:
        """Return the pose of that name; raise `InvalidValue` if the camera has none."""
        for pose in self.poses:
            if pose.pose_id == pose_id:
                return pose
        raise InvalidValue("pose", pose_id, ", ".join(pose.pose_id for pose in self.poses))


@dataclass(frozen=True, slots=True)
class Tower:
    """A watchtower.

    Parameters
    ----------
    tower_id : TowerId
        Unique within its centre.
    name : Name
        What people call it.
    position : Position
        Where it stands; its elevation, where known, is that of the cameras.
    cameras : tuple of Camera
        With unique names; none where nobody has listed them.
    area_code : str or None
        Of the county-level unit that it stands in.
    mast_m : float
        Height of the cameras above the ground, 0 to 500 [m]: with a terrain model the eye is so high above its ground.
    """

    tower_id: TowerId
    name: Name
    position: Position
    cameras: tuple[Camera, ...]
    area_code: str | None = None
    mast_m: float = USUAL_MAST_M

    def __post_init__(self) -> None:
        require_slug("tower", self.tower_id)
        require_between("height of the cameras above the ground (m)", self.mast_m, 0.0, 500.0)
        _require_unique(f"cameras of tower {self.tower_id}", [camera.camera_id for camera in self.cameras])

    def camera(self, camera_id: CameraId) -> Camera:
        """Return the camera of that name; raise `InvalidValue` if the tower has none."""
        for camera in self.cameras:
            if camera.camera_id == camera_id:
                return camera
        raise InvalidValue("camera", camera_id, ", ".join(c.camera_id for c in self.cameras) or "none here")


@dataclass(frozen=True, slots=True)
class Area:
    """A county-level unit, by its code of GB/T 2260: six digits."""

    area_code: str
    name: Name

    def __post_init__(self) -> None:
        _require_area_code(self.area_code)


def _require_area_code(code: str) -> None:
    if len(code) != _AREA_DIGITS or not (code.isascii() and code.isdigit()):
        raise InvalidValue("area code", code, "the six digits of GB/T 2260, as 430421")


@dataclass(frozen=True, slots=True)
class Station:
    """A weather station; `area_code` names the county-level unit that it speaks for."""

    station_id: StationId
    name: Name
    position: Position
    area_code: str | None = None

    def __post_init__(self) -> None:
        require_slug("station", self.station_id)
        if self.area_code is not None:
            _require_area_code(self.area_code)


@dataclass(frozen=True, slots=True)
class SiteMap:
    """All sites of one centre.

    Parameters
    ----------
    towers, stations : tuple
        With unique names.
    is_illustrative : bool
        True for simulated sites: every page then says 示意 / illustrative.
    areas : tuple of Area
        The county-level units, in the order in which tables name them; none where nobody has listed them. One without
        a station has no data, and the tables say so.
    """

    towers: tuple[Tower, ...]
    stations: tuple[Station, ...]
    is_illustrative: bool = False
    areas: tuple[Area, ...] = ()
    _towers_by_id: dict[TowerId, Tower] = field(init=False, repr=False, compare=False, hash=False)

    def __post_init__(self) -> None:
        _require_unique("towers", [tower.tower_id for tower in self.towers])
        _require_unique("stations", [station.station_id for station in self.stations])
        _require_unique("areas", [area.area_code for area in self.areas])
        listed = {area.area_code for area in self.areas}
        for station in self.stations:
            if listed and station.area_code is not None and station.area_code not in listed:
                raise InvalidValue(
                    f"area of station {station.station_id}", station.area_code, ", ".join(sorted(listed))
                )
        object.__setattr__(self, "_towers_by_id", {tower.tower_id: tower for tower in self.towers})

    def tower(self, tower_id: TowerId) -> Tower | None:
        """Return the tower of that name, or None: an unknown tower's sighting is still kept."""
        return self._towers_by_id.get(tower_id)


def _require_unique(what: str, names: list[str]) -> None:
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise InvalidValue(what, ", ".join(doubled), "each name once")
