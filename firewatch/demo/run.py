"""Running the demo: the real programs as child processes, around them the simulated world."""

from __future__ import annotations

import contextlib
import secrets
import socket
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

import httpx
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from firewatch.adapters.broker import BrokerAccount, EmbeddedBroker
from firewatch.demo.camera_server import CameraServer
from firewatch.demo.children import Children, DemoError, last_words
from firewatch.demo.clock import SceneClock
from firewatch.demo.phone import PhoneSink
from firewatch.demo.pictures import FramesFromFolder, PictureSource, RenderedPictures
from firewatch.demo.report import Course, outbox_depth
from firewatch.demo.settings import Address, NodePlan, write_central, write_node
from firewatch.demo.terrain import write_terrain
from firewatch.demo.weather_report import report_weather, store_url
from firewatch.demo.world import PLANE, make_ground
from firewatch.demo.world_maker import WorldMaker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from firewatch.demo.world import World
    from firewatch.domain.sites import Tower

__all__ = ["DemoPlan", "Running", "course_of", "start_demo", "store_url"]

_CADENCE_S = 10.0
# A loaded machine takes its time; what dies is noticed before.
_READY_S = 300.0
# The centre's supervisor starts a process again that died; one that always dies is no hiccup.
_MOST_DEATHS = 3
_DRAIN_S = 20.0
# A node may still look at its last frame, and send what it saw: its outbox must stay empty so long.
_SETTLED_S = 2.0
_LOOK_S = 0.2
_SECRET_BYTES = 32
_CENTRE = "central"


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
        Scene second of the ignition; None for a quiet day. Of real frames, what their names say.
    model : str
        Folder of the detector; empty for the shipped one.
    frames : FramesFromFolder or None
        Real frames for the first tower, the only one then, in place of rendered ones.
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


@dataclass(frozen=True, slots=True)
class Running:
    """A running demo.

    Parameters
    ----------
    folder : Path
        Where everything is written.
    url : str
        The command centre's page.
    broker : EmbeddedBroker
        Between the nodes and the centre.
    children : Children
        The centre and the nodes.
    towers : sequence of str
        Names of the nodes.
    world : World or None
        The simulated world; None where real frames are played.
    cameras : CameraServer
        What the nodes look through.
    clock : SceneClock
        Scene time.
    """

    folder: Path
    url: str
    broker: EmbeddedBroker
    children: Children
    towers: Sequence[str]
    world: World | None
    cameras: CameraServer
    clock: SceneClock

    def require_alive(self) -> None:
        """Raise `DemoError`, with the end of its log, if a program ended by itself."""
        _require_alive(self.folder, self.broker, self.children)

    def end_scene(self) -> datetime:
        """Stop the cameras, let the outboxes run empty, then end the nodes; return when the cameras stopped."""
        self.cameras.stop()
        ended_at = datetime.now(UTC)
        _wait_until(self._has_settled(), _DRAIN_S)
        self.children.end_nodes(self.towers)
        return ended_at

    def _has_settled(self) -> Callable[[], bool]:
        empty_since = time.monotonic()

        def look() -> bool:
            nonlocal empty_since
            if any(outbox_depth(self.folder / f"{name}-outbox.sqlite") for name in self.towers):
                empty_since = time.monotonic()
            return time.monotonic() - empty_since >= _SETTLED_S

        return look


