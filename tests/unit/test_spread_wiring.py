"""What spread rests on is read at the start, and refused by file and key."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from firewatch.adapters.exposures_geojson import read_exposures, read_heat_sources
from firewatch.cli import main
from firewatch.config import read_config
from firewatch.domain.exposure import ExposureKind
from firewatch.domain.land import LandClass
from firewatch.errors import ConfigError
from firewatch.spread_settings import SpreadConfig
from firewatch.spread_wiring import cover_fuels, fuel_shares, heat_sources

EXAMPLES = Path(__file__).parents[2] / "configs"
RING = [[112.70, 27.00], [112.72, 27.00], [112.72, 27.02], [112.70, 27.02], [112.70, 27.00]]


def collection(path: Path, *features: tuple[dict[str, object], dict[str, object]]) -> Path:
    made = [{"type": "Feature", "geometry": shape, "properties": facts} for shape, facts in features]
    path.write_text("\ufeff" + json.dumps({"type": "FeatureCollection", "features": made}), encoding="utf-8")
    return path


POINT: dict[str, object] = {"type": "Point", "coordinates": [112.7, 27.0]}
POLYGON: dict[str, object] = {"type": "Polygon", "coordinates": [RING]}


def test_exposures_are_points_with_a_radius_and_polygons_with_the_circle_around_them(tmp_path: Path) -> None:
    path = collection(
        tmp_path / "near.geojson",
        (POINT, {"kind": "school", "name_zh": "小学", "name_en": "School", "radius_m": 80}),
        (POLYGON, {"kind": "forest", "name_zh": "林场"}),
    )
    school, forest = read_exposures(path)
    assert (school.kind, school.name.en, school.radius_m) == (ExposureKind.SCHOOL, "School", 80.0)
    assert (forest.position.lat_deg, forest.position.lon_deg) == pytest.approx((27.01, 112.71))
    assert forest.radius_m == pytest.approx(1487.0, abs=10.0)
    assert forest.name.en == "林场"


def test_heat_sources_have_a_radius_of_half_a_kilometre_unless_told(tmp_path: Path) -> None:
    path = collection(tmp_path / "warm.geojson", (POINT, {"name_zh": "水泥厂"}))
    assert [one.radius_m for one in heat_sources(SpreadConfig(heat_sources=str(path)))] == [500.0]
    assert heat_sources(SpreadConfig()) == ()


@pytest.mark.parametrize(
    ("shape", "facts", "what"),
    [
        (POINT, {"kind": "castle", "name_zh": "堡"}, "Invalid enum value 'castle'"),
        (POINT, {"kind": "school"}, "name_zh"),
        ({"type": "LineString", "coordinates": [[1, 2], [3, 4]]}, {"kind": "school", "name_zh": "x"}, "LineString"),
        ({"type": "Point", "coordinates": [112.7, 99.0]}, {"kind": "school", "name_zh": "x"}, r"features\[0\]"),
        (POINT, {"kind": "school", "name_zh": "x", "radius_m": -5}, "radius"),
    ],
)
def test_what_is_no_exposure_is_refused_with_its_file(
    tmp_path: Path, shape: dict[str, object], facts: dict[str, object], what: str
) -> None:
    path = collection(tmp_path / "near.geojson", (shape, facts))
    with pytest.raises(ConfigError, match=what) as caught:
        read_exposures(path)
    assert "near.geojson" in str(caught.value)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_heat_sources(tmp_path / "nowhere.geojson")


def test_the_shares_are_those_of_the_settings_and_a_stranger_is_refused() -> None:
    shares = fuel_shares(SpreadConfig())
    assert [(one.fuel.name_en, one.share) for one in shares] == [
        ("Masson pine", 0.4),
        ("Chinese fir", 0.3),
        ("fern and shrub-grass", 0.3),
    ]
    assert fuel_shares(SpreadConfig(fuels={})) == ()
    with pytest.raises(ConfigError, match=r"spread.fuels.榕树: is no forest type; known are 马尾松林"):
        fuel_shares(SpreadConfig(fuels={"榕树": 1.0}))


def test_each_class_of_land_cover_has_its_fuels_and_a_stranger_is_refused() -> None:
    table = cover_fuels(SpreadConfig(cover_fuels={"shrubland": {"灌木林": 1.0}, "water": {}}))
    assert set(table.fuels) == set(LandClass) - {LandClass.TREE_COVER}
    assert [one.fuel.name_en for one in table.of(LandClass.SHRUBLAND, 1)] == ["shrub"]
    assert table.of(LandClass.WATER, 1) == (), "an empty one burns as the usual mixture"
    assert [one.fuel.name_en for one in table.of(LandClass.GRASSLAND, 1)] == ["grass"]
    months = [float(month) for month in range(12)]
    cured = cover_fuels(SpreadConfig(cover_cured_pct={"grassland": months}))
    assert [cured.of(LandClass.GRASSLAND, month)[0].fuel.cured_pct for month in (1, 12)] == [0.0, 11.0]
    assert cured.of(LandClass.CROPLAND, 6)[0].fuel.cured_pct == 30.0
    with pytest.raises(ConfigError, match=r"spread.cover_fuels.shrubland.榕树: is no forest type"):
        cover_fuels(SpreadConfig(cover_fuels={"shrubland": {"榕树": 1.0}}))
    with pytest.raises(ConfigError, match=r"cover_fuels.wood: is no class of land cover; allowed is one of tree"):
        cover_fuels(SpreadConfig(cover_fuels={"wood": {"灌木林": 1.0}}))
    with pytest.raises(ConfigError, match=r"spread.cover_cured_pct.wood"):
        cover_fuels(SpreadConfig(cover_cured_pct={"wood": months}))


def test_check_config_reads_every_file_and_names_the_wrong_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = "".join(
        f'{name} = "{EXAMPLES / file}"\n' for name, file in (("sites", "sites.geojson"), ("roster", "roster.toml"))
    )
    path = tmp_path / "central.toml"
    path.write_text(f'[centre]\n{files}[spread]\nexposures = "near.geojson"\n', encoding="utf-8")
    assert read_config(path).spread.exposures == str(tmp_path / "near.geojson")
    assert main(["check-config", "--config", str(path)]) != 0
    assert "near.geojson" in capsys.readouterr().err
    collection(tmp_path / "near.geojson", (POINT, {"kind": "school", "name_zh": "小学"}))
    assert main(["check-config", "--config", str(path)]) == 0
    path.write_text(f'[centre]\n{files}[spread.fuels]\n"马尾松林" = 3.0\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"spread\.fuels"):
        read_config(path)
