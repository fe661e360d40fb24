"""Enrolment with the real programs: the centre's commands, its desk, `firewatch-edge init`, and Mosquitto."""

from __future__ import annotations

import contextlib
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from enrolment_world import Bureau, make_bureau, wait_for_port

from firewatch.domain.ids import TowerId
from firewatch.errors import BrokerUnavailable, TransportError
from firewatch.mqtt import MqttSession, MqttSettings, Subscription, TlsSettings
from firewatch.wire.tower_keys import new_tower_key, read_request
from firewatch_edge.cli import main as edge_main
from firewatch_edge.config import load_settings
from firewatch_edge.enrolment import IdentityFolder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firewatch.mqtt import Delivery

pytestmark = pytest.mark.broker

YUNFENG, SHIGU = "yunfeng", "shigu"
TOWERS = "firewatch/v1/towers"


class Broker:
    """Mosquitto with the files that `firewatch towers broker` wrote, on loopback."""

    def __init__(self, bureau: Bureau) -> None:
        program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
        if not Path(program).exists():
            pytest.skip("Mosquitto is not installed (Debian: apt install mosquitto)")
        folder, port = bureau.broker_files, bureau.broker_port
        assert bureau.towers("broker") == 0
        conf = folder / "firewatch.conf"
        written = conf.read_text(encoding="utf-8")
        conf.write_text(written.replace(f"listener {port}\n", f"listener {port} 127.0.0.1\n"), encoding="utf-8")
        top = bureau.folder / "mosquitto.conf"
        top.write_text(f"user root\ninclude_dir {folder}\n", encoding="utf-8")
        self._start = ([program, "-c", str(top)], port)
        self.start()

    def start(self) -> None:
        command, port = self._start
        self._process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        wait_for_port(port)

    def reload(self) -> None:
        self._process.send_signal(signal.SIGHUP)
        time.sleep(0.5)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)


class Client:
    """A client that shows a certificate and notes what it hears."""

    def __init__(self, bureau: Bureau, pem: Path, name: str, *topics: str) -> None:
        tls = TlsSettings(ca_file=str(bureau.broker_files / "ca.pem"), cert_file=str(pem))
        settings = MqttSettings(
            host="127.0.0.1", port=bureau.broker_port, client_id=name, clean_start=True, tls=tls, last_retry_s=1
        )
        self.heard: list[tuple[str, bytes]] = []
        self.event = threading.Event()
        self.session = MqttSession(
            settings, subscriptions=[Subscription(topic, 1) for topic in topics], receiver=self._receive
        )
        self.session.start()

    def _receive(self, delivery: Delivery) -> None:
        self.heard.append((delivery.topic, bytes(delivery.payload)))
        self.event.set()

    def publish(self, topic: str, content: bytes = b"{}") -> None:
        self.session.publish(topic, content).wait(5)

    def wait_lost(self) -> None:
        until = time.monotonic() + 10
        while self.session.state().is_connected and time.monotonic() < until:
            time.sleep(0.02)

    def hears(self, topic: str, wait_s: float = 3.0) -> bool:
        until = time.monotonic() + wait_s
        while time.monotonic() < until:
            if any(heard == topic for heard, _ in self.heard):
                return True
            time.sleep(0.02)
        return False


@contextlib.contextmanager
def client(bureau: Bureau, pem: Path, name: str, *topics: str) -> Iterator[Client]:
    made = Client(bureau, pem, name, *topics)
    try:
        made.session.wait_ready(5)
        yield made
    finally:
        made.session.stop(0.2)


def refusal(bureau: Bureau, pem: Path) -> str:
    """Return the broker's own word for why it refuses a certificate, "" if it lets it in."""
    context = ssl.create_default_context(cafile=str(bureau.broker_files / "ca.pem"))
    context.load_cert_chain(pem)
    # Over TLS 1.3 Mosquitto 2.0 closes the link before its word is sent.
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    connect = bytes.fromhex("10 12 0004 4d515454 04 02 001e 0006") + b"prober"
    with socket.create_connection(("127.0.0.1", bureau.broker_port), 5) as link:
        try:
            with context.wrap_socket(link, server_hostname="127.0.0.1") as tls:
                tls.sendall(connect)
                assert tls.recv(4) == b"\x20\x02\x00\x00"
        except ssl.SSLError as err:
            return str(err.reason)
    return ""


@pytest.fixture(scope="module")
def monkeypatch_module() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory, monkeypatch_module: pytest.MonkeyPatch) -> Iterator[Bureau]:
    made = make_bureau(tmp_path_factory.mktemp("bureau"), monkeypatch_module)
    with made.desk():
        yield made
    made.store.close()


@pytest.fixture(scope="module")
def broker(bureau: Bureau) -> Iterator[Broker]:
    started = Broker(bureau)
    yield started
    started.stop()


