"""Known sources of smoke from a GeoJSON file (RFC 7946): chimneys, places of sacrifice, permitted burns."""

from __future__ import annotations

from datetime import date, time
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from firewatch.adapters.geojson_file import read_geojson
from firewatch.domain.geo import Position
from firewatch.domain.sites import Name
from firewatch.domain.smoke_source import OpenHours, SmokeKind, SmokeSource
from firewatch.errors import ConfigError, DomainError, InvalidValue

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["read_smoke_sources"]

_Coordinates = Annotated[list[float], msgspec.Meta(min_length=2, max_length=3)]


class _Point(msgspec.Struct, forbid_unknown_fields=True, frozen=True, tag_field="type", tag="Point"):
    coordinates: _Coordinates

    @property
    def outline(self) -> list[list[float]]:
        return [self.coordinates]


class _Polygon(msgspec.Struct, forbid_unknown_fields=True, frozen=True, tag_field="type", tag="Polygon"):
    # One ring: a hole in a burn is of no use here.
    coordinates: Annotated[
        list[Annotated[list[_Coordinates], msgspec.Meta(min_length=4)]], msgspec.Meta(min_length=1, max_length=1)
    ]

    @property
    def outline(self) -> list[list[float]]:
        ring = self.coordinates[0]
        if ring[0] != ring[-1]:
            raise InvalidValue("ring of a polygon", ring[-1], "the first corner again (RFC 7946, section 3.1.6)")
        return ring[:-1]


class _Properties(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    id: str
    name_zh: str
    name_en: str
    kind: SmokeKind
    radius_m: float = 100.0
    hours: list[str] = []
    valid_from: date | None = None
    valid_until: date | None = None
    note: str = ""


class _Feature(msgspec.Struct, frozen=True):
    geometry: _Point | _Polygon
    properties: _Properties
    type: Literal["Feature"] = "Feature"


class _Sources(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    features: list[_Feature]
    type: Literal["FeatureCollection"] = "FeatureCollection"
    illustrative: bool = False


def read_smoke_sources(path: Path) -> tuple[SmokeSource, ...]:
    """Read the known sources of smoke.

    Parameters
    ----------
    path : Path
        A GeoJSON FeatureCollection of Points and Polygons (one ring); the properties are those of `SmokeSource`,
        ``hours`` as a list of ``"08:00-18:00"``, a span over midnight as ``"22:00-04:00"``.

    Returns
    -------
    tuple of SmokeSource
        In the file's order.

    Raises
    ------
    ConfigError
        Naming the file, the feature and what is wrong with it.
    """
    parsed = read_geojson(path, _Sources)
    found: dict[str, SmokeSource] = {}
    for number, feature in enumerate(parsed.features):
        key = f"features[{number}] ({feature.properties.id})"
        try:
            source = _source(feature)
        except DomainError as err:
            raise ConfigError(str(path), key, str(err)) from err
        if source.source_id in found:
            raise ConfigError(str(path), key, "has the id of an earlier one; allowed is each id once")
        found[source.source_id] = source
    return tuple(found.values())


def _source(feature: _Feature) -> SmokeSource:
    given = feature.properties
    # RFC 7946 section 3.1.1: longitude, latitude, elevation.
    outline = tuple(Position(lat, lon) for lon, lat, *_ in feature.geometry.outline)
    return SmokeSource(
        given.id,
        Name(given.name_zh, given.name_en),
        given.kind,
        outline,
        given.radius_m,
        tuple(_span(text) for text in given.hours),
        given.valid_from,
        given.valid_until,
        given.note,
    )


def _span(text: str) -> OpenHours:
    try:
        begins, ends = (time.fromisoformat(part.strip()) for part in text.split("-"))
    except ValueError:
        raise InvalidValue("hours", text, "a span as 08:00-18:00, or 22:00-04:00 over midnight") from None
    return OpenHours(begins, ends)
