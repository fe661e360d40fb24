"""Running the demo, and what makes it fail: a blind detector, and a proxy that swallows one sighting for good."""

from __future__ import annotations

import contextlib
import hashlib
import json
import socket
import subprocess
import sys
import threading
import tomllib
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pytest
from onnx import TensorProto, helper

from firewatch.wire.codec import message_id_of

if TYPE_CHECKING:
    from collections.abc import Callable

    Alone = Callable[[], contextlib.AbstractContextManager[None]]

SHIPPED_MODEL = Path(__file__).resolve().parents[3] / "models" / "smoke"

_PUBLISH = 3
_PUBACK = b"\x40\x02"


class DroppingProxy:
    """Forwards MQTT, but drops every message that carries the id of the first sighting seen; a context manager."""

    def __init__(self, listen_port: int, broker_port: int) -> None:
        self._broker = ("127.0.0.1", broker_port)
        self._listener = socket.create_server(("127.0.0.1", listen_port))
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self.swallowed_id: str | None = None
        self.swallowed = 0

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, name="proxy", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        self._listener.close()

    def _accept(self) -> None:
        while not self._closed.is_set():
            try:
                client, _ = self._listener.accept()
                broker = socket.create_connection(self._broker, timeout=5.0)
                broker.settimeout(None)
            except OSError:
                continue
            threading.Thread(target=self._up, args=(client, broker), daemon=True).start()
            threading.Thread(target=_pump, args=(broker, client), daemon=True).start()

    def _up(self, client: socket.socket, broker: socket.socket) -> None:
        with contextlib.suppress(OSError, EOFError), client, broker:
            while True:
                packet, body = _read_packet(client)
                packet_id = self._to_swallow(packet[0], body)
                if packet_id is None:
                    broker.sendall(packet + body)
                else:
                    client.sendall(_PUBACK + packet_id)

    def _to_swallow(self, first_byte: int, body: bytes) -> bytes | None:
        if first_byte >> 4 != _PUBLISH:
            return None
        length = int.from_bytes(body[:2], "big")
        topic = body[2 : 2 + length].decode()
        if not topic.endswith(("/sightings", "/backfill")):
            return None
        message_id = message_id_of(body)
        with self._lock:
            self.swallowed_id = self.swallowed_id or message_id
            if message_id != self.swallowed_id:
                return None
            self.swallowed += 1
        return body[2 + length : 4 + length]


def _read_packet(connection: socket.socket) -> tuple[bytes, bytes]:
    header = _read_exactly(connection, 1)
    length, shift = 0, 0
    while True:
        digit = _read_exactly(connection, 1)
        header += digit
        length |= (digit[0] & 0x7F) << shift
        shift += 7
        if not digit[0] & 0x80:
            return header, _read_exactly(connection, length)


def _read_exactly(connection: socket.socket, count: int) -> bytes:
    parts = bytearray()
    while len(parts) < count:
        part = connection.recv(count - len(parts))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while part := source.recv(65_536):
            target.sendall(part)
        target.shutdown(socket.SHUT_RDWR)


@dataclass(frozen=True, slots=True)
class DemoRun:
    """A finished headless demo."""

    folder: Path
    report: dict[str, Any]
    exit_code: int
    said: str


def _run_demo(alone: Alone, folder: Path, *options: str | Path) -> DemoRun:
    """Run `firewatch demo --headless` with its files kept in `folder`."""
    report = folder / "report.json"
    command = [sys.executable, "-m", "firewatch", "demo", "--headless", "--keep", str(folder), "--report", str(report)]
    with alone():
        done = subprocess.run([*command, *options], capture_output=True, text=True, check=False, timeout=420)
    found = json.loads(report.read_text(encoding="utf-8")) if report.exists() else {}
    return DemoRun(folder, found, done.returncode, done.stderr)


@pytest.fixture(scope="session")
def run_demo(alone: Alone) -> Callable[..., DemoRun]:
    """Return a function that runs the demo."""
    return partial(_run_demo, alone)


@pytest.fixture(scope="session")
def found_fire(alone: Alone, tmp_path_factory: pytest.TempPathFactory) -> DemoRun:
    """Return one run in which a fire burns."""
    return _run_demo(alone, tmp_path_factory.mktemp("fire"), "--minutes", "4", "--speed", "3", "--seed", "1")


@pytest.fixture
def dropping_proxy() -> Callable[[int, int], DroppingProxy]:
    """Return the proxy that loses a sighting."""
    return DroppingProxy


@pytest.fixture(scope="session")
def blind_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a detector of the shipped one's shape that never sees anything."""
    shipped = tomllib.loads((SHIPPED_MODEL / "model.toml").read_text(encoding="utf-8"))
    folder = tmp_path_factory.mktemp("blind")
    height, width = shipped["input"]["height"], shipped["input"]["width"]
    image = helper.make_tensor_value_info("images", TensorProto.UINT8, ["batch", 3, height, width])
    boxes = helper.make_tensor_value_info("boxes", TensorProto.FLOAT, ["batch", 1, 4])
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 1, 1])
    nodes = [
        helper.make_node("Cast", ["images"], ["light"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMax", ["light"], ["most"], axes=[1, 2, 3], keepdims=1),
        helper.make_node("Mul", ["most", "zero"], ["nothing"]),
        helper.make_node("Reshape", ["nothing", "one_logit"], ["empty"]),
        helper.make_node("Add", ["empty", "never"], ["logits"]),
        helper.make_node("Add", ["empty", "small_box"], ["boxes"]),
    ]
    constants = [
        helper.make_tensor("zero", TensorProto.FLOAT, [1], [0.0]),
        helper.make_tensor("never", TensorProto.FLOAT, [1], [-30.0]),
        helper.make_tensor("one_logit", TensorProto.INT64, [3], [-1, 1, 1]),
        helper.make_tensor("small_box", TensorProto.FLOAT, [1, 1, 4], [10.0, 10.0, 20.0, 20.0]),
    ]
    graph = helper.make_graph(nodes, "blind", [image], [boxes, logits], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    path = folder / "smoke.onnx"
    path.write_bytes(model.SerializeToString())
    # Without a verifier: it would find by change what this detector does not.
    text = (SHIPPED_MODEL / "model.toml").read_text(encoding="utf-8").split("\n[temporal]")[0]
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    (folder / "model.toml").write_text(text.replace(shipped["sha256"], digest), encoding="utf-8")
    return folder
