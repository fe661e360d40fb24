"""Gridded datasets in NetCDF files and Zarr stores: opened lazily, written whole or not at all."""

from __future__ import annotations

import os
import shutil
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from firewatch.danger.grid import CODES
from firewatch.errors import FirewatchError, InvalidValue, ObservationError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from firewatch.adapters.grid_weather import GridWeather

__all__ = ["chunked", "is_zarr", "open_grid", "require_writable_grid", "start_after", "write_grid"]

# Numbers of a chunk, its cells times its days: 4 MB a float64 variable, about 50 MB a thread in all.
_CHUNK_NUMBERS = 500_000
# A file's own chunks may make it so many times larger before the days are cut in their place.
_MOST_CHUNKS = 4
_SUFFIXES = (".nc", ".nc4", ".zarr")


def is_zarr(path: Path) -> bool:
    """Return whether a path names a Zarr store; else it names a NetCDF file.

    Raises
    ------
    InvalidValue
        If its name ends otherwise.
    """
    if path.suffix.lower() not in _SUFFIXES:
        raise InvalidValue(f"name of {path.name}", path.suffix, f"a name that ends in {', '.join(_SUFFIXES)}")
    return path.suffix.lower() == ".zarr"


def open_grid(path: Path) -> xr.Dataset:
    """Open a dataset lazily, as Dask arrays in its own chunks.

    Raises
    ------
    ObservationError
        If it cannot be read.
    """
    zarr = is_zarr(path)
    if not path.exists():
        raise ObservationError("(grid)", str(path), "does not exist")
    try:
        if zarr:
            opened: xr.Dataset = xr.open_zarr(path, chunks={}, consolidated=None)
        else:
            opened = xr.open_dataset(path, engine="netcdf4", chunks={})
    except (OSError, ValueError, KeyError, TypeError) as err:
        raise ObservationError("(grid)", str(path), f"cannot be read: {err}") from err
    return opened


