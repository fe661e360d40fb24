"""`firewatch check-config` says which danger table is in effect, and refuses one that cannot rate with what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from filled_standard import write_fictitious

from firewatch.bootstrap import danger_rules
from firewatch.cli import main
from firewatch.config import read_config
from firewatch.danger import HtzTable, SumTable
from firewatch.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

ROSTER = '[[people]]\nid = "a"\nname = "A"\nrole = "officer"\nchannels = []\n'
SITES = '{"type": "FeatureCollection", "features": []}'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "roster.toml").write_text(ROSTER, encoding="utf-8")
    (tmp_path / "sites.geojson").write_text(SITES, encoding="utf-8")
    return tmp_path


def check(folder: Path, table: str | None) -> int:
    path = folder / "central.toml"
    path.write_text("" if table is None else f'[danger]\ntable = "{table}"\n', encoding="utf-8")
    return main(["check-config", "--config", str(path)])


def test_the_default_table_is_named_with_what_of_it_is_to_be_confirmed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(folder, None) == 0
    assert "danger grade by LY/T 1172-1995; to be confirmed: b, c, e (ly_t_1172_1995)" in capsys.readouterr().out


def test_a_filled_standard_is_named_with_who_answers_for_it_and_its_file(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = write_fictitious(folder / "ours.toml")
    assert check(folder, "ours.toml") == 0
    told = capsys.readouterr().out
    assert "danger grade by TEST 1-2026 fictitious, for tests" in told
    assert "filled by A, checked by B, 2026-01-01; to be confirmed: heat" in told
    assert f"({ours})" in told


@pytest.mark.parametrize("name", ["gb_t_36743_2018", "qx_t_77_2007"])
def test_an_empty_slot_is_refused_with_what_to_do(folder: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(folder, name) == 1
    told = capsys.readouterr().err
    assert f"{folder / 'central.toml'}: danger.table: '{name}' is the empty slot of" in told
    assert "configs/danger_classes/README.md" in told
    assert "leave it at ly_t_1172_1995" in told
    assert "Traceback" not in told


@pytest.mark.parametrize("name", ["absent.toml", "gb_t_36743"])
def test_what_is_neither_a_file_nor_shipped_is_refused_with_what_ships(
    folder: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(folder, name) == 1
    assert "no such file, and no table of that name ships; shipped are ly_t_1172_1995," in capsys.readouterr().err


def test_the_centre_rates_by_what_check_config_names(folder: Path) -> None:
    write_fictitious(folder / "ours.toml")
    for name, kind in ((None, HtzTable), ("ours.toml", SumTable), ("ly_t_1172_1995", HtzTable)):
        check(folder, name)
        assert isinstance(danger_rules(read_config(folder / "central.toml")).table, kind)
    check(folder, "qx_t_77_2007")
    with pytest.raises(ConfigError, match=r"settings: danger\.table"):
        danger_rules(read_config(folder / "central.toml"))
