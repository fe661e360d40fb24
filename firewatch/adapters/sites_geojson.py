"""Sites from a GeoJSON file (RFC 7946): towers with their cameras, weather stations."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from firewatch.domain.geo import Position
from firewatch.domain.ids import CameraId, PoseId, StationId, TowerId
from firewatch.domain.optics import Calibration
from firewatch.domain.sites import USUAL_MAST_M, Area, Camera, Name, Pose, SiteMap, Station, Tower
from firewatch.errors import ConfigError, DomainError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["read_sites", "write_sites"]


class _Pose(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    id: str
    azimuth_deg: float
    hfov_deg: float
    tilt_deg: float = 0.0
    sigma_deg: float = 0.5
    calibration: str = "v1"


class _Camera(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    id: str
    poses: list[_Pose]
    range_m: float = 15_000.0


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
    try:
        # Editors of Windows write a mark before the first letter.
        sites = msgspec.json.decode(path.read_bytes().removeprefix(codecs.BOM_UTF8), type=_Sites)
    except OSError as err:
        raise ConfigError(str(path), "(file)", f"cannot be read: {err.strerror}") from err
    except (msgspec.MsgspecError, UnicodeDecodeError) as err:
        raise ConfigError(str(path), "(GeoJSON)", str(err)) from err
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
    return Camera(CameraId(camera.id), tuple(_pose(pose) for pose in camera.poses), camera.range_m)


def _pose(pose: _Pose) -> Pose:
    calibration = Calibration(pose.calibration, pose.azimuth_deg, pose.tilt_deg, pose.hfov_deg, pose.sigma_deg)
    return Pose(PoseId(pose.id), calibration)


def write_sites(sites: SiteMap, path: Path) -> None:
    """Write sites so that `read_sites` gives them back."""
    features = [
        *(_Feature(_point(tower.position), _tower_properties(tower)) for tower in sites.towers),
        *(_Feature(_point(station.position), _station_properties(station)) for station in sites.stations),
    ]
    areas = [_Area(area.area_code, area.name.zh, area.name.en) for area in sites.areas]
    document = _Sites(features, illustrative=sites.is_illustrative, areas=areas)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(document)))


def _station_properties(station: Station) -> _StationProperties:
    return _StationProperties(station.station_id, station.name.zh, station.name.en, station.area_code)


def _point(position: Position) -> _Point:
    elevation = [] if position.elevation_m is None else [position.elevation_m]
    return _Point([position.lon_deg, position.lat_deg, *elevation])


def _tower_properties(tower: Tower) -> _TowerProperties:
    cameras = [
        _Camera(
            camera.camera_id,
            [
                _Pose(
                    pose.pose_id,
                    pose.calibration.azimuth_deg,
                    pose.calibration.hfov_deg,
                    pose.calibration.tilt_deg,
                    pose.calibration.sigma_deg,
                    pose.calibration.calibration_id,
                )
                for pose in camera.poses
            ],
            camera.range_m,
        )
        for camera in tower.cameras
    ]
    return _TowerProperties(tower.tower_id, tower.name.zh, tower.name.en, cameras, tower.area_code, tower.mast_m)
