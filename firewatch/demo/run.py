"""Running the demo: the real programs as child processes, around them the simulated world."""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

import httpx
from tenacity import RetryError, retry, retry_if_exception_type, retry_if_result, stop_after_delay, wait_fixed

from firewatch.adapters.broker import BrokerAccount, EmbeddedBroker
from firewatch.adapters.store import open_store
from firewatch.bootstrap import new_id
from firewatch.demo.camera_server import CameraServer
from firewatch.demo.clock import SceneClock
from firewatch.demo.phone import PhoneSink
from firewatch.demo.pictures import FramesFromFolder, PictureSource, RenderedPictures
from firewatch.demo.report import Course, outbox_depth
from firewatch.demo.settings import Address, NodePlan, write_central, write_node
from firewatch.demo.weather import make_readings
from firewatch.demo.world import make_ground, make_world
from firewatch.domain.ids import MessageId
from firewatch.errors import FirewatchError
from firewatch.mqtt import MqttSession
from firewatch.wire import codec, topics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from firewatch.demo.world import World
    from firewatch.domain.sites import SiteMap

__all__ = ["DemoError", "DemoPlan", "Running", "course_of", "start_demo", "store_url"]

logger = logging.getLogger(__name__)

_CADENCE_S = 10.0
_READY_S = 60.0
_STORED_S = 3.0
_DRAIN_S = 20.0
_END_S = 10.0
_SECRET_BYTES = 32


class DemoError(FirewatchError):
    """The demo could not be run."""


@dataclass(frozen=True, slots=True)
class DemoPlan:
    """What to run.

    Parameters
    ----------
    folder : Path
        Where everything is written.
    seed : int
        Of world and weather.
    speed : float
        Scene seconds a second.
    ignites_at_s : float or None
        Scene second of the ignition; None for a quiet day.
    model : str
        Folder of the detector; empty for the shipped one.
    frames : FramesFromFolder or None
        Real frames for the first tower in place of rendered ones.
    web_port, broker_port : int
        0 takes a free one.
    node_broker_port : int
        Where the nodes send, if not straight to the broker: a proxy between, to prove what happens when it fails.
    broker_kind : str
        "auto", "mosquitto" or "amqtt".
    """

    folder: Path
    seed: int
    speed: float
    ignites_at_s: float | None
    model: str = ""
    frames: FramesFromFolder | None = None
    web_port: int = 0
    broker_port: int = 0
    node_broker_port: int = 0
    broker_kind: Literal["auto", "mosquitto", "amqtt"] = "auto"


@dataclass(slots=True)
class Running:
    """A running demo.

    Parameters
    ----------
    url : str
        The command centre's page.
    clock : SceneClock
        Scene time.
    broker_kind : str
        Which broker runs.
    world : World or None
        The simulated world, once it is made.
    children : dict
        The child processes by name.
    """

    url: str
    clock: SceneClock
    broker_kind: str
    world: World | None = None
    children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def dead_children(self) -> list[str]:
        """Return the names of programs that ended by themselves."""
        return [name for name, child in self.children.items() if child.poll() is not None]

    def stop_nodes(self, folder: Path) -> datetime:
        """Let the outboxes run empty, then end the nodes; return when the cameras were last of use."""
        ended_at = datetime.now(UTC)
        nodes = {name: child for name, child in self.children.items() if name != "central"}
        _wait_until(lambda: _is_drained(folder, nodes), _DRAIN_S)
        for child in nodes.values():
            _end(child)
        return ended_at


@contextlib.contextmanager
def start_demo(plan: DemoPlan, say: Callable[[str], None]) -> Iterator[Running]:
    """Start the demo; everything ends with the context.

    Parameters
    ----------
    plan : DemoPlan
        What to run.
    say : callable
        Tells a person what is going on.

    Yields
    ------
    Running
        Address, clock, world, processes.

    Raises
    ------
    DemoError
        If a program does not start.
    """
    ground = make_ground(plan.seed)
    towers = ground.sites.towers if plan.frames is None else ground.sites.towers[:1]
    centre = BrokerAccount.of_centre()
    accounts = {tower.tower_id: BrokerAccount.of_tower(tower.tower_id) for tower in towers}
    station = BrokerAccount.of_station(ground.sites.stations[0].station_id)
    with contextlib.ExitStack() as stack:
        phones = stack.enter_context(PhoneSink(plan.folder / "phones.jsonl"))
        accounts_of_all = [centre, *accounts.values(), station]
        broker = stack.enter_context(
            EmbeddedBroker(plan.folder / "broker", accounts_of_all, kind=plan.broker_kind, port=plan.broker_port)
        )
        say(f"broker: {broker.kind}")
        port = plan.web_port or _free_port()
        running = Running(f"http://127.0.0.1:{port}", SceneClock(datetime.now(UTC)), broker.kind)
        stack.callback(_end_all, running.children)
        central = write_central(plan.folder, ground.sites, phones, Address(broker.host, broker.port), port)
        running.children["central"] = _start_central(plan, central, centre)
        say("making the demo's world (terrain, towers and weather are simulated, 示意)")
        ignites_at_s = None if plan.frames is not None else plan.ignites_at_s
        with ThreadPoolExecutor(1, "world") as maker:
            making = maker.submit(make_world, ground, ignites_at_s=ignites_at_s)
            _wait_for_pages(running)
            say(f"\n  The command centre is at   {running.url}\n")
            running.world = making.result()
        cameras = stack.enter_context(CameraServer(_sources(plan, running.world), plan.folder / "cameras.jsonl"))
        _report_weather(plan, broker, station, ground.sites)
        running.clock = SceneClock(datetime.now(UTC), plan.speed)
        cameras.roll(running.clock)
        node_address = Address(broker.host, plan.node_broker_port or broker.port)
        for tower in towers:
            url, account = cameras.url(tower.tower_id), accounts[tower.tower_id]
            node = NodePlan(tower, url, _CADENCE_S / plan.speed, node_address, account, plan.model)
            running.children[tower.tower_id] = _start_node(plan, node)
        yield running


