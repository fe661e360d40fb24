from __future__ import annotations

import argparse
import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely

from firewatch.cli.bearings_file import read_bearings
from firewatch.cli.locate import add_parser
from firewatch.cli.located_bearings import locate as answer_of
from firewatch.domain.geo import Position
from firewatch.geodesy import LocalPlane, PlanePoint, inverse

if TYPE_CHECKING:
    from pathlib import Path

PLANE = LocalPlane(Position(26.9, 112.6))
TOWERS = {"A": (-6.0, 0.0), "B": (5.0, -4.0), "C": (0.0, 9.0)}
FIRE, SECOND = (1.5, 0.7), (-3.0, 3.0)


def place(point_km: tuple[float, float]) -> Position:
    return PLANE.unproject(PlanePoint(1000.0 * point_km[0], 1000.0 * point_km[1]))


def bearing(standing: str, fire_km: tuple[float, float] = FIRE, **other: Any) -> dict[str, Any]:
    at = place(TOWERS[standing])
    azimuth_deg = inverse(at, place(fire_km)).azimuth_deg
    facts = {
        "tower": standing,
        "lat_deg": at.lat_deg,
        "lon_deg": at.lon_deg,
        "bearing_deg": azimuth_deg,
        "sigma_deg": 0.5,
    }
    return facts | other


class Command:
    def __init__(self, folder: Path, capture: pytest.CaptureFixture[str]) -> None:
        self._file = folder / "bearings.json"
        self._capture = capture

    def text(self, text: str) -> tuple[int, str, str]:
        self._file.write_text(text, encoding="utf-8")
        return self.path(str(self._file))

    def path(self, path: str) -> tuple[int, str, str]:
        parser = argparse.ArgumentParser(prog="firewatch")
        add_parser(parser.add_subparsers())
        args = parser.parse_args(["locate", path])
        code = args.run(args)
        captured = self._capture.readouterr()
        return code, captured.out, captured.err

    def answer(self, *bearings: dict[str, Any]) -> dict[str, Any]:
        code, out, _ = self.text(json.dumps({"bearings": bearings}))
        assert code == 0
        return json.loads(out)

    def refusal(self, document: object) -> str:
        code, out, err = self.text(json.dumps(document))
        assert (code, out) == (1, "")
        return err


@pytest.fixture
def locate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(tmp_path, capsys)


def test_a_fire_is_printed_as_the_design_says(locate: Command) -> None:
    answer = locate.answer(bearing("A"), bearing("B"), bearing("C"))
    assert answer.keys() == {"fires", "unlocated"}
    (fire,) = answer["fires"]
    assert fire.keys() == {"lat_deg", "lon_deg", "towers", "ellipse", "region50", "region90"}
    assert fire["ellipse"].keys() == {"major_m", "minor_m", "azimuth_deg"}
    assert (fire["towers"], answer["unlocated"]) == (["A", "B", "C"], [])
    assert inverse(Position(fire["lat_deg"], fire["lon_deg"]), place(FIRE)).distance_m < 0.1


def test_the_regions_reach_about_as_far_as_the_ellipse_at_the_chi_square_quantiles(locate: Command) -> None:
    (fire,) = locate.answer(bearing("A"), bearing("B"))["fires"]
    centre = Position(fire["lat_deg"], fire["lon_deg"])
    for region, probability in (("region50", 0.5), ("region90", 0.9)):
        assert fire[region]["type"] == "Polygon"
        (ring,) = fire[region]["coordinates"]
        farthest_m = max(inverse(centre, Position(lat, lon)).distance_m for lon, lat in ring)
        scale = math.sqrt(-2.0 * math.log(1.0 - probability))
        assert farthest_m == pytest.approx(scale * fire["ellipse"]["major_m"], rel=0.06)


def test_a_bearing_alone_is_unlocated_with_its_reason(locate: Command) -> None:
    answer = locate.answer(bearing("A"))
    assert answer["fires"] == []
    (unlocated,) = answer["unlocated"]
    assert unlocated["towers"] == ["A"]
    assert "one place only" in unlocated["reason"]


