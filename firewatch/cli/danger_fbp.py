"""`firewatch danger fbp IN.csv OUT.csv`: cases with the columns of cffdrs in, all outputs of the FBP System out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from firewatch.cli.danger_choices import CONSTANTS
from firewatch.errors import FirewatchError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np
    import numpy.typing as npt

    from firewatch.adapters.cffdrs_csv import CffdrsTable

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
        description="Write ID and the 42 outputs of every row. Columns, in any order and case, with commas or "
        "semicolons: ID, FuelType, LAT, LONG (deg), ELV (m), FFMC, BUI, WS (km/h), WD (deg, from), GS (slope, %), Dj, "
        "D0, hr (h), PC, PDF, cc (%), GFL (kg/m2), theta, Aspect (deg), Accel, BUIEff (0 or 1), CBH (m), CFL (kg/m2), "
        "ISI, FMC (%), SD, SH. What is left out or impossible is replaced as cffdrs does, or refused with --strict.",
    )
    parser.add_argument("file", metavar="IN.csv", type=Path)
    parser.add_argument("out", metavar="OUT.csv", type=Path, help="written whole, or not at all")
    parser.add_argument("--strict", action="store_true", help="refuse a number out of range in place of replacing it")
    parser.add_argument(
        "--constants", choices=CONSTANTS, default=CONSTANTS[0], help=f"FFMC constants (default: {CONSTANTS[0]})"
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
        notes = write_behaviour(args)
    except FirewatchError as err:
        sys.stderr.write(f"firewatch danger fbp: {args.file.name} (its rows counted below the header): {err}\n")
        return 1
    for note in notes:
        sys.stderr.write(f"firewatch danger fbp: note: {note}\n")
    return 0


def write_behaviour(args: argparse.Namespace) -> list[str]:
    """Write the outputs of every case; return what a person should know.

    Raises
    ------
    FirewatchError
        If the file or a choice is refused.
    """
    from firewatch.adapters.cffdrs_csv import read_cffdrs_csv, require_writable, write_beside
    from firewatch.adapters.fwi2025_table import require_no_fwi2025
    from firewatch.danger import FbpMethod, FfmcFamily, behaviour_table
    from firewatch.danger.fbp import InputPolicy, PerimeterForm

    require_writable(args.out, args.file)
    table = read_cffdrs_csv(args.file)
    require_no_fwi2025(table, "fire behaviour was fitted to those")
    columns, notes = _columns(table, args.fuel_types)
    outputs = behaviour_table(
        columns,
        policy=InputPolicy.STRICT if args.strict else InputPolicy.REFERENCE,
        method=FbpMethod(FfmcFamily(args.constants), PerimeterForm[args.perimeter.upper()]),
    )
    rows = zip(*(_texts(values) for values in outputs.values()), strict=True)
    write_beside(args.out, [list(outputs), *(list(row) for row in rows)], table.delimiter)
    return notes


def _columns(table: CffdrsTable, fuel_types: Path | None) -> tuple[Mapping[str, Sequence[str]], list[str]]:
    """Return the table's columns with FBP fuel types, and which of these rest on forest types to be confirmed."""
    columns = {name: table.texts(name.strip().lower()) for name in table.header if name.strip()}
    if fuel_types is None:
        return columns, []
    from firewatch.adapters.fuel_types_toml import read_fuel_types
    from firewatch.danger import fuels_by_name

    named = fuels_by_name(columns, read_fuel_types(fuel_types))
    open_ones = [f"{fuel.name_zh} as {fuel.fuel.name}" for fuel in named.used if not fuel.is_confirmed]
    notes = [f"forest types to be confirmed (待核): {', '.join(open_ones)}"] if open_ones else []
    return named.columns, notes


def _texts(values: npt.NDArray[np.generic]) -> list[str]:
    """Return a column's cells, numbers in full precision; NA where there is no number."""
    if values.dtype.kind != "f":
        return [str(value) for value in values.tolist()]
    return ["NA" if number != number else repr(number) for number in values.tolist()]  # noqa: PLR0124 - only NaN is not itself