def enrolled(bureau: Bureau, tower: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    folder.mkdir(exist_ok=True)
    config, code = folder / "edge.toml", bureau.code(tower, capsys)
    words = ["init", "--config", str(config), "--centre", f"127.0.0.1:{bureau.port}", "--code", code, "--tower", tower]
    assert edge_main([*words, "--yes"]) == 0
    return config


def test_an_enrolled_tower_publishes_hears_its_receipts_and_cannot_speak_for_another(
    bureau: Bureau, broker: Broker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = enrolled(bureau, YUNFENG, tmp_path / "a", capsys)
    told = capsys.readouterr().out
    assert "this code is for tower yunfeng" in told
    assert "accepts this tower" in told
    second = enrolled(bureau, SHIGU, tmp_path / "b", capsys)
    pem_a, pem_b = first.parent / "tls" / "tower.pem", second.parent / "tls" / "tower.pem"
    assert pem_a.stat().st_mode & 0o777 == 0o600
    centre_pem = bureau.broker_files / "centre.pem"
    with (
        client(bureau, centre_pem, "centre", "firewatch/v1/#") as centre,
        client(bureau, pem_a, "a", f"{TOWERS}/{YUNFENG}/receipts", f"{TOWERS}/{SHIGU}/receipts") as a,
        client(bureau, pem_b, "b", f"{TOWERS}/{SHIGU}/receipts") as b,
    ):
        a.publish(f"{TOWERS}/{YUNFENG}/cameras/north/sightings")
        assert centre.hears(f"{TOWERS}/{YUNFENG}/cameras/north/sightings")
        centre.publish(f"{TOWERS}/{YUNFENG}/receipts")
        assert a.hears(f"{TOWERS}/{YUNFENG}/receipts")
        for stolen in (
            f"{TOWERS}/{SHIGU}/status",
            f"{TOWERS}/{SHIGU}/cameras/north/sightings",
            "firewatch/v1/incidents/x",
        ):
            with contextlib.suppress(TransportError):
                a.publish(stolen)
        with contextlib.suppress(TransportError):
            a.publish(f"{TOWERS}/{YUNFENG}/receipts", b"forged")
        centre.publish(f"{TOWERS}/{SHIGU}/receipts")
        assert b.hears(f"{TOWERS}/{SHIGU}/receipts")
        # What a sent before is through, or will never be.
        a.publish(f"{TOWERS}/{YUNFENG}/vitals")
        assert centre.hears(f"{TOWERS}/{YUNFENG}/vitals")
        assert not [topic for topic, content in centre.heard if content == b"forged"]
        assert {topic for topic, _ in centre.heard if SHIGU in topic} == {f"{TOWERS}/{SHIGU}/receipts"}
        assert not a.hears(f"{TOWERS}/{SHIGU}/receipts", 0.2), "a heard what is b's"


def test_a_revoked_certificate_is_refused_and_a_link_that_stands_carries_nothing_more(
    bureau: Bureau, broker: Broker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = enrolled(bureau, "yanhui", tmp_path / "c", capsys)
    pem, topic = config.parent / "tls" / "tower.pem", f"{TOWERS}/yanhui/cameras/east/sightings"
    with (
        client(bureau, bureau.broker_files / "centre.pem", "centre-2", f"{TOWERS}/yanhui/#") as centre,
        client(bureau, pem, "standing") as standing,
    ):
        standing.publish(topic, b"before")
        assert centre.hears(topic)
        assert bureau.towers("revoke", "yanhui", "--reason", "stolen", "--by", "officer zhang") == 0
        assert "systemctl reload" in capsys.readouterr().out
        assert refusal(bureau, pem) == "", "the broker cannot know yet"
        broker.reload()
        with contextlib.suppress(TransportError):
            standing.publish(topic, b"after")
        late = Client(bureau, pem, "late")
        with pytest.raises(BrokerUnavailable):
            late.session.wait_ready(3)
        late.session.stop(0.1)
        assert (topic, b"after") not in centre.heard
        assert refusal(bureau, pem) == "SSLV3_ALERT_CERTIFICATE_REVOKED"
        assert refusal(bureau, bureau.broker_files / "centre.pem") == ""
    assert edge_main(["init", "--renew", "--config", str(config)]) == 1
    assert "revoked" in capsys.readouterr().err
    assert bureau.towers("show", "yanhui") == 0
    assert "by officer zhang: stolen" in capsys.readouterr().out
    assert bureau.towers("list") == 0
    assert "REVOKED at" in next(line for line in capsys.readouterr().out.splitlines() if line.startswith("yanhui"))


def test_a_revoked_tower_comes_back_by_a_new_code(
    bureau: Bureau, broker: Broker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = enrolled(bureau, SHIGU, tmp_path / "g", capsys)
    settings, pem = config.read_bytes(), config.parent / "tls" / "tower.pem"
    assert bureau.towers("revoke", SHIGU) == 0
    broker.reload()
    code = bureau.code(SHIGU, capsys)
    words = ["--config", str(config), "--centre", f"127.0.0.1:{bureau.port}", "--code", code, "--yes"]
    assert edge_main(["init", "--certificate-only", *words]) == 0
    assert config.read_bytes() == settings
    assert bureau.towers("broker") == 0
    broker.reload()
    vitals = f"{TOWERS}/{SHIGU}/vitals"
    with (
        client(bureau, bureau.broker_files / "centre.pem", "centre-5", vitals) as centre,
        client(bureau, pem, "back") as back,
    ):
        back.publish(vitals)
        assert centre.hears(vitals)


def test_an_expired_certificate_is_refused_and_so_is_none(bureau: Bureau, broker: Broker, tmp_path: Path) -> None:
    key, then = new_tower_key(), datetime.now(UTC) - timedelta(days=3)
    request, pem = read_request(key.request(TowerId(YUNFENG))), tmp_path / "tower.pem"
    pem.write_bytes(key.pem + bureau.ca.issue(request, then, timedelta(days=4)).pem.encode())
    assert refusal(bureau, pem) == ""
    pem.write_bytes(key.pem + bureau.ca.issue(request, then, timedelta(days=2)).pem.encode())
    assert refusal(bureau, pem) == "SSLV3_ALERT_CERTIFICATE_EXPIRED"
    tls = TlsSettings(ca_file=str(bureau.broker_files / "ca.pem"))
    nobody = MqttSession(MqttSettings(host="127.0.0.1", port=bureau.broker_port, client_id="nobody", tls=tls))
    nobody.start()
    with pytest.raises(BrokerUnavailable):
        nobody.wait_ready(3)
    nobody.stop(0.1)


def test_renewal_leaves_no_gap(
    bureau: Bureau, broker: Broker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = enrolled(bureau, YUNFENG, tmp_path / "d", capsys)
    pem = config.parent / "tls" / "tower.pem"
    before = pem.read_bytes()
    assert edge_main(["init", "--renew", "--if-due", "--config", str(config)]) == 0
    assert "not due" in capsys.readouterr().out
    assert pem.read_bytes() == before
    with (
        client(bureau, bureau.broker_files / "centre.pem", "centre-3", f"{TOWERS}/{YUNFENG}/#") as centre,
        client(bureau, pem, "renewing") as running,
    ):
        assert edge_main(["init", "--renew", "--config", str(config)]) == 0
        running.publish(f"{TOWERS}/{YUNFENG}/vitals", b"on the old one")
        assert centre.hears(f"{TOWERS}/{YUNFENG}/vitals")
    after = IdentityFolder(pem.parent).read()
    assert before != pem.read_bytes()
    assert after.key.pem not in before, "a renewal makes a new key"
    with client(bureau, pem, "renewed") as renewed:
        renewed.publish(f"{TOWERS}/{YUNFENG}/vitals")
    old = tmp_path / "old.pem"
    old.write_bytes(before)
    with client(bureau, old, "old") as still_good:
        still_good.publish(f"{TOWERS}/{YUNFENG}/vitals")
    records = [one for one in bureau.store.enrolment_book.certificates() if one.tower_id == YUNFENG]
    assert records[0].how == "renewal"


def test_a_running_session_shows_what_its_file_holds_at_its_next_link(
    bureau: Bureau, broker: Broker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pem = enrolled(bureau, SHIGU, tmp_path / "e", capsys).parent / "tls" / "tower.pem"
    other = enrolled(bureau, YUNFENG, tmp_path / "f", capsys).parent / "tls" / "tower.pem"
    vitals = f"{TOWERS}/{YUNFENG}/vitals"
    with (
        client(bureau, bureau.broker_files / "centre.pem", "centre-4", f"{TOWERS}/{YUNFENG}/#") as centre,
        client(bureau, pem, "long-lived") as running,
    ):
        # Another tower's certificate, for who sees by its name which one was shown; a renewal comes the same way.
        other.replace(pem)
        broker.stop()
        running.wait_lost()
        broker.start()
        running.session.wait_ready(10)
        centre.session.wait_ready(10)
        running.publish(vitals)
        assert centre.hears(vitals)


def test_the_written_settings_are_read_and_a_first_camera_is_in_them(
    bureau: Bureau, broker: Broker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, config = bureau.code(SHIGU, capsys), tmp_path / "edge.toml"
    camera = [
        "--camera-kind",
        "stream",
        "--camera-url",
        "rtsp://10.0.0.9/1",
        "--azimuth-deg",
        "350",
        "--hfov-deg",
        "54",
        "--no-try",
    ]
    words = ["init", "--config", str(config), "--centre", f"127.0.0.1:{bureau.port}", "--code", code.lower(), "--yes"]
    assert edge_main([*words, *camera]) == 0
    settings = load_settings(config)
    assert settings.tower.id == SHIGU
    assert settings.camera[0].pose.azimuth_deg == 350.0
    mqtt = settings.mqtt_settings()
    assert (mqtt.host, mqtt.port) == ("127.0.0.1", bureau.broker_port)
    assert mqtt.tls is not None
    assert Path(mqtt.tls.cert_file) == tmp_path / "tls" / "tower.pem"