def test_two_fires_are_told_apart_by_three_towers(locate: Command) -> None:
    answer = locate.answer(*(bearing(tower, fire) for tower in "ABC" for fire in (FIRE, SECOND)))
    assert len(answer["fires"]) == 2
    for fire_km in (FIRE, SECOND):
        away = [inverse(Position(f["lat_deg"], f["lon_deg"]), place(fire_km)).distance_m for f in answer["fires"]]
        assert min(away) < 1.0


def test_two_fires_from_two_towers_are_possible_places_not_ghosts(locate: Command) -> None:
    bearings = [bearing(tower, fire) for tower in "AB" for fire in (FIRE, SECOND)]
    code, out, err = locate.text(json.dumps({"bearings": bearings}))
    assert code == 0
    answer = json.loads(out)
    assert answer["fires"] == []
    for fire_km in (FIRE, SECOND):
        places = [p for one in answer["unlocated"] for p in one["could_be"]]
        assert min(inverse(Position(p["lat_deg"], p["lon_deg"]), place(fire_km)).distance_m for p in places) < 1.0
        assert all(0.0 < p["probability"] < 1.0 and p["towers"] == ["A", "B"] for p in places)
    assert "could be paired otherwise" in err


def test_the_order_of_the_file_does_not_matter(locate: Command) -> None:
    bearings = [bearing(tower, fire) for tower in "ABC" for fire in (FIRE, SECOND)]
    assert locate.answer(*bearings) == locate.answer(*reversed(bearings))


def test_an_empty_list_is_an_empty_answer(locate: Command) -> None:
    assert locate.answer() == {"fires": [], "unlocated": []}


def test_directions_may_be_written_as_people_write_them(locate: Command) -> None:
    west = bearing("A")
    turned = bearing("A", bearing_deg=west["bearing_deg"] - 360.0 if west["bearing_deg"] > 180.0 else 360.0)
    assert locate.answer(turned)["unlocated"]
    north = locate.answer(bearing("A", bearing_deg=0.0), bearing("B", bearing_deg=300.0))
    assert north == locate.answer(bearing("A", bearing_deg=360.0), bearing("B", bearing_deg=-60.0))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"tower": None}, "tower"),
        ({"tower": "  "}, "tower"),
        ({"tower": "\ud800"}, "tower"),
        ({"lat_deg": "26"}, "lat_deg"),
        ({"lat_deg": 91}, "lat_deg"),
        ({"lon_deg": True}, "lon_deg"),
        ({"lon_deg": -181}, "lon_deg"),
        ({"bearing_deg": 361}, "bearing_deg"),
        ({"bearing_deg": math.nan}, "bearing_deg"),
        ({"bearing_deg": 10**400}, "bearing_deg"),
        ({"sigma_deg": 0}, "sigma_deg"),
        ({"sigma_deg": None}, "sigma_deg"),
    ],
)
def test_a_refused_bearing_names_its_field(locate: Command, change: dict[str, Any], field: str) -> None:
    err = locate.refusal({"bearings": [bearing("A"), bearing("B", **change)]})
    assert f"bearings[1].{field}: " in err


def test_a_tower_at_two_places_is_refused(locate: Command) -> None:
    err = locate.refusal({"bearings": [bearing("A"), bearing("B", tower="A")]})
    assert "bearings[1].lat_deg" in err
    assert "one tower, one place" in err


@pytest.mark.parametrize(
    ("document", "field"),
    [([], "file: "), ({}, "bearings: "), ({"bearings": {}}, "bearings: "), ({"bearings": [7]}, "bearings[0]: ")],
)
def test_a_document_of_another_shape_is_refused(locate: Command, document: object, field: str) -> None:
    assert field in locate.refusal(document)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000])
def test_a_file_that_is_not_json_is_refused(locate: Command, text: str) -> None:
    code, out, err = locate.text(text)
    assert (code, out) == (1, "")
    assert "not JSON" in err


def test_a_missing_file_is_refused_by_name(locate: Command, tmp_path: Path) -> None:
    code, out, err = locate.path(str(tmp_path / "nowhere.json"))
    assert (code, out) == (1, "")
    assert "nowhere.json" in err
    assert "No such file" in err


