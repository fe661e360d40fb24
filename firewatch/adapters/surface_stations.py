"""A table of stations for a danger surface, and the elevation of its cells."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.adapters.cffdrs_csv import NumberColumn, read_cffdrs_csv
from firewatch.adapters.fwi_table import require_noon, require_wind_unit
from firewatch.danger.kriging import Places
from firewatch.danger.vapour import dew_point
from firewatch.errors import ObservationError, TerrainError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy.typing as npt

    from firewatch.adapters.cffdrs_csv import CffdrsTable
    from firewatch.danger.surface_grid import SurfaceAxes

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["SurfaceStations", "read_elevation", "read_stations"]

# What each column is, under its names: ours first, then those of cffdrs and of hand-made tables.
_COLUMNS = {
    "lat_deg": (("lat_deg", "lat"), "deg", -85.0, 85.0),
    "lon_deg": (("lon_deg", "lon", "long"), "deg", -180.0, 180.0),
    "elevation_m": (("elevation_m", "elv", "elev"), "m", -500.0, 9000.0),
    "temp_c": (("temp_c", "temp"), "deg C", -60.0, 60.0),
    "rh_pct": (("rh_pct", "rh"), "%", 0.0, 100.0),
    "wind_kmh": (("wind_kmh", "ws"), "km/h", 0.0, 400.0),
    "rain_mm": (("rain_mm", "prec"), "mm", 0.0, 2000.0),
    "ffmc_before": (("ffmc_before",), "", 0.0, 101.0),
    "dmc_before": (("dmc_before",), "", 0.0, 1e4),
    "dc_before": (("dc_before",), "", 0.0, 1e4),
    "ffmc": (("ffmc",), "", 0.0, 101.0),
    "htz": (("htz",), "", -100.0, 300.0),
}
_OF_AN_INDEX = ("", 0.0, 1e4)  # dmc, dc, isi, bui, fwi, dsr
_WEATHER = ("temp_c", "rh_pct", "wind_kmh", "rain_mm", "ffmc_before", "dmc_before", "dc_before")
_DRIEST_PCT = 1.0
_NOTHING = frozenset({"", "na", "nan", "null"})


@dataclass(frozen=True, slots=True, eq=False)
class SurfaceStations:
    """Stations with a value each.

    Parameters
    ----------
    places : Places
        Their elevation only where every one has it.
    values : dict of ndarray, shape (n,)
        By quantity, as `firewatch.danger.surface_priors.PRIORS` names them.
    notes : tuple of str
        What a person should know: stations left out, elevations missing.
    """

    places: Places
    values: dict[str, Numbers]
    notes: tuple[str, ...]

    def take(self, rows: npt.NDArray[np.integer]) -> SurfaceStations:
        """Return some of the stations, without the notes."""
        return SurfaceStations(self.places.take(rows), {name: each[rows] for name, each in self.values.items()}, ())


def read_stations(path: Path, quantity: str, *, by_weather: bool) -> SurfaceStations:
    """Read a table of stations, one a row.

    Parameters
    ----------
    path : Path
        CSV with a header: lat_deg, lon_deg, perhaps id and elevation_m, and what is interpolated.
    quantity : str
        The index to show.
    by_weather : bool
        Whether it is computed from the weather (then the table needs temp_c, rh_pct, wind_kmh, rain_mm, ffmc_before,
        dmc_before, dc_before) or stands in the table itself.

    Returns
    -------
    SurfaceStations
        Rows with an empty cell among those are left out, with a note.

    Raises
    ------
    ObservationError
        If the file cannot be read, a column is missing, two stations stand at one place, or no station has a value.
    InvalidValue
        If a cell is no number, or out of range: with file, row, column.
    """
    table = read_cffdrs_csv(path)
    if by_weather:
        require_wind_unit(table, "km/h")
        require_noon(table)
    wanted = _WEATHER if by_weather else (quantity,)
    table, notes = _complete_rows(table, [_column(table, name) for name in wanted])
    lat, lon = (table.numbers(_column(table, name)) for name in ("lat_deg", "lon_deg"))
    _require_apart(table, lat, lon)
    elevation, more = _elevation(table)
    values = {name: table.numbers(_column(table, name)) for name in wanted}
    if by_weather:
        values["dew_point_c"] = dew_point(values["temp_c"], np.maximum(values.pop("rh_pct"), _DRIEST_PCT))
        values = {name.removesuffix("_before"): value for name, value in values.items()}
    return SurfaceStations(Places(lat, lon, elevation), values, (*notes, *more))


def _column(table: CffdrsTable, quantity: str) -> NumberColumn:
    names, unit, low, high = _COLUMNS.get(quantity, ((quantity,), *_OF_AN_INDEX))
    name = next((name for name in names if table.has(name)), names[0])
    return NumberColumn(name, unit, low, high)


def _complete_rows(table: CffdrsTable, columns: Sequence[NumberColumn]) -> tuple[CffdrsTable, list[str]]:
    cells = [table.texts(column.name) for column in columns]
    empty = [
        [column.name for column, texts in zip(columns, cells, strict=True) if texts[row].lower() in _NOTHING]
        for row in range(len(table.rows))
    ]
    names = table.texts("id") if table.has("id") else [f"of row {number}" for number in table.row_numbers]
    notes = [f"station {names[row]} is left out: no {', '.join(gone)}" for row, gone in enumerate(empty) if gone]
    kept = [row for row, gone in enumerate(empty) if not gone]
    if not kept:
        why = f"no station has {', '.join(column.name for column in columns)}: there is no surface without one"
        raise ObservationError("(all)", table.name, why)
    rows, numbers = tuple(table.rows[row] for row in kept), tuple(table.row_numbers[row] for row in kept)
    return replace(table, rows=rows, row_numbers=numbers), notes


def _require_apart(table: CffdrsTable, lat: Numbers, lon: Numbers) -> None:
    seen: dict[tuple[float, float], int] = {}
    for row, place in zip(table.row_numbers, zip(lat.tolist(), lon.tolist(), strict=True), strict=True):
        if place in seen:
            why = f"stands where row {seen[place]} stands; keep one row a station, of one day"
            column = _column(table, "lat_deg").name
            raise ObservationError("(file)", f"{table.name} row {row} column {column}", why)
        seen[place] = row


def _elevation(table: CffdrsTable) -> tuple[Numbers | None, list[str]]:
    column = _column(table, "elevation_m")
    if not table.has(column.name):
        return None, ["no column elevation_m: the change with elevation counts as unknown"]
    missing = sum(cell.lower() in _NOTHING for cell in table.texts(column.name))
    if missing:
        return None, [f"{missing} station(s) without {column.name}: the change with elevation counts as unknown"]
    return table.numbers(column), []


def read_elevation(path: Path, axes: SurfaceAxes) -> Numbers:
    """Return the elevation of a grid's cells [m], of the nearest point of an elevation model.

    Parameters
    ----------
    path : Path
        ESRI ASCII grid in degrees, as GDAL writes it (`gdal_translate -of AAIGrid`).
    axes : SurfaceAxes
        The cells, all within the model.

    Raises
    ------
    TerrainError
        If the file cannot be read, is no such grid, or does not cover the cells.
    """
    try:
        lines = path.read_text(encoding="ascii").split("\n")
        count = next(number for number, line in enumerate(lines) if not line[:1].isalpha())
        header = {key.lower(): float(value) for key, value in (line.split() for line in lines[:count])}
        heights = np.array(" ".join(lines[count:]).split(), dtype=np.float64)
        heights = heights.reshape(int(header["nrows"]), int(header["ncols"]))
    except OSError as err:
        raise TerrainError(f"elevation {path}: cannot be read: {err.strerror}") from err
    except (ValueError, KeyError, StopIteration) as err:
        raise TerrainError(
            f"elevation {path}: no ESRI ASCII grid with ncols, nrows, xllcorner, yllcorner, cellsize"
        ) from err
    return _nearest(path, header, heights, axes)


def _nearest(path: Path, header: dict[str, float], heights: Numbers, axes: SurfaceAxes) -> Numbers:
    size = header.get("cellsize", 0.0)
    if size <= 0.0 or not {"xllcorner", "yllcorner"} <= set(header):
        raise TerrainError(f"elevation {path}: its header lacks xllcorner, yllcorner or a cellsize above 0")
    column = np.floor((axes.lon_deg - header["xllcorner"]) / size).astype(int)
    row = heights.shape[0] - 1 - np.floor((axes.lat_deg - header["yllcorner"]) / size).astype(int)
    if min(row.min(), column.min()) < 0 or row.max() >= heights.shape[0] or column.max() >= heights.shape[1]:
        raise TerrainError(
            f"elevation {path}: does not reach over the whole box; supply a larger piece or a smaller --box"
        )
    found = heights[np.ix_(row, column)]
    if (found == header.get("nodata_value", -9999.0)).any():
        raise TerrainError(f"elevation {path}: has no data in parts of the box; fill them, or leave --elevation out")
    return np.asarray(found)
