"""Vectors of the rate of spread from three arrivals: by lengths and bearings, and by longitudes and latitudes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from danger_vectors.comparing import FULL, Compared, Vector, decimals
from danger_vectors.reading import read_columns
from firewatch.danger import spread_from_arrivals
from firewatch.domain.geo import Position
from firewatch.geodesy.ellipsoid import inverse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from danger_vectors.reading import Columns, Numbers

__all__ = ["VECTORS"]

# The program takes sides on a sphere of this radius [m], and bearings on the ellipsoid.
SPHERE_M = 6_378_137.0


def _inputs(path: Path, name: str) -> Columns:
    table = (path.parents[1] / "input" / name).read_text(encoding="utf-8").split("\n")
    rows = np.array([[float(cell) for cell in line.split()] for line in table[1:] if line.strip()])
    return dict(zip(table[0].split(), rows.T, strict=True))


def _compared(path: Path, minutes: Numbers, sides: tuple[Numbers, Numbers], bearings_deg: list[Numbers]) -> Compared:
    want = read_columns(path)
    angles = [np.radians(bearing) for bearing in bearings_deg]
    nowhere = np.zeros_like(sides[0])
    east = np.stack([nowhere, *(side * np.sin(angle) for side, angle in zip(sides, angles, strict=True))], axis=-1)
    north = np.stack([nowhere, *(side * np.cos(angle) for side, angle in zip(sides, angles, strict=True))], axis=-1)
    found = spread_from_arrivals(minutes, east, north)
    azimuth = np.where(want["direction"] < 0.0, found.azimuth_deg - 360.0, found.azimuth_deg)
    return Compared({"rate": (found.rate_m_min, want["ros"]), "direction": (azimuth, want["direction"])})


def _by_lines(path: Path) -> Compared:
    given = _inputs(path, "test_lros.txt")
    minutes = np.stack([given[name] for name in ("T1", "T2", "T3")], axis=-1)
    sides = (given["LengthT1T2"], given["LengthT1T3"])
    return _compared(path, minutes, sides, [given["BearingT1T2"], given["BearingT1T3"]])


def _by_points(path: Path) -> Compared:
    given = _inputs(path, "test_pros.txt")
    minutes = np.stack([given[name] for name in ("T1", "T2", "T3")], axis=-1)
    one_two, one_three, two_three = (_side(given, *pair) for pair in ((1, 2), (1, 3), (2, 3)))
    to_two, to_three = _bearing(given, 2), _bearing(given, 3)
    angle = np.degrees(np.arccos((one_two**2 + one_three**2 - two_three**2) / (2.0 * one_two * one_three)))
    turn = np.sign((to_three - to_two + 180.0) % 360.0 - 180.0)
    return _compared(path, minutes, (one_two, one_three), [to_two, to_two + turn * angle])


def _side(given: Columns, start: int, end: int) -> Numbers:
    """Return the great circle's length [m]."""
    south, north = np.radians(given[f"Lat{start}"]), np.radians(given[f"Lat{end}"])
    east = np.radians(given[f"Long{end}"] - given[f"Long{start}"])
    half = np.sin((north - south) / 2.0) ** 2 + np.cos(south) * np.cos(north) * np.sin(east / 2.0) ** 2
    return np.asarray(2.0 * SPHERE_M * np.arcsin(np.sqrt(half)))


def _bearing(given: Columns, end: int) -> Numbers:
    rows = zip(given["Lat1"], given["Long1"], given[f"Lat{end}"], given[f"Long{end}"], strict=True)
    return np.array([inverse(Position(lat, lon), Position(lat2, lon2)).azimuth_deg for lat, lon, lat2, lon2 in rows])


def _all() -> Iterator[Vector]:
    name = "rate of spread from three arrivals"
    yield Vector("cffdrs_r/full_precision/lros.csv", name, FULL, _by_lines)
    yield Vector("cffdrs_r/full_precision/pros.csv", name, FULL, _by_points)
    yield Vector("cffdrs_r/expected/SimardRateOfSpreadLine.csv", name, decimals(2), _by_lines)
    yield Vector("cffdrs_r/expected/SimardRateOfSpreadPoint.csv", name, decimals(2), _by_points)


VECTORS = tuple(_all())
