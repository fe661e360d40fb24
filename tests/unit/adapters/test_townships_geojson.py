"""Outlines of townships come from a file, which says what is wrong with it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from firewatch.adapters.townships_geojson import read_townships
from firewatch.domain.sites import Name
from firewatch.domain.township import Township
from firewatch.errors import ConfigError, InvalidValue

if TYPE_CHECKING:
    from pathlib import Path

SQUARE = [[112.5, 26.8], [112.7, 26.8], [112.7, 27.0], [112.5, 27.0], [112.5, 26.8]]
HOLE = [[112.55, 26.85], [112.55, 26.9], [112.6, 26.9], [112.55, 26.85]]
NAMES = {"name_zh": "岣嵝乡", "name_en": "Goulou"}


def a_file(folder: Path, geometry: dict[str, Any], properties: dict[str, Any] | None = None) -> Path:
    feature = {"type": "Feature", "properties": NAMES if properties is None else properties, "geometry": geometry}
    path = folder / "townships.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8-sig")
    return path


def polygon(*rings: list[list[float]]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings)}


def test_polygons_with_holes_and_several_parts_are_read(tmp_path: Path) -> None:
    (one,) = read_townships(a_file(tmp_path, polygon([[*corner, 80.0] for corner in SQUARE], HOLE)))
    assert one.name == Name("岣嵝乡", "Goulou")
    assert one.parts[0][0][1] == (112.7, 26.8)
    assert len(one.parts[0]) == 2
    far = [[lon + 1.0, lat] for lon, lat in SQUARE]
    several = {"type": "MultiPolygon", "coordinates": [[SQUARE, HOLE], [far]]}
    (many,) = read_townships(a_file(tmp_path, several))
    assert [len(part) for part in many.parts] == [2, 1]


@pytest.mark.parametrize(
    ("geometry", "properties", "said"),
    [
        (polygon(SQUARE[:-1]), None, "the last the first one again"),
        (polygon(SQUARE[:2] + SQUARE[:1]), None, "four at least"),
        (polygon([[200.0, 26.8], *SQUARE[1:-1], [200.0, 26.8]]), None, "longitude of Goulou"),
        (polygon([[112.5, 95.0], *SQUARE[1:-1], [112.5, 95.0]]), None, "latitude of Goulou"),
        (polygon([SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3], SQUARE[0]]), None, "Self-intersection"),
        (polygon(HOLE, SQUARE), None, "Hole lies outside"),
        (polygon(), None, "length >= 1"),
        ({"type": "Point", "coordinates": [112.5, 26.8]}, None, "Point"),
        (polygon(SQUARE), {"name_zh": "岣嵝乡"}, "name_en"),
        (polygon(SQUARE), {**NAMES, "colour": "red"}, "colour"),
        (polygon(SQUARE), {**NAMES, "name_en": ""}, "English name"),
    ],
)
def test_what_is_wrong_is_told_with_file_and_feature(
    tmp_path: Path, geometry: dict[str, Any], properties: dict[str, Any] | None, said: str
) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        read_townships(a_file(tmp_path, geometry, properties))
    assert "townships.geojson" in str(caught.value)


def test_a_file_that_is_not_there_or_no_json_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_townships(tmp_path / "none.geojson")
    (tmp_path / "bad.geojson").write_text("{", encoding="utf-8")
    with pytest.raises(ConfigError, match="GeoJSON"):
        read_townships(tmp_path / "bad.geojson")


@pytest.mark.parametrize("parts", [(), ((),)])
def test_a_township_lies_somewhere(parts: tuple[Any, ...]) -> None:
    with pytest.raises(InvalidValue, match="a ring at least"):
        Township(Name("岣嵝乡", "Goulou"), parts)
