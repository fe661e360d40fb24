"""A thousand sightings while nodes, broker and centre are killed in turn: none missing, none doubled, one alert."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from ports import free_port

from firewatch.adapters.broker import BrokerAccount, EmbeddedBroker, find_mosquitto
from firewatch.adapters.sites_geojson import write_sites
from firewatch.demo.phone import PhoneSink
from firewatch.domain.geo import Position
from firewatch.domain.ids import CameraId, PoseId, TowerId
from firewatch.domain.optics import Calibration
from firewatch.domain.sites import Camera, Name, Pose, SiteMap, Tower
from firewatch.geodesy import inverse

if TYPE_CHECKING:
    import contextlib
    from collections.abc import Callable

pytestmark = [pytest.mark.slow, pytest.mark.broker, pytest.mark.timeout(900)]

TOWERS = {
    "tower-a": Position(26.90, 112.50),
    "tower-b": Position(26.90, 112.62),
    "tower-c": Position(27.00, 112.56),
}
# Far enough apart that no bearing of one passes within four degrees of another, seen from any tower.
FIRES = (Position(26.955, 112.515), Position(26.945, 112.60), Position(26.925, 112.56))
SIGHTINGS = 1000
PAUSE_S = 0.12


@dataclass
class Plant:
    """The whole chain, each part a process that can be killed."""

    folder: Path
    broker: EmbeddedBroker
    centre: BrokerAccount
    plans: list[Path] = field(default_factory=list)
    nodes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    central: subprocess.Popen[bytes] | None = None

    def start_central(self) -> None:
        environment = {
            **os.environ,
            "FIREWATCH_SECRET": "a secret for this run only",
            "FIREWATCH_MQTT_PASSWORD": self.centre.password,
        }
        command = [sys.executable, "-m", "firewatch", "serve", "--config", str(self.folder / "central.toml")]
        with (self.folder / "central.log").open("ab") as log:
            self.central = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def start_node(self, number: int) -> subprocess.Popen[bytes]:
        child = Path(__file__).with_name("fault_node.py")
        with (self.folder / f"node-{number}.log").open("ab") as log:
            return subprocess.Popen([sys.executable, str(child), str(self.plans[number])], stdout=log, stderr=log)

    def kill_node(self, number: int) -> None:
        self.nodes[number].kill()
        self.nodes[number].wait(10)
        self.nodes[number] = self.start_node(number)

    def kill_central(self) -> None:
        assert self.central is not None
        for process_id in [*children_of(self.central.pid), self.central.pid]:
            os.kill(process_id, signal.SIGKILL)
        self.central.wait(10)

    def end(self) -> None:
        for child in [*self.nodes, self.central]:
            if child is not None and child.poll() is None:
                child.terminate()
                child.wait(20)


def children_of(process_id: int) -> list[int]:
    return [int(text) for text in Path(f"/proc/{process_id}/task/{process_id}/children").read_text().split()]


def write_settings(folder: Path, broker: EmbeddedBroker, phones: PhoneSink) -> None:
    camera = Camera(CameraId("north"), (Pose(PoseId("fixed"), Calibration("survey-1", 0.0, 0.0, 60.0, 0.5)),))
    towers = tuple(Tower(TowerId(name), Name(name, name), place, (camera,)) for name, place in TOWERS.items())
    write_sites(SiteMap(towers, ()), folder / "sites.geojson")
    person = (
        f'[[people]]\nid = "duty-1"\nname = "值班员"\nrole = "officer"\nchannels = ["{phones.channel("duty-1")}"]\n'
    )
    (folder / "roster.toml").write_text(person, encoding="utf-8")
    (folder / "central.toml").write_text(
        f'[web]\nport = {free_port()}\n[store]\nurl = "sqlite:///firewatch.db"\nevidence = "evidence"\n'
        f'[mqtt]\nhost = "{broker.host}"\nport = {broker.port}\nusername = "central"\n'
        "[alerting]\nfirst_retry_s = 0.5\nlongest_retry_s = 2.0\n",
        encoding="utf-8",
    )


def write_plan(folder: Path, broker: EmbeddedBroker, account: BrokerAccount, number: int) -> Path:
    tower = account.username
    share = SIGHTINGS // len(TOWERS) + (1 if number < SIGHTINGS % len(TOWERS) else 0)
    plan = {
        "tower": tower,
        "ledger": str(folder / f"{tower}-ledger.jsonl"),
        "outbox": str(folder / f"{tower}-outbox.sqlite"),
        "done": str(folder / f"{tower}.done"),
        "mqtt": msgspec.json.encode(broker.settings_for(account, f"node-{tower}")).decode(),
        "first": 10_000 * (number + 1),
        "count": share,
        "azimuths_deg": [inverse(TOWERS[tower], fire).azimuth_deg for fire in FIRES],
        "started_at": datetime.now(UTC).isoformat(),
        "pause_s": PAUSE_S,
    }
    path = folder / f"{tower}.json"
    path.write_text(json.dumps(plan), encoding="utf-8")
    return path


def wait_for(condition: Callable[[], bool], within_s: float, what: str) -> None:
    ends_at = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < ends_at, f"not within {within_s:g} s: {what}"
        time.sleep(0.2)


def query(database: Path, text: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        return connection.execute(text).fetchall()
    finally:
        connection.close()


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def do_harm(plant: Plant) -> None:
    """Kill each part in turn while the sightings flow."""
    for step in range(2):
        time.sleep(4.0)
        plant.kill_node(step)
        time.sleep(3.0)
        plant.broker.kill()
        time.sleep(2.0)
        plant.broker.start()
        time.sleep(4.0)
        plant.kill_central()
        time.sleep(2.0)
        plant.start_central()


@pytest.mark.skipif(find_mosquitto() is None, reason="mosquitto is not installed")
def test_nothing_is_lost_or_doubled_while_everything_is_killed_in_turn(
    tmp_path: Path, alone: Callable[[], contextlib.AbstractContextManager[None]]
) -> None:
    centre = BrokerAccount.of_centre()
    accounts = [BrokerAccount.of_tower(TowerId(name)) for name in TOWERS]
    broker = EmbeddedBroker(tmp_path / "broker", [centre, *accounts], kind="mosquitto")
    with alone(), PhoneSink(tmp_path / "phones.jsonl") as phones, broker:
        write_settings(tmp_path, broker, phones)
        plant = Plant(tmp_path, broker, centre)
        try:
            plant.start_central()
            plant.plans = [write_plan(tmp_path, broker, account, n) for n, account in enumerate(accounts)]
            plant.nodes = [plant.start_node(n) for n in range(len(accounts))]
            do_harm(plant)
            done = [tmp_path / f"{name}.done" for name in TOWERS]
            wait_for(lambda: all(path.exists() for path in done), 180.0, "all outboxes are empty")
            wait_for(lambda: is_told(tmp_path), 60.0, "every incident has its alert at the phone")
        finally:
            plant.end()
    check_nothing_lost_or_doubled(tmp_path)
    check_one_first_alert_an_incident(tmp_path)


def is_told(folder: Path) -> bool:
    marks = query(folder / "firewatch.db", "SELECT max(mark) FROM sightings")[0][0]
    read = query(folder / "firewatch.db", "SELECT place FROM cursors WHERE name = 'association'")
    # Of an incident merged before its alert could be sent nobody is told: nothing of it is due any more.
    due = "SELECT count(*) FROM notifications WHERE sent_at IS NULL AND next_try_at IS NOT NULL"
    unsent = query(folder / "firewatch.db", due)[0][0]
    return bool(read) and read[0][0] == marks and unsent == 0


def check_nothing_lost_or_doubled(folder: Path) -> None:
    ledger = {(e["sighting_id"], e["revision"]) for name in TOWERS for e in lines(folder / f"{name}-ledger.jsonl")}
    stored = query(folder / "firewatch.db", "SELECT sighting_id, revision FROM sightings")
    assert len({sighting_id for sighting_id, _ in ledger}) == SIGHTINGS
    assert set(stored) == ledger
    assert len(stored) == len(set(stored))


def check_one_first_alert_an_incident(folder: Path) -> None:
    database = folder / "firewatch.db"
    standing = query(database, "SELECT incident_id FROM incident_states WHERE is_open")
    first = query(database, "SELECT incident_id, count(*) FROM alerts WHERE reason = 'first' GROUP BY incident_id")
    assert {count for _, count in first} == {1}
    assert {incident_id for (incident_id,) in standing} <= {incident_id for incident_id, _ in first}
    assert len(standing) == len(FIRES)
    members = query(database, "SELECT sighting_id, count(*) FROM memberships GROUP BY sighting_id")
    assert len(members) == SIGHTINGS
    assert {count for _, count in members} == {1}
    # The phone may be rung twice by a killed sender, but under the same id, so that it rings once for a person.
    keys = {alert["idempotency_key"] for alert in lines(folder / "phones.jsonl")}
    sent = query(database, "SELECT notification_id FROM notifications WHERE sent_at IS NOT NULL")
    assert keys >= {notification_id for (notification_id,) in sent}
    assert len(FIRES) <= len(keys) <= len(first)