@pytest.mark.shared
def test_the_far_tower_of_pyronears_case_is_unlocated(locate: Command, shared_data: Path) -> None:
    vectors = json.loads((shared_data / "location" / "vectors.json").read_text())
    case = vectors["triangulation"]["cases"][0]
    bearings = [
        {
            "tower": str(c["id"]),
            "lat_deg": c["lat"],
            "lon_deg": c["lon"],
            "bearing_deg": c["azimuth_deg"],
            "sigma_deg": 0.5,
        }
        for c in case["in"]
    ]
    answer = locate.answer(*bearings)
    (fire,) = answer["fires"]
    assert fire["towers"] == ["1", "2", "3"]
    at = Position(*case["reference_least_squares_123"])
    assert inverse(Position(fire["lat_deg"], fire["lon_deg"]), at).distance_m < 0.1
    assert [unlocated["towers"] for unlocated in answer["unlocated"]] == [["4"]]


def test_the_function_gives_what_the_command_prints(locate: Command, tmp_path: Path) -> None:
    printed = locate.answer(bearing("A"), bearing("B"))
    assert answer_of(read_bearings(tmp_path / "bearings.json").bearings).answer == printed


def bowl(folder: Path, half_deg: float = 0.2) -> Path:
    """Write a GeoTIFF whose ground rises by the square of the distance from tower A: 470 m at 7.5 km."""
    rasterio = pytest.importorskip("rasterio")
    at, cells = place(TOWERS["A"]), 400
    side = np.linspace(-half_deg, half_deg, cells)
    east_m, north_m = np.meshgrid(side * 99_000.0, -side * 111_000.0)
    heights = (100.0 + (east_m**2 + north_m**2) / 120_000.0).astype(np.float32)
    step = side[1] - side[0]
    west, north = at.lon_deg - half_deg - step / 2.0, at.lat_deg + half_deg + step / 2.0
    path = folder / "bowl.tif"
    facts = {"driver": "GTiff", "width": cells, "height": cells, "count": 1, "dtype": "float32", "crs": "EPSG:4326"}
    transform = rasterio.Affine(step, 0.0, west, 0.0, -step, north)
    with rasterio.open(path, "w", **facts, transform=transform) as raster:
        raster.write(heights, 1)
    return path


def angle_over_the_bowl(fire_km: tuple[float, float] = FIRE) -> float:
    distance_m = inverse(place(TOWERS["A"]), place(fire_km)).distance_m
    rise_m = distance_m**2 / 120_000.0 + 8.0 - 25.0 - distance_m**2 * 0.87 / (2.0 * 6_371_008.8)
    return math.degrees(math.atan2(rise_m, distance_m))


def test_a_tower_alone_gets_a_region_by_the_ground(locate: Command, tmp_path: Path) -> None:
    one = bearing("A", elevation_deg=angle_over_the_bowl(), elevation_sigma_deg=0.05, height_m=25.0)
    code, out, err = locate.text(json.dumps({"bearings": [one], "terrain": bowl(tmp_path).name}))
    assert (code, err) == (0, "")
    (unlocated,) = json.loads(out)["unlocated"]
    assert unlocated.keys() == {"towers", "reason", "region50", "region90"}
    outline = shapely.from_geojson(json.dumps(unlocated["region90"]))
    fire = place(FIRE)
    assert outline.contains(shapely.Point(fire.lon_deg, fire.lat_deg))
    far = place((8.0, 1.4))
    assert not outline.contains(shapely.Point(far.lon_deg, far.lat_deg)), "on the same line, but higher"


