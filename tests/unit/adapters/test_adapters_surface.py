"""What leaves of a surface: a picture that lies right on a web map, polygons without a gap, NetCDF, numbers as JSON."""

from __future__ import annotations

import io
import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.io import netcdf_file

from firewatch.adapters.surface_files import read_parameters, surface_geojson, surface_netcdf, write_parameters
from firewatch.adapters.surface_picture import (
    CLASS_COLOURS,
    NO_DATA_COLOUR,
    picture_corners,
    surface_pixels,
    surface_png,
)
from firewatch.adapters.surface_stations import read_elevation, read_stations
from firewatch.adapters.whole_file import write_whole
from firewatch.danger.kriging import Places, condition
from firewatch.danger.surface import index_surface
from firewatch.danger.surface_grid import ClassLimits, SurfaceAxes, SurfaceGrid
from firewatch.danger.surface_priors import PRIORS, rules_of
from firewatch.errors import ConfigError, InvalidValue, ObservationError, TerrainError
from firewatch.geodesy import mercator_y

if TYPE_CHECKING:
    from pathlib import Path

LIMITS = ClassLimits((1.0, 2.0, 3.0, 4.0))


def of_grades(grade: np.ndarray, axes: SurfaceAxes | None = None) -> SurfaceGrid:
    """Return a surface of given grades, each value in the middle of its class."""
    rows, columns = grade.shape
    axes = axes or SurfaceAxes(26.0 + 0.1 * np.arange(rows), 112.0 + 0.1 * np.arange(columns))
    value = np.where(grade == 0, np.nan, grade - 0.5)
    return SurfaceGrid(
        "fwi", axes, value, np.ones(grade.shape), grade.astype(np.int8), np.zeros((5, *grade.shape)), LIMITS, 3
    )


def of_hengyang() -> SurfaceGrid:
    rng = np.random.default_rng(1)
    stations = Places(rng.uniform(26.2, 27.5, 12), rng.uniform(111.6, 113.2, 12))
    rules = rules_of("fwi")
    assert rules is not None
    model = condition(PRIORS["fwi"], stations, rng.uniform(2.0, 45.0, 12))
    return index_surface("fwi", model, SurfaceAxes.of_box(111.4, 26.0, 113.4, 27.7, 0.02), rules)


GRADES = st.integers(2, 9).flatmap(
    lambda columns: st.lists(
        st.lists(st.integers(0, 2), min_size=columns, max_size=columns), min_size=2, max_size=9
    ).map(np.array)
)


def is_inside(polygon: list[Any], lon: float, lat: float) -> bool:
    """Return whether a point lies in a polygon, by the even-odd rule over all of its rings."""
    crossings = 0
    for ring in polygon:
        for (x0, y0), (x1, y1) in pairwise(ring):
            if (y0 > lat) != (y1 > lat) and lon < x0 + (lat - y0) / (y1 - y0) * (x1 - x0):
                crossings += 1
    return crossings % 2 == 1


def area(ring: list[Any]) -> float:
    return float(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairwise(ring))) / 2.0


@given(GRADES)
def test_every_cell_lies_in_the_polygon_of_its_class_and_in_no_other(grade: np.ndarray) -> None:
    surface = of_grades(grade)
    features = json.loads(surface_geojson(surface))["features"]
    assert [feature["properties"]["class"] for feature in features] == np.unique(grade).tolist()
    for row, lat in enumerate(surface.axes.lat_deg):
        for column, lon in enumerate(surface.axes.lon_deg):
            found = [
                feature["properties"]["class"]
                for feature in features
                for polygon in feature["geometry"]["coordinates"]
                if is_inside(polygon, lon, lat)
            ]
            assert found == [grade[row, column]]


@given(GRADES)
def test_rings_are_as_geojson_wants_them(grade: np.ndarray) -> None:
    for feature in json.loads(surface_geojson(of_grades(grade)))["features"]:
        for outer, *holes in feature["geometry"]["coordinates"]:
            assert area(outer) > 0.0
            assert all(area(hole) < 0.0 for hole in holes)
            for ring in (outer, *holes):
                assert ring[0] == ring[-1]
                corners = [tuple(corner) for corner in ring[:-1]]
                assert len(set(corners)) == len(corners) >= 4, "a ring that touches itself is no ring"


def test_no_data_is_a_class_of_its_own_in_the_polygons() -> None:
    first, second = json.loads(surface_geojson(of_grades(np.array([[0, 0], [5, 5]]))))["features"]
    assert first["properties"] == {"class": 0, "no_data": True, "from": None, "to": None}
    assert second["properties"] == {"class": 5, "no_data": False, "from": 4.0, "to": None}


