from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

import pytest

from firewatch.adapters.danger_tables import SHIPPED_TABLES, load_danger_table, read_danger_table
from firewatch.danger import HtzTable
from firewatch.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

SHIPPED = resources.files("firewatch.danger").joinpath("tables")


def test_every_shipped_file_is_a_table_that_loads() -> None:
    files = {file.name.removesuffix(".toml") for file in SHIPPED.iterdir() if file.is_file()}
    assert files == set(SHIPPED_TABLES)
    assert [isinstance(load_danger_table(name), HtzTable) for name in SHIPPED_TABLES] == [True, False, False]


def test_a_name_that_does_not_ship_is_refused_with_those_that_do() -> None:
    with pytest.raises(ConfigError, match="ly_t_1172_1995"):
        load_danger_table("ly_t_1172_2030")


def test_a_file_of_ones_own_replaces_the_shipped_one(tmp_path: Path) -> None:
    ours = tmp_path / "ours.toml"
    shipped = SHIPPED.joinpath("ly_t_1172_1995.toml").read_text("utf-8")
    ours.write_text(shipped.replace('to_be_confirmed = ["b", "c", "e"]', "to_be_confirmed = []"), "utf-8")
    table = read_danger_table(ours)
    assert isinstance(table, HtzTable)
    assert table.to_be_confirmed == ()


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("dry_points = 50", "dry_point = 50", "dry_point"),
        ("limits = [25, 50, 72, 90]", "limits = [25, 50, 72]", "five grades"),
        ('limit_in = "upper"', 'limit_in = "outer"', "outer"),
        ('status = "usable"', 'status = "draft"', "draft"),
        ("[wind]", "[wind", "Expected"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_with_its_name(tmp_path: Path, old: str, new: str, why: str) -> None:
    ours = tmp_path / "ours.toml"
    ours.write_text(SHIPPED.joinpath("ly_t_1172_1995.toml").read_text("utf-8").replace(old, new), "utf-8")
    with pytest.raises(ConfigError, match=why) as refused:
        read_danger_table(ours)
    assert refused.value.source == str(ours)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_danger_table(tmp_path / "absent.toml")
