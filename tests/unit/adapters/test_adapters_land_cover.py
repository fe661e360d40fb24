"""Maps of land cover from files: codes become classes by a legend, whole or not at all; strange ones are refused."""

from __future__ import annotations

import json
import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from elevation_files import write_tif

from firewatch.adapters.land_codes import LEGENDS, LandCodes, codes_of_table, read_land_codes
from firewatch.adapters.land_cover import LandCoverFolder
from firewatch.domain.geo import ErrorEllipse, Position
from firewatch.domain.land import LandClass
from firewatch.errors import ConfigError, InvalidValue, TerrainError
from firewatch.geodesy import LocalPlane
from firewatch.land_wiring import place_factors
from firewatch.services.fire_priors import FirePriors
from firewatch.terrain import TerrainGrid
from firewatch.testing import SCENE_START

PLACE = Position(26.9, 112.6)
BOX = (112.55, 26.85, 112.65, 26.95)
STEP = 1.0 / 3000.0
POINT = ErrorEllipse(0.0, 0.0, 0.0)
WORLDCOVER = LEGENDS["esa-worldcover-2021"]
EXAMPLES = Path(__file__).parents[3] / "configs"


def say_nothing(_word: str, _done: int, _of: int) -> None:
    """Take what is told of the progress."""


def forest_and_lake() -> np.ndarray:
    """Return codes of WorldCover: forest in the west, water in the east, one unknown corner."""
    codes = np.full((300, 300), 10, np.uint8)
    codes[:, 150:] = 80
    codes[:10, :10] = 0
    return codes


@pytest.fixture
def folder(tmp_path: Path) -> LandCoverFolder:
    return LandCoverFolder(tmp_path / "cover")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_tif(tmp_path / "ESA_WorldCover_10m_2021_v200_N24E111_Map.tif", BOX, STEP, heights=forest_and_lake())


def flat(cell_m: float, half: int) -> TerrainGrid:
    nothing = np.zeros((2 * half + 1, 2 * half + 1), np.float32)
    return TerrainGrid(LocalPlane(PLACE), -half * cell_m, half * cell_m, cell_m, nothing)


def test_a_map_is_taken_in_and_says_what_covers_the_ground(folder: LandCoverFolder, source: Path) -> None:
    told: list[tuple[str, int, int]] = []
    tile, is_new = folder.add(source, WORLDCOVER, lambda *each: told.append(each))
    assert is_new
    assert (tile.rows, tile.columns) == (300, 300)
    assert (tile.west_deg, tile.south_deg, tile.east_deg, tile.north_deg) == pytest.approx(BOX)
    assert tile.resolution_m == pytest.approx(37.1, abs=0.1)
    assert tile.shares == pytest.approx({"tree-cover": 0.5 - 100 / 90_000, "water": 0.5})
    assert (tile.covers(26.9, 112.6), tile.covers(26.9, 112.7)) == (True, False)
    assert [one for one in told if one[0] == "writing"] == [("writing", 300, 300)]
    weights = folder.weights_over(flat(90.0, 20))
    assert weights.shape == (41, 41)
    assert np.all(weights[:, :19] == 1.0)
    assert np.all(weights[:, 22:] == pytest.approx(0.02))
    shares = folder.shares_around(PLACE, POINT, 500.0)
    assert shares is not None
    assert shares.forest == pytest.approx(0.5, abs=0.02)
    assert folder.majority_over(flat(90.0, 2))[0].tolist()[::4] == [10, 80]


def test_a_fire_is_likelier_in_the_wood_than_on_the_lake(folder: LandCoverFolder, source: Path) -> None:
    folder.add(source, WORLDCOVER, say_nothing)
    with ThreadPoolExecutor(1) as threads:
        priors = FirePriors(place_factors(folder), None, threads)
        priors.over(flat(90.0, 20), SCENE_START)
    prior = priors.over(flat(90.0, 20), SCENE_START)
    assert prior is not None
    wood, lake = prior(np.array([-1000.0, 1000.0]), np.zeros(2))
    assert math.exp(wood - lake) == pytest.approx(1.0 / 0.02)
    assert place_factors(None) == ()


