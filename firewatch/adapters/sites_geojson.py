"""Sites from a GeoJSON file (RFC 7946): towers with their cameras, weather stations."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - msgspec reads the annotations when it decodes
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec

from firewatch.adapters.geojson_file import read_geojson
from firewatch.domain.geo import Position
from firewatch.domain.ids import CameraId, PoseId, StationId, TowerId
from firewatch.domain.optics import Calibration
from firewatch.domain.sites import USUAL_MAST_M, Area, Camera, Name, Pose, SiteMap, Station, Tower
from firewatch.errors import ConfigError, DomainError
from firewatch.optics_forms import ErrorsForm, LensForm, MountForm, ZoomForm, utc_of, zoom_table

if TYPE_CHECKING:
    from pathlib import Path

    from firewatch.domain.lens import Lens

__all__ = ["read_sites", "write_sites"]


class _Pose(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    id: str
    azimuth_deg: float
    hfov_deg: float
    tilt_deg: float = 0.0
    sigma_deg: float = 0.5
    calibration: str = "v1"
    roll_deg: float = 0.0
    lens: LensForm | None = None
    zoom: float | None = None
    errors: ErrorsForm | None = None
    corrects: list[str] = []
    since: datetime | None = None


class _Camera(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    id: str
    poses: list[_Pose]
    range_m: float = 15_000.0
    mount: MountForm | None = None
    lens: LensForm | None = None
    zooms: list[ZoomForm] = []


class _TowerProperties(msgspec.Struct, forbid_unknown_fields=True, frozen=True, tag_field="kind", tag="tower"):
    id: str
    name_zh: str
    name_en: str
    cameras: list[_Camera]
    area_code: str | None = None
    mast_m: float = USUAL_MAST_M


class _StationProperties(msgspec.Struct, forbid_unknown_fields=True, frozen=True, tag_field="kind", tag="station"):
    id: str
    name_zh: str
    name_en: str
    area_code: str | None = None


class _Area(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    code: str
    name_zh: str
    name_en: str


class _Point(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    coordinates: Annotated[list[float], msgspec.Meta(min_length=2, max_length=3)]
    type: Literal["Point"] = "Point"


class _Feature(msgspec.Struct, frozen=True):
    geometry: _Point
    properties: _TowerProperties | _StationProperties
    type: Literal["Feature"] = "Feature"


class _Sites(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    features: list[_Feature]
    type: Literal["FeatureCollection"] = "FeatureCollection"
    illustrative: bool = False
    areas: list[_Area] = []


def read_sites(path: Path) -> SiteMap:
    """Read the sites of a centre.

    Parameters
    ----------
    path : Path
        A GeoJSON FeatureCollection of Points: ``kind`` tower or station in each feature's properties. The member
        ``illustrative: true`` marks simulated sites, the member ``areas`` lists the county-level units.

    Returns
    -------
    SiteMap
        All towers and stations.

    Raises
    ------
    ConfigError
        Naming the file, the feature and what is wrong with it.
    """
    sites = read_geojson(path, _Sites)
    towers: list[Tower] = []
    stations: list[Station] = []
    for number, feature in enumerate(sites.features):
        try:
            if isinstance(feature.properties, _TowerProperties):
                towers.append(_tower(feature.properties, feature.geometry))
            else:
                stations.append(_station(feature.properties, feature.geometry))
        except DomainError as err:
            raise ConfigError(str(path), f"features[{number}] ({feature.properties.id})", str(err)) from err
    try:
        areas = tuple(Area(area.code, Name(area.name_zh, area.name_en)) for area in sites.areas)
        return SiteMap(tuple(towers), tuple(stations), is_illustrative=sites.illustrative, areas=areas)
    except DomainError as err:
        raise ConfigError(str(path), "features, areas", str(err)) from err


def _position(point: _Point) -> Position:
    # RFC 7946 section 3.1.1: longitude, latitude, elevation.
    lon_deg, lat_deg, *elevation = point.coordinates
    return Position(lat_deg, lon_deg, elevation[0] if elevation else None)


def _station(properties: _StationProperties, point: _Point) -> Station:
    name = Name(properties.name_zh, properties.name_en)
    return Station(StationId(properties.id), name, _position(point), properties.area_code)


def _tower(properties: _TowerProperties, point: _Point) -> Tower:
    return Tower(
        TowerId(properties.id),
        Name(properties.name_zh, properties.name_en),
        _position(point),
        tuple(_camera(camera) for camera in properties.cameras),
        properties.area_code,
        properties.mast_m,
    )


def _camera(camera: _Camera) -> Camera:
    return Camera(CameraId(camera.id), tuple(_pose(pose, camera) for pose in camera.poses), camera.range_m)


def _pose(pose: _Pose, camera: _Camera) -> Pose:
    calibration = Calibration(
        pose.calibration,
        pose.azimuth_deg,
        pose.tilt_deg,
        pose.hfov_deg,
        pose.sigma_deg,
        pose.roll_deg,
        _lens(pose, camera),
        None if camera.mount is None else camera.mount.mount(),
        None if pose.errors is None else pose.errors.errors(),
    )
    since = None if pose.since is None else utc_of("since", pose.since)
    return Pose(PoseId(pose.id), calibration, tuple(pose.corrects), since)


def _lens(pose: _Pose, camera: _Camera) -> Lens | None:
    """Return a pose's lens: its own, the camera's at its zoom, or the camera's; None for a plain one."""
    if pose.lens is not None:
        return pose.lens.lens()
    if pose.zoom is not None:
        return zoom_table(camera.zooms).lens_at(pose.zoom)
    return None if camera.lens is None else camera.lens.lens()


