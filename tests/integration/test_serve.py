"""`firewatch serve` as it is run: real processes, a real broker, a real database, a phone's webhook."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from ports import free_port

from firewatch.adapters.broker import BrokerAccount, EmbeddedBroker
from firewatch.adapters.store import open_store
from firewatch.domain.ids import MessageId, SightingId, StationId, TowerId, make_ulid
from firewatch.mqtt import MqttSession, Subscription
from firewatch.services.ports import Quarantined
from firewatch.testing.builders import a_sighting, an_evidence, an_observation
from firewatch.wire import codec, topics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from firewatch.domain.vision import Sighting

TOWER = TowerId("tower-a")
_WAIT_S = 60.0
_SITES = {
    "type": "FeatureCollection",
    "illustrative": True,
    "features": [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [112.5, 26.9, 300.0]},
            "properties": {
                "kind": "tower",
                "id": "tower-a",
                "name_zh": "甲塔",
                "name_en": "Tower A",
                "cameras": [{"id": "north", "poses": [{"id": "fixed", "azimuth_deg": 40.0, "hfov_deg": 62.0}]}],
            },
        },
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [112.6, 26.9]},
            "properties": {"kind": "station", "id": "hengyang", "name_zh": "衡阳", "name_en": "Hengyang"},
        },
    ],
}


def new_id() -> str:
    return make_ulid(datetime.now(UTC), os.urandom(10))


def wait_for(found: Callable[[], Any], what: str) -> Any:
    until = time.monotonic() + _WAIT_S
    while time.monotonic() < until:
        if answer := found():
            return answer
        time.sleep(0.1)
    pytest.fail(f"{what}: not within {_WAIT_S:g} s")


@dataclass(slots=True)
class Phone:
    """A webhook that keeps what it is told."""

    told: list[dict[str, Any]] = field(default_factory=list)
    server: ThreadingHTTPServer = field(init=False)

    def __post_init__(self) -> None:
        told = self.told

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                told.append({**body, "key": self.headers["Idempotency-Key"]})
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:  # type: ignore[override]
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/phone?key=very-secret-key"


@dataclass(slots=True)
class Centre:
    """One running `firewatch serve`."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]

    @property
    def log(self) -> str:
        return (self.folder / "central.log").read_text(encoding="utf-8")

    def lines(self, event: str) -> list[dict[str, Any]]:
        whole = [line for line in self.log.splitlines(keepends=True) if line.endswith("}\n")]
        return [found for found in map(json.loads, whole) if found["event"] == event]

    def pid(self, role: str) -> int:
        return int([one for one in self.lines("child.started") if one["child"] == role][-1]["process_id"])

    def get(self, path: str) -> httpx.Response | None:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}{path}", timeout=5.0)
        except httpx.HTTPError:
            return None


def settings(folder: Path, *, broker_port: int = 1, port: int = 0, host: str = "127.0.0.1", phone: str = "") -> Path:
    (folder / "sites.geojson").write_text(json.dumps(_SITES), encoding="utf-8")
    (folder / "roster.toml").write_text(
        f'[[people]]\nid = "li-wei"\nname = "Li Wei"\nrole = "ranger"\nchannels = ["webhook:{phone}"]\n',
        encoding="utf-8",
    )
    path = folder / "central.toml"
    path.write_text(
        f'[web]\nhost = "{host}"\nport = {port}\n'
        f'[mqtt]\nport = {broker_port}\nusername = "central"\nprotocol = "3.1.1"\n'
        '[centre]\nlanguage = "en"\n',
        encoding="utf-8",
    )
    return path


def environment(password: str = "") -> Mapping[str, str]:
    return {**os.environ, "FIREWATCH_SECRET": "a-secret-of-the-test-only", "FIREWATCH_MQTT_PASSWORD": password}


def firewatch(*words: str, stdin: str = "", given: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "firewatch", *words]
    env = environment() if given is None else given
    return subprocess.run(command, env=env, input=stdin, capture_output=True, text=True, timeout=60, check=False)


def is_alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:  # noqa: PTH123 - a file of the kernel
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def phone() -> Iterator[Phone]:
    phone = Phone()
    yield phone
    phone.server.shutdown()
    phone.server.server_close()


@pytest.fixture
def accounts() -> dict[str, BrokerAccount]:
    return {
        "central": BrokerAccount.of_centre(),
        "tower": BrokerAccount.of_tower(TOWER),
        "station": BrokerAccount.of_station(StationId("hengyang")),
    }


@pytest.fixture
def broker(tmp_path: Path, accounts: dict[str, BrokerAccount]) -> Iterator[EmbeddedBroker]:
    with EmbeddedBroker(tmp_path / "broker", list(accounts.values())) as running:
        yield running


