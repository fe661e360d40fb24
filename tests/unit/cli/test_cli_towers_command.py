"""`firewatch towers command` where nobody answers: what it refuses, what it says, and its exit codes."""

from __future__ import annotations

import argparse
import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from model_packages import packed, plain_files

from firewatch.adapters.store import open_store
from firewatch.bootstrap import new_id
from firewatch.cli import main, towers
from firewatch.cli import towers_command as module
from firewatch.cli.towers_command import action_of
from firewatch.domain import remote
from firewatch.domain.ids import CameraId, EvidenceId, MessageId, PoseId, TowerId
from firewatch.domain.remote import Attachment, Reply, ReplyState
from firewatch.domain.roster import Actor
from firewatch.services.command_ports import CommandRecord, CommandsWanted
from firewatch.services.ports import ReplyArrived
from firewatch.testing.builders import a_ulid
from firewatch.testing.package_shelf import an_offer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firewatch.adapters.store import Store
    from firewatch.domain.remote import Action

CONFIGS = Path(__file__).parents[3] / "configs"
NORTH, HOME = CameraId("north"), PoseId("home")
NOW = datetime(2026, 4, 4, 4, 0, tzinfo=UTC)
OFFERS = (an_offer("0.4.0", "a"), an_offer("0.3.2", "b"))
UPDATE = remote.UpdateModel(
    sha256="a" * 64, size_bytes=9000, location=f"/models/v1/{'a' * 64}.fwmodel", version="0.4.0"
)


class Centre:
    def __init__(self, folder: Path) -> None:
        url, pictures = f"sqlite:///{folder / 'store.sqlite'}", folder / "pictures"
        self.config = folder / "central.toml"
        self.config.write_text(
            f'[centre]\nsites = "{CONFIGS}/sites.geojson"\nroster = "{CONFIGS}/roster.toml"\n'
            f'[store]\nurl = "{url}"\nevidence = "{pictures}"\n',
            encoding="utf-8",
        )
        self.store: Store = open_store(url, pictures)

    def run(self, *words: str) -> int:
        return main(["towers", *words, "--config", str(self.config)])

    def asked(self) -> list[Action]:
        return [one.command.action for one in self.store.command_book.latest(CommandsWanted(), 50)]


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    made = Centre(tmp_path)
    yield made
    made.store.close()


def a_tower() -> str:
    sites = json.loads((CONFIGS / "sites.geojson").read_text(encoding="utf-8"))
    return next(one["properties"]["id"] for one in sites["features"] if one["properties"].get("kind") == "tower")


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        ("snapshot north", remote.Snapshot(camera_id=NORTH)),
        ("look 12.5", remote.LookAt(bearing_deg=12.5)),
        ("look 12.5 --camera north --hold 30", remote.LookAt(bearing_deg=12.5, camera_id=NORTH, hold_s=30.0)),
        ("live north --seconds 20", remote.LiveLook(camera_id=NORTH, for_s=20.0)),
        ("held-back --most 5 --hours 2", remote.FetchHeldBack(since=NOW - timedelta(hours=2), most=5)),
        (
            "pause north --minutes 60 --reason lens",
            remote.Pause(camera_id=NORTH, until=NOW + timedelta(hours=1), reason="lens"),
        ),
        ("resume north", remote.Resume(camera_id=NORTH)),
        ("reload", remote.Reload()),
        ("logs --bytes 2000", remote.FetchLogs(most_bytes=2000)),
        ("exercise north", remote.Exercise(camera_id=NORTH)),
        ("exercise north --pose home --azimuth 90", remote.Exercise(camera_id=NORTH, pose_id=HOME, azimuth_deg=90.0)),
        ("end-exercise", remote.EndExercise()),
        ("update-model --model 0.4.0", UPDATE),
        (f"update-model --model {'a' * 64}", UPDATE),
    ],
)
def test_words_become_what_they_ask_for(words: str, asked: Action) -> None:
    parser = argparse.ArgumentParser()
    towers.add_parser(parser.add_subparsers())
    what, *rest = words.split()
    assert action_of(parser.parse_args(["towers", "command", what, "yunfeng", *rest]), NOW, lambda: OFFERS) == asked


