"""`firewatch danger fbp IN.csv OUT.csv`: cases with the columns of cffdrs in, all outputs of the FBP System out."""

from __future__ import annotations

import sys
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from firewatch.cli.danger_choices import CONSTANTS, WIND_UNITS
from firewatch.cli.danger_notes import say_notes
from firewatch.cli.danger_progress import Progress
from firewatch.errors import FirewatchError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    import numpy as np
    import numpy.typing as npt

__all__ = ["add_verb", "write_behaviour"]

# Written out as in `danger_choices`; the first is the default.
PERIMETERS = ("cffdrs", "ellipse")


def add_verb(
    verbs: argparse._SubParsersAction[argparse.ArgumentParser], run: Callable[[argparse.Namespace], int]
) -> None:
    """Add `fbp` to the verbs of `danger`."""
    parser = verbs.add_parser(
        "fbp",
        help="fire behaviour (Canadian FBP System) of a table of cases",
        description="Write ID and the 42 outputs of every row. Columns, in any order and case, with commas, tabs or "
        "semicolons: ID, FuelType, LAT, LONG (deg), ELV (m), FFMC, BUI, WS (km/h), WD (deg, from), GS (slope, %), Dj, "
        "D0, hr (h), PC, PDF, cc (%), GFL (kg/m2), theta, Aspect (deg), Accel, BUIEff (0 or 1), CBH (m), CFL (kg/m2), "
        "ISI, FMC (%), SD, SH. What is left out or impossible is replaced as cffdrs does, or refused with --strict.",
        epilog="Example: firewatch danger fbp cases.csv behaviour.csv",
    )
    parser.add_argument("file", metavar="IN.csv", type=Path)
    parser.add_argument("out", metavar="OUT.csv", type=Path, help="written whole, or not at all")
    parser.add_argument("--strict", action="store_true", help="refuse a number out of range in place of replacing it")
    parser.add_argument(
        "--constants", choices=CONSTANTS, default=CONSTANTS[0], help=f"FFMC constants (default: {CONSTANTS[0]})"
    )
    parser.add_argument(
        "--wind-unit", choices=WIND_UNITS, default=WIND_UNITS[0], help=f"of the column WS (default: {WIND_UNITS[0]})"
    )
    parser.add_argument(
        "--perimeter",
        choices=PERIMETERS,
        default=PERIMETERS[0],
        help="the rate towards theta: as cffdrs prints it (default), or as the ellipse has it",
    )
    parser.add_argument(
        "--fuel-types",
        metavar="FILE.toml",
        type=Path,
        help="forest types as fuels (as configs/fuel_types.toml): FuelType may then be 马尾松林 or Masson pine",
    )
    parser.set_defaults(run=run, verb=_write)


def _write(args: argparse.Namespace) -> int:
    """Write `args.out`; return 0, or 1 where something is refused (then nothing is written)."""
    try:
        with Progress("fbp") as progress:
            notes = write_behaviour(args, progress)
    except FirewatchError as err:
        sys.stderr.write(f"firewatch danger fbp: {err}\n")
        return 1
    say_notes("fbp", notes)
    return 0


def write_behaviour(args: argparse.Namespace, progress: Progress) -> list[str]:
    """Write the outputs of every case; return what a person should know.

    Raises
    ------
    FirewatchError
        If the file or a choice is refused.
    """
    from firewatch.adapters.cffdrs_csv import read_cffdrs_csv, require_writable, text_rows, write_beside
    from firewatch.adapters.fbp_table import fbp_table
    from firewatch.adapters.fuel_types_toml import read_fuel_types
    from firewatch.adapters.fwi2025_table import require_no_fwi2025
    from firewatch.danger import FbpMethod, FfmcFamily, behaviour_table
    from firewatch.danger.fbp import InputPolicy, PerimeterForm

    for source in (args.file, args.fuel_types):
        require_writable(args.out, source)
    progress.begin(args.file)
    table = read_cffdrs_csv(args.file)
    require_no_fwi2025(table, "fire behaviour was fitted to those")
    policy = InputPolicy.STRICT if args.strict else InputPolicy.REFERENCE
    fuels = None if args.fuel_types is None else read_fuel_types(args.fuel_types)
    given = fbp_table(table, policy, args.wind_unit, fuels)
    method = FbpMethod(FfmcFamily(args.constants), PerimeterForm[args.perimeter.upper()])
    progress.compute()
    outputs = behaviour_table(given.columns, policy=policy, method=method)
    progress.end(args.out)
    write_beside(args.out, chain([tuple(outputs)], text_rows(outputs, _texts)), table.delimiter)
    return list(given.notes)


def _texts(values: npt.NDArray[np.generic]) -> list[str]:
    """Return a column's cells, numbers in full precision; NA where there is no number."""
    if values.dtype.kind != "f":
        return [str(value) for value in values.tolist()]
    return ["NA" if number != number else repr(number) for number in values.tolist()]  # noqa: PLR0124 - only NaN is not itself