@pytest.fixture
def centre(
    tmp_path: Path, broker: EmbeddedBroker, accounts: dict[str, BrokerAccount], phone: Phone
) -> Iterator[Centre]:
    port = free_port()
    path = settings(tmp_path, broker_port=broker.port, port=port, phone=phone.url)
    command = [sys.executable, "-m", "firewatch", "serve", "--config", str(path), "--logs", "json"]
    with (tmp_path / "central.log").open("wb") as log:
        process = subprocess.Popen(
            command, env=environment(accounts["central"].password), stdin=subprocess.DEVNULL, stderr=log
        )
    centre = Centre(tmp_path, port, process)
    try:
        wait_for(lambda: (answer := centre.get("/healthz")) and answer.is_success, "the pages answer")
        yield centre
    finally:
        # Also where the pages never answered: nothing of a test may go on running.
        if process.poll() is None:
            process.terminate()
            process.wait(30)


@dataclass(slots=True)
class Node:
    """A tower's end of the wire: sends until it has a receipt, as its outbox does."""

    session: MqttSession
    receipts: dict[str, str]

    def send(self, topic: topics.Topic, message_id: str, payload: bytes) -> str:
        def receipt() -> str | None:
            self.session.publish(str(topic), payload).wait(10.0)
            until = time.monotonic() + 2.0
            while time.monotonic() < until and message_id not in self.receipts:
                time.sleep(0.05)
            return self.receipts.get(message_id)

        return str(wait_for(receipt, f"a receipt for {topic}"))

    def see(self, sighting: Sighting) -> str:
        message_id = MessageId(new_id())
        topic = topics.Topic.of_camera(topics.Kind.SIGHTINGS, TOWER, sighting.camera_id)
        return self.send(topic, message_id, codec.encode_sighting(sighting, message_id))


@pytest.fixture
def node(broker: EmbeddedBroker, accounts: dict[str, BrokerAccount]) -> Iterator[Node]:
    receipts: dict[str, str] = {}

    def receive(delivery: Any) -> None:
        receipts.update({one.message_id: str(one.outcome) for one in codec.decode_receipts(delivery.payload)})

    topic = str(topics.Topic.of_tower(topics.Kind.RECEIPTS, TOWER))
    session = MqttSession(
        broker.settings_for(accounts["tower"], "node-tower-a"), subscriptions=[Subscription(topic)], receiver=receive
    )
    session.start()
    session.wait_ready(20.0)
    yield Node(session, receipts)
    session.stop()


def fresh_sighting(azimuth_deg: float = 45.0) -> Sighting:
    now = datetime.now(UTC).replace(microsecond=0)
    return replace(a_sighting(1, first_seen_at=now, azimuth_deg=azimuth_deg), sighting_id=SightingId(new_id()))


def report_weather(broker: EmbeddedBroker, account: BrokerAccount) -> None:
    session = MqttSession(broker.settings_for(account, "station"))
    session.start()
    session.wait_ready(20.0)
    noon = datetime.now(UTC).replace(hour=4, minute=0, second=0, microsecond=0)
    reading = an_observation(at=noon)
    topic = str(topics.Topic.of_station(StationId("hengyang")))
    session.publish(topic, codec.encode_observation(reading, MessageId(new_id()))).wait(10.0)
    session.stop()


def incidents(centre: Centre) -> list[dict[str, Any]]:
    answer = centre.get("/api/v1/state")
    return list(answer.json()["incidents"]) if answer is not None and answer.is_success else []


def test_a_sighting_becomes_an_incident_with_rating_and_alert_and_survives_a_killed_intake(
    centre: Centre, node: Node, broker: EmbeddedBroker, accounts: dict[str, BrokerAccount], phone: Phone
) -> None:
    sighting = fresh_sighting()
    assert node.see(sighting) == "stored"
    message_id = MessageId(new_id())
    evidence = an_evidence(1, sighting=sighting)
    topic = topics.Topic.of_camera(topics.Kind.EVIDENCE, TOWER, sighting.camera_id)
    assert node.send(topic, message_id, codec.encode_evidence(evidence, message_id)) == "stored"
    (incident,) = wait_for(lambda: incidents(centre), "an incident on the pages")
    assert incident["state"] == "SUSPECTED"
    (told,) = wait_for(lambda: list(phone.told), "an alert at the phone")
    assert told["facts"]["reason"] == "first"
    assert told["key"] == told["notification_id"]
    assert httpx.get(told["link"].replace("\n", ""), timeout=10.0).status_code == 200

    report_weather(broker, accounts["station"])
    detail = f"/api/v1/incidents/{told['facts']['incident_id']}"
    wait_for(
        lambda: "Hengyang" in (answer := centre.get(f"{detail}?lang=en")).text and answer, "the rating of the incident"
    )

    before = centre.pid("intake")
    os.kill(before, signal.SIGKILL)
    wait_for(lambda: centre.pid("intake") != before, "the intake comes back")
    assert node.see(fresh_sighting(azimuth_deg=10.0)) == "stored"
    wait_for(lambda: len(incidents(centre)) == 2, "the second incident")
    wait_for(lambda: len(phone.told) == 2, "the second alert")
    assert len({one["facts"]["incident_id"] for one in phone.told}) == 2
    assert "very-secret-key" not in centre.log
    assert "a-secret-of-the-test" not in centre.log