def test_the_same_raster_gives_the_same_object_until_another_map_comes(
    tmp_path: Path, folder: LandCoverFolder, source: Path
) -> None:
    assert np.isnan(folder.weights_over(flat(90.0, 5))).all(), "an empty folder knows nothing"
    assert folder.shares_around(PLACE, POINT, 500.0) is None
    folder.add(source, WORLDCOVER, say_nothing)
    first = folder.weights_over(flat(90.0, 5))
    assert folder.weights_over(flat(90.0, 5)) is first
    assert not first.flags.writeable
    assert folder.weights_over(flat(90.0, 6)) is not first
    for half in range(7, 16):
        folder.weights_over(flat(90.0, half))
    assert folder.weights_over(flat(90.0, 5)) is not first, "old ones are forgotten"
    before = folder.shares_around(PLACE, POINT, 500.0)
    assert folder.shares_around(PLACE, POINT, 500.0) is before
    finer = np.full((600, 600), 40, np.uint8)
    folder.add(write_tif(tmp_path / "finer.tif", BOX, STEP / 2.0, heights=finer), WORLDCOVER, say_nothing)
    after = folder.shares_around(PLACE, POINT, 500.0)
    assert after is not None
    assert after.shares == {LandClass.CROPLAND: pytest.approx(1.0)}, "the finer map is asked first"


def test_the_same_file_again_does_nothing_and_with_another_legend_it_is_read_anew(
    tmp_path: Path, folder: LandCoverFolder, source: Path
) -> None:
    tile, _ = folder.add(source, WORLDCOVER, say_nothing)
    assert folder.add(source, WORLDCOVER, say_nothing) == (tile, False)
    pines = codes_of_table({"10": "needleleaf", "80": "water"})
    other, is_new = folder.add(source, pines, say_nothing)
    assert is_new
    assert "needleleaf" in other.shares
    assert folder.tiles() == (other,)
    assert not (tmp_path / "cover" / tile.file).exists()


def test_a_map_in_metres_keeps_its_codes(tmp_path: Path, folder: LandCoverFolder) -> None:
    from rasterio.transform import from_origin

    codes = np.full((200, 200), 71, np.int16)
    codes[:, 100:] = 20
    where = from_origin(360_000.0, 2_980_000.0, 30.0, 30.0)
    path = write_tif(tmp_path / "glc.tif", BOX, heights=codes, crs="EPSG:32649", transform=where, nodata=250)
    tile, _ = folder.add(path, LEGENDS["glc-fcs30d"], say_nothing)
    assert set(tile.shares) == {"needleleaf", "cropland"}
    assert tile.shares["needleleaf"] == pytest.approx(tile.shares["cropland"], rel=0.05)


@pytest.mark.parametrize(
    ("codes", "more", "what"),
    [
        (np.full((300, 300), 10.0, np.float32), {}, "whole numbers"),
        (np.full((300, 300), 11, np.uint8), {}, "codes 11, of which the legend says nothing"),
        (np.arange(90_000, dtype=np.int32).reshape(300, 300), {}, "and [0-9]+ more"),
        (np.zeros((300, 300), np.uint8), {}, "knows no ground anywhere"),
        (np.full((300, 300), 10, np.uint8), {"crs": None}, "no CRS"),
        (np.full((3, 300, 300), 10, np.uint8), {"count": 3}, "3 bands"),
    ],
)
def test_what_is_no_map_is_refused_and_nothing_stays(
    tmp_path: Path, folder: LandCoverFolder, codes: np.ndarray, more: dict[str, object], what: str
) -> None:
    path = write_tif(tmp_path / "strange.tif", BOX, STEP, heights=codes, **more)
    with pytest.raises(TerrainError, match=what):
        folder.add(path, WORLDCOVER, say_nothing)
    assert folder.tiles() == ()
    assert list((tmp_path / "cover").iterdir()) == []


