"""What a tower's page shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from firewatch.domain.ids import CameraId
from firewatch.domain.remote import EndExercise, Exercise, LiveLook, Pause, UpdateModel
from firewatch.services.command_ports import CommandsWanted
from firewatch.services.commanding import may_ask, state_of
from firewatch.services.eyes import camera_sees, node_state
from firewatch.web.model_choice import model_view

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from firewatch.domain.ids import TowerId
    from firewatch.domain.roster import Role
    from firewatch.services.command_ports import CommandRecord, LivePicture
    from firewatch.services.offering import PackageShelf
    from firewatch.services.views import NodeView
    from firewatch.web.model_choice import ModelView
    from firewatch.web.remote_wiring import RemoteServices
    from firewatch.web.words import Speaker
    from firewatch.wire.v1 import CameraVitalsV1

__all__ = ["CameraView", "LiveView", "Seen", "TowerView", "fresh_picture", "live_view", "tower_view"]

_LOOKED_AT = 20
# A picture that is older than this is not live: it is not shown as if it were.
_LIVE_WITHIN = timedelta(seconds=10)
_FIRST_PAUSE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class CameraView:
    """One camera on its tower's page; `paused` says until when and why, where it is paused."""

    camera_id: str
    status: str
    dot: str
    paused: str


@dataclass(frozen=True, slots=True)
class TowerView:
    """A tower as its page shows it.

    Parameters
    ----------
    tower_id, name, state, status : str
        Which, and how its node is.
    is_heard : bool
        Whether it can be expected to answer.
    cameras : tuple of CameraView
        Those that it reported, else those of the site map.
    may_pause, may_exercise, may_end_exercise : bool
        Whether the reader may pause cameras (and tend the node), and begin and end an exercise.
    model : ModelView or None
        Its model, for who may update it.
    pause_until, pause_least, pause_most : str
        For the field of a pause's end: first, earliest and latest, by the bureau's clock.
    """

    tower_id: TowerId
    name: str
    state: str
    status: str
    is_heard: bool
    cameras: tuple[CameraView, ...]
    may_pause: bool
    may_exercise: bool
    may_end_exercise: bool
    model: ModelView | None
    pause_until: str
    pause_least: str
    pause_most: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What the centre knows at an instant: its nodes, and the model packages that it offers."""

    nodes: Sequence[NodeView]
    packages: PackageShelf | None
    at: datetime


def tower_view(tower_id: TowerId, seen: Seen, role: Role | None, speaker: Speaker) -> TowerView | None:
    """Return a tower; None where neither the site map nor a node knows it."""
    node = next((one for one in seen.nodes if one.tower_id == tower_id), None)
    if node is None:
        return None
    at = seen.at
    state = node_state(node, at)
    return TowerView(
        tower_id=tower_id,
        name=speaker.tower(tower_id),
        state=state,
        status=speaker.texts.text(f"nodes.status.{state}"),
        is_heard=state == "online",
        cameras=_cameras(node, speaker, at),
        may_pause=may_ask(role, Pause),
        may_exercise=may_ask(role, Exercise),
        may_end_exercise=may_ask(role, EndExercise),
        model=model_view(node, seen.packages, speaker) if may_ask(role, UpdateModel) else None,
        pause_until=_field(at + _FIRST_PAUSE, speaker),
        pause_least=_field(at + timedelta(minutes=1), speaker),
        pause_most=_field(at + timedelta(hours=24), speaker),
    )


def _field(instant: datetime, speaker: Speaker) -> str:
    return f"{instant.astimezone(speaker.time_zone):%Y-%m-%dT%H:%M}"


def _cameras(node: NodeView, speaker: Speaker, at: datetime) -> tuple[CameraView, ...]:
    if node.vitals is not None:
        return tuple(_camera(node, camera, speaker, at) for camera in node.vitals.vitals.cameras)
    tower = speaker.sites.tower(node.tower_id)
    named = () if tower is None else tower.cameras
    unseen = speaker.texts.text("nodes.status.none")
    return tuple(CameraView(camera.camera_id, unseen, "lost", "") for camera in named)


def _camera(node: NodeView, camera: CameraVitalsV1, speaker: Speaker, at: datetime) -> CameraView:
    is_online = camera_sees(node, camera, at)
    until, paused = camera.paused_until, ""
    if until is not None and at < until:
        facts = {"until": speaker.short_stamp(until), "reason": camera.paused_reason}
        paused = speaker.texts.text("commands.paused", **facts)
    key = "commands.camera.seeing" if is_online else "commands.camera.blind"
    return CameraView(camera.camera_id, speaker.texts.text(key), "online" if is_online else "lost", paused)


@dataclass(frozen=True, slots=True)
class LiveView:
    """A live look as its page shows it.

    Parameters
    ----------
    state : str
        How the last command stands, in words; empty where nobody asked.
    is_running : bool
        Whether pictures may come.
    left_s : int
        Time until it ends [s].
    captured : str
        When the picture was taken; empty where there is no fresh one.
    """

    state: str
    is_running: bool
    left_s: int
    captured: str


def live_view(
    remote: RemoteServices, tower_id: TowerId, camera_id: CameraId, speaker: Speaker, at: datetime
) -> LiveView:
    """Return how a camera's live look stands."""
    record = _last_live(remote.book.latest(CommandsWanted(tower_id), _LOOKED_AT), camera_id)
    picture = fresh_picture(remote, tower_id, camera_id, at)
    captured = "" if picture is None else speaker.clock(picture.captured_at)
    if record is None:
        return LiveView("", is_running=False, left_s=0, captured=captured)
    state = state_of(record, at)
    left_s = max(0, round((_ends_at(record) - at).total_seconds()))
    is_running = left_s > 0 and state.value in _RUNNING
    return LiveView(speaker.texts.text(f"commands.state.{state.value}"), is_running, left_s, captured)


_RUNNING = frozenset({"queued", "sent", "accepted"})


def _last_live(records: Sequence[CommandRecord], camera_id: CameraId) -> CommandRecord | None:
    for record in records:
        action = record.command.action
        if isinstance(action, LiveLook) and action.camera_id == camera_id:
            return record
    return None


def _ends_at(record: CommandRecord) -> datetime:
    action = record.command.action
    length = timedelta(seconds=action.for_s) if isinstance(action, LiveLook) else timedelta()
    began = record.replies[0].received_at if record.replies else record.command.issued_at
    return began + length


def fresh_picture(remote: RemoteServices, tower_id: TowerId, camera_id: CameraId, at: datetime) -> LivePicture | None:
    """Return the latest picture of a camera, if it is live."""
    picture = remote.live.latest(tower_id, camera_id)
    return picture if picture is not None and at - picture.received_at < _LIVE_WITHIN else None
