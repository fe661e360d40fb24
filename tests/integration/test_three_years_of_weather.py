"""Years of a station's weather through the feed: read, rated, drawn, and compared with the reference program.

The measuring data hold no three consecutive years of one real station. They hold two consecutive years each of three
real stations (2192 station-days in one file, one station after the other), and three years of synthetic weather at
Hengyang's latitude. Both are run here: the real ones first.
"""

from __future__ import annotations

import csv
from datetime import date, timedelta
from typing import TYPE_CHECKING

import cv2
import matplotlib as mpl
import numpy as np
import pytest

from firewatch.adapters.danger_tables import load_danger_table
from firewatch.adapters.weather_csv import CFFDRS_COLUMNS, WeatherFile, read_weather_csv
from firewatch.danger import DangerRules, rate_stations

mpl.use("Agg")
from matplotlib import pyplot as plt

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from firewatch.domain.danger import DangerRating

CODES = ("ffmc", "dmc", "dc")
INDICES = ("isi", "bui", "fwi", "dsr")
FIRST_DAYS = {"1": date(2013, 1, 1), "2": date(1980, 1, 1), "3": date(1999, 1, 1)}

pytestmark = pytest.mark.shared


def rate(weather: WeatherFile) -> dict[str, tuple[DangerRating, ...]]:
    rules = DangerRules.of(load_danger_table())
    rated = rate_stations(weather.observations, weather.lat_deg_by_station, rules)
    return {station: series.ratings for station, series in rated.items()}


def column(ratings: Sequence[DangerRating], name: str) -> list[float]:
    return [getattr(rating.codes if name in CODES else rating.indices, name) for rating in ratings]


def reference(path: Path) -> dict[str, list[float]]:
    with path.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    return {name: [float(row[name.upper()]) for row in rows] for name in (*CODES, *INDICES)}


def largest_difference(ratings: Sequence[DangerRating], path: Path) -> float:
    expected = reference(path)
    assert len(ratings) == len(expected["ffmc"])
    return max(float(np.abs(np.subtract(column(ratings, name), expected[name])).max()) for name in expected)


def draw(ratings: Sequence[DangerRating], path: Path) -> None:
    days = np.array([rating.weather_day for rating in ratings], dtype="datetime64[D]")
    figure, axes = plt.subplots(3, 1, figsize=(11, 7), sharex=True, layout="constrained")
    for axis, name in zip(axes, ("ffmc", "dc", "fwi"), strict=True):
        axis.plot(days, column(ratings, name), linewidth=0.8)
        axis.set_ylabel(name.upper())
        axis.grid(visible=True, alpha=0.3)
    axes[0].set_title(f"station {ratings[0].station_id}, {ratings[0].method}, {len(ratings)} days")
    figure.savefig(path, dpi=100)
    plt.close(figure)


def is_drawn(path: Path) -> bool:
    """Return whether each of the three panels holds a coloured line across most of its width."""
    picture = cv2.imread(str(path))
    assert picture is not None
    panels = np.array_split(picture, 3, axis=0)
    inked = [(np.ptp(panel.astype(int), axis=2) > 60).any(axis=0).mean() for panel in panels]
    return min(inked) > 0.6


def test_two_years_each_of_three_real_stations_are_rated_as_the_reference_program_does(
    shared_data: Path, tmp_path: Path
) -> None:
    folder = shared_data / "danger" / "cffdrs_r"
    weather = read_weather_csv(folder / "input" / "test_wDC.csv", CFFDRS_COLUMNS)
    assert len(weather.observations) == 730 + 731 + 731
    assert len(weather.notes) == 27  # humidity of 100.01 %, each named with its row
    rated = rate(weather)
    for station, first_day in FIRST_DAYS.items():
        ratings = rated[station]
        assert [rating.weather_day for rating in ratings] == [first_day + timedelta(n) for n in range(len(ratings))]
        assert largest_difference(ratings, folder / "full_precision" / f"fwi_wDC_id{station}.csv") < 1e-11
        # The file has no lowest humidity and no strongest wind: the codes stand, the Chinese grade is "no data".
        assert {rating.missing for rating in ratings} == {("min_rh_pct", "max_wind_ms")}
        assert {rating.grade for rating in ratings} == {None}
        draw(ratings, tmp_path / f"station{station}.png")
        assert is_drawn(tmp_path / f"station{station}.png")


def test_three_years_at_hengyang_are_rated_as_the_reference_program_does(shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "danger" / "cffdrs_r" / "full_precision" / "fwi_seq_hengyang_lat26.9.csv"
    weather = read_weather_csv(source, CFFDRS_COLUMNS, station="hengyang")
    ratings = rate(weather)["hengyang"]
    assert (ratings[0].weather_day, ratings[-1].weather_day) == (date(2021, 1, 1), date(2023, 12, 31))
    assert len(ratings) == 1095
    assert largest_difference(ratings, source) < 1e-11
    draw(ratings, tmp_path / "hengyang.png")
    assert is_drawn(tmp_path / "hengyang.png")
