"""A station's chart: gaps are seen, classes have names, no character becomes a box."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pytest

from firewatch.adapters import danger_chart as chart
from firewatch.adapters.chart_bands import Band, Bands, bands_of_table, grade_bands
from firewatch.adapters.class_tables import load_class_table
from firewatch.adapters.danger_chart import draw_chart
from firewatch.adapters.danger_series_csv import DangerSeries
from firewatch.errors import ConfigError, InvalidValue, ObservationError
from firewatch.texts import Language, catalogue

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

NAN = float("nan")
EFFIS_FWI = next(each for each in bands_of_table(load_class_table("effis")) if each.column == "fwi")
FIRST = date(2026, 3, 1)


def series(**changed: list[float]) -> DangerSeries:
    """Return ten days, the 4th and 5th and the 7th without a row: the 6th stands alone."""
    columns = {
        "fwi": [3.0, 6.0, 12.0, NAN, NAN, 25.0, NAN, 40.0, 55.0, 20.0],
        "grade": [1.0, 2, 3, NAN, NAN, 4, NAN, 5, 5, 4],
    }
    columns |= {
        "rain_mm": [0.0, 5.0, 0.0, NAN, NAN, 0.0, NAN, 12.0, 0.0, 0.0],
        "ffmc": [85.0, 70, 88, NAN, NAN, 90, NAN, 91, 92, 60],
    }
    arrays = {name: np.array(values) for name, values in (columns | changed).items()}
    has_row = ~np.isnan(arrays["fwi"])
    estimated = np.zeros(10, dtype=bool)
    estimated[7] = True
    marks = ("danger.mark.settling", "danger.mark.to_be_confirmed.b", "danger.mark.to_be_confirmed.e")
    return DangerSeries("hy", FIRST, arrays, has_row, estimated, marks)


def panels(given: DangerSeries, language: Language = Language.EN) -> dict[str, Axes]:
    """Return the panels by their titles' first word."""
    behind = {each.column: each for each in (grade_bands(), EFFIS_FWI)}
    figure = chart._figure(given, language, behind)
    return {panel.get_title(loc="left").split()[0]: panel for panel in figure.axes}


def test_tables_to_be_verified_are_named_as_the_standard_names_them() -> None:
    given = replace(series(), marks=("danger.mark.to_be_confirmed.heat", "danger.mark.to_be_confirmed.e"))
    assert "Tables E, heat to be verified" in chart._footer(given, [], catalogue(Language.EN))


def test_every_column_has_a_panel_the_grade_first_and_the_rain_last() -> None:
    assert list(panels(series())) == ["Danger", "FWI", "FFMC", "Rain"]


def test_a_day_without_data_breaks_the_line_and_is_hatched_in_every_panel() -> None:
    for name, panel in panels(series()).items():
        hatched = [patch for patch in panel.patches if patch.get_hatch()]
        assert len(hatched) == 2, name
        width = [patch.get_width() for patch in hatched]
        assert width == pytest.approx([2.0, 1.0]), name
        if name != "Rain":
            line = panel.lines[0]
            assert np.isnan(line.get_ydata()).tolist() == np.isnan(series().columns["fwi"]).tolist()


def test_a_day_between_two_missing_ones_is_a_point() -> None:
    points = [line for line in panels(series())["FWI"].lines if line.get_marker() == "."]
    assert [line.get_ydata().tolist() for line in points] == [[25.0]]


def test_a_day_that_is_estimated_is_a_hollow_point() -> None:
    (hollow,) = [line for line in panels(series())["FWI"].lines if line.get_marker() == "o"]
    assert hollow.get_ydata().tolist() == [40.0]
    assert hollow.get_markerfacecolor() == "white"


def test_classes_carry_their_numbers_and_names() -> None:
    drawn = panels(series())
    assert [text.get_text() for text in drawn["FWI"].texts] == [
        "1 very low", "2 low", "3 moderate", "4 high", "5 very high", "6 extreme",
    ]  # fmt: skip
    heights = [text.xyann[1] for text in drawn["FWI"].texts]
    assert heights == sorted(heights)
    assert min(np.diff(heights)) > 1.0
    grades = [text.get_text() for text in drawn["Danger"].texts]
    assert grades == ["1 Low", "2 Moderate", "3 Elevated", "4 High", "5 Extreme"]
    assert not drawn["FFMC"].texts


def test_classes_above_the_drawn_height_are_not_named() -> None:
    calm = panels(series(fwi=[1.0, 2.0, 1.0, NAN, NAN, 1.0, NAN, 2.0, 1.0, 0.0]))
    assert [text.get_text() for text in calm["FWI"].texts] == ["1 very low", "2 low"]


def test_rain_is_bars() -> None:
    bars = [patch for patch in panels(series())["Rain"].patches if not patch.get_hatch()]
    assert [bar.get_height() for bar in bars] == [0.0, 5.0, 0.0, 0.0, 0.0, 0.0, 0.0, 12.0, 0.0, 0.0]


