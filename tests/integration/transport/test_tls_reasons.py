"""Each way in which an encrypted link fails is said with its reason, in the log, by the session and by `doctor`."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from tls_wall import Wall, stand_wall

from firewatch.mqtt import MqttSession, MqttSettings, TlsSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [
    pytest.mark.broker,
    # The client library leaves the socket of a failed handshake to the garbage collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(scope="module")
def wall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wall]:
    yield from stand_wall(tmp_path_factory.mktemp("tls"))


def said(port: int, tls: TlsSettings | None) -> str:
    """Return the reason that a session gives, or "" where the link is made."""
    session = MqttSession(MqttSettings(port=port, client_id="tower", tls=tls))
    session.start()
    ends_at = time.monotonic() + 10.0
    while session.state().reason == "connecting" and time.monotonic() < ends_at:
        time.sleep(0.02)
    why = session.state().reason
    session.stop()
    return why


def test_the_right_certificates_make_a_link(wall: Wall) -> None:
    assert said(wall.ports["good"], wall.tls()) == ""
    assert said(wall.ports["mutual"], wall.tls(client=wall.client)) == ""


@pytest.mark.parametrize(
    ("port", "ca", "client", "words"),
    [
        ("good", "other", "", "authority that ca_file does not hold"),
        ("expired", "", "", "certificate has expired: renew it at the broker"),
        ("elsewhere", "", "", "is for another address: let mqtt.host be a name in the certificate"),
        ("mutual", "", "", "the broker wants a client certificate: give cert_file and key_file"),
        ("mutual", "", "strange", "refuses this client's certificate: it is not signed by an authority"),
        ("mutual", "", "old", "refuses this client's certificate: it has expired"),
        ("plain", "", "", "this port speaks no TLS|closed the link in the middle of the handshake"),
    ],
)
def test_each_fault_of_tls_is_said_with_its_reason(wall: Wall, port: str, ca: str, client: str, words: str) -> None:
    clients = {"": ("", ""), "strange": wall.strange_client, "old": wall.old_client}
    why = said(wall.ports[port], wall.tls(wall.other_ca_file if ca else "", clients[client]))
    assert why.startswith("TLS: ")
    assert any(part in why for part in words.split("|")), why


def test_a_plain_link_to_a_port_of_tls_is_told_what_to_try(wall: Wall) -> None:
    assert "does this port want TLS" in said(wall.ports["good"], None)


SETTINGS = """
[tower]
id = "tower-a"
[[camera]]
id = "north"
kind = "folder"
path = "frames"
[camera.pose]
azimuth_deg = 10.0
hfov_deg = 60.0
[model]
path = "{model}"
threads = 1
[mqtt]
port = {port}
last_retry_s = 1
[mqtt.tls]
ca_file = "{ca_file}"
"""


def test_doctor_and_the_log_of_run_say_the_same(wall: Wall, squares_model: Path, tmp_path: Path) -> None:
    (tmp_path / "frames").mkdir()
    config = tmp_path / "edge.toml"
    text = SETTINGS.format(model=squares_model, port=wall.ports["expired"], ca_file=wall.ca_file)
    config.write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "firewatch_edge"]
    doctor = subprocess.run(
        [*command, "doctor", "--config", str(config)], capture_output=True, text=True, check=False, timeout=60
    )
    (line,) = [line for line in doctor.stdout.splitlines() if " broker " in line]
    assert line.startswith("FAIL")
    assert "certificate has expired: renew it at the broker" in line
    with (tmp_path / "log").open("wb") as log:
        node = subprocess.Popen([*command, "run", "--config", str(config)], stderr=log)
        ends_at = time.monotonic() + 30.0
        while "certificate has expired" not in (tmp_path / "log").read_text() and time.monotonic() < ends_at:
            time.sleep(0.1)
        node.terminate()
        node.wait(20)
    lines = [line for line in (tmp_path / "log").read_text().splitlines() if "mqtt.no_link" in line]
    assert any("certificate has expired: renew it at the broker" in line for line in lines)
