"""Exercises stay apart: never of one fire with anything real, and marked on every way out of the centre."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import replace
from datetime import UTC, timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus
from zoneinfo import ZoneInfo

import msgspec
import pytest
from associating import FIRE, Centre, seen
from hypothesis import given, settings
from hypothesis import strategies as st

from firewatch.adapters.smtp import SmtpNotifier, SmtpServer
from firewatch.adapters.store.event_codec import decode_change, encode_change
from firewatch.adapters.webhook import WebhookNotifier
from firewatch.domain.geo import ErrorEllipse, Fix
from firewatch.domain.ids import TowerId
from firewatch.domain.incident import (
    Confirmed,
    Incident,
    Located,
    Opened,
    Rejected,
    RejectReason,
    SightingJoined,
    SightingLeft,
    fold,
)
from firewatch.domain.sites import SiteMap
from firewatch.domain.vision import SightingPhase
from firewatch.errors import IllegalTransition
from firewatch.services.links import CallLinks
from firewatch.services.ports import SightingArrived, Words
from firewatch.services.views import IncidentCard
from firewatch.services.wording import CatalogueWords, Voice
from firewatch.testing import (
    SCENE_START,
    FrozenClock,
    MemoryArrivals,
    MemoryEvidenceFiles,
    a_message_id,
    a_notification,
    a_sighting,
    an_alert,
    an_event,
    an_evidence,
)
from firewatch.texts import Language, catalogue
from firewatch.web.cards import card_out
from firewatch.web.words import Speaker
from firewatch.wire import codec, v1
from firewatch.wire.dating import with_age

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firewatch.domain.vision import Sighting


def drilled(sighting: Sighting) -> Sighting:
    return replace(sighting, is_exercise=True)


REAL = [seen(1, "tower-a", FIRE), seen(2, "tower-b", FIRE, 20), seen(3, "tower-c", FIRE, 40)]
DRILL = [
    drilled(seen(11, "tower-a", FIRE, 5)),
    drilled(seen(12, "tower-b", FIRE, 25)),
    drilled(seen(13, "tower-c", FIRE, 35)),
]


def members(incident: Incident) -> set[str]:
    return {sighting_id for sighting_id, _ in incident.members}


def ids(sightings: Sequence[Sighting]) -> set[str]:
    return {sighting.sighting_id for sighting in sightings}


@settings(max_examples=15, deadline=None)
@given(order=st.permutations([*REAL, *DRILL]), cut=st.integers(0, 6))
def test_an_exercise_never_joins_a_fire_in_any_order_of_arrival(order: list[Sighting], cut: int) -> None:
    """At one place, at one time, from the same towers: the worst case."""
    centre = Centre()
    centre.arrive(*order[:cut])
    centre.arrive(*order[cut:])
    found = {one.is_exercise: members(one) for one in centre.incidents()}
    assert len(centre.incidents()) == 2
    assert found == {False: ids(REAL), True: ids(DRILL)}
    assert all(one.fix is not None for one in centre.incidents()), "each is located by its own"


@pytest.mark.parametrize("is_exercise", [True, False])
def test_the_log_itself_refuses_the_other_kind(*, is_exercise: bool) -> None:
    opened = an_event(1, Opened(REAL[0].sighting_id, REAL[0].tower_id, is_exercise))
    other = an_event(2, SightingJoined(REAL[1].sighting_id, REAL[1].tower_id, not is_exercise))
    with pytest.raises(IllegalTransition, match="other kind"):
        fold([opened, other])
    same = an_event(2, SightingJoined(REAL[1].sighting_id, REAL[1].tower_id, is_exercise))
    incident = fold([opened, same])
    assert incident is not None
    assert incident.is_exercise is is_exercise


@pytest.mark.parametrize("decision", [None, Confirmed(), Rejected(RejectReason.OTHER)])
def test_what_turns_out_real_leaves_the_exercise_whatever_was_decided_of_that(
    decision: Confirmed | Rejected | None,
) -> None:
    """No node of ours says so; but a fire must not stay hidden in an exercise if one ever does."""
    centre = Centre()
    centre.arrive(*DRILL[:2])
    (exercise,) = centre.incidents()
    if decision is not None:
        centre.decide(exercise, decision)
    centre.arrive(replace(DRILL[0], revision=2, is_exercise=False))
    fires = [one for one in centre.incidents() if not one.is_exercise]
    assert [members(one) for one in fires] == [{DRILL[0].sighting_id}]
    (exercise,) = (one for one in centre.incidents() if one.is_exercise)
    assert members(exercise) == {DRILL[1].sighting_id}
    assert any(isinstance(change, SightingLeft) for change in centre.changes())
    before = centre.log.last_seq()
    centre.arrive(replace(DRILL[0], revision=3, is_exercise=False))
    assert len([one for one in centre.incidents() if not one.is_exercise]) == 1
    assert centre.log.last_seq() == before


def test_what_was_real_is_never_an_exercise_afterwards() -> None:
    centre = Centre()
    centre.arrive(*REAL[:2])
    centre.arrive(drilled(replace(REAL[0], revision=2)), *DRILL)
    found = {one.is_exercise: members(one) for one in centre.incidents()}
    assert found == {False: ids(REAL[:2]), True: ids(DRILL)}


def test_an_exercise_ends_and_merges_by_itself() -> None:
    centre = Centre()
    centre.arrive(DRILL[0])
    centre.arrive(DRILL[1], REAL[0])
    centre.arrive(DRILL[2], REAL[1])
    ended = [replace(each, revision=2, phase=SightingPhase.ENDED) for each in DRILL]
    centre.arrive(*ended)
    by_kind = {one.is_exercise: one for one in centre.incidents()}
    assert members(by_kind[True]) == ids(DRILL)
    assert by_kind[True].ended == ids(DRILL)
    assert by_kind[False].ended == frozenset()


def test_a_tower_on_no_map_holds_exercises_apart_too() -> None:
    centre = Centre()
    strange = [replace(each, tower_id=TowerId("on-no-map")) for each in (REAL[0], DRILL[0])]
    centre.arrive(*strange)
    assert sorted(one.is_exercise for one in centre.incidents()) == [False, True]


# Every way out of the centre, told of one and the same incident.


def an_incident(*, is_exercise: bool) -> Incident:
    sighting = replace(a_sighting(1), is_exercise=is_exercise)
    located = Located(Fix(FIRE, ErrorEllipse(240.0, 90.0, 10.0)))
    incident = fold([an_event(1, Opened(sighting.sighting_id, sighting.tower_id, is_exercise)), an_event(2, located)])
    assert incident is not None
    return incident


def say(language: Language, *, is_exercise: bool) -> Words:
    sighting = replace(a_sighting(1), is_exercise=is_exercise)
    book = MemoryArrivals()
    book.write([SightingArrived(a_message_id(1), sighting, SCENE_START)])
    smith = CatalogueWords(
        voice=Voice("衡阳应急", catalogue(language), UTC),
        sites=SiteMap((), ()),
        links=CallLinks(["a secret of the test only"], "https://fw.example.cn"),
        book=book,
        files=MemoryEvidenceFiles(),
        clock=FrozenClock(),
    )
    return smith.words(an_alert(), an_incident(is_exercise=is_exercise), a_notification())


PREFIX = {Language.ZH_CN: "【演练】", Language.EN: "[EXERCISE]"}
SPOKEN = {Language.ZH_CN: r"演练\W演练\W", Language.EN: r"Exercise, exercise\. "}


@pytest.mark.parametrize("language", list(Language))
def test_an_alert_begins_with_the_word(language: Language) -> None:
    words = say(language, is_exercise=True)
    assert words.subject.startswith(PREFIX[language])
    assert words.text.startswith(PREFIX[language])
    assert re.match(SPOKEN[language], words.spoken)
    assert words.is_exercise
    assert next(iter(words.facts)) == "is_exercise"
    assert words.facts["is_exercise"] is True
    real = say(language, is_exercise=False)
    assert PREFIX[language] not in real.subject + real.text
    assert real.facts["is_exercise"] is False


def test_a_webhook_gets_it_first() -> None:
    bodies: list[bytes] = []

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    notifier = WebhookNotifier()
    channel = f"webhook:http://127.0.0.1:{server.server_address[1]}/"
    for is_exercise in (True, False):
        words = say(Language.ZH_CN, is_exercise=is_exercise)
        notifier.send(channel, a_notification().notification_id, an_alert().alert_id, words)
    notifier.close()
    server.shutdown()
    server.server_close()
    told = [json.loads(body) for body in bodies]
    assert [list(body)[:2] for body in told] == [["schema", "is_exercise"]] * 2
    assert [body["is_exercise"] for body in told] == [True, False]
    assert told[0]["subject"].startswith("【演练】")
    assert [body["spoken"].count("演练") == 2 for body in told] == [True, False]
    assert "http" not in told[0]["spoken"], "nobody reads an address aloud"


def test_a_mail_says_it_in_subject_text_and_header() -> None:
    notifier = SmtpNotifier(SmtpServer("127.0.0.1", 9, "centre@example.cn"))
    for is_exercise in (True, False):
        words = say(Language.ZH_CN, is_exercise=is_exercise)
        mail = notifier._compose("li@example.cn", a_notification().notification_id, an_alert().alert_id, words)
        read = message_from_bytes(mail.as_bytes())
        subject = str(make_header(decode_header(read["Subject"])))
        assert subject.startswith("【演练】") is is_exercise
        assert (read["X-Firewatch-Exercise"] == "true") is is_exercise


@pytest.mark.parametrize("language", list(Language))
def test_a_card_and_whatever_names_the_incident_says_it(language: Language) -> None:
    """The card is what the queue, the map, the stream, the phone page and the detail are made of."""
    for is_exercise in (True, False):
        sighting = replace(a_sighting(1), is_exercise=is_exercise)
        card = IncidentCard(an_incident(is_exercise=is_exercise), (sighting,), (), (), 2)
        shown = card_out(card, Speaker(catalogue(language), ZoneInfo("Asia/Shanghai"), SiteMap((), ())))
        assert next(iter(type(shown).model_fields)) == "is_exercise"
        assert shown.is_exercise is is_exercise
        assert shown.number.startswith(PREFIX[language]) is is_exercise
        assert shown.where is not None
        for address in (shown.where.navigation.amap, shown.where.navigation.baidu, shown.where.navigation.tencent):
            assert (PREFIX[language] in unquote_plus(address)) is is_exercise


WIRE = {
    "sighting": lambda on: codec.encode_sighting(replace(a_sighting(1), is_exercise=on), a_message_id(1)),
    "evidence": lambda on: codec.encode_evidence(replace(an_evidence(1), is_exercise=on), a_message_id(1)),
    "incident": lambda on: codec.encode(
        v1.IncidentV1(
            is_exercise=on,
            incident_id=an_incident(is_exercise=on).incident_id,
            state="SUSPECTED",
            opened_at=SCENE_START,
            changed_at=SCENE_START,
            towers=("tower-a",),
            sighting_ids=(a_sighting(1).sighting_id,),
            probability=0.5,
        )
    ),
}


@pytest.mark.parametrize("kind", WIRE)
def test_a_message_says_it_before_anything_else_but_its_schema(kind: str) -> None:
    for is_exercise in (True, False):
        payload = WIRE[kind](is_exercise)
        start = payload.index(b'{"schema"')
        word = b"true" if is_exercise else b"false"
        assert payload[start:].startswith(b'{"schema":"firewatch/v1/' + kind.encode() + b'","is_exercise":' + word)


def test_what_comes_in_marked_is_kept_marked() -> None:
    for is_exercise in (True, False):
        sighting = replace(a_sighting(1), is_exercise=is_exercise)
        assert codec.decode_sighting(codec.encode_sighting(sighting, a_message_id(1))).value == sighting
        evidence = replace(an_evidence(1, sighting=sighting), is_exercise=is_exercise)
        payload = codec.encode_evidence(evidence, a_message_id(2))
        assert codec.decode_evidence(payload, evidence.tower_id, evidence.camera_id).value == evidence
        for change in (
            Opened(sighting.sighting_id, sighting.tower_id, is_exercise),
            SightingJoined(sighting.sighting_id, sighting.tower_id, is_exercise),
        ):
            assert decode_change(encode_change(change)) == change


def test_a_message_of_before_is_no_exercise() -> None:
    payload = codec.encode_sighting(a_sighting(1), a_message_id(1))
    old = msgspec.json.decode(payload)
    del old["is_exercise"]
    assert codec.decode_sighting(msgspec.json.encode(old)).value.is_exercise is False


def test_an_age_put_into_a_message_keeps_the_mark_in_front() -> None:
    payload = codec.encode_sighting(drilled(a_sighting(1)), a_message_id(1))
    assert with_age(payload, 3.0).startswith(b'{"schema":"firewatch/v1/sighting","is_exercise":true,')


def test_dates_moved_by_the_centre_keep_the_mark() -> None:
    sighting = drilled(a_sighting(1))
    assert sighting.moved(timedelta(hours=1), sighting.clock).is_exercise
