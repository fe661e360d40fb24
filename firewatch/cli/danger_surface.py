"""`firewatch danger surface STATIONS.csv OUT`: danger between the stations of a table, with its uncertainty."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from firewatch.cli.danger_choices import finite
from firewatch.cli.danger_notes import say_notes
from firewatch.errors import FirewatchError, InvalidValue

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import numpy.typing as npt

    from firewatch.adapters.surface_stations import SurfaceStations
    from firewatch.danger.kriging import FieldModel, FieldPrior, Places
    from firewatch.danger.surface import SurfaceRules
    from firewatch.danger.surface_grid import SurfaceAxes, SurfaceGrid

__all__ = ["add_verb", "make_surface"]

# Written out as in `danger_choices`; the first is the default.
QUANTITIES = ("fwi", "htz", "isi", "bui", "dsr", "ffmc", "dmc", "dc")
WAYS = ("index", "weather")
_FORMS = (".png", ".geojson", ".nc")
_MARGIN_DEG = 0.2


def add_verb(
    verbs: argparse._SubParsersAction[argparse.ArgumentParser], run: Callable[[argparse.Namespace], int]
) -> None:
    """Add `surface` to the verbs of `danger`."""
    parser = verbs.add_parser(
        "surface",
        help="stations of one day (CSV) -> danger between them as PNG, GeoJSON or NetCDF",
        description="Interpolate danger between stations. Columns: lat_deg, lon_deg, perhaps id and elevation_m, and "
        "the index to show, as fwi or htz; with --way weather in its place temp_c, rh_pct, wind_kmh, rain_mm of "
        "noon and ffmc_before, dmc_before, dc_before of the day before. Prints what a map needs as JSON.",
        epilog="Example: firewatch danger surface stations.csv surface.png --show fwi --check",
    )
    parser.add_argument("file", metavar="STATIONS.csv", type=Path)
    parser.add_argument("out", metavar="OUT", type=Path, help=f"{', '.join(_FORMS)}; written whole, or not at all")
    parser.add_argument("--show", choices=QUANTITIES, default=QUANTITIES[0], help=f"index (default: {QUANTITIES[0]})")
    parser.add_argument(
        "--way",
        choices=WAYS,
        default=WAYS[0],
        help="interpolate the index itself (default), or the weather and yesterday's codes then compute it by cell",
    )
    parser.add_argument("--month", type=int, metavar="M", help="of the day, 1 to 12; needed with --way weather")
    parser.add_argument("--box", type=_numbers, metavar="W,S,E,N", help="edges (default: 0.2 deg beyond the stations)")
    parser.add_argument("--step", type=finite, default=0.02, metavar="DEG", help="size of a cell (default: 0.02)")
    parser.add_argument(
        "--elevation", type=Path, metavar="FILE.asc", help="elevation model: ESRI ASCII grid in degrees"
    )
    parser.add_argument(
        "--limits", type=_numbers, metavar="A,B,...", help="class limits (default: published, fwi and htz)"
    )
    parser.add_argument("--most-km", type=finite, metavar="KM", help="no data further from every station (default: 60)")
    parser.add_argument(
        "--check", action="store_true", help="tell also how well each station is foretold by the others"
    )
    fields = parser.add_mutually_exclusive_group()
    fields.add_argument("--parameters", type=Path, metavar="FILE.json", help="numbers of the fields, in place of a fit")
    fields.add_argument("--save-parameters", type=Path, metavar="FILE.json", help="write the fitted numbers there")
    parser.set_defaults(run=run, verb=_write)


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as err:
        raise argparse.ArgumentTypeError(f"{text!r}: numbers with commas between them are wanted") from err


def _write(args: argparse.Namespace) -> int:
    """Write `args.out`; return 0, or 1 where something is refused (then nothing is written)."""
    try:
        surface, told, notes = make_surface(args)
    except FirewatchError as err:
        sys.stderr.write(f"firewatch danger surface: {err}\n")
        return 1
    say_notes("surface", notes)
    sys.stdout.write(json.dumps(_told(surface) | told) + "\n")
    return 0


def make_surface(args: argparse.Namespace) -> tuple[SurfaceGrid, dict[str, object], list[str]]:
    """Write the surface; return it, its errors where they are asked for, and what a person should know.

    Raises
    ------
    FirewatchError
        If the file or a choice is refused.
    """
    from firewatch.adapters.cffdrs_csv import require_writable
    from firewatch.adapters.surface_files import surface_geojson, surface_netcdf, write_parameters
    from firewatch.adapters.surface_picture import surface_png
    from firewatch.adapters.surface_stations import read_stations
    from firewatch.adapters.whole_file import write_whole_together

    encode = dict(zip(_FORMS, (surface_png, surface_geojson, surface_netcdf), strict=True)).get(args.out.suffix.lower())
    if encode is None:
        raise InvalidValue("name of the result", args.out.name, f"one that ends in {', '.join(_FORMS)}")
    by_weather = _is_by_weather(args)
    for path in filter(None, (args.out, args.save_parameters)):
        for source in (args.file, args.elevation, args.parameters):
            require_writable(path, source)
    if args.save_parameters is not None and args.save_parameters.resolve() == args.out.resolve():
        raise InvalidValue("--save-parameters", str(args.save_parameters), "another file than the result itself")
    rules = _rules(args)
    stations = read_stations(args.file, args.show, by_weather=by_weather)
    axes = _axes(args, stations)
    parameters = _parameters(args, stations)
    surface = _surface(args, stations, axes, rules, parameters)
    notes = [*stations.notes, *_doubts(surface, parameters, args)]
    told = _checked(args, stations) if args.check else {}
    kept = {} if args.save_parameters is None else {args.save_parameters: write_parameters(parameters)}
    write_whole_together({args.out: encode(surface), **kept})
    return surface, told, notes


def _is_by_weather(args: argparse.Namespace) -> bool:
    if args.way == "index":
        return False
    if args.month is None:
        raise InvalidValue("--month", None, "1 to 12, with --way weather")
    if args.show == "htz":
        raise InvalidValue("--show", "htz", "an index of the FWI System, with --way weather")
    return True


def _rules(args: argparse.Namespace) -> SurfaceRules:
    from dataclasses import replace

    from firewatch.danger.surface import SurfaceRules
    from firewatch.danger.surface_grid import ClassLimits
    from firewatch.danger.surface_priors import PRIORS, rules_of

    rules = rules_of(args.show)
    if args.limits is not None:
        trust = {} if rules is None else {"trust": rules.trust}
        rules = SurfaceRules(ClassLimits(args.limits), PRIORS[args.show].scale, **trust)
    if rules is None:
        raise InvalidValue("--limits", None, f"class limits for {args.show}: none are published")
    if args.most_km is not None:
        rules = replace(rules, trust=replace(rules.trust, most_km=args.most_km))
    return rules


def _axes(args: argparse.Namespace, stations: SurfaceStations) -> SurfaceAxes:
    from dataclasses import replace

    from firewatch.adapters.surface_stations import read_elevation
    from firewatch.danger.surface_grid import SurfaceAxes

    lat, lon = stations.places.lat_deg, stations.places.lon_deg
    box = args.box or (
        float(lon.min()) - _MARGIN_DEG,
        float(lat.min()) - _MARGIN_DEG,
        float(lon.max()) + _MARGIN_DEG,
        float(lat.max()) + _MARGIN_DEG,
    )
    if len(box) != 4:  # noqa: PLR2004 - west, south, east, north
        raise InvalidValue("--box", box, "four numbers: west, south, east and north edge")
    west, south, east, north = box
    axes = SurfaceAxes.of_box(west, south, east, north, args.step)
    return axes if args.elevation is None else replace(axes, elevation_m=read_elevation(args.elevation, axes))


def _parameters(args: argparse.Namespace, stations: SurfaceStations) -> dict[str, FieldPrior]:
    """Return the numbers of each field: of a file, or fitted to the readings."""
    from firewatch.danger.surface_priors import PRIORS

    if args.parameters is not None:
        from firewatch.adapters.surface_files import read_parameters

        known = read_parameters(args.parameters)
        return {name: known.get(name, PRIORS[name]) for name in stations.values}
    from firewatch.learning.surface import fit_field

    return {name: fit_field(PRIORS[name], stations.places, values) for name, values in stations.values.items()}


def _surface(
    args: argparse.Namespace,
    stations: SurfaceStations,
    axes: SurfaceAxes,
    rules: SurfaceRules,
    parameters: dict[str, FieldPrior],
) -> SurfaceGrid:
    from firewatch.danger.surface import SurfaceIndex, WeatherFields, index_surface, weather_surface

    models = _models(stations, parameters)
    if args.way == "weather":
        return weather_surface(SurfaceIndex(args.show), WeatherFields(**models), axes, rules, args.month)
    return index_surface(args.show, models[args.show], axes, rules)


def _models(stations: SurfaceStations, parameters: dict[str, FieldPrior]) -> dict[str, FieldModel]:
    from firewatch.danger.kriging import condition

    return {name: condition(parameters[name], stations.places, values) for name, values in stations.values.items()}


def _checked(args: argparse.Namespace, stations: SurfaceStations) -> dict[str, object]:
    """Return the errors of the surface and of simpler ways, each station foretold by the others."""
    from dataclasses import asdict

    from firewatch.danger.surface import SurfaceIndex, WeatherFields, index_cases, index_of_weather, weather_cases
    from firewatch.danger.surface_priors import WEATHER
    from firewatch.learning.surface_score import cross_validate, foretell_each

    index, places = SurfaceIndex(args.show) if args.way == "weather" else None, stations.places

    def foretell(others: npt.NDArray[np.intp], place: Places) -> npt.NDArray[np.float64]:
        known = stations.take(others)
        models = _models(known, _parameters(args, known))
        if index is None:
            return index_cases(models[args.show], place)
        return weather_cases(index, WeatherFields(**models), place, args.month)

    if index is None:
        readings = stations.values[args.show]
    else:
        weather = [stations.values[name] for name in WEATHER]
        readings = index_of_weather(index, weather, places.lat_deg, args.month)
    scores = cross_validate(places, readings, foretell_each(places, foretell))
    return {"left_one_out": {way: asdict(found) for way, found in scores.items()}}


def _doubts(surface: SurfaceGrid, parameters: dict[str, FieldPrior], args: argparse.Namespace) -> list[str]:
    from firewatch.danger.surface_priors import PRIORS

    notes = []
    if all(parameters[name] == PRIORS[name] for name in parameters):
        notes.append("too few or equal readings to learn from: how danger varies between stations is assumed")
    if args.elevation is None:
        notes.append("no --elevation: cells count as if at the stations' mean elevation, with a larger error")
    unknown = 1.0 - float(surface.is_known.mean())
    if unknown > 0.0:
        notes.append(f"no data on {100.0 * unknown:.1f} % of the cells: too far from a station, or too uncertain")
    return notes


def _told(surface: SurfaceGrid) -> dict[str, object]:
    import numpy as np

    from firewatch.adapters.surface_picture import picture_corners

    counts = np.bincount(surface.grade.ravel(), minlength=surface.limits.count + 1).tolist()
    return {
        "quantity": surface.quantity,
        "stations": surface.stations,
        "rows": surface.axes.shape[0],
        "columns": surface.axes.shape[1],
        "corners": [[round(degrees, 6) for degrees in corner] for corner in picture_corners(surface)],
        "limits": list(surface.limits.limits),
        "cells": {"no_data": counts[0], **{str(number): count for number, count in enumerate(counts) if number}},
    }