def test_a_damaged_file_is_refused_before_and_after(tmp_path: Path, folder: LandCoverFolder, source: Path) -> None:
    broken = tmp_path / "broken.tif"
    broken.write_bytes(source.read_bytes()[: source.stat().st_size // 2])
    with pytest.raises(TerrainError, match="fetch it again"):
        folder.add(broken, WORLDCOVER, say_nothing)
    with pytest.raises(TerrainError, match="cannot be read"):
        folder.add(tmp_path / "nothing.tif", WORLDCOVER, say_nothing)
    tile, _ = folder.add(source, WORLDCOVER, say_nothing)
    write_tif(tmp_path / "cover" / tile.file, BOX, STEP * 2.0, heights=np.full((150, 150), 10, np.uint8))
    with pytest.raises(TerrainError, match="another file than the list says"):
        folder.weights_over(flat(90.0, 3))
    (tmp_path / "cover" / tile.file).unlink()
    with pytest.raises(TerrainError, match="fetch it again"):
        folder.shares_around(PLACE, POINT, 500.0)
    (tmp_path / "cover" / "cover.json").write_text("{", encoding="utf-8")
    with pytest.raises(TerrainError, match="delete it and import"):
        folder.tiles()


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(TerrainError, match="cannot be made"):
        LandCoverFolder(tmp_path / "file" / "cover").add(source, WORLDCOVER, say_nothing)

    def refuse(_path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("firewatch.adapters.raster_files.sync_file", refuse)
    with pytest.raises(TerrainError, match="No space left"):
        LandCoverFolder(tmp_path / "cover").add(source, WORLDCOVER, say_nothing)
    assert list((tmp_path / "cover").iterdir()) == []
    monkeypatch.undo()
    (tmp_path / "cover" / "cover.json").mkdir()
    with pytest.raises(TerrainError, match=r"cover\.json"):
        LandCoverFolder(tmp_path / "cover").add(source, WORLDCOVER, say_nothing)


def test_a_legend_of_one_s_own_is_read_strictly(tmp_path: Path) -> None:
    path = tmp_path / "codes.toml"
    path.write_text("unknown = [0, 99]\n[classes]\n0101 = 'cropland'\n0301 = 'needleleaf'\n", encoding="utf-8")
    found = read_land_codes(path)
    assert found.classes == {101: LandClass.CROPLAND, 301: LandClass.NEEDLELEAF}
    assert found.unknown == {0, 99}
    for text, what in (
        ("[classes]\n10 = 'trees'\n", "tree-cover"),
        ("[classes]\nten = 'water'\n", "a whole number"),
        ("[classes]\n1 = 'water'\n01 = 'bare'\n", "each once"),
        ("[classes]\n70000 = 'water'\n", "65535"),
        ("[classes]\n", "at least one"),
        ("unknown = [10]\n[classes]\n10 = 'water'\n", "either a class or unknown"),
        ("codes = 1\n", "unknown field `codes`"),
    ):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ConfigError, match=what):
            read_land_codes(path)
    with pytest.raises(InvalidValue, match="at least one"):
        LandCodes({})


def test_the_shipped_legends_name_only_classes() -> None:
    assert set(WORLDCOVER.classes) == {10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 100}
    assert LEGENDS["glc-fcs30d"].classes[72] is LandClass.NEEDLELEAF
    surveys = read_land_codes(EXAMPLES / "land_cover_gbt21010.toml")
    assert surveys.classes[101] is LandClass.CROPLAND
    assert surveys.classes[1101] is LandClass.WATER
    assert len({one.fingerprint for one in (WORLDCOVER, LEGENDS["glc-fcs30d"], surveys)}) == 3


def test_the_list_is_one_that_people_can_read(tmp_path: Path, folder: LandCoverFolder, source: Path) -> None:
    folder.add(source, WORLDCOVER, say_nothing)
    listed = json.loads((tmp_path / "cover" / "cover.json").read_text(encoding="utf-8"))
    assert listed["tiles"][0]["source"] == source.name
