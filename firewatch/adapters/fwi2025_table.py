"""Hourly systems over a table: FWI2025, or the hourly FFMC of 1977, with the columns of cffdrs-ng out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from firewatch.adapters.cffdrs_csv import NumberColumn
from firewatch.adapters.fwi_table import stations_of, weather_days, whole_numbers
from firewatch.adapters.hourly_table import HOUR, station_hours
from firewatch.danger import fwi
from firewatch.danger.fwi2025 import (
    DEFAULT_GRASS_LOAD_KG_M2,
    Fwi2025Hours,
    Fwi2025State,
    GrassCover,
    GrassForm,
    curing_of_days,
    run_fwi2025,
    summarise_days,
    sun_times,
)
from firewatch.danger.hourly import run_hourly_ffmc
from firewatch.errors import InvalidValue

if TYPE_CHECKING:
    import numpy.typing as npt

    from firewatch.adapters.cffdrs_csv import CffdrsTable
    from firewatch.adapters.hourly_table import HourlyTable, StationHours
    from firewatch.danger.fwi2025 import Fwi2025Run
    from firewatch.domain.danger import MoistureCodes

    Numbers: TypeAlias = npt.NDArray[np.float64]

__all__ = ["HourlyChoices", "HourlyResult", "require_no_fwi2025", "run_hourly"]

_CURED = NumberColumn("percent_cured", "%", 0.0, 100.0)
_LOAD = NumberColumn("grass_fuel_load", "kg/m2", 0.001, 10.0)
_SOLAR = NumberColumn("solrad", "kW/m2", 0.0, 2.0)
_BUI = NumberColumn("bui", "", 0.0, 10_000.0)
_FFMC = NumberColumn("ffmc", "", 0.0, 101.0)
_NO_CURING = (
    "10 May to 27 August where the cured share of the grass is not given; give --cured or a column percent_cured"
)
# The state, in the order of Fwi2025State, as an earlier result has it.
_STATE = (
    NumberColumn("mcffmc", "%", 0.0, 250.0, tolerance=1e-9),
    NumberColumn("dmc", "", 0.0, 10_000.0),
    NumberColumn("dc", "", 0.0, 10_000.0),
    NumberColumn("mcgfmc_matted", "%", 0.0, 250.0, tolerance=1e-9),
    NumberColumn("mcgfmc_standing", "%", 0.0, 250.0, tolerance=1e-9),
    NumberColumn("prec_cumulative", "mm", 0.0, 100_000.0),
    NumberColumn("canopy_drying", "h", 0.0, 4.0),
)
_INPUTS = ("grass_fuel_load", "percent_cured", "solrad")
_OUTPUTS = (
    *_INPUTS,
    *("sunrise", "sunset", "sunlight_hours", "mcffmc", "ffmc", "dmc", "dc", "isi", "bui", "fwi", "dsr"),
    *("mcgfmc_matted", "mcgfmc_standing", "gfmc", "gsi", "gfwi", "prec_cumulative", "canopy_drying"),
)
_AT_PEAK = ("ffmc", "dmc", "dc", "isi", "bui", "fwi", "dsr", "gfmc", "gsi", "gfwi")
_DAILY = ("id", "yr", "mon", "day", "sunrise", "sunset", "peak_hr", "duration", *_AT_PEAK)
_SMOOTHED = ("ws_smooth", "isi_smooth", "gsi_smooth")


@dataclass(frozen=True, slots=True)
class HourlyChoices:
    """What holds of a whole table.

    Parameters
    ----------
    system : str
        `fwi2025` or `vw1977`.
    wind_unit : str
        Of the column `ws`.
    utc_offset_h : float, optional
        In place of the column `timezone` [h].
    cured_pct, load_kg_m2 : float, optional
        Cured share of the grass [%] and its load [kg/m2] where no column gives them.
    grass : str
        A `GrassForm`.
    """

    system: str = "fwi2025"
    wind_unit: str = "km/h"
    utc_offset_h: float | None = None
    cured_pct: float | None = None
    load_kg_m2: float | None = None
    grass: str = GrassForm.BY_DATE.value


@dataclass(frozen=True, slots=True, eq=False)
class HourlyResult:
    """What a table gives.

    Parameters
    ----------
    hours : HourlyTable
        What was read.
    columns : dict of str to ndarray, shape (rows,)
        Further columns of the table.
    runs : tuple of (StationHours, Fwi2025Hours, Fwi2025Run)
        The runs of FWI2025, one for each group of stations with the same hours.
    notes : tuple of str
        What a person should know.
    """

    hours: HourlyTable
    columns: dict[str, Numbers]
    runs: tuple[tuple[StationHours, Fwi2025Hours, Fwi2025Run], ...]
    notes: tuple[str, ...]

    def daily_rows(self) -> list[list[str]]:
        """Return header and rows of the daily summaries, station after station."""
        rows: dict[int, list[list[str]]] = {}
        for group, given, run in self.runs:
            days = summarise_days(given, run)
            sun = sun_times(given.sites, days.day)
            smoothed = (days.wind_smooth_kmh, days.isi_smooth, days.gsi_smooth)
            for site, station in enumerate(group.station.tolist()):
                own = rows.setdefault(station, [])
                for index, day in enumerate(days.day.tolist()):
                    row = group.row[days.peak[index, site], site]
                    rise, set_ = sun.sunrise_h[index, site], sun.sunset_h[index, site]
                    numbers = [
                        *(self.columns[name][row] for name in _AT_PEAK),
                        *(column[index, site] for column in smoothed),
                    ]
                    date = [str(part) for part in (day.year, day.month, day.day)]
                    counts = [str(int(each[index, site])) for each in (days.peak_hour, days.spread_hours)]
                    name = self.hours.names[station]
                    own.append([name, *date, _clock(rise), _clock(set_), *counts, *(repr(float(n)) for n in numbers)])
        return [[*_DAILY, *_SMOOTHED], *(row for station in sorted(rows) for row in rows[station])]


def require_no_fwi2025(table: CffdrsTable, why: str) -> None:
    """Refuse a table that `run_hourly` made with FWI2025, where codes of the system of 1987 are needed.

    Parameters
    ----------
    table : CffdrsTable
        Any table.
    why : str
        Why they are needed.

    Raises
    ------
    InvalidValue
        If the table has one of the columns that only FWI2025 writes.
    """
    for column in ("mcgfmc_matted", "mcgfmc_standing", "gsi", "gfwi"):
        if table.has(column):
            where = f"{table.name} row 1 column {column}: the system of its codes"
            raise InvalidValue(where, "FWI2025", f"the FWI System of 1987; {why}")


def run_hourly(
    table: CffdrsTable,
    choices: HourlyChoices,
    earlier: CffdrsTable | None = None,
    start: MoistureCodes | None = None,
) -> HourlyResult:
    """Return the hourly codes and indices of a table.

    Parameters
    ----------
    table : CffdrsTable
        As `station_hours` reads it; curing, load and radiation (`percent_cured`, `grass_fuel_load`, `solrad`) count
        where they stand, and `bui` for `vw1977`.
    choices : HourlyChoices
        System, units, grass.
    earlier : CffdrsTable, optional
        An earlier result: its stations go on from their last hour there.
    start : MoistureCodes, optional
        An hour before the first, of stations that start new.

    Returns
    -------
    HourlyResult

    Raises
    ------
    FirewatchError
        As `station_hours` does; if an output's column is there already, or a station does not go on where it ended.
    """
    is_new = choices.system == "fwi2025"
    outputs = _OUTPUTS[len(_INPUTS) :] if is_new else ("ffmc", "isi", "fwi", "dsr")
    table.require_without(outputs)
    hours = station_hours(table, choices.wind_unit, choices.utc_offset_h, sited=is_new)
    known: dict[int, Numbers] = {}
    if earlier is not None:
        known = _last_hours(hours, earlier, _STATE if is_new else (_FFMC,))
    new = [name for number, name in enumerate(hours.names) if number not in known] if earlier is not None else []
    notes = [f"station {name} is not in {earlier.name}: it starts new" for name in new if earlier is not None]
    ffmc, dmc, dc = (85.0, 6.0, 15.0) if start is None else (start.ffmc, start.dmc, start.dc)
    if not is_new:
        return HourlyResult(hours, _run_1977(hours, known, ffmc), (), (*hours.weather.notes, *notes))
    columns = {name: np.empty(len(table.rows)) for name in _OUTPUTS}
    runs = []
    for group in hours.groups:
        cold = Fwi2025State.of_codes(1, ffmc, dmc, dc)
        states = [
            Fwi2025State(*known[station][:, None]) if station in known else cold for station in group.station.tolist()
        ]
        given = _given(hours, group, choices)
        run = run_fwi2025(Fwi2025State.joined(states), given)
        for name, values in _named(given, run).items():
            columns[name][group.row] = values
        runs.append((group, given, run))
    written = {name: column for name, column in columns.items() if not table.has(name)}
    return HourlyResult(hours, written, tuple(runs), (*hours.weather.notes, *notes))


def _last_hours(hours: HourlyTable, earlier: CffdrsTable, columns: tuple[NumberColumn, ...]) -> dict[int, Numbers]:
    """Return what stands in the last row of each station in an earlier result, by the station's number in the new one.

    Raises
    ------
    InvalidValue
        If a station does not go on in the hour after.
    """
    names, station = stations_of(earlier)
    hour = weather_days(earlier).astype("datetime64[h]") + whole_numbers(earlier, HOUR).astype("timedelta64[h]")
    values = np.array([earlier.numbers(column) for column in columns])
    last = {names[station[row]]: int(row) for row in np.argsort(hour, kind="stable")}
    known: dict[int, Numbers] = {}
    for group in hours.groups:
        for site, number in enumerate(group.station.tolist()):
            name = hours.names[number]
            if name not in last:
                continue
            follows = hour[last[name]] + np.timedelta64(1, "h")
            if group.hour[0] != follows:
                allowed = f"{follows}, the hour after station {name}'s last in {earlier.name}"
                hours.table.refuse(int(group.row[0, site]), "hr", allowed, str(group.hour[0]))
            known[number] = values[:, last[name]]
    return known


def _given(hours: HourlyTable, group: StationHours, choices: HourlyChoices) -> Fwi2025Hours:
    """Return what a group's run reads."""
    table = hours.table
    cured, load, solar = (
        table.numbers(column)[group.row] if table.has(column.name) else None for column in (_CURED, _LOAD, _SOLAR)
    )
    if cured is None:
        cured = np.full((1, 1), choices.cured_pct) if choices.cured_pct is not None else _curing(table, group)
    if load is None:
        load = np.full((1, 1), DEFAULT_GRASS_LOAD_KG_M2 if choices.load_kg_m2 is None else choices.load_kg_m2)
    grass = GrassCover(cured, load, GrassForm(choices.grass))
    return Fwi2025Hours(group.hour, hours.sites_of(group), hours.weather_of(group), grass, solar)