def write_sites(sites: SiteMap, path: Path) -> None:
    """Write sites so that `read_sites` gives them back."""
    features = [
        *(_Feature(_point(tower.position), _tower_properties(tower)) for tower in sites.towers),
        *(_Feature(_point(station.position), _station_properties(station)) for station in sites.stations),
    ]
    areas = [_Area(area.area_code, area.name.zh, area.name.en) for area in sites.areas]
    document = _Sites(features, illustrative=sites.is_illustrative, areas=areas)
    written = msgspec.to_builtins(document)
    for properties in (feature["properties"] for feature in written["features"]):
        if "cameras" in properties:
            properties["cameras"] = [_without_gaps(camera) for camera in properties["cameras"]]
    path.write_bytes(msgspec.json.format(msgspec.json.encode(written)))


def _without_gaps(camera: dict[str, Any]) -> dict[str, Any]:
    """Return a camera without what it does not state: most lenses, mounts and corrections."""
    poses = [{key: said for key, said in pose.items() if said not in (None, [])} for pose in camera["poses"]]
    return {key: said for key, said in camera.items() if said not in (None, [])} | {"poses": poses}


def _station_properties(station: Station) -> _StationProperties:
    return _StationProperties(station.station_id, station.name.zh, station.name.en, station.area_code)


def _point(position: Position) -> _Point:
    elevation = [] if position.elevation_m is None else [position.elevation_m]
    return _Point([position.lon_deg, position.lat_deg, *elevation])


def _tower_properties(tower: Tower) -> _TowerProperties:
    cameras = [
        _Camera(camera.camera_id, [_pose_form(pose) for pose in camera.poses], camera.range_m, _mount_form(camera))
        for camera in tower.cameras
    ]
    return _TowerProperties(tower.tower_id, tower.name.zh, tower.name.en, cameras, tower.area_code, tower.mast_m)


def _mount_form(camera: Camera) -> MountForm | None:
    mount = camera.poses[0].calibration.mount
    return None if mount is None else MountForm.of(mount)


def _pose_form(pose: Pose) -> _Pose:
    look = pose.calibration
    return _Pose(
        pose.pose_id,
        look.azimuth_deg,
        look.hfov_deg,
        look.tilt_deg,
        look.sigma_deg,
        look.calibration_id,
        roll_deg=look.roll_deg,
        lens=None if look.lens is None else LensForm.of(look.lens),
        errors=None if look.errors is None else ErrorsForm.of(look.errors),
        corrects=list(pose.corrects),
        since=pose.since,
    )
