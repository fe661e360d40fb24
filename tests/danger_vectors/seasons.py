"""Vectors of the fire season: dates of three stations, and a global sample of seasons and codes."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from danger_vectors.comparing import Compared, Digits, Vector, same
from danger_vectors.reading import numbers, read_texts
from firewatch.danger import (
    CodeArrays,
    DailyWeather,
    DayLengthBands,
    DmcForm,
    FfmcFamily,
    FwiMethod,
    GfwedSeason,
    SeasonWeather,
    TemperatureSeason,
    indices_of,
    season_days,
    season_spans,
    step_day,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import numpy.typing as npt

    from danger_vectors.comparing import Column
    from danger_vectors.reading import Columns

__all__ = ["GLOBAL_METHOD", "PLACES", "VECTORS", "published_dates", "sample_of_2017", "station_dates"]

DATES = Digits("dates", np.zeros_like)
SINGLE = Digits("single precision", lambda printed: 2e-5 * np.abs(printed))
GLOBAL_METHOD = FwiMethod(FfmcFamily.CLASSIC, DayLengthBands.XCLIM, DmcForm.PRINTED)
PLACES = {"Jamésie": 53.0, "Montréal": 47.0, "Amazonie": 0.0, "Andes": -23.0}


def published_dates(path: Path) -> list[tuple[str, str]]:
    """Return what happened and when, as cffdrs prints it."""
    texts = read_texts(path)
    return list(zip(texts["fsdatetype"], texts["date"], strict=True))


def station_dates(path: Path, station: int, rule: TemperatureSeason) -> list[tuple[str, str]]:
    """Return what happened and when by our rule, at one station of test_wDC.csv."""
    texts = read_texts(path)
    rows = [row for row, name in enumerate(texts["id"]) if name == str(station)]
    first = date(*(int(texts[name][rows[0]]) for name in ("yr", "mon", "day")))
    highest = np.array([float(texts["tmax"][row]) for row in rows])
    days = season_days(SeasonWeather(first, len(rows), max_temp_c=highest), rule)
    dates = []
    for span in season_spans(first, days.is_on):
        dates.append(("start", str(span.starts_on)))
        if span.over_on is not None:
            dates.append(("end", str(span.over_on)))
    return dates


def _dates(station: int, rule: TemperatureSeason) -> Callable[[Path], Compared]:
    def compare(path: Path) -> Compared:
        ours = station_dates(path.parents[1] / "input" / "test_wDC.csv", station, rule)
        return Compared({"date": same(ours, published_dates(path))})

    return compare


def sample_of_2017(path: Path, place: str) -> tuple[Columns, npt.NDArray[np.int_]]:
    """Return the numbers of one place of GFWED's sample, NaN off season, and the months of its days."""
    texts = read_texts(path)
    rows = [row for row, name in enumerate(texts["loc"]) if name == place]
    given = {
        name: numbers([cells[row] for row in rows]) for name, cells in texts.items() if name not in {"loc", "time"}
    }
    return given, np.array([int(texts["time"][row][5:7]) for row in rows])


def _flags(path: Path) -> Compared:
    """Compare which days are in season; two of the places were in season before the sample begins."""
    ours: list[bool] = []
    printed: list[bool] = []
    for place in PLACES:
        given, _ = sample_of_2017(path, place)
        want = (~np.isnan(given["DC"])).tolist()
        weather = SeasonWeather(date(2017, 1, 1), len(want), None, given["tas"], given["snow_depth"])
        ours += season_days(weather, GfwedSeason(), was_on=want[0]).is_on.tolist()
        printed += want
    return Compared({"in season": same(ours, printed)})


def _steps(path: Path) -> Compared:
    """Compare each day with the printed day before it; indices with the printed codes of their day."""
    places = [_place(path, place, lat) for place, lat in PLACES.items()]
    columns = {
        name: (np.concatenate([one[name][0] for one in places]), np.concatenate([one[name][1] for one in places]))
        for name in places[0]
    }
    left_out = 365 * len(places) - len(columns["FFMC"][0])
    return Compared(columns, left_out, "off season, and first days")


def _place(path: Path, place: str, lat: float) -> dict[str, Column]:
    given, months = sample_of_2017(path, place)
    is_on = ~np.isnan(given["DC"])
    day = np.flatnonzero(is_on[1:] & is_on[:-1]) + 1
    today = {name: values[day] for name, values in given.items()}
    before = CodeArrays(*(given[name][day - 1] for name in ("FFMC", "DMC", "DC")))
    weather = DailyWeather(today["tas"], np.minimum(today["rh"], 100.0), today["sfcwind"], today["prbc"])
    codes = step_day(before, weather, lat, months[day], GLOBAL_METHOD)
    printed = CodeArrays(*(today[name] for name in ("FFMC", "DMC", "DC")))
    indices = indices_of(printed, weather.wind_kmh, GLOBAL_METHOD)
    ours = {"FFMC": codes.ffmc, "DMC": codes.dmc, "DC": codes.dc}
    ours |= {"ISI": indices.isi, "BUI": indices.bui, "FWI": indices.fwi}
    return {name: (values, today[name]) for name, values in ours.items()}


def _all() -> Iterator[Vector]:
    name = "fire season by temperature"
    colder = TemperatureSeason(10.0, 3.0)
    for station in (1, 2, 3):
        for kind, rule in (
            ("WF93", TemperatureSeason()),
            ("WF93_multiyear", TemperatureSeason()),
            ("WF93_start10_end3", colder),
        ):
            file = f"cffdrs_r/full_precision/fire_season_id{station}_{kind}.csv"
            yield Vector(file, name, DATES, _dates(station, rule))
    for number, station, rule in ((1, 1, TemperatureSeason()), (2, 1, colder), (3, 2, TemperatureSeason())):
        yield Vector(f"cffdrs_r/expected/FireSeason_test_wDC_{number}.csv", name, DATES, _dates(station, rule))
    yield Vector("xclim/GFWED_sample_2017.csv", "fire season by snow and temperature (GFWED)", DATES, _flags)
    label = f"FWI System, single days ({GLOBAL_METHOD.label})"
    yield Vector("xclim/GFWED_sample_2017.csv", label, SINGLE, _steps, "days in a row")


VECTORS = tuple(_all())
