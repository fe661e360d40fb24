"""FWI2025 against the runs of its reference program: hours, days, and hours made from days."""

from __future__ import annotations

import csv
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pytest

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
    sun_times,
)
from firewatch.danger.sorption import StepWeather

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy.typing as npt

    Numbers: TypeAlias = npt.NDArray[np.float64]
    Columns: TypeAlias = dict[str, list[str]]

EXACT = 1e-9  # relative, of files with all digits
ROUNDED = 0.5e-4 * (1.0 + 1e-9)  # half a unit of the fourth decimal
HOURLY = {
    **{name: ("codes", name) for name in ("ffmc", "dmc", "dc", "gfmc")},
    **{name: ("indices", name) for name in ("isi", "bui", "fwi", "dsr", "gsi", "gfwi")},
    "solrad": ("sky", "solar_kw_m2"),
    "sunrise": ("sky", "sunrise_h"),
    "sunset": ("sky", "sunset_h"),
    "prec_cumulative": ("sky", "rain_event_mm"),
    "canopy_drying": ("sky", "dry_hours"),
    "mcffmc": ("codes", "litter_pct"),
    "mcgfmc_matted": ("codes", "matted_pct"),
    "mcgfmc_standing": ("codes", "standing_pct"),
}


@pytest.fixture
def vectors(shared_data: Path) -> Callable[[str], Columns]:
    """Return what reads a file of the reference program's by its name."""

    def read(name: str) -> Columns:
        with (shared_data / "danger" / "cffdrs_ng" / name).open(encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream))
        return {column: [row[column] for row in rows] for column in rows[0]}

    return read


def numbers(columns: Columns, name: str) -> Numbers:
    return np.array([float(cell) for cell in columns[name]])


def days_of(columns: Columns) -> npt.NDArray[np.datetime64]:
    dates = zip(columns["yr"], columns["mon"], columns["day"], strict=True)
    return np.array([f"{year}-{int(month):02d}-{int(day):02d}" for year, month, day in dates], dtype="datetime64[D]")


def site_of(columns: Columns) -> Sites:
    return Sites(*(numbers(columns, name)[:1] for name in ("lat", "long", "timezone")))


def given_of(columns: Columns) -> Fwi2025Hours:
    day = days_of(columns)
    hour = day.astype("datetime64[h]") + numbers(columns, "hr").astype(np.int64).astype("timedelta64[h]")
    weather = StepWeather(*(numbers(columns, name)[:, None] for name in ("temp", "rh", "ws", "prec")))
    grass = GrassCover(curing_of_days(day)[:, None], np.full((1, 1), 0.35))
    return Fwi2025Hours(hour, site_of(columns), weather, grass)


def run_of(columns: Columns) -> tuple[Fwi2025Hours, Fwi2025Run]:
    given = given_of(columns)
    return given, run_fwi2025(Fwi2025State.of_codes(1), given)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "is_rounded"),
    [
        ("gen_PRF2007_hourly_FWI_fullprec.csv", False),
        ("gen_hengyang_geometry_hourly_FWI.csv", False),
        ("PRF2007_standard_hourly_FWI.csv", True),
    ],
)
def test_the_hours_of_the_reference_program(vectors: Callable[[str], Columns], name: str, *, is_rounded: bool) -> None:
    columns = vectors(name)
    given, run = run_of(columns)
    np.testing.assert_allclose(given.grass.cured_pct[:, 0], numbers(columns, "percent_cured"), rtol=1e-12)
    for output, (part, field) in HOURLY.items():
        ours, theirs = getattr(getattr(run, part), field)[:, 0], numbers(columns, output)
        if is_rounded:
            np.testing.assert_allclose(ours, theirs, rtol=0.0, atol=ROUNDED, err_msg=output)
        else:
            np.testing.assert_allclose(ours, theirs, rtol=EXACT, atol=0.0, err_msg=output)


def rounded(run: Fwi2025Run) -> Fwi2025Run:
    """Return a run as the reference program wrote it into the file that its rounded summaries were made from."""
    codes, indices = (
        replace(part, **{name: np.round(getattr(part, name), 4) for name in part.__dataclass_fields__})
        for part in (run.codes, run.indices)
    )
    return replace(run, codes=codes, indices=indices)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("hours", "days", "is_rounded"),
    [
        ("gen_hengyang_geometry_hourly_FWI.csv", "gen_hengyang_geometry_daily_summaries.csv", False),
        ("gen_PRF2007_hourly_FWI_fullprec.csv", "PRF2007_standard_daily_summaries.csv", True),
    ],
)
def test_the_days_of_the_reference_program(
    vectors: Callable[[str], Columns], hours: str, days: str, *, is_rounded: bool
) -> None:
    wanted = vectors(days)
    given, run = run_of(vectors(hours))
    run = rounded(run) if is_rounded else run
    found = summarise_days(given, run)
    np.testing.assert_array_equal(found.day, days_of(wanted))
    np.testing.assert_array_equal(found.peak_hour[:, 0], numbers(wanted, "peak_hr"))
    np.testing.assert_array_equal(found.spread_hours[:, 0], numbers(wanted, "duration"))
    sun = sun_times(given.sites, found.day)
    for name, hour in (("sunrise", sun.sunrise_h), ("sunset", sun.sunset_h)):
        minutes = [int(cell[:2]) * 60 + int(cell[3:]) for cell in wanted[name]]
        written = np.round(hour[:, 0], 4) if is_rounded else hour[:, 0]
        np.testing.assert_array_equal(np.floor(written * 60.0), minutes)
    peak = found.peak[:, 0]
    ours = {
        **{name: getattr(run.codes, name)[peak, 0] for name in ("ffmc", "dmc", "dc", "gfmc")},
        **{name: getattr(run.indices, name)[peak, 0] for name in ("isi", "bui", "fwi", "dsr", "gsi", "gfwi")},
        "ws_smooth": found.wind_smooth_kmh[:, 0],
        "isi_smooth": found.isi_smooth[:, 0],
        "gsi_smooth": found.gsi_smooth[:, 0],
    }
    for name, values in ours.items():
        limits = {"rtol": 0.0, "atol": ROUNDED} if is_rounded else {"rtol": EXACT, "atol": 0.0}
        np.testing.assert_allclose(values, numbers(wanted, name), err_msg=name, **limits)


