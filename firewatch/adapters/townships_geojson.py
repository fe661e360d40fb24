"""Outlines of townships from a GeoJSON file (RFC 7946)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
import shapely

from firewatch.adapters.geojson_file import read_geojson
from firewatch.domain.sites import Name
from firewatch.domain.township import Township
from firewatch.errors import ConfigError, DomainError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["read_townships"]

_Corner = Annotated[list[float], msgspec.Meta(min_length=2, max_length=3)]
_Rings = Annotated[list[list[_Corner]], msgspec.Meta(min_length=1)]


class _Polygon(msgspec.Struct, forbid_unknown_fields=True, frozen=True, tag_field="type", tag="Polygon"):
    coordinates: _Rings

    @property
    def parts(self) -> list[_Rings]:
        return [self.coordinates]


class _MultiPolygon(msgspec.Struct, forbid_unknown_fields=True, frozen=True, tag_field="type", tag="MultiPolygon"):
    coordinates: Annotated[list[_Rings], msgspec.Meta(min_length=1)]

    @property
    def parts(self) -> list[_Rings]:
        return self.coordinates


class _Properties(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    name_zh: str
    name_en: str


class _Feature(msgspec.Struct, frozen=True):
    geometry: _Polygon | _MultiPolygon
    properties: _Properties
    type: Literal["Feature"] = "Feature"


class _Townships(msgspec.Struct, frozen=True):
    features: list[_Feature]
    type: Literal["FeatureCollection"] = "FeatureCollection"


def read_townships(path: Path) -> tuple[Township, ...]:
    """Read the outlines of townships.

    Parameters
    ----------
    path : Path
        A GeoJSON FeatureCollection of Polygons and MultiPolygons with ``name_zh`` and ``name_en``.

    Returns
    -------
    tuple of Township
        In the file's order; two may have one name.

    Raises
    ------
    ConfigError
        Naming the file, the feature and what is wrong with it: also where an outline crosses itself.
    """
    parsed = read_geojson(path, _Townships)
    found = []
    for number, feature in enumerate(parsed.features):
        key = f"features[{number}] ({feature.properties.name_en or feature.properties.name_zh})"
        try:
            township = _township(feature)
        except DomainError as err:
            raise ConfigError(str(path), key, str(err)) from err
        for part in township.parts:
            why = shapely.is_valid_reason(shapely.Polygon(part[0], part[1:]))
            if why != "Valid Geometry":
                allowed = "an outline that does not cross itself, with its holes inside"
                raise ConfigError(str(path), key, f"{why} (longitude latitude); allowed is {allowed}")
        found.append(township)
    return tuple(found)


def _township(feature: _Feature) -> Township:
    name = Name(feature.properties.name_zh, feature.properties.name_en)
    # RFC 7946 section 3.1.1: longitude, latitude, elevation.
    parts = (
        tuple(tuple((corner[0], corner[1]) for corner in ring) for ring in rings) for rings in feature.geometry.parts
    )
    return Township(name, tuple(parts))
