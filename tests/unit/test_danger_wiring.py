"""What the danger page rests on besides ratings is read at the start, and refused by file and key."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from firewatch.adapters.occurrence_json import write_occurrence_model
from firewatch.adapters.surface_files import write_parameters
from firewatch.cli import main
from firewatch.config import read_config
from firewatch.danger.occurrence import Link, OccurrenceModel
from firewatch.danger.surface_priors import PRIORS
from firewatch.danger_settings import DangerConfig
from firewatch.danger_wiring import class_tables, ignition_board, surface_parameters

EXAMPLES = Path(__file__).parents[2] / "configs"
SHIPPED = EXAMPLES.parent / "firewatch" / "danger" / "tables" / "ignition" / "hunan.toml"


def settings(folder: Path, danger: str) -> Path:
    path = folder / "central.toml"
    files = "".join(
        f'{name} = "{EXAMPLES / file}"\n' for name, file in (("sites", "sites.geojson"), ("roster", "roster.toml"))
    )
    path.write_text(f"[centre]\n{files}[danger]\n{danger}", encoding="utf-8")
    return path


def test_files_lie_beside_the_settings(tmp_path: Path) -> None:
    fitted = {"htz": replace(PRIORS["htz"], length_km=44.0)}
    (tmp_path / "surface.json").write_bytes(write_parameters(fitted))
    (tmp_path / "ours.toml").write_bytes(SHIPPED.read_bytes())
    write_occurrence_model(tmp_path / "model.json", OccurrenceModel(Link.LOG, -4.0, ()))
    keys = 'surface_parameters = "surface.json"\nignition_calendar = "ours.toml"\noccurrence_model = "model.json"\n'
    path = settings(tmp_path, keys)
    danger = read_config(path).danger
    assert surface_parameters(danger) == fitted
    board = ignition_board(danger)
    assert board is not None
    (day,) = board.days(date(2027, 4, 5), 1)
    assert day.everywhere.marks == ("ignition.mark.other_calendar",)
    assert main(["check-config", "--config", str(path)]) == 0


def test_the_shipped_calendar_and_assumed_numbers_are_the_default() -> None:
    assert surface_parameters(DangerConfig()) == {}
    board = ignition_board(DangerConfig())
    assert board is not None
    assert [reason.key for _, reason in board.days(date(2027, 4, 5), 1)[0].reasons] == [
        "qingming",
        "farm-burning-spring",
    ]
    assert ignition_board(DangerConfig(ignition_calendar="")) is None


@pytest.mark.parametrize(
    ("key", "name"),
    [("surface_parameters", "x.json"), ("ignition_calendar", "x.toml"), ("occurrence_model", "x.json")],
)
@pytest.mark.parametrize("content", [None, "[[[", '{"a": 1}'])
def test_check_config_refuses_a_file_that_cannot_be_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], key: str, name: str, content: str | None
) -> None:
    if content is not None:
        (tmp_path / name).write_text(content, encoding="utf-8")
    path = settings(tmp_path, f'{key} = "{name}"\n')
    assert main(["check-config", "--config", str(path)]) == 1
    assert str(tmp_path / name) in capsys.readouterr().err


def test_tables_ship_or_are_files_and_anything_else_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "ours.toml").write_bytes((EXAMPLES / "danger_classes" / "effis.toml").read_bytes())
    path = settings(tmp_path, 'class_tables = ["ours.toml", "local_percentiles"]\n')
    assert [table.name for table in class_tables(read_config(path).danger)] == ["ours", "local_percentiles"]
    assert [table.name for table in class_tables(DangerConfig())] == ["effis"]
    assert main(["check-config", "--config", str(settings(tmp_path, 'class_tables = ["efis"]\n'))]) == 1
    assert "efis: is not shipped; shipped are effis" in capsys.readouterr().err