def test_what_is_in_quarantine_reaches_an_incident_while_the_service_runs(centre: Centre, phone: Phone) -> None:
    sighting, message_id = fresh_sighting(), MessageId(new_id())
    topic = str(topics.Topic.of_camera(topics.Kind.SIGHTINGS, TOWER, sighting.camera_id))
    message = codec.encode_sighting(sighting, message_id)
    older = "message version 'firewatch/v2/sighting'"
    store = open_store(f"sqlite:///{centre.folder}/var/firewatch.db", centre.folder / "var" / "evidence")
    store.intake_writer.write([Quarantined(message_id, topic, message, datetime.now(UTC), older)])
    store.close()
    config = ("--config", str(centre.folder / "central.toml"))
    assert older in firewatch("quarantine", "list", *config).stdout
    retried = firewatch("quarantine", "retry", *config)
    assert (retried.returncode, retried.stdout) == (0, "1 read and stored now, 0 stay in quarantine\n"), retried.stderr
    (incident,) = wait_for(lambda: incidents(centre), "an incident on the pages")
    assert incident["state"] == "SUSPECTED"
    wait_for(lambda: list(phone.told), "an alert at the phone")
    sound = firewatch("recheck", *config)
    assert sound.returncode == 0, sound.stdout + sound.stderr
    assert firewatch("quarantine", "list", *config).stdout == "the quarantine is empty\n"


def test_sigterm_ends_all_processes_within_15_s_though_a_page_listens(centre: Centre) -> None:
    children = [centre.pid(role) for role in ("intake", "associator", "clockwork", "web")]
    with httpx.stream("GET", f"http://127.0.0.1:{centre.port}/api/v1/events", timeout=30.0) as stream:
        assert stream.status_code == 200
        started = time.monotonic()
        centre.process.terminate()
        assert centre.process.wait(15) == 0
        assert time.monotonic() - started < 15
    assert not [pid for pid in children if is_alive(pid)]


def test_children_stop_when_their_parent_is_killed(centre: Centre) -> None:
    children = [centre.pid(role) for role in ("intake", "associator", "clockwork", "web")]
    assert all(map(is_alive, children))
    centre.process.kill()
    centre.process.wait(10)
    wait_for(lambda: not any(map(is_alive, children)), "no orphan is left")


def test_the_pages_do_not_answer_to_another_name(centre: Centre) -> None:
    url = f"http://127.0.0.1:{centre.port}/api/v1/state"
    assert httpx.get(url, headers={"Host": "evil.example.com"}, timeout=10.0).status_code == 400
    assert httpx.get(url, headers={"Host": f"localhost:{centre.port}"}, timeout=10.0).status_code == 200


def test_without_accounts_the_network_is_refused_and_with_one_it_is_not(tmp_path: Path) -> None:
    path = settings(tmp_path, host="0.0.0.0")  # noqa: S104 - this is what is refused
    refused = firewatch("serve", "--config", str(path))
    assert refused.returncode == 1
    assert "web.host" in refused.stderr
    assert "firewatch accounts add" in refused.stderr
    assert "child.started" not in refused.stderr


def test_accounts_are_added_listed_and_disabled(tmp_path: Path) -> None:
    config = ("--config", str(settings(tmp_path)))
    added = firewatch("accounts", *config, "add", "chen", "陈值班", "--role", "chief", stdin="a long password\n")
    assert (added.returncode, added.stdout) == (0, "chen may log in now\n"), added.stderr
    assert "陈值班" in firewatch("accounts", *config, "list").stdout
    again = firewatch("accounts", *config, "add", "chen", "x", stdin="a long password\n")
    assert again.returncode == 1, again.stderr
    assert "Traceback" not in again.stderr
    assert firewatch("accounts", *config, "add", "No Slug", "x", stdin="a long password\n").returncode == 1
    assert firewatch("accounts", *config, "disable", "chen").returncode == 0
    unknown = firewatch("accounts", *config, "disable", "nobody")
    assert unknown.returncode == 1
    assert "Traceback" not in unknown.stderr


def test_check_config_prints_what_is_in_effect_and_names_what_is_wrong(tmp_path: Path) -> None:
    path = settings(tmp_path, port=8099)
    good = firewatch("check-config", "--config", str(path), given=os.environ)
    assert good.returncode == 0, good.stderr
    assert "web.port = 8099" in good.stdout
    assert "1 towers, 1 stations, 0 townships" in good.stdout
    assert "1 on duty, 1 of them with a channel" in good.stdout
    assert not good.stderr
    (tmp_path / "roster.toml").write_text('[[people]]\nid = "x"\n', encoding="utf-8")
    bad = firewatch("check-config", "--config", str(path), given=os.environ)
    assert bad.returncode == 1
    assert "roster.toml" in bad.stderr
    assert "Traceback" not in bad.stderr
