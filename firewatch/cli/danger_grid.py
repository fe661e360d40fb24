"""`firewatch danger grid IN OUT`: gridded noon weather in, FWI codes and indices out; NetCDF files or Zarr stores."""

from __future__ import annotations

import argparse
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firewatch.cli.danger_choices import add_method_choices, method_of, moisture_codes
from firewatch.cli.danger_notes import say_notes
from firewatch.cli.danger_plot import CLASSES, LANGUAGES
from firewatch.errors import FirewatchError, InvalidValue, ObservationError

if TYPE_CHECKING:
    from collections.abc import Callable

    import xarray as xr

    from firewatch.adapters.danger_map import MapClasses
    from firewatch.adapters.grid_danger import GridChoices
    from firewatch.adapters.grid_weather import GridWeather

__all__ = ["add_verb", "write_grid_codes"]

# Written out as `danger_choices` does; tests hold them equal to the library's.
OUTPUTS = ("ffmc", "dmc", "dc", "isi", "bui", "fwi", "dsr")
ENGINES = ("compiled", "numpy")
GAPS = ("missing", "last-reading-dry")
_MOST_THREADS = 256


def add_verb(
    verbs: argparse._SubParsersAction[argparse.ArgumentParser], run: Callable[[argparse.Namespace], int]
) -> None:
    """Add `grid` to the verbs of `danger`."""
    parser = verbs.add_parser(
        "grid",
        help="gridded noon weather (NetCDF, Zarr) -> FWI codes and indices on the same grid",
        description="Compute ffmc, dmc, dc, isi, bui, fwi, dsr of every cell and day. The dataset holds temperature, "
        "relative humidity, wind speed, precipitation of consecutive days over time and any other dimensions, "
        "with units (CF); they are converted. A cell that misses a reading is missing from that day on, unless --gaps "
        "fills it.",
    )
    parser.add_argument("file", metavar="IN.nc|IN.zarr", type=Path)
    parser.add_argument("out", metavar="OUT.nc|OUT.zarr", type=Path, help="written whole, or not at all")
    add_method_choices(parser)
    parser.add_argument(
        "--var",
        action="append",
        default=[],
        type=_named,
        metavar="QUANTITY=NAME",
        help="name of a variable: temp, rh, wind, rain, lat; may be given several times (default: by standard_name)",
    )
    parser.add_argument(
        "--utc-offset",
        type=_hours,
        default="8",
        metavar="H",
        help="standard time of the grid, for time stamps with an hour: they must be near noon (default: 8)",
    )
    parser.add_argument(
        "--gaps",
        choices=GAPS,
        default=GAPS[0],
        help="a cell's missing day: missing from then on (default), or at most 7 days its last reading, dry, flagged",
    )
    _add_start(parser)
    _add_outputs(parser)
    parser.set_defaults(run=run, verb=_write)


def _add_start(parser: argparse.ArgumentParser) -> None:
    start = parser.add_mutually_exclusive_group()
    start.add_argument(
        "--start", metavar="FFMC,DMC,DC", type=moisture_codes, help="codes of the day before (default: 85,6,15)"
    )
    start.add_argument(
        "--continue",
        dest="earlier",
        metavar="EARLIER",
        type=Path,
        help="an earlier OUT: go on from its last day",
    )


def _add_outputs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--indices", type=_outputs, default=OUTPUTS, metavar="A,B,..", help="which to write (default: all)"
    )
    parser.add_argument(
        "--float32", action="store_true", help="compute and write in float32: half the memory, twice as fast"
    )
    parser.add_argument(
        "--threads", type=_threads, default=2, metavar="N", help="parts computed side by side (default: 2)"
    )
    parser.add_argument("--engine", choices=ENGINES, help="by default the compiled one where numba is installed")
    picture = parser.add_argument_group("map")
    picture.add_argument("--map", type=Path, metavar="OUT.png", help="draw the last day, too (PNG or SVG)")
    picture.add_argument("--map-index", choices=OUTPUTS, default="fwi", help="what is drawn (default: fwi)")
    picture.add_argument(
        "--classes",
        metavar="NAME|FILE.toml",
        default=CLASSES,
        help=f"whose classes colour it: a table as `danger grade --list` names it, or a file (default: {CLASSES})",
    )
    picture.add_argument(
        "--lang",
        choices=LANGUAGES,
        help="of its words: zh (default where a font has Chinese characters) or en",
    )