def test_a_command_is_taken_down_without_waiting(centre: Centre, capsys: pytest.CaptureFixture[str]) -> None:
    assert centre.run("command", "snapshot", a_tower(), "north", "--no-wait", "--by", "chen") == 0
    assert centre.asked() == [remote.Snapshot(camera_id=NORTH)]
    assert "waits to be sent" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["reload", "nowhere"], "one of the sites file"),
        (["reload", "No Where"], "a-z"),
        (["pause", "TOWER", "north", "--minutes", "2000", "--reason", "x"], "24 hours"),
        (["held-back", "TOWER", "--hours", "nan"], "calendar"),
    ],
)
def test_what_cannot_be_asked_is_refused_and_not_taken_down(
    centre: Centre, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [a_tower() if word == "TOWER" else word for word in words]
    assert centre.run("command", *given, "--no-wait") == 1
    assert said in capsys.readouterr().err
    assert centre.asked() == []


def test_a_tower_is_given_a_package_that_is_offered_and_no_other(
    centre: Centre, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ask = ("command", "update-model", a_tower(), "--no-wait", "--model")
    assert centre.run(*ask, "0.4.0") == 1
    assert "enrolment.models" in capsys.readouterr().err
    with centre.config.open("a", encoding="utf-8") as file:
        file.write(f'[enrolment]\nmodels = "{tmp_path / "models"}"\n')
    assert centre.run(*ask, "0.4.0") == 1
    assert "nothing is: `firewatch model offer`" in capsys.readouterr().err
    packages = [packed(plain_files(version)) for version in ("0.4.0", "0.3.2")]
    (tmp_path / "models").mkdir()
    for number, content in enumerate(packages):
        (tmp_path / "models" / f"{number}.fwmodel").write_bytes(content)
    assert centre.run(*ask, "0.9.0") == 1
    assert "of one of: squares 0.4.0 (sha256" in capsys.readouterr().err
    assert centre.asked() == []
    assert centre.run(*ask, "0.3.2") == 0
    sha256 = hashlib.sha256(packages[1]).hexdigest()
    location = f"/models/v1/{sha256}.fwmodel"
    assert centre.asked() == [
        remote.UpdateModel(sha256=sha256, size_bytes=len(packages[1]), location=location, version="0.3.2")
    ]


def test_the_list_refuses_a_senseless_number(centre: Centre, capsys: pytest.CaptureFixture[str]) -> None:
    assert centre.run("commands", "--last", "0") == 1
    assert "1 to 1000" in capsys.readouterr().err
    assert centre.run("commands", a_tower()) == 0


def test_silence_is_told_and_is_no_success(
    centre: Centre, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # Two minutes are waited for in the field.
    monkeypatch.setattr("firewatch.services.commanding._LIFE", timedelta(seconds=0.3))
    monkeypatch.setattr(module, "_LOOK_S", 0.05)
    assert centre.run("command", "snapshot", a_tower(), "north") == 1
    assert "NOT SENT before it expired" in capsys.readouterr().out


def test_an_answer_is_printed_with_all_that_came_and_its_files_saved(
    centre: Centre, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book = centre.store.command_book
    whole = type(book).add

    def answered(self: object, record: CommandRecord) -> bool:
        was_new = whole(book, record)
        command, now = record.command, datetime.now(UTC)
        reply = Reply(
            command_id=command.command_id,
            tower_id=command.tower_id,
            at=now,
            state=ReplyState.FAILED,
            ordinal=1,
            code="too-large",
            text="ask for fewer",
            facts={"lines": 7},
            evidence_ids=(EvidenceId(a_ulid("evidence", 1)),),
            attachment=Attachment(name="../../log.gz", media_type="application/gzip", content=b"lines"),
        )
        centre.store.intake_writer.write([ReplyArrived(MessageId(a_ulid("message", 1)), reply, now)])
        return was_new

    monkeypatch.setattr(type(book), "add", answered)
    monkeypatch.setattr(module, "_PICTURES_S", 0.1)
    monkeypatch.setattr(module, "_LOOK_S", 0.05)
    out = tmp_path / "out"
    assert centre.run("command", "logs", a_tower(), "--out", str(out)) == 1
    told = capsys.readouterr()
    for words in ("FAILED", "too-large", "ask for fewer", "lines = 7", f"picture {a_ulid('evidence', 1)}"):
        assert words in told.out
    assert "1 pictures are on their way" in told.err
    (saved,) = out.iterdir()
    assert (saved.name.endswith("-log.gz"), saved.read_bytes()) == (True, b"lines")
    assert not list(tmp_path.glob("log.gz"))


def test_the_list_is_read_by_machines(centre: Centre, capsys: pytest.CaptureFixture[str]) -> None:
    command = remote.Command(
        command_id=new_id(datetime.now(UTC)),  # type: ignore[arg-type]
        tower_id=TowerId("tower-a"),
        issued_at=datetime(2026, 4, 4, 4, 0, tzinfo=UTC),
        expires_at=datetime(2026, 4, 4, 4, 2, tzinfo=UTC),
        issued_by="陈值班",
        action=remote.Reload(),
    )
    centre.store.command_book.add(CommandRecord(command, Actor("chen", "陈值班")))
    assert centre.run("commands", "--json") == 0
    line = json.loads(capsys.readouterr().out)
    assert (line["state"], line["by"], line["sent_at"], line["replies"]) == ("unsent", "陈值班", None, [])
    assert line["command"]["action"] == {"name": "reload"}
    assert centre.run("commands") == 0
    assert "2026-04-04 12:00:00  tower-a" in capsys.readouterr().out
