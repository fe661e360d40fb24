"""A danger surface as GeoJSON polygons and as NetCDF; the numbers of its fields as JSON."""

from __future__ import annotations

import io
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec
import numpy as np

from firewatch.danger.kriging import FieldPrior
from firewatch.danger.surface_grid import NO_DATA
from firewatch.errors import ConfigError, InvalidValue

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy.typing as npt

    from firewatch.danger.surface_grid import ClassLimits, SurfaceGrid

    Flags: TypeAlias = npt.NDArray[np.bool_]
    Ring: TypeAlias = list[tuple[int, int]]

__all__ = ["read_parameters", "surface_geojson", "surface_netcdf", "write_parameters"]

_DIGITS = 5  # of a degree: a metre
_Numbers: TypeAlias = "list[list[float]]"


def surface_geojson(surface: SurfaceGrid) -> bytes:
    """Return the areas of each class as GeoJSON: along the cells' edges, together the whole grid without a gap.

    Each feature is the MultiPolygon of a class: `class` (0 with `no_data` true where nobody knows), `from` and `to`
    (its limits, null at the ends). Outer rings run counter-clockwise, as RFC 7946 asks.
    """
    features = [
        {
            "type": "Feature",
            "properties": _properties(surface.limits, number),
            "geometry": {"type": "MultiPolygon", "coordinates": _polygons(surface, surface.grade == number)},
        }
        for number in np.unique(surface.grade).tolist()
    ]
    facts = {"quantity": surface.quantity, "stations": surface.stations, "classes": surface.limits.count}
    return msgspec.json.encode({"type": "FeatureCollection", "features": features, "surface": facts})


def _properties(limits: ClassLimits, number: int) -> dict[str, object]:
    if number == NO_DATA:
        return {"class": NO_DATA, "no_data": True, "from": None, "to": None}
    edges = (None, *limits.limits, None)
    return {"class": number, "no_data": False, "from": edges[number - 1], "to": edges[number]}


def _polygons(surface: SurfaceGrid, cells: Flags) -> list[list[_Numbers]]:
    """Return a polygon, its outer ring first, for each patch of cells that share edges."""
    from scipy.ndimage import label

    west, south, _, _ = surface.axes.box_deg
    tall, wide = surface.axes.steps_deg
    patches, count = label(cells)
    found = []
    for number in range(1, count + 1):
        rings = sorted(_rings(patches == number), key=_area, reverse=True)  # a hole's area is negative
        found.append(
            [[[round(west + c * wide, _DIGITS), round(south + r * tall, _DIGITS)] for r, c in ring] for ring in rings]
        )
    return found


def _rings(patch: Flags) -> list[Ring]:
    """Return the closed rings of corners (row, column) around a patch, the patch on their left."""
    after: dict[tuple[int, int], list[tuple[int, int]]] = {}
    padded = np.pad(patch, 1)
    inside = padded[1:-1, 1:-1]
    # Where the neighbour on that side is outside: the corner where its edge begins and the way that it goes.
    sides = ((padded[:-2, 1:-1], 0, 0, 0, 1), (padded[1:-1, 2:], 0, 1, 1, 0), (padded[2:, 1:-1], 1, 1, 0, -1))
    for beyond, up, right, rise, run in (*sides, (padded[1:-1, :-2], 1, 0, -1, 0)):
        for row, column in np.argwhere(inside & ~beyond).tolist():
            after.setdefault((row + up, column + right), []).append((rise, run))
    rings = []
    while after:
        rings.append(_ring(after))
    return rings


def _ring(after: dict[tuple[int, int], list[tuple[int, int]]]) -> Ring:
    """Take one ring's edges out and return its corners, the first again at the end."""
    start = min(after)
    way = after[start][0]
    at, corners = start, [start]
    while True:
        after[at].remove(way)
        if not after[at]:
            del after[at]
        at = (at[0] + way[0], at[1] + way[1])
        if at == start:
            return [*corners, start]
        right = (-way[1], way[0])
        ways = after[at]
        turned = right if right in ways else ways[0]  # where a hole touches another ring, stay with the hole
        if turned != way:
            corners.append(at)
        way = turned


def _area(ring: Ring) -> float:
    """Return twice the area within a ring, positive where it runs counter-clockwise."""
    return float(sum(c0 * r1 - c1 * r0 for (r0, c0), (r1, c1) in pairwise(ring)))


def surface_netcdf(surface: SurfaceGrid) -> bytes:
    """Return value, standard deviation, class and probabilities as NetCDF 3 with CF metadata."""
    buffer = io.BytesIO()
    from scipy.io import netcdf_file

    whole = netcdf_file(buffer, "w", mmap=False)
    whole.Conventions = "CF-1.11"
    whole.title = f"{surface.quantity} between {surface.stations} stations"
    axes: dict[str, npt.NDArray[Any]] = {
        "lat": surface.axes.lat_deg,
        "lon": surface.axes.lon_deg,
        "class": np.arange(1, surface.limits.count + 1),
    }
    for name, values in axes.items():
        whole.createDimension(name, len(values))
        whole.createVariable(name, "i" if name == "class" else "d", (name,))[:] = values
    for name, words, unit in (("lat", "latitude", "degrees_north"), ("lon", "longitude", "degrees_east")):
        whole.variables[name].standard_name, whole.variables[name].units = words, unit
    plane = ("lat", "lon")
    for name, kind, dimensions, values, words in (
        (surface.quantity, "f", plane, surface.value, "mean of what it may be; NaN where there is no data"),
        (f"{surface.quantity}_sigma", "f", plane, surface.sigma, "standard deviation of what a station would give"),
        ("grade", "b", plane, surface.grade, "class of the value, rising with danger; 0 is no data, not low danger"),
        ("probability", "f", ("class", *plane), surface.probability, "of each class; NaN where there is no data"),
    ):
        variable = whole.createVariable(name, kind, dimensions)
        variable[:] = values
        variable.long_name, variable.units = words, "1"
        if kind == "f":
            variable._FillValue = np.float32(np.nan)  # noqa: SLF001 - the attribute's name
    whole.variables["grade"].class_limits = np.array(surface.limits.limits)
    whole.flush()
    content = buffer.getvalue()
    whole.close()
    return content


def read_parameters(path: Path) -> dict[str, FieldPrior]:
    """Read the numbers of fields, as `write_parameters` has them.

    Raises
    ------
    ConfigError
        If the file cannot be read or is none of them.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, FieldPrior])
    except OSError as err:
        raise ConfigError(str(path), "(file)", f"cannot be read: {err.strerror}") from err
    except (msgspec.MsgspecError, InvalidValue) as err:
        raise ConfigError(str(path), "(file)", f"no numbers of fields: {err}") from err


def write_parameters(parameters: Mapping[str, FieldPrior]) -> bytes:
    """Return the numbers of fields as JSON, by quantity."""
    return msgspec.json.format(msgspec.json.encode(dict(parameters)), indent=2) + b"\n"
