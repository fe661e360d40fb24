"""A command from the centre's store to a tower and its answer back, through a real broker; the tower is scripted."""

from __future__ import annotations

import hashlib
import json
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from firewatch.adapters.mqtt_commands import MqttCommands
from firewatch.adapters.mqtt_intake import MqttIntake
from firewatch.adapters.mqtt_live import MqttLive
from firewatch.adapters.store import open_store
from firewatch.bootstrap import new_id
from firewatch.cli import main
from firewatch.domain.ids import CameraId, CommandId, EvidenceId, MessageId, SightingId, TowerId
from firewatch.domain.remote import Command, LiveLook, Reply, ReplyState, Snapshot
from firewatch.domain.roster import Actor
from firewatch.domain.vision import Evidence, EvidenceKind, FrameStamp
from firewatch.mqtt import MqttSession, Subscription
from firewatch.services.command_ports import CommandsWanted
from firewatch.services.command_sending import CommandSender
from firewatch.services.commanding import Asking, CommandDesk, CommandState, state_of
from firewatch.services.intake import Intake
from firewatch.testing.builders import a_ulid
from firewatch.testing.pictures import HEIGHT, WIDTH, draw_view, frame_jpeg
from firewatch.wire import codec
from firewatch.wire.remote_codec import decode_command, encode_reply
from firewatch.wire.topics import Kind, Topic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from firewatch.adapters.store import Store
    from firewatch.domain.ids import EvidenceId as Id
    from firewatch.mqtt import Delivery

    Until = Callable[..., None]

pytestmark = [pytest.mark.broker]

TOWER, NORTH = TowerId("tower-a"), CameraId("north")
COMMANDS = str(Topic.of_tower(Kind.COMMANDS, TOWER))
REPLIES = str(Topic.of_tower(Kind.REPLIES, TOWER))
CONFIGS = Path(__file__).parents[3] / "configs"


class Clock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class ScriptedNode:
    """Answers each command as the wire says: taken, a picture, done; and the whole once more, as a node may."""

    def __init__(self, rig: Any) -> None:
        self.heard: list[Command] = []
        self.retained: list[bool] = []
        self._doing: list[threading.Thread] = []
        self._session = MqttSession(
            rig.settings("node", is_tower=True), subscriptions=[Subscription(COMMANDS)], receiver=self._receive
        )
        self._session.start()
        self._session.wait_ready(20.0)

    def _receive(self, delivery: Delivery) -> None:
        command = decode_command(delivery.payload)
        self.heard.append(command)
        self.retained.append(delivery.retain)
        # Not on the session's own thread: the broker's word is waited for there.
        self._doing.append(threading.Thread(target=self._do, args=(command,)))
        self._doing[-1].start()

    def _do(self, command: Command) -> None:
        picture = self._picture(command)
        kind = Kind.LIVE if isinstance(command.action, LiveLook) else Kind.EVIDENCE
        message = codec.encode_evidence(picture, MessageId(a_ulid("message", 9)))
        done = self._reply(command, ReplyState.DONE, 2, (picture.evidence_id,))
        # The last first: of a node's outbox nothing is promised about the order.
        for _ in range(2):
            self.say(REPLIES, encode_reply(done, MessageId(a_ulid("message", 2))))
            self.say(REPLIES, encode_reply(self._reply(command, ReplyState.ACCEPTED, 1), MessageId(a_ulid("m", 1))))
            self.say(str(Topic.of_camera(kind, TOWER, NORTH)), message)

    def _reply(self, command: Command, state: ReplyState, ordinal: int, pictures: tuple[Id, ...] = ()) -> Reply:
        return Reply(
            command_id=command.command_id,
            tower_id=TOWER,
            at=datetime.now(UTC),
            state=state,
            ordinal=ordinal,
            evidence_ids=pictures,
        )

    def _picture(self, command: Command) -> Evidence:
        jpeg = frame_jpeg(draw_view(0.6))
        stamp = FrameStamp(datetime.now(UTC), hashlib.sha256(jpeg).hexdigest(), WIDTH, HEIGHT)
        owner, frame = SightingId(command.command_id), EvidenceKind.FRAME
        return Evidence(EvidenceId(a_ulid("evidence", 7)), owner, TOWER, NORTH, frame, stamp, None, jpeg)

    def say(self, topic: str, payload: bytes) -> None:
        self._session.publish(topic, payload).wait(10.0)

    def close(self) -> None:
        for one in self._doing:
            one.join(30.0)
        self._session.stop()


class Centre:
    """The parts of the central service that a command goes through, over a real store and broker."""

    def __init__(self, rig: Any, folder: Path) -> None:
        url = f"sqlite:///{folder / 'store.sqlite'}"
        sites, roster = CONFIGS / "sites.geojson", CONFIGS / "roster.toml"
        self.config = folder / "central.toml"
        self.config.write_text(
            f'[centre]\nsites = "{sites}"\nroster = "{roster}"\n'
            f'[store]\nurl = "{url}"\nevidence = "{folder / "pictures"}"\n',
            encoding="utf-8",
        )
        self.store: Store = open_store(url, folder / "pictures")
        taker = Intake(self.store.intake_writer, self.store.evidence_files, self.store.quarantine_book)
        self.intake = MqttIntake(rig.settings("central"), taker, Clock())
        self.intake.start()
        self.intake.wait_ready(20.0)
        self.post = MqttCommands(rig.settings("commands"))
        self.live = MqttLive(rig.settings("web"), Clock())
        self.live.wait_ready(20.0)
        self.sender = CommandSender(self.store.command_book, self.post, Clock())
        self.desk = CommandDesk(self.store.command_book, Clock(), new_id)

    def ask(self, action: Snapshot | LiveLook) -> CommandId:
        return self.desk.issue(Asking(Actor("chen", "陈值班")), TOWER, action).command_id

    def state(self, command_id: CommandId) -> CommandState:
        record = self.store.command_book.command(command_id)
        assert record is not None
        return state_of(record, datetime.now(UTC))

    def close(self) -> None:
        self.live.close()
        self.post.close()
        self.intake.stop()
        self.store.close()


