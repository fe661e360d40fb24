"""`firewatch danger occurrence fit|apply`."""

from __future__ import annotations

import csv
import json
import math
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from firewatch.adapters.fire_history_csv import READINGS
from firewatch.adapters.ignition_toml import read_ignition_calendar
from firewatch.adapters.occurrence_json import read_occurrence_model, write_occurrence_model
from firewatch.cli import danger_occurrence, main
from firewatch.danger.ignition_calendar import occasions_on
from firewatch.danger.occurrence import Link, OccurrenceModel

if TYPE_CHECKING:
    from pathlib import Path

TABLE = """
name = "only Qingming"
[[occasion]]
key = "qingming"
name_zh = "清明"
name_en = "Qingming"
when = { kind = "around-term", term = "qingming", days_before = 10, days_after = 10 }
source = "a test"
[[occasion]]
key = "fair"
name_zh = "庙会"
name_en = "Fair"
when = { kind = "lunar-days", days = [3] }
source = "a test"
places = ["elsewhere"]
"""
FIRST = date(2018, 6, 1)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a calendar, four fire years at two places, and a model fitted on them."""
    folder = tmp_path_factory.mktemp("occurrence")
    (folder / "table.toml").write_text(TABLE, "utf-8")
    calendar, rng = read_ignition_calendar(folder / "table.toml"), np.random.default_rng(1)
    rows = [["date", "place", "fires", "fwi", "remark"]]
    for place in ("east", "west"):
        for n in range(4 * 365 - 30):
            day, fwi = FIRST + timedelta(days=n), float(rng.gamma(2.0, 6.0))
            rate = math.exp(-3.2 + 0.05 * fwi + 1.5 * bool(occasions_on(day, calendar)) + 0.4 * (place == "west"))
            rows.append([day.isoformat(), place, str(rng.poisson(rate)), f"{fwi:.2f}", "kept"])
    with (folder / "fires.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)
    return folder


def fit(folder: Path, *more: str, out: str = "model.json", file: str = "fires.csv") -> int:
    words = [str(folder / file), str(folder / out), "--table", str(folder / "table.toml"), *more]
    return main(["danger", "occurrence", "fit", *words])


def apply(folder: Path, *, file: str = "fires.csv", table: str = "table.toml", model: str = "model.json") -> int:
    words = [str(folder / model), str(folder / file), str(folder / "out.csv"), "--table", str(folder / table)]
    return main(["danger", "occurrence", "apply", *words])


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize("counts", [(), ("--counts",)])
def test_a_model_is_fitted_judged_and_applied(
    made: Path, capsys: pytest.CaptureFixture[str], counts: tuple[str, ...]
) -> None:
    assert fit(made, *counts) == 0
    told = capsys.readouterr()
    assert "skill is shown" in told.out
    assert "4 fire years, 2 places" in told.out
    assert told.err == ""
    model = read_occurrence_model(made / "model.json")
    assert model.link is (Link.LOG if counts else Link.LOGIT)
    assert model.record is not None
    assert (model.record.calendar, model.record.places) == ("only Qingming", ("east", "west"))
    assert "occasion.fair" not in model.columns, "an occasion that no day has teaches nothing"
    assert apply(made) == 0
    before, after = read(made / "fires.csv"), read(made / "out.csv")
    assert [{key: row[key] for key in before[0]} for row in after] == before
    fires = sum(float(row["expected_fires"]) for row in after)
    wanted = sum(int(row["fires"]) if counts else int(row["fires"]) > 0 for row in before)
    assert fires == pytest.approx(wanted, rel=0.03)
    for row in after[::50]:
        total = float(row["base"]) + sum(float(number) for name, number in row.items() if name.startswith("part_"))
        assert math.exp(total) == pytest.approx(
            float(row["expected_fires"]) if counts else float(row["p_fire"]) / (1 - float(row["p_fire"])), rel=1e-9
        )


def test_the_same_history_gives_the_same_model(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fit(made, out="one.json") == fit(made, out="two.json") == 0
    assert (made / "one.json").read_bytes() == (made / "two.json").read_bytes()
    capsys.readouterr()


def test_days_without_a_row_are_told(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = (made / "fires.csv").read_text("utf-8").splitlines()
    (made / "gaps.csv").write_text("\n".join([*lines[:100], *lines[103:]]), "utf-8")
    assert fit(made, file="gaps.csv", out="gaps.json") == 0
    assert "3 days between the first and the last have no row" in capsys.readouterr().err


def test_a_reading_may_be_left_out(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fit(made, "--without", "fwi", out="without.json") == 0
    assert "fwi" not in json.loads((made / "without.json").read_text("utf-8"))["terms"].__repr__()
    assert fit(made, "--without", "remark", out="other.json") == 1
    assert "one of ffmc" in capsys.readouterr().err


def test_too_short_a_history_is_refused_and_nothing_is_written(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = (made / "fires.csv").read_text("utf-8").splitlines()
    (made / "short.csv").write_text("\n".join(lines[:400]), "utf-8")
    assert fit(made, file="short.csv", out="short.json") == 1
    told = capsys.readouterr()
    assert "days with fire in the history" in told.err
    assert "the plain table of the calendar serves" in told.err
    assert not (made / "short.json").exists()


def test_a_history_with_nothing_but_fires_is_refused(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = (made / "fires.csv").read_text("utf-8").splitlines()
    only = [line for line in lines if line.split(",")[2] != "0"]
    (made / "only.csv").write_text("\n".join(only), "utf-8")
    assert fit(made, file="only.csv", out="only.json") == 1
    assert "a row for every day, also those with 0 fires" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (("west", "south"), "fitted on: east, west"),
        (("fwi", "wind"), "no column for fwi"),
        (("remark", "p_fire"), "p_fire already"),
    ],
)
def test_days_that_the_model_cannot_judge_are_refused(
    made: Path, capsys: pytest.CaptureFixture[str], change: tuple[str, str], why: str
) -> None:
    assert fit(made) == 0
    (made / "out.csv").unlink(missing_ok=True)
    (made / "days.csv").write_text((made / "fires.csv").read_text("utf-8").replace(*change), "utf-8")
    assert apply(made, file="days.csv") == 1
    assert why in capsys.readouterr().err
    assert not (made / "out.csv").exists()


def test_another_calendar_or_a_model_by_hand_is_refused(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fit(made) == 0
    (made / "other.toml").write_text(TABLE.replace("only Qingming", "other"), "utf-8")
    assert apply(made, table="other.toml") == 1
    assert "the one of the fit, only Qingming" in capsys.readouterr().err
    write_occurrence_model(made / "hand.json", OccurrenceModel(Link.LOGIT, 0.0, ()))
    assert apply(made, model="hand.json") == 1
    assert "no record of its fit" in capsys.readouterr().err


def test_an_input_is_never_written_over(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fit(made, out="fires.csv") == 1
    assert "is an input itself" in capsys.readouterr().err


def test_the_help_names_the_readings_that_are_read() -> None:
    assert tuple(column.name for column in READINGS) == danger_occurrence.READINGS
