"""FWI2025's vectors: hours, days of them, hours made of days, and extremes made of noon."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from danger_vectors.comparing import FULL, Compared, Vector, decimals
from danger_vectors.reading import numbers, read_texts
from firewatch.danger.fwi2025 import (
    Fwi2025Hours,
    Fwi2025Run,
    Fwi2025State,
    GrassCover,
    MinMaxDays,
    Sites,
    curing_of_days,
    hours_of_days,
    minmax_of_noon,
    run_fwi2025,
    summarise_days,
)
from firewatch.danger.sorption import StepWeather

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import numpy.typing as npt

    from danger_vectors.comparing import Column
    from danger_vectors.reading import Numbers

__all__ = ["HOURLY", "VECTORS", "Texts", "column", "days_of", "rounded", "run_of", "site_of"]

Texts = dict[str, list[str]]
CODES = ("ffmc", "dmc", "dc", "gfmc")
INDICES = ("isi", "bui", "fwi", "dsr", "gsi", "gfwi")
HOURLY = {
    **{name: ("codes", name) for name in CODES},
    **{name: ("indices", name) for name in INDICES},
    "solrad": ("sky", "solar_kw_m2"),
    "sunrise": ("sky", "sunrise_h"),
    "sunset": ("sky", "sunset_h"),
    "prec_cumulative": ("sky", "rain_event_mm"),
    "canopy_drying": ("sky", "dry_hours"),
    "mcffmc": ("codes", "litter_pct"),
    "mcgfmc_matted": ("codes", "matted_pct"),
    "mcgfmc_standing": ("codes", "standing_pct"),
}
# The days' files, and the hours that they were made from.
DAILY = {
    "gen_hengyang_geometry_daily_summaries.csv": "gen_hengyang_geometry_hourly_FWI.csv",
    "PRF2007_standard_daily_summaries.csv": "gen_PRF2007_hourly_FWI_fullprec.csv",
}


def column(texts: Texts, name: str) -> Numbers:
    """Return one column as numbers."""
    return numbers(texts[name])


def days_of(texts: Texts) -> npt.NDArray[np.datetime64]:
    """Return the day of each row."""
    dates = zip(texts["yr"], texts["mon"], texts["day"], strict=True)
    return np.array([f"{year}-{int(month):02d}-{int(day):02d}" for year, month, day in dates], dtype="datetime64[D]")


def site_of(texts: Texts) -> Sites:
    """Return the one place of a file."""
    return Sites(*(column(texts, name)[:1] for name in ("lat", "long", "timezone")))


def run_of(texts: Texts) -> tuple[Fwi2025Hours, Fwi2025Run]:
    """Return the hours of a file and our run over them."""
    day = days_of(texts)
    hour = day.astype("datetime64[h]") + column(texts, "hr").astype(np.int64).astype("timedelta64[h]")
    weather = StepWeather(*(column(texts, name)[:, None] for name in ("temp", "rh", "ws", "prec")))
    grass = GrassCover(curing_of_days(day)[:, None], np.full((1, 1), 0.35))
    given = Fwi2025Hours(hour, site_of(texts), weather, grass)
    return given, run_fwi2025(Fwi2025State.of_codes(1), given)


def rounded(run: Fwi2025Run) -> Fwi2025Run:
    """Return a run as the reference program wrote it into the file that its rounded summaries were made from."""
    codes, indices = (
        replace(part, **{name: np.round(getattr(part, name), 4) for name in part.__dataclass_fields__})
        for part in (run.codes, run.indices)
    )
    return replace(run, codes=codes, indices=indices)


def _hours(path: Path) -> Compared:
    texts = read_texts(path)
    given, run = run_of(texts)
    columns: dict[str, Column] = {"percent_cured": (given.grass.cured_pct[:, 0], column(texts, "percent_cured"))}
    for output, (part, field) in HOURLY.items():
        columns[output] = (getattr(getattr(run, part), field)[:, 0], column(texts, output))
    return Compared(columns)


def _days(path: Path) -> Compared:
    wanted = read_texts(path)
    given, run = run_of(read_texts(path.parent / DAILY[path.name]))
    run = rounded(run) if path.name.startswith("PRF2007_standard") else run
    found = summarise_days(given, run)
    peak = found.peak[:, 0]
    ours: dict[str, Any] = {
        **{name: getattr(run.codes, name)[peak, 0] for name in CODES},
        **{name: getattr(run.indices, name)[peak, 0] for name in INDICES},
        "ws_smooth": found.wind_smooth_kmh[:, 0],
        "isi_smooth": found.isi_smooth[:, 0],
        "gsi_smooth": found.gsi_smooth[:, 0],
        "peak_hr": found.peak_hour[:, 0].astype(float),
        "duration": found.spread_hours[:, 0].astype(float),
    }
    return Compared({name: (values, column(wanted, name)) for name, values in ours.items()})


def _hours_of_days(path: Path) -> Compared:
    given, wanted = read_texts(path.parent / "gen_PRF2007_minmax.csv"), read_texts(path)
    pairs = [tuple(column(given, f"{name}_{end}")[:, None] for end in ("min", "max")) for name in ("temp", "rh", "ws")]
    days = MinMaxDays(days_of(given), *pairs, column(given, "prec")[:, None])
    _, weather = hours_of_days(site_of(wanted), days)
    ours = {"temp": weather.temp_c, "rh": weather.rh_pct, "ws": weather.wind_kmh, "prec": weather.rain_mm}
    return Compared({name: (values[:, 0], column(wanted, name)) for name, values in ours.items()})


def _extremes_of_noon(path: Path) -> Compared:
    given, wanted = read_texts(path.parent / "PRF2007_daily_wx.csv"), read_texts(path)
    noon = StepWeather(*(column(given, name)[:, None] for name in ("temp", "rh", "ws", "prec")))
    days = minmax_of_noon(days_of(given), noon)
    return Compared(
        {
            f"{name}_{end}": (ours[:, 0], column(wanted, f"{name}_{end}"))
            for name, pair in (("temp", days.temp_c), ("rh", days.rh_pct), ("ws", days.wind_kmh))
            for end, ours in zip(("min", "max"), pair, strict=True)
        }
    )


def _all() -> Iterator[Vector]:
    def of(file: str, function: str, compare: Callable[[Path], Compared]) -> Vector:
        digits = decimals(4) if file.startswith("PRF2007_standard") else FULL
        return Vector(f"cffdrs_ng/{file}", function, digits, compare)

    for file in (
        "gen_PRF2007_hourly_FWI_fullprec.csv",
        "gen_hengyang_geometry_hourly_FWI.csv",
        "PRF2007_standard_hourly_FWI.csv",
    ):
        yield of(file, "FWI2025, hours", _hours)
    for file in DAILY:
        yield of(file, "FWI2025, days", _days)
    yield of("gen_PRF2007_minmax_to_hourly.csv", "FWI2025, hours made of days", _hours_of_days)
    yield of("gen_PRF2007_minmax.csv", "FWI2025, extremes made of noon", _extremes_of_noon)


VECTORS = tuple(_all())
