"""A tower's page: who may ask it for what, that a form asks once, and what comes back."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from tower_forms import C1, PAGE, POST, ask, asked, hidden, press
from tower_that_answers import TowerThatAnswers
from web_centre import HTML, log_in

from firewatch.domain import remote
from firewatch.domain.ids import CameraId, CommandId, EvidenceId
from firewatch.domain.remote import Attachment, ReplyState
from firewatch.services.command_ports import CommandsWanted
from firewatch.testing import FrozenClock, a_ulid

if TYPE_CHECKING:
    from web_centre import Centre

    from firewatch.domain.ids import IncidentId


def test_the_nodes_page_leads_to_each_tower(centre: Centre) -> None:
    with centre.browser() as browser:
        page = browser.get("/nodes", headers=HTML).text
        towers = [node.tower_id for node in centre.board.nodes()]
        assert [page.count(f'href="/nodes/{tower_id}"') for tower_id in towers] == [1] * len(towers)
        assert 'aria-label="南岳塔 远程操作"' in page
        assert browser.get(PAGE, headers=HTML).status_code == 200


def test_an_unknown_tower_or_a_centre_without_remote_hands_has_no_page(centre: Centre) -> None:
    with centre.browser() as browser:
        assert browser.get("/nodes/nowhere", headers=HTML).status_code == 404
    with centre.browser(remote=None) as browser:
        assert browser.get(PAGE, headers=HTML).status_code == 404
        assert 'href="/nodes/nanyue"' not in browser.get("/nodes", headers=HTML).text


def test_each_button_asks_for_its_action(centre: Centre) -> None:
    with centre.browser() as browser:
        for kind, fields in (
            ("snapshot", {}),
            ("look", {"bearing_deg": "359.96", "hold_s": "30", "camera": ""}),
            ("look", {"bearing_deg": "-10", "hold_s": "60", "camera": "c2"}),
            ("held_back", {"hours": "6", "most": "10"}),
            ("logs", {}),
            ("reload", {}),
            ("exercise", {"camera": "c2", "minutes": "15", "azimuth_deg": "65", "sure": "yes"}),
            ("exercise", {"camera": "c1", "minutes": "1", "azimuth_deg": "", "sure": "yes"}),
            ("end_exercise", {}),
        ):
            answer = press(browser, kind, **fields)
            assert (answer.status_code, answer.headers["location"]) == (303, "/nodes/nanyue#commands")
            assert isinstance(centre.clock, FrozenClock)
            centre.clock.advance(1)
    now = centre.clock.now()
    assert asked(centre) == [
        remote.EndExercise(),
        remote.Exercise(camera_id=C1, minutes=1.0),
        remote.Exercise(camera_id=CameraId("c2"), minutes=15.0, azimuth_deg=65.0),
        remote.Reload(),
        remote.FetchLogs(),
        remote.FetchHeldBack(since=now - timedelta(hours=6, seconds=6), most=10),
        remote.LookAt(bearing_deg=350.0, camera_id=CameraId("c2"), hold_s=60.0),
        remote.LookAt(bearing_deg=359.96, hold_s=30.0),
        remote.Snapshot(camera_id=C1),
    ]


def test_a_pause_ends_when_the_bureaus_clock_says_so_and_is_taken_back(centre: Centre) -> None:
    with centre.browser() as browser:
        assert press(browser, "pause", until="2026-04-04T15:30", reason="lens").status_code == 303
        page = browser.get(PAGE, headers=HTML).text
        token = hidden(page, "pause")
        assert browser.post(POST, data=token | {"kind": "resume", "once": "x"}, headers=HTML).status_code == 303
    until = datetime(2026, 4, 4, 7, 30, tzinfo=UTC)
    resume, pause = asked(centre)
    assert {resume, pause} == {
        remote.Pause(camera_id=C1, until=until, reason="lens"),
        remote.Resume(camera_id=C1),
    }


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("look", {"bearing_deg": "north", "hold_s": "60"}),
        ("look", {"bearing_deg": "nan", "hold_s": "60"}),
        ("look", {"bearing_deg": "10", "hold_s": "6000"}),
        ("look", {"bearing_deg": "10", "hold_s": "60", "camera": "../c1"}),
        ("held_back", {"hours": "0", "most": "10"}),
        ("held_back", {"hours": "6", "most": "51"}),
        ("held_back", {"hours": "6", "most": "1e300"}),
        ("pause", {"until": "tomorrow", "reason": "lens"}),
        ("pause", {"until": "0001-01-01T00:00", "reason": "lens"}),
        ("pause", {"until": "2026-04-08T15:30", "reason": "lens"}),
        ("pause", {"until": "2026-04-04T15:30", "reason": " "}),
        ("exercise", {"camera": "c1", "minutes": "10"}),
        ("exercise", {"camera": "c1", "minutes": "31", "sure": "yes"}),
        ("exercise", {"camera": "c1", "minutes": "0.5", "sure": "yes"}),
        ("exercise", {"camera": "c1", "minutes": "", "sure": "yes"}),
        ("exercise", {"camera": "c1", "minutes": "10", "azimuth_deg": "east", "sure": "yes"}),
        ("exercise", {"camera": "", "minutes": "10", "sure": "yes"}),
        ("snapshot", {"kind": "detonate"}),
        ("snapshot", {"camera": ""}),
    ],
)
def test_what_cannot_be_asked_is_refused_by_name_and_not_taken_down(
    centre: Centre, kind: str, fields: dict[str, str]
) -> None:
    with centre.browser() as browser:
        assert press(browser, kind, **fields).status_code == 422
    assert asked(centre) == []


def test_a_form_that_is_sent_twice_asks_once(centre: Centre) -> None:
    with centre.browser() as browser:
        fields = hidden(browser.get(PAGE, headers=HTML).text, "snapshot")
        for _ in range(2):
            assert browser.post(POST, data=fields, headers=HTML).status_code == 303
        assert len(asked(centre)) == 1
        assert press(browser, "snapshot").status_code == 303
    assert len(asked(centre)) == 2


def test_a_form_of_another_page_is_refused(centre: Centre) -> None:
    with centre.browser() as browser:
        fields = hidden(browser.get(PAGE, headers=HTML).text, "snapshot")
        assert browser.post(POST, data=fields | {"csrf": "forged"}, headers=HTML).status_code == 403
        assert browser.post(POST, data=fields, headers=HTML | {"sec-fetch-site": "cross-site"}).status_code == 403
    assert asked(centre) == []


def test_an_officer_may_look_but_neither_sees_nor_sends_what_closes_an_eye(guarded: Centre) -> None:
    with guarded.browser() as browser:
        assert browser.get(PAGE, headers=HTML).status_code == 303
        log_in(browser, "chen", "right")
        page = browser.get(PAGE, headers=HTML).text
        assert 'value="pause"' not in page
        assert 'value="logs"' not in page
        assert 'value="exercise"' not in page
        assert 'value="update_model"' not in page
        assert press(browser, "snapshot").status_code == 303
        assert press(browser, "end_exercise").status_code == 303
        drill = {"kind": "exercise", "camera": "c1", "minutes": "10", "sure": "yes"}
        for closing in ({"kind": "reload"}, drill, {"kind": "update_model", "model": "a" * 64}):
            fields = hidden(page, "snapshot") | {"once": "new"} | closing
            assert browser.post(POST, data=fields, headers=HTML).status_code == 403
    assert asked(guarded) == [remote.EndExercise(), remote.Snapshot(camera_id=C1)]
    assert {record.actor.actor_id for record in guarded.commands.latest(CommandsWanted(), 5)} == {"chen"}


def test_a_ranger_has_no_business_here(guarded: Centre) -> None:
    with guarded.browser() as browser:
        log_in(browser, "zhou", "right")
        for path in (PAGE, POST, "/nodes/nanyue/live/c1", "/nodes/nanyue/live/c1.jpg"):
            assert browser.get(path, headers=HTML).status_code == 403


def test_a_tower_that_answers_nothing_is_not_asked_without_end(centre: Centre) -> None:
    with centre.browser() as browser:
        for _ in range(20):
            ask(centre, remote.Snapshot(camera_id=C1))
        answer = press(browser, "snapshot")
    assert answer.status_code == 409
    assert "20 commands wait" in answer.text


def test_answers_are_shown_with_their_pictures_and_the_towers_own_words(centre: Centre) -> None:
    tower = TowerThatAnswers(centre)
    shot, look = ask(centre, remote.Snapshot(camera_id=C1)), ask(centre, remote.Resume(camera_id=CameraId("c9")))
    shown, missing = tower.picture(shot.command_id, shot), EvidenceId(a_ulid("evidence", 5))
    tower.reply(shot, evidence_ids=(shown, missing), facts={"width_px": 960})
    tower.reply(look, ReplyState.REFUSED, code="no-camera", text="there is no c9 <b>here</b>")
    with centre.browser() as browser:
        page = browser.get(PAGE, headers=HTML).text
        part = browser.get(f"{POST}?lang=en", headers=HTML).text
        assert browser.get(f"/api/v1/evidence/{shown}.jpg").content.startswith(b"\xff\xd8")
    for text in (page, part):
        assert f'<img src="/api/v1/evidence/{shown}.jpg"' in text
        assert str(missing) not in text
        assert "Pictures still on their way: 1" in text
        assert "width_px = 960" in text
        assert "The tower has no such camera" in text
        assert "there is no c9 &lt;b&gt;here&lt;/b&gt;" in text
    assert "<html" not in part


def test_a_later_nodes_reason_is_shown_as_it_is(centre: Centre) -> None:
    command = ask(centre, remote.Reload())
    TowerThatAnswers(centre).reply(command, ReplyState.FAILED, code="moon-too-bright")
    with centre.browser() as browser:
        page = browser.get(PAGE, headers=HTML).text
    assert "moon-too-bright" in page
    assert "Failed" in page


def test_the_list_is_looked_at_again_while_something_may_still_come(centre: Centre) -> None:
    tower, command = TowerThatAnswers(centre), ask(centre, remote.Snapshot(camera_id=C1))
    with centre.browser() as browser:

        def is_open() -> bool:
            return 'data-open="1"' in browser.get(POST, headers=HTML).text

        assert is_open()
        picture = EvidenceId(a_ulid("evidence", 5))
        tower.reply(command, evidence_ids=(picture,))
        assert is_open()
        assert isinstance(centre.clock, FrozenClock)
        centre.clock.advance(601)
        assert not is_open()


def test_what_was_held_back_is_listed_with_its_pictures(centre: Centre) -> None:
    tower, command = TowerThatAnswers(centre), ask(centre, remote.FetchHeldBack())
    entries = tower.held(command, "mask", 60), tower.held(command, "danger", 30, has_picture=False)
    unknown = tower.held(command, "rain", 10)
    tower.reply(command, held_back=(*entries, unknown), evidence_ids=(EvidenceId(entries[0].evidence_id or ""),))
    with centre.browser() as browser:
        page = browser.get(PAGE, headers=HTML).text
    assert page.count(f'<img src="/api/v1/evidence/{entries[0].evidence_id}.jpg"') == 1
    assert "Inside a mask · chimney" in page
    assert "No picture" in page
    assert "57%" in page
    assert "rain" in page


def test_a_file_is_downloaded_and_never_shown_as_a_page_of_ours(centre: Centre) -> None:
    command = ask(centre, remote.FetchLogs())
    attached = Attachment(name='log"; x=.html', media_type="text/html", content=b"<script>")
    TowerThatAnswers(centre).reply(command, attachment=attached)
    with centre.browser() as browser:
        assert "Download" in browser.get(PAGE, headers=HTML).text
        answer = browser.get(f"{POST}/{command.command_id}/file")
        of_another = browser.get(f"/nodes/yumu/commands/{command.command_id}/file")
        unknown = browser.get(f"{POST}/{CommandId(a_ulid('command', 9))}/file")
    assert answer.content == b"<script>"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == 'attachment; filename="nanyue-log---x-.html"'
    assert (of_another.status_code, unknown.status_code) == (404, 404)


def test_a_live_look_shows_fresh_pictures_the_time_left_and_is_prolonged(centre: Centre) -> None:
    tower, clock = TowerThatAnswers(centre), centre.clock
    assert isinstance(clock, FrozenClock)
    live = "/nodes/nanyue/live/c1?lang=en"
    with centre.browser() as browser:
        assert "Look for 60 s" in browser.get(live, headers=HTML).text
        assert browser.get("/nodes/nanyue/live/c1.jpg").status_code == 404
        answer = press(browser, "snapshot", kind="live")
        assert answer.headers["location"] == "/nodes/nanyue/live/c1"
        (record,) = centre.commands.latest(CommandsWanted(), 5)
        assert record.command.action == remote.LiveLook(camera_id=C1)
        clock.advance(5)
        tower.reply(record.command, ReplyState.ACCEPTED)
        tower.live(record.command)
        clock.advance(9)
        page = browser.get(live, headers=HTML).text
        picture = browser.get("/nodes/nanyue/live/c1.jpg")
        assert 'data-left="51"' in page
        assert "60 s more" in page
        assert (picture.headers["x-captured-at"], picture.headers["cache-control"]) == ("12:00:05", "no-store")
        clock.advance(1)
        assert browser.get("/nodes/nanyue/live/c1.jpg").status_code == 404
        clock.advance(50)
        ended = browser.get(live, headers=HTML).text
    assert 'data-left="0"' in ended
    assert "The live look has ended" in ended


def test_a_live_look_that_is_refused_does_not_count_down(centre: Centre) -> None:
    command = ask(centre, remote.LiveLook(camera_id=C1))
    TowerThatAnswers(centre).reply(command, ReplyState.REFUSED, code="busy")
    with centre.browser() as browser:
        page = browser.get("/nodes/nanyue/live/c1?lang=en", headers=HTML).text
    assert 'data-left="0"' in page
    assert "Refused by the tower" in page


def test_another_tower_is_asked_to_look_at_a_smoke_where_it_is(busy: tuple[Centre, list[IncidentId]]) -> None:
    centre, ids = busy
    card = centre.board.card(ids[0])
    assert card is not None
    path = f"/incidents/{ids[0]}/look"
    other = next(t for t in centre.example.sites.towers if t.tower_id not in card.incident.towers)
    with centre.browser() as browser:
        page = browser.get(f"{path}?lang=en", headers=HTML).text
        fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page)) | {"tower": other.tower_id}
        answer = browser.post(path, data=fields, headers=HTML)
        assert (answer.status_code, answer.headers["location"]) == (303, f"{path}#commands")
        assert browser.post(path, data=fields, headers=HTML).status_code == 303
        seeing = fields | {"tower": card.incident.towers[0], "once": "another"}
        assert browser.post(path, data=seeing, headers=HTML).status_code == 422
        assert f"{other.name.en} ·" in browser.get(f"{path}/commands?lang=en", headers=HTML).text
        assert browser.get("/incidents/01M8BM36570000000000000009/look", headers=HTML).status_code == 404
    (record,) = centre.commands.latest(CommandsWanted(), 5)
    action = record.command.action
    assert isinstance(action, remote.LookAt)
    assert (record.incident_id, action.incident_id, record.command.tower_id) == (ids[0], ids[0], other.tower_id)


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
def test_every_kind_of_command_has_its_words(centre: Centre, lang: str) -> None:
    now = centre.clock.now()
    update = remote.UpdateModel(sha256="a" * 64, size_bytes=9, location="/models/m.fwm", version="0.4.0")
    for action in (
        remote.Snapshot(camera_id=C1),
        remote.LookAt(bearing_deg=1.0),
        remote.Pause(camera_id=C1, until=now + timedelta(hours=1), reason="lens"),
        remote.Resume(camera_id=C1),
        remote.FetchHeldBack(),
        remote.LiveLook(camera_id=C1),
        remote.Reload(),
        remote.FetchLogs(),
        update,
        remote.Exercise(camera_id=C1),
        remote.EndExercise(),
    ):
        ask(centre, action)
    with centre.browser() as browser:
        part = browser.get(f"{POST}?lang={lang}", headers=HTML).text
    assert part.count("<li id=") == 11
    assert "0.4.0" in part
    assert "{" not in part