def test_hengyang_is_small_in_every_form_for_a_page() -> None:
    surface = of_hengyang()
    assert surface.axes.shape == (85, 100)
    assert len(np.unique(surface.grade)) >= 5
    assert len(surface_png(surface)) < 40_000
    assert len(surface_geojson(surface)) < 60_000


@pytest.mark.parametrize(("south", "north"), [(26.0, 27.7), (20.0, 50.0), (-40.0, 10.0)])
def test_a_pixel_lies_where_a_web_map_puts_it(south: float, north: float) -> None:
    # Stripes of classes by latitude: a web map finds a pixel's latitude linearly in Mercator's y between the corners.
    axes = SurfaceAxes.of_box(100.0, south, 110.0, north, (north - south) / 100)
    stripes = (np.arange(axes.shape[0]) // 10) % 5 + 1
    surface = of_grades(np.repeat(stripes[:, None], axes.shape[1], axis=1), axes)
    pixels = surface_pixels(surface, 1)
    corners = picture_corners(surface)
    top, bottom = mercator_y(corners[0][1]), mercator_y(corners[2][1])
    edges = south + (north - south) * np.arange(0, 101, 10) / 100
    for row in range(pixels.shape[0]):
        y = top + (bottom - top) * (row + 0.5) / pixels.shape[0]
        lat = np.degrees(2.0 * np.arctan(np.exp(y)) - np.pi / 2.0)  # the inverse as textbooks print it
        if np.abs(edges - lat).min() > (north - south) / 60:  # not in the slope between two stripes
            grade = stripes[int((lat - south) / (north - south) * 100)]
            assert tuple(pixels[row, 5, :3]) == CLASS_COLOURS[grade - 1]


def test_the_first_row_is_north_and_the_first_column_west() -> None:
    pixels = surface_pixels(of_grades(np.array([[1, 2], [4, 5]])), 4)
    corners = [tuple(pixels[row, column, :3]) for row, column in ((0, 0), (0, -1), (-1, -1), (-1, 0))]
    assert corners == [CLASS_COLOURS[grade - 1] for grade in (4, 5, 2, 1)]
    west_north, _, east_south, _ = picture_corners(of_grades(np.array([[1, 2], [4, 5]])))
    assert west_north == pytest.approx((111.95, 26.15))
    assert east_south == pytest.approx((112.15, 25.95))


def test_no_data_is_grey_and_never_the_colour_of_a_class() -> None:
    pixels = surface_pixels(of_grades(np.array([[0, 5], [0, 5]])), 8)
    left, right = pixels[:, :8, :3], pixels[:, 8:, :3]
    assert np.all(left == NO_DATA_COLOUR)
    assert np.all(right == CLASS_COLOURS[4]), "a neighbour without data does not pull a value down"
    assert pixels[..., 3].min() > 0
    assert pixels[..., 3].max() < 255


def test_the_png_holds_the_pixels_with_their_alpha() -> None:
    surface = of_hengyang()
    read = cv2.imdecode(np.frombuffer(surface_png(surface), np.uint8), cv2.IMREAD_UNCHANGED)
    assert np.array_equal(read[:, :, [2, 1, 0, 3]], surface_pixels(surface))


def test_a_picture_never_passes_what_a_graphics_card_takes() -> None:
    axes = SurfaceAxes.of_box(100.0, 20.0, 101.0, 30.0, 0.01)
    surface = of_grades(np.ones(axes.shape, dtype=int), axes)
    assert surface_pixels(surface, 4).shape == (2048, 400, 4)


def test_a_picture_that_cannot_be_is_refused() -> None:
    surface = of_grades(np.array([[1, 2], [4, 5]]))
    with pytest.raises(InvalidValue, match="pixels a cell"):
        surface_pixels(surface, 0)
    many = ClassLimits(tuple(range(8)))
    grid = SurfaceGrid("x", surface.axes, surface.value, surface.sigma, surface.grade, np.zeros((9, 2, 2)), many, 1)
    with pytest.raises(InvalidValue, match="classes of a picture"):
        surface_pixels(grid)


def test_netcdf_keeps_the_numbers_and_says_what_they_are() -> None:
    surface = of_hengyang()
    with netcdf_file(io.BytesIO(surface_netcdf(surface)), mmap=False) as read:
        assert np.array_equal(read.variables["lat"][:], surface.axes.lat_deg)
        assert np.allclose(read.variables["fwi"][:], surface.value, equal_nan=True, rtol=1e-6)
        assert np.allclose(read.variables["fwi_sigma"][:], surface.sigma, rtol=1e-6)
        assert np.array_equal(read.variables["grade"][:], surface.grade)
        assert read.variables["probability"].shape == (6, 85, 100)
        assert read.variables["lat"].units == b"degrees_north"
        assert b"0 is no data" in read.variables["grade"].long_name


def test_numbers_of_fields_come_back_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "fields.json"
    path.write_bytes(write_parameters(PRIORS))
    assert read_parameters(path) == PRIORS


@pytest.mark.parametrize(
    "text",
    ["{", "[]", '{"fwi": {"scale": "cubic"}}', '{"fwi": {"scale": "log", "sigma": -1, "length_km": 9, "noise": 1}}'],
)
def test_numbers_of_no_field_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "fields.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="no numbers of fields"):
        read_parameters(path)
    with pytest.raises(ConfigError, match="cannot be read"):
        read_parameters(tmp_path / "none.json")


def table(folder: Path, text: str) -> Path:
    path = folder / "stations.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_table_of_stations_is_read_with_what_is_missing_named(tmp_path: Path) -> None:
    text = "id,lat,lon,elevation_m,fwi\na,26.9,112.6,100,18\nb,26.4,112.8,,20\nc,27.0,112.0,90,NA\n"
    found = read_stations(table(tmp_path, text), "fwi", by_weather=False)
    assert found.values["fwi"].tolist() == [18.0, 20.0]
    assert found.places.elevation_m is None
    assert found.notes[0] == "station c is left out: no fwi"
    assert found.notes[1].startswith("1 station(s) without elevation_m")


def test_weather_becomes_the_fields_that_are_interpolated(tmp_path: Path) -> None:
    head = "lat_deg,lon_deg,elevation_m,temp_c,rh_pct,wind_kmh,rain_mm,ffmc_before,dmc_before,dc_before\n"
    found = read_stations(table(tmp_path, head + "26.9,112.6,100,30,100,9,0,88,30,300\n"), "fwi", by_weather=True)
    assert set(found.values) == {"temp_c", "dew_point_c", "wind_kmh", "rain_mm", "ffmc", "dmc", "dc"}
    assert found.values["dew_point_c"][0] == pytest.approx(30.0)
    assert found.places.elevation_m is not None
    assert found.notes == ()


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("lat,lon,fwi\n26.9,112.6,\n", "no station has fwi"),
        ("lat,lon\n26.9,112.6\n", "no column for fwi"),
        ("lat,lon,fwi\n26.9,112.6,3\n26.9,112.6,4\n", "stands where row 2 stands"),
        ("lat,lon,fwi\n26.9,212.6,3\n", "row 2 column lon is '212.6'"),
        ("lat,lon,fwi\n26.9,112.6,-3\n", "row 2 column fwi is '-3'"),
    ],
)
def test_a_table_that_is_none_is_refused(tmp_path: Path, text: str, word: str) -> None:
    with pytest.raises((ObservationError, InvalidValue), match=word):
        read_stations(table(tmp_path, text), "fwi", by_weather=False)