@pytest.mark.shared
def test_the_hours_that_the_reference_program_makes_of_days(vectors: Callable[[str], Columns]) -> None:
    given, wanted = vectors("gen_PRF2007_minmax.csv"), vectors("gen_PRF2007_minmax_to_hourly.csv")
    pairs = [tuple(numbers(given, f"{name}_{end}")[:, None] for end in ("min", "max")) for name in ("temp", "rh", "ws")]
    days = MinMaxDays(days_of(given), *pairs, numbers(given, "prec")[:, None])
    hour, weather = hours_of_days(site_of(given), days)
    np.testing.assert_array_equal(hour.astype("datetime64[D]"), days_of(wanted))
    np.testing.assert_array_equal((hour - hour.astype("datetime64[D]")).astype(int), numbers(wanted, "hr"))
    for name, ours in (("temp", weather.temp_c), ("rh", weather.rh_pct), ("ws", weather.wind_kmh)):
        np.testing.assert_allclose(ours[:, 0], numbers(wanted, name), rtol=EXACT, atol=1e-13, err_msg=name)
    np.testing.assert_array_equal(weather.rain_mm[:, 0], numbers(wanted, "prec"))


@pytest.mark.shared
def test_the_extremes_that_the_reference_program_makes_of_noon(vectors: Callable[[str], Columns]) -> None:
    given, wanted = vectors("PRF2007_daily_wx.csv"), vectors("gen_PRF2007_minmax.csv")
    noon = StepWeather(*(numbers(given, name)[:, None] for name in ("temp", "rh", "ws", "prec")))
    days = minmax_of_noon(days_of(given), noon)
    for name, pair in (("temp", days.temp_c), ("rh", days.rh_pct), ("ws", days.wind_kmh)):
        for end, ours in zip(("min", "max"), pair, strict=True):
            np.testing.assert_allclose(ours[:, 0], numbers(wanted, f"{name}_{end}"), rtol=EXACT, err_msg=name)


def test_a_few_hours_of_the_published_run() -> None:
    """nrcan-cfs-fire/cffdrs-ng, data/PRF2007_standard_hourly_FWI.csv of 2026-08-13 (MPL-2.0), rows 2 to 4 and 8."""
    rows = [
        (14.78, 94.9, 2.7324, 0.0),
        (17.44, 79.11, 3.6663, 0.0),
        (21.21, 62.95, 4.359, 0.0),
        (23.6, 46.17, 8.21, 0.0),
        (24.55, 41.53, 9.42, 0.0),
        (22.37, 47.13, 6.737, 0.0),
        (18.11, 88.2, 2.116, 0.5),
    ]
    hour = np.datetime64("2007-05-10T08", "h") + np.arange(7).astype("timedelta64[h]")
    weather = StepWeather(*(np.array(column)[:, None] for column in zip(*rows, strict=True)))
    site = Sites(np.array([45.996]), np.array([-77.427]), np.array([-4.0]))
    given = Fwi2025Hours(hour, site, weather, GrassCover(np.full((1, 1), 84.4), np.full((1, 1), 0.35)))
    run = run_fwi2025(Fwi2025State.of_codes(1), given)
    picked = [0, 1, 2, 6]
    printed = {
        "ffmc": [83.1265, 83.1165, 83.5392, 85.2425],
        "dmc": [6.0167, 6.0976, 6.2721, 7.1828],
        "dc": [15.4092, 15.8583, 16.3639, 18.4434],
        "gfmc": [79.9891, 81.817, 85.9941, 42.846],
    }
    for name, wanted in printed.items():
        np.testing.assert_allclose(getattr(run.codes, name)[picked, 0], wanted, rtol=0.0, atol=ROUNDED * 1.01)
    np.testing.assert_allclose(run.indices.gsi[picked, 0], [0.0, 0.8514, 3.9279, 0.0], rtol=0.0, atol=ROUNDED)
    np.testing.assert_allclose(run.sky.solar_kw_m2[picked[:3], 0], [0.0586, 0.2937, 0.539], rtol=0.0, atol=ROUNDED)
