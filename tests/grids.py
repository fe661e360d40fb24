"""Small gridded weather, and `firewatch danger grid` called on it, for the tests of what it does and of its numbers."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from firewatch.cli.danger import add_parser

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["NAMES", "dataset", "run_grid_command", "write_netcdf"]

NAMES = {"temp": "tas", "rh": "hurs", "wind": "sfcWind", "rain": "pr"}


def dataset(days: int = 20, rows: int = 5, columns: int = 4, first: str = "2026-02-20") -> xr.Dataset:
    """Return noon weather in CF units that are not ours: K, 1, m s-1, kg m-2 s-1."""
    rng = np.random.default_rng(7)
    shape = (days, rows, columns)
    rain = np.where(rng.uniform(size=shape) < 0.4, rng.gamma(0.7, 9.0, shape), 0.0)
    values = {
        "tas": (rng.uniform(270.0, 312.0, shape), "air_temperature", "K"),
        "hurs": (rng.uniform(0.1, 1.0, shape), "relative_humidity", "1"),
        "sfcWind": (rng.uniform(0.0, 15.0, shape), "wind_speed", "m s-1"),
        "pr": (rain / 86_400.0, "precipitation_flux", "kg m-2 s-1"),
    }
    time = np.datetime64(first, "D") + np.arange(days)
    lat = xr.DataArray(np.linspace(-35.0, 50.0, rows), dims="lat", attrs={"units": "degrees_north"})
    lon = xr.DataArray(np.linspace(108.0, 114.0, columns), dims="lon", attrs={"units": "degrees_east"})
    return xr.Dataset(
        {
            name: (("time", "lat", "lon"), array, {"standard_name": standard, "units": units})
            for name, (array, standard, units) in values.items()
        },
        coords={"time": time.astype("datetime64[ns]"), "lat": lat, "lon": lon},
    )


def write_netcdf(path: Path, given: xr.Dataset | None = None) -> Path:
    """Write a dataset to a file."""
    (dataset() if given is None else given).to_netcdf(path)
    return path


def run_grid_command(*arguments: str | Path) -> int:
    """Run `firewatch danger grid`; return its exit code."""
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers(required=True))
    args = parser.parse_args(["danger", "grid", *map(str, arguments)])
    code: int = args.run(args)
    return code