@pytest.fixture
def centre(mosquitto_rig: Any, tmp_path: Path) -> Iterator[Centre]:
    made = Centre(mosquitto_rig, tmp_path)
    yield made
    made.close()


def test_a_snapshot_is_asked_for_taken_and_shown_once_though_all_comes_twice(
    centre: Centre, mosquitto_rig: Any, wait_until: Until
) -> None:
    node = ScriptedNode(mosquitto_rig)
    try:
        asked = centre.ask(Snapshot(camera_id=NORTH))
        wait_until(lambda: centre.sender.step() == 1)
        wait_until(lambda: centre.state(asked) is CommandState.DONE)
        wait_until(lambda: centre.store.evidence_files.read(EvidenceId(a_ulid("evidence", 7))) is not None)
        wait_until(lambda: len(centre.store.evidence_index.pictures([SightingId(asked)])) == 1)
    finally:
        node.close()
    record = centre.store.command_book.command(asked)
    assert record is not None
    assert [one.reply.ordinal for one in record.replies] == [1, 2]
    assert (len(node.heard), node.retained) == (1, [False])
    assert centre.store.quarantine_book.quarantined(5)[0] == 0


def test_a_live_picture_is_seen_and_nowhere_kept(centre: Centre, mosquitto_rig: Any, wait_until: Until) -> None:
    node = ScriptedNode(mosquitto_rig)
    try:
        centre.ask(LiveLook(camera_id=NORTH))
        wait_until(lambda: centre.sender.step() == 1)
        wait_until(lambda: centre.live.latest(TOWER, NORTH) is not None)
    finally:
        node.close()
    picture = centre.live.latest(TOWER, NORTH)
    assert picture is not None
    assert picture.jpeg.startswith(b"\xff\xd8")
    assert centre.store.evidence_files.read(EvidenceId(a_ulid("evidence", 7))) is None


def test_a_tower_that_comes_too_late_is_never_brought_the_command(
    centre: Centre, mosquitto_rig: Any, wait_until: Until
) -> None:
    # The node's session is known to the broker, so that its commands are kept for it while they stand.
    ScriptedNode(mosquitto_rig).close()
    now = datetime.now(UTC)
    short = Command(
        command_id=CommandId(new_id(now)),
        tower_id=TOWER,
        issued_at=now,
        expires_at=now + timedelta(seconds=1),
        issued_by="",
        action=Snapshot(camera_id=NORTH),
    )
    lasting = Command(
        command_id=CommandId(new_id(now)),
        tower_id=TOWER,
        issued_at=now,
        expires_at=now + timedelta(minutes=5),
        issued_by="",
        action=Snapshot(camera_id=NORTH),
    )
    centre.post.send(short, 1)
    centre.post.send(lasting, 300)
    threading.Event().wait(2.1)
    node = ScriptedNode(mosquitto_rig)
    try:
        wait_until(lambda: lasting in node.heard)
    finally:
        node.close()
    assert node.heard == [lasting]


def test_the_command_line_asks_waits_and_lists(
    centre: Centre, mosquitto_rig: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    node, stop = ScriptedNode(mosquitto_rig), threading.Event()

    def clockwork() -> None:
        while not stop.wait(0.05):
            centre.sender.step()

    turning = threading.Thread(target=clockwork)
    turning.start()
    told = ["--config", str(centre.config), "--json", "--by", "chen"]
    pictures = tmp_path / "fetched"
    # A tower that is not in the sites file is known once it has spoken.
    status = str(Topic.of_tower(Kind.STATUS, TOWER))
    node.say(status, codec.encode_status("online", datetime.now(UTC), a_ulid("boot", 1), "test"))
    try:
        until_known(centre)
        asking = ["towers", "command", "snapshot", TOWER, NORTH, *told, "--out", str(pictures)]
        assert main(asking) == 0
        answer = json.loads(capsys.readouterr().out)
        assert (answer["state"], answer["by"], answer["through"]) == ("done", "chen", "program")
        assert answer["command"]["action"] == {"name": "snapshot", "camera_id": "north"}
        assert [path.name for path in pictures.iterdir()] == [f"{a_ulid('evidence', 7)}.jpg"]
    finally:
        stop.set()
        turning.join()
        node.close()
    assert main(["towers", "commands", TOWER, "--config", str(centre.config)]) == 0
    assert " snapshot      done        chen" in capsys.readouterr().out
    assert len(centre.store.command_book.latest(CommandsWanted(TOWER), 5)) == 1


def until_known(centre: Centre) -> None:
    for _ in range(1000):
        if centre.store.node_book.statuses():
            return
        threading.Event().wait(0.02)
    pytest.fail("the status did not arrive")
