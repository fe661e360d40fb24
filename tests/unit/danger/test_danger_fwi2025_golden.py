"""FWI2025: a few published hours that every checkout has, and the clock of the reference program's days.

`test_danger_differences` has the numbers of its hours and days.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from danger_vectors.fwi2025 import DAILY, days_of, rounded, run_of
from danger_vectors.reading import numbers, read_texts

from firewatch.danger.fwi2025 import (
    Fwi2025Hours,
    Fwi2025State,
    GrassCover,
    MinMaxDays,
    Sites,
    hours_of_days,
    run_fwi2025,
    summarise_days,
    sun_times,
)
from firewatch.danger.sorption import StepWeather

if TYPE_CHECKING:
    from pathlib import Path

ROUNDED = 0.5e-4 * (1.0 + 1e-9)  # half a unit of the fourth decimal


@pytest.mark.shared
@pytest.mark.parametrize("name", DAILY)
def test_the_days_of_the_reference_program_and_their_sun(shared_data: Path, name: str) -> None:
    folder = shared_data / "danger" / "cffdrs_ng"
    wanted = read_texts(folder / name)
    given, run = run_of(read_texts(folder / DAILY[name]))
    is_rounded = name.startswith("PRF2007_standard")
    found = summarise_days(given, rounded(run) if is_rounded else run)
    np.testing.assert_array_equal(found.day, days_of(wanted))
    sun = sun_times(given.sites, found.day)
    for column, hour in (("sunrise", sun.sunrise_h), ("sunset", sun.sunset_h)):
        minutes = [int(cell[:2]) * 60 + int(cell[3:]) for cell in wanted[column]]
        written = np.round(hour[:, 0], 4) if is_rounded else hour[:, 0]
        np.testing.assert_array_equal(np.floor(written * 60.0), minutes)


@pytest.mark.shared
def test_the_hours_made_of_days_are_those_of_the_reference_program(shared_data: Path) -> None:
    folder = shared_data / "danger" / "cffdrs_ng"
    given, wanted = (
        read_texts(folder / "gen_PRF2007_minmax.csv"),
        read_texts(folder / "gen_PRF2007_minmax_to_hourly.csv"),
    )
    day = days_of(given)
    pairs = [tuple(numbers(given[f"{name}_{end}"])[:, None] for end in ("min", "max")) for name in ("temp", "rh", "ws")]
    site = Sites(*(numbers(wanted[name])[:1] for name in ("lat", "long", "timezone")))
    hour, _ = hours_of_days(site, MinMaxDays(day, *pairs, numbers(given["prec"])[:, None]))
    np.testing.assert_array_equal(hour.astype("datetime64[D]"), days_of(wanted))
    np.testing.assert_array_equal((hour - hour.astype("datetime64[D]")).astype(int), numbers(wanted["hr"]))


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