def chunked(dataset: xr.Dataset, time: str, numbers: int = _CHUNK_NUMBERS) -> xr.Dataset:
    """Return the dataset cut so that a chunk holds about so many numbers, and no chunk of a file is read twice.

    It is cut in space, over all days. Where the file itself holds whole maps of few days in a chunk, it is cut in time.
    """
    days = dataset.sizes[time]
    stored = {str(dim): _stored_chunk(dataset, str(dim)) for dim in dataset.sizes if dim != time}
    cells = prod(stored.values())
    if cells * days > _MOST_CHUNKS * numbers:
        held = _stored_chunk(dataset, time)
        return dataset.chunk({**stored, time: min(days, max(1, numbers // (cells * held)) * held)})
    cuts, left = {time: -1}, max(1, numbers // max(1, cells * days))
    for dim, own in reversed(stored.items()):
        times = min(left, -(-dataset.sizes[dim] // own))
        cuts[dim] = min(own * times, dataset.sizes[dim]) or -1
        left //= max(1, times)
    return dataset.chunk(cuts)


def _stored_chunk(dataset: xr.Dataset, dim: str) -> int:
    """Return the size of the file's own chunks along a dimension, 1 where it may be cut anywhere."""
    return max((int(array.encoding.get("preferred_chunks", {}).get(dim, 1)) for array in dataset.values()), default=1)


def start_after(path: Path, weather: GridWeather, method: str) -> dict[str, xr.DataArray]:
    """Return the codes of the last day of an earlier result, from which a run goes on.

    Parameters
    ----------
    path : Path
        The earlier result.
    weather : GridWeather
        What is to follow: its first day must be the next one, its cells the same.
    method : str
        The label of the choices, which must be the same.

    Raises
    ------
    ObservationError, InvalidValue
        If it cannot be read, holds no codes, or does not join on.
    """
    with open_grid(path) as earlier:
        missing = [name for name in CODES if name not in earlier]
        if missing or weather.time not in earlier.dims:
            lacking = ", ".join(missing) or f"dimension {weather.time}"
            raise ObservationError("(grid)", str(path), f"has no {lacking}: a run goes on from ffmc, dmc and dc")
        if earlier.attrs.get("method") != method:
            raise InvalidValue(f"method of {path.name}", earlier.attrs.get("method"), f"{method}, as it is chosen now")
        last = earlier[list(CODES)].isel({weather.time: -1}).load()
        stamp = last[weather.time].to_numpy().astype("datetime64[D]")
    if weather.days[0] != stamp + 1:
        raise InvalidValue(f"first day after {path.name}", str(weather.days[0]), f"{stamp + 1}, the day after its last")
    _require_same_cells(path, last, weather)
    return {name: last[name].transpose(*weather.lat_deg.dims) for name in CODES}


def _require_same_cells(path: Path, last: xr.Dataset, weather: GridWeather) -> None:
    for dim in weather.lat_deg.dims:
        if last.sizes.get(dim) != weather.lat_deg.sizes[dim]:
            raise InvalidValue(
                f"cells along {dim} in {path.name}", last.sizes.get(dim), str(weather.lat_deg.sizes[dim])
            )
        if dim in weather.lat_deg.coords and dim in last.coords and not np.array_equal(last[dim], weather.lat_deg[dim]):
            raise InvalidValue(f"coordinate {dim} in {path.name}", "another", "the same labels as the weather's")


def require_writable_grid(path: Path, sources: Sequence[Path | None]) -> None:
    """Raise an error where a result cannot go: an unknown ending, no folder, or a dataset that it is made from."""
    zarr = is_zarr(path)
    why = None
    if not path.parent.is_dir():
        why = "cannot be written: its folder does not exist"
    elif path.exists() and path.is_dir() is not zarr:
        why = f"cannot be written: it is {'no ' if zarr else 'a '}folder"
    elif zarr and path.exists() and not any((path / name).exists() for name in (".zgroup", "zarr.json")):
        why = "cannot be written: it is a folder, but no Zarr store; remove it, or name another"
    elif any(source is not None and source.exists() and path.exists() and path.samefile(source) for source in sources):
        why = "is an input itself; name another for the result"
    if why is not None:
        raise ObservationError("(grid)", str(path), why)


def write_grid(dataset: xr.Dataset, path: Path) -> None:
    """Write a dataset whole or not at all: beside the path, whose name it then takes.

    Parameters
    ----------
    dataset : Dataset
        Its lazy arrays are computed here, by the scheduler that Dask is set to.
    path : Path
        Ends in `.nc`, `.nc4` or `.zarr`.

    Raises
    ------
    FirewatchError
        If it cannot be written, or a reading is refused while it is computed; what was there before stays.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        try:
            delayed: Any
            if is_zarr(path):
                delayed = dataset.to_zarr(beside, mode="w-", compute=False, zarr_format=2, consolidated=True)
            else:
                delayed = dataset.to_netcdf(beside, engine="netcdf4", compute=False, encoding=_packing(dataset))
            delayed.compute()
            _flush(beside)
            _take_name(beside, path)
        finally:
            _remove(beside)
    except FirewatchError:
        raise
    except (OSError, RuntimeError, ValueError) as err:
        raise ObservationError("(grid)", str(path), f"cannot be written: {err}") from err


def _flush(path: Path) -> None:
    """Have the disk keep every file before one of them takes a name."""
    for file in (path,) if path.is_file() else (entry for entry in path.rglob("*") if entry.is_file()):
        with file.open("rb") as stream:
            os.fsync(stream.fileno())


def _packing(dataset: xr.Dataset) -> dict[str, dict[str, Any]]:
    """Return how each variable is stored: in chunks of its own, with no loss."""
    return {
        str(name): {"zlib": True, "complevel": 1, "shuffle": True, "_FillValue": np.nan}
        for name, array in dataset.data_vars.items()
        if array.dtype.kind == "f"
    }


def _take_name(beside: Path, path: Path) -> None:
    """Give what is written whole its name; the store that had it goes only then."""
    if path.is_dir():
        old = path.with_name(f".{path.name}.{os.getpid()}.old")
        path.replace(old)
        beside.replace(path)
        shutil.rmtree(old)
    else:
        beside.replace(path)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
