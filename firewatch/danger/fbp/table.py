"""A table of cases in columns, named as the R package cffdrs names them, to a table of all outputs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.danger.fbp.cases import FbpCases, FbpWeather, FireRun, FoliarSeason, Terrain
from firewatch.danger.fbp.crown import crown_base_height
from firewatch.danger.fbp.fuels import CROWN_LOAD_KG_M2, FuelBed, FuelType, fuel_codes
from firewatch.danger.fbp.shape import PerimeterForm
from firewatch.danger.fbp.system import FbpMethod, PrimaryOutputs, predict_behaviour
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    Numbers: TypeAlias = npt.NDArray[np.float64]
    Columns: TypeAlias = Mapping[str, Sequence[object] | npt.NDArray[np.generic]]

__all__ = ["FBP_COLUMNS", "FBP_OUTPUTS", "ColumnRule", "InputPolicy", "behaviour_table"]

_MISSING = ("", "na", "nan", "none", "null")
# What the reference program computes with where there is no table at all: its own height and load for C2.
_NO_TABLE = {"CBH": 3.0, "CFL": 1.0}
# Columns whose default says "not given", so that also the strict policy takes it.
_OPTIONAL = frozenset(("ELV", "D0", "CBH", "CFL", "ISI", "FMC", "SD", "SH", "ACCEL", "BUIEFF"))


class InputPolicy(Enum):
    """What is done about an input that is missing or out of range.

    ``REFERENCE``
        It is replaced as the R package cffdrs 1.10 replaces it: `FBP_COLUMNS` says by what.
    ``STRICT``
        A number out of range is an error that names column and row; one that is missing gives NaN where it is needed,
        and a missing column is taken by its default.
    """

    REFERENCE = "reference"
    STRICT = "strict"


@dataclass(frozen=True, slots=True)
class ColumnRule:
    """What one column may hold.

    Parameters
    ----------
    missing : float
        What stands in for a missing number, or column.
    low, high : float
        The range.
    outside : float
        What stands in for a number out of range.
    low_is_outside : bool
        Whether the lower limit is itself out of range.
    """

    missing: float
    low: float
    high: float
    outside: float
    low_is_outside: bool = False

    def is_outside(self, values: Numbers) -> npt.NDArray[np.bool_]:
        """Return which numbers are out of range; a missing one is not."""
        below = values <= self.low if self.low_is_outside else values < self.low
        return below | (values > self.high)


# The columns by cffdrs's names, whatever their case. 0 in CBH, CFL, D0, FMC, SD and SH: not given. Vectors of cffdrs
# show the defaults of FuelType, FFMC, BUI, WS, GS, WD, ASPECT, ELV, D0, BUIEFF, CBH and CFL, and 95 for a CC of 0; the
# other stand-ins are to be confirmed.
FBP_COLUMNS: Mapping[str, ColumnRule] = MappingProxyType(
    {
        "LAT": ColumnRule(55.0, -90.0, 90.0, 0.0),
        "LONG": ColumnRule(-120.0, -180.0, 360.0, 0.0),
        "ELV": ColumnRule(0.0, 0.0, 10_000.0, 0.0),
        "FFMC": ColumnRule(90.0, 0.0, 101.0, 0.0),
        "BUI": ColumnRule(60.0, 0.0, 1000.0, 0.0),
        "WS": ColumnRule(10.0, 0.0, 300.0, 0.0),
        "WD": ColumnRule(0.0, -360.0, 360.0, 0.0),
        "GS": ColumnRule(0.0, 0.0, 200.0, 0.0),
        "DJ": ColumnRule(180.0, 0.0, 366.0, 0.0),
        "D0": ColumnRule(0.0, 0.0, 366.0, 0.0),
        "HR": ColumnRule(1.0, -8784.0, 8784.0, 24.0),
        "PC": ColumnRule(50.0, 0.0, 100.0, 50.0),
        "PDF": ColumnRule(35.0, 0.0, 100.0, 35.0),
        "GFL": ColumnRule(0.35, 0.0, 100.0, 0.35, low_is_outside=True),
        "CC": ColumnRule(80.0, 0.0, 100.0, 95.0, low_is_outside=True),
        "THETA": ColumnRule(0.0, -360.0, 360.0, 0.0),
        "ACCEL": ColumnRule(0.0, 0.0, 1.0, 0.0),
        "ASPECT": ColumnRule(0.0, -360.0, 360.0, 0.0),
        "BUIEFF": ColumnRule(1.0, 0.0, 1.0, 1.0),
        "CBH": ColumnRule(0.0, 0.0, 50.0, 0.0),
        "CFL": ColumnRule(0.0, 0.0, 2.0, 0.0),
        "ISI": ColumnRule(0.0, 0.0, 300.0, 0.0),
        "FMC": ColumnRule(0.0, 0.0, 120.0, 0.0),
        "SD": ColumnRule(0.0, 0.0, 100_000.0, 0.0),
        "SH": ColumnRule(0.0, 0.0, 100.0, 0.0),
    }
)

# The outputs by cffdrs's names, in its order, with the fields that hold them.
FBP_OUTPUTS: Mapping[str, str] = MappingProxyType(
    {
        name: name.lower().removesuffix("t") + "_t"
        if name in {"HROSt", "FROSt", "BROSt", "LBt", "TROSt"}
        else name.lower()
        for name in (
            *(
                "CFB",
                "CFC",
                "FD",
                "HFI",
                "RAZ",
                "ROS",
                "SFC",
                "TFC",
                "BE",
                "SF",
                "ISI",
                "FFMC",
                "FMC",
                "D0",
                "RSO",
                "CSI",
            ),
            *(
                "FROS",
                "BROS",
                "HROSt",
                "FROSt",
                "BROSt",
                "FCFB",
                "BCFB",
                "FFI",
                "BFI",
                "FTFC",
                "BTFC",
                "TI",
                "FTI",
                "BTI",
            ),
            *("LB", "LBt", "WSV", "DH", "DB", "DF", "TROS", "TROSt", "TCFB", "TFI", "TTFC", "TTI"),
        )
    }
)


def behaviour_table(
    columns: Columns,
    *,
    policy: InputPolicy = InputPolicy.REFERENCE,
    method: FbpMethod | None = None,
) -> dict[str, npt.NDArray[np.generic]]:
    """Return all outputs of a table of cases.

    Parameters
    ----------
    columns : mapping of str to sequences of equal lengths n
        ``ID``, ``FuelType`` and the columns of `FBP_COLUMNS`, in any case and order; numbers or their text, blank or
        ``NA`` where missing; others are left alone. None at all is one case of the defaults.
    policy : InputPolicy
        What is done about missing and impossible numbers; by default what cffdrs does.
    method : FbpMethod, optional
        The named choices; by default cffdrs's, also where it errs (`PerimeterForm.CFFDRS`).

    Returns
    -------
    dict of str to ndarray (n,)
        ``ID`` and the 42 columns of `FBP_OUTPUTS`, in cffdrs's order.

    Raises
    ------
    InvalidValue
        If the columns differ in length, a fuel type is unknown, a text is no number, or, under the strict policy, a
        number is out of range.
    """
    given = {name.strip().upper(): np.asarray(values) for name, values in columns.items()}
    if not given:
        given = {name: np.array([value]) for name, value in _NO_TABLE.items()}
    lengths = {name: len(values) for name, values in given.items()}
    if len(set(lengths.values())) != 1:
        raise InvalidValue("lengths of the columns", lengths, "one length for all")
    rows = next(iter(lengths.values()))
    names = given.get("FUELTYPE", np.full(rows, FuelType.C2.name))
    fuel = fuel_codes(_fuel_name(name, policy) for name in names.tolist())
    values = {name: _column(name, given.get(name), rows, policy) for name in FBP_COLUMNS}
    primary, secondary = predict_behaviour(_cases(fuel, values), method or FbpMethod(perimeter=PerimeterForm.CFFDRS))
    table: dict[str, npt.NDArray[np.generic]] = {"ID": given.get("ID", np.arange(1, rows + 1))}
    for name, attribute in FBP_OUTPUTS.items():
        table[name] = getattr(primary if attribute in PrimaryOutputs.__slots__ else secondary, attribute)
    return table


def _fuel_name(given: object, policy: InputPolicy) -> str:
    """Return a fuel type's name; C2 for one that is missing, unless the policy is strict."""
    name = str(given)
    return FuelType.C2.name if policy is InputPolicy.REFERENCE and name.strip().lower() in _MISSING else name