def _sources(plan: DemoPlan, world: World) -> Mapping[str, PictureSource]:
    if plan.frames is not None:
        return {world.sights[0].tower.tower_id: plan.frames}
    plumes = () if world.fire is None else (world.fire.plume,)
    return {s.tower.tower_id: RenderedPictures(s, plumes, world.seed) for s in world.sights}


def _start_central(plan: DemoPlan, settings: Path, account: BrokerAccount) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "FIREWATCH_SECRET": secrets.token_hex(_SECRET_BYTES),
        "FIREWATCH_MQTT_PASSWORD": account.password,
    }
    command = [sys.executable, "-m", "firewatch", "serve", "--config", str(settings), "--logs", "json"]
    return _start(command, environment, plan.folder / "central.log")


def _start_node(plan: DemoPlan, node: NodePlan) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "FIREWATCH_NODE_PASSWORD": node.account.password}
    command = [sys.executable, "-m", "firewatch_edge", "run", "--config", str(write_node(plan.folder, node))]
    return _start(command, environment, plan.folder / f"{node.tower.tower_id}.log")


def _start(command: list[str], environment: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as file:
        return subprocess.Popen(  # noqa: S603 - our own programs, no shell
            command, env=dict(environment), stdin=subprocess.DEVNULL, stdout=file, stderr=file
        )


def _wait_for_pages(running: Running) -> None:
    @retry(
        retry=retry_if_exception_type(httpx.HTTPError),
        stop=stop_after_delay(_READY_S),
        wait=wait_fixed(0.2),
        reraise=True,
    )
    def ask() -> None:
        if running.dead_children():
            raise DemoError("the central service ended by itself; central.log in the demo's folder says why")
        httpx.get(f"{running.url}/healthz", timeout=2.0).raise_for_status()

    try:
        ask()
    except httpx.HTTPError as err:
        raise DemoError(f"the pages did not answer within {_READY_S:g} s: {err}") from err


def _report_weather(plan: DemoPlan, broker: EmbeddedBroker, account: BrokerAccount, sites: SiteMap) -> None:
    """Send two months of readings as a station does, over the broker, until the centre has stored them."""
    station_id = sites.stations[0].station_id
    now = datetime.now(UTC)
    topic = str(topics.Topic.of_station(station_id))
    messages = [
        codec.encode_observation(reading, MessageId(new_id(now)))
        for reading in make_readings(station_id, now, plan.seed)
    ]
    store = open_store(store_url(plan.folder), plan.folder / "evidence")
    session = MqttSession(broker.settings_for(account, f"station-{station_id}"))
    session.start()

    # A broker forgets what nobody has subscribed to yet: until the intake listens, the readings are sent again.
    @retry(retry=retry_if_result(lambda stored: stored < len(messages)), stop=stop_after_delay(_READY_S))
    def report() -> int:
        for handle in [session.publish(topic, message) for message in messages]:
            handle.wait(_READY_S)
        _wait_until(lambda: len(store.weather_book.observations(station_id)) >= len(messages), _STORED_S)
        return len(store.weather_book.observations(station_id))

    try:
        session.wait_ready(_READY_S)
        report()
    except RetryError as err:
        raise DemoError("the centre did not store the station's readings; central.log says why") from err
    finally:
        session.stop()
        store.close()


def store_url(folder: Path) -> str:
    """Return the address of the demo's store."""
    return f"sqlite:///{folder / 'firewatch.db'}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_drained(folder: Path, nodes: Mapping[str, subprocess.Popen[bytes]]) -> bool:
    return all(outbox_depth(folder / f"{name}-outbox.sqlite") == 0 for name in nodes)


def _wait_until(is_done: Callable[[], bool], timeout_s: float) -> bool:
    ends_at = time.monotonic() + timeout_s
    while not is_done():
        if time.monotonic() >= ends_at:
            return False
        time.sleep(0.2)
    return True


def _end_all(children: Mapping[str, subprocess.Popen[bytes]]) -> None:
    for child in reversed(list(children.values())):
        _end(child)


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is not None:
        return
    child.terminate()
    try:
        child.wait(_END_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait(_END_S)


def course_of(plan: DemoPlan, running: Running, ended_at: datetime, asked: Mapping[str, object]) -> Course:
    """Return how the run went."""
    ignited_at_s = plan.ignites_at_s if plan.frames is None else plan.frames.ignition_s
    return Course(plan.folder, running.clock, ended_at, ignited_at_s, asked)