def _write(args: argparse.Namespace) -> int:
    """Write `args.out`; return 0, or 1 where something is refused (then nothing is written)."""
    try:
        notes = write_grid_codes(args)
    except ImportError as err:
        sys.stderr.write(
            f"firewatch danger grid: {err}; install the extra firewatch[grid], and firewatch[plot] for a map\n"
        )
        return 1
    except FirewatchError as err:
        sys.stderr.write(f"firewatch danger grid: {args.file.name}: {err}\n")
        return 1
    say_notes("grid", notes)
    return 0


def write_grid_codes(args: argparse.Namespace) -> list[str]:
    """Write the codes and indices, and the map; return what a person should know.

    Raises
    ------
    FirewatchError
        If a file or a choice is refused.
    ImportError
        If the libraries of the extra `grid` are missing.
    """
    import dask

    from firewatch.adapters.grid_danger import compute_danger
    from firewatch.adapters.grid_files import chunked, open_grid, require_writable_grid, write_grid
    from firewatch.adapters.grid_weather import read_weather, time_of

    require_writable_grid(args.out, (args.file, args.earlier))
    classes = _map_classes(args)
    choices = _choices(args)
    with open_grid(args.file) as opened, dask.config.set(scheduler="threads", num_workers=args.threads):
        names = dict(args.var)
        given = chunked(opened, time_of(opened, names.get("temp")))
        weather = read_weather(given, names, kind=_kind(args), utc_offset=args.utc_offset)
        start = _start(args, weather, choices)
        found = compute_danger(weather, start, choices)
        found.attrs["history"] = _history(args, opened)
        with _Progress(args.out.name):
            write_grid(found, args.out)
    if classes is not None:
        _draw(args, classes)
    return list(weather.notes)


def _choices(args: argparse.Namespace) -> GridChoices:
    from firewatch.adapters.grid_danger import GridChoices
    from firewatch.danger.grid import Engine

    engine = None if args.engine is None else Engine(args.engine)
    return GridChoices(method_of(args), args.indices, engine, fills_gaps=args.gaps != GAPS[0])


def _kind(args: argparse.Namespace) -> Any:
    import numpy as np

    return np.float32 if args.float32 else np.float64


def _start(args: argparse.Namespace, weather: GridWeather, choices: GridChoices) -> dict[str, xr.DataArray | float]:
    from firewatch.adapters.grid_files import start_after
    from firewatch.danger import COLD_START

    if args.earlier is not None:
        return {**start_after(args.earlier, weather, choices.method.label)}
    codes = args.start or COLD_START
    return {"ffmc": codes.ffmc, "dmc": codes.dmc, "dc": codes.dc}


def _history(args: argparse.Namespace, opened: xr.Dataset) -> str:
    start = f" --continue {args.earlier.name}" if args.earlier is not None else ""
    own = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} firewatch danger grid {args.file.name} {args.out.name}{start}"
    earlier = opened.attrs.get("history")
    return own if earlier is None else f"{own}\n{earlier}"


