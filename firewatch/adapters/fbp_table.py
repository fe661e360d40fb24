"""Cases of the FBP System from a table with the columns of cffdrs, checked cell by cell."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from firewatch.adapters.fwi_table import require_on_earth, wind_column
from firewatch.adapters.wind_units import WIND_UNITS
from firewatch.danger import fuels_by_name
from firewatch.danger.fbp import FBP_COLUMNS, InputPolicy, fuel_codes
from firewatch.errors import InvalidValue, ObservationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from firewatch.adapters.cffdrs_csv import CffdrsTable
    from firewatch.danger import ForestFuels, NamedFuels

__all__ = ["FbpTable", "fbp_table"]

_MISSING = frozenset({"", "na", "nan", "none", "null"})
_FUEL = "FUELTYPE"
_FUEL_WHERE_MISSING = "C2"
# What decides a fire's behaviour: where the table does not give it, that is said.
_SAID = ("LAT", "LONG", "DJ", "FFMC", "BUI", "WS")


@dataclass(frozen=True, slots=True)
class FbpTable:
    """A table's cases.

    Parameters
    ----------
    columns : mapping of str to sequence or ndarray, shape (rows,)
        As `firewatch.danger.behaviour_table` takes them; numbers are NaN where they are missing.
    notes : tuple of str
        What was taken otherwise than written.
    """

    columns: Mapping[str, Sequence[str] | npt.NDArray[np.float64]]
    notes: tuple[str, ...]


def fbp_table(
    table: CffdrsTable, policy: InputPolicy, wind_unit: str = "km/h", fuels: ForestFuels | None = None
) -> FbpTable:
    """Return the cases of a table.

    Parameters
    ----------
    table : CffdrsTable
        With any of `ID`, `FuelType` and the columns of `FBP_COLUMNS`.
    policy : InputPolicy
        What is done about a number out of range.
    wind_unit : str
        Of the column `WS`: one of `WIND_UNITS`.
    fuels : ForestFuels, optional
        Forest types that may stand for fuel types.

    Returns
    -------
    FbpTable

    Raises
    ------
    FirewatchError
        Naming file, row, column, what is there and what is allowed: no column of a case at all, a fuel type that is
        none, a cell that is no number, a latitude that is none, a wind declared in another unit; and if strict, a
        number out of range.
    """
    wind = wind_column(table, wind_unit)
    at = {name: wind if name == "WS" else name.lower() for name in ("ID", _FUEL, *FBP_COLUMNS)}
    at = {name: column for name, column in at.items() if table.has(column)}
    if not at:
        have = ", ".join(filter(None, table.header))
        why = f"no column of a case, as FuelType, FFMC, BUI, WS; the header has {have}"
        raise ObservationError("(file)", f"{table.name} row 1", why)
    require_on_earth(table)
    named, notes = _fuels(table, {name: table.texts(column) for name, column in at.items()}, policy, fuels)
    columns: dict[str, Sequence[str] | npt.NDArray[np.float64]] = {}
    for name, cells in named.items():
        if name not in FBP_COLUMNS:
            columns[name] = cells
            continue
        values = _numbers(table, at.get(name, name), cells) * (WIND_UNITS[wind_unit] if name == "WS" else 1.0)
        notes += _range_notes(table, name, at.get(name, name), values, policy)
        columns[name] = values
    return FbpTable(columns, (*_column_notes(named), *notes))


def _fuels(
    table: CffdrsTable, columns: dict[str, list[str]], policy: InputPolicy, fuels: ForestFuels | None
) -> tuple[Mapping[str, Sequence[str]], list[str]]:
    """Return the columns with FBP fuel types, and what is to be said of them."""
    cells = columns.get(_FUEL, [])
    for cell in dict.fromkeys(cells):
        is_taken = cell.lower() in _MISSING and policy is InputPolicy.REFERENCE
        try:
            if not is_taken and (fuels is None or fuels.find(cell) is None):
                fuel_codes((cell,))
        except InvalidValue as err:
            known = "" if fuels is None else f", or {', '.join(fuel.name_zh for fuel in fuels.fuels)}"
            table.refuse(cells.index(cell), _FUEL.lower(), f"{err.allowed}{known}")
    if fuels is None:
        return columns, []
    named: NamedFuels = fuels_by_name(columns, fuels)
    open_ones = [f"{fuel.name_zh} as {fuel.fuel.name}" for fuel in named.used if not fuel.is_confirmed]
    return named.columns, [f"forest types to be confirmed (待核): {', '.join(open_ones)}"] if open_ones else []


def _numbers(table: CffdrsTable, column: str, cells: Sequence[str]) -> npt.NDArray[np.float64]:
    """Return a column's numbers, NaN where a cell is blank or NA."""
    values = np.array([math.nan if cell.lower() in _MISSING else _number(cell) for cell in cells])
    wrong = np.isinf(values)
    if wrong.any():
        table.refuse(int(wrong.argmax()), column, "a number, or blank or NA where it is missing")
    return values


def _number(cell: str) -> float:
    """Return a cell's number; infinity, which nothing allows, where it is none."""
    try:
        return math.inf if "_" in cell else float(cell)
    except ValueError:
        return math.inf


def _range_notes(
    table: CffdrsTable, name: str, column: str, values: npt.NDArray[np.float64], policy: InputPolicy
) -> list[str]:
    """Return what is said of numbers that are missing or out of range; refuse the latter if the policy is strict."""
    rule, notes = FBP_COLUMNS[name], []
    outside = np.flatnonzero(rule.is_outside(values))
    if outside.size and policy is InputPolicy.STRICT:
        allowed = f"{'above ' if rule.low_is_outside else ''}{rule.low:g} to {rule.high:g}"
        table.refuse(int(outside[0]), column, allowed)
    outside = outside[values[outside] != rule.low]  # cffdrs writes 0 for a share or a load that is not given
    missing = np.flatnonzero(np.isnan(values))
    if outside.size:
        row, allowed = table.row_numbers[outside[0]], f"{rule.low:g} to {rule.high:g}"
        notes.append(f"{name} out of range ({allowed}) taken as {rule.outside:g} in {outside.size} rows, first {row}")
    if missing.size and name in _SAID and policy is InputPolicy.REFERENCE:
        row = table.row_numbers[missing[0]]
        notes.append(f"{name} missing, taken as {rule.missing:g}, in {missing.size} rows, first {row}")
    return notes


def _column_notes(columns: Mapping[str, object]) -> list[str]:
    taken = {_FUEL: _FUEL_WHERE_MISSING, **{name: f"{FBP_COLUMNS[name].missing:g}" for name in _SAID}}
    missing = [f"{name} ({default})" for name, default in taken.items() if name not in columns]
    return [f"no column for {', '.join(missing)}: computed with the number in brackets"] if missing else []
