"""Remote hands over a real broker: each command to a real node with a fixed and a turning camera, once, answered."""

from __future__ import annotations

import gzip
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from onvif_device import OnvifDevice
from real_node import RealNode, SmokyCamera, wait_for
from turning_camera import TurningCamera

from firewatch.domain import remote
from firewatch.domain.ids import CameraId, CommandId, TowerId, make_ulid
from firewatch.domain.remote import ReplyState
from firewatch.mqtt import MqttSession, Subscription
from firewatch.wire import codec
from firewatch.wire.remote_codec import decode_reply, encode_command
from firewatch.wire.topics import ALL_OF, Kind, Topic, parse
from firewatch.wire.v1 import ReceiptV1

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from firewatch.domain.remote import Reply
    from firewatch.domain.vision import Evidence
    from firewatch.mqtt import Delivery
    from firewatch.wire.v1 import CameraVitalsV1

TOWER = TowerId("tower-a")
NORTH, DOME = CameraId("north"), CameraId("dome")
# The bright square of the fixed camera lies in a mask: what it shows is held back.
MASK = """
[[camera.pose.mask]]
name = "kiln"
reason = "lime kiln"
polygon = [[0.3, 0.25], [0.6, 0.25], [0.6, 0.6], [0.3, 0.6]]
"""
DOME_SETTINGS = """
[[camera]]
id = "dome"
kind = "snapshot"
url = "{url}/snapshot.jpg"
period_s = 0.5
timeout_s = 3.0
username = "admin"
password_env = "CAMERA_DOME"
[camera.mount]
url = "{url}"
timeout_s = 1.0
[camera.patrol]
settle_s = 0.1
arrive_within_s = 20.0
dwell_every_s = 0.2
hold_s = 2.0
hold_every_s = 0.3
quiet_s = 3.0
[[camera.poses]]
id = "east"
azimuth_deg = 90.0
hfov_deg = 64.0
pan = 0.5
[[camera.poses]]
id = "west"
azimuth_deg = 270.0
hfov_deg = 64.0
pan = -0.5
"""


class Centre:
    """Writes commands, receipts what comes, and keeps it."""

    def __init__(self, rig: Any) -> None:
        self.replies: dict[str, dict[int, Reply]] = {}
        self.pictures: dict[str, Evidence] = {}
        self.shown: list[Evidence] = []
        self.cameras: dict[str, CameraVitalsV1] = {}
        self.copies: dict[str, int] = {}
        self._lock = threading.Lock()
        kinds = (Kind.REPLIES, Kind.EVIDENCE, Kind.LIVE, Kind.VITALS)
        self.session = MqttSession(
            rig.settings("centre"),
            subscriptions=[Subscription(ALL_OF[kind], 0 if kind in {Kind.LIVE, Kind.VITALS} else 1) for kind in kinds],
            receiver=self._take,
        )
        self.session.start()
        self.session.wait_ready(20.0)

    def _take(self, delivery: Delivery) -> None:
        topic = parse(delivery.topic)
        with self._lock:
            if topic.kind is Kind.REPLIES:
                received = decode_reply(delivery.payload)
                by_ordinal = self.replies.setdefault(received.value.command_id, {})
                by_ordinal[received.value.ordinal] = received.value
                self._receipt(received.message_id)
            elif topic.kind is Kind.VITALS:
                self.cameras = {each.camera_id: each for each in codec.decode_vitals(delivery.payload).cameras}
            else:
                assert topic.tower_id is not None
                assert topic.camera_id is not None
                picture = codec.decode_evidence(delivery.payload, topic.tower_id, topic.camera_id)
                if topic.kind is Kind.LIVE:
                    self.shown.append(picture.value)
                else:
                    self.pictures[picture.value.evidence_id] = picture.value
                    self._receipt(picture.message_id)

    def _receipt(self, message_id: str) -> None:
        receipts = codec.encode_receipts([ReceiptV1(message_id=message_id, outcome="stored")])
        self.session.publish(str(Topic.of_tower(Kind.RECEIPTS, TOWER)), receipts)

    def ask(self, action: remote.Action, *, command_id: CommandId | None = None, **how: Any) -> CommandId:
        """Issue a command; return its id."""
        issued_at = datetime.now(UTC) - how.pop("ago", timedelta())
        command = remote.Command(
            command_id=command_id or CommandId(make_ulid(issued_at, np.random.default_rng().bytes(10))),
            tower_id=TOWER,
            issued_at=issued_at,
            expires_at=issued_at + timedelta(minutes=2),
            issued_by="duty officer",
            action=action,
        )
        session = how.pop("session", self.session)
        session.publish(str(Topic.of_tower(Kind.COMMANDS, TOWER)), encode_command(command), **how).wait(10.0)
        return command.command_id

    def final(self, command_id: CommandId) -> Reply | None:
        with self._lock:
            replies = self.replies.get(command_id, {})
            last = replies.get(max(replies, default=0))
        return None if last is None or last.state is ReplyState.ACCEPTED else last

    def answer(self, command_id: CommandId, within_s: float = 90.0) -> Reply:
        wait_for(lambda: self.final(command_id) is not None, within_s, f"an answer to {command_id}: {self.replies}")
        found = self.final(command_id)
        assert found is not None
        return found

    def picture_of(self, reply: Reply) -> Evidence:
        (evidence_id,) = reply.evidence_ids
        wait_for(lambda: evidence_id in self.pictures, 30.0, "the picture")
        return self.pictures[evidence_id]

    def scored(self, camera_id: str) -> int:
        camera = self.cameras.get(camera_id)
        return 0 if camera is None else camera.frames_scored