@contextlib.contextmanager
def start_demo(plan: DemoPlan, say: Callable[[str], None]) -> Iterator[Running]:
    """Start the demo; everything ends with the context: nodes, cameras, centre, broker, phones.

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
    with contextlib.ExitStack() as stack:
        try:
            yield _start(plan, say, stack)
        except KeyboardInterrupt:
            say("\nending the demo's programs; at most 15 s")
            raise


def _start(plan: DemoPlan, say: Callable[[str], None], stack: contextlib.ExitStack) -> Running:
    ground = make_ground(plan.seed)
    towers = ground.sites.towers if plan.frames is None else ground.sites.towers[:1]
    centre = BrokerAccount.of_centre()
    nodes = [BrokerAccount.of_tower(tower.tower_id) for tower in towers]
    stations = {one.station_id: BrokerAccount.of_station(one.station_id) for one in ground.sites.stations}
    # Given up first and waited for last, so that it stops while the programs end.
    maker = WorldMaker(ground, plan.ignites_at_s)
    stack.callback(maker.join)
    phones = stack.enter_context(PhoneSink(plan.folder / "phones.jsonl"))
    broker = EmbeddedBroker(
        plan.folder / "broker", [centre, *nodes, *stations.values()], kind=plan.broker_kind, port=plan.broker_port
    )
    stack.callback(broker.stop)
    broker.start()
    say(f"broker: {broker.kind}")
    children = Children(plan.folder)
    stack.callback(children.end_all)
    port = plan.web_port or _free_port()
    # The towers see over the very hills that their pictures show; real frames show others.
    has_terrain = plan.frames is None and write_terrain(plan.folder, ground.landscape, PLANE)
    address = Address(broker.host, broker.port)
    settings = write_central(plan.folder, ground.sites, phones, address, port, has_terrain=has_terrain)
    _start_centre(children, settings, centre)
    if plan.frames is None:
        say("making the demo's world (terrain, towers and weather are simulated, 示意)")
        maker.start()
        stack.callback(maker.give_up)
    url = f"http://127.0.0.1:{port}"
    _wait_for_pages(url, plan.folder, broker, children)
    say(f"\n  The command centre is at   {url}\n")
    world = maker.result() if plan.frames is None else None
    report_weather(plan.folder, plan.seed, broker, stations)
    names = [tower.tower_id for tower in towers]
    cameras = stack.enter_context(CameraServer(_sources(plan, names, world), plan.folder / "cameras.jsonl"))
    # A node ends before its camera goes, else its last word would be of a broken camera.
    stack.callback(children.end_nodes, names)
    clock = SceneClock(datetime.now(UTC), plan.speed)
    cameras.roll(clock)
    running = Running(plan.folder, url, broker, children, names, world, cameras, clock)
    _start_nodes(plan, running, towers, nodes)
    return running


def _sources(plan: DemoPlan, names: Sequence[str], world: World | None) -> Mapping[str, PictureSource]:
    if plan.frames is not None:
        return dict.fromkeys(names, plan.frames)
    sights = () if world is None else world.sights
    plumes = () if world is None or world.fire is None else (world.fire.plume,)
    return {s.tower.tower_id: RenderedPictures(s, plumes, plan.seed) for s in sights}


def _start_centre(children: Children, settings: Path, account: BrokerAccount) -> None:
    secret = {"FIREWATCH_SECRET": secrets.token_hex(_SECRET_BYTES), "FIREWATCH_MQTT_PASSWORD": account.password}
    command = [sys.executable, "-m", "firewatch", "serve", "--config", str(settings), "--logs", "json"]
    children.start(_CENTRE, command, secret)


def _start_nodes(plan: DemoPlan, running: Running, towers: Sequence[Tower], accounts: Sequence[BrokerAccount]) -> None:
    address = Address(running.broker.host, plan.node_broker_port or running.broker.port)
    # To ask oftener than a picture follows would only find the camera stuck.
    step_s = _CADENCE_S if plan.frames is None else max(_CADENCE_S, plan.frames.step_s)
    for tower, account in zip(towers, accounts, strict=True):
        url = running.cameras.url(tower.tower_id)
        node = NodePlan(tower, url, step_s / plan.speed, address, account, plan.model, plan.speed)
        settings = write_node(plan.folder, node)
        command = [sys.executable, "-m", "firewatch_edge", "run", "--config", str(settings)]
        running.children.start(tower.tower_id, command, {"FIREWATCH_NODE_PASSWORD": account.password})


def _require_alive(folder: Path, broker: EmbeddedBroker, children: Children) -> None:
    children.require_alive()
    if not broker.is_running:
        raise DemoError(last_words("the broker ended by itself", folder / "broker" / "broker.log"))


def _wait_for_pages(url: str, folder: Path, broker: EmbeddedBroker, children: Children) -> None:
    @retry(
        retry=retry_if_exception_type(httpx.HTTPError),
        stop=stop_after_delay(_READY_S),
        wait=wait_fixed(0.2),
        reraise=True,
    )
    def ask() -> None:
        _require_alive(folder, broker, children)
        log = folder / f"{_CENTRE}.log"
        if log.read_text(encoding="utf-8", errors="replace").count('"event": "child.died"') >= _MOST_DEATHS:
            raise DemoError(last_words("a process of the centre ends again and again", log))
        # A proxy of the environment is for the way out, not for this machine.
        httpx.get(f"{url}/healthz", timeout=2.0, trust_env=False).raise_for_status()

    try:
        ask()
    except httpx.HTTPError as err:
        what = f"the centre's pages did not answer within {_READY_S:g} s ({err})"
        raise DemoError(last_words(what, folder / f"{_CENTRE}.log")) from err


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until(is_done: Callable[[], bool], timeout_s: float) -> None:
    ends_at = time.monotonic() + timeout_s
    while not is_done() and time.monotonic() < ends_at:
        time.sleep(_LOOK_S)


def course_of(plan: DemoPlan, running: Running, ended_at: datetime, asked: Mapping[str, object]) -> Course:
    """Return how the run went."""
    is_judged = plan.frames is None or plan.frames.is_timed
    return Course(plan.folder, running.clock, ended_at, plan.ignites_at_s, asked, is_judged)
