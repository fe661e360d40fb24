"""A blind camera is told once, to the right people, and once more when it sees again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from node_states import a_camera, a_node, state_sites

from firewatch.domain.alert import NotifyReason
from firewatch.domain.ids import PersonId
from firewatch.domain.roster import Person, Role
from firewatch.errors import StoreError
from firewatch.services.outage_words import OutageWords
from firewatch.services.outages import Lookout, LookoutBooks
from firewatch.services.wording import Voice
from firewatch.testing import FrozenClock, MemoryAlertBook, MemoryOutageBook, RosterFake, Ulids
from firewatch.texts import Language, catalogue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firewatch.domain.alert import Alert, Notification
    from firewatch.domain.incident import Incident
    from firewatch.services.ports import StatusArrived, VitalsArrived, Words
    from firewatch.services.views import NodeView

MINUTE = 60.0


def person(name: str, role: Role) -> Person:
    return Person(PersonId(name), name, role, (f"webhook:http://127.0.0.1/{name}",))


TECHNICIAN, ADMIN = person("tech", Role.TECHNICIAN), person("admin", Role.ADMIN)
OFFICER, RANGER = person("chen", Role.OFFICER), person("zhou", Role.RANGER)


class Nodes:
    """Fulfils NodeBook with what the towers say now."""

    def __init__(self) -> None:
        self.now: Sequence[NodeView] = ()

    def statuses(self) -> tuple[StatusArrived, ...]:
        return tuple(node.status for node in self.now if node.status is not None)

    def vitals(self) -> tuple[VitalsArrived, ...]:
        return tuple(node.vitals for node in self.now if node.vitals is not None)


class Centre:
    def __init__(self, *people: Person) -> None:
        self.clock, self.nodes, self.outages, self.alerts = (
            FrozenClock(),
            Nodes(),
            MemoryOutageBook(),
            MemoryAlertBook(),
        )
        self.books = LookoutBooks(self.nodes, self.outages, self.alerts, RosterFake(list(people)))
        self.start()

    def start(self) -> None:
        self.lookout = Lookout(self.books, state_sites(), self.clock, after=timedelta(minutes=10), new_id=Ulids(5).make)

    def at(self, minutes: float, *cameras: tuple[int, str, float]) -> int:
        """Let the tower tell (camera, why it is blind, for how many minutes) so many minutes later; take a step."""
        self.clock.advance(minutes * MINUTE)
        now = self.clock.now()
        told = [a_camera(number, why, blind * MINUTE, at=now) for number, why, blind in cameras]
        self.nodes.now = (a_node("sick", *told, at=now),)
        return self.lookout.step()

    def told(self) -> list[tuple[NotifyReason, str]]:
        due = self.alerts.due(self.clock.now(), 99, timedelta(minutes=1))
        return [(alert.reason, notification.person_id) for alert, notification in due]


BLIND, BACK = NotifyReason.CAMERA_BLIND, NotifyReason.CAMERA_BACK


def test_a_camera_is_told_after_ten_minutes_once_and_once_when_it_is_back() -> None:
    centre = Centre(OFFICER, TECHNICIAN, RANGER)
    assert centre.at(0, (1, "frozen", 9.9)) == 0
    assert centre.at(1, (1, "frozen", 10.9)) == 1
    assert centre.told() == [(BLIND, "tech")]
    assert [centre.at(30, (1, "frozen", 40.9)), centre.at(1, (1, "blurred", 1.0))] == [0, 0]
    assert [centre.at(1, (1, "", 0)), centre.at(1, (1, "", 0)), centre.at(1, (1, "", 0))] == [0, 0, 1]
    assert centre.told() == [(BLIND, "tech"), (BACK, "tech")]
    assert centre.at(60, (1, "", 0)) == 0
    assert centre.at(20, (1, "frozen", 11.0)) == 1


def test_a_camera_that_flickers_is_not_back() -> None:
    centre = Centre(TECHNICIAN)
    centre.at(0, (1, "silent", 11.0))
    for _ in range(5):
        assert [centre.at(1, (1, "", 0)), centre.at(0.5, (1, "silent", 0.5))] == [0, 0]


@pytest.mark.parametrize("why", ["maintenance", "paused", "night"])
def test_what_was_meant_is_not_told(why: str) -> None:
    centre = Centre(TECHNICIAN)
    assert centre.at(0, (1, why, 300.0)) == 0


def test_an_outage_goes_on_through_maintenance_and_is_not_told_again() -> None:
    centre = Centre(TECHNICIAN)
    assert centre.at(0, (1, "dark", 20.0)) == 1
    assert [centre.at(5, (1, "maintenance", 5.0)), centre.at(20, (1, "dark", 15.0))] == [0, 0]


def test_cameras_that_go_together_are_told_in_one_message() -> None:
    centre = Centre(TECHNICIAN)
    assert centre.at(0, (1, "fogged", 12.0), (2, "fogged", 11.0), (3, "", 0)) == 1
    assert len(centre.told()) == 1
    assert len(centre.outages.open_outages()) == 2


@pytest.mark.parametrize(
    ("people", "expected"),
    [
        ((OFFICER, ADMIN, TECHNICIAN, RANGER), "tech"),
        ((OFFICER, ADMIN, RANGER), "admin"),
        ((OFFICER, RANGER), "chen"),
        ((RANGER,), None),
    ],
)
def test_a_technician_is_told_else_an_administrator_else_the_desk_and_never_a_ranger(
    people: tuple[Person, ...], expected: str | None
) -> None:
    centre = Centre(*people)
    assert centre.at(0, (1, "frozen", 20.0)) == 1
    assert centre.told() == ([] if expected is None else [(BLIND, expected)])


def test_a_centre_that_was_off_blames_no_tower_for_what_it_did_not_hear() -> None:
    centre = Centre(TECHNICIAN)
    centre.nodes.now = (a_node("sick", a_camera(1, at=centre.clock.now()), at=centre.clock.now()),)
    centre.clock.advance(8 * 3600)
    centre.start()
    assert centre.lookout.step() == 0
    centre.clock.advance(9.9 * MINUTE)
    assert centre.lookout.step() == 0
    centre.clock.advance(MINUTE)
    assert centre.lookout.step() == 1


def test_a_tower_that_goes_silent_is_told_with_all_its_cameras() -> None:
    centre = Centre(TECHNICIAN)
    centre.at(0, (1, "", 0))
    centre.clock.advance(10.5 * MINUTE)
    assert centre.lookout.step() == 1
    assert [one.reason for one in centre.outages.open_outages()] == ["stale"] * 9


def test_what_a_crash_left_untold_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    centre = Centre(TECHNICIAN)
    raise_alert = centre.alerts.raise_alert

    def broken(alert: Alert, told: Sequence[Notification]) -> bool:
        raise StoreError("away")

    monkeypatch.setattr(centre.alerts, "raise_alert", broken)
    with pytest.raises(StoreError):
        centre.at(0, (1, "frozen", 20.0))
    monkeypatch.setattr(centre.alerts, "raise_alert", raise_alert)
    centre.start()
    assert [centre.at(1, (1, "frozen", 21.0)), centre.at(1, (1, "frozen", 22.0))] == [1, 0]
    assert centre.told() == [(BLIND, "tech")]


class Others:
    """Words for fires: never asked for here."""

    def words(self, alert: Alert, incident: Incident | None, notification: Notification) -> Words:
        raise AssertionError(alert.reason, incident, notification)


def messages(centre: Centre, language: Language) -> list[Words]:
    voice = Voice("衡阳", catalogue(language), ZoneInfo("Asia/Shanghai"))
    smith = OutageWords(Others(), centre.outages, voice, state_sites(), "https://fw.example/nodes")
    due = centre.alerts.due(centre.clock.now(), 99, timedelta(minutes=1))
    return [smith.words(alert, None, notification) for alert, notification in due]


def test_the_message_names_tower_camera_reason_time_and_the_page() -> None:
    centre = Centre(TECHNICIAN)
    centre.at(0, *[(number, "frozen", 20.0) for number in range(1, 9)])
    chinese, english = messages(centre, Language.ZH_CN)[0], messages(centre, Language.EN)[0]
    for part in ("九观塔 c1", "画面冻结", "自 04-04 11:40", "c6", "另 2 台"):
        assert chinese.text.count(part) >= 1
    assert "Jiuguan tower c1 (Frozen picture, since 04-04 11:40)" in english.text
    assert "c7" not in chinese.text
    assert chinese.text.endswith("https://fw.example/nodes")
    assert chinese.facts["reason"] == "camera_blind"
    assert len(chinese.facts["cameras"]) == 8  # type: ignore[arg-type]


def test_the_message_of_the_return_says_since_when_it_was_blind() -> None:
    centre = Centre(TECHNICIAN)
    centre.at(0, (1, "a-later-nodes-reason", 20.0))
    for _ in range(3):
        centre.at(1, (1, "", 0))
    blind, back = messages(centre, Language.EN)
    assert "a-later-nodes-reason" in blind.text
    assert "1 see again: Jiuguan tower c1 (blind since 04-04 11:40)" in back.text
    assert back.facts["reason"] == "camera_back"
