"""The pages over the example board: for unit tests on a clock that stands still, for browsers on the wall clock."""

from __future__ import annotations

import contextlib
import re
import threading
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import httpx
import uvicorn
from danger_example import ExampleDanger
from hotspot_example import example_desk
from spread_example import example_spread

from firewatch.danger_settings import DangerConfig
from firewatch.danger_wiring import class_tables, ignition_board, surface_board
from firewatch.domain.ids import PersonId
from firewatch.domain.incident import Matched, MatchUndone, Unmatched
from firewatch.services.class_board import ClassPages
from firewatch.services.commanding import CommandDesk
from firewatch.services.links import CallLinks
from firewatch.services.masks import MaskDesk
from firewatch.services.matching import Matching
from firewatch.testing import (
    AccountsFake,
    ExampleBoard,
    FrozenClock,
    LivePicturesFake,
    MemoryCommandBook,
    MemoryHotspotBook,
    MemoryIncidentLog,
    MemoryMaskBook,
    PoseViewsFake,
    SessionsFake,
    Ulids,
)
from firewatch.web import WebServices, WebSettings, create_app
from firewatch.web.remote_wiring import RemoteServices

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fastapi import FastAPI

    from firewatch.domain.ids import IncidentId, NotificationId
    from firewatch.domain.incident import Incident, IncidentEvent
    from firewatch.services.ports import Clock, LoggedEvent
    from firewatch.testing import BoardFake

__all__ = ["HTML", "SECRET", "Centre", "log_in", "serving"]

SECRET = "a secret of the tests"  # noqa: S105
BASE = "http://127.0.0.1"
HTML = {"accept": "text/html"}


class BoardLog(MemoryIncidentLog):
    """The log that a board of the tests shows: what people say of sightings lands there."""

    def __init__(self, board: BoardFake) -> None:
        super().__init__()
        self._board = board

    def append(self, events: Sequence[IncidentEvent]) -> tuple[LoggedEvent, ...]:
        before = self._board.last_seq()
        for event in events:
            self._board.happen(event.incident_id, event.change, event.occurred_at, event.actor)
        return self._board.events_after(before, len(events))

    def incident(self, incident_id: IncidentId) -> Incident | None:
        card = self._board.card(incident_id)
        return None if card is None else card.incident

    def rulings_after(self, seq: int) -> tuple[LoggedEvent, ...]:
        kinds = Matched | Unmatched | MatchUndone
        return tuple(one for one in self._board.events_after(seq, 9999) if isinstance(one.event.change, kinds))


@dataclass
class Centre:
    """A centre in memory: what happens to it, and the pages over it."""

    clock: Clock = field(default_factory=FrozenClock)
    accounts: AccountsFake = field(default_factory=AccountsFake)
    beat_s: float = 0.1

    def __post_init__(self) -> None:
        self.example = ExampleBoard(self.clock.now())
        self.board = self.example.board
        self.danger = ExampleDanger(self.clock)
        self.surface = surface_board(DangerConfig(), self.danger.sites, self.danger.pages)
        self.links = CallLinks([SECRET], BASE)
        board = self.board
        self.pose_views = PoseViewsFake()
        self.mask_book = MemoryMaskBook()
        self.commands, self.live = MemoryCommandBook(), LivePicturesFake()
        desk = CommandDesk(self.commands, self.clock, Ulids(11).make)
        self.hotspot_book = MemoryHotspotBook()
        self.services = WebServices(
            clock=self.clock,
            incidents=board,
            pictures=board,
            sites=board,
            danger=self.danger.pages,
            surface=self.surface,
            ignition=ignition_board(DangerConfig()),
            classes=ClassPages(self.danger.ratings, self.danger.ratings, class_tables(DangerConfig())),
            live=board,
            review=board,
            calls=board,
            accounts=self.accounts,
            sessions=SessionsFake(self.accounts),
            links=self.links,
            settings=WebSettings(SECRET, poll_s=0.02, beat_s=self.beat_s),
            masks=MaskDesk(self.mask_book, self.example.sites, self.clock, Ulids(11).make),
            pose_views=self.pose_views,
            remote=RemoteServices(self.commands, desk, self.live, board),
            matching=Matching(BoardLog(board), self.clock, Ulids(12).make),
            hotspots=example_desk(self.hotspot_book, board, self.example.sites, self.clock),
            spread=example_spread(self.example.sites, self.clock.now()),
        )

    def app(self, **changed: object) -> FastAPI:
        """Return the application, with some ports replaced."""
        return create_app(replace(self.services, **changed))  # type: ignore[arg-type]

    @contextlib.contextmanager
    def browser(self, **changed: object) -> Iterator[httpx.Client]:
        """Serve the application on a free port, and yield a browser at it that follows no redirects."""
        with serving(self.app(**changed)) as address, httpx.Client(base_url=address, timeout=10) as browser:
            yield browser

    def call(self, incident_id: IncidentId, ago_s: float = 60) -> tuple[NotificationId, str]:
        """Tell everybody; return the ranger's notification and the path of its phone page."""
        notification_id = self.example.tell(incident_id, ago_s, reached=0)[0]
        address = self.links.address(PersonId("zhou"), incident_id, notification_id, self.clock.now())
        return notification_id, address.removeprefix(BASE)


def log_in(browser: httpx.Client, name: str, password: str) -> httpx.Response:
    """Fill in the log-in page as a person does; return the answer."""
    page = browser.get("/login", headers=HTML)
    match = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert match is not None
    return browser.post("/login", data={"csrf": match[1], "name": name, "password": password}, headers=HTML)


@contextlib.contextmanager
def serving(app: FastAPI, port: int = 0) -> Iterator[str]:
    """Serve an application on a port of the loopback (a free one by default); yield its address."""
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, name="web-under-test")
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)
