"""`firewatch-edge init` against a real desk, and what goes wrong on a mast."""

from __future__ import annotations

import contextlib
import http.server
import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from enrolment_world import Bureau, make_bureau, wait_for_port
from ports import free_ports

from firewatch.adapters.ca_folder import CaFolder
from firewatch.errors import EnrolmentError, InvalidValue
from firewatch.wire.enrolment_code import read_code
from firewatch_edge.cli import main as edge_main
from firewatch_edge.enrolment import Desk, IdentityFolder, read_address
from firewatch_edge.enrolment.desk import fetch_authority

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bureau]:
    with pytest.MonkeyPatch.context() as patch:
        made = make_bureau(tmp_path_factory.mktemp("bureau"), patch)
        with made.desk():
            yield made
        made.store.close()


def words(bureau: Bureau, folder: Path, code: str, *more: str) -> list[str]:
    where = f"127.0.0.1:{bureau.port}"
    return ["init", "--config", str(folder / "edge.toml"), "--centre", where, "--code", code, "--yes", *more]


def certificates(bureau: Bureau) -> int:
    return len(bureau.store.enrolment_book.certificates())


def test_without_a_broker_the_tower_is_enrolled_and_told_so(
    bureau: Bureau, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("firewatch_edge.cli.enrol._BROKER_WAIT_S", 0.2)
    code = bureau.code("yunfeng", capsys)
    assert edge_main(words(bureau, tmp_path, code)) == 1
    assert "the tower is enrolled" in capsys.readouterr().err
    assert IdentityFolder(tmp_path / "tls").read().tower_id == "yunfeng"
    assert (tmp_path / "edge.toml").exists()
    assert not list(tmp_path.rglob("*.part"))
    assert not (tmp_path / "tls" / "next.key").exists()
    before = (tmp_path / "edge.toml").read_bytes()
    assert edge_main(words(bureau, tmp_path, bureau.code("yunfeng", capsys))) == 1
    assert "The code was not used" in capsys.readouterr().err
    assert (tmp_path / "edge.toml").read_bytes() == before


def test_a_killed_init_is_repeated_with_the_same_code(
    bureau: Bureau, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("firewatch_edge.cli.enrol._BROKER_WAIT_S", 0.2)
    code, count = bureau.code("shigu", capsys), certificates(bureau)
    # As far as a process gets that is killed after the centre has answered and before anything was written.
    folder, read, address = IdentityFolder(tmp_path / "tls"), read_code(code), read_address(f"127.0.0.1:{bureau.port}")
    desk, key = Desk(address, fetch_authority(address, read.pin)), folder.next_key()
    desk.enrol(read.secret, key.request("shigu"))  # type: ignore[arg-type]
    assert certificates(bureau) == count + 1
    assert (tmp_path / "tls" / "next.key").stat().st_mode & 0o777 == 0o600
    (tmp_path / "tls" / ".tower.pem.part").write_bytes(b"half")
    edge_main(words(bureau, tmp_path, code))
    assert certificates(bureau) == count + 1, "the same certificate, not another"
    assert folder.read().key.digest == key.digest
    stranger = tmp_path / "stranger"
    stranger.mkdir()
    assert edge_main(words(bureau, stranger, code)) == 1
    assert "used" in capsys.readouterr().err
    assert not (stranger / "edge.toml").exists()


def test_a_code_for_another_tower_a_mistyped_and_an_expired_one_leave_nothing(
    bureau: Bureau, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, count = bureau.code("yanhui", capsys), certificates(bureau)
    assert edge_main(words(bureau, tmp_path, code, "--tower", "yunfeng")) == 1
    assert "it was not used" in capsys.readouterr().err
    assert edge_main(words(bureau, tmp_path, code[:-1] + ("0" if code[-1] != "0" else "1"))) == 1
    assert "mistyped" in capsys.readouterr().err
    short = bureau.code("yanhui", capsys, "--hours", "0.00001")
    assert edge_main(words(bureau, tmp_path, short)) == 1
    assert "the code was good until" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
    assert certificates(bureau) == count


def test_a_bad_camera_is_found_before_the_code_is_used(
    bureau: Bureau, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = bureau.code("yanhui", capsys)
    camera = ["--camera-kind", "stream", "--camera-url", "ftp://x", "--azimuth-deg", "10", "--hfov-deg", "50"]
    assert edge_main(words(bureau, tmp_path, code, *camera)) == 1
    assert "The code was not used" in capsys.readouterr().err
    assert edge_main(words(bureau, tmp_path, code, *camera[:2])) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("off", "said"), [(-1, "24 hours behind"), (1, "24 hours ahead")])
def test_a_clock_that_is_a_day_off_is_named(
    bureau: Bureau, off: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    pin, address = read_code(bureau.code("yanhui", capsys)).pin, read_address(f"127.0.0.1:{bureau.port}")
    with pytest.raises(EnrolmentError, match=said) as caught:
        fetch_authority(address, pin, lambda: datetime.now(UTC) + timedelta(days=off, seconds=20 * off))
    assert caught.value.reason == "clock"


def test_another_authority_is_not_believed_and_hears_no_code(
    bureau: Bureau, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = bureau.code("yanhui", capsys)
    thief = CaFolder(tmp_path / "thief")
    thief.make("Bureau", b"a thief's passphrase", datetime.now(UTC), timedelta(days=9))
    heard: list[str] = []
    pem = (tmp_path / "thief" / "ca.pem").read_bytes()
    with serving(pem, heard) as port:
        with pytest.raises(EnrolmentError) as caught:
            fetch_authority(read_address(f"127.0.0.1:{port - 1}"), read_code(code).pin)
        assert caught.value.reason == "other authority"
    assert heard == ["GET /enrolment/v1/authority.pem"]
    with pytest.raises(EnrolmentError) as caught:
        Desk(read_address(f"127.0.0.1:{bureau.port}"), pem.decode()).look(read_code(code).secret)
    assert caught.value.reason == "not trusted"


@contextlib.contextmanager
def serving(content: bytes, heard: list[str]) -> Iterator[int]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(f"GET {self.path}")
            self.send_response(200)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", free_ports(1)[0]), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()


def test_guessing_is_slowed_down(bureau: Bureau, capsys: pytest.CaptureFixture[str]) -> None:
    address, pin = read_address(f"127.0.0.1:{bureau.port}"), read_code(bureau.code("yanhui", capsys)).pin
    desk, reasons = Desk(address, fetch_authority(address, pin)), []
    for number in range(10):
        with pytest.raises(EnrolmentError) as caught:
            desk.look(f"{number:011}")
        reasons.append(caught.value.reason)
    assert reasons == ["code unknown"] * 8 + ["too many tries"] * 2


def test_the_centre_serves_the_desk_as_a_process_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bureau = make_bureau(tmp_path, monkeypatch)
    bureau.store.close()
    command = [sys.executable, "-m", "firewatch", "serve", "--role", "enrolment", "--config", str(bureau.settings)]
    secret = {"FIREWATCH_SECRET": "0123456789abcdef0123"}
    process = subprocess.Popen(command, env=os.environ | secret, stderr=subprocess.PIPE)
    try:
        wait_for_port(bureau.port + 1)
        wait_for_port(bureau.port)
        pem = (tmp_path / "ca" / "ca.pem").read_text(encoding="ascii")
        with pytest.raises(EnrolmentError, match="no such code"):
            Desk(read_address(f"127.0.0.1:{bureau.port}"), pem).look("0" * 11)
    finally:
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=20)
    assert process.returncode == 0, told
    assert (tmp_path / "ca" / "desk.pem").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("typed", ["", "a b", "http://x", "x:0", "x:65535", "x:99999", "user@x", "x/y"])
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(InvalidValue):
        read_address(typed)
