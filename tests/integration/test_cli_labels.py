"""`firewatch labels export` on a real store and real pictures: what people decided leaves, without their names."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import pytest

from firewatch.cli import main
from firewatch.domain.ids import PersonId, TowerId
from firewatch.domain.incident import Confirmed, Opened, Rejected, RejectReason
from firewatch.domain.roster import Actor, Person, Role
from firewatch.domain.vision import EvidenceKind, FrameStamp, Look
from firewatch.services.ports import EvidenceArrived, SightingArrived
from firewatch.testing.builders import a_message_id, a_sighting, an_event, an_evidence
from firewatch.testing.clocks import SCENE_START
from firewatch.testing.pictures import drawn, smoke_box
from models.data.frames import load_annotated

if TYPE_CHECKING:
    from collections.abc import Callable

    from firewatch.adapters.store import Store
    from firewatch.domain.incident import Change

ROOT = Path(__file__).resolve().parents[2]
LI_WEI = Actor("li-wei", "李伟 Li Wei")


@pytest.fixture
def settings(store: Store, store_url: str, tmp_path: Path) -> Path:
    path = tmp_path / "central.toml"
    head = f'[centre]\nlanguage = "en"\nroster = "{tmp_path}/roster.toml"\n'
    path.write_text(f'{head}[store]\nurl = "{store_url}"\nevidence = "{tmp_path}/evidence"\n', encoding="utf-8")
    return path


@pytest.fixture
def export(settings: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def run(*words: str | Path) -> tuple[int, str, str]:
        code = main(["labels", "export", "--config", str(settings), *map(str, words)])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


def keep(store: Store, number: int, change: Change | None, *, days: float = 0.0, jpeg: bytes | None = None) -> None:
    """Let a camera see something, as a node sends it (crop and frame), and let somebody decide on it."""
    growth, at = 0.1 * number, SCENE_START + timedelta(days=days)
    sha256, crop, frame = drawn(growth, number)
    stamp, box = FrameStamp(at, sha256, 960, 540), smoke_box(growth)
    seen = replace(a_sighting(number, camera=f"camera-{number}", first_seen_at=at), looks=(Look(stamp, box, 0.87654),))
    store.intake_writer.write([SightingArrived(a_message_id(number), seen, at)])
    for part, (kind, picture) in enumerate(((EvidenceKind.CROP, crop), (EvidenceKind.FRAME, jpeg or frame))):
        like = an_evidence(10 * number + part, sighting=seen, jpeg=picture)
        evidence = replace(like, kind=kind)
        store.evidence_files.keep(evidence)
        store.intake_writer.write([EvidenceArrived(a_message_id(100 * number + part), evidence, at)])
    opened = an_event(2 * number, Opened(seen.sighting_id, TowerId("tower-a")), incident=number, at=at)
    store.incident_log.append([opened])
    if change is not None:
        store.incident_log.append([an_event(2 * number + 1, change, incident=number, at=at, actor=LI_WEI)])


@pytest.fixture
def season(store: Store) -> None:
    keep(store, 1, Confirmed())
    keep(store, 2, Rejected(RejectReason.FOG_CLOUD, "说是雾 by Li Wei"), days=1)
    keep(store, 3, Rejected(RejectReason.FARM_BURNING), days=2)
    keep(store, 4, None, days=3)


def images(folder: Path) -> list[dict[str, Any]]:
    listed = json.loads((folder / "annotations.json").read_text(encoding="utf-8"))
    assert listed["schema"] == "firewatch-labels/1"
    assert listed["exported_at"].endswith("+00:00")
    found: list[dict[str, Any]] = listed["images"]
    return found


def test_what_was_decided_is_exported_with_its_pictures_and_read_by_the_training_code(
    store: Store, season: None, export: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    out = tmp_path / "labels"
    code, printed, err = export("--out", out)
    assert (code, err) == (0, "")
    assert printed.splitlines() == [
        "smoke: 1 frames of 1 incidents and 1 cameras",
        "none: 1 frames of 1 incidents and 1 cameras",
        "ignore: 1 frames of 1 incidents and 1 cameras",
        "left out, nobody has decided: 1 frames",
    ]
    fire, fog, farm = images(out)
    assert (fire["image_label"], fire["verdict"], fire["labelled_by"]) == ("smoke", "confirmed", "unknown")
    box = smoke_box(0.1)
    assert fire["boxes"] == [[pytest.approx(v, abs=0.06) for v in (box.x0, box.y0, box.width, box.height)]]
    assert (fire["camera"], fire["tower"], fire["pose"]) == ("tower-a/camera-1", "tower-a", "fixed")
    assert (fire["observed_at"], fire["score"]) == ("2026-04-04T04:00:00+00:00", 0.8765)
    assert (fire["box_source"], fire["model_sha256"]) == ("detector", "b" * 64)
    assert (fog["image_label"], fog["boxes"], fog["verdict"]) == ("none", [], "rejected:fog_cloud")
    assert (farm["image_label"], farm["boxes"]) == ("ignore", None)
    for number, (entry, frame) in enumerate(zip((fire, fog, farm), load_annotated(out), strict=True), start=1):
        picture = cv2.imread(str(frame.path))
        assert picture is not None
        assert picture.shape[:2] == (entry["height"], entry["width"]) == (540, 960)
        whole = drawn(0.1 * number, number)[2]
        assert hashlib.sha256(frame.path.read_bytes()).digest() == hashlib.sha256(whole).digest()
        assert frame.label == entry["image_label"]


def test_no_name_of_a_person_leaves_the_centre(
    store: Store, season: None, export: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    store.accounts.create(Person(PersonId("li-wei"), "李伟 Li Wei", Role.RANGER), "long enough", SCENE_START)
    assert export("--out", tmp_path / "labels")[0] == 0
    text = (tmp_path / "labels" / "annotations.json").read_text(encoding="utf-8")
    assert '"labelled_by": "ranger"' in text
    assert not [word for word in ("li-wei", "Li Wei", "李伟", "说是雾") if word in text]


def test_a_person_of_the_roster_has_a_role_too(
    store: Store, season: None, export: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    (tmp_path / "roster.toml").write_text('[[people]]\nid = "li-wei"\nname = "L"\nrole = "leader"\n', encoding="utf-8")
    assert export("--out", tmp_path / "labels")[0] == 0
    assert {image["labelled_by"] for image in images(tmp_path / "labels")} == {"leader"}


def test_days_are_the_bureaus_and_both_ends_count(
    store: Store, export: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    # 2026-04-04 12:00 in Hengyang; two more at 23:59 of that day and 00:01 of the next.
    for number, days in ((1, 0.0), (2, 11.98 / 24), (3, 12.02 / 24)):
        keep(store, number, Confirmed(), days=days)
    for words, frames in (
        (("--since", "2026-04-04", "--until", "2026-04-04"), 2),
        (("--since", "2026-04-05"), 1),
        (("--until", "2026-04-03"), 0),
        ((), 3),
    ):
        code, printed, _ = export("--dry-run", *words)
        assert code == 0
        assert printed.startswith(f"smoke: {frames} frames")
    code, _, err = export("--dry-run", "--since", "2026-04-05", "--until", "2026-04-04")
    assert (code, "allowed is the day of --since (2026-04-05) or a later one" in err) == (1, True)
    with pytest.raises(SystemExit) as usage:
        export("--dry-run", "--since", "yesterday")
    assert usage.value.code == 2


def test_a_dry_run_counts_and_writes_nothing(
    store: Store, season: None, export: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    before = sorted(tmp_path.iterdir())
    code, printed, _ = export("--dry-run", "--undecided")
    assert (code, "ignore: 2 frames" in printed, "left out" in printed) == (0, True, False)
    assert sorted(tmp_path.iterdir()) == before


def test_a_folder_with_something_in_it_is_refused_before_anything_is_read(
    store: Store, season: None, export: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    out = tmp_path / "labels"
    assert export("--out", out)[0] == 0
    before = (out / "annotations.json").read_bytes()
    code, printed, err = export("--out", out)
    assert (code, printed) == (1, "")
    assert "a new or empty folder" in err
    assert (out / "annotations.json").read_bytes() == before


def test_nothing_to_export_is_said_and_no_folder_made(
    store: Store, export: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    keep(store, 1, None)
    code, printed, err = export("--out", tmp_path / "labels")
    assert (code, "nothing was written" in err, "left out, nobody has decided: 1" in printed) == (1, True, True)
    assert not (tmp_path / "labels").exists()


def test_damaged_and_missing_pictures_are_counted(
    store: Store, season: None, export: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    keep(store, 5, Confirmed(), days=5, jpeg=b"\xff\xd8\xff no picture at all")
    next(path for path in (tmp_path / "evidence").rglob(f"{an_evidence(11).evidence_id}.jpg")).unlink()
    code, printed, _ = export("--out", tmp_path / "labels")
    assert code == 0
    assert "left out, the picture's file is missing: 1" in printed
    assert "left out, the picture is damaged: 1" in printed
    assert [image["image_label"] for image in images(tmp_path / "labels")] == ["none", "ignore"]


def test_a_disk_that_fails_leaves_nothing(
    store: Store, season: None, export: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    (tmp_path / "blocked").write_bytes(b"")
    code, _, err = export("--out", tmp_path / "blocked" / "labels")
    assert (code, "nothing of them was kept" in err) == (1, True)


def test_an_export_that_is_killed_midway_leaves_no_folder_of_that_name(
    store: Store, season: None, settings: Path, export: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    out = tmp_path / "labels"
    # The real command, stopped for good in the middle of its second picture.
    program = (
        "import sys, time\nfrom firewatch.adapters import label_folder\nfrom firewatch.cli import main\n"
        "add = label_folder.LabelWriter.add\n"
        "def slow(self, frame):\n    add(self, frame)\n    print('one', flush=True)\n    time.sleep(60)\n"
        "label_folder.LabelWriter.add = slow\nmain(sys.argv[1:])\n"
    )
    command = [sys.executable, "-c", program, "labels", "export", "--config", str(settings), "--out", str(out)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=os.environ.copy()) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "one\n"
        child.send_signal(signal.SIGKILL)
        child.wait(20)
    assert not out.exists()
    assert export("--out", out)[0] == 0
    assert len(images(out)) == 3
