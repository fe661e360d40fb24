"""The map: each class in its colour, no data in grey, the limits in the legend, in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import xarray as xr
from matplotlib.colors import to_hex

from firewatch.adapters.class_tables import class_folder, limits_table
from firewatch.adapters.danger_map import MapClasses, draw_map
from firewatch.danger.index_classes import DangerIndex
from firewatch.errors import InvalidValue
from firewatch.texts import Language

if TYPE_CHECKING:
    from pathlib import Path

GREY = "#9e9e9e"
EFFIS = MapClasses(limits_table("effis"), DangerIndex.FWI, Language.EN)


def colours_of(values: xr.DataArray, classes: MapClasses, path: Path) -> list[str]:
    """Return the colour that is painted at each cell, by row."""
    axes = draw_map(values, classes, "2026-03-01", path).axes[0]
    mesh = axes.collections[0]
    mesh.update_scalarmappable()
    painted = mesh.get_facecolor().reshape(-1, 4)
    ground = to_hex(axes.get_facecolor())
    return [to_hex(colour) if colour[3] > 0 else ground for colour in painted]


def test_a_number_on_a_limit_is_where_the_table_puts_it_and_missing_is_grey(tmp_path: Path) -> None:
    numbers = np.array([[0.0, 5.19, 5.2, 11.2], [21.3, 38.0, 50.0, np.nan]])
    values = xr.DataArray(numbers, dims=("y", "x"))
    green, blue, yellow, orange, red, dark = (one.colour for one in EFFIS.table.classes)
    painted = colours_of(values, EFFIS, tmp_path / "map.png")
    assert painted == [green, green, blue, yellow, orange, red, dark, GREY]
    assert colours_of(values * -1.0, EFFIS, tmp_path / "map.svg")[1:] == [GREY] * 7


def test_an_index_with_fewer_classes_keeps_each_class_its_colour(tmp_path: Path) -> None:
    drought = MapClasses(EFFIS.table, DangerIndex.DC, Language.EN)
    values = xr.DataArray(np.array([[0.0, 300.0, 800.0]]), dims=("y", "x"))
    by_key = {one.key: one.colour for one in EFFIS.table.classes}
    expected = [by_key[key] for key in ("very-low", "low", "very-high")]
    assert colours_of(values, drought, tmp_path / "map.png") == expected


def test_the_legend_names_the_classes_with_their_limits_and_whose_they_are(tmp_path: Path) -> None:
    values = xr.DataArray(
        np.zeros((2, 2)),
        dims=("lat", "lon"),
        coords={"lat": ("lat", [1.0, 2.0], {"units": "degrees_north"}), "lon": [3.0, 4.0]},
    )
    figure = draw_map(values, EFFIS, "2026-03-01", tmp_path / "map.png")
    legend = figure.legends[0]
    told = [text.get_text() for text in legend.get_texts()]
    assert told[:2] == ["extreme  ≥ 50", "very high  38 – 50"]  # noqa: RUF001
    assert told[-2:] == ["very low  < 5.2", "no data"]
    assert legend.get_title().get_text() == "Classes of FWI: EFFIS"
    assert figure.axes[0].get_title() == "FWI fire weather index · 2026-03-01"
    assert (figure.axes[0].get_ylabel(), figure.axes[0].get_xlabel()) == ("lat (degrees north)", "lon")


def test_it_speaks_chinese_and_says_what_is_to_be_confirmed() -> None:
    chinese = MapClasses(EFFIS.table, DangerIndex.FWI, Language.ZH_CN)
    assert chinese.labels()[-1][1] == "极高  ≥ 50"
    assert chinese.title() == "FWI 分级：EFFIS"  # noqa: RUF001
    unsure = [
        MapClasses(limits_table(name), limits.index, Language.ZH_CN)
        for name in ("canada", "portugal", "sweden", "minnesota", "indonesia", "asean")
        for limits in limits_table(name).indices
        if limits.provenance.mark.is_to_be_confirmed
    ]
    assert unsure
    assert all(each.title().endswith("(待核)") for each in unsure)


def test_a_limit_of_the_lower_class_says_so(tmp_path: Path) -> None:
    shipped = (class_folder() / "effis.toml").read_text(encoding="utf-8")
    path = tmp_path / "own.toml"
    path.write_text(shipped.replace('limit_in = "upper"', 'limit_in = "lower"'), encoding="utf-8")
    labels = MapClasses(limits_table(str(path)), DangerIndex.FWI, Language.EN).labels()
    assert (labels[0][1], labels[-1][1]) == ("very low  ≤ 5.2", "extreme  > 50")


def test_what_is_no_map_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match="two: rows and columns"):
        draw_map(xr.DataArray(np.zeros(3)), EFFIS, "2026-03-01", tmp_path / "map.png")
    with pytest.raises(InvalidValue, match="index for effis"):
        MapClasses(EFFIS.table, DangerIndex.DSR, Language.EN)
    with pytest.raises(InvalidValue, match="percentiles need"):
        limits_table("local_percentiles")
