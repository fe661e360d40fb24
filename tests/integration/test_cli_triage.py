"""`firewatch triage` on a real store and on a file of simulated decisions: shown, judged, learned, or refused whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from firewatch.adapters.triage_cases_json import read_triage_cases, write_triage_cases
from firewatch.adapters.triage_files import read_triage_model
from firewatch.bootstrap import build_associator, open_central
from firewatch.cli import main
from firewatch.config import Secrets, read_config
from firewatch.domain.geo import ErrorEllipse, Fix, Position
from firewatch.domain.hotspot import Hotspot, KeptHotspot
from firewatch.domain.incident import Confirmed, Located, Opened, Rejected, RejectReason, Reopened
from firewatch.errors import ConfigError
from firewatch.services.place_memory import PlaceMemory
from firewatch.services.ports import SightingArrived
from firewatch.testing import SCENE_START, a_message_id, a_sighting, an_event, simulate_cases
from firewatch.triage_wiring import surroundings

if TYPE_CHECKING:
    from collections.abc import Callable

    from firewatch.adapters.store import Store
    from firewatch.domain.incident import Change

ROOT = Path(__file__).resolve().parents[2]
PLACE = Position(26.94, 112.55)


@pytest.fixture
def settings(store: Store, store_url: str, tmp_path: Path) -> Path:
    path = tmp_path / "central.toml"
    sites = ROOT / "configs" / "sites.geojson"
    head = f'[centre]\nlanguage = "en"\nsites = "{sites}"\nroster = "{ROOT}/configs/roster.toml"\n'
    path.write_text(f'{head}[store]\nurl = "{store_url}"\nevidence = "{tmp_path}/evidence"\n', encoding="utf-8")
    return path


@pytest.fixture
def no_store(tmp_path: Path) -> Path:
    """Return settings whose store is never opened."""
    path = tmp_path / "central.toml"
    path.write_text('[centre]\nlanguage = "en"\n', encoding="utf-8")
    return path


Run = tuple[int, str, str]


@pytest.fixture
def triage(capsys: pytest.CaptureFixture[str]) -> Callable[..., Run]:
    def run(settings: Path, *words: str | Path) -> Run:
        code = main(["triage", *map(str, words), "--config", str(settings)])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


@pytest.fixture
def simulated(tmp_path: Path) -> Path:
    path = tmp_path / "simulated.json"
    write_triage_cases(path, simulate_cases(np.random.default_rng(11), 420), simulated=True)
    return path


def decide(store: Store, number: int, *changes: Change) -> None:
    """Store a sighting and its incident, located, and what people decided about it, a minute apart."""
    at = SCENE_START + timedelta(days=number)
    seen = replace(a_sighting(number), first_seen_at=at, observed_at=at + timedelta(minutes=3))
    store.intake_writer.write([SightingArrived(a_message_id(number), seen, at)])
    happened = (Opened(seen.sighting_id, seen.tower_id), Located(Fix(PLACE, ErrorEllipse(150.0, 80.0, 0.0))), *changes)
    for n, change in enumerate(happened):
        when = at + timedelta(minutes=n)
        store.incident_log.append([an_event(100 * number + n, change, incident=number, at=when)])


def test_what_operators_decided_is_read_from_the_store_page_by_page(store: Store) -> None:
    decide(store, 1, Rejected(RejectReason.INDUSTRIAL))
    decide(store, 2, Rejected(RejectReason.DUST), Reopened(), Confirmed())
    decide(store, 3)
    found = store.decision_log.decided_after(0, 10)
    assert [type(one.incident).__name__ for one in found] == ["Incident"] * 4
    assert [one.seq for one in found] == sorted(one.seq for one in found)
    assert store.decision_log.decided_after(found[0].seq, 2) == found[1:3]
    assert found[0].at == SCENE_START.astimezone(UTC) + timedelta(days=1, minutes=2)
    memory = PlaceMemory(store.decision_log)
    assert sorted(decided.was_fire for decided in memory.near(PLACE)) == [False, True]


def test_too_few_decisions_are_refused_with_how_many_are_needed_and_nothing_is_written(
    store: Store, settings: Path, triage: Callable[..., Run], tmp_path: Path
) -> None:
    decide(store, 1, Confirmed())
    decide(store, 2, Rejected(RejectReason.FARM_BURNING))
    cases = tmp_path / "cases.json"
    code, out, err = triage(settings, "train", tmp_path / "weights.json", "--save-cases", cases)
    assert code == 1
    assert "1 confirmed, 1 dismissed" in out
    assert "confirmed incidents is 1; allowed is at least 50" in err
    assert not (tmp_path / "weights.json").exists()
    found, is_simulated = read_triage_cases(cases)
    assert [case.verdict for case in found] == ["confirmed", "rejected:farm_burning"]
    assert not is_simulated
    code, out, err = triage(settings, "evaluate")
    assert (code, err) == (0, "")
    assert "built-in table" in out


def test_nothing_decided_cannot_be_judged(settings: Path, triage: Callable[..., Run]) -> None:
    code, _, err = triage(settings, "evaluate")
    assert code == 1
    assert "0 confirmed, 0 dismissed" in err


def test_simulated_decisions_are_learned_from_and_marked_everywhere(
    triage: Callable[..., Run], simulated: Path, tmp_path: Path, no_store: Path
) -> None:
    weights, plot = tmp_path / "weights.json", tmp_path / "plot.png"
    code, out, err = triage(no_store, "train", weights, "--cases", simulated, "--plot", plot)
    assert code == 0
    assert "SIMULATED" in out
    assert "SIMULATED" in err
    assert "with places left out" in out
    assert "with weeks left out" in out
    assert plot.read_bytes().startswith(b"\x89PNG")
    record = read_triage_model(weights).record
    assert record is not None
    assert record.is_simulated
    assert record.learned.log_loss < record.expert.log_loss
    code, out, _ = triage(no_store, "show", "--weights", weights)
    assert code == 0
    assert "SIMULATED" in out
    no_store.write_text(f'{no_store.read_text("utf-8")}[triage]\nweights = "weights.json"\n', "utf-8")
    code, _, err = triage(no_store, "show")
    assert code == 1
    assert "simulated decisions" in err


def test_weights_that_are_no_better_are_not_written(
    triage: Callable[..., Run], simulated: Path, tmp_path: Path, no_store: Path
) -> None:
    # The bureau's own table is what was learned from these very decisions: there is nothing left to gain.
    assert triage(no_store, "train", tmp_path / "first.json", "--cases", simulated)[0] == 0
    learned = read_triage_model(tmp_path / "first.json").weights
    names = ("base", "tower", "persistence", "growth", "towers", "geometry", "hotspots", "danger", "hour", "calendar")
    rows = [f"{name} = {getattr(learned, name)!r}" for name in (*names, "sources", "history")]
    (tmp_path / "own.toml").write_text("[weights]\n" + "\n".join(rows) + "\n", "utf-8")
    no_store.write_text(f'{no_store.read_text("utf-8")}[triage]\nweights = "own.toml"\n', "utf-8")
    code, out, err = triage(no_store, "train", tmp_path / "second.json", "--cases", simulated)
    assert code == 1
    assert "left out" in err
    assert "the expert table serves as well" in err
    assert not (tmp_path / "second.json").exists()
    assert "with places left out" in out
    code, out, _ = triage(no_store, "evaluate", "--cases", simulated)
    assert code == 0
    assert "in use" in out


def test_a_name_that_is_no_json_is_refused_before_anything_is_read(
    no_store: Path, triage: Callable[..., Run], tmp_path: Path
) -> None:
    code, out, err = triage(no_store, "train", tmp_path / "weights.toml")
    assert (code, out) == (1, "")
    assert "ends in .json" in err


def test_show_prints_the_expert_table_with_its_limits(no_store: Path, triage: Callable[..., Run]) -> None:
    code, out, _ = triage(no_store, "show")
    assert code == 0
    assert "sources        -1.50" in out
    assert "-2.0 to  +0.0" in out
    assert "fitted to nothing" in out


def test_the_associator_believes_by_what_the_settings_name(settings: Path, tmp_path: Path) -> None:
    sources = ROOT / "configs" / "smoke_sources.geojson"
    named = f'[triage]\nsmoke_sources = "{sources}"\nweights = "{ROOT}/configs/triage.toml"\n'
    settings.write_text(settings.read_text("utf-8") + named, "utf-8")
    config = read_config(settings)
    central = open_central(config, Secrets(("x" * 32,)))
    try:
        around = surroundings(config, central.zone, central.store.decision_log)
        assert len(around.sources) == 3
        assert around.ignitions is not None
        heat = build_associator(central)._around.heat
        assert heat is not None
        at, place = datetime(2026, 4, 5, 6, tzinfo=UTC), Position(26.9, 112.6)
        central.store.hotspot_book.put([KeptHotspot(Hotspot(place, at, "N20"), "firms", at)])
        assert [spot.satellite for spot in heat.near(place, 100.0, at, at)] == ["N20"]
        broken = tmp_path / "broken.json"
        broken.write_text("{", "utf-8")
        settings.write_text(settings.read_text("utf-8").replace(f"{ROOT}/configs/triage.toml", str(broken)), "utf-8")
        with pytest.raises(ConfigError, match="expert table"):
            surroundings(read_config(settings), central.zone, central.store.decision_log)
    finally:
        central.store.close()


@pytest.mark.parametrize(("key", "value"), [("weights", "triage.yaml"), ("weight", "triage.json")])
def test_settings_that_cannot_be_are_refused(no_store: Path, key: str, value: str) -> None:
    no_store.write_text(f'{no_store.read_text("utf-8")}[triage]\n{key} = "{value}"\n', "utf-8")
    with pytest.raises(ConfigError, match="triage"):
        read_config(no_store)
