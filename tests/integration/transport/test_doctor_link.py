"""`doctor` names the real reason of a link that fails, with what the broker's certificate says, and what to do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from tls_wall import Wall, stand_wall

from firewatch_edge.cli.checkup.link import broker_findings, certificate_findings
from firewatch_edge.cli.words import Words
from firewatch_edge.config import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from firewatch_edge.config import EdgeSettings

pytestmark = [
    pytest.mark.broker,
    # The client library leaves the socket of a failed handshake to the garbage collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

SETTINGS = """
[tower]
id = "tower"
[[camera]]
id = "north"
kind = "folder"
path = "frames"
[camera.pose]
azimuth_deg = 10.0
hfov_deg = 60.0
[mqtt]
port = {port}
"""
TLS = '[mqtt.tls]\nca_file = "{ca}"\ncert_file = "{cert}"\nkey_file = "{key}"\n'


@pytest.fixture(scope="module")
def wall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wall]:
    yield from stand_wall(tmp_path_factory.mktemp("tls"))


def settings_of(folder: Path, port: int, ca: str = "", client: tuple[str, str] = ("", "")) -> EdgeSettings:
    path = folder / "edge.toml"
    tls = TLS.format(ca=ca, cert=client[0], key=client[1]) if ca else ""
    path.write_text(SETTINGS.format(port=port) + tls, encoding="utf-8")
    return load_settings(path)


@pytest.mark.parametrize(
    ("port", "ca", "words", "to_do"),
    [
        ("good", "other", "It was issued by CN=bureau", "is this the right centre?"),
        ("expired", "ours", "It was good until {yesterday}", "the centre must renew it"),
        ("elsewhere", "ours", "It is for 192.0.2.7", "let mqtt.host be one of those names"),
        ("plain", "ours", "this port speaks no TLS|in the middle of the handshake", "is the port open (8883 with TLS)"),
    ],
)
def test_each_fault_of_tls_is_named_with_what_to_do(
    wall: Wall, tmp_path: Path, port: str, ca: str, words: str, to_do: str
) -> None:
    ca_file = wall.ca_file if ca == "ours" else wall.other_ca_file
    (finding,) = broker_findings(settings_of(tmp_path, wall.ports[port], ca_file, wall.client))
    assert finding.level == "fail"
    yesterday = f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}"
    english, chinese = Words("en"), Words("zh")
    assert any(part.format(yesterday=yesterday) in finding.words(english) for part in words.split("|"))
    assert to_do in finding.to_do(english)
    assert any("\u4e00" <= letter <= "\u9fff" for letter in finding.words(chinese) + finding.to_do(chinese))


def test_a_link_that_holds_is_ok_with_the_days_that_are_left(wall: Wall, tmp_path: Path) -> None:
    (finding,) = broker_findings(settings_of(tmp_path, wall.ports["mutual"], wall.ca_file, wall.client))
    # Its certificate lasts thirty days, and less than thirty are soon over.
    assert (finding.level, finding.facts["days"]) == ("warn", 29)
    assert "accepts us over TLS" in finding.words(Words("en"))
    assert "firewatch towers broker" in finding.to_do(Words("en"))
    (plain,) = broker_findings(settings_of(tmp_path, wall.ports["plain"]))
    assert (plain.level, plain.key) == ("ok", "broker.plain")


def test_a_client_that_the_broker_refuses_and_files_that_are_not_there(wall: Wall, tmp_path: Path) -> None:
    (finding,) = broker_findings(settings_of(tmp_path, wall.ports["mutual"], wall.ca_file, wall.strange_client))
    assert finding.level == "fail"
    assert "not signed by an authority it trusts" in finding.words(Words("en"))
    (finding,) = broker_findings(settings_of(tmp_path, wall.ports["good"], str(tmp_path / "none.pem")))
    assert (finding.level, finding.key) == ("fail", "broker.files")


@pytest.mark.parametrize(
    ("which", "days", "level", "key"),
    [
        ("client", 0, "ok", "certificate.held"),
        ("client", 20, "warn", "certificate.due"),
        ("client", 31, "fail", "certificate.expired"),
        ("client", -40, "fail", "certificate.early"),
        ("strange_client", 0, "fail", "certificate.other"),
    ],
)
def test_the_towers_own_certificate_is_judged_by_its_days_and_name(
    wall: Wall, tmp_path: Path, which: str, days: int, level: str, key: str
) -> None:
    settings = settings_of(tmp_path, 1, wall.ca_file, getattr(wall, which))
    (finding,) = certificate_findings(settings, datetime.now(UTC) + timedelta(days=days))
    assert (finding.level, finding.key) == (level, key)
    finding.words(Words("zh"))
    assert finding.to_do(Words("zh")) or level == "ok"


def test_a_tower_without_a_certificate_is_told_to_enrol(tmp_path: Path) -> None:
    (finding,) = certificate_findings(settings_of(tmp_path, 1), datetime.now(UTC))
    assert (finding.level, finding.key) == ("warn", "certificate.none")
    (finding,) = certificate_findings(settings_of(tmp_path, 1, "ca.pem", ("none.pem", "")), datetime.now(UTC))
    assert (finding.level, finding.key) == ("fail", "certificate.unreadable")
