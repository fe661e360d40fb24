"""A model's way from the bureau to a running node: offered, fetched in pieces, tried, switched, taken back."""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import signal
import ssl
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import cv2
import pytest
from enrolment_world import Bureau, make_bureau
from model_packages import PAIR, packed, sha256_of, squares_files, view, with_set
from ports import free_ports

from firewatch.cli import main
from firewatch.config import read_config
from firewatch.enrolment_wiring import _package_keys
from firewatch.errors import ConfigError, EnrolmentError, ModelError
from firewatch.wire.enrolment import Enrolled
from firewatch.wire.model_offer import package_path
from firewatch.wire.package_keys import make_keys
from firewatch.wire.tower_keys import new_tower_key
from firewatch_edge.cli import main as edge_main
from firewatch_edge.enrolment import IdentityFolder
from firewatch_edge.update import CentreModels, Credentials

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CLEAR, SMOKE = 0.0, 0.993


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bureau]:
    with pytest.MonkeyPatch.context() as patch:
        made = make_bureau(tmp_path_factory.mktemp("bureau"), patch)
        text = made.settings.read_text(encoding="utf-8").replace(
            "[enrolment]", '[enrolment]\nmodels = "models"\npackage_keys = "bureau.pub"'
        )
        made.settings.write_text(text, encoding="utf-8")
        (made.folder / "bureau.pub").write_bytes(PAIR.public_pem)
        made.config = read_config(made.settings)
        with made.desk():
            yield made
        made.store.close()