def _column(name: str, given: npt.NDArray[np.generic] | None, rows: int, policy: InputPolicy) -> Numbers:
    """Return one column as numbers, by its rule and the policy."""
    rule = FBP_COLUMNS[name]
    if given is None:
        return np.full(rows, rule.missing)
    values = _numbers(name, given)
    outside = rule.is_outside(values)
    filled = np.where(np.isnan(values), rule.missing, values)
    if policy is InputPolicy.REFERENCE:
        return np.where(outside, rule.outside, filled)
    if outside.any():
        row = int(np.flatnonzero(outside)[0])
        allowed = f"{'above ' if rule.low_is_outside else ''}{rule.low:g} to {rule.high:g}"
        raise InvalidValue(f"{name} of row {row + 1}", float(values[row]), allowed)
    return filled if name in _OPTIONAL else values


def _numbers(name: str, given: npt.NDArray[np.generic]) -> Numbers:
    """Return what the cells hold, NaN where it is missing."""
    texts = given if given.dtype.kind in "fiubU" else given.astype(np.str_)
    try:
        return texts.astype(np.float64)
    except ValueError:  # a blank, or no number: looked at more closely, and more slowly
        return _numbers_or_missing(name, texts)


def _numbers_or_missing(name: str, given: npt.NDArray[np.generic]) -> Numbers:
    """Return what texts hold, NaN where it is missing."""
    texts = np.char.strip(given.astype(np.str_))
    texts = np.where(np.isin(np.char.lower(texts), _MISSING), "nan", texts)
    try:
        return texts.astype(np.float64)
    except ValueError as err:
        row, text = next((row, text) for row, text in enumerate(texts.tolist(), start=1) if not _is_number(text))
        raise InvalidValue(f"{name} of row {row}", text, "a number, or blank or NA where it is missing") from err


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _cases(fuel: npt.NDArray[np.intp], values: dict[str, Numbers]) -> FbpCases:
    """Return the cases of complete columns."""
    height = crown_base_height(fuel, values["CBH"], values["SD"], values["SH"])
    load = np.where(values["CFL"] > 0.0, values["CFL"], CROWN_LOAD_KG_M2[fuel])
    return FbpCases(
        FuelBed(fuel, values["PC"], values["PDF"], values["CC"], values["GFL"], height, load),
        FbpWeather(values["FFMC"], values["BUI"], values["WS"], values["WD"], values["ISI"]),
        Terrain(values["GS"], values["ASPECT"]),
        FoliarSeason(values["LAT"], np.abs(values["LONG"]), values["ELV"], values["DJ"], values["D0"], values["FMC"]),
        FireRun(np.abs(values["HR"]), values["THETA"], values["ACCEL"] > 0.0, values["BUIEFF"] > 0.0),
    )
