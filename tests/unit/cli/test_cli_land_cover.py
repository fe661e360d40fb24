"""`firewatch land-cover`: tiles are taken in and told of; what covers the ground in words, JSON and a picture."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from elevation_files import write_tif

from firewatch.adapters.sites_geojson import write_sites
from firewatch.cli import main
from firewatch.config import read_config
from firewatch.domain.geo import Position
from firewatch.domain.ids import TowerId
from firewatch.domain.sites import Name, SiteMap, Tower
from firewatch.errors import ConfigError
from firewatch.land_settings import LandCoverConfig
from firewatch.land_wiring import land_codes, land_cover_map, land_cover_told

if TYPE_CHECKING:
    from pathlib import Path

STEP = 1.0 / 1200.0
BOX = (112.5, 26.8, 112.7, 27.0)


def tower(key: str, lat: float, lon: float) -> Tower:
    return Tower(TowerId(key), Name(f"云峰{key[-1]}", f"Yunfeng {key[-1]}"), Position(lat, lon, 140.0), ())


SITES = SiteMap((tower("t1", 26.9, 112.6), tower("t2", 27.5, 112.6)), ())


@pytest.fixture
def config(tmp_path: Path) -> Path:
    write_sites(SITES, tmp_path / "sites.geojson")
    (tmp_path / "central.toml").write_text('[land_cover]\nfolder = "cover"\n', encoding="utf-8")
    codes = np.full((240, 240), 10, np.uint8)
    codes[:, 120:] = 40
    codes[:12] = 0
    (tmp_path / "tiles").mkdir()
    write_tif(tmp_path / "tiles" / "map.tif", BOX, STEP, heights=codes)
    return tmp_path / "central.toml"


def cover(config: Path, *words: str) -> int:
    return main(["land-cover", *words, "--config", str(config)])


def test_a_folder_is_searched_and_each_tile_told_with_what_covers_it(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cover(config, "import", str(config.parent / "tiles")) == 0
    told = capsys.readouterr().out
    assert "map.tif: 26.800 to 27.000 N, 112.500 to 112.700 E; 240 x 240 cells of 93 m" in told
    assert "tree-cover 47.5 %, cropland 47.5 %, unknown 5.0 %: taken in" in told
    assert cover(config, "import", str(config.parent / "tiles"), "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert [tile["is_new"] for tile in facts["tiles"]] == [False]
    assert facts["tiles"][0]["shares"] == {"tree-cover": 0.475, "cropland": 0.475}
    assert cover(config, "info") == 0
    told = capsys.readouterr().out
    assert "1 of 2 towers lie on them" in told
    assert "outside: t2" in told
    assert cover(config, "info", "--json") == 0
    assert json.loads(capsys.readouterr().out)["outside"] == ["t2"]


def test_what_is_refused_is_said_and_the_others_are_taken(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    strange = write_tif(config.parent / "tiles" / "strange.tif", BOX, STEP, heights=np.full((240, 240), 7, np.uint8))
    assert cover(config, "import", str(config.parent / "tiles")) == 1
    told = capsys.readouterr()
    assert "map.tif" in told.out
    assert "strange.tif: has the codes 7, of which the legend says nothing" in told.err
    (config.parent / "own.toml").write_text("[classes]\n7 = 'bare'\n", encoding="utf-8")
    into, own = str(config.parent / "other"), str(config.parent / "own.toml")
    assert main(["land-cover", "import", str(strange), "--into", into, "--codes", own]) == 0
    assert "bare 100.0 %" in capsys.readouterr().out


def test_the_ground_around_a_tower_is_told_and_drawn(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cover(config, "import", str(config.parent / "tiles"))
    capsys.readouterr()
    picture = config.parent / "view.png"
    assert cover(config, "view", "--tower", "t1", "--range-km", "3", "--png", str(picture), "--lang", "en") == 0
    told = capsys.readouterr().out
    assert "around t1, 3 km to each side: " in told
    assert "tree-cover" in told
    assert f"drawn: {picture}" in told
    drawn = cv2.imread(str(picture))
    assert drawn is not None
    assert min(drawn.shape[:2]) > 900
    assert cover(config, "view", "--at", "26.9,112.65", "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["shares"]["cropland"] > 0.8
    assert (facts["lat_deg"], facts["range_km"]) == (26.9, 5.0)


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("view", "--tower", "t9"), "one of the sites file: t1, t2"),
        (("view", "--at", "here"), "as 26.9,112.6"),
        (("view", "--tower", "t1", "--range-km", "99"), "0.1 to 60"),
        (("import", "x.tif", "--codes", "corine"), "is no legend"),
        (("import", "."), "no file that ends in"),
    ],
)
def test_what_cannot_be_is_refused_with_what_can(
    config: Path, words: tuple[str, ...], what: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (config.parent / "empty").mkdir()
    monkeypatch.chdir(config.parent / "empty")
    assert cover(config, *words) == 1
    assert what in capsys.readouterr().err


def test_settings_without_a_folder_say_so(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text("", encoding="utf-8")
    for words in (("info",), ("import", "x.tif")):
        assert cover(config, *words) == 1
        assert "land_cover.folder" in capsys.readouterr().err


def test_the_settings_name_a_legend_a_file_or_a_table(config: Path) -> None:
    assert read_config(config).land_cover.folder == str(config.parent.resolve() / "cover")
    config.write_text('[land_cover]\ncodes = "own.toml"\n', encoding="utf-8")
    assert read_config(config).land_cover.codes == str(config.parent.resolve() / "own.toml")
    assert len(land_codes(LandCoverConfig()).classes) == 11
    assert len(land_codes(LandCoverConfig(codes={"1": "water", "2": "bare"})).classes) == 2
    with pytest.raises(ConfigError, match="tree-cover"):
        land_codes(LandCoverConfig(codes={"1": "wood"}))


def test_check_config_tells_how_many_towers_lie_on_the_map(config: Path) -> None:
    settings = read_config(config).land_cover
    assert land_cover_told(LandCoverConfig(), SITES)[0].startswith("land cover: none")
    assert land_cover_map(LandCoverConfig()) is None
    told, warnings = land_cover_told(settings, SITES)
    assert "no tile in" in told
    assert "firewatch land-cover import" in warnings[0]
    cover(config, "import", str(config.parent / "tiles"))
    told, warnings = land_cover_told(settings, SITES)
    assert told == "land cover: 1 tile(s), cells of 93 m at best; 1 of 2 towers on it"
    assert warnings == ("land cover: no tile below t2: fuels around are those of spread.fuels",)
