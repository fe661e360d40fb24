"""`firewatch quarantine` on a real store: an operator sees what could not be read, and after an upgrade it is read."""

from __future__ import annotations

import json
import logging
import threading
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from firewatch.bootstrap import build_associator, open_central
from firewatch.cli import main
from firewatch.config import Secrets, read_config
from firewatch.domain.ids import TowerId
from firewatch.services.intake import Intake
from firewatch.services.ports import Arrived, Quarantined, SightingArrived
from firewatch.testing.builders import a_message_id, a_sighting, an_evidence
from firewatch.testing.clocks import SCENE_START
from firewatch.wire import codec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from firewatch.adapters.store import Store

SIGHTINGS = "firewatch/v1/towers/tower-a/cameras/north/sightings"
SECRETS = Secrets(("a-secret-of-the-test-only",))
_SITES = """{"type": "FeatureCollection", "features": [{"type": "Feature",
"geometry": {"type": "Point", "coordinates": [112.5, 26.9]}, "properties": {"kind": "tower", "id": "tower-a",
"name_zh": "甲", "name_en": "A",
"cameras": [{"id": "north", "poses": [{"id": "fixed", "azimuth_deg": 40.0, "hfov_deg": 62.0}]}]}}]}"""


@pytest.fixture
def settings(store: Store, store_url: str, tmp_path: Path) -> Path:
    path = tmp_path / "central.toml"
    path.write_text(f'[store]\nurl = "{store_url}"\nevidence = "{tmp_path}/evidence"\n', encoding="utf-8")
    (tmp_path / "sites.geojson").write_text(_SITES, encoding="utf-8")
    return path


