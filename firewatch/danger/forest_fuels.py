"""Forest types by the names that foresters use, as fuels of the FBP System and of Wang's spread model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from firewatch.danger.columns import require_range
from firewatch.danger.fbp.fuels import FuelType
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["ForestFuel", "ForestFuels", "NamedFuels", "fuels_by_name"]

_MISSING = frozenset({"", "na", "nan", "none", "null"})  # as in the tables of the FBP System


@dataclass(frozen=True, slots=True)
class ForestFuel:
    """One forest type.

    Parameters
    ----------
    name_zh, name_en : str
        As people say it.
    fuel : FuelType
        What it is closest to in the FBP System.
    fuel_factor : float
        Ks of Wang's spread model, 0 to 5; 0 where nothing burns, and only there.
    reason : str
        Why these two.
    is_confirmed : bool
        Whether the bureau has confirmed them.
    other_names : tuple of str
        By which it is found as well.
    conifer_pct, cured_pct : float, optional
        PC and CC of the FBP System, 0 to 100 [%]; for the types M1, M2, and O1A, O1B.

    Raises
    ------
    InvalidValue
        If a name or the reason is empty, a number is out of range or has no use with the fuel type, or only one of the
        two systems says that it burns.
    """

    name_zh: str
    name_en: str
    fuel: FuelType
    fuel_factor: float
    reason: str
    is_confirmed: bool = False
    other_names: tuple[str, ...] = ()
    conifer_pct: float | None = None
    cured_pct: float | None = None

    def __post_init__(self) -> None:
        for what, text in (
            ("name in Chinese", self.name_zh),
            ("name in English", self.name_en),
            ("reason", self.reason),
        ):
            if not text.strip():
                raise InvalidValue(f"{what} of a forest type", text, "some words")
        require_range(f"fuel factor of {self.name_zh}", self.fuel_factor, 0.0, 5.0)
        if self.fuel.burns != (self.fuel_factor > 0.0):
            allowed = "above 0" if self.fuel.burns else "0"
            raise InvalidValue(f"fuel factor of {self.name_zh}", self.fuel_factor, f"{allowed} with {self.fuel.name}")
        for what, value, kinds in (
            ("conifer_pct", self.conifer_pct, ("M1", "M2")),
            ("cured_pct", self.cured_pct, ("O1A", "O1B")),
        ):
            if value is None:
                continue
            if self.fuel.name not in kinds:
                raise InvalidValue(f"{what} of {self.name_zh}", value, f"left out with {self.fuel.name}")
            require_range(f"{what} of {self.name_zh} (%)", value, 0.0, 100.0)

    @property
    def names(self) -> tuple[str, ...]:
        """All names by which it is found."""
        return (self.name_zh, self.name_en, *self.other_names)


class ForestFuels:
    """A table of forest types.

    Parameters
    ----------
    fuels : tuple of ForestFuel
        At least one; no name may stand for two.

    Raises
    ------
    InvalidValue
        If the table is empty, or a name is given twice.
    """

    def __init__(self, fuels: tuple[ForestFuel, ...]) -> None:
        if not fuels:
            raise InvalidValue("table of forest types", (), "at least one")
        self._fuels = fuels
        self._by_name: dict[str, ForestFuel] = {}
        for fuel in fuels:
            for name in map(_plain, fuel.names):
                if name in self._by_name:
                    allowed = f"one forest type a name; it already stands for {self._by_name[name].name_zh}"
                    raise InvalidValue("name of a forest type", name, allowed)
                self._by_name[name] = fuel

    @property
    def fuels(self) -> tuple[ForestFuel, ...]:
        """The types, as given."""
        return self._fuels

    def find(self, name: str) -> ForestFuel | None:
        """Return the type of a name, in whatever case and with or without blanks; None where there is none."""
        return self._by_name.get(_plain(name))


@dataclass(frozen=True, slots=True)
class NamedFuels:
    """Columns of cases whose fuels stood there by the names of forest types.

    Parameters
    ----------
    columns : mapping of str to list of str
        As given, with FBP fuel types in ``FuelType``, and the types' shares in blank cells of ``PC`` and ``CC``.
    used : tuple of ForestFuel
        The types that occurred, in order of their first rows.
    """

    columns: Mapping[str, Sequence[str]]
    used: tuple[ForestFuel, ...]


def fuels_by_name(columns: Mapping[str, Sequence[str]], fuels: ForestFuels) -> NamedFuels:
    """Return cases with FBP fuel types in place of the names of forest types.

    Parameters
    ----------
    columns : mapping of str to sequence of str
        ``FuelType``, ``PC``, ``CC`` and others, in any case; FBP fuel types may stand among the names.
    fuels : ForestFuels
        The names.

    Returns
    -------
    NamedFuels

    Raises
    ------
    InvalidValue
        If a name is neither a forest type nor an FBP fuel type; the message names its row.
    """
    of = {name.strip().upper(): name for name in columns}
    cells = columns.get(of.get("FUELTYPE", ""), ())
    found = [fuels.find(cell) for cell in cells]
    for row, (cell, forest) in enumerate(zip(cells, found, strict=True), start=1):
        if forest is None and not _is_fbp_type(cell):
            known = ", ".join(fuel.name_zh for fuel in fuels.fuels)
            raise InvalidValue(f"fuel type of row {row}", cell, f"a fuel type of the FBP System, or {known}")
    changed = {name: list(values) for name, values in columns.items()}
    for name, attribute in (("FUELTYPE", None), ("PC", "conifer_pct"), ("CC", "cured_pct")):
        column = changed.setdefault(of.get(name, name), [""] * len(found)) if found else []
        for row, forest in enumerate(found):
            if forest is None:
                continue
            if attribute is None:
                column[row] = forest.fuel.name
            elif column[row].strip().lower() in _MISSING:
                share = getattr(forest, attribute)
                column[row] = "" if share is None else repr(share)
    return NamedFuels(changed, tuple(dict.fromkeys(forest for forest in found if forest is not None)))


def _is_fbp_type(cell: str) -> bool:
    return cell.strip().lower() in _MISSING or cell.replace("-", "").replace(" ", "").upper() in FuelType.__members__


def _plain(name: str) -> str:
    return "".join(name.split()).casefold()
