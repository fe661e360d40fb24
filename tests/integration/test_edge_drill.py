"""A drill through the real program: its smoke is found by the shipped detector, arrives marked, and ends."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from associating import Centre
from real_node import wait_for

from firewatch.demo.world import make_ground, make_sights
from firewatch.domain.ids import CameraId, PoseId, TowerId
from firewatch.domain.vision import EvidenceKind, SightingPhase
from firewatch.errors import InvalidValue
from firewatch.scene import render
from firewatch.testing import a_sighting
from firewatch.wire import codec
from firewatch_edge.cli import main
from firewatch_edge.config import load_settings
from firewatch_edge.node.drill_file import Aim, steady_now
from firewatch_edge.node.drill_orders import DrillOrders

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firewatch.domain.vision import Evidence, Sighting

SETTINGS = """
[tower]
id = "tower-a"
[[camera]]
id = "north"
kind = "snapshot"
url = "http://127.0.0.1:{port}/"
period_s = 1.2
max_age_s = 4000.0
clock = "camera"
[camera.pose]
azimuth_deg = {azimuth_deg}
tilt_deg = {tilt_deg}
hfov_deg = {hfov_deg}
[model]
threads = 1
[ledger]
path = "ledger.jsonl"
[outbox]
path = "outbox.sqlite"
[mqtt]
host = "127.0.0.1"
port = 9
"""


class CalmCamera:
    """An HTTP camera of a rendered view in which nothing burns; its pictures are dated ten seconds apart.

    It is asked no oftener than a busy machine can judge: smoke that is first judged minutes late by the camera's clock
    is smoke that has always stood there.
    """

    def __init__(self) -> None:
        sight = next(make_sights(make_ground(7)))
        self.lens = sight.tower.cameras[0].poses[0].calibration
        views = [render(sight.backdrop, (), 1000.0 + 10.0 * number, seed=7).image for number in range(4)]
        begun = datetime.now(UTC) - timedelta(seconds=3000.0)
        camera, self.served = self, 0

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                number, camera.served = camera.served, camera.served + 1
                grain = np.random.default_rng(number).normal(0.0, 1.5, views[0].shape)
                image = np.clip(views[number % len(views)] + grain, 0, 255).astype(np.uint8)
                body = bytes(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 92])[1].data)
                self.send_response(200)
                self.send_header("Content-Type", "image/jpeg")
                self.send_header("Content-Length", str(len(body)))
                taken = begun + timedelta(seconds=10.0 * number)
                self.send_header("Last-Modified", taken.strftime("%a, %d %b %Y %H:%M:%S GMT"))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, name="camera", daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def camera() -> Iterator[CalmCamera]:
    camera = CalmCamera()
    yield camera
    camera.stop()


@contextmanager
def _running(command: list[str], log: Path) -> Iterator[None]:
    with log.open("wb") as log_file, subprocess.Popen(command, stderr=log_file) as node:
        try:
            yield
        finally:
            node.terminate()


def _owed(folder: Path) -> tuple[list[Sighting], list[Evidence], list[bytes]]:
    """Return what the outbox holds for the centre: sightings, pictures, and the sightings' bytes."""
    with sqlite3.connect(folder / "outbox.sqlite") as outbox:
        rows = outbox.execute("SELECT topic, payload FROM messages ORDER BY seq").fetchall()
    said = [payload for topic, payload in rows if topic.endswith("/sightings")]
    pictures = [payload for topic, payload in rows if topic.endswith("/evidence")]
    sightings = [codec.decode_sighting(payload).value for payload in said]
    evidence = [codec.decode_evidence(p, TowerId("tower-a"), CameraId("north")).value for p in pictures]
    return sightings, evidence, said


def _assert_banded(picture: Evidence) -> None:
    assert picture.is_exercise
    image = cv2.imdecode(np.frombuffer(picture.jpeg, np.uint8), cv2.IMREAD_COLOR)
    blue, green, red = image[5, image.shape[1] - 9].astype(int)
    assert blue > red > green + 40, "the band of an exercise"


def _assert_kept_apart(drilled: list[Sighting]) -> None:
    """Bring a drill's sightings to a centre beside a fire that the same tower sees there at the same time."""
    real = replace(drilled[0], sighting_id=a_sighting(1).sighting_id, is_exercise=False)
    centre = Centre()
    centre.arrive(*drilled, real)
    members: dict[bool, set[str]] = {True: set(), False: set()}
    for one in centre.incidents():
        members[one.is_exercise] |= {member for member, _ in one.members}
    assert members[False] == {real.sighting_id}
    assert members[True] == {each.sighting_id for each in drilled}


