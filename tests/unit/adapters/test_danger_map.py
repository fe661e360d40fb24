"""The map: each class in its colour, no data in grey, the limits in the legend."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from matplotlib.colors import to_hex

from firewatch.adapters.danger_map import EFFIS_FWI, MapClasses, draw_map
from firewatch.errors import InvalidValue

GREY = "#9e9e9e"


def colours_of(values: xr.DataArray) -> list[str]:
    """Return the colour that is painted at each cell, by row."""
    axes = draw_map(values, EFFIS_FWI, "FWI").axes[0]
    mesh = axes.collections[0]
    mesh.update_scalarmappable()
    painted = mesh.get_facecolor().reshape(-1, 4)
    ground = to_hex(axes.get_facecolor())
    return [to_hex(colour) if colour[3] > 0 else ground for colour in painted]


def test_a_number_on_a_limit_belongs_to_the_more_dangerous_class_and_missing_is_grey() -> None:
    numbers = np.array([[0.0, 5.19, 5.2, 11.2], [21.3, 38.0, 50.0, np.nan]])
    values = xr.DataArray(numbers, dims=("y", "x"))
    green, pale, yellow, orange, red, dark = EFFIS_FWI.colours
    assert colours_of(values) == [green, green, pale, yellow, orange, red, dark, GREY]


def test_the_legend_names_the_classes_with_their_numbers() -> None:
    values = xr.DataArray(
        np.zeros((2, 2)),
        dims=("lat", "lon"),
        coords={"lat": ("lat", [1.0, 2.0], {"units": "degrees_north"}), "lon": [3.0, 4.0]},
    )
    figure = draw_map(values, EFFIS_FWI, "FWI, 2026-03-01")
    told = [text.get_text() for text in figure.legends[0].get_texts()]
    assert told[0] == "extreme: 50 and over"
    assert told[-2:] == ["very low: under 5.2", "no data"]
    assert figure.axes[0].get_title() == "FWI, 2026-03-01"
    assert (figure.axes[0].get_ylabel(), figure.axes[0].get_xlabel()) == ("lat (degrees north)", "lon")


def test_what_is_no_map_is_refused() -> None:
    with pytest.raises(InvalidValue, match="two: rows and columns"):
        draw_map(xr.DataArray(np.zeros(3)), EFFIS_FWI, "FWI")
    with pytest.raises(InvalidValue, match="ascending"):
        MapClasses("mine", (2.0, 1.0), ("a", "b", "c"), ("r", "g", "b"))
    with pytest.raises(InvalidValue, match="3 names and colours"):
        MapClasses("mine", (1.0, 2.0), ("a", "b"), ("r", "g", "b"))