def test_the_ground_makes_two_towers_surer_and_the_folder_of_rasters_may_be_named(
    locate: Command, tmp_path: Path
) -> None:
    angle = {"elevation_deg": angle_over_the_bowl(), "elevation_sigma_deg": 0.02, "height_m": 25.0}
    bearings = [bearing("A", sigma_deg=1.0, **angle), bearing("B", sigma_deg=1.0)]
    (plane,) = locate.answer(*bearings)["fires"]
    tiles = tmp_path / "tiles"
    tiles.mkdir()
    bowl(tiles)
    _, out, _ = locate.text(json.dumps({"bearings": bearings, "terrain": str(tiles)}))
    (fire,) = json.loads(out)["fires"]
    assert inverse(Position(fire["lat_deg"], fire["lon_deg"]), place(FIRE)).distance_m < 40.0
    assert fire["ellipse"]["major_m"] < 0.9 * plane["ellipse"]["major_m"]


def test_two_fires_from_two_towers_are_told_from_their_ghosts_by_the_ground(locate: Command, tmp_path: Path) -> None:
    angles = [
        {"elevation_deg": angle_over_the_bowl(fire), "elevation_sigma_deg": 0.1, "height_m": 25.0}
        for fire in (FIRE, SECOND)
    ]
    seen = [bearing("A", fire, **angle) for fire, angle in zip((FIRE, SECOND), angles, strict=True)]
    document = {"bearings": [*seen, bearing("B"), bearing("B", SECOND)], "terrain": str(bowl(tmp_path))}
    _, out, _ = locate.text(json.dumps(document))
    answer = json.loads(out)
    assert answer["unlocated"] == []
    for fire_km in (FIRE, SECOND):
        away = [inverse(Position(f["lat_deg"], f["lon_deg"]), place(fire_km)).distance_m for f in answer["fires"]]
        assert min(away) < 60.0


def test_where_the_ground_is_not_known_the_plane_is_used_and_said(locate: Command, tmp_path: Path) -> None:
    far = {"lat_deg": 48.0, "lon_deg": 2.0, "elevation_deg": 0.0}
    _, out, err = locate.text(json.dumps({"bearings": [bearing("A", **far)], "terrain": str(bowl(tmp_path))}))
    (unlocated,) = json.loads(out)["unlocated"]
    assert unlocated.keys() == {"towers", "reason"}
    assert "A: located on the plane" in err


def test_a_path_to_no_ground_is_refused(locate: Command, tmp_path: Path) -> None:
    one = bearing("A", elevation_deg=0.0)
    assert "neither a folder" in locate.refusal({"bearings": [one], "terrain": str(tmp_path / "nowhere")})
    assert "terrain: a path" in locate.refusal({"bearings": [one], "terrain": 7})


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"elevation_deg": 91.0}, "elevation_deg"),
        ({"elevation_deg": "low"}, "elevation_deg"),
        ({"elevation_deg": 1.0, "elevation_sigma_deg": 0.0}, "elevation_sigma_deg"),
        ({"height_m": -3.0}, "height_m"),
    ],
)
def test_a_refused_angle_names_its_field(locate: Command, change: dict[str, Any], field: str) -> None:
    assert f"bearings[0].{field}: " in locate.refusal({"bearings": [bearing("A", **change)]})


def test_a_wrong_azimuth_among_five_is_named(locate: Command) -> None:
    """Association leaves it out of the fire; where it stays in, the answer tells who disagrees."""
    towers = {"D": (8.0, 8.0), "E": (-8.0, 8.0)}
    TOWERS.update(towers)
    bearings = [bearing(t) for t in "ABCDE"]
    bearings[3]["bearing_deg"] += 5.0
    answer = locate.answer(*bearings)
    fire = answer["fires"][0]
    assert inverse(Position(fire["lat_deg"], fire["lon_deg"]), place(FIRE)).distance_m < 60.0
    named = [told["tower"] for told in fire.get("disagreement", [])]
    assert named + [t for u in answer["unlocated"] for t in u["towers"]] == ["D"]


def test_an_imported_folder_is_the_ground_too(locate: Command, tmp_path: Path) -> None:
    from firewatch.adapters.terrain_folder import TerrainFolder

    TerrainFolder(tmp_path / "terrain").add(bowl(tmp_path), lambda *_: None)
    one = bearing("A", elevation_deg=angle_over_the_bowl())
    _, out, err = locate.text(json.dumps({"bearings": [one], "terrain": "terrain"}))
    assert err == ""
    assert "region90" in json.loads(out)["unlocated"][0]