def _curing(table: CffdrsTable, group: StationHours) -> Numbers:
    day = group.hour.astype("datetime64[D]")
    for index in range(len(day)):
        try:
            curing_of_days(day[index : index + 1])
        except InvalidValue:
            table.refuse(int(group.row[index, 0]), "day", _NO_CURING, str(day[index]))
    return curing_of_days(day)[:, None]


def _named(given: Fwi2025Hours, run: Fwi2025Run) -> dict[str, Numbers]:
    """Return the outputs of a run by the reference program's names, broadcast to (hours, sites)."""
    codes, indices, sky = run.codes, run.indices, run.sky
    values = (
        *(given.grass.load_kg_m2, given.grass.cured_pct, sky.solar_kw_m2),
        *(sky.sunrise_h, sky.sunset_h, sky.sunset_h - sky.sunrise_h),
        *(codes.litter_pct, codes.ffmc, codes.dmc, codes.dc, indices.isi, indices.bui, indices.fwi, indices.dsr),
        *(codes.matted_pct, codes.standing_pct, codes.gfmc, indices.gsi, indices.gfwi),
        *(sky.rain_event_mm, sky.dry_hours),
    )
    return dict(zip(_OUTPUTS, values, strict=True))


def _run_1977(hours: HourlyTable, known: dict[int, Numbers], cold: float) -> dict[str, Numbers]:
    """Return FFMC and ISI of each row, and FWI and DSR where the table has a BUI."""
    ffmc = np.empty(len(hours.table.rows))
    for group in hours.groups:
        start = np.array([known[station][0] if station in known else cold for station in group.station.tolist()])
        ffmc[group.row] = run_hourly_ffmc(start, hours.weather_of(group))
    isi = fwi.initial_spread_index(ffmc, hours.weather.wind_kmh)
    found = {"ffmc": ffmc, "isi": isi}
    if hours.table.has("bui"):
        index = fwi.fire_weather_index(isi, hours.table.numbers(_BUI))
        found |= {"fwi": index, "dsr": fwi.daily_severity_rating(index)}
    return found


def _clock(hours: float) -> str:
    """Return hours after midnight as HH:MM, minutes begun not counted."""
    minutes = int(np.floor(hours * 60.0)) % (24 * 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