def test_the_line_below_says_what_is_missing_estimated_and_to_be_verified() -> None:
    figure = chart._figure(series(), Language.EN, {"grade": grade_bands()})
    said = figure.get_supxlabel()
    assert said == (
        "Classes of Danger grade: LY/T 1172-1995 · Tables B, E to be verified · Hatched: 3 day(s) without data"
        " · 1 day(s) with estimated weather (hollow)"
    )
    assert figure.get_suptitle() == "Fire danger · hy · 2026-03-01 to 2026-03-10"


def test_a_series_without_a_number_is_drawn_as_missing() -> None:
    nothing = series(**{name: [NAN] * 10 for name in ("fwi", "ffmc", "rain_mm", "grade")})
    for panel in panels(nothing).values():
        assert [patch.get_width() for patch in panel.patches if patch.get_hatch()] == pytest.approx([10.0])


@pytest.mark.parametrize(("name", "begins"), [("a.png", b"\x89PNG"), ("a.svg", b"<?xml"), ("A.PNG", b"\x89PNG")])
def test_a_file_is_written_whole_and_the_same_each_time(tmp_path: Path, name: str, begins: bytes) -> None:
    path = tmp_path / name
    draw_chart(series(), path, Language.EN, (EFFIS_FWI,))
    once = path.read_bytes()
    draw_chart(series(), path, Language.EN, (EFFIS_FWI,))
    assert once.startswith(begins)
    assert path.read_bytes() == once
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_chinese_words_have_their_characters(tmp_path: Path) -> None:
    try:
        draw_chart(series(), tmp_path / "a.png", Language.ZH_CN, (grade_bands(), EFFIS_FWI))
    except InvalidValue as err:
        assert err.what == "characters of the chart"  # noqa: PT017 - either a font of this machine has them, or it is said
        pytest.skip("no font with Chinese characters on this machine")
    assert (tmp_path / "a.png").stat().st_size > 20_000


def test_without_a_font_that_has_them_characters_are_refused() -> None:
    assert chart.font_for(set("Fire danger 1·2"), ()) == "DejaVu Sans"
    with pytest.raises(InvalidValue, match=r"characters of the chart is '火险'.*fonts-noto-cjk.*--lang en"):
        chart.font_for(set("火险1"), ())


def test_without_matplotlib_the_way_to_install_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ConfigError, match=r"not installed; install it with pip install 'firewatch\[plot\]'"):
        draw_chart(series(), tmp_path / "a.png", Language.EN, ())


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match=r"\.png or \.svg"):
        draw_chart(series(), tmp_path / "a.pdf", Language.EN, ())


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.png").mkdir()
    with pytest.raises(ObservationError, match="cannot be written"):
        draw_chart(series(), tmp_path / "a.png", Language.EN, ())
    assert [file.name for file in tmp_path.iterdir()] == ["a.png"]


def test_classes_must_follow_each_other() -> None:
    low, high = Band(1, "低", "low", 0.0, 5.0, "#ffffff"), Band(2, "高", "high", 6.0, 9.0, "#000000")
    with pytest.raises(InvalidValue, match="limits of class 1"):
        Bands("fwi", "ours", (low, high))
    with pytest.raises(InvalidValue, match="at least one"):
        Bands("fwi", "ours", ())
    assert Bands("fwi", "ours", (low,)).bands == (low,)


def test_a_single_class_lies_behind_all_of_it() -> None:
    one = Bands("fwi", "ours", (Band(1, "有", "some", -np.inf, np.inf, "#eeeeee"),))
    figure = chart._figure(series(), Language.EN, {"fwi": one})
    assert [text.get_text() for panel in figure.axes for text in panel.texts] == ["1 some"]


def test_every_shipped_table_with_limits_can_lie_behind_a_chart() -> None:
    effis = bands_of_table(load_class_table("effis"))
    assert {"fwi", "ffmc", "dmc", "dc", "isi", "bui"} >= {each.column for each in effis} >= {"fwi"}
    assert [band.number for band in EFFIS_FWI.bands] == [1, 2, 3, 4, 5, 6]
    assert [band.high for band in EFFIS_FWI.bands[:3]] == [5.2, 11.2, 21.3]
    assert EFFIS_FWI.bands[0].colour == "#b6d4bf"
    (portugal,) = bands_of_table(load_class_table("portugal"))
    assert portugal.is_to_be_confirmed
    figure = chart._figure(series(), Language.EN, {"fwi": portugal})
    assert "(to be confirmed)" in figure.get_supxlabel()
    assert bands_of_table(load_class_table("angstroem")) == ()


def test_names_of_thin_classes_move_apart_and_stay_inside() -> None:
    assert chart._apart([1.0, 5.0, 9.0], 2.0, 0.0, 10.0) == [1.0, 5.0, 9.0]
    assert chart._apart([9.0, 9.4, 9.8], 2.0, 0.0, 10.0) == [5.0, 7.0, 9.0]
    assert chart._apart([0.1, 0.2, 0.3], 2.0, 0.0, 10.0) == pytest.approx([0.1, 2.1, 4.1])
    crowded = chart._apart([1.0, 2.0, 3.0], 5.0, 0.0, 10.0)
    assert np.diff(crowded).min() >= 5.0
