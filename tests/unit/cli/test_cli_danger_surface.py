"""`firewatch danger surface`: stations to a map, or nothing and the reason."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from firewatch.cli import main
from firewatch.cli.danger_surface import QUANTITIES
from firewatch.danger.surface import SurfaceIndex
from firewatch.danger.surface_priors import PRIORS

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "id,lat_deg,lon_deg,elevation_m,fwi,htz,isi,temp_c,rh_pct,wind_kmh,rain_mm,ffmc_before,dmc_before,dc_before\n"
ROWS = """a,26.9,112.6,100,18,62,6,30,45,9,0,88,30,300
b,26.4,112.85,90,25,70,8,32,40,12,0,90,35,330
c,27.25,112.9,120,12,50,4,28,55,8,0.4,85,28,280
d,26.8,111.9,180,9,44,3,27,60,6,4,80,20,250
e,27.3,112.7,1266,4,30,1,20,75,25,2,78,12,200
"""
BOX = ["--box", "111.9,26.3,113.0,27.4", "--step", "0.05"]


@pytest.fixture
def stations(tmp_path: Path) -> Path:
    path = tmp_path / "stations.csv"
    path.write_text(HEAD + ROWS, encoding="utf-8")
    return path


def surface(*words: object) -> int:
    return main(["danger", "surface", *map(str, words)])


@pytest.mark.parametrize(
    ("name", "begins"), [("out.png", b"\x89PNG"), ("out.geojson", b'{"type":"FeatureCollection"'), ("out.nc", b"CDF")]
)
def test_each_form_is_written_and_what_a_map_needs_is_told(
    stations: Path, name: str, begins: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    out = stations.parent / name
    assert surface(stations, out, *BOX) == 0
    assert out.read_bytes().startswith(begins)
    told, notes = capsys.readouterr()
    facts = json.loads(told)
    assert (facts["quantity"], facts["stations"], facts["rows"], facts["columns"]) == ("fwi", 5, 22, 22)
    assert facts["corners"][0] == [111.9, 27.4]
    assert sum(facts["cells"].values()) == 22 * 22
    assert "no --elevation" in notes


def test_the_weather_s_way_computes_the_index_in_every_cell(stations: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = stations.parent / "fields.json"
    words = [stations, stations.parent / "out.nc", *BOX, "--way", "weather", "--month", "4"]
    assert surface(*words, "--save-parameters", kept) == 0
    first = (stations.parent / "out.nc").read_bytes()
    assert set(json.loads(kept.read_text(encoding="utf-8"))) == {
        *("temp_c", "dew_point_c", "wind_kmh", "rain_mm", "ffmc", "dmc", "dc")
    }
    assert surface(*words, "--parameters", kept) == 0
    assert (stations.parent / "out.nc").read_bytes() == first, "kept numbers give the same surface"
    assert "fwi" in capsys.readouterr().out


def test_an_elevation_model_moves_the_hills(stations: Path, capsys: pytest.CaptureFixture[str]) -> None:
    heights = np.full((12, 12), 100)
    heights[3, 4] = 1200
    model = stations.parent / "hills.asc"
    head = "ncols 12\nnrows 12\nxllcorner 111.9\nyllcorner 26.3\ncellsize 0.1\n"
    model.write_text(head + "\n".join(" ".join(map(str, row)) for row in heights), encoding="ascii")
    out = stations.parent / "out.nc"
    assert surface(stations, out, *BOX, "--elevation", model) == 0
    assert "no --elevation" not in capsys.readouterr().err


def test_a_lone_station_says_that_nothing_was_learned(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "one.csv"
    path.write_text("lat,lon,htz\n26.9,112.6,60\n", encoding="utf-8")
    assert surface(path, tmp_path / "out.png", "--show", "htz", "--most-km", "10") == 0
    told, notes = capsys.readouterr()
    assert "is assumed" in notes
    assert "no column elevation_m" in notes
    assert json.loads(told)["cells"]["no_data"] > 0


@pytest.mark.parametrize(
    ("words", "word"),
    [
        (["out.tif"], "one that ends in .png, .geojson, .nc"),
        (["stations.csv.png/out.png"], "folder does not exist"),
        (["out.png", "--way", "weather"], "--month"),
        (["out.png", "--way", "weather", "--month", "13"], "month is 13"),
        (["out.png", "--way", "weather", "--month", "4", "--show", "htz"], "index of the FWI System"),
        (["out.png", "--show", "isi"], "none are published"),
        (["out.png", "--show", "bui", "--limits", "10,20"], "no column for bui"),
        (["out.png", "--limits", "20,10"], "class limits"),
        (["out.png", "--box", "1,2,3"], "four numbers"),
        (["out.png", "--box", "112,26,111,27"], "columns and rows"),
        (["out.png", "--elevation", "none.asc"], "cannot be read"),
        (["out.png", "--parameters", "none.json"], "cannot be read"),
        (["out.png", "--most-km", "-1"], "furthest from a station"),
        (["out.png", "--save-parameters", "none/fields.json"], "folder does not exist"),
    ],
)
def test_what_is_refused_is_named_and_nothing_is_written(
    stations: Path, words: list[str], word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert surface(stations, stations.parent / words[0], *words[1:]) == 1
    told, why = capsys.readouterr()
    assert told == ""
    assert why.startswith("firewatch danger surface: ")
    assert word in why
    assert [path.name for path in stations.parent.iterdir()] == ["stations.csv"]


@pytest.mark.parametrize("way", [["--way", "index"], ["--way", "weather", "--month", "4"]], ids=["index", "weather"])
def test_the_check_foretells_each_station_from_the_others(
    stations: Path, way: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert surface(stations, stations.parent / "out.png", *BOX, *way, "--check") == 0
    scores = json.loads(capsys.readouterr().out)["left_one_out"]
    assert list(scores) == ["surface", "inverse_distance", "nearest", "mean"]
    assert all(found["count"] == 5 for found in scores.values())
    assert 0.0 <= scores["surface"]["coverage"] <= 1.0
    # Left out, a station is foretold by the mean of the other four: so the mean's errors follow from the table alone.
    if way[1] == "index":
        fwi = np.array([18.0, 25.0, 12.0, 9.0, 4.0])
        assert scores["mean"]["rmse"] == pytest.approx(np.sqrt(np.mean(((fwi.sum() - fwi) / 4 - fwi) ** 2)))


def test_own_limits_make_a_surface_of_any_index(stations: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert surface(stations, stations.parent / "out.png", *BOX, "--show", "isi", "--limits", "2,5") == 0
    assert json.loads(capsys.readouterr().out)["limits"] == [2.0, 5.0]


def test_a_limit_that_is_no_number_is_a_usage_error(stations: Path) -> None:
    with pytest.raises(SystemExit) as end:
        surface(stations, stations.parent / "out.png", "--limits", "a,b")
    assert end.value.code == 2


def test_the_choices_written_out_are_those_of_the_library() -> None:
    assert set(QUANTITIES) == {index.value for index in SurfaceIndex} | {"htz"}
    assert set(QUANTITIES) <= set(PRIORS)