def _map_classes(args: argparse.Namespace) -> MapClasses | None:
    """Return how the map is coloured, None where none is wanted; what it needs is missed before anything is written."""
    if args.map is None:
        return None
    from firewatch.adapters.class_tables import limits_table
    from firewatch.adapters.danger_map import MapClasses
    from firewatch.danger.index_classes import DangerIndex
    from firewatch.texts import Language

    if args.map.suffix.lower() not in {".png", ".svg"}:
        raise InvalidValue("--map", args.map.name, "a name that ends in .png or .svg")
    if args.map_index not in args.indices:
        allowed = f"{args.map_index} among them where it is drawn"
        raise InvalidValue("--indices", ",".join(args.indices), allowed)
    if not args.map.parent.is_dir():
        raise ObservationError("(grid)", str(args.map), "cannot be written: its folder does not exist")
    table, index = limits_table(args.classes), DangerIndex(args.map_index)
    classes = MapClasses(table, index, Language.EN if args.lang == "en" else Language.ZH_CN)
    try:
        classes.font()
    except InvalidValue:
        if args.lang is not None:
            raise
        classes = MapClasses(table, index, Language.EN)
        sys.stderr.write("firewatch danger grid: note: no font here has Chinese characters: the map is in English\n")
    return classes


def _draw(args: argparse.Namespace, classes: MapClasses) -> None:
    """Draw the last day of what was written."""
    from firewatch.adapters.danger_map import draw_map
    from firewatch.adapters.grid_files import open_grid
    from firewatch.adapters.grid_weather import time_of

    with open_grid(args.out) as written:
        time_name = time_of(written, args.map_index)
        last = written[args.map_index].isel({time_name: -1}).load()
        day = str(last[time_name].to_numpy().astype("datetime64[D]"))
    beside = args.map.with_name(f".{args.map.name}.part{args.map.suffix}")
    try:
        draw_map(last, classes, day, beside)
        beside.replace(args.map)
    except OSError as err:
        raise ObservationError("(grid)", str(args.map), f"cannot be written: {err.strerror}") from err
    finally:
        beside.unlink(missing_ok=True)


def _named(text: str) -> tuple[str, str]:
    quantity, _, name = text.partition("=")
    if not name or quantity not in {"temp", "rh", "wind", "rain", "lat"}:
        raise argparse.ArgumentTypeError(f"{text!r}: QUANTITY=NAME is wanted, QUANTITY of temp, rh, wind, rain, lat")
    return quantity, name


def _outputs(text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(part.strip().lower() for part in text.split(",")))
    if unknown := [name for name in names if name not in OUTPUTS]:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r}: names of {', '.join(OUTPUTS)} are wanted, with commas")
    return names


def _threads(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= _MOST_THREADS:
        raise argparse.ArgumentTypeError(f"{text!r}: a number of threads is wanted, 1 to {_MOST_THREADS}")
    return int(text)


def _hours(text: str) -> timedelta:
    try:
        hours = float(text)
    except ValueError as err:
        raise argparse.ArgumentTypeError(f"{text!r}: hours east of Greenwich are wanted, -12 to 14") from err
    if not -12.0 <= hours <= 14.0:  # noqa: PLR2004 - the zones in use
        raise argparse.ArgumentTypeError(f"{text!r}: hours east of Greenwich are wanted, -12 to 14")
    return timedelta(hours=hours)


class _Progress:
    """A line on a terminal that says how much of a long run is done; nothing where nobody watches."""

    _WAIT_S = 1.0
    _EVERY_S = 0.2

    def __init__(self, name: str) -> None:
        from dask import callbacks

        self._name = name
        self._is_watched = sys.stderr.isatty()
        self._next_s = time.monotonic() + self._WAIT_S
        self._has_line = False
        kind: Any = callbacks.Callback
        self._callback = kind(posttask=self._show)

    def __enter__(self) -> None:
        self._callback.__enter__()

    def __exit__(self, *failure: object) -> None:
        self._callback.__exit__(*failure)
        if self._has_line:
            sys.stderr.write("\r\x1b[K")

    def _show(self, _key: object, _result: object, _graph: object, state: dict[str, Any], _worker: object) -> None:
        if not self._is_watched or time.monotonic() < self._next_s:
            return
        self._next_s = time.monotonic() + self._EVERY_S
        done = len(state["finished"])
        all_tasks = done + sum(len(state[name]) for name in ("ready", "waiting", "running"))
        self._has_line = True
        sys.stderr.write(f"\r\x1b[Kfirewatch danger grid: {self._name}: {100 * done // max(1, all_tasks)} %")
        sys.stderr.flush()
