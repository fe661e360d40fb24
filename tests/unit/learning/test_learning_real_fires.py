"""The two public tables of fires: skill where there is some, none where there is none."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from firewatch.danger.occurrence import Link
from firewatch.learning.occurrence import forecast_left_out
from firewatch.learning.skill import measure_skill

if TYPE_CHECKING:
    from collections.abc import Iterator

BENCHMARKS = Path(__file__).resolve().parents[3] / "benchmarks"
pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def programs() -> Iterator[dict[str, Any]]:
    """Load the benchmark's modules as it does when it is run."""
    loaded = {}
    for name in ("occurrence_data", "occurrence"):
        spec = importlib.util.spec_from_file_location(name, BENCHMARKS / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = loaded[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(loaded[name])
    yield loaded
    for name in loaded:
        del sys.modules[name]


@pytest.fixture
def folder(shared_data: Path) -> Path:
    return shared_data / "danger" / "ml"


def test_the_row_that_lost_a_comma_is_read_by_the_rule(programs: dict[str, Any], folder: Path) -> None:
    data = programs["occurrence_data"].algeria(folder)
    assert len(data.count) == 244
    assert int(data.fire.sum()) == 138
    (row,) = np.flatnonzero((data.columns["DC"] == 14.6) & (data.columns["ISI"] == 9.0))
    codes = {name: float(data.columns[name][row]) for name in ("FFMC", "DMC", "DC", "ISI", "BUI", "FWI")}
    assert codes == {"FFMC": 88.9, "DMC": 12.9, "DC": 14.6, "ISI": 9.0, "BUI": 12.5, "FWI": 10.4}
    assert data.fire[row] == 1.0
    assert data.place[row] == "Sidi-Bel Abbes"


def test_another_row_that_does_not_fit_is_refused(programs: dict[str, Any], folder: Path, tmp_path: Path) -> None:
    name = "Algerian_forest_fires_dataset_UPDATE.csv"
    text = (folder / name).read_text("utf-8")
    (tmp_path / name).write_text(text.replace("14.6 9,12.5,10.4,,fire", "14.6 9 7,12.5,10.4,,fire"), "utf-8")
    with pytest.raises(ValueError, match="cannot be read"):
        programs["occurrence_data"].algeria(tmp_path)


def test_a_model_learnt_in_one_region_has_skill_in_the_other(programs: dict[str, Any], folder: Path) -> None:
    data = programs["occurrence_data"].algeria(folder)
    codes = programs["occurrence_data"].with_columns(data, ("FFMC", "DMC", "DC", "ISI", "BUI", "FWI"))
    same_day = programs["occurrence"].other_region(codes, "same day")
    day_before = programs["occurrence"].other_region(programs["occurrence_data"].yesterday(codes), "day before")
    assert same_day.skill.brier_skill_low > 0.8
    assert day_before.skill.is_shown
    # Most of the same day's skill is the label's own: one limit of FFMC sorts nearly all days.
    assert day_before.skill.brier_skill_high < same_day.skill.brier_skill_low
    assert programs["occurrence"].one_limit(codes)["FFMC"][1] > 0.98


@pytest.mark.slow
@pytest.mark.parametrize("least_ha", [0.0, 10.0])
def test_the_negative_control_shows_no_skill(programs: dict[str, Any], folder: Path, least_ha: float) -> None:
    data = programs["occurrence_data"].montesinho(folder, least_ha)
    assert len(data.count) == 517
    assert len(np.unique(data.block)) == 236
    said, reference, _ = forecast_left_out(data, Link.LOGIT)
    skill = measure_skill(data.fire, said, reference, data.block, np.random.default_rng(1))
    assert not skill.is_shown
    assert skill.brier_skill < 0.02


@pytest.mark.slow
def test_a_pipeline_that_copies_before_it_splits_leaks(programs: dict[str, Any], folder: Path) -> None:
    """What public notebooks report as success: the same forest, judged on days that it has not seen, has none."""
    data = programs["occurrence_data"].montesinho(folder, 10.0)
    leaking = programs["occurrence"].forest(data, "leaks", by_day=False, copies_first=True)
    honest = programs["occurrence"].forest(data, "honest", by_day=True)
    assert leaking.skill.brier_skill_low > 0.6
    assert honest.skill.brier_skill_high < 0.0