class Site:
    """The broker, the centre, the node and its cameras."""

    def __init__(self, rig: Any, model: Path, smoky: SmokyCamera, device: OnvifDevice) -> None:
        self.centre = Centre(rig)
        self.node = RealNode(rig, model, smoky)
        self.device = device
        text = self.node.config.read_text(encoding="utf-8").replace("\n[model]", MASK + "[model]", 1)
        self.node.config.write_text(text + DOME_SETTINGS.format(url=device.url), encoding="utf-8")
        self.rig = rig

    def start(self) -> None:
        starts = self.node.log().count("node.started")
        self.node.start(CAMERA_DOME="secret")
        wait_for(lambda: self.node.log().count("node.started") > starts, 90.0, self.node.log()[-2000:])


@pytest.fixture
def site(mosquitto_rig: Any, squares_model: Path) -> Iterator[Site]:
    smoky = SmokyCamera()
    with OnvifDevice(TurningCamera(speed=2.0)) as device:
        made = Site(mosquitto_rig, squares_model, smoky, device)
        try:
            yield made
        finally:
            made.node.end()
            made.centre.session.stop()
            smoky.stop()


def a_snapshot_comes_whole(site: Site) -> None:
    centre = site.centre
    command_id = centre.ask(remote.Snapshot(camera_id=NORTH), expires_s=120)
    reply = centre.answer(command_id)
    picture = centre.picture_of(reply)
    assert (reply.state, picture.camera_id, picture.sighting_id) == (ReplyState.DONE, "north", command_id)
    shown = cv2.imdecode(np.frombuffer(picture.jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None
    assert shown.shape == (96, 128, 3)
    assert centre.answer(centre.ask(remote.Snapshot(camera_id=CameraId("south")))).code == "no-camera"


def a_bearing_is_looked_at(site: Site) -> None:
    centre = site.centre
    fixed = centre.answer(centre.ask(remote.LookAt(bearing_deg=20.0)))
    assert fixed.facts["is_fixed"] is True
    assert centre.picture_of(fixed).camera_id == "north"
    wait_for(lambda: centre.scored("dome") > 0, 60.0, "a round")
    turned = centre.answer(centre.ask(remote.LookAt(bearing_deg=180.0, hold_s=1.0)))
    assert turned.state is ReplyState.DONE, turned
    assert (turned.facts["is_fixed"], turned.ordinal) == (False, 2)
    assert centre.picture_of(turned).camera_id == "dome"
    assert 179.0 <= float(turned.facts["azimuth_deg"]) <= 181.0  # type: ignore[arg-type] # a number
    sent = len(site.device.camera.sent)
    wait_for(lambda: len(site.device.camera.sent) > sent + 1, 60.0, "back on its round")
    assert set(site.device.camera.sent[sent:]) <= {0.5, -0.5}


def what_was_held_back_is_sent(site: Site) -> None:
    centre = site.centre
    wait_for(lambda: bool(centre.cameras) and centre.cameras["north"].detections_masked > 0, 60.0, "a mask's work")
    reply = centre.answer(centre.ask(remote.FetchHeldBack()))
    entry = reply.held_back[0]
    assert (entry.camera_id, entry.reason, entry.note) == ("north", "mask", "kiln")
    assert entry.evidence_id is not None
    wait_for(lambda: entry.evidence_id in centre.pictures, 30.0, "its picture")
    assert centre.pictures[entry.evidence_id].sighting_id == entry.held_id


def a_live_look_stops_no_detection(site: Site) -> None:
    centre = site.centre
    before = centre.scored("north")
    first = centre.ask(remote.LiveLook(camera_id=NORTH, for_s=2.0))
    second = centre.ask(remote.LiveLook(camera_id=NORTH, for_s=3.0))
    assert centre.answer(first).state is ReplyState.DONE
    reply = centre.answer(second)
    sent = reply.facts["sent"]
    assert isinstance(sent, int)
    assert sent >= 1
    wait_for(lambda: len(centre.shown) >= sent, 20.0, "live pictures")
    assert len(centre.shown) <= 6
    assert {picture.camera_id for picture in centre.shown} == {"north"}
    wait_for(lambda: centre.scored("north") > before, 20.0, "detection goes on")


def a_pause_shows_and_ends(site: Site) -> None:
    centre = site.centre
    until = datetime.now(UTC) + timedelta(hours=1)
    assert centre.answer(centre.ask(remote.Pause(camera_id=NORTH, until=until, reason="lens"))).state is ReplyState.DONE
    wait_for(lambda: centre.cameras["north"].paused_until is not None, 20.0, "paused in the vitals")
    paused = centre.cameras["north"]
    assert paused.paused_reason == "duty officer: lens"
    wait_for(lambda: (eyes := centre.cameras["north"].eyes) is not None and eyes.reason == "paused", 20.0, "no eyes")
    scored = centre.scored("north")
    dome = centre.scored("dome")
    wait_for(lambda: centre.scored("dome") > dome, 60.0, "the other camera goes on")
    assert centre.scored("north") == scored


def a_bad_file_is_refused_and_a_good_one_starts_anew_with_the_pause(site: Site) -> None:
    centre, node = site.centre, site.node
    good = node.config.read_text(encoding="utf-8")
    node.config.write_text(good.replace("period_s = 0.2", "period_s = -1.0"), encoding="utf-8")
    bad = centre.answer(centre.ask(remote.Reload()))
    assert (bad.state, bad.code) == (ReplyState.REFUSED, "bad-settings")
    assert "period_s" in bad.text
    node.config.write_text(good.replace("period_s = 0.2", "period_s = 0.3"), encoding="utf-8")
    assert node.process is not None
    began_s = time.monotonic()
    done = centre.answer(centre.ask(remote.Reload()))
    assert (done.state, done.ordinal) == (ReplyState.DONE, 2), done
    assert node.process.poll() is None, "the same process goes on"
    assert node.log().count("node.started") == 2
    assert time.monotonic() - began_s < 90.0
    wait_for(lambda: centre.cameras["north"].paused_until is not None, 30.0, "paused still")
    resumed = centre.answer(centre.ask(remote.Resume(camera_id=NORTH)))
    assert resumed.facts["was_paused"] is True
    scored = centre.scored("north")
    wait_for(lambda: centre.scored("north") > scored and centre.cameras["north"].paused_until is None, 30.0, "resumed")


def the_log_comes_without_secrets(site: Site) -> None:
    reply = site.centre.answer(site.centre.ask(remote.FetchLogs(most_bytes=200_000)))
    assert reply.attachment is not None
    text = gzip.decompress(reply.attachment.content).decode()
    assert "command.came" in text
    assert site.rig.settings("unused", is_tower=True).password not in text


def only_the_centre_commands(site: Site) -> None:
    tower = MqttSession(site.rig.settings("intruder", is_tower=True))
    tower.start()
    tower.wait_ready(20.0)
    own = site.centre.ask(remote.Snapshot(camera_id=NORTH), session=tower, qos=0)
    assert site.centre.answer(site.centre.ask(remote.Snapshot(camera_id=NORTH))).state is ReplyState.DONE
    assert site.centre.final(own) is None
    tower.stop()


def a_command_is_done_once_also_over_a_kill_and_never_after_its_time(site: Site) -> None:
    centre, node = site.centre, site.node
    command_id = centre.ask(remote.Snapshot(camera_id=NORTH))
    first = centre.answer(command_id)
    assert node.process is not None
    node.process.kill()
    node.process.wait(10.0)
    gone = centre.ask(remote.Snapshot(camera_id=NORTH), expires_s=1)
    late = centre.ask(remote.Snapshot(camera_id=NORTH), ago=timedelta(minutes=5))
    time.sleep(1.5)
    site.start()
    centre.ask(remote.Snapshot(camera_id=NORTH), command_id=command_id)
    expired = centre.answer(late)
    assert (expired.state, expired.code) == (ReplyState.EXPIRED, "expired")
    again = centre.ask(remote.Snapshot(camera_id=NORTH))
    assert centre.answer(again).state is ReplyState.DONE
    assert centre.answer(command_id) == first
    assert sorted(centre.replies[command_id]) == [1]
    assert centre.final(gone) is None, "the broker drops what nobody fetched in time"


def test_each_command_to_a_real_node_is_done_once_and_answered(site: Site) -> None:
    site.start()
    a_snapshot_comes_whole(site)
    a_bearing_is_looked_at(site)
    what_was_held_back_is_sent(site)
    a_live_look_stops_no_detection(site)
    a_pause_shows_and_ends(site)
    a_bad_file_is_refused_and_a_good_one_starts_anew_with_the_pause(site)
    the_log_comes_without_secrets(site)
    only_the_centre_commands(site)
    a_command_is_done_once_also_over_a_kill_and_never_after_its_time(site)
