"""Files of danger classes, and of standards that a bureau fills in: strict, and named where they do not fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from firewatch.adapters.class_tables import (
    SHIPPED_CLASSES,
    class_folder,
    limits_table,
    load_class_table,
    read_class_table,
    table_name,
)
from firewatch.adapters.danger_tables import htz_classes, load_danger_table, read_danger_table
from firewatch.adapters.table_files import read_any_table
from firewatch.danger import ClassTable, EmptyTable, HtzTable, PercentileScheme, SourceMark, SumTable
from firewatch.danger.index_classes import DangerIndex
from firewatch.danger.surface_priors import EFFIS_FWI
from firewatch.errors import ConfigError, InvalidValue

# Every number is made up: of no standard.
FICTITIOUS = """
scheme = "TEST 1-2026"
name_zh = "虚构"
name_en = "fictitious, for tests"
status = "filled"

[copy]
document = "none"
filled_by = "A"
checked_by = "B"
filled_on = 2026-01-01

[grades]
limits = [1, 2, 3, 4]
limit_in = "lower"
page = "none"

[[parts]]
name = "heat"
role = "added"
reading = "max_temp_c"
unit = "deg C"
limits = [10, 20]
points = [0, 1, 2]
limit_in = "lower"
page = "none"

[[parts]]
name = "green"
role = "subtracted"
reading = "rh_pct"
unit = "%"
limits = [50]
points = [0, 1]
limit_in = "upper"
page = "none"
"""


def test_every_file_of_the_folder_ships_and_loads() -> None:
    assert {path.stem for path in class_folder().glob("*.toml")} == set(SHIPPED_CLASSES)
    for name in SHIPPED_CLASSES:
        table = load_class_table(name)
        assert table.name == name
        assert isinstance(table, ClassTable | PercentileScheme)


def test_the_limits_that_a_surface_is_classed_by_are_those_of_the_shipped_table() -> None:
    shipped = limits_table("effis").limits_of(DangerIndex.FWI)
    assert (EFFIS_FWI.limits, EFFIS_FWI.limit_in) == (shipped.limits, shipped.limit_in)


def test_a_table_of_limits_is_named_or_a_file_of_ones_own() -> None:
    assert limits_table(str(class_folder() / "canada.toml")) == limits_table("canada")
    with pytest.raises(InvalidValue, match="percentiles need a station's own record"):
        limits_table("local_percentiles")


def test_a_name_that_does_not_ship_is_refused_with_those_that_do() -> None:
    with pytest.raises(ConfigError, match="effis"):
        load_class_table("atlantis")


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("limits = [5.2, 11.2", "limits = [11.2, 5.2", "ascending"),
        ('index = "fwi"', 'index = "fire"', "fire"),
        ('mark = "two-sources"', 'mark = "surely"', "surely"),
        ('limit_in = "upper"', 'limit_in = "outer"', "outer"),
        ('colour = "#1b7837"', 'colour = "#ffffff"', "WCAG"),
        ('name_zh = "很低"', 'name_cn = "很低"', "name_cn"),
        ('classes = ["very-low", "low"', 'classes = ["low", "very-low"', "least dangerous"),
        ('status = "limits"', 'status = "draft"', "draft"),
        ("[[indices]]", "[[indices", "Expected"),
        ("read_on = 2026-11-26\n", "", "read_on"),
    ],
)
def test_a_class_file_that_does_not_fit_is_refused_with_its_name(tmp_path: Path, old: str, new: str, why: str) -> None:
    ours = tmp_path / "ours.toml"
    shipped = (class_folder() / "effis.toml").read_text("utf-8")
    assert old in shipped
    ours.write_text(shipped.replace(old, new), "utf-8")
    with pytest.raises(ConfigError, match=why) as refused:
        read_class_table(ours)
    assert refused.value.source == str(ours)


def test_a_file_that_is_absent_or_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_class_table(tmp_path / "absent.toml")
    (tmp_path / "latin.toml").write_bytes(b"scheme = '\xe9'")
    with pytest.raises(ConfigError, match="UTF-8"):
        read_class_table(tmp_path / "latin.toml")
    for name in ("absent.toml", "latin.toml"):
        with pytest.raises(ConfigError):
            read_any_table(tmp_path / name)


@pytest.mark.parametrize(
    ("file", "name"), [("Our-Table.toml", "our_table"), ("2026 ours (2).toml", "2026_ours_2"), ("表b.toml", "b")]
)
def test_a_file_names_its_columns(file: str, name: str) -> None:
    assert table_name(Path(file)) == name


def test_a_file_whose_name_names_nothing_is_refused() -> None:
    with pytest.raises(ConfigError, match="names the columns"):
        table_name(Path("等级.toml"))


def test_a_files_status_says_which_kind_of_table_it_is(tmp_path: Path) -> None:
    ours = tmp_path / "ours.toml"
    ours.write_text(FICTITIOUS, "utf-8")
    assert isinstance(read_any_table(ours), SumTable)
    assert isinstance(read_any_table(class_folder() / "effis.toml"), ClassTable)
    assert isinstance(read_any_table(class_folder() / "local_percentiles.toml"), PercentileScheme)
    ours.write_text('scheme="X"\nname_zh="x"\nname_en="x"\nstatus="to be confirmed"\nwhy="y"', "utf-8")
    assert isinstance(read_any_table(ours), EmptyTable)


def test_a_filled_standard_is_read_part_by_part(tmp_path: Path) -> None:
    ours = tmp_path / "ours.toml"
    ours.write_text(FICTITIOUS, "utf-8")
    table = read_danger_table(ours)
    assert isinstance(table, SumTable)
    assert [part.name for part in table.parts] == ["heat", "green"]
    assert table.readings == ("max_temp_c", "rh_pct")
    assert table.copy.filled_on == "2026-01-01"


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('unit = "deg C"', 'unit = "deg F"', "deg C, in which max_temp_c comes"),
        ('reading = "max_temp_c"', 'reading = "temperature"', "one of max_temp_c"),
        ("limits = [10, 20]", "limits = [20, 10]", "ascending"),
        ("points = [0, 1, 2]", "points = [0, 2, 1]", "rise, or fall"),
        ("points = [0, 1, 2]", "points = [0, 1]", "one more than limits"),
        ("limits = [1, 2, 3, 4]", "limits = [1, 2, 3]", "five grades"),
        ('checked_by = "B"', 'checked_by = "A"', "another person"),
        ('role = "added"', 'role = "multiplied"', "multiplied"),
        ('page = "none"\n\n[[parts]]', "\n[[parts]]", "page"),
        ('name = "green"', 'name = "heat"', "each name once"),
        ("filled_on = 2026-01-01", 'filled_on = "soon"', "date"),
        ('reading = "rh_pct"\nunit = "%"', 'reading = "dry_days"\nunit = "d"', "dry_days"),
    ],
)
def test_a_filled_standard_that_does_not_fit_is_refused(tmp_path: Path, old: str, new: str, why: str) -> None:
    ours = tmp_path / "ours.toml"
    assert old in FICTITIOUS
    ours.write_text(FICTITIOUS.replace(old, new), "utf-8")
    with pytest.raises(ConfigError, match=why) as refused:
        read_danger_table(ours)
    assert refused.value.source == str(ours)


def test_the_grades_of_htz_are_classes_marked_while_parts_are_to_be_confirmed() -> None:
    from dataclasses import replace

    table = load_danger_table("ly_t_1172_1995")
    assert isinstance(table, HtzTable)
    (limits,) = htz_classes("ours", table).indices
    assert limits.limits == (25.0, 50.0, 72.0, 90.0)
    assert limits.provenance.mark is SourceMark.ONE_SOURCE
    assert "b, c, e" in limits.provenance.source
    confirmed = htz_classes("ours", replace(table, to_be_confirmed=())).indices[0].provenance
    assert confirmed.mark is SourceMark.TWO_SOURCES


def test_a_file_that_windows_saved_with_a_byte_order_mark_reads_the_same(tmp_path: Path) -> None:
    plain = (class_folder() / "effis.toml").read_bytes()
    (tmp_path / "effis.toml").write_bytes(b"\xef\xbb\xbf" + plain)
    assert read_class_table(tmp_path / "effis.toml") == load_class_table("effis")
