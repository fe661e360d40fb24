"""Server-sent events: at once, resumed, alive."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from asynchronous import run_async

from firewatch.domain.geo import Position
from firewatch.domain.roster import LOCAL_OPERATOR
from firewatch.testing import WakeFake
from firewatch.web import WebSettings
from firewatch.web.live import LiveHub

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx
    from web_centre import Centre

    from firewatch.domain.ids import IncidentId


def events(answer: httpx.Response) -> Iterator[tuple[str, str | None, dict[str, Any]]]:
    """Yield (event, id, data) as they come."""
    fields: dict[str, str] = {}
    for line in answer.iter_lines():
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif "data" in fields:
            yield fields.get("event", ""), fields.get("id"), json.loads(fields["data"])
            fields = {}


def incidents_until(answer: httpx.Response, count: int) -> list[tuple[str | None, dict[str, Any]]]:
    found = []
    for name, seq, data in events(answer):
        if name == "incident":
            found.append((seq, data))
        if len(found) == count:
            break
    return found


def test_a_quiet_stream_beats_and_says_that_the_eyes_are_open(centre: Centre) -> None:
    with centre.browser() as browser, browser.stream("GET", "/api/v1/events") as answer:
        beats = [data for _, (name, _, data) in zip(range(3), events(answer), strict=False) if name == "beat"]
    assert len(beats) == 3
    assert beats[0]["eyes"] == {
        "online": 11,
        "total": 12,
        "last_frame_at": "2026-04-04T03:59:45Z",
        "blind": 1,
        "blind_since": "2026-04-04T03:50:00Z",
    }


def test_an_incident_comes_within_a_second_of_its_event(centre: Centre) -> None:
    sighting = centre.example.sighting("nanyue", Position(27.118, 112.742), 60, 0.8)
    with centre.browser() as browser, browser.stream("GET", "/api/v1/events") as answer:
        stream = events(answer)
        assert next(stream)[0] == "beat"
        started = time.monotonic()
        incident_id = centre.board.open(sighting, centre.clock.now())
        name, seq, data = next(event for event in stream if event[0] == "incident")
        assert time.monotonic() - started < 1.0
    assert (name, data["incident_id"]) == ("incident", incident_id)
    assert seq is not None


def test_a_stream_resumes_after_the_last_event_id(busy: tuple[Centre, list[IncidentId]]) -> None:
    centre, ids = busy
    last = str(centre.board.last_seq())
    centre.board.confirm(ids[0], LOCAL_OPERATOR, centre.clock.now())
    header = {"last-event-id": last}
    with centre.browser() as browser, browser.stream("GET", "/api/v1/events?after=0", headers=header) as answer:
        assert answer.headers["x-accel-buffering"] == "no"
        ((seq, card),) = incidents_until(answer, 1)
    assert (card["incident_id"], card["state"]) == (ids[0], "CONFIRMED")
    assert seq == str(int(last) + 1)


def test_many_changes_of_one_incident_are_one_message(busy: tuple[Centre, list[IncidentId]]) -> None:
    centre, ids = busy
    with centre.browser() as browser, browser.stream("GET", "/api/v1/events?after=0") as answer:
        found = incidents_until(answer, 4)
    assert sorted(card["incident_id"] for _, card in found) == sorted(ids)
    seqs = [int(seq or 0) for seq, _ in found]
    assert seqs == sorted(seqs)
    assert seqs[-1] == centre.board.last_seq()


def test_a_browser_from_another_life_of_the_log_reads_the_state_again(centre: Centre) -> None:
    with centre.browser() as browser, browser.stream("GET", "/api/v1/events?after=999") as answer:
        names = [name for _, (name, _, _) in zip(range(2), events(answer), strict=False)]
    assert names == ["beat", "resync"]


def _rung(centre: Centre) -> tuple[WakeFake, LiveHub]:
    """Return a hub that looks at the log only when the bell rings."""
    wake = WakeFake()
    settings = WebSettings(centre.services.settings.secret, poll_s=3600.0)
    return wake, LiveHub(replace(centre.services, wake=wake, settings=settings))


def _open(centre: Centre) -> None:
    sighting = centre.example.sighting("nanyue", Position(27.118, 112.742), 60, 0.8)
    centre.board.open(sighting, centre.clock.now())


def test_a_woken_tail_looks_at_once_and_not_before(centre: Centre) -> None:
    async def watch() -> tuple[bool, bool, int]:
        wake, hub = _rung(centre)
        async with hub.listening():
            before = hub.seq
            _open(centre)
            unrung = await hub.later_than(before, 0.2)
            wake.ring()
            rung = await hub.later_than(before, 5.0)
        await asyncio.sleep(0.05)
        return unrung, rung, wake.listening

    assert run_async(watch()) == (False, True, 0)


def test_a_store_that_fails_in_any_way_does_not_end_the_tail(centre: Centre) -> None:
    async def watch() -> bool:
        wake, hub = _rung(centre)
        async with hub.listening():
            before = hub.seq
            _open(centre)
            real, tries = centre.board.last_seq, []

            def last_seq() -> int:
                tries.append(1)
                if len(tries) == 1:
                    raise ZeroDivisionError
                return real()

            centre.board.last_seq = last_seq  # type: ignore[method-assign]
            for _ in range(50):
                wake.ring()
                if await hub.later_than(before, 0.1):
                    return True
        return False

    assert run_async(watch())