@pytest.fixture(scope="module")
def tower(bureau: Bureau, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of an enrolled tower."""
    folder = tmp_path_factory.mktemp("tower")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("firewatch_edge.cli.enrol._BROKER_WAIT_S", 0.05)
        code = _code(bureau)
        where = f"127.0.0.1:{bureau.port}"
        edge_main(["init", "--config", str(folder / "edge.toml"), "--centre", where, "--code", code, "--yes"])
    assert IdentityFolder(folder / "tls").exists
    return folder


def _code(bureau: Bureau) -> str:
    import io

    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert bureau.towers("enrol", "yunfeng") == 0
    return next(line.strip() for line in out.getvalue().splitlines() if line.startswith("    "))


@pytest.fixture(scope="module")
def package(squares_model: Path) -> bytes:
    files = with_set(squares_files(squares_model, "0.4.0"), {1: CLEAR, 2: CLEAR, 101: SMOKE})
    return packed({**files, "filler.onnx": os.urandom(300_000)})


@pytest.fixture(scope="module")
def offered(bureau: Bureau, package: bytes) -> str:
    """Return the hash of the package that the bureau offers."""
    path = bureau.folder / "new.fwmodel"
    path.write_bytes(package)
    trust = ("--trust", str(bureau.folder / "bureau.pub"))
    assert main(["model", "offer", str(path), *trust, "--config", str(bureau.settings)]) == 0
    return sha256_of(package)


def credentials(bureau: Bureau, tower: Path, port: int | None = None) -> Credentials:
    identity = IdentityFolder(tower / "tls").read()
    given = (identity.authority_pem, identity.key, identity.certificates[0])
    return Credentials("127.0.0.1", port or bureau.port, *given)


def now() -> datetime:
    return datetime.now(UTC)


def test_a_code_brings_the_keys_of_packages_and_a_renewal_leaves_them(tower: Path) -> None:
    """Whoever has got hold of the desk later must not choose whose models a tower runs."""
    keys = IdentityFolder(tower / "tls").package_keys
    assert keys.read_bytes() == PAIR.public_pem
    assert keys.stat().st_mode & 0o777 == 0o644
    other = make_keys().public_pem
    keys.write_bytes(other)
    before = IdentityFolder(tower / "tls").read().key.digest
    assert edge_main(["init", "--config", str(tower / "edge.toml"), "--renew"]) == 0
    assert IdentityFolder(tower / "tls").read().key.digest != before
    assert keys.read_bytes() == other
    keys.write_bytes(PAIR.public_pem)


@pytest.mark.parametrize(("content", "why"), [(None, "cannot be read"), (b"nothing", "is no PEM public key")])
def test_a_desk_does_not_open_with_keys_that_no_tower_could_use(
    tmp_path: Path, content: bytes | None, why: str
) -> None:
    if content is not None:
        (tmp_path / "bureau.pub").write_bytes(content)
    with pytest.raises(ConfigError, match=why):
        _package_keys(str(tmp_path / "bureau.pub"))


@pytest.mark.parametrize("keys", ["not a key", "schlüssel"])
def test_a_tower_writes_nothing_of_an_answer_whose_keys_are_none(tower: Path, tmp_path: Path, keys: str) -> None:
    identity, folder = IdentityFolder(tower / "tls").read(), IdentityFolder(tmp_path / "tls")
    pem = (tower / "tls" / "tower.pem").read_text("ascii")
    certificate = pem[pem.index("-----BEGIN CERTIFICATE-----") :]
    enrolled = Enrolled(
        tower="yunfeng", certificate=certificate, authority=identity.authority_pem, broker_host="x", broker_port=1
    )
    with pytest.raises(EnrolmentError, match="keys for packages cannot be used"):
        folder.install(enrolled, identity.key, identity.centre, identity.authority_pem, keys)
    assert not (tmp_path / "tls").exists()


def test_the_bureau_sees_what_it_offers(bureau: Bureau, offered: str, capsys: pytest.CaptureFixture[str]) -> None:
    (bureau.folder / "models" / "notes.fwmodel").write_bytes(b"no package")
    capsys.readouterr()
    assert main(["model", "offers", "--config", str(bureau.settings)]) == 0
    out = capsys.readouterr().out
    assert out.count("\n") == 1, "what is no package is left out"
    assert out.startswith("squares 0.4.0")
    assert offered in out


def test_only_a_package_of_a_trusted_key_is_offered(
    bureau: Bureau, package: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["model", "keygen", "--out", str(tmp_path / "other.key")]) == 0
    (tmp_path / "x.fwmodel").write_bytes(package)
    words = ["model", "offer", str(tmp_path / "x.fwmodel"), "--trust", str(tmp_path / "other.pub")]
    assert main([*words, "--config", str(bureau.settings)]) == 1
    assert "no trusted key signed it" in capsys.readouterr().err
    bare = tmp_path / "central.toml"
    bare.write_text("", encoding="utf-8")
    assert main(["model", "offers", "--config", str(bare)]) == 1
    assert "enrolment.models" in capsys.readouterr().err


def test_an_enrolled_tower_sees_and_fetches_it(
    bureau: Bureau, tower: Path, offered: str, package: bytes, tmp_path: Path
) -> None:
    centre = CentreModels(credentials(bureau, tower), now)
    (offer,) = centre.offers()
    assert (offer.version, offer.sha256, offer.size) == ("0.4.0", offered, len(package))
    assert centre.fetch(offer.sha256, offer.size, tmp_path).read_bytes() == package


def test_a_download_goes_on_where_it_broke_off(
    bureau: Bureau, tower: Path, offered: str, package: bytes, tmp_path: Path
) -> None:
    part = tmp_path / f"{offered}.part"
    part.write_bytes(package[:200_000])
    (tmp_path / "older.part").write_bytes(b"of another package")
    assert CentreModels(credentials(bureau, tower), now).fetch(offered, len(package), tmp_path) == part
    assert part.read_bytes() == package
    assert [path.name for path in tmp_path.iterdir()] == [part.name]
    part.write_bytes(b"?" + package[1:200_000])
    with pytest.raises(ModelError, match="it was deleted"):
        CentreModels(credentials(bureau, tower), now).fetch(offered, len(package), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_stranger_an_old_question_and_a_revoked_tower_get_nothing(
    bureau: Bureau, tower: Path, offered: str, package: bytes, tmp_path: Path
) -> None:
    known = credentials(bureau, tower)
    for who, reason in (
        (Credentials(known.host, known.port, known.authority_pem, new_tower_key(), known.certificate), "bad proof"),
        (known, "clock"),
    ):
        at = (lambda: datetime(2026, 1, 1, tzinfo=UTC)) if reason == "clock" else now
        with pytest.raises(EnrolmentError) as caught:
            CentreModels(who, at).fetch(offered, len(package), tmp_path)
        assert caught.value.reason == reason
    context = ssl.create_default_context(cadata=known.authority_pem)
    import http.client

    connection = http.client.HTTPSConnection("127.0.0.1", bureau.port, context=context, timeout=10)
    connection.request("GET", package_path(offered))
    assert connection.getresponse().status == 403
    connection.close()
    with pytest.raises(EnrolmentError) as caught:
        CentreModels(known, now).fetch("0" * 64, 1000, tmp_path)
    assert caught.value.reason == "not offered"
    assert not list(tmp_path.iterdir())


class _Unsteady(http.server.BaseHTTPRequestHandler):
    """Sends a few bytes at a time, from where it is asked, and hangs up."""

    content = b""
    most = 1000
    asked: list[str] = []  # noqa: RUF012 - one server a test

    def do_GET(self) -> None:
        self.asked.append(self.headers.get("Range", ""))
        begin = int(self.headers.get("Range", "bytes=0-")[6:-1])
        rest = self.content[begin:]
        self.send_response(206 if begin else 200)
        if begin:
            self.send_header("Content-Range", f"bytes {begin}-{len(self.content) - 1}/{len(self.content)}")
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        self.wfile.write(rest[: self.most])

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def unsteady(bureau: Bureau, content: bytes, most: int) -> Iterator[tuple[int, list[str]]]:
    handler = type("Handler", (_Unsteady,), {"content": content, "most": most, "asked": []})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(bureau.folder / "ca" / "desk.pem")
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server.server_port, handler.asked  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def test_a_link_that_breaks_again_and_again_carries_a_package(bureau: Bureau, tower: Path, tmp_path: Path) -> None:
    content = os.urandom(100_000)
    with unsteady(bureau, content, 15_000) as (port, asked):
        centre = CentreModels(credentials(bureau, tower, port), now, first_pause_s=0.001)
        found = centre.fetch(sha256_of(content), len(content), tmp_path)
        assert found.read_bytes() == content
        assert len(asked) == 7
        assert asked[:2] == ["", "bytes=15000-"]


def test_a_centre_that_sends_more_than_it_offered_or_nothing_is_given_up(
    bureau: Bureau, tower: Path, tmp_path: Path
) -> None:
    content = os.urandom(50_000)
    with unsteady(bureau, content, 100_000) as (port, _):
        centre = CentreModels(credentials(bureau, tower, port), now, first_pause_s=0.001)
        with pytest.raises(ModelError, match="sends more than the 20000 bytes"):
            centre.fetch(sha256_of(content), 20_000, tmp_path)
    with unsteady(bureau, content, 0) as (port, asked):
        centre = CentreModels(credentials(bureau, tower, port), now, first_pause_s=0.001)
        with pytest.raises(EnrolmentError, match="broke off 5 times in a row"):
            centre.fetch("1" * 64, 50_000, tmp_path)
        assert len(asked) == 5
    stop = threading.Event()
    stop.set()
    with pytest.raises(EnrolmentError, match="gives no answer"):
        CentreModels(credentials(bureau, tower, free_ports(1)[0]), now).offers()
    with unsteady(bureau, content, 100_000) as (port, _), pytest.raises(EnrolmentError, match="was stopped"):
        CentreModels(credentials(bureau, tower, port), now, stop).fetch(sha256_of(content), 50_000, tmp_path)
    with pytest.raises(ModelError, match="allowed are at most 64000000"):
        CentreModels(credentials(bureau, tower), now).fetch("1" * 64, 64_000_001, tmp_path)


_NODE = """
[tower]
id = "yunfeng"
[[camera]]
id = "north"
kind = "snapshot"
url = "http://127.0.0.1:{port}/"
period_s = 1.0
clock = "arrival"
[camera.pose]
azimuth_deg = 10.0
hfov_deg = 60.0
[updates]
identity = "tls"
probation_min = 60.0
probation_frames = 2
[vitals]
every_s = 0.5
"""


class _Camera(http.server.BaseHTTPRequestHandler):
    """Gives another picture each time."""

    def do_GET(self) -> None:
        content = cv2.imencode(".jpg", view(time.monotonic_ns() % 2**31))[1].tobytes()
        self.send_response(200)
        self.send_header("Content-Type", "image/jpeg")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def camera() -> Iterator[int]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Camera)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def wait_for(true: Callable[[], bool], seconds: float = 90.0) -> None:
    until_s = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until_s, "it did not happen in time"
        time.sleep(0.1)


def listed(config: Path) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-m", "firewatch_edge", "model", "list", "--config", str(config), "--json"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    found: dict[str, object] = json.loads(done.stdout)
    return found


def offer_smoke_model(bureau: Bureau, squares_model: Path) -> str:
    """Offer the squares network under the shipped model's name, and return the folder that a tower gives it."""
    files = squares_files(squares_model, "1.4.0")
    files["model.toml"] = files["model.toml"].replace(b'name = "squares"', b'name = "smoke"')
    content = packed(with_set(files, {1: CLEAR, 101: SMOKE}), name="smoke")
    (bureau.folder / "smoke.fwmodel").write_bytes(content)
    words = ["model", "offer", str(bureau.folder / "smoke.fwmodel"), "--trust", str(bureau.folder / "bureau.pub")]
    assert main([*words, "--config", str(bureau.settings)]) == 0
    return f"1.4.0-{sha256_of(content)[:12]}"


@pytest.mark.slow
def test_a_running_node_takes_what_is_offered_and_takes_it_back_when_it_is_killed(
    bureau: Bureau, tower: Path, squares_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config, log = tower / "edge.toml", tmp_path / "node.log"
    with camera() as port, log.open("w") as stream:
        config.write_text(_NODE.format(port=port), encoding="utf-8")
        words = [sys.executable, "-m", "firewatch_edge", "run", "--config", str(config)]
        node = subprocess.Popen(words, stderr=stream, stdin=subprocess.DEVNULL)
        try:
            wait_for(lambda: "node.started" in log.read_text())
            smoke = offer_smoke_model(bureau, squares_model)
            assert edge_main(["model", "install", "--offered", "--config", str(config)]) == 0, capsys.readouterr().err
            assert "1.4.0 is installed" in capsys.readouterr().out
            wait_for(lambda: "model.on_probation" in log.read_text() and log.read_text().count("node.started") == 2)
            assert node.poll() is None, "the same process goes on with another model"
            facts = listed(config)
            assert facts["runs"] == str(tower / "var" / "outbox.sqlite.models" / smoke)
            node.send_signal(signal.SIGKILL)
            node.wait(10)
            node = subprocess.Popen(words, stderr=stream, stdin=subprocess.DEVNULL)
            wait_for(lambda: log.read_text().count("node.started") == 3)
            assert "model.taken_back" in log.read_text()
            assert "the node crashed, hung or was killed" in str(listed(config)["taken_back"])
        finally:
            node.send_signal(signal.SIGTERM)
            assert node.wait(60) == 0
    assert edge_main(["model", "install", "--offered", "--config", str(config)]) == 1
    assert "was taken back on this node before" in capsys.readouterr().err