@pytest.fixture
def firewatch(settings: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def run(*words: str) -> tuple[int, str, str]:
        code = main(["quarantine", "--config", str(settings), *words])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def unread(payload: bytes, minutes: float = 0.0, topic: str = SIGHTINGS, reason: str = "not JSON") -> Quarantined:
    return Quarantined(None, topic, payload, SCENE_START + timedelta(minutes=minutes), reason)


def message(number: int = 1) -> bytes:
    return codec.encode_sighting(a_sighting(number), a_message_id(number))


def test_the_quarantine_is_listed_the_latest_first_in_the_centres_time(
    store: Store, firewatch: Callable[..., tuple[int, str, str]]
) -> None:
    assert firewatch("list") == (0, "the quarantine is empty\n", "")
    store.intake_writer.write([unread(b"first"), unread(b"second", 5.0), unread(b"second", 6.0)])
    code, out, err = firewatch("list")
    header, latest, earlier = out.splitlines()
    assert (code, err) == (0, "")
    assert header.split()[:2] == ["ID", "LAST"]
    assert latest.split()[1:] == ["2026-04-04T12:06:00+08:00", "2", "6", f"{SIGHTINGS}:", "not", "JSON"]
    assert earlier.split()[1:4] == ["2026-04-04T12:00:00+08:00", "1", "5"]


def test_a_limit_says_what_it_leaves_out_and_nothing_where_it_leaves_nothing(
    store: Store, firewatch: Callable[..., tuple[int, str, str]]
) -> None:
    store.intake_writer.write([unread(b"%d" % number, number) for number in range(4)])
    assert firewatch("list", "--limit", "4")[2] == ""
    _, out, err = firewatch("list", "--limit", "3", "--json")
    assert [json.loads(line)["last_at"][11:16] for line in out.splitlines()] == ["04:03", "04:02", "04:01"]
    assert "only the latest 3 kinds are shown, of 4 messages" in err
    with pytest.raises(SystemExit) as usage:
        firewatch("list", "--limit", "0")
    assert usage.value.code == 2


def test_what_whoever_published_wrote_never_steers_the_terminal(
    store: Store, firewatch: Callable[..., tuple[int, str, str]]
) -> None:
    store.intake_writer.write([unread(b"\x1b[2Jgone", topic="a/\x1b[31m", reason="why\r\nforged line")])
    _, listed, _ = firewatch("list")
    assert len(listed.splitlines()) == 2
    _, shown, _ = firewatch("show", "")
    assert "\x1b" not in listed + shown
    assert "a/\\x1b[31m" in listed
    assert "000000  1b 5b 32 4a 67 6f 6e 65" in shown


def test_one_kind_is_shown_as_text_or_hexadecimal_and_written_untouched(
    store: Store, firewatch: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    binary = bytes(range(256)) * 20
    store.intake_writer.write([unread("烟 {".encode()), unread(binary, 1.0), unread(binary, 2.0)])
    rows = [json.loads(line) for line in firewatch("list", "--json")[1].splitlines()]
    assert [(row["count"], row["size_bytes"]) for row in rows] == [(2, 5120), (1, 5)]
    large, small = (row["id"] for row in rows)
    code, out, _ = firewatch("show", small)
    assert (code, out.rstrip().endswith("烟 {")) == (0, True)
    assert "e7 83 9f 20 7b" in firewatch("show", small[:12].upper(), "--hex")[1]
    _, out, err = firewatch("show", large)
    assert "came    2 times, first 2026-04-04T12:01:00+08:00, last 2026-04-04T12:02:00+08:00" in out
    assert "000ff0  f0" in out
    assert "001000  " not in out
    assert "--out FILE writes all" in err
    file = tmp_path / "raw.bin"
    assert firewatch("show", large, "--out", str(file))[0] == 0
    assert file.read_bytes() == binary
    code, _, err = firewatch("show", small, "--out", str(file))
    assert (code, "File exists" in err) == (1, True)
    assert file.read_bytes() == binary


def test_an_id_that_names_none_or_several_is_refused(
    store: Store, firewatch: Callable[..., tuple[int, str, str]]
) -> None:
    store.intake_writer.write([unread(b"%d" % number) for number in range(20)])
    code, out, err = firewatch("show", "zz")
    assert (code, out) == (1, "")
    assert "'zz'; allowed is one that `firewatch quarantine list` shows" in err
    code, _, err = firewatch("show", "")
    assert (code, "several kinds start so" in err) == (1, True)


def test_after_an_upgrade_a_sighting_in_quarantine_reaches_an_incident_once(
    store: Store, firewatch: Callable[..., tuple[int, str, str]], settings: Path
) -> None:
    picture = codec.encode_evidence(an_evidence(1), a_message_id(2))
    pictures = SIGHTINGS.replace("sightings", "evidence")
    older = "message version 'firewatch/v2/sighting'"
    store.intake_writer.write(
        [unread(message(), reason=older), unread(picture, topic=pictures, reason=older), unread(b"rubbish")]
    )
    assert firewatch("retry") == (0, "2 read and stored now, 1 stay in quarantine\n", "")
    assert firewatch("retry", "--json") == (0, '{"stored": 0, "staying": 1}\n', "")
    (stored,) = store.sighting_book.sightings([a_sighting(1).sighting_id])
    assert stored.received_at == SCENE_START
    assert store.evidence_files.read(an_evidence(1).evidence_id) == an_evidence(1).jpeg
    central = open_central(read_config(settings), SECRETS)
    try:
        associator = build_associator(central)
        assert [associator.step(), associator.step()] == [1, 0]
        (incident,) = central.store.incident_log.incidents(open_only=True, limit=10)
    finally:
        central.store.close()
    assert incident.members == ((a_sighting(1).sighting_id, TowerId("tower-a")),)


def test_a_sighting_that_cannot_be_stored_beside_another_stays(
    store: Store, firewatch: Callable[..., tuple[int, str, str]]
) -> None:
    other = replace(a_sighting(1), score=0.123)
    store.intake_writer.write([SightingArrived(a_message_id(9), other, SCENE_START), unread(message())])
    assert firewatch("retry")[1] == "0 read and stored now, 1 stay in quarantine\n"
    assert firewatch("show", "")[1].splitlines()[2].endswith("is stored already, with other content")
    (stored,) = store.sighting_book.sightings([other.sighting_id])
    assert stored.sighting == other


def test_a_retry_beside_a_running_intake_stores_all_once_and_loses_nothing(
    open_again: Callable[[], Store], firewatch: Callable[..., tuple[int, str, str]]
) -> None:
    running = open_again()
    numbers = range(1, 41)
    running.intake_writer.write([unread(message(number)) for number in numbers])
    intake = Intake(running.intake_writer, running.evidence_files, running.quarantine_book)

    def take() -> None:
        # As nodes do that send again, while new rubbish comes in.
        for number in numbers:
            at = SCENE_START + timedelta(minutes=number)
            (receipts,) = intake.take([Arrived(SIGHTINGS, message(number), at)]).values()
            assert [one.outcome for one in receipts] == ["stored"]
            intake.take([Arrived(SIGHTINGS, b"rubbish %d" % number, at)])

    thread = threading.Thread(target=take)
    thread.start()
    codes = []
    while thread.is_alive():
        codes.append(firewatch("retry")[0])
    thread.join()
    assert set(codes) == {0}
    assert firewatch("retry", "--json")[1] == '{"stored": 0, "staying": 40}\n'
    assert running.sighting_book.last_mark() == len(numbers)
