"""What a fire could reach, and places known to be warm, from GeoJSON files (RFC 7946)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

import msgspec

from firewatch.adapters.geojson_file import read_geojson
from firewatch.domain.exposure import Exposure, ExposureKind
from firewatch.domain.geo import Position
from firewatch.domain.hotspot import HeatSource
from firewatch.domain.sites import Name
from firewatch.errors import ConfigError, DomainError
from firewatch.geodesy import inverse

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["read_exposures", "read_heat_sources"]

_Pair = Annotated[list[float], msgspec.Meta(min_length=2, max_length=3)]
_Ring = Annotated[list[_Pair], msgspec.Meta(min_length=4)]
_Thing = TypeVar("_Thing", Exposure, HeatSource)


class _Point(msgspec.Struct, frozen=True, tag_field="type", tag="Point"):
    coordinates: _Pair


class _Polygon(msgspec.Struct, frozen=True, tag_field="type", tag="Polygon"):
    coordinates: Annotated[list[_Ring], msgspec.Meta(min_length=1)]


class _Exposed(msgspec.Struct, frozen=True):
    kind: ExposureKind
    name_zh: str
    name_en: str = ""
    radius_m: float = 0.0


class _Warm(msgspec.Struct, frozen=True):
    name_zh: str
    name_en: str = ""
    radius_m: float = 500.0


class _ExposedFeature(msgspec.Struct, frozen=True):
    geometry: _Point | _Polygon
    properties: _Exposed
    type: Literal["Feature"] = "Feature"


class _WarmFeature(msgspec.Struct, frozen=True):
    geometry: _Point | _Polygon
    properties: _Warm
    type: Literal["Feature"] = "Feature"


class _Exposures(msgspec.Struct, frozen=True):
    features: list[_ExposedFeature]
    type: Literal["FeatureCollection"] = "FeatureCollection"


class _HeatSources(msgspec.Struct, frozen=True):
    features: list[_WarmFeature]
    type: Literal["FeatureCollection"] = "FeatureCollection"


def read_exposures(path: Path) -> tuple[Exposure, ...]:
    """Return what a fire could reach.

    Parameters
    ----------
    path : Path
        A FeatureCollection of Points (with ``radius_m`` where they are large) and Polygons, whose properties are
        ``kind`` (an `ExposureKind`), ``name_zh`` and, if wanted, ``name_en``. A Polygon counts as the circle around it.

    Raises
    ------
    ConfigError
        Naming the file, the feature and what is wrong with it.
    """
    return _built(path, read_geojson(path, _Exposures).features, _exposure)


def read_heat_sources(path: Path) -> tuple[HeatSource, ...]:
    """Return the places known to be warm: Points (``radius_m``, by default 500) and Polygons, with ``name_zh``.

    Raises
    ------
    ConfigError
        Naming the file, the feature and what is wrong with it.
    """
    return _built(path, read_geojson(path, _HeatSources).features, _heat_source)


_Feature = TypeVar("_Feature", _ExposedFeature, _WarmFeature)


def _built(path: Path, features: list[_Feature], build: Callable[[_Feature], _Thing]) -> tuple[_Thing, ...]:
    made: list[_Thing] = []
    for number, feature in enumerate(features):
        try:
            made.append(build(feature))
        except DomainError as err:
            raise ConfigError(str(path), f"features[{number}]", str(err)) from err
    return tuple(made)


def _exposure(feature: _ExposedFeature) -> Exposure:
    given = feature.properties
    middle, reach_m = _circle(feature.geometry)
    return Exposure(given.kind, Name(given.name_zh, given.name_en or given.name_zh), middle, reach_m + given.radius_m)


def _heat_source(feature: _WarmFeature) -> HeatSource:
    given = feature.properties
    middle, reach_m = _circle(feature.geometry)
    return HeatSource(Name(given.name_zh, given.name_en or given.name_zh), middle, reach_m + given.radius_m)


def _circle(geometry: _Point | _Polygon) -> tuple[Position, float]:
    """Return the middle, and how far the furthest corner is from it [m]."""
    if isinstance(geometry, _Point):
        lon, lat = geometry.coordinates[:2]
        return Position(lat, lon), 0.0
    corners = [(corner[1], corner[0]) for corner in geometry.coordinates[0]]
    lats, lons = [lat for lat, _ in corners], [lon for _, lon in corners]
    middle = Position((min(lats) + max(lats)) / 2.0, (min(lons) + max(lons)) / 2.0)
    return middle, max(inverse(middle, Position(lat, lon)).distance_m for lat, lon in corners)
