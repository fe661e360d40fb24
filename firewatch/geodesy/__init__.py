"""WGS 84 by pyproj, and GCJ-02 where a link leaves or a pasted point comes in (never imported at the edge)."""

from firewatch.geodesy.ellipsoid import Leg, LocalPlane, PlanePoint, direct, inverse
from firewatch.geodesy.gcj02 import Gcj02Position, from_gcj02, is_in_china_box, to_gcj02
from firewatch.geodesy.mercator import mercator_y
from firewatch.geodesy.shapes import (
    PolygonCoordinates,
    as_geojson_polygon,
    ellipse_polygon,
    outline_polygon,
    sector_polygon,
)

__all__ = [
    "Gcj02Position",
    "Leg",
    "LocalPlane",
    "PlanePoint",
    "PolygonCoordinates",
    "as_geojson_polygon",
    "direct",
    "ellipse_polygon",
    "from_gcj02",
    "inverse",
    "is_in_china_box",
    "mercator_y",
    "outline_polygon",
    "sector_polygon",
    "to_gcj02",
]