def test_a_drill_is_found_by_the_real_detector_and_all_of_it_is_marked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, camera: CalmCamera
) -> None:
    monkeypatch.chdir(tmp_path)
    lens = camera.lens
    facts = {"azimuth_deg": lens.azimuth_deg, "tilt_deg": lens.tilt_deg, "hfov_deg": lens.hfov_deg}
    Path("edge.toml").write_text(SETTINGS.format(port=camera.port, **facts), encoding="utf-8")
    orders = DrillOrders(load_settings(Path("edge.toml")))
    command = [sys.executable, "-m", "firewatch_edge", "run", "--config", "edge.toml"]
    with _running(command, Path("node.log")):
        # The view has a past without smoke; then its fire has burned for four minutes already, so that it is seen soon.
        wait_for(lambda: camera.served >= 6, 90.0, "frames")
        now, at = steady_now(), datetime.now(UTC) - timedelta(seconds=240.0)
        began = replace(now, at_s=now.at_s - 240.0)
        drill = orders.begin(CameraId("north"), None, 15.0, Aim(distance_m=2500.0), at, began)
        ledger = Path("ledger.jsonl")
        wait_for(lambda: ledger.exists() and bool(ledger.read_text("utf-8")), 90.0, "a sighting")
        orders.end(datetime.now(UTC))
        wait_for(lambda: '"ended"' in ledger.read_text("utf-8"), 30.0, "its end")
    log = Path("node.log").read_text("utf-8")
    sightings, pictures, said = _owed(tmp_path)
    # Found, by nothing but its picture; and ended when the drill was.
    assert sightings, log[-3000:]
    assert sightings[0].phase is SightingPhase.OPENED
    assert {each.sighting_id for each in sightings if each.phase is SightingPhase.ENDED} == {
        each.sighting_id for each in sightings
    }
    # All of it is the drill's: nothing burns in this view.
    assert all(each.is_exercise for each in sightings)
    assert all(payload.startswith(b'{"schema":"firewatch/v1/sighting","is_exercise":true,') for payload in said)
    assert {picture.kind for picture in pictures} == {EvidenceKind.CROP, EvidenceKind.FRAME}
    for picture in pictures:
        _assert_banded(picture)
    assert f'drill.begun drill_id="{drill.drill_id}"' in log
    assert "drill.ended" in log
    _assert_kept_apart(sightings)
    assert {json.loads(line)["is_exercise"] for line in ledger.read_text("utf-8").splitlines()} == {True}


COMMANDS = """
[tower]
id = "tower-a"
lat_deg = 26.9
lon_deg = 112.6
[[camera]]
id = "north"
kind = "snapshot"
url = "http://127.0.0.1:9/"
[camera.pose]
azimuth_deg = 10.0
hfov_deg = 60.0
"""


def test_a_technician_begins_sees_and_ends_a_drill(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    # Without its place the tower knows no night, whenever this runs.
    text = "\n".join(line for line in COMMANDS.splitlines() if not line.startswith(("lat_deg", "lon_deg")))
    Path("edge.toml").write_text(text, encoding="utf-8")
    drill = ("drill", "--config", "edge.toml")
    assert main(drill) == 0
    assert capsys.readouterr().out == "no drill\n"
    begin = (*drill, "--camera", "north", "--minutes", "20", "--azimuth", "25", "--distance-m", "3000")
    assert main(begin) == 0
    assert "exercise at north, pose main, until " in capsys.readouterr().out
    assert main((*drill, "--json")) == 0
    told = json.loads(capsys.readouterr().out)["drill"]
    assert (told["camera"], told["pose"]) == ("north", "main")
    assert main(begin) == 1
    assert "one at a time" in capsys.readouterr().err
    assert main((*drill, "--end")) == 0
    assert "ended" in capsys.readouterr().out
    assert main((*drill, "--end")) == 0
    assert capsys.readouterr().out == "there was none\n"
    assert main((*drill, "--json")) == 0
    assert json.loads(capsys.readouterr().out) == {"drill": None}


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--camera", "south"), "one of north"),
        (("--camera", "north", "--pose", "east"), "one of main"),
        (("--camera", "north", "--minutes", "31"), "at most 30"),
        (("--camera", "north", "--azimuth", "200"), "from 341 to 39"),
        (("--camera", "north", "--end"), "one drill at a time"),
    ],
)
def test_what_cannot_be_held_is_refused_with_what_can(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    why: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    text = "\n".join(line for line in COMMANDS.splitlines() if not line.startswith(("lat_deg", "lon_deg")))
    Path("edge.toml").write_text(text, encoding="utf-8")
    assert main(("drill", "--config", "edge.toml", *options)) == 1
    assert why in capsys.readouterr().err
    assert not list(tmp_path.rglob("*drill.json"))


@pytest.mark.parametrize("place", ["0.5", "a,b", "0.5,1.2"])
def test_a_place_outside_of_the_picture_is_wrong_usage(place: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(("drill", "--config", "edge.toml", "--camera", "north", "--at", place))
    assert place in capsys.readouterr().err


def test_by_night_a_drill_is_refused_where_nothing_would_be_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("edge.toml").write_text(COMMANDS, encoding="utf-8")
    orders = DrillOrders(load_settings(Path("edge.toml")))
    midnight = datetime(2026, 4, 5, 16, 0, tzinfo=UTC)
    with pytest.raises(InvalidValue, match="does not report what it sees at night"):
        orders.begin(CameraId("north"), None, 10.0, Aim(), midnight)
    noon = datetime(2026, 4, 5, 4, 0, tzinfo=UTC)
    assert orders.begin(CameraId("north"), PoseId("main"), 10.0, Aim(), noon).until == noon + timedelta(minutes=10)