AXES = SurfaceAxes.of_box(112.0, 26.0, 112.4, 26.4, 0.1)


def test_the_elevation_of_the_nearest_point_is_a_cell_s(tmp_path: Path) -> None:
    heights = "\n".join(" ".join(str(100 * row + column) for column in range(5)) for row in range(4, -1, -1))
    head = "ncols 5\nnrows 5\nxllcorner 112.0\nyllcorner 26.0\ncellsize 0.1\nNODATA_value -9999\n"
    path = tmp_path / "hills.asc"
    path.write_text(head + heights + "\n", encoding="ascii")
    found = read_elevation(path, AXES)
    assert found.tolist() == [[100.0 * row + column for column in range(4)] for row in range(4)]


HEAD = "ncols 2\nnrows 2\nxllcorner {x}\nyllcorner 26.0\ncellsize {size}\n{more}"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (HEAD.format(x=112.0, size=1.0, more="NODATA_value -1\n-1 -1\n-1 -1\n"), "no data in parts"),
        (HEAD.format(x=113.0, size=1.0, more="1 2\n3 4\n"), "does not reach"),
        (HEAD.format(x=112.0, size=0.0, more="1 2\n3 4\n"), "cellsize above 0"),
        (HEAD.format(x=112.0, size=1.0, more="1 2\n3\n"), "no ESRI ASCII grid"),
        ("ncols 2\n1 2\n", "no ESRI ASCII grid"),
        ("ncols two\n1 2\n", "no ESRI ASCII grid"),
    ],
)
def test_an_elevation_model_that_does_not_serve_is_refused(tmp_path: Path, text: str, word: str) -> None:
    path = tmp_path / "hills.asc"
    path.write_text(text, encoding="ascii")
    with pytest.raises(TerrainError, match=word):
        read_elevation(path, AXES)
    with pytest.raises(TerrainError, match="cannot be read"):
        read_elevation(tmp_path / "none.asc", AXES)


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "out.png"
    path.write_bytes(b"old")
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"
    with pytest.raises(ObservationError, match="cannot be written"):
        write_whole(tmp_path / "none" / "out.png", b"new")
    assert [each.name for each in tmp_path.iterdir()] == ["out.png"]
